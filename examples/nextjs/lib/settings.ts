/** Who calls the service: the browser, with a token; or this server, for a browser that has only its session cookie. */
type Via = "browser" | "server";

/** Read when they are needed and not when the app is built, so that one build serves everywhere. */
export const settings = {
  /** This app as browsers know it. */
  get appUrl(): string {
    return process.env.BETTER_AUTH_URL ?? "http://localhost:3000";
  },
  /** The service as whoever calls it knows it. */
  get tasksUrl(): string {
    return process.env.TASKS_API_URL ?? "http://localhost:8000";
  },
  get via(): Via {
    return process.env.TASKS_VIA === "server" ? "server" : "browser";
  },
  /** The database of Better Auth, and in production of the service too: `postgres://…`, or `sqlite:path` to try things. */
  get databaseUrl(): string {
    return process.env.DATABASE_URL ?? "sqlite:data/app.db";
  },
  get migratesOnStart(): boolean {
    return (process.env.MIGRATE_ON_START ?? (process.env.NODE_ENV === "production" ? "off" : "on")) === "on";
  },
};

/** What is wrong with the settings, if anything is. */
export function fault(): string | undefined {
  const { TASKS_VIA, BETTER_AUTH_SECRET, BETTER_AUTH_URL, DATABASE_URL, NODE_ENV } = process.env;
  if (TASKS_VIA && TASKS_VIA !== "browser" && TASKS_VIA !== "server") return "TASKS_VIA must be browser or server";
  if (NODE_ENV !== "production") return undefined;
  if (!BETTER_AUTH_URL) return "BETTER_AUTH_URL must be set: the address of this app, as browsers know it";
  if (!DATABASE_URL) return "DATABASE_URL must be set: postgres://user:password@host/database";
  if (!BETTER_AUTH_SECRET || BETTER_AUTH_SECRET.length < 32) return "BETTER_AUTH_SECRET must have at least 32 bytes";
  return undefined;
}
