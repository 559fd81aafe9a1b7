// Verifies and parses requests as a receiver in Node does: reads {"headers", "body", "secret"} and prints what it got.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(`${process.env.MODULES}/`);
const { Webhook } = require('standardwebhooks');
const { HTTP } = require('cloudevents');

const { headers, body, secret } = JSON.parse(readFileSync(0, 'utf8'));
const verified = new Webhook(secret).verify(body, headers);
let event = null;
if (headers['content-type'].startsWith('application/cloudevents') || headers['ce-id']) {
    event = HTTP.toEvent({ headers, body });
    event.validate();
    event = { id: event.id, type: event.type, source: event.source, time: event.time, data: event.data };
}
console.log(JSON.stringify({ verified, event }));
