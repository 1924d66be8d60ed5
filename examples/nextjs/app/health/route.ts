import { getAuth } from "@/lib/auth";

export const dynamic = "force-dynamic";

/** The readiness of this app. It is ready if it can read the keys of tokens from the database. */
export async function GET() {
  try {
    await getAuth().api.getJwks();
    return Response.json({ status: "ok" });
  } catch {
    return Response.json({ status: "unavailable" }, { status: 503 });
  }
}
