import { sleep, throwIfAborted, TimeoutError, unlessAborted } from "./abort.js";
import { newIdempotencyKey } from "./encoding.js";
import { failure, failureOf, isTasksError, isTokenRejected, type TasksError } from "./errors.js";
import { exchange, jsonOf, type Reply } from "./exchange.js";
import type { components, operations } from "./generated.js";
import { isInDoubt, isTransient, waitAfter, wasRejected, type Retryable, type Retry, type RetryOptions } from "./retry.js";
import { TokenCache, type FetchToken } from "./token.js";

type Schemas = components["schemas"];

/** A task as the service stores it. */
export type Task = Schemas["Task"];
/** The fields of a body that have an effect. The service ignores the others, so the document gives them no type. */
type Writable<Body> = { [Field in keyof Body as unknown extends Body[Field] ? never : Field]: Body[Field] };

/** The fields of a new task. */
export type NewTask = Writable<Schemas["NewTask"]>;
/** The fields to change. An absent field stays the same; `description: null` clears it. */
export type TaskChanges = Writable<Schemas["TaskChanges"]>;
/** The filter, the limit and the cursor of a list. */
export type ListQuery = NonNullable<operations["listTasks"]["parameters"]["query"]>;

/** One page of tasks, newest first. */
export interface Page {
  readonly tasks: Task[];
  /** The `cursor` of the next page; `null` on the last page. */
  readonly nextCursor: string | null;
}

export interface RequestOptions {
  /** Aborts the call, which then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ConditionalOptions extends RequestOptions {
  /** The task, or its version, as last read. If it has changed since, the call fails with `VERSION_CONFLICT`. */
  readonly ifMatch?: Task | number;
}

export interface CreateOptions extends RequestOptions {
  /** All calls with the same key create one task. Default: a `newIdempotencyKey()`. Keep the key to retry later. */
  readonly idempotencyKey?: string;
}

export interface ClientOptions {
  /** The address of the service, such as `https://tasks.example.com`. An empty string means the page's own origin. */
  readonly baseUrl: string | URL;
  /** Fetches tokens: `betterAuthToken()`, or your own function. If absent, no token is sent. */
  readonly token?: FetchToken;
  readonly retry?: RetryOptions;
  /** Called before each retry, for example to show that the app is reconnecting. */
  readonly onRetry?: (retry: Retry) => void;
  /** The time limit of one attempt in milliseconds. Default: 15 000, which is longer than the service's own 10 seconds. */
  readonly timeout?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** The API of the service. Every call fails with a `TasksError`. */
export interface TasksClient {
  /** Lists one page of tasks. The default `limit` is 1000. */
  list(query?: ListQuery, options?: RequestOptions): Promise<Page>;
  /** Iterates over all tasks: `for await (const task of client.all())`. Fetches each page when it is needed. */
  all(query?: ListQuery, options?: RequestOptions): AsyncGenerator<Task, void, undefined>;
  get(id: string, options?: RequestOptions): Promise<Task>;
  /** Creates one task, even if the request is retried. */
  create(task: NewTask, options?: CreateOptions): Promise<Task>;
  /** Changes a task. Without `ifMatch` it is retried only if the service rejected the request before doing anything. */
  update(id: string, changes: TaskChanges, options?: ConditionalOptions): Promise<Task>;
  setCompleted(id: string, completed: boolean, options?: ConditionalOptions): Promise<Task>;
  /** Completes an open task, or reopens a completed one. Not retried if it may have succeeded: a retry would revert it. */
  toggle(id: string, options?: RequestOptions): Promise<Task>;
  delete(id: string, options?: ConditionalOptions): Promise<void>;
}

interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly retryable: Retryable;
  readonly signal?: AbortSignal | undefined;
  /** The result of the call, if its error shows that an earlier attempt succeeded and only the response was lost. */
  readonly earlierResult?: (error: TasksError) => { readonly answer: unknown } | undefined;
}

/** What a call has done so far. */
interface Progress {
  /** The current attempt has sent the request. */
  sent: boolean;
  /** The token was renewed because the service rejected it. */
  renewed: boolean;
}

export function createTasksClient(options: ClientOptions): TasksClient {
  const { token, retry = {}, onRetry, timeout = 15_000, fetch: send = (input, init) => fetch(input, init) } = options;
  const base = String(options.baseUrl).replace(/\/+$/, "");
  const tokens = token && new TokenCache(token);

  /** Sends a request once. Renews a rejected token and sends the request again, at most once per call. */
  async function attempt(call: Call, progress: Progress): Promise<unknown> {
    // Other calls may wait for the same token, so aborting this call does not abort the fetch.
    const newToken = async () => tokens && unlessAborted(tokens.get(), call.signal);
    progress.sent = false;
    const token = await newToken();
    progress.sent = true;
    const reply = await sendOnce(call, token);
    if (!tokens || !token || progress.renewed || !isTokenRejected(reply)) return answerOf(reply);
    // The service did nothing, so any request may be sent again.
    tokens.drop(token);
    progress.renewed = true;
    progress.sent = false;
    const renewed = await newToken();
    progress.sent = true;
    return answerOf(await sendOnce(call, renewed));
  }

  async function sendOnce({ method, path, body, headers, signal }: Call, bearer: string | undefined): Promise<Reply> {
    const init = {
      method,
      headers: {
        Accept: "application/json",
        ...(bearer && { Authorization: `Bearer ${bearer}` }),
        ...(body && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    };
    try {
      return await exchange(send, base + path, init, { timeout, signal });
    } catch (cause) {
      throwIfAborted(signal);
      const message = cause instanceof TimeoutError ? `no response within ${timeout} ms` : "the service could not be reached";
      throw failure("NETWORK_ERROR", message, { cause });
    }
  }

  /** Sends a request and retries it until it succeeds or must not be retried. */
  async function perform(call: Call): Promise<unknown> {
    const progress: Progress = { sent: false, renewed: false };
    let mayBeDone = false;
    for (let count = 1; ; count += 1) {
      try {
        throwIfAborted(call.signal);
        return await attempt(call, progress);
      } catch (error) {
        if (!isTasksError(error)) throw error;
        const earlier = mayBeDone ? call.earlierResult?.(error) : undefined;
        if (earlier) return earlier.answer;

        const notDone = !progress.sent || wasRejected(error);
        const mayRetry = call.retryable === "always" || notDone;
        const wait = mayRetry && isTransient(error) ? waitAfter(error, count, retry) : undefined;
        if (wait === undefined) throw error;
        mayBeDone ||= progress.sent && isInDoubt(error);
        onRetry?.({ attempt: count, wait, error });
        await sleep(wait, call.signal);
      }
    }
  }

  async function performForTask(call: Call): Promise<Task> {
    const answer = (await perform(call)) as Partial<Schemas["TaskResponse"]> | null;
    if (!answer?.data) throw failure("UNEXPECTED_ANSWER", "the response is not a task");
    return answer.data;
  }

  const client: TasksClient = {
    async list(query = {}, { signal } = {}) {
      const path = `/api/tasks${queryText(query)}`;
      const answer = (await perform({ method: "GET", path, retryable: "always", signal })) as Partial<Schemas["TaskPage"]> | null;
      if (!answer?.data || !answer.meta) throw failure("UNEXPECTED_ANSWER", "the response is not a page of tasks");
      return { tasks: answer.data, nextCursor: answer.meta.next_cursor };
    },

    async *all(query = {}, requestOptions = {}) {
      const { limit = 100, ...filter } = query;
      for (let next: ListQuery | undefined = { ...filter, limit }; next; ) {
        const { tasks, nextCursor }: Page = await client.list(next, requestOptions);
        yield* tasks;
        next = nextCursor === null ? undefined : { ...filter, limit, cursor: nextCursor };
      }
    },

    get: (id, { signal } = {}) => performForTask({ method: "GET", path: pathOf(id), retryable: "always", signal }),

    create: (task, { idempotencyKey = newIdempotencyKey(), signal } = {}) =>
      performForTask({
        method: "POST",
        path: "/api/tasks",
        body: task,
        headers: { "Idempotency-Key": idempotencyKey },
        retryable: "always",
        signal,
      }),

    update: (id, changes, { ifMatch, signal } = {}) =>
      performForTask({
        method: "PATCH",
        path: pathOf(id),
        body: changes,
        headers: condition(ifMatch),
        // Without `If-Match` a late retry could overwrite someone else's change.
        retryable: ifMatch === undefined ? "if-rejected" : "always",
        signal,
        earlierResult: (error) => ownEarlierChange(error, changes, ifMatch),
      }),

    setCompleted: (id, completed, { ifMatch, signal } = {}) =>
      performForTask({
        method: "PATCH",
        path: `${pathOf(id)}/complete`,
        body: { completed },
        headers: condition(ifMatch),
        retryable: "always",
        signal,
        earlierResult: (error) => ownEarlierChange(error, { completed }, ifMatch),
      }),

    toggle: (id, { signal } = {}) =>
      performForTask({ method: "PATCH", path: `${pathOf(id)}/complete`, retryable: "if-rejected", signal }),

    async delete(id, { ifMatch, signal } = {}) {
      await perform({
        method: "DELETE",
        path: pathOf(id),
        headers: condition(ifMatch),
        retryable: "always",
        signal,
        earlierResult: (error) => (error.code === "NOT_FOUND" ? { answer: undefined } : undefined),
      });
    },
  };
  return client;
}

function answerOf({ response, text }: Reply): unknown {
  if (!response.ok) throw failureOf(response, text);
  const { status } = response;
  if (status === 204) return undefined;
  const answer = jsonOf(text);
  if (answer === undefined) throw failure("UNEXPECTED_ANSWER", `HTTP ${status} with a body that is not JSON`, { status });
  return answer;
}

const pathOf = (id: string) => `/api/tasks/${encodeURIComponent(id)}`;

function queryText(query: ListQuery): string {
  const present = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  // `URLSearchParams` of older React Native versions takes no pairs and encodes nothing.
  return present.map(([name, value], index) => `${index ? "&" : "?"}${name}=${encodeURIComponent(value)}`).join("");
}

const versionOf = (task: Task | number) => (typeof task === "number" ? task : task.version);

function condition(ifMatch: Task | number | undefined): Record<string, string> {
  return ifMatch === undefined ? {} : { "If-Match": `"${versionOf(ifMatch)}"` };
}

/** The call's own result, if the conflicting version is the one that these changes made in an attempt whose response was lost. */
function ownEarlierChange(error: TasksError, changes: TaskChanges, ifMatch: Task | number | undefined) {
  if (error.code !== "VERSION_CONFLICT" || ifMatch === undefined) return undefined;
  const { current } = error;
  const sameValues = Object.entries({ ...changes, ...(changes.title && { title: changes.title.trim() }) }).every(
    ([key, value]) => value === undefined || current[key as keyof TaskChanges] === value,
  );
  return sameValues && current.version === versionOf(ifMatch) + 1 ? { answer: { data: current } } : undefined;
}
