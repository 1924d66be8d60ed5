import {
  createTasksClient,
  isTasksError,
  newIdempotencyKey,
  type ClientOptions,
  type ListQuery,
  type NewTask,
  type Task,
  type TaskChanges,
  type TasksClient,
  type TasksError,
} from "@tasks-api/client";

export type Filter = "all" | "pending" | "completed";

/** A task on the page; `unsaved` until the service has created it. */
export type ShownTask = Task & { readonly unsaved?: boolean };

export interface Notice {
  readonly id: number;
  readonly text: string;
  /** Repeats the change or the request that failed. */
  readonly retry?: () => void;
}

/** An edit conflict: the task as it is now, and the changes that were rejected. */
export interface Conflict {
  readonly current: Task;
  readonly changes: TaskChanges;
}

/** Everything that the page shows. */
export interface State {
  readonly filter: Filter;
  readonly tasks: readonly ShownTask[];
  readonly phase: "loading" | "ready" | "failed";
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly connection: "up" | "retrying" | "down";
  readonly sessionEnded: boolean;
  readonly conflict: Conflict | undefined;
  readonly notices: readonly Notice[];
  /** A message for screen readers. */
  readonly announcement: string;
}

type Base = readonly Task[];

/** A change that is shown but not saved yet. To roll it back, it is enough to remove it from the list of pending changes. */
interface Pending {
  readonly apply: (tasks: readonly ShownTask[]) => readonly ShownTask[];
}

const PAGE = 25;
const LARGEST_PAGE = 1000;
const RECONNECT_EVERY = 3000;

const INITIAL: State = {
  filter: "all",
  tasks: [],
  phase: "loading",
  hasMore: false,
  loadingMore: false,
  connection: "up",
  sessionEnded: false,
  conflict: undefined,
  notices: [],
  announcement: "",
};

/** The tasks of the page: the last state from the service, with the pending changes applied to it. */
export class TaskStore {
  readonly #client: TasksClient;
  readonly #listeners = new Set<() => void>();
  #state = INITIAL;

  /** The tasks as the service last returned them, newest first. */
  #base: Base = [];
  #cursor: string | null = null;
  #pending: readonly Pending[] = [];
  /** The last change of each task. The changes of one task are sent one after another. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Counts the responses about single tasks. A list that was requested before the last of them is out of date. */
  #revision = 0;
  #lastId = 0;
  #reconnecting: ReturnType<typeof setTimeout> | undefined;
  #signIn: { readonly done: Promise<void>; readonly finish: () => void } | undefined;

  constructor(options: Omit<ClientOptions, "onRetry" | "retry">) {
    this.#client = createTasksClient({
      ...options,
      retry: { attempts: 6 },
      onRetry: () => this.#state.connection === "up" && this.#show({ connection: "retrying" }),
    });
  }

  // For React: `useSyncExternalStore(store.subscribe, store.read, store.readInitial)`.

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
  readonly read = () => this.#state;
  readonly readInitial = () => INITIAL;

  // Reading

  async show(filter: Filter): Promise<void> {
    this.#base = [];
    this.#cursor = null;
    this.#show({ filter, phase: "loading", hasMore: false, loadingMore: false });
    await this.refresh();
  }

  /** Loads as many tasks again as the page shows. */
  async refresh(): Promise<void> {
    const { filter } = this.#state;
    const revision = this.#revision;
    const limit = Math.min(Math.max(PAGE, this.#base.length), LARGEST_PAGE);
    try {
      const page = await this.#send(() => this.#client.list({ ...queryOf(filter), limit }));
      if (filter !== this.#state.filter) return;
      if (revision !== this.#revision) return await this.refresh();
      this.#base = page.tasks;
      this.#cursor = page.nextCursor;
      this.#show({ phase: "ready", hasMore: page.nextCursor !== null });
    } catch (error) {
      if (filter !== this.#state.filter) return;
      if (this.#state.phase === "loading") this.#show({ phase: "failed" });
      if (!isOutage(error)) this.#notify(textOf(error, "The tasks could not be loaded"), () => void this.refresh());
    }
  }

  async loadMore(): Promise<void> {
    const { filter, loadingMore } = this.#state;
    const cursor = this.#cursor;
    if (loadingMore || cursor === null) return;
    this.#show({ loadingMore: true });
    try {
      const page = await this.#send(() => this.#client.list({ ...queryOf(filter), limit: PAGE, cursor }));
      // The page shows another list by now.
      if (filter !== this.#state.filter || cursor !== this.#cursor) return;
      this.#cursor = page.nextCursor;
      this.#base = page.tasks.reduce(withTask, this.#base);
    } catch (error) {
      if (!isOutage(error)) this.#notify(textOf(error, "More tasks could not be loaded"), () => void this.loadMore());
    } finally {
      this.#show({ loadingMore: false, hasMore: this.#cursor !== null });
    }
  }

  // Changing

  create(task: NewTask, idempotencyKey = newIdempotencyKey()): void {
    const id = `unsaved-${(this.#lastId += 1)}`;
    const now = new Date().toISOString();
    const shown: ShownTask = {
      description: null,
      completed: false,
      ...task,
      ...{ id, user_id: "", created_at: now, updated_at: now, version: 0, unsaved: true },
    };
    void this.#change(id, {
      apply: (tasks) => [shown, ...tasks],
      save: async () => {
        const created = await this.#client.create(task, { idempotencyKey });
        return (base) => withTask(base, created);
      },
      done: `Added ${task.title}`,
      failed: `“${task.title}” could not be added`,
      // The same key, so that the task is not created twice if the first attempt succeeded.
      again: () => this.create(task, idempotencyKey),
    });
  }

  setCompleted(task: Task, completed: boolean): void {
    void this.#change(task.id, {
      apply: (tasks) => tasks.map((one) => (one.id === task.id ? { ...one, completed } : one)),
      save: async () => {
        const changed = await this.#client.setCompleted(task.id, completed);
        return (base) => withTask(base, changed);
      },
      done: `${task.title}: ${completed ? "done" : "open again"}`,
      failed: `“${task.title}” could not be ${completed ? "completed" : "reopened"}`,
      again: () => this.setCompleted(task, completed),
    });
  }

  /** Changes a task, unless it is no longer as the user saw it in `seen`. */
  edit(seen: Task, changes: TaskChanges): void {
    void this.#change(seen.id, {
      apply: (tasks) => tasks.map((one) => (one.id === seen.id ? { ...one, ...changes } : one)),
      save: async () => {
        // A newer version with the same title and details is no conflict. Our own earlier change may have made it.
        const latest = this.#base.find(({ id }) => id === seen.id);
        const same = latest?.title === seen.title && latest.description === seen.description;
        const changed = await this.#client.update(seen.id, changes, { ifMatch: latest && same ? latest : seen });
        return (base) => withTask(base, changed);
      },
      done: `Saved ${changes.title ?? seen.title}`,
      failed: `“${seen.title}” could not be changed`,
      again: () => this.edit(seen, changes),
      conflict: changes,
    });
  }

  remove(task: Task): void {
    void this.#change(task.id, {
      apply: (tasks) => tasks.filter(({ id }) => id !== task.id),
      save: async () => {
        await this.#client.delete(task.id);
        return (base) => base.filter(({ id }) => id !== task.id);
      },
      done: `Deleted ${task.title}`,
      failed: `“${task.title}” could not be deleted`,
      again: () => this.remove(task),
    });
  }

  /** Resolves the conflict: applies the user's changes to the current task (`mine`), or drops them (`theirs`). */
  resolve(winner: "mine" | "theirs"): void {
    const { conflict } = this.#state;
    this.#show({ conflict: undefined });
    if (conflict && winner === "mine") this.edit(conflict.current, conflict.changes);
  }

  dismiss(id: number): void {
    this.#show({ notices: this.#state.notices.filter((notice) => notice.id !== id) });
  }

  /** Call this when the user has signed in again. Continues the requests that wait for it. */
  sessionRestored(): void {
    this.#signIn?.finish();
  }

  // Internals

  async #change(
    id: string,
    change: Pending & {
      save: () => Promise<(base: Base) => Base>;
      done: string;
      failed: string;
      again: () => void;
      conflict?: TaskChanges;
    },
  ): Promise<void> {
    this.#pending = [...this.#pending, change];
    this.#show({});
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(() => this.#send(change.save));
    const settled = turn.catch(() => undefined);
    this.#turns.set(id, settled);
    let outcome: Partial<State> = {};
    try {
      const update = await turn;
      this.#base = update(this.#base);
      this.#revision += 1;
      outcome = { announcement: change.done };
    } catch (error) {
      outcome = this.#failed(id, error, change);
    } finally {
      if (this.#turns.get(id) === settled) this.#turns.delete(id);
      this.#pending = this.#pending.filter((one) => one !== change);
      this.#show(outcome);
    }
  }

  #failed(
    id: string,
    error: unknown,
    { failed, again, conflict }: { failed: string; again: () => void; conflict?: TaskChanges },
  ): Partial<State> {
    if (isTasksError(error) && error.code === "VERSION_CONFLICT") {
      this.#base = withTask(this.#base, error.current);
      this.#revision += 1;
      if (conflict) return { conflict: { current: error.current, changes: conflict } };
    }
    if (isTasksError(error) && error.code === "NOT_FOUND") {
      this.#base = this.#base.filter((task) => task.id !== id);
      this.#revision += 1;
      this.#notify(`${failed}: the task was deleted elsewhere.`);
      return {};
    }
    const permanent = isTasksError(error) && (error.code === "VALIDATION_ERROR" || error.code === "UNKNOWN_USER");
    this.#notify(textOf(error, failed), permanent ? undefined : again);
    return {};
  }

  /** Sends a request, and repeats it after the user has signed in if the session has ended. Records whether the service is reachable. */
  async #send<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await request();
        this.#setReachable(true);
        return answer;
      } catch (error) {
        if (!isTasksError(error) || error.code !== "SESSION_ENDED") {
          this.#setReachable(!isOutage(error));
          throw error;
        }
        await this.#untilSignedIn();
      }
    }
  }

  #untilSignedIn(): Promise<void> {
    if (!this.#signIn) {
      let finish = () => {};
      const done = new Promise<void>((resolve) => (finish = resolve)).then(() => {
        this.#signIn = undefined;
        this.#show({ sessionEnded: false });
      });
      this.#signIn = { done, finish };
      this.#show({ sessionEnded: true });
    }
    return this.#signIn.done;
  }

  #setReachable(reachable: boolean): void {
    clearTimeout(this.#reconnecting);
    if (this.#state.connection !== "up" || !reachable) this.#show({ connection: reachable ? "up" : "down" });
    if (!reachable) this.#reconnecting = setTimeout(() => void this.refresh(), RECONNECT_EVERY);
  }

  #notify(text: string, again?: () => void): void {
    const id = (this.#lastId += 1);
    const retry = () => {
      this.dismiss(id);
      again?.();
    };
    this.#show({ notices: [...this.#state.notices, again ? { id, text, retry } : { id, text }] });
  }

  #show(change: Partial<State>): void {
    const state = { ...this.#state, ...change };
    const shown = this.#pending.reduce((tasks: readonly ShownTask[], { apply }) => apply(tasks), this.#base);
    this.#state = { ...state, tasks: shown.filter((task) => state.filter === "all" || task.completed === (state.filter === "completed")) };
    for (const listener of this.#listeners) listener();
  }
}

const queryOf = (filter: Filter): ListQuery => ({ status: filter });

/** Inserts or replaces a task, newest first, unless the list has a newer version of it. Newer tasks have greater ids. */
function withTask(base: Base, task: Task): Base {
  const known = base.find(({ id }) => id === task.id);
  if (known && known.version > task.version) return base;
  const others = base.filter(({ id }) => id !== task.id);
  const older = others.findIndex(({ id }) => id < task.id);
  return older < 0 ? [...others, task] : [...others.slice(0, older), task, ...others.slice(older)];
}

/** Returns whether the service is temporarily unreachable. */
function isOutage(error: unknown): boolean {
  return (
    isTasksError(error) &&
    (error.code === "NETWORK_ERROR" || error.code === "UNAVAILABLE" || (error.code === "UNEXPECTED_ANSWER" && error.status !== 200))
  );
}

/** The error message for the user: what failed, and why. */
function textOf(error: unknown, failed: string): string {
  if (!isTasksError(error)) return `${failed}.`;
  return `${failed}: ${reasonOf(error)}`;
}

function reasonOf(error: TasksError): string {
  switch (error.code) {
    case "NETWORK_ERROR":
    case "UNAVAILABLE":
    case "UNEXPECTED_ANSWER":
      return "the service cannot be reached.";
    case "RATE_LIMITED":
      return "too many requests in a short time.";
    case "VALIDATION_ERROR":
      return `${error.details.map(({ field, message }) => `the ${field} ${message}`).join("; ") || error.message}.`;
    case "UNAUTHORIZED":
    case "TOKEN_EXPIRED":
      return `the service does not accept this session (${error.message}).`;
    case "UNKNOWN_USER":
      return "the service does not know your account. Signing in again does not help.";
    default:
      return `${error.message}${error.requestId ? ` (request ${error.requestId})` : ""}.`;
  }
}
