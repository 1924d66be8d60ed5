// The same app, with `TASKS_VIA=server`: the browser has a cookie and no token, and never calls the service itself.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually, item, newUser, open, startBrowser, startChain, titles } from "./harness.mjs";

let chain, browser;
before(async () => {
  browser = await startBrowser();
  chain = await startChain({ via: "server" });
});

test("the app's own server calls the service for the browser", async () => {
  const { context } = await newUser(browser, chain);
  const called = new Set();
  context.on("request", (request) => called.add(new URL(request.url()).origin));
  const page = await open(context, chain.url);
  await page.getByLabel("New task").fill("By way of the server");
  await page.keyboard.press("Enter");
  await page.getByText("Added By way of the server").waitFor({ state: "attached" });
  await item(page, "By way of the server").getByRole("checkbox").check();
  await page.getByText("By way of the server: done").waitFor({ state: "attached" });

  const other = await open(context, chain.url);
  for (const [tab, title] of [[page, "First"], [other, "Second"]]) {
    await item(tab, "By way of the server").getByRole("button", { name: "Edit" }).click();
    await tab.getByLabel("Title", { exact: true }).fill(title);
  }
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved First").waitFor({ state: "attached" });
  await other.getByRole("button", { name: "Save" }).click();
  await other.getByRole("button", { name: "Keep mine" }).click();
  await other.getByText("Saved Second").waitFor({ state: "attached" });

  await item(other, "Second").getByRole("button", { name: "Delete" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await other.getByText("Deleted Second").waitFor({ state: "attached" });
  assert.deepEqual([...called], [chain.url]);
});

test("it waits for a service that is started again", async () => {
  const { context } = await newUser(browser, chain);
  const page = await open(context, chain.url);
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  await chain.stopService();
  await page.getByLabel("New task").fill("Patient");
  await page.keyboard.press("Enter");
  await page.getByText("Connecting…").waitFor();
  await chain.startService();
  await page.getByText("Added Patient").waitFor({ state: "attached" });
  await page.reload();
  await eventually(() => titles(page), ["Patient"]);
});

test("it serves the pages of this app and of this user only", async () => {
  const { user, cookie } = await newUser(browser, chain);
  const send = (method, headers) => fetch(`${chain.url}/api/tasks`, {
    method,
    headers: { "Content-Type": "application/json", "X-User-Id": user.id, ...headers },
    ...(method === "POST" && { body: '{"title":"Sent"}' }),
  });
  const outcome = async (answer) => [(await answer).status, (await (await answer).json()).error?.code];
  assert.deepEqual(await outcome(send("POST", { cookie, Origin: chain.url })), [201, undefined]);
  assert.deepEqual(await outcome(send("POST", { cookie, Origin: "https://evil.example" })), [403, "FORBIDDEN"]);
  assert.deepEqual(await outcome(send("POST", { cookie })), [403, "FORBIDDEN"]);
  assert.deepEqual(await outcome(send("GET", {})), [401, "SESSION_ENDED"]);
  assert.deepEqual(await outcome(send("GET", { cookie, "X-User-Id": "someone-else" })), [401, "SESSION_ENDED"]);
});
