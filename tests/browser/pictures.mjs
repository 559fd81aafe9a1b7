// Takes the pictures of README.md and docs/page.md, in both themes: `PICTURES=docs/images tests/run browser` after the page changes.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { base, record, visit } from "./support.mjs";

const folder = process.env.PICTURES;
const volume = { resource_uuid: "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21", request_id: `req-${randomUUID()}` };
const quota = { event_id: "VOLUME_VOLUME_SNAPSHOT_009_006", resource_type: "VOLUME_SNAPSHOT" };
const share = { event_id: "SHARE_SHARE_001_002", resource_type: "SHARE" };
const notReady = { event_id: "VOLUME_VOLUME_001_002" };
const readOnly = { event_id: "VOLUME_000003", message_level: "INFO" };
const messages = [
  { ...readOnly, ...volume },
  { ...notReady, message_level: "WARNING" },
  share,
  readOnly,
  { ...notReady, ...volume, message_level: "WARNING" },
  ...Array(3).fill({ ...quota, resource_uuid: randomUUID() }),
  volume,
  volume,
  { ...share, message_level: "WARNING" },
];

// One message after the other, so that their order is that of the list.
for (const message of messages) await record("demo", [message]);
for (const [id, count] of [["analytics", 6], ["web-shop", 9]]) await record(id, Array.from({ length: count }, (_, index) => messages[index]));

for (const [language, list, overview] of [["en", "light", "dark"], ["zh_CN", "dark", "light"]]) {
  const name = language === "en" ? "" : `-${language}`;

  test(`the inbox in ${language}`, () => visit({ colorScheme: list, viewport: { width: 1280, height: 800 } }, async (page) => {
    await page.goto(`${base}/v3/demo/messages?language=${language}`);
    await page.locator(".list h2 a", { hasText: /for this volume request|无法为此卷/ }).first().click();
    await page.locator(".detail [value=unread]").waitFor();
    await page.locator(".list > li[aria-current]:not(.unread)").waitFor();
    assert.ok(await page.locator(".timeline li").count() > 1);
    await page.screenshot({ path: `${folder}/list${name}.png` });
  }));

  test(`the operators' view in ${language}`, () => visit({ colorScheme: overview, viewport: { width: 1280, height: 1000 } }, async (page) => {
    const projects = page.locator("[aria-labelledby=projects] tbody tr");
    // Messages are counted when no earlier ones can arrive any more.
    for (const begun = Date.now(); Date.now() - begun < 45000 && await projects.count() < 3;) {
      await page.goto(`${base}/v3/messages?language=${language}`);
    }
    await page.screenshot({ path: `${folder}/overview${name}.png` });
  }));
}
