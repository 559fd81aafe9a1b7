// Every page in both languages and both themes: axe finds nothing; keeps screenshots.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, check, checkThemes, languages, mixed, project, screenshot, visit } from "./support.mjs";

async function pages() {
  const full = await project(mixed);
  const empty = await project();
  const answer = await fetch(full.url);
  const { messages } = await answer.json();
  const [newest, , , group] = messages.map((message) => message.id);
  return {
    home: `${base}/`,
    "home-refused": `${base}/?project=a/b`,
    catalog: `${base}/catalog`,
    "catalog-none": `${full.url}/-/catalog?text=xyzzy`,
    "catalog-entry": `${base}/catalog/VOLUME_000002`,
    overview: `${base}/v3/messages?hours=720`,
    list: full.url,
    "list-filters": `${full.url}?text=allocated&sort=created_at:asc`,
    "list-each": `${full.url}?repeats=each`,
    "list-bad": `${full.url}?since=x`,
    "list-none": `${full.url}?text=xyzzy`,
    "list-gone": `${full.url}?marker=x`,
    "list-empty": empty.url,
    "list-deleted": `${full.url}?deleted=2`,
    "list-undo": `${full.url}?marked=2&change=done&undo=7`,
    "list-done": `${full.url}?state=done`,
    "list-filtered": `${full.url}?state=unread&message_level=WARNING&service=VOLUME`,
    detail: `${full.url}/${group}`,
    delete: `${full.url}/-/delete?id=${newest}&id=${group}`,
    "delete-nothing": `${full.url}/-/delete`,
    missing: `${full.url}/x`,
  };
}

const all = await pages();
for (const language of languages) {
  test(`the pages in ${language}`, () => visit({ seconds: 300 }, async (page) => {
    for (const [name, url] of Object.entries(all)) {
      const sign = url.includes("?") ? "&" : "?";
      await page.goto(`${url}${sign}language=${language}`);
      assert.equal(await page.getAttribute("html", "lang"), language.replace("_", "-"), name);
      await checkThemes(page, `${name}-${language}`);
    }
  }));
}

test("the pages are 320 to 1920 pixels wide", () => visit({ seconds: 300 }, async (page) => {
  for (const name of ["list", "list-filters", "detail", "delete", "catalog", "home", "overview"]) {
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(all[name]);
    for (const width of [320, 375, 768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      const needed = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(needed <= width, `${name}: ${needed} of ${width} pixels`);
      if (width === 320) await check(page, name);
      if (width === 320 || width === 1920) await screenshot(page, `${name}-${width}`);
    }
  }
}));

test("on paper there are messages and nothing to press", () => visit({}, async (page) => {
  await page.goto(all.list);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("button:visible, input:visible, select:visible").count(), 0);
  assert.ok(await page.locator(".list h2").first().isVisible());
  await screenshot(page, "list-print");
}));

test("nothing moves for those who asked for it", () => visit({ reducedMotion: "reduce" }, async (page) => {
  await page.goto(all.list);
  const behaviour = await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior);
  assert.equal(behaviour, "auto");
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
}));

test("everything to press is 24 pixels high and wide", () => visit({}, async (page) => {
  for (const [name, width] of [["list-filters", 1100], ["detail", 1100], ["list", 375], ["overview", 1100]]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(all[name]);
    const small = await page.evaluate(() => [...document.querySelectorAll("button, input, select, summary, nav a, .chip")]
      .filter((element) => element.type !== "hidden" && element.checkVisibility())
      .map((element) => [element.outerHTML, element.getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24)
      .map(([html]) => html));
    assert.deepEqual(small, [], name);
  }
}));
