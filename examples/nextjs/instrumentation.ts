/** Next.js calls this once, before the server accepts requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") await (await import("./lib/start")).start();
}
