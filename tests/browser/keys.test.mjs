// Keys where there is no list beside an open message, and for messages that the list does not have.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check, mixed, project, visit } from "./support.mjs";

const narrow = { viewport: { width: 375, height: 667 } };
const repeated = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21";

test("on a narrow screen keys work on an open message", () => visit(narrow, async (page) => {
  const { url } = await project([{}, {}, {}]);
  await page.goto(url);
  const ids = await page.locator(".list input[name=id]").evaluateAll((ticks) => ticks.map((tick) => tick.value));
  await page.locator(".list h2 a").first().click();
  // The script of the new page runs.
  await page.locator(".detail").getByRole("button", { name: "Mark as unread" }).waitFor();
  await page.keyboard.press("?");
  assert.ok(await page.locator("dialog").isVisible());
  await check(page, "keys-narrow");
  await page.keyboard.press("Escape");
  assert.ok(await page.getByRole("button", { name: "Keys" }).isVisible());
  await page.keyboard.press("j");
  await page.waitForURL(new RegExp(ids[1]));
  await page.keyboard.press("k");
  await page.waitForURL(new RegExp(ids[0]));
  await page.keyboard.press("/");
  await page.waitForURL(`${url}#text`);
  await page.waitForFunction(() => document.activeElement.id === "text");
}));

test("keys change an open message with its repeats that is not in the list", () => visit({}, async (page) => {
  const { url } = await project([{ resource_uuid: repeated }, { resource_uuid: repeated }, { message_level: "WARNING" }]);
  await page.goto(url);
  const group = await page.locator(".list > li", { hasText: "2 times" }).locator("input").getAttribute("value");
  await page.goto(`${url}/${group.split("_")[0]}?message_level=WARNING`);
  await page.locator(".detail").getByRole("button", { name: "Mark as unread" }).waitFor();
  await page.keyboard.press("u");
  await page.getByText("2 messages were marked as unread.").waitFor();
  await page.goto(`${url}/${group.split("_")[0]}?message_level=WARNING`);
  await page.keyboard.press("e");
  await page.getByText("2 messages were marked as done.").waitFor();
  await page.goto(url);
  assert.equal(await page.locator(".list > li").count(), 1);
}));

test("a notice is put into the page after it was loaded, so that it is announced", () => visit({}, async (page) => {
  const { url } = await project(mixed);
  await page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => { window.first = document.querySelector("[role=status]").textContent; });
  });
  await page.goto(`${url}?marked=2&change=done`);
  assert.equal(await page.evaluate(() => window.first), "");
  await page.getByText("2 messages were marked as done.").waitFor();
}));
