import assert from "node:assert/strict";
import { before, test } from "node:test";
import { betterAuthToken, createTasksClient, isTasksError, newIdempotencyKey, type ClientOptions, type ErrorCode, type TasksError } from "../src/index.js";
import { FaultyProxy, Service, errorOf, tokenOf } from "./service.js";

let service: Service;
before(async () => {
  service = await Service.start();
});

let users = 0;

/** A client of a new user, behind a proxy. Retries wait only a few milliseconds. */
async function newUser(options: Partial<ClientOptions> = {}) {
  const user = `user-${(users += 1)}`;
  const proxy = await FaultyProxy.before(service);
  const client = createTasksClient({
    baseUrl: proxy.url,
    token: async () => tokenOf(user),
    retry: { wait: 5 },
    ...options,
  });
  return { user, proxy, client };
}

/** Waits for the call to fail with this code. */
async function failureOf<Code extends ErrorCode>(call: Promise<unknown>, code: Code): Promise<TasksError & { code: Code }> {
  const error = await call.then(
    () => assert.fail(`did not fail with ${code}`),
    (reason: unknown) => reason,
  );
  if (!isTasksError(error)) throw error;
  assert.equal(error.code, code, error.message);
  return error as TasksError & { code: Code };
}

test("a task is created, read, changed, completed and deleted", async () => {
  const { user, client } = await newUser();
  const made = await client.create({ title: " Buy groceries ", description: "Milk" });
  assert.equal(made.title, "Buy groceries");
  assert.equal(made.user_id, user);
  assert.deepEqual(await client.get(made.id), made);

  const changed = await client.update(made.id, { description: null }, { ifMatch: made });
  assert.equal(changed.description, null);
  assert.equal(changed.title, made.title);
  assert.equal(changed.version, 2);

  assert.equal((await client.setCompleted(made.id, true)).completed, true);
  assert.equal((await client.toggle(made.id)).completed, false);

  await client.delete(made.id);
  await failureOf(client.get(made.id), "NOT_FOUND");
});

test("all tasks are listed, newest first, page by page", async () => {
  const { client, proxy } = await newUser();
  for (const number of [1, 2, 3, 4, 5]) await client.create({ title: `Task ${number}`, completed: number === 2 });
  proxy.requests.length = 0;

  const titles = [];
  for await (const task of client.all({ limit: 2, completed: false })) titles.push(task.title);
  assert.deepEqual(titles, ["Task 5", "Task 4", "Task 3", "Task 1"]);
  assert.equal(proxy.requests.length, 2);

  for await (const _ of client.all({ limit: 2 })) break;
  assert.equal(proxy.requests.length, 3, "a page that is not needed is not fetched");

  const first = await client.list({ limit: 3 });
  const second = await client.list({ limit: 3, ...(first.nextCursor && { cursor: first.nextCursor }) });
  assert.deepEqual([first.tasks.length, second.tasks.length, second.nextCursor], [3, 2, null]);
});

test("an error has a code and the fields of its code", async () => {
  const { client } = await newUser();
  const invalid = await failureOf(client.create({ title: "" }), "VALIDATION_ERROR");
  assert.equal(invalid.details[0]?.field, "title");
  assert.equal(invalid.status, 422);
  assert.ok(invalid.requestId);

  const task = await client.create({ title: "Old" });
  const theirs = await client.update(task.id, { title: "Theirs" }, { ifMatch: task });
  const conflict = await failureOf(client.update(task.id, { title: "Mine" }, { ifMatch: task }), "VERSION_CONFLICT");
  assert.deepEqual(conflict.current, theirs);
});

test("a response that is not from the service is reported", async () => {
  const { client, proxy } = await newUser({ retry: { attempts: 1 } });
  proxy.faults.push({ status: 502, body: "<h1>Bad Gateway</h1>" }, { status: 200, body: "<h1>Sign in here</h1>" });
  assert.equal((await failureOf(client.list(), "UNEXPECTED_ANSWER")).status, 502);
  assert.equal((await failureOf(client.list(), "UNEXPECTED_ANSWER")).status, 200);
  proxy.faults.push({ status: 200, body: { signedIn: false } }, { status: 200, body: null });
  await failureOf(client.list(), "UNEXPECTED_ANSWER");
  await failureOf(client.get("some"), "UNEXPECTED_ANSWER");
});

test("a read is retried until it succeeds", async () => {
  const retries: string[] = [];
  const { client, proxy } = await newUser({ onRetry: ({ attempt, error }) => retries.push(`${attempt} ${error.code}`) });
  proxy.faults.push("request lost", errorOf(503, "UNAVAILABLE"), { status: 502, body: "<h1>Bad Gateway</h1>" }, "response lost");
  assert.deepEqual((await client.list()).tasks, []);
  assert.deepEqual(retries, ["1 NETWORK_ERROR", "2 UNAVAILABLE", "3 UNEXPECTED_ANSWER", "4 NETWORK_ERROR"]);
});

for (const status of [502, 503, 504, 520, 521, 522, 523, 524]) {
  const fault = { status, body: "<h1>A proxy failed</h1>" };

  test(`a proxy's ${status} is retried`, async () => {
    const { client, proxy } = await newUser();
    proxy.faults.push(fault);
    assert.deepEqual((await client.list()).tasks, []);
    assert.equal(proxy.requests.length, 2);
  });

  test(`a toggle is not retried after a proxy's ${status}`, async () => {
    const { client, proxy } = await newUser();
    proxy.faults.push(fault);
    assert.equal((await failureOf(client.toggle("some"), "UNEXPECTED_ANSWER")).status, status);
    assert.equal(proxy.requests.length, 1);
  });

  test(`a change found done after a proxy's ${status} succeeds`, async () => {
    const { client, proxy } = await newUser();
    const task = await client.create({ title: "Old" });
    proxy.faults.push({ ...fault, delivered: true });
    assert.equal((await client.update(task.id, { title: "New" }, { ifMatch: task })).version, 2);
  });
}

for (const status of [500, 525, 526]) {
  test(`a proxy's ${status} is not retried`, async () => {
    const { client, proxy } = await newUser();
    proxy.faults.push({ status, body: "<h1>A proxy failed</h1>" });
    assert.equal((await failureOf(client.list(), "UNEXPECTED_ANSWER")).status, status);
    assert.equal(proxy.requests.length, 1);
  });
}

test("the last error is thrown after the last attempt", async () => {
  const { client, proxy } = await newUser({ retry: { wait: 1, attempts: 3 } });
  proxy.faults.push("request lost", "request lost", errorOf(503, "UNAVAILABLE"));
  await failureOf(client.list(), "UNAVAILABLE");
  assert.equal(proxy.requests.length, 3);
});

test("a permanent error is not retried", async () => {
  const { client, proxy } = await newUser();
  proxy.faults.push(errorOf(500, "INTERNAL_ERROR"));
  await failureOf(client.list(), "INTERNAL_ERROR");
  assert.equal(proxy.requests.length, 1);
});

test("a change whose response was lost is no conflict", async () => {
  const { client, proxy } = await newUser();
  const task = await client.create({ title: "Old" });
  proxy.faults.push("response lost");
  const changed = await client.update(task.id, { title: " New ", description: "x" }, { ifMatch: task });
  assert.deepEqual([changed.title, changed.description, changed.version], ["New", "x", 2]);
  proxy.faults.push("response lost");
  assert.equal((await client.setCompleted(task.id, true, { ifMatch: changed })).version, 3);
});

test("another user's change is a conflict after a lost request", async () => {
  const { user, client, proxy } = await newUser();
  const other = createTasksClient({ baseUrl: service.url, token: async () => tokenOf(user) });
  const task = await client.create({ title: "Old" });
  await other.update(task.id, { title: "Theirs" }, { ifMatch: task });
  proxy.faults.push("request lost");
  const conflict = await failureOf(client.update(task.id, { title: "Mine" }, { ifMatch: task }), "VERSION_CONFLICT");
  assert.equal(conflict.current.title, "Theirs");
});

test("a change without a condition is retried if rejected", async () => {
  const { client, proxy } = await newUser();
  const task = await client.create({ title: "Old" });
  proxy.requests.length = 0;
  proxy.faults.push("response lost");
  await failureOf(client.update(task.id, { title: "New" }), "NETWORK_ERROR");
  assert.equal(proxy.requests.length, 1);
  proxy.faults.push(errorOf(429, "RATE_LIMITED"));
  assert.equal((await client.update(task.id, { title: "Newer" })).title, "Newer");
});

test("a change with a rejected token waits for the next token", async () => {
  const { user, client, proxy } = await newUser({ token: () => tokens.shift()!() });
  const token = async () => tokenOf(user);
  const late = betterAuthToken({ url: proxy.url, fetch: () => Promise.reject(new Error("down")) });
  const tokens = [token, late, token];
  const task = await client.create({ title: "Old" });
  proxy.faults.push(errorOf(401, "UNAUTHORIZED"));
  assert.equal((await client.update(task.id, { title: "New" })).title, "New");
  assert.equal(tokens.length, 0);
});

test("a toggle whose response was lost is not retried", async () => {
  const { client, proxy } = await newUser();
  const task = await client.create({ title: "Toggle me" });
  proxy.faults.push("response lost");
  await failureOf(client.toggle(task.id), "NETWORK_ERROR");
  assert.equal((await client.get(task.id)).completed, true);
});

test("a delete whose response was lost succeeds", async () => {
  const { client, proxy } = await newUser();
  const task = await client.create({ title: "Delete me" });
  proxy.faults.push("response lost");
  await client.delete(task.id);
  await failureOf(client.delete(task.id), "NOT_FOUND");
});

test("a create whose responses were lost creates one task", async () => {
  const { client, proxy } = await newUser();
  proxy.faults.push("response lost", "request lost", "response lost", errorOf(409, "IDEMPOTENCY_KEY_IN_USE"));
  const made = await client.create({ title: "Once" });
  assert.equal(proxy.requests.length, 5);
  assert.deepEqual((await client.list()).tasks, [made]);
});

test("a later create with the same key creates no task", async () => {
  const { client } = await newUser();
  const idempotencyKey = newIdempotencyKey();
  const made = await client.create({ title: "Once" }, { idempotencyKey });
  assert.deepEqual(await client.create({ title: "Once" }, { idempotencyKey }), made);
  await failureOf(client.create({ title: "Another" }, { idempotencyKey }), "IDEMPOTENCY_KEY_REUSED");
});

test("each create has its own idempotency key", async () => {
  const { client, proxy } = await newUser();
  proxy.faults.push("request lost", "request lost");
  await client.create({ title: "Once" });
  await client.create({ title: "Another" });
  await client.create({ title: "Named" }, { idempotencyKey: "mine" });
  const [first, second, third, another, named] = proxy.requests.map(({ headers }) => headers["idempotency-key"]);
  assert.match(String(first), /^[0-9a-f]{32}$/);
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(another, first);
  assert.equal(named, "mine");
});

test("a retry waits as long as Retry-After says", async () => {
  const { client, proxy } = await newUser();
  proxy.faults.push(errorOf(429, "RATE_LIMITED", { "Retry-After": "1" }));
  const start = Date.now();
  await client.list();
  assert.ok(Date.now() - start >= 1000);
});

test("a longer Retry-After than longestWait fails at once", async () => {
  const { client, proxy } = await newUser({ retry: { wait: 1, longestWait: 2000 } });
  proxy.faults.push(errorOf(503, "UNAVAILABLE", { "Retry-After": "60" }));
  assert.equal((await failureOf(client.list(), "UNAVAILABLE")).retryAfter, 60);
  assert.equal(proxy.requests.length, 1);
});

test("a change succeeds after the service restarts", async () => {
  const own = await Service.start();
  const client = createTasksClient({ baseUrl: own.url, token: async () => tokenOf("waiting"), retry: { wait: 100, attempts: 9 } });
  const task = await client.create({ title: "Before" });
  await own.stop();
  const change = client.update(task.id, { title: "After" }, { ifMatch: task });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await own.start();
  assert.equal((await change).title, "After");
});

test("a call can be aborted while it waits", async () => {
  const { client, proxy } = await newUser({ retry: { wait: 60_000, longestWait: 60_000 } });
  await assert.rejects(client.list({}, { signal: AbortSignal.abort(new Error("not now")) }), /not now/);
  assert.equal(proxy.requests.length, 0);

  const stop = new AbortController();
  proxy.faults.push("request lost");
  const waiting = client.list({}, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await assert.rejects(waiting, /enough/);

  const { client: tokenless } = await newUser({ token: () => new Promise(() => {}) });
  await assert.rejects(tokenless.list({}, { signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
});

test("an attempt that takes too long times out", async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const { client } = await newUser({ fetch: silent, timeout: 20, retry: { attempts: 1 } });
  assert.match((await failureOf(client.list(), "NETWORK_ERROR")).message, /within 20 ms/);
});
