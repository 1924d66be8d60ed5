import { getAuth } from "@/lib/auth";
import { settings } from "@/lib/settings";

/** The headers of a request that mean something to the service; the cookie is none of its business. */
const REQUEST_HEADERS = ["accept", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"];
const RESPONSE_HEADERS = ["content-type", "etag", "idempotency-replayed", "location", "retry-after", "x-request-id"];

/** Passes a request on to the service, with a token for whoever has the session. */
async function pass(request: Request): Promise<Response> {
  if (settings.via !== "server") return refuse(404, "NOT_FOUND", "the browser calls the service itself: see TASKS_VIA");
  // A page of another site may make a browser send its cookie along, but not this app's origin.
  if (request.method !== "GET" && request.headers.get("origin") !== new URL(settings.appUrl).origin) {
    return refuse(403, "FORBIDDEN", "the request does not come from a page of this app");
  }

  const session = await getAuth().api.getSession({ headers: request.headers });
  // The page says whose it is: someone else may have signed in in another tab.
  if (!session || session.user.id !== request.headers.get("x-user-id")) {
    return refuse(401, "SESSION_ENDED", "the session has ended: sign in again");
  }
  const { token } = await getAuth().api.getToken({ headers: request.headers });

  const { pathname, search } = new URL(request.url);
  const headers = chosen(request.headers, REQUEST_HEADERS);
  headers.set("authorization", `Bearer ${token}`);
  try {
    const answer = await fetch(settings.tasksUrl.replace(/\/+$/, "") + pathname + search, {
      method: request.method,
      headers,
      body: request.method === "GET" ? null : await request.arrayBuffer(),
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(12_000)]),
    });
    return new Response(answer.body, { status: answer.status, headers: chosen(answer.headers, RESPONSE_HEADERS) });
  } catch {
    return refuse(503, "UNAVAILABLE", "the task service cannot be reached", { "Retry-After": "1" });
  }
}

function chosen(from: Headers, names: string[]): Headers {
  return new Headers(names.flatMap((name) => (from.has(name) ? [[name, from.get(name)!]] : [])) as [string, string][]);
}

/** An error in the service's own form, so that the page need not tell them apart. */
function refuse(status: number, code: string, message: string, headers: HeadersInit = {}): Response {
  return Response.json({ error: { code, message, request_id: crypto.randomUUID() } }, { status, headers });
}

export { pass as GET, pass as POST, pass as PATCH, pass as DELETE };
