import { withTimeout } from "./abort.js";

/** A response and its whole body. */
export interface Reply {
  readonly response: Response;
  readonly text: string;
}

/** Sends a request and reads the response. Throws a `TimeoutError`, the reason of `signal`, or what `send` throws. */
export function exchange(
  send: typeof fetch,
  url: string | URL,
  init: RequestInit,
  { timeout, signal }: { readonly timeout: number; readonly signal?: AbortSignal | undefined },
): Promise<Reply> {
  return withTimeout(timeout, signal, async (signal) => {
    const response = await send(url, { ...init, ...noStore(), signal });
    return { response, text: await response.text() };
  });
}

/**
 * Keeps responses out of caches, such as the one of Next.js. React Native's `fetch` is a polyfill, which would implement `no-store` with
 * an extra query parameter. The service rejects unknown parameters, and its responses are `no-store` anyway.
 */
function noStore(): RequestInit {
  const { polyfill } = (globalThis.fetch ?? {}) as { polyfill?: boolean };
  return polyfill ? {} : { cache: "no-store" };
}

/** The value that `text` holds, or `undefined` if it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
