import { decodeBase64Url } from "./encoding.js";
import { failure, secondsOf } from "./errors.js";
import { exchange, jsonOf, type Reply } from "./exchange.js";

/** Fetches a new token. It is called when there is none yet, when the last one is about to expire, and after a 401. */
export type FetchToken = () => Promise<string>;

export interface BetterAuthTokenOptions {
  /** Where Better Auth gives out tokens: `/api/auth/token` of this page's origin by default. */
  readonly url?: string | URL;
  /** What says whose token it is to be, where that is not the browser's own cookie. */
  readonly headers?: () => HeadersInit | Promise<HeadersInit>;
  /** Whose tokens they must be. Should someone else have signed in meanwhile, that is the end of this user's session. */
  readonly user?: string;
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
      // Better Auth limits how often its routes are called, too.
      const retryAfter = secondsOf(response.headers.get("X-Retry-After"));
      if (status === 429) throw failure("RATE_LIMITED", "the app gives out no more tokens for now", { status, retryAfter });
      throw failure("UNEXPECTED_ANSWER", `the app answered with HTTP ${status} and no token`, { status });
    }
    if (user !== undefined && claimsOf(body.token)["sub"] !== user) {
      throw failure("SESSION_ENDED", "someone else has signed in meanwhile");
    }
    return body.token;
  };
}

/** Keeps a token while it is good, and fetches each new one once, however many requests wait for it. */
export class TokenCache {
  readonly #fetchToken: FetchToken;
  #kept: { readonly token: string; readonly until: number } | undefined;
  #coming: Promise<string> | undefined;

  constructor(fetchToken: FetchToken) {
    this.#fetchToken = fetchToken;
  }

  async get(): Promise<string> {
    if (this.#kept && Date.now() < this.#kept.until) return this.#kept.token;
    this.#coming ??= this.#renew().finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  /** The service has refused this token: the next one is fetched anew, unless that has happened already. */
  drop(token: string): void {
    if (this.#kept?.token === token) this.#kept = undefined;
  }

  async #renew(): Promise<string> {
    const asked = Date.now();
    const token = await this.#fetchToken();
    const lifetime = lifetimeOf(token);
    // Renewed when a fifth of its time is left, but not more than a minute early.
    this.#kept = { token, until: asked + lifetime - Math.min(60_000, lifetime / 5) };
    return token;
  }
}

/**
 * How long a JWT is good from when it is made, in milliseconds; for ever, as far as other tokens can tell. Counted from its
 * own `iat`, so that it does not matter whether the clock here is right.
 */
function lifetimeOf(token: string): number {
  const { iat, exp } = claimsOf(token);
  if (typeof exp !== "number") return Infinity;
  return Math.max(0, (exp - (typeof iat === "number" ? iat : Date.now() / 1000)) * 1000);
}

/** What a JWT says, unverified: that is the service's business. Nothing, if it is none. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const [, payload = ""] = token.split(".");
    return JSON.parse(decodeBase64Url(payload)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
