import { getAuth } from "@/lib/auth";
import { settings } from "@/lib/settings";

/** The request headers that are forwarded. The cookie is not. */
const REQUEST_HEADERS = ["accept", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"];
const RESPONSE_HEADERS = ["content-type", "etag", "idempotency-replayed", "location", "retry-after", "x-request-id"];

/** Forwards a request to the service, with a token of the session's user. */
async function forward(request: Request): Promise<Response> {
  if (settings.via !== "server") return reject(404, "NOT_FOUND", "the browser calls the service directly: see TASKS_VIA");
  // Another site can make the browser send the cookie, but not with this app's origin.
  if (request.method !== "GET" && request.headers.get("origin") !== new URL(settings.appUrl).origin) {
    return reject(403, "FORBIDDEN", "the request is not from a page of this app");
  }

  const session = await getAuth().api.getSession({ headers: request.headers });
  // The page sends the id of its user, because another user may have signed in in another tab.
  if (!session || session.user.id !== request.headers.get("x-user-id")) {
    return reject(401, "SESSION_ENDED", "the session has ended: sign in again");
  }
  const { token } = await getAuth().api.getToken({ headers: request.headers });

  const { pathname, search } = new URL(request.url);
  const headers = pick(request.headers, REQUEST_HEADERS);
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
    return new Response(answer.body, { status: answer.status, headers: pick(answer.headers, RESPONSE_HEADERS) });
  } catch {
    return reject(503, "UNAVAILABLE", "the task service cannot be reached", { "Retry-After": "1" });
  }
}

function pick(from: Headers, names: string[]): Headers {
  return new Headers(names.flatMap((name) => (from.has(name) ? [[name, from.get(name)!]] : [])) as [string, string][]);
}

/** An error in the service's format, which the client understands. */
function reject(status: number, code: string, message: string, headers: HeadersInit = {}): Response {
  return Response.json({ error: { code, message, request_id: crypto.randomUUID() } }, { status, headers });
}

export { forward as GET, forward as POST, forward as PATCH, forward as DELETE };
