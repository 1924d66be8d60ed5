/** Who calls the service: the browser with a token, or this server for a browser with only a session cookie. */
type Via = "browser" | "server";

/** Read at run time, not at build time, so that one build works in every environment. */
export const settings = {
  /** This app's address for browsers. */
  get appUrl(): string {
    return process.env.BETTER_AUTH_URL ?? "http://localhost:3000";
  },
  /** The service's address for its caller. */
  get tasksUrl(): string {
    return process.env.TASKS_API_URL ?? "http://localhost:8000";
  },
  get via(): Via {
    return process.env.TASKS_VIA === "server" ? "server" : "browser";
  },
  /** The database of Better Auth: `postgres://…`, or `sqlite:path` in development. In production it is the service's database too. */
  get databaseUrl(): string {
    return process.env.DATABASE_URL ?? "sqlite:data/app.db";
  },
  get migratesOnStart(): boolean {
    return (process.env.MIGRATE_ON_START ?? (process.env.NODE_ENV === "production" ? "off" : "on")) === "on";
  },
};

/** Returns what is wrong with the settings, if anything is. */
export function settingsError(): string | undefined {
  const { TASKS_VIA, BETTER_AUTH_SECRET, BETTER_AUTH_URL, DATABASE_URL, NODE_ENV } = process.env;
  if (TASKS_VIA && TASKS_VIA !== "browser" && TASKS_VIA !== "server") return "TASKS_VIA must be browser or server";
  if (NODE_ENV !== "production") return undefined;
  if (!BETTER_AUTH_URL) return "BETTER_AUTH_URL must be set: this app's address for browsers";
  if (!DATABASE_URL) return "DATABASE_URL must be set: postgres://user:password@host/database";
  if (!BETTER_AUTH_SECRET || BETTER_AUTH_SECRET.length < 32) return "BETTER_AUTH_SECRET must have at least 32 bytes";
  return undefined;
}
