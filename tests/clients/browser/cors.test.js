// A front end on another origin than the server: the browser lets it read answers where the server
// was told of it, and nowhere else.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { startBrowser } from "./browser.js";
import { startDemo } from "./demo.js";

let app;
let demo;
let browser;

before(async () => {
  app = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>App</title>");
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  demo = await startDemo("--cors-origin", `http://127.0.0.1:${app.address().port}`);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  app?.close();
});

// Runs in a page of that host, which is another origin than the demo's.
async function inPage(host, work) {
  const page = await browser.newPage();
  await page.goto(`http://${host}:${app.address().port}/`);
  const { origin, token } = demo;
  return page.evaluate(work, { origin, token }).finally(() => page.close());
}

test("a known page creates, changes by version, and reads what is wrong", async () => {
  const found = await inPage("127.0.0.1", async ({ origin, token }) => {
    const send = (method, path, attributes, more = {}) =>
      fetch(`${origin}/api/v2/${path}`, {
        method,
        headers: { "X-Auth-Token": token, "Content-Type": "application/vnd.api+json", ...more },
        body: JSON.stringify({
          data: { type: "people", ...(method === "PATCH" && { id: path.slice(7) }), attributes },
        }),
      });
    const made = await send("POST", "people", { first_name: "Ada", last_name: "Byron" });
    const place = made.headers.get("Location").replace("/api/v2/", "");
    const tag = made.headers.get("ETag");
    const request = made.headers.get("X-Request-Id");
    const changed = await send("PATCH", place, { last_name: "King" }, { "If-Match": tag });
    const stale = await send("PATCH", place, { last_name: "X" }, { "If-Match": tag });
    const refused = await send("POST", "people", { first_name: 7 });
    const complaint = await refused.json();
    return {
      statuses: [made, changed, stale, refused].map((answer) => answer.status),
      name: (await changed.json()).data.attributes.last_name,
      request,
      pointer: complaint.errors[0].source.pointer,
    };
  });
  assert.deepEqual(found.statuses, [201, 200, 412, 422]);
  assert.equal(found.name, "King");
  assert.match(found.request, /^[0-9a-f-]{36}$/);
  assert.equal(found.pointer, "/data/attributes/first_name");
});

test("a page of another origin is told nothing", async () => {
  const outcome = await inPage("localhost", ({ origin, token }) =>
    fetch(`${origin}/api/v2/people`, { headers: { "X-Auth-Token": token } })
      .then((answer) => `read: ${answer.status}`, (error) => error.name));
  assert.equal(outcome, "TypeError");
});
