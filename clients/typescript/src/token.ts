import { decodeBase64Url } from "./encoding.js";
import { failure, secondsOf } from "./errors.js";
import { exchange, jsonOf, type Reply } from "./exchange.js";

/** Fetches a new token. The client calls it for the first request, shortly before a token expires, and after a 401. */
export type FetchToken = () => Promise<string>;

export interface BetterAuthTokenOptions {
  /** The token endpoint of Better Auth. Default: `/api/auth/token` at the page's own origin. */
  readonly url?: string | URL;
  /** Headers that identify the session, if the browser's cookie does not. */
  readonly headers?: () => HeadersInit | Promise<HeadersInit>;
  /** The id of the user. A token of another user, who has signed in since, counts as the end of the session. */
  readonly user?: string;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Fetches tokens from Better Auth's `jwt` plugin. */
export function betterAuthToken(options: BetterAuthTokenOptions = {}): FetchToken {
  const { url = "/api/auth/token", headers, user, fetch: send = (input, init) => fetch(input, init) } = options;
  return async () => {
    let reply: Reply;
    try {
      reply = await exchange(send, url, { headers: (await headers?.()) ?? {} }, { timeout: 10_000 });
    } catch (cause) {
      throw failure("NETWORK_ERROR", "the app could not be reached for a token", { cause });
    }
    const { response, text } = reply;
    const { status } = response;
    if (status === 401) throw failure("SESSION_ENDED", "the session has ended: sign in again", { status });
    const body = jsonOf(text) as { token?: unknown } | null | undefined;
    if (!response.ok || typeof body?.token !== "string") {
      // Better Auth has its own rate limit.
      const retryAfter = secondsOf(response.headers.get("X-Retry-After"));
      if (status === 429) throw failure("RATE_LIMITED", "the app limits how often tokens are fetched", { status, retryAfter });
      throw failure("UNEXPECTED_ANSWER", `the app answered with HTTP ${status} and no token`, { status });
    }
    if (user !== undefined && claimsOf(body.token)["sub"] !== user) {
      throw failure("SESSION_ENDED", "another user has signed in");
    }
    return body.token;
  };
}

/** Keeps a token until shortly before it expires. Concurrent calls share one fetch. */
export class TokenCache {
  readonly #fetchToken: FetchToken;
  #current: { readonly token: string; readonly renewAt: number } | undefined;
  #pending: Promise<string> | undefined;

  constructor(fetchToken: FetchToken) {
    this.#fetchToken = fetchToken;
  }

  async get(): Promise<string> {
    if (this.#current && Date.now() < this.#current.renewAt) return this.#current.token;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** Forgets a token that the service rejected, unless it has been replaced already. */
  drop(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  async #renew(): Promise<string> {
    const start = Date.now();
    const token = await this.#fetchToken();
    const lifetime = lifetimeOf(token);
    // Renewed when a fifth of its lifetime is left, but at most a minute early.
    this.#current = { token, renewAt: start + lifetime - Math.min(60_000, lifetime / 5) };
    return token;
  }
}

/**
 * The lifetime of a JWT in milliseconds; `Infinity` if the token has no `exp` or is not a JWT. It is the difference of `exp` and
 * `iat`, so it does not depend on the local clock.
 */
function lifetimeOf(token: string): number {
  const { iat, exp } = claimsOf(token);
  if (typeof exp !== "number") return Infinity;
  return Math.max(0, (exp - (typeof iat === "number" ? iat : Date.now() / 1000)) * 1000);
}

/** The claims of a JWT, or `{}` if the token is not a JWT. Not verified: the service does that. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const [, payload = ""] = token.split(".");
    return JSON.parse(decodeBase64Url(payload)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
