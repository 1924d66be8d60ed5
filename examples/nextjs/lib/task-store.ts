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

/** A task on the page; `unsaved` while it exists nowhere else. */
export type ShownTask = Task & { readonly unsaved?: boolean };

export interface Notice {
  readonly id: number;
  readonly text: string;
  /** Tries again what has failed. */
  readonly retry?: () => void;
}

/** A change that met with someone else's: the task as it is now, and what was to become of it. */
export interface Conflict {
  readonly current: Task;
  readonly changes: TaskChanges;
}

/** All that the page shows. */
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
  /** Read out by screen readers. */
  readonly announcement: string;
}

type Base = readonly Task[];

/** A change that is shown already and not yet saved. If saving fails it is taken away again, and nothing else need be undone. */
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

/** The tasks of the page: what the service has said, with the changes on top that it has not yet answered. */
export class TaskStore {
  readonly #client: TasksClient;
  readonly #listeners = new Set<() => void>();
  #state = INITIAL;

  /** As far as the service has said, newest first. */
  #base: Base = [];
  #cursor: string | null = null;
  #pending: readonly Pending[] = [];
  /** The last change of each task: changes of one task are sent one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Counts what was learnt of single tasks, so that a list that was asked for before is not taken for newer. */
  #learnt = 0;
  #numbers = 0;
  #reconnecting: ReturnType<typeof setTimeout> | undefined;
  #signIn: { readonly done: Promise<void>; readonly finish: () => void } | undefined;

  constructor(options: Omit<ClientOptions, "onRetry" | "retry">) {
    this.#client = createTasksClient({
      ...options,
      retry: { attempts: 6 },
      onRetry: () => this.#state.connection === "up" && this.#show({ connection: "retrying" }),
    });
  }

  // What React asks for: `useSyncExternalStore(store.subscribe, store.read, store.readInitial)`.

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

  /** Asks for what is on the page anew, and for as much of it. */
  async refresh(): Promise<void> {
    const { filter } = this.#state;
    const learnt = this.#learnt;
    const limit = Math.min(Math.max(PAGE, this.#base.length), LARGEST_PAGE);
    try {
      const page = await this.#ask(() => this.#client.list({ ...queryOf(filter), limit }));
      if (filter !== this.#state.filter) return;
      if (learnt !== this.#learnt) return await this.refresh();
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
      const page = await this.#ask(() => this.#client.list({ ...queryOf(filter), limit: PAGE, cursor }));
      // Something else is on the page by now.
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
    const id = `unsaved-${(this.#numbers += 1)}`;
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
        const made = await this.#client.create(task, { idempotencyKey });
        return (base) => withTask(base, made);
      },
      done: `Added ${task.title}`,
      failed: `“${task.title}” could not be added`,
      // With the same key, so that it is not made twice if it was made after all.
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

  /** Changes a task that was seen as `seen`, unless it has become another meanwhile. */
  edit(seen: Task, changes: TaskChanges): void {
    void this.#change(seen.id, {
      apply: (tasks) => tasks.map((one) => (one.id === seen.id ? { ...one, ...changes } : one)),
      save: async () => {
        // A newer version will do, if what was edited has not changed in it: our own earlier change, for one.
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

  /** Ends a conflict: with one's own change, made to the task as it is now; or by leaving that as it is. */
  resolve(winner: "mine" | "theirs"): void {
    const { conflict } = this.#state;
    this.#show({ conflict: undefined });
    if (conflict && winner === "mine") this.edit(conflict.current, conflict.changes);
  }

  dismiss(id: number): void {
    this.#show({ notices: this.#state.notices.filter((notice) => notice.id !== id) });
  }

  /** The user has signed in again: what had to wait for that goes on. */
  sessionRestored(): void {
    this.#signIn?.finish();
  }

  // Within

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
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(() => this.#ask(change.save));
    const settled = turn.catch(() => undefined);
    this.#turns.set(id, settled);
    let outcome: Partial<State> = {};
    try {
      const learn = await turn;
      this.#base = learn(this.#base);
      this.#learnt += 1;
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
      this.#learnt += 1;
      if (conflict) return { conflict: { current: error.current, changes: conflict } };
    }
    if (isTasksError(error) && error.code === "NOT_FOUND") {
      this.#base = this.#base.filter((task) => task.id !== id);
      this.#learnt += 1;
      this.#notify(`${failed}: it was deleted elsewhere.`);
      return {};
    }
    const hopeless = isTasksError(error) && error.code === "VALIDATION_ERROR";
    this.#notify(textOf(error, failed), hopeless ? undefined : again);
    return {};
  }

  /** Sends a request; if the session has ended, again after the user has signed in. Notes whether the service is there. */
  async #ask<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await request();
        this.#isReachable(true);
        return answer;
      } catch (error) {
        if (!isTasksError(error) || error.code !== "SESSION_ENDED") {
          this.#isReachable(!isOutage(error));
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

  #isReachable(reachable: boolean): void {
    clearTimeout(this.#reconnecting);
    if (this.#state.connection !== "up" || !reachable) this.#show({ connection: reachable ? "up" : "down" });
    if (!reachable) this.#reconnecting = setTimeout(() => void this.refresh(), RECONNECT_EVERY);
  }

  #notify(text: string, again?: () => void): void {
    const id = (this.#numbers += 1);
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

/** The tasks with this one among them, newest first; of two versions of it the newer. Ids grow with time. */
function withTask(base: Base, task: Task): Base {
  const known = base.find(({ id }) => id === task.id);
  if (known && known.version > task.version) return base;
  const others = base.filter(({ id }) => id !== task.id);
  const older = others.findIndex(({ id }) => id < task.id);
  return older < 0 ? [...others, task] : [...others.slice(0, older), task, ...others.slice(older)];
}

/** Is the service out of reach, for a time? */
function isOutage(error: unknown): boolean {
  return (
    isTasksError(error) &&
    (error.code === "NETWORK_ERROR" || error.code === "UNAVAILABLE" || (error.code === "UNEXPECTED_ANSWER" && error.status !== 200))
  );
}

/** What has failed, and why, for people. */
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
      return "too many requests at once.";
    case "VALIDATION_ERROR":
      return `${error.details.map(({ field, message }) => `the ${field} ${message}`).join("; ") || error.message}.`;
    case "UNAUTHORIZED":
    case "TOKEN_EXPIRED":
      return `the service does not accept this session (${error.message}).`;
    default:
      return `${error.message}${error.requestId ? ` (request ${error.requestId})` : ""}.`;
  }
}
