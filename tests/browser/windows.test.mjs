// Several windows, hidden ones too, and browsers that allow less.

import assert from "node:assert/strict";
import { test } from "node:test";
import { project, record, visit } from "./support.mjs";

const repeated = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21";
const hide = (page) => page.evaluate(() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
});

test("a hidden window shows the count of unread messages, without a stream", () => visit({}, async (page, context) => {
  const { id, url } = await project([{}]);
  await page.goto(url);
  const other = await context.newPage();
  await other.goto(url);
  await hide(page);
  await record(id, [{}]);
  await page.waitForFunction(() => document.title.startsWith("(2) "), null, { timeout: 15000 });
  await page.waitForFunction(() => document.querySelector("link[rel=icon]").href.endsWith("-2.svg"));
}));

test("rows that leave the list are not selected, hand on the focus, and leave a text", () => visit({}, async (page, context) => {
  const { url } = await project([{ resource_uuid: repeated }, { resource_uuid: repeated }, {}]);
  await page.goto(url);
  const group = page.locator(".list > li", { hasText: "2 times" });
  await group.locator("input").check();
  await group.locator("h2 a").focus();
  const other = await context.newPage();
  await other.goto(url);
  const done = other.locator(".list").getByRole("button", { name: "Done" });
  await other.locator(".list > li", { hasText: "2 times" }).getByRole("button", { name: "Done" }).click();
  await group.waitFor({ state: "hidden" });
  assert.equal(await page.locator(".list input:checked").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.closest("li")?.hidden), false);
  await done.click();
  await page.getByText("The inbox is empty").waitFor();
}));

test("an open message changes with what another window does to it", () => visit({}, async (page, context) => {
  const { url } = await project([{ resource_uuid: repeated }, { resource_uuid: repeated }]);
  await page.goto(url);
  await page.locator(".list h2 a").click();
  await page.locator(".detail").getByRole("button", { name: "Mark as unread" }).waitFor();
  const other = await context.newPage();
  await other.goto(url);
  await other.locator(".list").getByRole("button", { name: "Done" }).click();
  await page.locator(".detail").getByRole("button", { name: "Return to inbox" }).waitFor();
}));

test("a list of everything changes what can be done with a row", () => visit({}, async (page, context) => {
  const { url } = await project([{}]);
  await page.goto(`${url}?state=all`);
  const other = await context.newPage();
  await other.goto(url);
  await other.locator(".list").getByRole("button", { name: "Done" }).click();
  await page.locator(".list").getByRole("button", { name: "Return to inbox" }).click();
  await page.getByText("1 message was returned to the inbox.").waitFor();
}));

test("without storage keys and news work", () => visit({}, async (page) => {
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
    }
  });
  const { id, url } = await project([{}, {}]);
  await page.goto(url);
  await page.keyboard.press("j");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".list > li") !== null));
  await record(id, [{}]);
  await page.getByRole("link", { name: "Show 1 new message" }).waitFor();
  await page.keyboard.press("e");
  await page.getByText("1 message was marked as done.").waitFor();
}));

test("a stream that is refused is not asked for every other second", () => visit({}, async (page) => {
  const { url } = await project([{}]);
  let asked = 0;
  await page.route(/changes=true/, (route) => { asked += 1; return route.fulfill({ status: 503, body: "" }); });
  await page.clock.install();
  const refused = page.waitForResponse(/changes=true/);
  await page.goto(url);
  // The window takes the stream, and is refused.
  await page.clock.runFor(500);
  await refused;
  await page.clock.runFor(6500);
  assert.equal(asked, 1);
  // After ten seconds, more or less.
  const again = page.waitForRequest(/changes=true/);
  await page.clock.runFor(9000);
  await again;
}));
