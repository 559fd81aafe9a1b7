// The inbox: states and how to undo them, the open message, keys, density, and several windows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check, checkThemes, mixed, project, record, screenshot, visit } from "./support.mjs";

const rows = (page) => page.locator(".list > li:visible");
const repeated = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21";
const wide = { viewport: { width: 1280, height: 800 } };
const narrow = { viewport: { width: 375, height: 667 } };

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";

  test(`done takes a message and its repeats out of the inbox, until it happens again, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { id, url } = await project([{ resource_uuid: repeated }, { resource_uuid: repeated }, {}]);
    await page.goto(url);
    await page.locator(".list > li", { hasText: "2 times" }).getByRole("button", { name: "Done" }).click();
    await page.getByText("2 messages were marked as done.").waitFor();
    assert.equal(await rows(page).count(), 1);
    await page.getByRole("link", { name: "Done", exact: true }).click();
    assert.ok(await page.getByText("2 times").isVisible());
    await record(id, [{ resource_uuid: repeated }]);
    await page.getByRole("link", { name: "Inbox" }).click();
    assert.equal(await rows(page).count(), 2);
    await page.getByRole("link", { name: "All", exact: true }).click();
    assert.ok(await page.getByText("3 times").isVisible());
    await page.getByRole("link", { name: "Done", exact: true }).click();
    await page.locator(".list").getByRole("button", { name: "Return to inbox" }).click();
    await page.getByText("2 messages were returned to the inbox.").waitFor();
  }));

  test(`a bulk action applies to what the filter shows, tells its number, and is undone, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { url } = await project(mixed);
    await page.goto(`${url}?message_level=ERROR`);
    await page.getByRole("button", { name: "Mark all 3 as done" }).click();
    await page.getByText("3 messages were marked as done.").waitFor();
    await page.getByText("No message matches").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("The last change was undone.").waitFor();
    assert.equal(await rows(page).count(), 1);
    assert.match(await page.title(), /^\(3\) /, "they are unread as before");
    await page.goto(url);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.getByText("5 messages were marked as read.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("The last change was undone.").waitFor();
    assert.match(await page.title(), /^\(5\) /);
  }));

  test(`an open message is marked unread or done, ${how}`, () => visit({ ...narrow, javaScriptEnabled }, async (page) => {
    const { url } = await project([{ resource_uuid: repeated }, { resource_uuid: repeated }]);
    await page.goto(url);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.getByText("2 messages were marked as read.").waitFor();
    await page.locator(".list h2 a").click();
    const detail = page.locator(".detail");
    await detail.getByRole("button", { name: "Mark as unread" }).click();
    await page.getByText("2 messages were marked as unread.").waitFor();
    await page.locator(".list h2 a").click();
    await detail.getByRole("button", { name: "Done" }).click();
    await page.getByText("2 messages were marked as done.").waitFor();
    await page.getByText("The inbox is empty").waitFor();
  }));
}

test("a message opens beside the list on wide screens, and alone on narrow ones", async () => {
  const { url } = await project(mixed);
  for (const [size, isBeside] of [[wide, true], [narrow, false]]) {
    await visit(size, async (page) => {
      await page.goto(`${url}?message_level=WARNING`);
      await page.locator(".list h2 a").click();
      assert.ok(await page.locator(".detail h1").isVisible());
      assert.equal(await page.locator(".list").isVisible(), isBeside);
      const code = page.locator(".detail dl a", { hasText: "VOLUME_VOLUME_SNAPSHOT_009_006" });
      assert.match(await code.getAttribute("href"), /catalog\/VOLUME_VOLUME_SNAPSHOT_009_006$/);
      await checkThemes(page, `open-${size.viewport.width}`);
      await page.getByRole("link", { name: "All messages" }).click();
      await page.waitForURL(`${url}?message_level=WARNING`);
    });
  }
});

test("keys do everything, and are switched off", () => visit(wide, async (page) => {
  const { url } = await project([{}, {}, {}]);
  await page.goto(url);
  const focused = () => page.evaluate(() => [...document.querySelectorAll(".list > li")].indexOf(document.activeElement.closest("li")));
  await page.keyboard.press("j");
  assert.equal(await focused(), 0);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await focused(), 2);
  await page.keyboard.press("k");
  assert.equal(await focused(), 1);
  await page.keyboard.press("x");
  assert.equal(await page.locator(".list input:checked").count(), 1);
  await page.keyboard.press("e");
  await page.getByText("1 message was marked as done.").waitFor();
  assert.equal(await rows(page).count(), 2);
  await page.waitForFunction(() => document.activeElement.closest(".list > li"));
  assert.equal(await focused(), 1, "the keys go on from the same row");
  await page.keyboard.press("o");
  await page.locator(".detail h1").waitFor();
  await page.locator(".detail").getByRole("button", { name: "Mark as unread" }).waitFor();
  await page.keyboard.press("u");
  await page.getByText("1 message was marked as unread.").waitFor();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  await page.keyboard.type("ex");
  assert.equal(await page.inputValue("#text"), "ex", "a field takes letters");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  assert.ok(await page.locator("dialog").isVisible());
  await check(page, "keys");
  await screenshot(page, "keys");
  await page.getByLabel("Use these keys on this page").uncheck();
  await page.getByRole("button", { name: "Close" }).click();
  await page.reload();
  await page.keyboard.press("j");
  assert.equal(await focused(), -1);
  await page.getByRole("button", { name: "Keys" }).click();
  assert.equal(await page.getByLabel("Use these keys on this page").isChecked(), false);
}));

test("what one window changes shows in the others, in title and icon too", () => visit(wide, async (page, context) => {
  const { url } = await project([{}, {}, {}]);
  await page.goto(url);
  assert.match(await page.title(), /^\(3\) /);
  assert.match(await page.getAttribute("link[rel=icon]", "href"), /-3\.svg$/);
  const icon = await page.request.get(new URL(await page.getAttribute("link[rel=icon]", "href"), url).href);
  assert.equal(icon.status(), 200);
  assert.match(await icon.text(), />3<\/text>/);
  const other = await context.newPage();
  await other.goto(url);
  await other.locator(".list").getByRole("button", { name: "Done" }).first().click();
  await other.getByText("1 message was marked as done.").waitFor();
  await page.waitForFunction(() => document.title.startsWith("(2) "));
  assert.equal(await rows(page).count(), 2);
  await other.locator(".list h2 a").first().click();
  await page.waitForFunction(() => document.title.startsWith("(1) "));
  await other.locator(".detail").getByRole("link", { name: "Delete…" }).click();
  await other.getByRole("button", { name: "Delete" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".list > li:not([hidden])").length === 1);
}));

test("seven windows share one stream, and none waits", () => visit(wide, async (page, context) => {
  const { id, url } = await project([{}]);
  let streams = 0;
  context.on("request", (request) => { if (request.url().includes("changes=true")) streams += 1; });
  const windows = [page];
  while (windows.length < 7) windows.push(await context.newPage());
  for (const one of windows) await one.goto(url);
  await windows[6].waitForTimeout(3000);
  assert.equal(streams, 1);
  await record(id, [{}]);
  for (const one of windows) await one.getByRole("link", { name: "Show 1 new message" }).waitFor({ timeout: 5000 });
  // The one that has the stream goes.
  await windows.shift().close();
  await record(id, [{}]);
  for (const one of windows) await one.getByRole("link", { name: "Show 2 new messages" }).waitFor({ timeout: 15000 });
  assert.ok(streams <= 3, `${streams} streams`);
}));
