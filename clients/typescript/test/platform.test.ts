// The client in Safari before 17.4 and in React Native, which lack the globals that are deleted here.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { afterEach, before, beforeEach, test } from "node:test";
import { betterAuthToken, createTasksClient, isTasksError, newIdempotencyKey, type ClientOptions } from "../src/index.js";
import { Service, tokenOf } from "./service.js";

const missing: [object, string[]][] = [
  [AbortSignal, ["any", "timeout"]],
  [AbortSignal.prototype, ["throwIfAborted", "reason"]],
  [globalThis, ["atob", "crypto"]],
];
new Response(); // Loads `fetch`, which needs the globals.
for (const [object, names] of missing) for (const name of names) assert.ok(Reflect.deleteProperty(object, name));

/** React Native's takes no list of pairs. */
globalThis.URLSearchParams = class {
  constructor() {
    throw new Error("URLSearchParams differs between platforms");
  }
} as unknown as typeof URLSearchParams;

let service: Service;
before(async () => {
  service = await Service.start();
});

/** The timers that client code has started and that have neither fired nor been cleared. */
const timers = new Set<unknown>();
const { setTimeout: start, clearTimeout: clear } = globalThis;
beforeEach(() => {
  timers.clear();
  globalThis.setTimeout = ((callback: () => void, delay: number) => {
    const timer = start(() => {
      timers.delete(timer);
      callback();
    }, delay);
    timers.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((timer: NodeJS.Timeout) => {
    timers.delete(timer);
    clear(timer);
  }) as typeof clearTimeout;
});
afterEach(() => void Object.assign(globalThis, { setTimeout: start, clearTimeout: clear }));

/** A `fetch` that gives these responses in turn. */
const answering =
  (...answers: (() => Response | Promise<Response>)[]): typeof fetch =>
  async () =>
    answers.shift()!();
const json = (body: unknown, status = 200) => () => new Response(JSON.stringify(body), { status });
const page = json({ data: [], meta: { next_cursor: null } });
const never = () => new Promise<never>(() => {});

const clientWith = (options: Partial<ClientOptions>) =>
  createTasksClient({ baseUrl: "http://service.test", retry: { attempts: 1 }, ...options });
const networkError = (message: RegExp) => (error: unknown) =>
  isTasksError(error) && error.code === "NETWORK_ERROR" && message.test(error.message);

test("calls reach the service", async () => {
  const client = clientWith({ baseUrl: service.url, token: async () => tokenOf("old browser") });
  const task = await client.create({ title: "Works" });
  await client.setCompleted(task.id, true, { ifMatch: task });
  const { tasks } = await client.list({ status: "completed", limit: 5 });
  assert.deepEqual(tasks.map(({ id }) => id), [task.id]);
  const titles = [];
  for await (const { title } of client.all({ limit: 1 })) titles.push(title);
  assert.deepEqual(titles, ["Works"]);
});

test("an attempt without an answer times out", async () => {
  // It ignores its signal, as a replacement for `fetch` may.
  await assert.rejects(clientWith({ fetch: never, timeout: 20 }).list(), networkError(/within 20 ms/));
});

test("an attempt whose body stalls times out", async () => {
  const stalled = () => new Response(new ReadableStream());
  await assert.rejects(clientWith({ fetch: answering(stalled), timeout: 20 }).list(), networkError(/within 20 ms/));
});

test("a timeout aborts the request", async () => {
  let aborted = false;
  const fetch: typeof globalThis.fetch = (_, init) => {
    init?.signal?.addEventListener("abort", () => (aborted = true));
    return never();
  };
  await assert.rejects(clientWith({ fetch, timeout: 20 }).list(), networkError(/within/));
  assert.ok(aborted);
});

test("a timeout longer than timers allow does not expire", async () => {
  const slow = () => new Promise<Response>((resolve) => void start(() => resolve(page()), 30));
  assert.deepEqual((await clientWith({ fetch: answering(slow), timeout: Infinity }).list()).tasks, []);
});

test("an aborted call fails with an AbortError", async () => {
  const aborted = { name: "AbortError" };
  const stopped = new AbortController();
  stopped.abort();
  await assert.rejects(clientWith({ fetch: answering() }).list({}, { signal: stopped.signal }), aborted);

  const inFlight = new AbortController();
  start(() => inFlight.abort(), 10);
  await assert.rejects(clientWith({ fetch: never }).list({}, { signal: inFlight.signal }), aborted);

  const waiting = new AbortController();
  const client = clientWith({ fetch: answering(json({}, 503)), retry: { wait: 60_000, longestWait: 60_000 } });
  start(() => waiting.abort(), 10);
  await assert.rejects(client.list({}, { signal: waiting.signal }), aborted);
});

test("a call leaves no timer and no listener", async () => {
  const outcomes: Record<string, [Partial<ClientOptions>, boolean]> = {
    "a response": [{ fetch: answering(page) }, true],
    "an error response": [{ fetch: answering(json({}, 500)) }, false],
    "a body that is not JSON": [{ fetch: answering(() => new Response("<h1>")) }, false],
    "a broken connection": [{ fetch: answering(() => Promise.reject(new TypeError("broken"))) }, false],
    "a timeout": [{ fetch: never, timeout: 10 }, false],
    "a retry": [{ fetch: answering(json({}, 503), page), retry: { wait: 1 } }, true],
    "a renewed token": [{ fetch: answering(json({}, 401), page), token: async () => "token" }, true],
    "no token": [{ token: () => Promise.reject(new Error("no token")) }, false],
  };
  for (const [name, [options, succeeds]] of Object.entries(outcomes)) {
    const { signal } = new AbortController();
    const call = clientWith(options).list({}, { signal });
    assert.equal(await call.then(() => true, () => false), succeeds, name);
    assert.deepEqual([timers.size, getEventListeners(signal, "abort").length], [0, 0], name);
  }
});

test("an aborted call leaves no timer and no listener", async () => {
  const outcomes: Record<string, Partial<ClientOptions>> = {
    "in flight": { fetch: never },
    "before a retry": { fetch: answering(json({}, 503)), retry: { wait: 60_000, longestWait: 60_000 } },
    "without a token": { token: never },
  };
  for (const [name, options] of Object.entries(outcomes)) {
    const controller = new AbortController();
    start(() => controller.abort(), 10);
    await assert.rejects(clientWith(options).list({}, { signal: controller.signal }), { name: "AbortError" });
    assert.deepEqual([timers.size, getEventListeners(controller.signal, "abort").length], [0, 0], name);
  }
});

test("a fetched token leaves no timer", async () => {
  assert.equal(await betterAuthToken({ fetch: answering(json({ token: "one" })) })(), "one");
  assert.equal(timers.size, 0);
});

test("a token's user is read without atob", async () => {
  const token = tokenOf("Zoë");
  const fetchToken = (user: string) => betterAuthToken({ fetch: answering(json({ token })), user })();
  assert.equal(await fetchToken("Zoë"), token);
  await assert.rejects(fetchToken("Zoe"), (error) => isTasksError(error) && error.code === "SESSION_ENDED");
});

test("idempotency keys differ without crypto", () => {
  const keys = Array.from({ length: 1000 }, newIdempotencyKey);
  for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/);
  assert.equal(new Set(keys).size, keys.length);
});

test("React Native's fetch adds no query parameter", async (context) => {
  const real = globalThis.fetch;
  // As whatwg-fetch does, which React Native has for `fetch`.
  const polyfill = (input: string, init: RequestInit) => real(init.cache === "no-store" ? `${input}?_=${Date.now()}` : input, init);
  globalThis.fetch = Object.assign(polyfill as typeof fetch, { polyfill: true });
  context.after(() => (globalThis.fetch = real));
  const client = clientWith({ baseUrl: service.url, token: async () => tokenOf("phone") });
  assert.deepEqual((await client.list()).tasks, []);
});

test("responses stay out of the browser's cache", async () => {
  let cache: string | undefined;
  const fetch: typeof globalThis.fetch = async (_, init) => {
    cache = init?.cache;
    return page();
  };
  await clientWith({ fetch }).list();
  assert.equal(cache, "no-store");
});
