// Starts everything on this machine: a throw-away Postgres (or the database in DATABASE_URL), the app and the service.
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

/** Starts one thing after another; what is started is stopped in the end. */
async function start(what) {
  const started = await what;
  running.push(started);
  started.gone.then(() => {
    if (!stopping) console.error(`${started.name} has ended:\n${started.output}`);
    return stop(1);
  });
  return started;
}

/** Fails if something else listens there, which would be taken for what is started here. */
async function mustBeFree(port, setting) {
  const socket = connect(port, "localhost");
  const taken = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (taken) throw new Error(`port ${port} is in use: set ${setting} to another`);
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
  console.log(`
  The app:      ${appUrl}      sign up with any e-mail address
  The service:  ${serviceUrl}/docs

  ${process.env.DATABASE_URL ? "All is kept in the database of DATABASE_URL." : "All of it is gone when this ends."} Ctrl-C stops it.
`);
} catch (error) {
  console.error(error.message);
  await stop(1);
}
