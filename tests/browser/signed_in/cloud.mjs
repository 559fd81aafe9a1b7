// The cloud of tests/keystone/cloud.py: its users, all with the same password, and a service that records messages.

import { base, record as recordAs } from "../support.mjs";

export const DEMO = "83beacc4745b4328a3a8fd59a8d0c38b";
export const login = `${base}/v3/-/messages/-/login`;

// The certificate is self-signed.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

// Fills in the sign-in form.
export async function signIn(page, user, { password = "secret", project = "" } = {}) {
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.fill("#project", project);
  await page.press("#password", "Enter");
  await page.waitForLoadState();
}

async function token(user, project) {
  const domain = { name: "Default" };
  const answer = await fetch(`${process.env.KEYSTONE_URL}/v3/auth/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ auth: {
      identity: { methods: ["password"], password: { user: { name: user, domain, password: "secret" } } },
      scope: { project: { name: project, domain } },
    } }),
  });
  return answer.headers.get("X-Subject-Token");
}

// Records messages for the project, as a service does.
export async function record(messages, project = DEMO) {
  await recordAs(project, messages, { "X-Auth-Token": await token("cinder", "service") });
}
