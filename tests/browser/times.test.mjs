// Times: in the reader's zone with the script, in UTC without it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { project, visit } from "./support.mjs";

const zone = { timezoneId: "Asia/Tokyo", locale: "en-GB" };

test("exact times are those of the reader, with UTC in the title", () => visit(zone, async (page) => {
  const { url } = await project([{}]);
  const { messages: [message] } = await (await fetch(url)).json();
  await page.goto(`${url}/${message.id}`);
  const local = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone: zone.timezoneId })
    .format(new Date(`${message.created_at}Z`));
  const utc = `${message.created_at.slice(0, 19).replace("T", " ")} UTC`;
  const time = page.locator(`[title="${utc}"]`, { hasText: local }).first();
  await time.waitFor();
}));

test("relative times go on", () => visit(zone, async (page) => {
  await page.clock.install();
  const { url } = await project([{}]);
  await page.goto(url);
  const time = page.locator(".list time").first();
  assert.match(await time.textContent(), /just now|now/);
  await page.clock.fastForward("03:00");
  await page.clock.runFor(20000);
  assert.equal(await time.textContent(), "3 minutes ago");
  await page.clock.fastForward("02:00:00");
  await page.clock.runFor(20000);
  assert.equal(await time.textContent(), "2 hours ago");
}));

test("filters take local times, name the zone and send UTC", () => visit(zone, async (page) => {
  const { url } = await project([{}]);
  await page.goto(`${url}?since=2026-11-21T03:20`);
  const field = page.getByLabel("From (Asia/Tokyo)");
  assert.equal(await field.inputValue(), "2026-11-21T12:20");
  await page.locator(".set").getByText("≥ Nov 21, 2026, 12:20 PM").waitFor();
  await page.getByText("More filters").click();
  await field.fill("2026-11-22T00:00");
  await field.press("Enter");
  await page.waitForURL(/since=2026-11-21T15%3A00/);
  assert.equal(await page.getByLabel("From (Asia/Tokyo)").inputValue(), "2026-11-22T00:00");
  // Neither a reload nor the way back shifts them.
  await page.reload();
  assert.equal(await page.getByLabel("From (Asia/Tokyo)").inputValue(), "2026-11-22T00:00");
  await page.goBack();
  // A browser may keep what was typed; the form sends what the field shows.
  const [shown, sent] = await page.evaluate(() => {
    const field = document.getElementById("since");
    return [new Date(field.value).getTime(), Date.parse(`${field.nextElementSibling.value}Z`)];
  });
  assert.equal(shown, sent);
}));

test("without the script everything is UTC", () => visit({ ...zone, javaScriptEnabled: false }, async (page) => {
  const { url } = await project([{}]);
  await page.goto(`${url}?since=2026-11-21T03:20`);
  assert.equal(await page.getByLabel("From (UTC)").inputValue(), "2026-11-21T03:20");
}));
