import { sleep, throwIfAborted, TimeoutError, unlessAborted } from "./abort.js";
import { newIdempotencyKey } from "./encoding.js";
import { failure, failureOf, isTasksError, type TasksError } from "./errors.js";
import { exchange, jsonOf, type Reply } from "./exchange.js";
import type { components, operations } from "./generated.js";
import { isInDoubt, isPassing, waitAfter, wasRefused, type Repeatable, type Retry, type RetryOptions } from "./retry.js";
import { TokenCache, type FetchToken } from "./token.js";

type Schemas = components["schemas"];

/** A task as the service keeps it. */
export type Task = Schemas["Task"];
/** What a task is made from. */
export type NewTask = Pick<Schemas["NewTask"], "title" | "description" | "completed">;
/** What is to change; what is absent stays, and `description: null` clears it. */
export type TaskChanges = Pick<Schemas["TaskChanges"], "title" | "description" | "completed">;
/** Which tasks to list. */
export type ListQuery = NonNullable<operations["listTasks"]["parameters"]["query"]>;

/** Some tasks, newest first, and where to go on. */
export interface Page {
  readonly tasks: Task[];
  /** The `cursor` of the next page; `null` on the last. */
  readonly nextCursor: string | null;
}

export interface RequestOptions {
  /** Gives the call up; it fails with the signal's own reason then. */
  readonly signal?: AbortSignal;
}

export interface ConditionalOptions extends RequestOptions {
  /** The task as it was seen, or its version: if it was changed since, the call fails with `VERSION_CONFLICT`. */
  readonly ifMatch?: Task | number;
}

export interface CreateOptions extends RequestOptions {
  /** What makes repeated attempts one: a `newIdempotencyKey()` by default. Keep it to try again later. */
  readonly idempotencyKey?: string;
}

export interface ClientOptions {
  /** Where the service is: `https://tasks.example.com`. An empty text is the page's own origin. */
  readonly baseUrl: string | URL;
  /** Where tokens come from: `betterAuthToken()`, or a function of your own. Without it no token is sent. */
  readonly token?: FetchToken;
  readonly retry?: RetryOptions;
  /** Told before each further attempt: time to show that the connection is being restored. */
  readonly onRetry?: (retry: Retry) => void;
  /** How long one attempt may take, in milliseconds. Longer than the service's own limit of 10 seconds by default. */
  readonly timeout?: number;
  readonly fetch?: typeof fetch;
}

/** The calls; each fails with a `TasksError`. */
export interface TasksClient {
  /** One page. Without `limit` it holds up to 1000 tasks. */
  list(query?: ListQuery, options?: RequestOptions): Promise<Page>;
  /** All tasks, page by page as they are asked for: `for await (const task of client.all())`. */
  all(query?: ListQuery, options?: RequestOptions): AsyncGenerator<Task, void, undefined>;
  get(id: string, options?: RequestOptions): Promise<Task>;
  /** Makes one task, however often it has to be sent. */
  create(task: NewTask, options?: CreateOptions): Promise<Task>;
  /** Changes a task. With `ifMatch` it is sent again when an answer is lost; without, only if it was surely not carried out. */
  update(id: string, changes: TaskChanges, options?: ConditionalOptions): Promise<Task>;
  setCompleted(id: string, completed: boolean, options?: ConditionalOptions): Promise<Task>;
  /** Completes a task that is open, and the other way about. Never sent again if it may have been carried out: that could undo it. */
  toggle(id: string, options?: RequestOptions): Promise<Task>;
  delete(id: string, options?: ConditionalOptions): Promise<void>;
}

interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly repeatable: Repeatable;
  readonly signal?: AbortSignal | undefined;
  /** What the call would have answered, if its error shows that an attempt before, whose answer was lost, was carried out. */
  readonly doneBefore?: (error: TasksError) => { readonly answer: unknown } | undefined;
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
    if (reply.response.status !== 401 || !tokens || !token || progress.renewed) return answerOf(reply);
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
      const message = cause instanceof TimeoutError ? `no answer within ${timeout} ms` : "the service could not be reached";
      throw failure("NETWORK_ERROR", message, { cause });
    }
  }

  /** Sends a request until it is answered for good. */
  async function perform(call: Call): Promise<unknown> {
    const progress: Progress = { sent: false, renewed: false };
    let perhapsDone = false;
    for (let count = 1; ; count += 1) {
      try {
        throwIfAborted(call.signal);
        return await attempt(call, progress);
      } catch (error) {
        if (!isTasksError(error)) throw error;
        const before = perhapsDone ? call.doneBefore?.(error) : undefined;
        if (before) return before.answer;

        const surelyNotDone = !progress.sent || wasRefused(error);
        const mayRepeat = call.repeatable === "always" || surelyNotDone;
        const wait = mayRepeat && isPassing(error) ? waitAfter(error, count, retry) : undefined;
        if (wait === undefined) throw error;
        perhapsDone ||= progress.sent && isInDoubt(error);
        onRetry?.({ attempt: count, wait, error });
        await sleep(wait, call.signal);
      }
    }
  }

  async function performForTask(call: Call): Promise<Task> {
    const answer = (await perform(call)) as Partial<Schemas["TaskResponse"]> | null;
    if (!answer?.data) throw failure("UNEXPECTED_ANSWER", "JSON that is no task");
    return answer.data;
  }

  const client: TasksClient = {
    async list(query = {}, { signal } = {}) {
      const path = `/api/tasks${queryText(query)}`;
      const answer = (await perform({ method: "GET", path, repeatable: "always", signal })) as Partial<Schemas["TaskPage"]> | null;
      if (!answer?.data || !answer.meta) throw failure("UNEXPECTED_ANSWER", "JSON that is no page of tasks");
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

    get: (id, { signal } = {}) => performForTask({ method: "GET", path: pathOf(id), repeatable: "always", signal }),

    create: (task, { idempotencyKey = newIdempotencyKey(), signal } = {}) =>
      performForTask({
        method: "POST",
        path: "/api/tasks",
        body: task,
        headers: { "Idempotency-Key": idempotencyKey },
        repeatable: "always",
        signal,
      }),

    update: (id, changes, { ifMatch, signal } = {}) =>
      performForTask({
        method: "PATCH",
        path: pathOf(id),
        body: changes,
        headers: condition(ifMatch),
        // Without a condition a late second attempt could overwrite what someone else has changed since.
        repeatable: ifMatch === undefined ? "if-refused" : "always",
        signal,
        doneBefore: (error) => ownChange(error, changes, ifMatch),
      }),

    setCompleted: (id, completed, { ifMatch, signal } = {}) =>
      performForTask({
        method: "PATCH",
        path: `${pathOf(id)}/complete`,
        body: { completed },
        headers: condition(ifMatch),
        repeatable: "always",
        signal,
        doneBefore: (error) => ownChange(error, { completed }, ifMatch),
      }),

    toggle: (id, { signal } = {}) =>
      performForTask({ method: "PATCH", path: `${pathOf(id)}/complete`, repeatable: "if-refused", signal }),

    async delete(id, { ifMatch, signal } = {}) {
      await perform({
        method: "DELETE",
        path: pathOf(id),
        headers: condition(ifMatch),
        repeatable: "always",
        signal,
        doneBefore: (error) => (error.code === "NOT_FOUND" ? { answer: undefined } : undefined),
      });
    },
  };
  return client;
}

function answerOf({ response, text }: Reply): unknown {
  if (!response.ok) throw failureOf(response, text);
  if (response.status === 204) return undefined;
  const answer = jsonOf(text);
  if (answer === undefined) throw failure("UNEXPECTED_ANSWER", `HTTP ${response.status} without JSON`, { status: response.status });
  return answer;
}

const pathOf = (id: string) => `/api/tasks/${encodeURIComponent(id)}`;

function queryText(query: ListQuery): string {
  const present = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  // By hand: `URLSearchParams` of older React Native takes no pairs and encodes nothing.
  return present.map(([name, value], index) => `${index ? "&" : "?"}${name}=${encodeURIComponent(value)}`).join("");
}

const versionOf = (seen: Task | number) => (typeof seen === "number" ? seen : seen.version);

function condition(ifMatch: Task | number | undefined): Record<string, string> {
  return ifMatch === undefined ? {} : { "If-Match": `"${versionOf(ifMatch)}"` };
}

/** Is the version that is in the way the one that these very changes made, in an attempt whose answer was lost? */
function ownChange(error: TasksError, changes: TaskChanges, ifMatch: Task | number | undefined) {
  if (error.code !== "VERSION_CONFLICT" || ifMatch === undefined) return undefined;
  const { current } = error;
  const asSent = Object.entries({ ...changes, ...(changes.title && { title: changes.title.trim() }) }).every(
    ([key, value]) => value === undefined || current[key as keyof TaskChanges] === value,
  );
  return asSent && current.version === versionOf(ifMatch) + 1 ? { answer: { data: current } } : undefined;
}
