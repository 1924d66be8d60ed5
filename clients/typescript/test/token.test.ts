import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, mock, test } from "node:test";
import { betterAuthToken, createTasksClient, isTasksError, type FetchToken } from "../src/index.js";
import { FaultyProxy, Service, errorOf, tokenOf } from "./service.js";

let service: Service;
before(async () => {
  service = await Service.start();
});

const clientWith = (token: FetchToken, baseUrl = service.url) => createTasksClient({ baseUrl, token, retry: { wait: 5 } });
const hasCode = (code: string) => (error: unknown) => isTasksError(error) && error.code === code;

test("concurrent calls fetch one token", async () => {
  const fetchToken = mock.fn(async () => tokenOf("many"));
  const client = clientWith(fetchToken);
  await Promise.all(Array.from({ length: 10 }, () => client.list()));
  await client.list();
  assert.equal(fetchToken.mock.callCount(), 1);
});

test("a token is renewed before it expires", async (context) => {
  const token = tokenOf("early");
  const fetchToken = mock.fn(async () => token);
  const client = clientWith(fetchToken);
  await client.list();
  // One of the 15 minutes is left.
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() + 13.9 * 60_000 });
  await client.list();
  assert.equal(fetchToken.mock.callCount(), 1);
  context.mock.timers.tick(0.2 * 60_000);
  await client.list();
  assert.equal(fetchToken.mock.callCount(), 2);
});

test("an expired token is renewed and the call succeeds", async () => {
  const tokens = [tokenOf("late", 1000), tokenOf("late")];
  const proxy = await FaultyProxy.before(service);
  const client = clientWith(async () => tokens.shift()!, proxy.url);
  const task = await client.create({ title: "Through" });
  assert.equal((await client.toggle(task.id)).completed, true);
  assert.equal(proxy.requests.length, 3);
});

test("a token that is rejected again is not renewed again", async () => {
  const fetchToken = mock.fn(async () => tokenOf("refused", 1000));
  await assert.rejects(clientWith(fetchToken).list(), hasCode("TOKEN_EXPIRED"));
  assert.equal(fetchToken.mock.callCount(), 2);
});

test("a token of an unknown user is not renewed", async () => {
  const proxy = await FaultyProxy.before(service);
  const unknown = errorOf(401, "UNKNOWN_USER");
  proxy.faults.push(unknown);
  const fetchToken = mock.fn(async () => tokenOf("unknown"));
  await assert.rejects(clientWith(fetchToken, proxy.url).list(), hasCode("UNKNOWN_USER"));
  assert.deepEqual([fetchToken.mock.callCount(), proxy.requests.length], [1, 1]);
});

test("a call renews its token once in all its attempts", async () => {
  const proxy = await FaultyProxy.before(service);
  const [rejected, unavailable] = [errorOf(401, "UNAUTHORIZED"), errorOf(503, "UNAVAILABLE")];
  proxy.faults.push(rejected, unavailable, rejected, unavailable, rejected);
  const fetchToken = mock.fn(async () => tokenOf("rejected"));
  await assert.rejects(clientWith(fetchToken, proxy.url).list(), hasCode("UNAUTHORIZED"));
  assert.deepEqual([fetchToken.mock.callCount(), proxy.requests.length], [2, 3]);
});

/** An app whose `/api/auth/token` gives these responses in turn, and then a valid token. */
async function app(...answers: { status: number; body?: object }[]): Promise<{ url: string; requests: () => number; token: FetchToken }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const { status, body } = answers.shift() ?? { status: 200, body: { token: tokenOf(String(request.headers["x-user"])) } };
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/auth/token`;
  return { url, requests: () => requests, token: betterAuthToken({ url, headers: () => ({ "X-User": "ada" }) }) };
}

test("the token comes from Better Auth", async () => {
  const { token } = await app();
  assert.equal((await clientWith(token).create({ title: "Hers" })).user_id, "ada");
});

test("a token of another user is not used", async () => {
  const { url } = await app();
  const token = betterAuthToken({ url, headers: () => ({ "X-User": "eve" }), user: "ada" });
  await assert.rejects(clientWith(token).list(), hasCode("SESSION_ENDED"));
});

test("an ended session differs from an unreachable app", async () => {
  const ended = await app({ status: 401 });
  await assert.rejects(clientWith(ended.token).list(), hasCode("SESSION_ENDED"));
  assert.equal(ended.requests(), 1);

  const nowhere = betterAuthToken({ url: "http://127.0.0.1:1/api/auth/token" });
  await assert.rejects(clientWith(nowhere).list(), hasCode("NETWORK_ERROR"));
});

test("a toggle is retried if the app issued no token yet", async () => {
  const busy = await app({ status: 429 }, { status: 503 });
  const task = await createTasksClient({ baseUrl: service.url, token: async () => tokenOf("ada") }).create({ title: "Hers" });
  assert.equal((await clientWith(busy.token).toggle(task.id)).completed, true);
  assert.equal(busy.requests(), 3);
});
