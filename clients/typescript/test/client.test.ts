import assert from "node:assert/strict";
import { before, test } from "node:test";
import { betterAuthToken, createTasksClient, isTasksError, newIdempotencyKey, type ClientOptions, type ErrorCode, type TasksError } from "../src/index.js";
import { Road, Service, refusal, tokenOf } from "./service.js";

let service: Service;
before(async () => {
  service = await Service.start();
});

let users = 0;

/** A client of a user who has no tasks yet, and the road it takes. Nothing waits longer than it must. */
async function newUser(options: Partial<ClientOptions> = {}) {
  const user = `user-${(users += 1)}`;
  const road = await Road.to(service);
  const client = createTasksClient({
    baseUrl: road.url,
    token: async () => tokenOf(user),
    retry: { wait: 5 },
    ...options,
  });
  return { user, road, client };
}

/** The error that a call fails with, which must have this code. */
async function failing<Code extends ErrorCode>(call: Promise<unknown>, code: Code): Promise<TasksError & { code: Code }> {
  const error = await call.then(
    () => assert.fail(`did not fail with ${code}`),
    (reason: unknown) => reason,
  );
  if (!isTasksError(error)) throw error;
  assert.equal(error.code, code, error.message);
  return error as TasksError & { code: Code };
}

test("a task is made, read, changed, completed and deleted", async () => {
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
  await failing(client.get(made.id), "NOT_FOUND");
});

test("all tasks come one by one, newest first, page after page", async () => {
  const { client, road } = await newUser();
  for (const number of [1, 2, 3, 4, 5]) await client.create({ title: `Task ${number}`, completed: number === 2 });
  road.seen.length = 0;

  const titles = [];
  for await (const task of client.all({ limit: 2, completed: false })) titles.push(task.title);
  assert.deepEqual(titles, ["Task 5", "Task 4", "Task 3", "Task 1"]);
  assert.equal(road.seen.length, 2);

  for await (const _ of client.all({ limit: 2 })) break;
  assert.equal(road.seen.length, 3, "a page that nobody asks for is not fetched");

  const first = await client.list({ limit: 3 });
  const second = await client.list({ limit: 3, ...(first.nextCursor && { cursor: first.nextCursor }) });
  assert.deepEqual([first.tasks.length, second.tasks.length, second.nextCursor], [3, 2, null]);
});

test("an error is told by its code, and brings what belongs to it", async () => {
  const { client } = await newUser();
  const invalid = await failing(client.create({ title: "" }), "VALIDATION_ERROR");
  assert.equal(invalid.details[0]?.field, "title");
  assert.equal(invalid.status, 422);
  assert.ok(invalid.requestId);

  const task = await client.create({ title: "Old" });
  const theirs = await client.update(task.id, { title: "Theirs" }, { ifMatch: task });
  const conflict = await failing(client.update(task.id, { title: "Mine" }, { ifMatch: task }), "VERSION_CONFLICT");
  assert.deepEqual(conflict.current, theirs);
});

test("what something else than the service answers is no error of the service", async () => {
  const { client, road } = await newUser({ retry: { attempts: 1 } });
  road.faults.push({ status: 502, body: "<h1>Bad Gateway</h1>" }, { status: 200, body: "<h1>Sign in here</h1>" });
  assert.equal((await failing(client.list(), "UNEXPECTED_ANSWER")).status, 502);
  assert.equal((await failing(client.list(), "UNEXPECTED_ANSWER")).status, 200);
  road.faults.push({ status: 200, body: { signedIn: false } }, { status: 200, body: null });
  await failing(client.list(), "UNEXPECTED_ANSWER");
  await failing(client.get("some"), "UNEXPECTED_ANSWER");
});

test("a get is sent again until it is answered", async () => {
  const retries: string[] = [];
  const { client, road } = await newUser({ onRetry: ({ attempt, error }) => retries.push(`${attempt} ${error.code}`) });
  road.faults.push("lost", refusal(503, "UNAVAILABLE"), { status: 502, body: "<h1>Bad Gateway</h1>" }, "answer lost");
  assert.deepEqual((await client.list()).tasks, []);
  assert.deepEqual(retries, ["1 NETWORK_ERROR", "2 UNAVAILABLE", "3 UNEXPECTED_ANSWER", "4 NETWORK_ERROR"]);
});

for (const status of [502, 503, 504, 520, 521, 522, 523, 524]) {
  const fault = { status, body: "<h1>A proxy failed</h1>" };

  test(`a proxy's ${status} is retried`, async () => {
    const { client, road } = await newUser();
    road.faults.push(fault);
    assert.deepEqual((await client.list()).tasks, []);
    assert.equal(road.seen.length, 2);
  });

  test(`a toggle is not retried after a proxy's ${status}`, async () => {
    const { client, road } = await newUser();
    road.faults.push(fault);
    assert.equal((await failing(client.toggle("some"), "UNEXPECTED_ANSWER")).status, status);
    assert.equal(road.seen.length, 1);
  });

  test(`a change found done after a proxy's ${status} succeeds`, async () => {
    const { client, road } = await newUser();
    const task = await client.create({ title: "Old" });
    road.faults.push({ ...fault, delivered: true });
    assert.equal((await client.update(task.id, { title: "New" }, { ifMatch: task })).version, 2);
  });
}

for (const status of [500, 525, 526]) {
  test(`a proxy's ${status} is not retried`, async () => {
    const { client, road } = await newUser();
    road.faults.push({ status, body: "<h1>A proxy failed</h1>" });
    assert.equal((await failing(client.list(), "UNEXPECTED_ANSWER")).status, status);
    assert.equal(road.seen.length, 1);
  });
}

test("attempts end, and the last failure is told", async () => {
  const { client, road } = await newUser({ retry: { wait: 1, attempts: 3 } });
  road.faults.push("lost", "lost", refusal(503, "UNAVAILABLE"));
  await failing(client.list(), "UNAVAILABLE");
  assert.equal(road.seen.length, 3);
});

test("what would fail again in the same way is not sent again", async () => {
  const { client, road } = await newUser();
  road.faults.push(refusal(500, "INTERNAL_ERROR"));
  await failing(client.list(), "INTERNAL_ERROR");
  assert.equal(road.seen.length, 1);
});

test("a change whose answer was lost is not taken for someone else's", async () => {
  const { client, road } = await newUser();
  const task = await client.create({ title: "Old" });
  road.faults.push("answer lost");
  const changed = await client.update(task.id, { title: " New ", description: "x" }, { ifMatch: task });
  assert.deepEqual([changed.title, changed.description, changed.version], ["New", "x", 2]);
  road.faults.push("answer lost");
  assert.equal((await client.setCompleted(task.id, true, { ifMatch: changed })).version, 3);
});

test("someone else's change is not taken for one's own whose answer was lost", async () => {
  const { user, client, road } = await newUser();
  const other = createTasksClient({ baseUrl: service.url, token: async () => tokenOf(user) });
  const task = await client.create({ title: "Old" });
  await other.update(task.id, { title: "Theirs" }, { ifMatch: task });
  road.faults.push("lost");
  const conflict = await failing(client.update(task.id, { title: "Mine" }, { ifMatch: task }), "VERSION_CONFLICT");
  assert.equal(conflict.current.title, "Theirs");
});

test("a change without a condition is sent again only if it was surely not carried out", async () => {
  const { client, road } = await newUser();
  const task = await client.create({ title: "Old" });
  road.seen.length = 0;
  road.faults.push("answer lost");
  await failing(client.update(task.id, { title: "New" }), "NETWORK_ERROR");
  assert.equal(road.seen.length, 1);
  road.faults.push(refusal(429, "RATE_LIMITED"));
  assert.equal((await client.update(task.id, { title: "Newer" })).title, "Newer");
});

test("a change that was refused with its token is sent again even if the next token is late", async () => {
  const { user, client, road } = await newUser({ token: () => tokens.shift()!() });
  const token = async () => tokenOf(user);
  const late = betterAuthToken({ url: road.url, fetch: () => Promise.reject(new Error("down")) });
  const tokens = [token, late, token];
  const task = await client.create({ title: "Old" });
  road.faults.push(refusal(401, "UNAUTHORIZED"));
  assert.equal((await client.update(task.id, { title: "New" })).title, "New");
  assert.equal(tokens.length, 0);
});

test("a toggle is sent once", async () => {
  const { client, road } = await newUser();
  const task = await client.create({ title: "Toggle me" });
  road.faults.push("answer lost");
  await failing(client.toggle(task.id), "NETWORK_ERROR");
  assert.equal((await client.get(task.id)).completed, true);
});

test("a deletion whose answer was lost is done; one of nothing is not", async () => {
  const { client, road } = await newUser();
  const task = await client.create({ title: "Delete me" });
  road.faults.push("answer lost");
  await client.delete(task.id);
  await failing(client.delete(task.id), "NOT_FOUND");
});

test("a create whose answers are lost makes one task", async () => {
  const { client, road } = await newUser();
  road.faults.push("answer lost", "lost", "answer lost", refusal(409, "IDEMPOTENCY_KEY_IN_USE"));
  const made = await client.create({ title: "Once" });
  assert.equal(road.seen.length, 5);
  assert.deepEqual((await client.list()).tasks, [made]);
});

test("a key that is kept makes a later attempt the same, and no other task", async () => {
  const { client } = await newUser();
  const idempotencyKey = newIdempotencyKey();
  const made = await client.create({ title: "Once" }, { idempotencyKey });
  assert.deepEqual(await client.create({ title: "Once" }, { idempotencyKey }), made);
  await failing(client.create({ title: "Another" }, { idempotencyKey }), "IDEMPOTENCY_KEY_REUSED");
});

test("each attempt of a create has the same key, and each create another", async () => {
  const { client, road } = await newUser();
  road.faults.push("lost", "lost");
  await client.create({ title: "Once" });
  await client.create({ title: "Another" });
  await client.create({ title: "Named" }, { idempotencyKey: "mine" });
  const [first, second, third, another, named] = road.seen.map(({ headers }) => headers["idempotency-key"]);
  assert.match(String(first), /^[0-9a-f]{32}$/);
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(another, first);
  assert.equal(named, "mine");
});

test("the service says how long to wait, and is heeded", async () => {
  const { client, road } = await newUser();
  road.faults.push(refusal(429, "RATE_LIMITED", { "Retry-After": "1" }));
  const start = Date.now();
  await client.list();
  assert.ok(Date.now() - start >= 1000);
});

test("nobody is kept waiting longer than was allowed", async () => {
  const { client, road } = await newUser({ retry: { wait: 1, longestWait: 2000 } });
  road.faults.push(refusal(503, "UNAVAILABLE", { "Retry-After": "60" }));
  assert.equal((await failing(client.list(), "UNAVAILABLE")).retryAfter, 60);
  assert.equal(road.seen.length, 1);
});

test("a service that is started again is found again", async () => {
  const own = await Service.start();
  const client = createTasksClient({ baseUrl: own.url, token: async () => tokenOf("waiting"), retry: { wait: 100, attempts: 9 } });
  const task = await client.create({ title: "Before" });
  await own.stop();
  const change = client.update(task.id, { title: "After" }, { ifMatch: task });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await own.start();
  assert.equal((await change).title, "After");
});

test("a call can be given up, before it is sent, while it is and while it waits", async () => {
  const { client, road } = await newUser({ retry: { wait: 60_000, longestWait: 60_000 } });
  await assert.rejects(client.list({}, { signal: AbortSignal.abort(new Error("not now")) }), /not now/);
  assert.equal(road.seen.length, 0);

  const stop = new AbortController();
  road.faults.push("lost");
  const waiting = client.list({}, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await assert.rejects(waiting, /enough/);

  const { client: tokenless } = await newUser({ token: () => new Promise(() => {}) });
  await assert.rejects(tokenless.list({}, { signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
});

test("an attempt that takes too long is ended", async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const { client } = await newUser({ fetch: silent, timeout: 20, retry: { attempts: 1 } });
  assert.match((await failing(client.list(), "NETWORK_ERROR")).message, /within 20 ms/);
});
