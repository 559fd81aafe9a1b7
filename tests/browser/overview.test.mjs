// The operators' view, the catalog and the start page, with and without the script.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, check, checkThemes, languages, mixed, project, reach, screenshot, visit } from "./support.mjs";

const overview = `${base}/v3/messages`;
const { id, url } = await project(mixed);

const page = async () => (await fetch(`${overview}?project=${id}`, { headers: { Accept: "text/html" } })).text();
// Messages are counted within a minute.
for (const begun = Date.now(); Date.now() - begun < 120000 && !(await page()).includes('class="b-e"');) {
  await new Promise((done) => setTimeout(done, 1000));
}

for (const language of languages) {
  test(`the overview in ${language}`, () => visit({}, async (page) => {
    await page.goto(`${overview}?language=${language}`);
    assert.equal(await page.getAttribute("html", "lang"), language.replace("_", "-"));
    await checkThemes(page, `overview-${language}`);
  }));
}

for (const width of [320, 375, 768, 1280, 1920]) {
  test(`the overview is ${width} pixels wide`, () => visit({ viewport: { width, height: 800 } }, async (page) => {
    await page.goto(`${overview}?hours=720`);
    const shown = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(shown <= width, `${shown} pixels`);
    if (width === 320) await check(page, "overview-narrow");
    await screenshot(page, `overview-${width}`);
  }));
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";
  test(`bars, entries and fields filter, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    await page.goto(`${overview}?project=${id}`);
    await page.locator("svg.chart a").filter({ has: page.locator(".b-e") }).first().click();
    await page.waitForURL(/project=.*since=.*before=/);
    assert.ok(await page.locator("svg .b-e").count() > 0);
    await page.getByText("As a table").click();
    assert.ok(await page.locator("tbody time").first().isVisible());
    await page.goto(`${overview}?project=${id}`);
    await page.locator("#text").fill("snapshot");
    await page.locator("#text").press("Enter");
    await page.waitForURL(/text=snapshot/);
    assert.equal(await page.locator("[aria-labelledby=codes] tbody tr").count(), 1);
    await page.getByRole("link", { name: "Words of the message: snapshot" }).count();
    await page.goto(`${overview}?project=${id}`);
    await page.locator("[aria-labelledby=codes] tbody a").first().click();
    await page.waitForURL(/code=/);
  }));
}

test("the overview works by the keyboard", () => visit({}, async (page) => {
  await page.goto(`${overview}?project=${id}`);
  await reach(page, ".tabs a");
  await reach(page, ".chip");
  await reach(page, "#text");
  await reach(page, "summary");
  await reach(page, "[aria-labelledby=codes] tbody a");
}));

test("a code leads to its entry in the catalog", () => visit({}, async (page) => {
  await page.goto(`${base}/catalog`);
  await page.getByRole("link", { name: "Block storage" }).click();
  assert.match(page.url(), /#VOLUME$/);
  await page.getByRole("link", { name: "VOLUME_000002" }).click();
  await page.waitForURL(`${base}/catalog/VOLUME_000002`);
  await checkThemes(page, "catalog-entry");
  await page.goto(`${base}/catalog`);
  await page.locator("#text").fill("volume_volume_snapshot_009_006");
  await page.locator("#text").press("Enter");
  await page.waitForURL(`${base}/catalog/VOLUME_VOLUME_SNAPSHOT_009_006`);
}));

test("the start page leads to a project that has messages", () => visit({ javaScriptEnabled: false }, async (page) => {
  await page.goto(`${base}/?after=${id.slice(0, -1)}`);
  await page.getByRole("link", { name: id }).click();
  await page.waitForURL(url);
  assert.equal(await page.getByText("Signed in as").count(), 0);
}));
