import { isTasksError, type TasksError } from "./errors.js";

/** When a request may be retried. */
export type Retryable =
  /** Always: a second attempt changes nothing more. */
  | "always"
  /** Only if the service certainly did nothing. */
  | "if-rejected";

export interface RetryOptions {
  /** The maximum number of attempts. 1 turns retries off. Default: 5. */
  readonly attempts?: number;
  /** The wait before the second attempt in milliseconds, doubled before each further one. Default: 200. */
  readonly wait?: number;
  /** The longest wait in milliseconds. If `Retry-After` is longer, the call fails at once. Default: 10 000. */
  readonly longestWait?: number;
}

/** The argument of `onRetry`: the number of the failed attempt, its error, and the milliseconds until the next attempt. */
export interface Retry {
  readonly attempt: number;
  readonly wait: number;
  readonly error: TasksError;
}

/** The milliseconds to wait after attempt `attempt`, or `undefined` if there is no further attempt. */
export function waitAfter(
  error: TasksError,
  attempt: number,
  { attempts = 5, wait = 200, longestWait = 10_000 }: RetryOptions,
): number | undefined {
  if (attempt >= attempts) return undefined;
  const requested = (error.retryAfter ?? 0) * 1000;
  if (requested > longestWait) return undefined;
  // A random part of up to one half, so that many clients do not retry at the same time.
  const backoff = Math.min(wait * 2 ** (attempt - 1), longestWait) * (0.5 + Math.random() / 2);
  return Math.max(requested, backoff);
}

/** Returns whether the service certainly did nothing, so that any request may be retried. */
export function wasRejected(error: TasksError): boolean {
  return error.code === "RATE_LIMITED" || error.code === "REQUEST_TIMEOUT";
}

/** Statuses of a proxy that got no response from the service. 520 to 524 are Cloudflare's. */
const PROXY_FAILURES = new Set<number | undefined>([502, 503, 504, 520, 521, 522, 523, 524]);

/** Returns whether the request may have been carried out, and a retry may succeed. */
export function isInDoubt(error: TasksError): boolean {
  if (error.code === "UNEXPECTED_ANSWER") return PROXY_FAILURES.has(error.status);
  // `IDEMPOTENCY_KEY_IN_USE`: an earlier attempt is still running.
  return error.code === "NETWORK_ERROR" || error.code === "UNAVAILABLE" || error.code === "IDEMPOTENCY_KEY_IN_USE";
}

/** Returns whether the call may succeed later. */
export function isTransient(error: unknown): error is TasksError {
  return isTasksError(error) && (wasRejected(error) || isInDoubt(error));
}
