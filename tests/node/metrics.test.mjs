// SPDX-License-Identifier: Apache-2.0
// Metrics, read back by the grammar of OpenMetrics 1.0 as far as counters and gauges need it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, open, thrown } from './support.mjs';

const DESCRIBES = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][\w:]*) (.+)$/;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

function labelsOf(text = '') {
  const labels = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text);
    assert.ok(found !== null, `no labels: ${text}`);
    labels[found[1]] = found[2];
  }
  return labels;
}

// The samples of a text: [name, labels, value] each. A family is told before its samples, once, and its counters end in _total.
function parse(text) {
  const end = '# EOF\n';
  assert.ok(text.endsWith(`\n${end}`), 'it ends with # EOF');
  const types = new Map();
  const samples = [];
  for (const line of text.slice(0, -end.length - 1).split('\n')) {
    const described = DESCRIBES.exec(line);
    if (described !== null) {
      const [, what, name, said] = described;
      assert.ok(what !== 'TYPE' || !types.has(name), `${name} is told twice`);
      if (what === 'TYPE') types.set(name, said);
      assert.ok(what !== 'UNIT' || name.endsWith(`_${said}`), line);
      continue;
    }
    const sample = SAMPLE.exec(line);
    assert.ok(sample !== null, `neither a description nor a sample: ${line}`);
    const [, name, labels, value] = sample;
    const family = name.replace(/_total$/, '');
    assert.equal(types.get(family), name === family ? 'gauge' : 'counter', line);
    samples.push([name, labelsOf(labels), Number(value)]);
  }
  return samples;
}

const valueOf = (samples, name, label) =>
  samples.find(([known, { policy: _, stance: __, ...own }]) => known === name && label === Object.values(own)[0])?.[2];

function busy() {
  const engine = open();
  for (let i = 0; i < 3; ++i) engine.decide('send', { ...message(), account: 'a-secret-key' });
  engine.peek('send', message());
  return engine;
}

test('metrics are the counters, as OpenMetrics', () => {
  const engine = busy();
  const samples = parse(engine.metrics());
  const { allowed, denied, deniedBy, ended, memoryCap } = engine.counters();
  assert.deepEqual([allowed, denied], [2, 1]);
  assert.equal(valueOf(samples, 'sluice_decisions_total', 'allowed'), allowed);
  assert.equal(valueOf(samples, 'sluice_decisions_total', 'denied'), denied);
  assert.equal(valueOf(samples, 'sluice_peeks_total'), 1);
  assert.equal(valueOf(samples, 'sluice_memory_cap_bytes'), memoryCap);
  for (const [kind, count] of Object.entries(deniedBy)) assert.equal(valueOf(samples, 'sluice_denials_total', kind), count);
  for (const [state, count] of Object.entries(ended)) assert.equal(valueOf(samples, 'sluice_queue_ended_total', state), count);
  engine.close();
});

test('the older form of Prometheus is asked for', () => {
  const engine = busy();
  assert.equal(engine.metrics({ format: 'openmetrics' }), engine.metrics());
  const text = engine.metrics({ format: 'prometheus' });
  assert.ok(!text.includes('# EOF'));
  assert.match(text, /^sluice_decisions_total\{policy="hello",stance="enforce",result="denied"\} 1$/m);
  engine.close();
});

test('metrics are labelled by nothing that a caller brought', () => {
  const engine = busy();
  const text = engine.metrics();
  assert.ok(!text.includes('secret'));
  const names = new Set(parse(text).flatMap(([, labels]) => Object.keys(labels)));
  assert.deepEqual([...names].sort(), ['kind', 'policy', 'result', 'stance', 'state']);
  engine.close();
});

test('the parser can refuse', () => {
  const engine = busy();
  const text = engine.metrics();
  const wrong = [
    text.replace('# EOF\n', ''),
    `${text}\n`,
    text.replace('_total{', '{'),
    text.replace('policy="hello"', 'policy=hello'),
    text.replace(/^# TYPE sluice_queue_depth.*\n/m, ''),
    text.replace(/ 1$/m, ' one'),
  ];
  for (const each of wrong) {
    assert.notEqual(each, text);
    thrown(parse, each);
  }
  engine.close();
});
