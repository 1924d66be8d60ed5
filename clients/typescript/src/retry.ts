import { isTasksError, type TasksError } from "./errors.js";

/** When a request may be sent again. */
export type Repeatable =
  /** Whatever became of the first attempt: a second one changes nothing more. */
  | "always"
  /** Only when the first attempt was surely not carried out. */
  | "if-refused";

export interface RetryOptions {
  /** How often a request is sent at most. 1 turns retries off. */
  readonly attempts?: number;
  /** How long to wait before the second attempt, in milliseconds; twice as long before each further one. */
  readonly wait?: number;
  /** The longest wait, in milliseconds. Where `Retry-After` asks for more, the call fails at once. */
  readonly longestWait?: number;
}

/** What `onRetry` is told: the attempt that failed, why, and the milliseconds until the next. */
export interface Retry {
  readonly attempt: number;
  readonly wait: number;
  readonly error: TasksError;
}

/** How long to wait before attempt `attempt + 1`, or `undefined` if there is to be none. */
export function waitAfter(
  error: TasksError,
  attempt: number,
  { attempts = 5, wait = 200, longestWait = 10_000 }: RetryOptions,
): number | undefined {
  if (attempt >= attempts) return undefined;
  const asked = (error.retryAfter ?? 0) * 1000;
  if (asked > longestWait) return undefined;
  // Between half of it and all of it, so that many clients do not come back at the same moment.
  const backoff = Math.min(wait * 2 ** (attempt - 1), longestWait) * (0.5 + Math.random() / 2);
  return Math.max(asked, backoff);
}

/** Did the service surely do nothing? Then any request may be sent again. */
export function wasRefused(error: TasksError): boolean {
  return error.code === "RATE_LIMITED" || error.code === "REQUEST_TIMEOUT";
}

/** The statuses of a proxy that may have lost the response, or may reach the service later. 520 to 524 are Cloudflare's. */
const PROXY_FAILURES = new Set<number | undefined>([502, 503, 504, 520, 521, 522, 523, 524]);

/** Is it unknown whether the request was carried out? Another attempt may well succeed, if the request may be repeated. */
export function isInDoubt(error: TasksError): boolean {
  if (error.code === "UNEXPECTED_ANSWER") return PROXY_FAILURES.has(error.status);
  // The last one: an earlier attempt with the same key is still at work.
  return error.code === "NETWORK_ERROR" || error.code === "UNAVAILABLE" || error.code === "IDEMPOTENCY_KEY_IN_USE";
}

/** A failure that says nothing but that it may work later. */
export function isPassing(error: unknown): error is TasksError {
  return isTasksError(error) && (wasRefused(error) || isInDoubt(error));
}
