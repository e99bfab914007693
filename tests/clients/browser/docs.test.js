// The documentation page as a reader uses it. What the viewer looks like is its makers' affair;
// here is what the page promises.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startBrowser } from "./browser.js";
import { startDemo } from "./demo.js";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
// Swagger UI takes every low line in the link to an operation for an old way to write a space.
const MISTAKEN = "Deprecated: escaping deep link whitespace with `_`";

const ASSETS = {
  "": "text/html; charset=utf-8",
  "/index.html": "text/html; charset=utf-8",
  "/docs.js": "text/javascript; charset=utf-8",
  "/docs.css": "text/css; charset=utf-8",
  "/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "/swagger-ui.css": "text/css; charset=utf-8",
  "/swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
};

let demo;
let browser;

before(async () => {
  // A reader opens the page less often than these tests do.
  demo = await startDemo("--no-rate-limit");
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

// Opens the page, lets a reader use it, and sees that nothing went wrong behind their back.
async function read(use, { hash = "", ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    const known = message.text().startsWith(MISTAKEN);
    if (message.type() === "error" && !known) faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    const own = url.startsWith(`${demo.origin}/`) || url.startsWith("data:");
    if (!own) faults.push(`a request to ${url}`);
  });
  await page.goto(`${demo.origin}/docs${hash}`);
  await page.locator(".opblock").first().waitFor();
  await use(page);
  const stored = await page.evaluate(() => localStorage.length + sessionStorage.length);
  assert.equal(stored, 0, "something is stored");
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(faults, []);
  await context.close();
}

async function authorize(page) {
  await page.locator(".auth-wrapper > .authorize").click();
  const scheme = page.locator(".auth-container").filter({ hasText: "X-Auth-Token" });
  await scheme.locator("input").fill(demo.token);
  await scheme.locator("button.authorize").click();
  await scheme.locator(".btn-done").click();
}

const operation = (page, id) => page.locator(`.opblock[id$="-${id}"]`);
// Scrolls down by less than a screen; Swagger UI makes of a long list only what is to be seen.
async function scroll(page) {
  await page.mouse.wheel(0, 400);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  return page.evaluate(() => scrollY + innerHeight < document.documentElement.scrollHeight);
}

// An operation, as far down as it may be.
async function found(page, id) {
  while ((await operation(page, id).count()) === 0 && (await scroll(page)));
  return operation(page, id);
}

const parameter = (page, name) => page.locator(`tr[data-param-name="${name}"]`);

test("every file is served with its type and under the policy", async () => {
  for (const [name, type] of Object.entries(ASSETS)) {
    const answer = await fetch(`${demo.origin}/docs${name}`);
    assert.equal(answer.status, 200, name);
    assert.equal(answer.headers.get("content-type"), type, name);
    assert.equal(answer.headers.get("content-security-policy"), POLICY, name);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", name);
    assert.notEqual(await answer.text(), "", name);
  }
  const missing = await fetch(`${demo.origin}/docs/nothing.js`);
  assert.equal(missing.status, 404);
});

test("every operation is listed under its type", async () => {
  const description = await (await fetch(`${demo.origin}/api/v2/openapi.json`)).json();
  const described = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.values(item)
      .filter((it) => it.operationId)
      .map((it) => `operations-${it.tags?.[0] ?? path.split("/")[3]}-${it.operationId}`),
  );
  await read(async (page) => {
    const shown = new Set();
    do {
      const ids = await page.locator(".opblock").evaluateAll((all) => all.map((it) => it.id));
      ids.forEach((id) => shown.add(id));
    } while (await scroll(page));
    assert.deepEqual([...shown].toSorted(), described.toSorted());
  });
});

test("a filter is found, a request is sent, its answer is shown", async () => {
  await read(async (page) => {
    await authorize(page);
    const list = await found(page, "list_deals");
    await list.locator(".opblock-summary-control").click();
    const filter = parameter(page, "filter[name][contains]");
    const search = list.locator(".parameter-search input");
    await search.waitFor();
    assert.equal(await filter.count(), 0, "operators wait for a search");
    await search.fill("name][CONT");
    assert.equal(await list.locator("tr[data-param-name]").count(), 1);
    await filter.locator("button").first().click();
    await filter.locator("input").fill("rebate");
    await search.fill("page");
    assert.equal(await filter.count(), 1, "what will be sent is shown");
    const sent = page.waitForResponse((it) => it.url().includes("/api/v2/deals?"));
    await list.locator(".execute").click();
    const answer = await sent;
    assert.equal(answer.status(), 200);
    const query = new URL(answer.url()).searchParams;
    assert.deepEqual([...query], [["filter[name][contains]", "rebate"]]);
    const { data } = await answer.json();
    assert.notEqual(data.length, 0);
    const shown = list.locator(".live-responses-table .response").first();
    await shown.waitFor();
    const text = await shown.innerText();
    assert.match(text, /^200/);
    assert.ok(text.includes(data[0].attributes.name), text);
  });
});

test("a link leads to its operation", async () => {
  const hash = "#/revenue_distributions/list_revenue_distributions";
  await read(
    async (page) => {
      await operation(page, "list_revenue_distributions").locator(".execute").waitFor();
      assert.equal(await page.locator(".opblock.is-open").count(), 1);
    },
    { hash },
  );
});

test("keys are enough", async () => {
  await read(async (page) => {
    const summary = (await found(page, "list_people")).locator(".opblock-summary-control");
    await summary.focus();
    await page.keyboard.press("Enter");
    await operation(page, "list_people").locator(".execute").waitFor();
    assert.equal(await summary.getAttribute("aria-expanded"), "true");
    const search = operation(page, "list_people").getByLabel("Search parameters");
    await search.focus();
    await page.keyboard.type("sort");
    await parameter(page, "filter[id]").waitFor({ state: "detached" });
    assert.equal(await parameter(page, "sort").count(), 1);
  });
});

test("light and dark follow the reader, also while they read", async () => {
  await read(
    async (page) => {
      const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: "light" });
      await page.waitForFunction(
        (before) => getComputedStyle(document.body).backgroundColor !== before,
        dark,
      );
    },
    { colorScheme: "dark" },
  );
});
