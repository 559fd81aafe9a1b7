// New messages: announced without moving the content, with the stream and without it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check, follow, mixed, project, record, screenshot, visit } from "./support.mjs";

test("new messages are announced above the list, which stays", () => visit({}, async (page) => {
  const { id, url } = await project(mixed);
  await follow(page, url);
  const before = await page.locator(".list").innerHTML();
  const top = () => page.evaluate(() => document.querySelector(".list").getBoundingClientRect().top);
  const stood = await top();
  await record(id, [{}, {}]);
  await page.getByRole("link", { name: "Show 2 new messages" }).waitFor();
  assert.equal(await page.locator(".list").innerHTML(), before);
  assert.equal(await top(), stood);
  assert.equal(await page.getAttribute("#news", "role"), "status");
  await check(page, "news");
  await screenshot(page, "list-news");
  await page.getByRole("link", { name: "Show 2 new messages" }).click();
  assert.equal(await page.locator(".list > li").count(), 5);
  assert.equal(await page.locator("#news a").count(), 0);
}));

test("the announcement hides nothing that has the focus", () => visit({ viewport: { width: 800, height: 500 } }, async (page) => {
  const { id, url } = await project(Array.from({ length: 20 }, () => ({})));
  await page.emulateMedia({ reducedMotion: "reduce" });
  await follow(page, url);
  await record(id, [{}]);
  await page.locator("#news a").waitFor();
  await page.locator(".list h2 a").first().focus();
  for (let step = 0; step < 50; step += 1) {
    await page.keyboard.press("Tab");
    const [focused, top] = await page.evaluate(() => [
      document.activeElement.matches("body, #news a") ? 0 : document.activeElement.getBoundingClientRect().bottom,
      document.querySelector("#news a").getBoundingClientRect().top,
    ]);
    assert.ok(focused <= top, `${focused} under ${top}`);
  }
}));

test("what the filters leave out is not announced", () => visit({}, async (page) => {
  const { id, url } = await project(mixed);
  await follow(page, `${url}?message_level=WARNING`);
  const asked = page.waitForResponse(/-\/news/);
  await record(id, [{ message_level: "ERROR" }]);
  await asked;
  assert.equal(await page.locator("#news a").count(), 0);
  await record(id, [{ message_level: "WARNING" }]);
  await page.getByRole("link", { name: "Show 1 new message" }).waitFor();
}));

for (const [status, words] of [[401, "Your session has ended: sign in again"], [400, "You have switched to another project: return to this one"]]) {
  test(`a page that is answered ${status} says so once and asks no more`, () => visit({}, async (page) => {
    const { id, url } = await project(mixed);
    const address = `${url}?text=allocated`;
    await follow(page, address);
    let asked = 0;
    await page.route(/-\/news/, (route) => { asked += 1; return route.fulfill({ status, body: "{}" }); });
    await record(id, [{}]);
    const link = page.getByRole("link", { name: words });
    await link.waitFor();
    assert.equal(await link.evaluate((found) => found.href), address);
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.waitForTimeout(500);
    assert.equal(asked, 1);
    await check(page, "over");
  }));
}

test("without a stream the page asks now and then", () => visit({}, async (page) => {
  const { id, url } = await project(mixed);
  await page.addInitScript(() => {
    // Like a proxy that blocks streams.
    window.EventSource = class extends EventTarget {
      static OPEN = 1;
      static CLOSED = 2;
      readyState = 2;
      close() {}
    };
  });
  await page.clock.install();
  await page.goto(url);
  await record(id, [{}]);
  await page.clock.runFor(21000);
  await page.getByRole("link", { name: "Show 1 new message" }).waitFor();
}));

test("a page that slept asks as soon as it is seen again", () => visit({}, async (page) => {
  const { id, url } = await project(mixed);
  await page.goto(url);
  const show = (state) => page.evaluate((visibility) => {
    Object.defineProperty(document, "hidden", { value: visibility === "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
  await show("hidden");
  await record(id, [{}]);
  await page.waitForTimeout(1500);
  assert.equal(await page.locator("#news a").count(), 0);
  await show("visible");
  await page.getByRole("link", { name: "Show 1 new message" }).waitFor({ timeout: 3000 });
  // It connects again.
  await record(id, [{}]);
  await page.getByRole("link", { name: "Show 2 new messages" }).waitFor({ timeout: 8000 });
}));
