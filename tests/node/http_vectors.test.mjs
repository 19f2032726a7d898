// SPDX-License-Identifier: Apache-2.0
// The answers of tests/vectors/http, which every language gives byte for byte.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { ConflictError, Engine, MemoryCapError, NotFoundError } from '../../bindings/node/index.mjs';
import { ROOT } from './support.mjs';

const FOLDER = path.join(ROOT, 'tests/vectors/http');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const FAILURES = new Map([ConflictError, MemoryCapError, NotFoundError].map((Class) => [new Class('lost').code, Class]));

const read = (file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));
const named = (names, values) => Object.fromEntries(names.map((name, i) => [name, values[i]]));
const subjectOf = ({ scope, subject }) => named(scope.split(','), subject);

function wireOf({ status, headers, body }) {
  const head = `${status}\n${headers.map(([name, value]) => `${name}: ${value}\n`).join('')}`;
  return body.length === 0 ? head : `${head}\n${body}`;
}

// Lives through the steps of one file.
class Player {
  constructor({ policy_file: file, policy_text: text, stance, start }) {
    const policy = file === undefined ? text : readFileSync(path.join(ROOT, file));
    this.engine = new Engine({ policy, stance, clock: 'manual', now: BigInt(start) });
  }

  play(step) {
    this.engine.setClock(BigInt(step.now));
    const answer = this[step.call](step);
    if (answer === undefined) return undefined;
    return { wire: wireOf(answer), retry: answer.retry, retry_after: answer.retryAfterNs?.toString() ?? null };
  }

  answer({ operation, values, quantities, dialects, given, times = 1 }) {
    const asked = this.engine.operation(operation);
    const options = { dialects, given, quantities: quantities && named(asked.quantities, quantities) };
    let answer;
    for (let i = 0; i < times; ++i) answer = this.engine.answer(operation, named(asked.values, values), options);
    return answer;
  }

  answer_failure({ status, dialects }) {
    return this.engine.answerFailure(new (FAILURES.get(status))('lost'), { dialects });
  }
  answer_usage({ with: given }) {
    return this.engine.answerUsage(subjectOf(given));
  }
  set_plan({ with: given }) {
    return this.engine.setPlan(subjectOf(given), given.plan);
  }
  set_usage({ with: given }) {
    return this.engine.setUsage(subjectOf(given), given.limit, given.used);
  }
  report_throttled({ with: given }) {
    return this.engine.reportThrottled(subjectOf(given), given.limit, BigInt(given.retry_after));
  }
}

function agrees(answer, expected) {
  try {
    assert.deepEqual(answer, expected);
    return true;
  } catch {
    return false;
  }
}

// The step that is not answered as expected, and its answer.
function firstDifference({ steps, ...vector }) {
  const player = new Player(vector);
  try {
    for (const [number, step] of steps.entries()) {
      const answer = player.play(step);
      if (!agrees(answer, step.expect)) return { number, answer, step };
    }
    return null;
  } finally {
    player.engine.close();
  }
}

for (const file of FILES) {
  test(`every answer is as ${file} says`, () => {
    assert.equal(firstDifference(read(file)), null);
  });

  test(`one altered byte of ${file} is reported`, () => {
    const vector = read(file);
    for (const [number, { expect = {} }] of vector.steps.entries()) {
      for (const [field, kept] of Object.entries(expect)) {
        expect[field] = typeof kept === 'string' ? `${kept}0` : !kept;
        assert.equal(firstDifference(vector)?.number, number, field);
        expect[field] = kept;
      }
    }
  });
}

test('there are vectors for every provider', () => {
  for (const name of ['gosendapi', 'linq', 'sendblue', 'senddev', 'texting_blue', 'generic'])
    assert.ok(FILES.includes(`${name}.json`), name);
});
