// One chain for all tests: Postgres, the app built for production, the service, and a browser.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { migrateService, startApp, startPostgres, startService } from "../scripts/stack.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
mkdirSync(pictures, { recursive: true });

const cleanUps = [];
after(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

export const PASSWORD = "correct horse battery";
/** What the service lets clocks differ by, in seconds: a token is good for that much longer than it says. */
export const LEEWAY = 5;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts everything. The app calls the service by way of `via`; its tokens expire after `tokenLifetime` seconds. */
export async function startChain({ via = "browser", tokenLifetime = 4 } = {}) {
  const [appPort, servicePort] = [await freePort(), await freePort()];
  const postgres = await startPostgres();
  cleanUps.push(() => postgres.stop());
  migrateService(postgres.url);
  const secret = randomBytes(32).toString("hex");
  const common = { databaseUrl: postgres.url, appUrl: `http://localhost:${appPort}` };
  const serviceUrl = `http://localhost:${servicePort}`;
  const appSettings = { TASKS_VIA: via, JWT_EXPIRES_IN: `${tokenLifetime}s` };
  const app = await startApp({ ...common, ...appSettings, serviceUrl, secret, port: appPort });
  cleanUps.push(() => app.stop());
  const start = () => startService({ ...common, port: servicePort });
  let service = await start();
  cleanUps.push(() => service.stop());
  return {
    url: common.appUrl,
    serviceUrl,
    stopService: () => service.stop(),
    startService: async () => void (service = await start()),
  };
}

export async function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? onPath(NAMES);
  assert.ok(executablePath, "no Chromium on this machine: install it, or say in CHROMIUM where it is");
  // Root, as in CI, has no sandbox.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  cleanUps.push(() => browser.close());
  return browser;
}

/** The first program of these that there is. */
function onPath(names) {
  const directories = process.env.PATH.split(delimiter);
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find((path) => existsSync(path));
}

let users = 0;

/** Someone with an account and a session, but no page open yet. */
export async function newUser(browser, chain, options = {}) {
  const number = (users += 1);
  const email = `user${number}@example.test`;
  const answer = await fetch(`${chain.url}/api/auth/sign-up/email`, {
    method: "POST",
    // An address of its own: Better Auth lets nobody sign up many times in a row.
    headers: { "Content-Type": "application/json", Origin: chain.url, "X-Forwarded-For": `10.0.0.${number}` },
    body: JSON.stringify({ name: `User ${number}`, email, password: PASSWORD }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { user } = await answer.json();
  const cookies = answer.headers.getSetCookie().map((line) => {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    return { name, value, url: chain.url };
  });
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  await context.addCookies(cookies);
  return { email, user, context, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
}

/** A page on which nothing goes wrong unseen. */
export async function open(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => assert.fail(`an error on the page: ${error.stack}`));
  await page.goto(url);
  return page;
}

/** The items of the list, from top to bottom. */
export const titles = (page) => page.locator(".tasks .title").allTextContents();

export const item = (page, title) => page.getByRole("listitem").filter({ has: page.getByText(title, { exact: true }) });

/** Waits until this is so; the failure says how it was at last. */
export async function eventually(look, expected) {
  let seen;
  for (let tries = 0; tries < 300; tries += 1) {
    seen = await look();
    try {
      assert.deepEqual(seen, expected);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assert.deepEqual(seen, expected);
}

/** No violation of level A or AA on the page as it is, in light and dark; and pictures of it. */
export async function looksRight(page, name) {
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${pictures}${name}-${colorScheme}.png` });
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
      const { violations } = await globalThis.axe.run(document, { runOnly: tags });
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    assert.deepEqual(violations, [], `${name}, ${colorScheme}`);
  }
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(tooWide, 0, `${name} is wider than the window`);
}
