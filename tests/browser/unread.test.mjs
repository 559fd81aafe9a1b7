// The read state: shown, set by the script and without it, one by one and all at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check, mixed, project, record, visit } from "./support.mjs";

const unread = (page) => page.locator(".list .new").count();

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";

  test(`what is selected is noted as read, and the list stays where it is, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { url } = await project(mixed);
    await page.goto(`${url}?text=allocated`);
    assert.equal(await unread(page), 2);
    // Counts the shown list, not the project.
    assert.match(await page.title(), /^\(4\) /);
    await page.locator(".list > li", { hasText: "3 times" }).locator("input").check();
    await page.getByRole("button", { name: "Mark as read" }).click();
    await page.getByText("3 messages were marked as read.").waitFor();
    assert.equal(await unread(page), 1);
    assert.ok(await page.getByText("1 unread message").isVisible());
  }));

  test(`all are noted as read, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { url } = await project(mixed);
    await page.goto(url);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.getByText("5 messages were marked as read.").waitFor();
    assert.equal(await unread(page), 0);
    assert.equal(await page.getByRole("button", { name: "Mark all as read" }).count(), 0);
    assert.match(await page.title(), /^Messages/);
    // Without scripts axe, itself a script, waits forever.
    if (javaScriptEnabled) await check(page, "all read");
  }));
}

test("a message that was opened is read", () => visit({}, async (page) => {
  const { url } = await project([{}, {}]);
  await page.goto(url);
  const noted = page.waitForResponse((answer) => answer.url().endsWith("/-/read"));
  await page.locator(".list h2 a").first().click();
  assert.equal((await noted).status(), 303);
  await page.locator(".detail").getByRole("button", { name: "Mark as unread" }).waitFor();
  await page.goto(url);
  assert.equal(await unread(page), 1);
  assert.ok(await page.locator(".list > li").nth(1).getByText("Unread").isVisible());
}));

test("a group that was opened is read, all of it", () => visit({}, async (page) => {
  const { url } = await project(mixed);
  await page.goto(url);
  const row = page.locator(".list > li", { hasText: "3 times" });
  await row.locator("h2 a").click();
  await page.locator(".detail").getByRole("button", { name: "Mark as unread" }).waitFor();
  await page.waitForFunction(() => document.title.startsWith("(2) "));
  await page.goto(url);
  assert.match(await page.title(), /^\(2\) /);
  assert.equal(await row.locator(".new").count(), 0);
}));

test("without the script a message is noted by its button", () => visit({ javaScriptEnabled: false }, async (page) => {
  const { url } = await project([{}]);
  await page.goto(url);
  await page.locator(".list h2 a").click();
  await page.locator(".detail").getByRole("button", { name: "Mark as read" }).click();
  await page.getByText("1 message was marked as read.").waitFor();
  assert.equal(await unread(page), 0);
}));

test("what came while the page was open is not noted with the rest", () => visit({}, async (page) => {
  const { id, url } = await project(mixed);
  await page.goto(url);
  await record(id, [{ event_id: "VOLUME_VOLUME_SNAPSHOT_009_006", resource_type: "VOLUME_SNAPSHOT" }]);
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await page.getByText("messages were marked as read.").waitFor();
  assert.equal(await unread(page), 1);
  assert.ok(await page.getByText("1 unread message").isVisible());
}));
