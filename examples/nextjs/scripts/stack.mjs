// Starts Postgres, the service and the app, for `just demo` and for the browser test. They all end when this process ends.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, existsSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const server = fileURLToPath(new URL("../.next/standalone/examples/nextjs/server.js", import.meta.url));
const serviceBinary = process.env.TASKS_API ?? join(repository, "target/debug/tasks-api");

/** A shell script that runs a program. It sends the program signal `$1` when its own input ends, and then deletes directory `$2`. */
const WATCH = `
  signal=$1 directory=$2
  shift 2
  exec 3<&0
  "$@" 3<&- & program=$!
  { read -r _ <&3; kill -s "$signal" "$program"; } & watcher=$!
  wait "$program"
  status=$?
  kill "$watcher" 2>/dev/null
  [ -z "$directory" ] || rm -rf "$directory"
  exit "$status"`;

/** A running program. A shell supervises it, so that it ends even if this process is killed. */
export class Running {
  #child;
  output = "";

  constructor(name, command, { signal = "TERM", directory = "", ...options }) {
    this.name = name;
    // Its own process group, which Ctrl-C in the terminal does not reach. So the caller decides the order in which programs stop.
    this.#child = spawn("sh", ["-c", WATCH, "sh", signal, directory, ...command], { detached: true, ...options });
    this.#child.stdin.on("error", () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on("data", (chunk) => {
        this.output = (this.output + chunk).slice(-20_000);
        if (process.env.VERBOSE) process.stderr.write(chunk);
      });
    }
    this.gone = once(this.#child, "exit").catch((error) => void (this.output += error.message));
  }

  #isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** Waits until `ready` returns true. */
  async until(ready) {
    const deadline = Date.now() + 60_000;
    while (!(await ready())) {
      if (!this.#isRunning()) throw new Error(`${this.name} did not start:\n${this.output}`);
      if (Date.now() > deadline) {
        await this.stop();
        throw new Error(`${this.name} was not ready after a minute:\n${this.output}`);
      }
      await sleep(50);
    }
    return this;
  }

  /** Stops the program, by force if it takes longer than ten seconds. */
  async stop() {
    this.#child.stdin.end();
    const force = setTimeout(() => process.kill(-this.#child.pid, "SIGKILL"), 10_000);
    await this.gone;
    clearTimeout(force);
  }
}

const answers = (url) => () =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** Starts a temporary Postgres that listens only on a Unix socket. */
export async function startPostgres() {
  const binaries = findPostgres();
  const directory = mkdtempSync(join(tmpdir(), "tasks-postgres-"));
  const user = unprivileged();
  if (user.uid) chownSync(directory, user.uid, user.gid);
  const initdb = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--pgdata=data"];
  const made = spawnSync(join(binaries, "initdb"), initdb, { cwd: directory, encoding: "utf8", ...user });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`);
  const command = [join(binaries, "postgres"), "-D", join(directory, "data"), "-k", directory, "-c", "listen_addresses=", "-F"];
  const postgres = new Running("postgres", command, { signal: "INT", directory, cwd: directory, ...user });
  await postgres.until(() => {
    const socket = connect(join(directory, ".s.PGSQL.5432"));
    return once(socket, "connect").then(
      () => socket.destroy() && true,
      () => false,
    );
  });
  postgres.url = `postgres://postgres@localhost/postgres?host=${directory}`;
  return postgres;
}

/** Returns the directory of `initdb` and `postgres`: from `PATH`, or else of the newest installed version. */
function findPostgres() {
  const versions = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/Applications/Postgres.app/Contents/Versions"]
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => readdirSync(directory).sort().reverse().map((version) => join(directory, version, "bin")));
  const found = [...process.env.PATH.split(delimiter), ...versions].find((directory) =>
    ["initdb", "postgres"].every((name) => existsSync(join(directory, name))),
  );
  if (!found) throw new Error("found no Postgres: install it, or set DATABASE_URL");
  return found;
}

/** Returns a user for Postgres, which does not run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  return { uid: Number(uid), gid: Number(gid) };
}

export function migrateService(databaseUrl) {
  accessSync(serviceBinary);
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl };
  const { status, stderr } = spawnSync(serviceBinary, ["migrate", "up"], { cwd: tmpdir(), env, encoding: "utf8" });
  if (status !== 0) throw new Error(`tasks-api migrate up failed:\n${stderr}`);
}

export function startService({ databaseUrl, appUrl, port, ...settings }) {
  const env = {
    PATH: process.env.PATH,
    ENVIRONMENT: "production",
    DATABASE_URL: databaseUrl,
    BETTER_AUTH_URL: appUrl,
    PORT: String(port),
    SHUTDOWN_DELAY: "1ms",
    ...settings,
  };
  const service = new Running("tasks-api", [serviceBinary], { cwd: tmpdir(), env });
  return service.until(answers(`http://127.0.0.1:${port}/health/ready`));
}

export function startApp({ databaseUrl, serviceUrl, secret, port, ...settings }) {
  if (!existsSync(server)) throw new Error("the app is not built: run `npm run build` in examples/nextjs");
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    BETTER_AUTH_SECRET: secret,
    BETTER_AUTH_URL: `http://localhost:${port}`,
    TASKS_API_URL: serviceUrl,
    MIGRATE_ON_START: "on",
    HOSTNAME: "localhost",
    PORT: String(port),
    ...settings,
  };
  const app = new Running("the app", [process.execPath, server], { env });
  return app.until(answers(`http://localhost:${port}/health`));
}
