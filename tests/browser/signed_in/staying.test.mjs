// Actions of a signed-in user: switching projects, reading, deleting, live updates, and the end of the session.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, check, checkThemes, languages, visit } from "../support.mjs";
import { DEMO, login, record, signIn } from "./cloud.mjs";

const list = `${base}/v3/${DEMO}/messages`;

async function enter(page, user = "alice") {
  await page.goto(list);
  await signIn(page, user, { project: "demo" });
  await page.waitForURL(list);
}

test("one who has several projects switches between them", () => visit({ seconds: 120 }, async (page) => {
  await record([{}]);
  await page.goto(login);
  await signIn(page, "admin");
  // Any of the three may be meant, so the page asks.
  await page.waitForURL(/-\/project/);
  assert.deepEqual(await page.locator(".projects button").allTextContents(), ["admin", "demo", "service"]);
  for (const language of languages) {
    await page.goto(`${base}/v3/-/messages/-/project?language=${language}`);
    await checkThemes(page, `projects-${language}`);
  }
  await page.goto(`${base}/v3/-/messages/-/project?language=en`);
  await page.getByRole("button", { name: "service" }).click();
  await page.getByText("Project service").waitFor();
  assert.ok(await page.getByRole("heading", { name: "There are no messages" }).isVisible());
  // An address of another of the user's projects asks before switching.
  await page.goto(`${list}?text=allocated`);
  await page.getByRole("button", { name: "Switch to this project: demo" }).click();
  await page.waitForURL(`${list}?text=allocated`);
  assert.ok(await page.getByText("Project demo").isVisible());
}));

test("an address of a project in which one has no role is not led to", () => visit({}, async (page) => {
  await enter(page);
  await page.goto(`${base}/v3/0123456789abcdef0123456789abcdef/messages`);
  assert.ok(await page.getByText("You have no role in the project in this address").isVisible());
  await check(page, "foreign");
}));

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";
  test(`reading is noted and messages are deleted, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    await record([{}, {}]);
    await enter(page);
    await page.locator(".list li.unread input").first().check();
    const before = await page.locator(".list .new").count();
    await page.getByRole("button", { name: "Mark as read" }).click();
    await page.getByText("1 message was marked as read.").waitFor();
    assert.equal(await page.locator(".list .new").count(), before - 1);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.getByRole("button", { name: "Mark all as read" }).waitFor({ state: "detached" });
    assert.equal(await page.locator(".list .new").count(), 0);
    const count = await page.locator(".list > li").count();
    await page.locator(".list input[name=id]").first().check();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("1 message was deleted.").waitFor();
    assert.equal(await page.locator(".list > li").count(), count - 1);
  }));
}

test("each user has read what that user has read", () => visit({}, async (page, context) => {
  await record([{}]);
  await enter(page);
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await page.getByRole("button", { name: "Mark all as read" }).waitFor({ state: "detached" });
  await context.clearCookies();
  await enter(page, "rita");
  assert.ok(await page.locator(".list .new").count() > 0);
}));

test("the stream comes through the proxy by the cookie, and a message that is opened is read", () => visit({}, async (page) => {
  await enter(page);
  const answered = page.waitForResponse((answer) => answer.url().startsWith(`${list}?`) && answer.request().resourceType() === "eventsource");
  await page.reload();
  const stream = await answered;
  assert.equal(stream.status(), 200);
  await record([{}]);
  await page.getByRole("link", { name: "Show 1 new message" }).click({ timeout: 5000 });
  const noted = page.waitForResponse((answer) => answer.url().endsWith("/-/read"));
  await page.locator(".list li.unread h2 a").first().click();
  // The form of the message, whose answer leads back to the list.
  assert.equal((await noted).status(), 303);
}));

test("a session that is over leads to the sign-in, and back to where one was", () => visit({}, async (page, context) => {
  await record([{}, {}]);
  await enter(page);
  // Simulates the end of the session.
  const other = await context.newPage();
  await other.goto(list);
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(login);
  await page.fill("#text", "allocated");
  await page.press("#text", "Enter");
  await page.waitForURL(/-\/login/);
  await signIn(page, "alice");
  await page.waitForURL(`${list}?text=allocated`);
  // An old form has no effect any more, and says what to do.
  await context.clearCookies();
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await page.waitForURL(/-\/login/);
}));

test("administrators see the whole cloud, with the names of projects, and nobody else does", () => visit({ seconds: 120 }, async (page, context) => {
  await record([{}]);
  await enter(page, "admin");
  await page.getByRole("link", { name: "Overview" }).click();
  await page.waitForURL(`${base}/v3/messages`);
  assert.ok(await page.getByText("Signed in as admin").isVisible());
  // Other tests have projects with more messages.
  await page.goto(`${base}/v3/messages?project=${DEMO}`);
  const projects = page.locator("[aria-labelledby=projects]");
  // Messages are counted a little later.
  const named = projects.getByRole("link", { name: "demo", exact: true });
  for (const begun = Date.now(); Date.now() - begun < 45000 && await named.count() === 0;) await page.reload();
  await check(page, "overview-signed-in");
  await projects.getByRole("link", { name: "Messages" }).first().click();
  await page.waitForURL(/\/v3\/[0-9a-f]{32}\/messages/);
  await context.clearCookies();
  await enter(page);
  assert.equal(await page.getByRole("link", { name: "Overview" }).count(), 0);
  const refused = await page.goto(`${base}/v3/messages`);
  assert.equal(refused.status(), 403);
  assert.equal(await page.locator("#panels").count(), 0);
}));
