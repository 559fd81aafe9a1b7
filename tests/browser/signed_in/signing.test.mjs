// Signing in at a real Keystone over TLS, with a password or an application credential, and signing out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, check, checkThemes, elsewhere, languages, reach, screenshot, visit } from "../support.mjs";
import { DEMO, login, record, signIn } from "./cloud.mjs";

const list = `${base}/v3/${DEMO}/messages`;

for (const language of languages) {
  test(`sign-in in ${language}`, () => visit({}, async (page) => {
    await page.goto(`${login}?language=${language}`);
    await page.locator("summary").click();
    await checkThemes(page, `sign-in-${language}`);
    await signIn(page, "mallory");
    assert.equal(await page.getByRole("alert").count(), 1);
    await checkThemes(page, `sign-in-refused-${language}`);
  }));
}

test("sign-in is 320 pixels wide", () => visit({ viewport: { width: 320, height: 640 } }, async (page) => {
  await page.goto(login);
  await page.locator("summary").click();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320);
  await screenshot(page, "sign-in-narrow");
}));

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";
  test(`the way leads through the sign-in to the page that was asked for, and out, ${how}`, () => visit({ javaScriptEnabled }, async (page, context) => {
    await record([{}]);
    await page.goto(`${list}?text=allocated`);
    assert.ok(page.url().startsWith(`${base}/v3/${DEMO}/messages/-/login?`), page.url());
    await signIn(page, "alice");
    await page.waitForURL(`${list}?text=allocated`);
    assert.ok(await page.getByText("Signed in as alice").isVisible());
    assert.ok(await page.getByText("Project demo").isVisible());
    const [cookie] = (await context.cookies()).filter(({ name }) => name === "__Host-tidings_session");
    assert.deepEqual(
      [cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path, cookie.expires],
      [true, true, "Strict", "/", -1],
    );
    if (javaScriptEnabled) {
      assert.equal(await page.evaluate(() => document.cookie), "");
      // At most which window has the stream.
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
      assert.match(kept, /^\[\{("tidings:[^"]*changes=true":"\w+ \d+")?\},\{\}\]$/);
      assert.ok(!(await page.content()).includes("gAAAA"));
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(login);
    // No content is left, neither in the history nor for the old cookie.
    await page.goBack();
    assert.equal(await page.locator(".list").count(), 0);
    await context.addCookies([cookie]);
    await page.goto(list);
    assert.ok(page.url().includes("/-/login"), page.url());
  }));
}

test("the root leads to the sign-in, and on to the only project", () => visit({}, async (page) => {
  await page.goto(`${base}/`);
  await page.waitForURL(login);
  await signIn(page, "rita");
  await page.waitForURL(list);
  // A reader may not delete.
  assert.equal(await page.getByRole("button", { name: "Delete…" }).count(), 0);
}));

test("an application credential signs in, for its project alone", () => visit({}, async (page) => {
  const [id, secret] = process.env.CREDENTIAL.split(" ");
  await page.goto(login);
  await page.locator("summary").click();
  await page.getByLabel("Credential ID").fill(id);
  await page.getByLabel("Credential secret").fill(secret);
  await page.getByLabel("Credential secret").press("Enter");
  await page.waitForURL(list);
  await page.getByRole("link", { name: "Projects" }).click();
  assert.ok(await page.getByText("An application credential is limited to one project").isVisible());
  await check(page, "bound");
}));

test("the keyboard is enough to sign in and out", () => visit({}, async (page) => {
  await page.goto(login);
  await reach(page, "#user");
  await page.keyboard.type("alice");
  await reach(page, "#password");
  await page.keyboard.type("secret");
  await page.keyboard.press("Enter");
  await page.waitForURL(list);
  await reach(page, "header button");
  await page.keyboard.press("Enter");
  await page.waitForURL(login);
}));

test("a project that one has no role in leads to the choice of one's own", () => visit({}, async (page) => {
  await page.goto(login);
  await signIn(page, "tidings", { project: "demo" });
  await page.waitForURL(/-\/project/);
  assert.deepEqual(await page.locator(".projects button").allTextContents(), ["service"]);
  await check(page, "choice");
}));

test("after five attempts one has to wait, whatever the password", () => visit({}, async (page) => {
  await page.goto(login);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await signIn(page, "norole", { password: "wrong" });
    assert.ok(await page.getByText("check what you entered").isVisible());
  }
  await signIn(page, "norole");
  assert.ok(await page.getByText(/Too many attempts. Wait \d+ s/).isVisible());
  await check(page, "too often");
}));

test("a link of another site leads to the page, though the cookie stays back at first", () => visit({}, async (page) => {
  await page.goto(list);
  await signIn(page, "alice");
  await page.waitForURL(list);
  await page.route(`${elsewhere}**`, (route) => route.fulfill({
    contentType: "text/html",
    body: `<a href="${list}?text=volume">there</a><form method="post" action="${list}/-/logout"><button>out</button></form>`,
  }));
  await page.goto(elsewhere);
  await page.getByText("there").click();
  await page.getByText("Signed in as alice").waitFor();
  assert.equal(page.url(), `${list}?text=volume`);
  // A form on another site has no effect.
  await page.goto(elsewhere);
  await page.getByText("out").click();
  await page.waitForLoadState();
  await page.goto(list);
  assert.ok(await page.getByText("Signed in as alice").isVisible());
}));
