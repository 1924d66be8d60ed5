import { migrate } from "./auth";
import { fault, settings } from "./settings";

/** Checks the settings and brings the database up to date. If anything is wrong, one line says what, and the app ends. */
export async function start(): Promise<void> {
  try {
    const found = fault();
    if (found) throw new Error(found);
    if (settings.migratesOnStart) await migrate();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
