import { jsonOf } from "./exchange.js";
import type { components, ServiceErrorCode } from "./generated.js";

type Envelope = components["schemas"]["Error"]["error"];
type Task = components["schemas"]["Task"];

/** A field at fault, and what is wrong with it. */
export type FieldError = NonNullable<Envelope["details"]>[number];

/**
 * What went wrong: a code of the service, or one of the client's own.
 *
 * - `SESSION_ENDED`: the app gives out no token any more; the user has to sign in again.
 * - `NETWORK_ERROR`: there was no answer in time, or none at all.
 * - `UNEXPECTED_ANSWER`: something answered that is not the service, such as a proxy.
 */
export type ErrorCode = ServiceErrorCode | "SESSION_ENDED" | "NETWORK_ERROR" | "UNEXPECTED_ANSWER";

/** What some errors have besides a code. */
interface Extras {
  VALIDATION_ERROR: { readonly details: readonly FieldError[] };
  VERSION_CONFLICT: { readonly current: Task };
}

/** Everything a call can fail with but the reason of its own `AbortSignal`. `switch (error.code)` tells which it is. */
export type TasksError = {
  [Code in ErrorCode]: Failure & { readonly code: Code } & (Code extends keyof Extras ? Extras[Code] : unknown);
}[ErrorCode];

/** Is this an error of this client? */
export function isTasksError(error: unknown): error is TasksError {
  return error instanceof Failure;
}

interface Facts {
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly requestId?: string | undefined;
  readonly details?: readonly FieldError[] | undefined;
  readonly current?: Task | undefined;
  readonly cause?: unknown;
}

/** The class behind `TasksError`, which narrows it by its code. */
class Failure extends Error {
  override readonly name = "TasksError";
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** How many seconds to wait before the next attempt, where the service said so. */
  readonly retryAfter: number | undefined;
  /** Finds the request in the log of the service. */
  readonly requestId: string | undefined;
  readonly details: readonly FieldError[] | undefined;
  readonly current: Task | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    facts: Facts,
  ) {
    super(message, { cause: facts.cause });
    this.status = facts.status;
    this.retryAfter = facts.retryAfter;
    this.requestId = facts.requestId;
    this.details = facts.details;
    this.current = facts.current;
  }
}

export function failure(code: ErrorCode, message: string, facts: Facts = {}): TasksError {
  return new Failure(code, message, facts) as TasksError;
}

/** The error that an answer outside 2xx stands for. */
export function failureOf(response: Response, text: string): TasksError {
  const { status } = response;
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  const retryAfter = secondsOf(response.headers.get("Retry-After"));
  const error = envelopeIn(text);
  if (!error) return failure("UNEXPECTED_ANSWER", `HTTP ${status} without an error of the service`, { status, requestId, retryAfter });
  // A newer service may have codes that this client does not know; they are passed on as they are.
  return failure(error.code as ErrorCode, error.message, {
    status,
    retryAfter,
    requestId: error.request_id,
    details: error.details ?? (error.code === "VALIDATION_ERROR" ? [] : undefined),
    current: error.current,
  });
}

function envelopeIn(text: string): Envelope | undefined {
  const error = (jsonOf(text) as { error?: Partial<Envelope> } | null | undefined)?.error;
  const complete = typeof error?.code === "string" && (error.code !== "VERSION_CONFLICT" || error.current);
  return complete ? (error as Envelope) : undefined;
}

/** `Retry-After` in seconds; it may also be a date. */
export function secondsOf(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
