import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { jwt } from "better-auth/plugins";
import pg from "pg";
import { settings } from "./settings";

function options() {
  return {
    baseURL: settings.appUrl,
    database: openDatabase(settings.databaseUrl),
    emailAndPassword: { enabled: true },
    // All that tasks-api needs. It verifies these tokens with the keys that the app publishes.
    plugins: [jwt({ jwt: { expirationTime: process.env.JWT_EXPIRES_IN ?? "15m" } })],
    telemetry: { enabled: false },
  } satisfies BetterAuthOptions;
}

const create = () => betterAuth(options());

// Next.js loads this file more than once per process, but the process needs only one connection pool.
const shared = globalThis as typeof globalThis & { auth?: ReturnType<typeof create> };

/** Returns Better Auth. Created on first use, so that a build needs no database and no secret. */
export const getAuth = () => (shared.auth ??= create());

/** Creates or updates Better Auth's tables. Only one process at a time should do this. */
export async function migrate(): Promise<void> {
  await (await getMigrations(getAuth().options)).runMigrations();
}

function openDatabase(url: string): NonNullable<BetterAuthOptions["database"]> {
  if (!url.startsWith("sqlite:")) return new pg.Pool({ connectionString: url, max: 5 });
  // Not an import, because older Node versions would fail to start. Node has the module since version 22.13.
  const sqlite = process.getBuiltinModule?.("node:sqlite");
  if (!sqlite) throw new Error("SQLite needs Node 22.13 or later. With this one, set DATABASE_URL to a Postgres database");
  const path = url.slice("sqlite:".length);
  mkdirSync(dirname(path), { recursive: true });
  return new sqlite.DatabaseSync(path);
}
