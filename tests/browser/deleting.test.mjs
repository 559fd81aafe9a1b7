// Deleting with the script, without it, and by keyboard alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mixed, project, reach, visit } from "./support.mjs";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";

  test(`what is selected is deleted after a question that names it, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { url } = await project(mixed);
    await page.goto(`${url}?text=allocated`);
    assert.equal(await page.locator(".list > li").count(), 2);
    // The group of three.
    await page.locator(".list > li", { hasText: "3 times" }).locator("input").check();
    await page.getByRole("button", { name: "Delete…" }).click();
    assert.ok(await page.getByRole("heading", { name: "Delete these 3 messages?" }).isVisible());
    assert.ok(await page.locator(".chosen").getByText("No storage could be allocated").isVisible());
    await page.getByRole("button", { name: "Delete" }).click();
    // The script removes the notice from the address, so a reload does not repeat it.
    await page.waitForURL(`${url}?text=allocated${javaScriptEnabled ? "" : "&deleted=3"}`);
    await page.getByText("3 messages were deleted.").waitFor();
    assert.equal(await page.locator(".list > li").count(), 1);
  }));

  test(`one message is deleted from its own page, or not, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { url } = await project([{}, {}]);
    await page.goto(url);
    await page.locator(".list h2 a").first().click();
    await page.getByRole("link", { name: "Delete…" }).click();
    await page.getByRole("link", { name: "Cancel" }).click();
    assert.equal(await page.locator(".list > li").count(), 2);
    await page.locator(".list h2 a").first().click();
    await page.getByRole("link", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("1 message was deleted.").waitFor();
    assert.equal(await page.locator(".list > li").count(), 1);
  }));
}

test("without the script nothing selected is said; with it there is nothing to press", async () => {
  const { url } = await project([{}]);
  const bar = (page) => page.locator(".bar").getByRole("button", { name: "Delete…" });
  await visit({ javaScriptEnabled: false }, async (page) => {
    await page.goto(url);
    await bar(page).click();
    assert.ok(await page.getByRole("heading", { name: "Nothing is selected" }).isVisible());
  });
  await visit({}, async (page) => {
    await page.goto(url);
    assert.equal(await bar(page).count(), 0);
    await page.locator(".list input").check();
    assert.equal(await bar(page).count(), 1);
  });
});

test("one tick selects all of the page", () => visit({}, async (page) => {
  const { url } = await project([{}, {}, {}]);
  await page.goto(url);
  const all = page.getByLabel("Select all on this page");
  await all.check();
  assert.equal(await page.locator(".list input:checked").count(), 3);
  await page.locator(".list input").first().uncheck();
  assert.ok(await all.evaluate((tick) => tick.indeterminate));
  await page.getByRole("button", { name: "Delete…" }).click();
  assert.ok(await page.getByRole("heading", { name: "Delete these 2 messages?" }).isVisible());
}));

test("the keyboard is enough", () => visit({}, async (page) => {
  const { url } = await project([{}]);
  await page.goto(url);
  // The first tab stop skips the heading.
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  await reach(page, "summary");
  await page.keyboard.press("Enter");
  await reach(page, "#since");
  // Visible as long as it has the focus.
  await reach(page, ".filters button");
  await reach(page, ".bar input[type=checkbox]");
  await page.keyboard.press("Space");
  await reach(page, ".list h2 a");
  await page.getByRole("button", { name: "Delete…" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/-\/delete/);
  await reach(page, "button.danger");
  await page.keyboard.press("Enter");
  await page.waitForURL(/deleted=1/);
  assert.ok(await page.getByText("There are no messages").isVisible());
}));
