import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LEEWAY, PASSWORD, eventually, item, looksRight, newUser, open, startBrowser, startStack, titles } from "./harness.mjs";

const TOKEN_LIFETIME = 4;
const DESKTOP = { viewport: { width: 1100, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
let stack, browser;

before(async () => {
  browser = await startBrowser();
  stack = await startStack({ tokenLifetime: TOKEN_LIFETIME });
});

async function add(page, title) {
  await page.getByLabel("New task").fill(title);
  await page.getByRole("button", { name: "Add", exact: true }).click();
}

/** Opens a page of a new user and adds these tasks. The last one is at the top. */
async function pageWith(tasks, options = DESKTOP) {
  const person = await newUser(browser, stack, options);
  const page = await open(person.context, stack.url);
  await addInTurn(page, tasks);
  return { ...person, page };
}

/** Adds tasks one after another, because concurrent creates may arrive in any order. */
async function addInTurn(page, tasks) {
  const all = [];
  await saved(page, all);
  for (const title of tasks) {
    await add(page, title);
    all.unshift(title);
    await saved(page, all);
  }
}

/** Waits until the page shows these tasks and all are saved. */
async function saved(page, expected) {
  await eventually(() => titles(page), expected);
  await eventually(() => page.locator("[data-unsaved]").count(), 0);
}

test("a user signs up, manages tasks, signs out and signs in", async () => {
  const context = await browser.newContext({ ...DESKTOP, reducedMotion: "reduce" });
  const page = await open(context, stack.url);
  await page.waitForURL("**/sign-in");
  await looksRight(page, "sign-in");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("heading", { name: "Create an account" }).waitFor();
  await looksRight(page, "sign-up");
  await page.getByLabel("Name").fill("Ada Lovelace");
  await page.getByLabel("E-mail").fill("Ada@Example.test");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  await looksRight(page, "empty");

  await page.getByRole("button", { name: "Add details" }).click();
  await page.getByLabel("Details").fill("Milk, eggs and bread.\nCoffee, if there is any.");
  await addInTurn(page, ["Buy groceries", "Write to Charles about the engine", "Return the library books", "Water the plants"]);

  await item(page, "Buy groceries").getByRole("button", { name: "Edit" }).click();
  await looksRight(page, "edit");
  await page.getByLabel("Title", { exact: true }).fill("Buy groceries for Sunday");
  await page.getByRole("button", { name: "Save" }).click();
  await item(page, "Buy groceries for Sunday").getByText("Milk, eggs and bread.").waitFor();

  await item(page, "Return the library books").getByRole("checkbox").check();
  await page.getByText("Return the library books: done").waitFor({ state: "attached" });
  await looksRight(page, "list");
  await page.getByRole("radio", { name: "Open" }).check();
  await saved(page, ["Water the plants", "Write to Charles about the engine", "Buy groceries for Sunday"]);
  await page.getByRole("radio", { name: "Done" }).check();
  await saved(page, ["Return the library books"]);
  await page.reload();
  await saved(page, ["Return the library books"]);
  await page.getByRole("radio", { name: "All" }).check();

  await item(page, "Water the plants").getByRole("button", { name: "Delete" }).click();
  await looksRight(page, "delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  const left = ["Return the library books", "Write to Charles about the engine", "Buy groceries for Sunday"];
  await saved(page, left);
  await page.reload();
  await saved(page, left);
  assert.ok(await item(page, "Return the library books").getByRole("checkbox").isChecked());

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await page.goto(stack.url);
  await page.waitForURL("**/sign-in");
  await page.getByLabel("E-mail").fill("ada@example.test");
  await page.getByLabel("Password").fill("not her password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Invalid email or password").waitFor();
  await looksRight(page, "sign-in-rejected");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Your tasks" }).waitFor();
  await saved(page, left);
});

test("another user does not see the tasks", async () => {
  const { page } = await pageWith([]);
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  assert.deepEqual(await titles(page), []);
});

test("the page works with only the keyboard", async () => {
  const { page } = await pageWith([]);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  // The focus passes "Sign out" and the filter, then reaches the new task.
  await press("Tab", "Tab", "Tab");
  await page.keyboard.type("First");
  await press("Enter");
  await page.keyboard.type("Second");
  await press("Enter");
  await saved(page, ["Second", "First"]);
  // The focus passes "Add" and "Add details", then reaches the first task.
  await press("Tab", "Tab", "Tab", "Space");
  assert.ok(await item(page, "Second").getByRole("checkbox").isChecked());
  await press("Tab", "Enter");
  await page.getByRole("dialog").waitFor();
  await press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Edit Second", "the focus returns");
  await press("Enter", "Tab", "Tab", "Tab", "Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await press("Tab", "Enter", "Tab", "Enter");
  await saved(page, ["First"]);
  assert.equal(await page.evaluate(() => document.activeElement.className), "tasks", "the list gets the focus");
  await press("Tab", "Space");
  assert.ok(await item(page, "First").getByRole("checkbox").isChecked());
});

test("an expired token is renewed in the background", async () => {
  const { page } = await pageWith(["Still here"]);
  const fetched = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/api/auth/token")) fetched.push(response.status());
  });
  await sleep((TOKEN_LIFETIME + LEEWAY + 1) * 1000);
  assert.deepEqual(fetched, [], "an idle page fetches no token");
  await item(page, "Still here").getByRole("checkbox").check();
  await page.getByText("Still here: done").waitFor({ state: "attached" });
  assert.deepEqual(fetched, [200]);
});

test("a user signs in again in place and loses nothing", async () => {
  const { page, context, email } = await pageWith(["Important"]);
  await context.clearCookies();
  await sleep(TOKEN_LIFETIME * 1000);
  await add(page, "Typed after the end");
  await page.getByRole("dialog").waitFor();
  await looksRight(page, "session-ended");
  assert.equal(await page.getByLabel("E-mail").inputValue(), email);
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await saved(page, ["Typed after the end", "Important"]);
  await page.reload();
  await saved(page, ["Typed after the end", "Important"]);
});

test("a page ignores another user's sign-in in another tab", async () => {
  const { page, context } = await pageWith(["Mine"]);
  const other = await newUser(browser, stack);
  await context.addCookies(await other.context.cookies());
  await sleep(TOKEN_LIFETIME * 1000);
  await item(page, "Mine").getByRole("checkbox").check();
  await page.getByRole("dialog").getByText("Your session has ended").waitFor();
  await page.goto(stack.url);
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
});

test("the later of two edits shows both versions", async () => {
  const { page: first, context } = await pageWith(["Draft"]);
  const second = await open(context, stack.url);
  const edit = async (page, from, to) => {
    await item(page, from).getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Title", { exact: true }).fill(to);
  };
  const save = (page) => page.getByRole("button", { name: "Save" }).click();

  await edit(first, "Draft", "Draft of the first tab");
  await edit(second, "Draft", "Draft of the second tab");
  await save(first);
  await first.getByText("Saved Draft of the first tab").waitFor({ state: "attached" });
  await save(second);
  await second.getByRole("dialog").getByText("Draft of the first tab").waitFor();
  assert.deepEqual(await titles(second), ["Draft of the first tab"], "the rejected change is rolled back");
  await looksRight(second, "conflict");
  await second.getByRole("button", { name: "Keep mine" }).click();
  await saved(second, ["Draft of the second tab"]);
  await second.getByText("Saved Draft of the second tab").waitFor({ state: "attached" });

  await edit(first, "Draft of the first tab", "Again");
  await save(first);
  await first.getByRole("button", { name: "Keep the other" }).click();
  await saved(first, ["Draft of the second tab"]);
  await first.reload();
  await saved(first, ["Draft of the second tab"]);
});

test("a task that was deleted elsewhere disappears", async () => {
  const { page: first, context } = await pageWith(["Short-lived"]);
  const second = await open(context, stack.url);
  await saved(second, ["Short-lived"]);
  await item(first, "Short-lived").getByRole("button", { name: "Delete" }).click();
  await first.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await first.getByText("Deleted Short-lived").waitFor({ state: "attached" });
  await item(second, "Short-lived").getByRole("checkbox").click();
  await second.getByText("the task was deleted elsewhere").waitFor();
  await saved(second, []);
});

test("a rejected change is rolled back", async () => {
  const { page } = await pageWith(["Short title"]);
  await item(page, "Short title").getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Title", { exact: true }).evaluate((input) => input.removeAttribute("maxlength"));
  await page.getByLabel("Title", { exact: true }).fill("x".repeat(501));
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("the title must be 1 to 500 characters").waitFor();
  await looksRight(page, "rejected");
  await saved(page, ["Short title"]);
});

test("the page survives a restart of the service", async () => {
  const { page } = await pageWith(["One", "Two"]);
  await stack.stopService();
  await item(page, "One").getByRole("checkbox").check();
  await page.getByText("Connecting…").waitFor();
  await sleep(500);
  await stack.startService();
  await page.getByText("One: done").waitFor({ state: "attached" });
  assert.equal(await page.getByRole("alert").filter({ hasText: "could not" }).count(), 0, "a short outage causes no error");

  await stack.stopService();
  await add(page, "Three");
  assert.deepEqual(await titles(page), ["Three", "Two", "One"], "the task is shown before it is saved");
  await page.getByText("“Three” could not be added").waitFor();
  assert.deepEqual(await titles(page), ["Two", "One"], "the task is rolled back");
  await page.getByText("The task service cannot be reached").waitFor();
  await looksRight(page, "outage");
  await stack.startService();
  await page.getByText("The task service cannot be reached").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Try again" }).click();
  await saved(page, ["Three", "Two", "One"]);
  await page.reload();
  await saved(page, ["Three", "Two", "One"]);
});

test("the list loads more tasks on a phone", async () => {
  const { page, cookie } = await pageWith([], PHONE);
  const { token } = await (await fetch(`${stack.url}/api/auth/token`, { headers: { cookie } })).json();
  for (let number = 1; number <= 60; number += 1) {
    await fetch(`${stack.serviceUrl}/api/tasks`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ title: number === 60 ? "A very long title that needs more than one line on a phone" : `Task ${number}` }),
    });
  }
  await page.reload();
  await page.getByText("Task 59", { exact: true }).waitFor();
  assert.equal((await titles(page)).length, 25);
  await looksRight(page, "phone");
  await item(page, "Task 58").getByRole("button", { name: "Edit" }).click();
  await looksRight(page, "phone-edit");
  await page.keyboard.press("Escape");
  await eventually(async () => {
    await page.mouse.wheel(0, 2000);
    return (await titles(page)).length;
  }, 60);
  assert.equal(new Set(await titles(page)).size, 60);
});
