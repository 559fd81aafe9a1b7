// The operators' view with and without the script, and the bars of a project's days.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { base, check, checkThemes, languages, mixed, project, reach, screenshot, visit } from "./support.mjs";

const overview = `${base}/v3/messages`;
const texts = ["VOLUME_VOLUME_SNAPSHOT_009_006", "VOLUME_VOLUME_001_002", "SHARE_SHARE_001_002"];
const many = await project(Array.from({ length: 20 }, (_, index) => ({
  event_id: texts[index % 3],
  resource_type: ["VOLUME_SNAPSHOT", "VOLUME", "SHARE"][index % 3],
})));
const { id, url } = await project([
  ...mixed,
  // Only that something unknown failed: what the catalog lacks.
  { event_id: "VOLUME_VOLUME_003_001" },
]);

// Messages are counted when no earlier ones can arrive any more.
const counted = (async () => {
  const html = async () => (await fetch(`${overview}?project=${id}`, { headers: { Accept: "text/html" } })).text();
  for (const begun = Date.now(); Date.now() - begun < 120000 && !(await html()).includes('class="b-e"');) {
    await new Promise((done) => setTimeout(done, 500));
  }
})();

// Loads a page until it shows something.
async function until(page, address, wanted) {
  for (const begun = Date.now(); Date.now() - begun < 30000 && await wanted.count() === 0;) await page.goto(address);
  await wanted.first().waitFor();
}

// Sends JSON and returns the answer's.
async function send(method, path, body) {
  const answer = await fetch(`${base}${path}`, { method, headers: { "Content-Type": "application/json", "X-Auth-Token": `ops:${id}:admin` }, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${text}`);
  return text && JSON.parse(text);
}

// Creates a listener with a name of its own, and returns that.
async function listener(fields) {
  const name = `calls-${randomUUID().slice(0, 8)}`;
  await send("POST", `/v3/${id}/listeners`, { listener: { name, event_types: ["message.*"], ...fields } });
  return name;
}

test("a listener is disabled and enabled from its panel, by the keyboard", () => visit({}, async (page) => {
  const name = await listener({ notifier_type: "pull" });
  await page.goto(overview);
  const row = page.locator("#panels tr", { hasText: name });
  await row.getByText("enabled").waitFor();
  await row.getByRole("button", { name: `Disable: ${name}` }).focus();
  await page.keyboard.press("Enter");
  await row.getByText("disabled").waitFor();
  await row.getByRole("button", { name: `Enable: ${name}` }).focus();
  await page.keyboard.press("Enter");
  await row.getByText("enabled").waitFor();
}));

for (const javaScriptEnabled of [true, false]) {
  test(`dead letters are delivered again, ${javaScriptEnabled ? "with" : "without"} the script`, () => visit({ javaScriptEnabled }, async (page) => {
    let status = 500;
    const receiver = createServer((request, response) => { request.resume(); response.writeHead(status).end(); }).listen(0, "127.0.0.1");
    try {
      await once(receiver, "listening");
      const { port } = receiver.address();
      const name = await listener({ notifier_type: "http", scope: "cloud", retry: [], notifier_config: { url: `http://127.0.0.1:${port}/` } });
      await project([{}]);
      const row = page.locator("[aria-labelledby=panel-2] tr", { hasText: name });
      const again = row.getByRole("button", { name: `Deliver dead letters again: ${name}` });
      await until(page, overview, again);
      assert.match(await row.textContent(), /500/, "the last error");
      assert.equal(await page.locator("[aria-labelledby=panel-3] tr", { hasText: name }).count(), 1);
      status = 204;
      const arrived = once(receiver, "request");
      await again.click();
      await arrived;
      await until(page, overview, row.getByText("enabled", { exact: true }));
      assert.equal(await again.count(), 0);
      await row.getByRole("button", { name: "Disable" }).click();
      await row.getByText("disabled").waitFor();
    } finally {
      receiver.close();
    }
  }));
}

test("a failure notification shows the steps of the work on it", () => visit({}, async (page) => {
  const name = randomUUID();
  const { segment } = await send("POST", "/v1/segments", { segment: { name, service_type: "COMPUTE", recovery_method: "auto" } });
  await send("POST", `/v1/segments/${segment.uuid}/hosts`, { host: { name: `compute-${name}`, type: "COMPUTE", control_attributes: "SSH" } });
  const payload = { event: "LIFECYCLE", vir_domain_event: "STOPPED_FAILED", instance_uuid: randomUUID() };
  await send("POST", "/v1/notifications", {
    notification: { type: "VM", hostname: `compute-${name}`, generated_time: new Date().toISOString().slice(0, 19), payload },
  });
  const { claim } = await send("POST", "/v1/notifications/claim", { types: ["VM"], wait: 1 });
  await send("PUT", `/v1/notifications/${claim.notification.notification_uuid}/progress`, {
    lease: claim.lease,
    steps: [{ name: "stop the instance", state: "SUCCESS", progress: 1, message: "Stopped" }],
  });
  await page.goto(overview);
  const row = page.locator("[aria-labelledby=panel-6] tr", { has: page.getByText("Steps") }).first();
  await row.getByText("Steps").click();
  await row.locator("ol").getByText("stop the instance").first().waitFor();
}));

test("the panels tell of each part of the system", () => visit({ javaScriptEnabled: false }, async (page) => {
  await page.goto(overview);
  assert.deepEqual(await page.locator("#panels h2").allTextContents(), [
    "Failures without a message of their own",
    "Listeners",
    "Dead letters",
    "Drivers",
    "Where messages come from",
    "Failure notifications",
    "Purge, leases and database",
  ]);
  assert.ok(await page.locator("#panels").getByText("Database").first().isVisible());
}));

for (const language of languages) {
  test(`the view in ${language}`, () => visit({}, async (page) => {
    await counted;
    await page.goto(`${overview}?project=${id}&language=${language}`);
    assert.equal(await page.getAttribute("html", "lang"), language.replace("_", "-"));
    await checkThemes(page, `overview-counted-${language}`);
  }));
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with the script" : "without the script";

  test(`bars, entries and fields filter, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    await counted;
    const codes = () => page.locator("[aria-labelledby=codes] tbody tr").count();
    const find = (field) => field.press("Enter");
    await page.goto(`${overview}?project=${id}`);
    assert.equal(await codes(), 3);
    await page.locator("svg.chart a").filter({ has: page.locator(".b-e") }).first().click();
    await page.waitForURL(/project=.*since=.*before=/);
    assert.ok(await page.locator("svg .b-e").count() > 0);
    await page.getByText("As a table").click();
    assert.ok(await page.locator("tbody time").first().isVisible());
    // Each filter that is set is a chip that removes it.
    await page.goto(`${overview}?project=${id}`);
    await page.locator("#text").fill("snapshot");
    await find(page.locator("#text"));
    await page.waitForURL(/text=snapshot/);
    assert.equal(await codes(), 1);
    await page.getByRole("link", { name: "Words of the message: snapshot" }).click();
    await page.waitForURL((address) => !address.search.includes("text=snapshot"));
    assert.equal(await codes(), 3);
    await page.getByRole("link", { name: "Warning" }).first().click();
    await page.waitForURL(/level=WARNING/);
    assert.equal(await codes(), 1);
    await page.goto(`${overview}?project=${id}`);
    await page.locator("[aria-labelledby=services] tbody a").first().click();
    await page.waitForURL(/service=volume/);
    await page.locator("[aria-labelledby=codes] tbody a").first().click();
    await page.waitForURL(/code=/);
    assert.equal(await codes(), 1);
    await page.getByRole("link", { name: "Last 7 days" }).click();
    await page.waitForURL(/hours=168/);
    await page.getByText("More filters").click();
    await page.locator("#project").fill("nobody");
    await find(page.locator("#project"));
    await page.waitForURL(/project=nobody/);
    assert.equal(await codes(), 0);
    await page.goto(`${overview}?project=${id}`);
    await page.getByText("More filters").click();
    await page.locator("#since").fill("2020-01-01T00:00");
    await page.locator("#before").fill("2020-01-02T00:00");
    await find(page.locator("#before"));
    await page.waitForURL(/before=2020/);
    assert.equal(await codes(), 0);
  }));

  test(`a failure without a message of its own has a draft for the catalog, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    await counted;
    await page.goto(overview);
    const row = page.locator("#panels tr", { hasText: "VOLUME_VOLUME_003_001" }).first();
    await row.getByText("Draft for the catalog").click();
    assert.match(await row.locator("pre").textContent(), /\[details\./);
    if (javaScriptEnabled) await check(page, "overview-draft");
  }));

  test(`the days of a project lead to its messages, ${how}`, () => visit({ javaScriptEnabled }, async (page) => {
    await counted;
    await page.goto(url);
    await page.locator(".trend svg a").filter({ has: page.locator(".b-e") }).last().click();
    await page.waitForURL(/since=.*before=/);
    assert.equal(await page.locator(".list > li").count(), 4);
    await page.goto(url);
    await page.locator(".trend summary").click();
    await page.locator(".trend tbody a").first().click();
    await page.waitForURL(/since=.*before=/);
  }));
}

for (const [width, height, least] of [[1280, 800, 8], [375, 667, 4]]) {
  test(`${least} messages are in sight at ${width} pixels, below their bars and with a day chosen`, () => visit({ viewport: { width, height } }, async (page) => {
    await counted;
    for (const address of [many.url, `${many.url}?since=2026-11-21T00:00`]) {
      await page.goto(address);
      assert.equal(await page.locator(".trend").count(), 1);
      const seen = await page.evaluate(() => [...document.querySelectorAll(".list > li")]
        .filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length);
      console.log(`${seen} messages at ${width} x ${height}`);
      await screenshot(page, `inbox-${width}`);
      assert.ok(seen >= least, `${seen} messages`);
    }
  }));
}

test("below the width of the bars the days open", () => visit({ viewport: { width: 600, height: 800 } }, async (page) => {
  await counted;
  await page.goto(url);
  assert.equal(await page.locator(".trend svg").isVisible(), false);
  await page.getByText("Recorded in the last 14 days").click();
  assert.ok(await page.locator(".trend svg").isVisible());
  assert.ok(await page.locator(".trend tbody a").first().isVisible());
  assert.ok(await page.locator(".trend > p").isVisible());
  await check(page, "trend-narrow");
}));

test("the view works by the keyboard", () => visit({}, async (page) => {
  await counted;
  await page.goto(`${overview}?project=${id}`);
  await reach(page, ".tabs a");
  await reach(page, ".chip");
  await reach(page, "#text");
  await reach(page, "summary");
  await reach(page, "[aria-labelledby=codes] tbody a");
}));
