// SPDX-License-Identifier: Apache-2.0
// A server that answers as the policy says: its first request 200, its second 429. And /metrics, for a scrape.
import { createServer } from 'node:http';

import { Engine } from '../../bindings/node/index.mjs'; // installed: from 'sluice'

const policy = `{ "name": "letters", "tenant": "account",
  "limits": [ { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s from first", "amount": 1 } ],
  "operations": [ { "name": "letters.post", "values": ["account"], "charges": [ { "limit": "minute" } ] } ],
  "dialect": {
    "headers": { "X-RateLimit-Remaining": "{minute.remaining}" },
    "answers": { "denied": { "status": 429, "headers": { "Retry-After": "{retry_after}" },
      "body": { "error": "rate_limited", "message": "Too fast.[ Try again in {retry_after} seconds.]" } } } } }`;

const engine = new Engine({ policy, clock: 'manual', now: Date.UTC(2025, 0, 13) });

const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    response.writeHead(200, { 'Content-Type': type }).end(engine.metrics());
    return;
  }
  const account = request.headers['x-account'] ?? '';
  const { status, headers, body } = engine.answer('letters.post', { account });
  response.writeHead(status, headers.flat()).end(body);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const url = `http://127.0.0.1:${server.address().port}`;

for (let i = 0; i < 2; ++i) {
  const response = await fetch(`${url}/letters`, { headers: { 'X-Account': 'acme', Connection: 'close' } });
  const { status, headers } = response;
  console.log(status, 'with', headers.get('X-RateLimit-Remaining'), 'left; Retry-After:', headers.get('Retry-After') ?? 'none');
  console.log((await response.text()) || 'no body');
}
const metrics = await (await fetch(`${url}/metrics`, { headers: { Connection: 'close' } })).text();
console.log(metrics.split('\n').find((line) => line.includes('result="denied"')));

server.close();
engine.close();
