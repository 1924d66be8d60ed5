import { jsonOf, type Reply } from "./exchange.js";
import type { components, ServiceErrorCode } from "./generated.js";

type Envelope = components["schemas"]["Error"]["error"];
type Task = components["schemas"]["Task"];

/** An invalid field, and what is wrong with it. */
export type FieldError = NonNullable<Envelope["details"]>[number];

/**
 * The code of an error: one of the service, or one of the client.
 *
 * - `SESSION_ENDED`: the app issues no more tokens. The user must sign in again.
 * - `NETWORK_ERROR`: there was no response, or none in time.
 * - `UNEXPECTED_ANSWER`: the response is not from the service, but from a proxy, for example.
 */
export type ErrorCode = ServiceErrorCode | "SESSION_ENDED" | "NETWORK_ERROR" | "UNEXPECTED_ANSWER";

/** The fields that only some codes have. */
interface Extras {
  VALIDATION_ERROR: { readonly details: readonly FieldError[] };
  VERSION_CONFLICT: { readonly current: Task };
}

/** The error of a failed call. `switch (error.code)` narrows its type. An aborted call fails with the reason of its signal. */
export type TasksError = {
  [Code in ErrorCode]: Failure & { readonly code: Code } & (Code extends keyof Extras ? Extras[Code] : unknown);
}[ErrorCode];

/** Returns whether `error` is a `TasksError`. */
export function isTasksError(error: unknown): error is TasksError {
  return error instanceof Failure;
}

interface Fields {
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly requestId?: string | undefined;
  readonly details?: readonly FieldError[] | undefined;
  readonly current?: Task | undefined;
  readonly cause?: unknown;
}

/** The class of every `TasksError`. Not exported, because only the type narrows by `code`. */
class Failure extends Error {
  override readonly name = "TasksError";
  /** The HTTP status, if there was a response. */
  readonly status: number | undefined;
  /** The seconds to wait before the next attempt, if the response has `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** Identifies the request in the log of the service. */
  readonly requestId: string | undefined;
  readonly details: readonly FieldError[] | undefined;
  readonly current: Task | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    fields: Fields,
  ) {
    super(message, { cause: fields.cause });
    this.status = fields.status;
    this.retryAfter = fields.retryAfter;
    this.requestId = fields.requestId;
    this.details = fields.details;
    this.current = fields.current;
  }
}

export function failure(code: ErrorCode, message: string, fields: Fields = {}): TasksError {
  return new Failure(code, message, fields) as TasksError;
}

/** The error of a response whose status is not 2xx. */
export function failureOf(response: Response, text: string): TasksError {
  const { status } = response;
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  const retryAfter = secondsOf(response.headers.get("Retry-After"));
  const error = envelopeIn(text);
  if (!error) return failure("UNEXPECTED_ANSWER", `HTTP ${status}, not from the service`, { status, requestId, retryAfter });
  // A newer service may have codes that this client does not know. They stay as they are.
  return failure(error.code as ErrorCode, error.message, {
    status,
    retryAfter,
    requestId: error.request_id,
    details: error.details ?? (error.code === "VALIDATION_ERROR" ? [] : undefined),
    current: error.current,
  });
}

/**
 * Returns whether a new token may help. `UNKNOWN_USER` means that the token is good: another one of the same user gets the same
 * response.
 */
export function isTokenRejected({ response, text }: Reply): boolean {
  return response.status === 401 && envelopeIn(text)?.code !== "UNKNOWN_USER";
}

function envelopeIn(text: string): Envelope | undefined {
  const error = (jsonOf(text) as { error?: Partial<Envelope> } | null | undefined)?.error;
  const complete = typeof error?.code === "string" && (error.code !== "VERSION_CONFLICT" || error.current);
  return complete ? (error as Envelope) : undefined;
}

/** The seconds of a `Retry-After` header, which may also be a date. */
export function secondsOf(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
