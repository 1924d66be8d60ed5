// Starts Postgres, the production build of the app, the service, and a browser.
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
const screenshots = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
mkdirSync(screenshots, { recursive: true });

const cleanUps = [];
after(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

export const PASSWORD = "correct horse battery";
/** The clock skew that the service allows, in seconds. It accepts a token that much longer. */
export const LEEWAY = 5;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts everything. `via` sets `TASKS_VIA`. Tokens expire after `tokenLifetime` seconds. */
export async function startStack({ via = "browser", tokenLifetime = 4 } = {}) {
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
  assert.ok(executablePath, "found no Chromium: install it, or set CHROMIUM to its path");
  // The sandbox does not work as root, which CI uses.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  cleanUps.push(() => browser.close());
  return browser;
}

/** Returns the path of the first of these programs that is installed. */
function onPath(names) {
  const directories = process.env.PATH.split(delimiter);
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find((path) => existsSync(path));
}

let users = 0;

/** Signs up a user. Returns a browser context with the session, without a page. */
export async function newUser(browser, stack, options = {}) {
  const number = (users += 1);
  const email = `user${number}@example.test`;
  const answer = await fetch(`${stack.url}/api/auth/sign-up/email`, {
    method: "POST",
    // A separate address, because of Better Auth's rate limit.
    headers: { "Content-Type": "application/json", Origin: stack.url, "X-Forwarded-For": `10.0.0.${number}` },
    body: JSON.stringify({ name: `User ${number}`, email, password: PASSWORD }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { user } = await answer.json();
  const cookies = answer.headers.getSetCookie().map((line) => {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    return { name, value, url: stack.url };
  });
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  await context.addCookies(cookies);
  return { email, user, context, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
}

/** Opens a page. The test fails on an uncaught error in the page. */
export async function open(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => assert.fail(`an error on the page: ${error.stack}`));
  await page.goto(url);
  return page;
}

/** The titles of the list, from top to bottom. */
export const titles = (page) => page.locator(".tasks .title").allTextContents();

export const item = (page, title) => page.getByRole("listitem").filter({ has: page.getByText(title, { exact: true }) });

/** Waits until `look` returns `expected`. */
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

/** Checks the page against WCAG 2.2, levels A and AA, in light and dark mode. Takes screenshots. */
export async function looksRight(page, name) {
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${screenshots}${name}-${colorScheme}.png` });
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
