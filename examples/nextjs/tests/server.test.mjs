// The app with `TASKS_VIA=server`: the browser has only a cookie and does not call the service.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually, item, newUser, open, startBrowser, startStack, titles } from "./harness.mjs";

let stack, browser;
before(async () => {
  browser = await startBrowser();
  stack = await startStack({ via: "server" });
});

test("the app's server calls the service for the browser", async () => {
  const { context } = await newUser(browser, stack);
  const called = new Set();
  context.on("request", (request) => called.add(new URL(request.url()).origin));
  const page = await open(context, stack.url);
  await page.getByLabel("New task").fill("Through the server");
  await page.keyboard.press("Enter");
  await page.getByText("Added Through the server").waitFor({ state: "attached" });
  await item(page, "Through the server").getByRole("checkbox").check();
  await page.getByText("Through the server: done").waitFor({ state: "attached" });

  const other = await open(context, stack.url);
  for (const [tab, title] of [[page, "First"], [other, "Second"]]) {
    await item(tab, "Through the server").getByRole("button", { name: "Edit" }).click();
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
  assert.deepEqual([...called], [stack.url]);
});

test("a change succeeds after the service restarts", async () => {
  const { context } = await newUser(browser, stack);
  const page = await open(context, stack.url);
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  await stack.stopService();
  await page.getByLabel("New task").fill("Added while down");
  await page.keyboard.press("Enter");
  await page.getByText("Connecting…").waitFor();
  await stack.startService();
  await page.getByText("Added Added while down").waitFor({ state: "attached" });
  await page.reload();
  await eventually(() => titles(page), ["Added while down"]);
});

test("the server rejects other origins and other users", async () => {
  const { user, cookie } = await newUser(browser, stack);
  const send = (method, headers) => fetch(`${stack.url}/api/tasks`, {
    method,
    headers: { "Content-Type": "application/json", "X-User-Id": user.id, ...headers },
    ...(method === "POST" && { body: '{"title":"Sent"}' }),
  });
  const outcome = async (answer) => [(await answer).status, (await (await answer).json()).error?.code];
  assert.deepEqual(await outcome(send("POST", { cookie, Origin: stack.url })), [201, undefined]);
  assert.deepEqual(await outcome(send("POST", { cookie, Origin: "https://evil.example" })), [403, "FORBIDDEN"]);
  assert.deepEqual(await outcome(send("POST", { cookie })), [403, "FORBIDDEN"]);
  assert.deepEqual(await outcome(send("GET", {})), [401, "SESSION_ENDED"]);
  assert.deepEqual(await outcome(send("GET", { cookie, "X-User-Id": "someone-else" })), [401, "SESSION_ENDED"]);
});
