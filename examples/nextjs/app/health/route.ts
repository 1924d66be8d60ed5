import { getAuth } from "@/lib/auth";

export const dynamic = "force-dynamic";

/** Can this app do its work? It can, if the keys of tokens can be read from the database. */
export async function GET() {
  try {
    await getAuth().api.getJwks();
    return Response.json({ status: "ok" });
  } catch {
    return Response.json({ status: "unavailable" }, { status: 503 });
  }
}
