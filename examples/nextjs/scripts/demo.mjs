// Starts a temporary Postgres (unless DATABASE_URL is set), the app and the service on this machine.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { migrateService, startApp, startPostgres, startService } from "./stack.mjs";

const appPort = Number(process.env.APP_PORT ?? 3000);
const servicePort = Number(process.env.API_PORT ?? 8000);
const [appUrl, serviceUrl] = [`http://localhost:${appPort}`, `http://localhost:${servicePort}`];
const running = [];
let stopping = false;

async function stop(code) {
  if (stopping) return;
  stopping = true;
  if (running.length > 0) console.log("\nStopping…");
  for (const one of running.reverse()) await one.stop();
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));

/** Waits until a program has started. It is stopped at the end. */
async function start(starting) {
  const started = await starting;
  running.push(started);
  started.gone.then(() => {
    if (!stopping) console.error(`${started.name} exited:\n${started.output}`);
    return stop(1);
  });
  return started;
}

/** Fails if another program uses the port. Otherwise that program would be mistaken for ours. */
async function mustBeFree(port, setting) {
  const socket = connect(port, "localhost");
  const taken = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (taken) throw new Error(`port ${port} is in use: set ${setting} to a free port`);
}

try {
  await mustBeFree(appPort, "APP_PORT");
  await mustBeFree(servicePort, "API_PORT");
  const databaseUrl = process.env.DATABASE_URL ?? (await start(startPostgres())).url;
  migrateService(databaseUrl);
  const secret = process.env.BETTER_AUTH_SECRET ?? randomBytes(32).toString("hex");
  const via = process.env.TASKS_VIA ?? "browser";
  await start(startApp({ databaseUrl, serviceUrl, secret, port: appPort, TASKS_VIA: via }));
  await start(startService({ databaseUrl, appUrl, port: servicePort }));
  const data = process.env.DATABASE_URL ? "stored in the database of DATABASE_URL" : "deleted when you stop it";
  console.log(`
  The app:      ${appUrl}      sign up with any e-mail address
  The service:  ${serviceUrl}/docs

  The data is ${data}. Press Ctrl-C to stop.
`);
} catch (error) {
  console.error(error.message);
  await stop(1);
}
