// Replacements for `AbortSignal.any`, `AbortSignal.timeout`, `signal.throwIfAborted` and `signal.reason`. Safari before 17.4 lacks
// some of them, and React Native lacks all.

/** `setTimeout` fires at once if the delay is longer. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** What `withTimeout` throws when the time is up. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason === undefined ? Object.assign(new Error("the call was aborted"), { name: "AbortError" }) : signal.reason;
}

/** Waits for `step`, but throws the signal's reason as soon as `signal` aborts. */
export async function unlessAborted<T>(step: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return step;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(reasonOf(signal));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([step, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Runs `step` for at most `timeout` milliseconds and until `signal` aborts. `step` gets a signal that aborts in both cases. No timer
 * and no listener is left when it ends.
 */
export async function withTimeout<T>(
  timeout: number,
  signal: AbortSignal | undefined,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError()), Math.min(timeout, LONGEST_DELAY));
  });
  try {
    return await unlessAborted(Promise.race([step(controller.signal), expired]), signal);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for `delay` milliseconds, but throws the signal's reason as soon as `signal` aborts. */
export async function sleep(delay: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(delay, LONGEST_DELAY));
  });
  try {
    await unlessAborted(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}
