// Shared by the tests: a browser, pages that fail on any policy violation, and messages.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { after, before } from "node:test";

const require = createRequire(`${process.env.MODULES}/`);
const { chromium } = require("playwright-core");
const axe = require("axe-core");

export const base = process.env.TIDINGS_URL;
// Another site, whose answers a test may provide.
export const elsewhere = "https://elsewhere.example/";
export const languages = ["en", "zh_CN"];

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
});
after(async () => { await browser?.close(); });

// Runs a test in its own window, for 60 seconds at most, or so many. Fails on policy violations, requests to other servers and script errors. The certificate
// of the tests is self-signed.
export async function visit(options, test) {
  const { seconds = 60, ...settings } = options;
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ignoreHTTPSErrors: true, ...settings });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    // A refused address is answered with an error on purpose.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith(elsewhere)) faults.push(`a request to ${request.url()}`);
  });
  if (options.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => console.error(`refused: ${event.violatedDirective}`));
    });
  }
  // Pending waits fail once the window is closed.
  const late = setTimeout(() => context.close(), seconds * 1000);
  try {
    await test(page, context);
    assert.deepEqual(faults, []);
  } finally {
    clearTimeout(late);
    await context.close();
  }
}

// Loads a page whose stream is open, and that knows what happened before.
export async function follow(page, address) {
  const stream = page.waitForResponse(/changes=true/);
  const asked = page.waitForResponse(/-\/news/);
  await page.goto(address);
  await stream;
  await asked;
}

// A new project with messages, each with a code, a resource type and optional fields.
export async function project(messages = []) {
  const id = `t${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  await record(id, messages);
  return { id, url: `${base}/v3/${id}/messages` };
}

export async function record(id, messages, headers = {}) {
  if (messages.length === 0) return;
  const body = messages.map((message) => ({
    event_id: "VOLUME_000002",
    resource_type: "VOLUME",
    resource_uuid: randomUUID(),
    request_id: `req-${randomUUID()}`,
    ...message,
  }));
  const answer = await fetch(`${base}/v3/${id}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ messages: body }),
  });
  assert.equal(answer.status, 201, await answer.text());
}

const repeated = randomUUID();
export const mixed = [
  { message_level: "INFO" },
  { resource_uuid: repeated, request_id: "req-00000000-0000-4000-8000-000000000001" },
  { resource_uuid: repeated },
  { resource_uuid: repeated },
  { event_id: "VOLUME_VOLUME_SNAPSHOT_009_006", resource_type: "VOLUME_SNAPSHOT", message_level: "WARNING" },
];

// Presses Tab up to the element of a selector, which must show its focus.
export async function reach(page, wanted) {
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    const [matches, outline] = await page.evaluate((selector) => {
      const focused = document.activeElement;
      return [focused.matches(selector), getComputedStyle(focused).outlineStyle];
    }, wanted);
    if (matches) {
      assert.notEqual(outline, "none", `${wanted} shows that it has the focus`);
      return;
    }
  }
  assert.fail(`${wanted} cannot be reached`);
}

// Fails on axe's findings on the page by the rules of WCAG 2.2 AA and its best practices, or by some rules only.
export async function check(page, where, rules) {
  await page.evaluate(axe.source);
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) };
  const { violations } = await page.evaluate((chosen) => window.axe.run(document, chosen), options);
  const found = violations.map((fault) => `${where}: ${fault.id}: ${fault.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(found, []);
}

// The same in both themes, which differ in colours alone, and keeps screenshots.
export async function checkThemes(page, name) {
  for (const [colorScheme, rules] of [["light"], ["dark", ["color-contrast", "link-in-text-block"]]]) {
    await page.emulateMedia({ colorScheme });
    await check(page, `${name}, ${colorScheme}`, rules);
    await screenshot(page, `${name}-${colorScheme}`);
  }
}

export async function screenshot(page, name) {
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true });
}
