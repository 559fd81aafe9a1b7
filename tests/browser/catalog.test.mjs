// The catalog and the start page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, project, visit } from "./support.mjs";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";

  test(`the catalog leads to each entry and finds words, exceptions and codes, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const find = async (text) => {
      await page.goto(`${base}/catalog`);
      await page.locator("#text").fill(text);
      await page.locator("#text").press("Enter");
    };
    await page.goto(`${base}/catalog`);
    await page.locator(".contents").getByRole("link", { name: "Block storage" }).click();
    assert.match(page.url(), /#VOLUME$/);
    await page.getByRole("link", { name: "VOLUME_000002" }).click();
    await page.waitForURL(`${base}/catalog/VOLUME_000002`);
    await find("volume_volume_snapshot_009_006");
    await page.waitForURL(`${base}/catalog/VOLUME_VOLUME_SNAPSHOT_009_006`);
    await find("SnapshotLimitExceeded");
    await page.waitForURL(/text=SnapshotLimitExceeded/);
    const found = page.locator("main section tbody tr");
    assert.ok(await found.count() > 0);
    assert.ok((await found.first().textContent()).includes("SnapshotLimitExceeded"));
    await find("quota");
    await page.waitForURL(/text=quota/);
    assert.ok(await found.count() > 0);
    await page.getByRole("link", { name: "Whole catalog" }).click();
    await page.waitForURL(`${base}/catalog`);
  }));

  test(`the start page leads to projects that have messages, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    const { id, url } = await project([{}, {}]);
    await page.goto(`${base}/?after=${id.slice(0, -1)}`);
    const row = page.locator(".projects li", { hasText: id });
    assert.match(await row.textContent(), /2 messages/);
    await row.getByRole("link").click();
    await page.waitForURL(url);
    assert.equal(await page.getByText("Signed in as").count(), 0);
    await page.goto(`${base}/`);
    await page.fill("#project", id);
    await page.keyboard.press("Enter");
    await page.waitForURL(url);
    assert.ok(await page.getByText("Sign-in is off").isVisible());
  }));
}
