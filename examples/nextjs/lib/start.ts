import { migrate } from "./auth";
import { settingsError, settings } from "./settings";

/** Checks the settings and migrates the database. On an error it logs the message and exits. */
export async function start(): Promise<void> {
  try {
    const error = settingsError();
    if (error) throw new Error(error);
    if (settings.migratesOnStart) await migrate();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
