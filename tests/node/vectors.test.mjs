// SPDX-License-Identifier: Apache-2.0
// The decision vectors of tests/vectors, which every language runs: answers must be the same bit for bit.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { Engine, NotFoundError, SluiceError } from '../../bindings/node/index.mjs';
import { DAY, ROOT } from './support.mjs';

const FOLDER = path.join(ROOT, 'tests/vectors');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

const read = (file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));
const instant = (ns) => (ns === null ? null : String(ns));
const subjectOf = ({ scope, subject }) => Object.fromEntries(scope.split(',').map((name, i) => [name, subject[i]]));
const rowOf = (row) => [row.limitName, row.limit, row.used, row.remaining, instant(row.resetsAtNs), instant(row.opensAtNs)];

function eventOf(event) {
  const said = { kind: event.kind, at: String(event.atNs), subject: event.subject };
  if (event.kind === 'threshold') {
    return { ...said, limit_name: event.limitName, share: event.share, by_plan_change: event.byPlanChange };
  }
  return event.kind === 'promotion' ? { ...said, plan: event.plan } : { ...said, limit_name: event.limitName };
}

// Lives through the steps of one file.
class Player {
  #receipts = new Map();

  constructor(vector) {
    const policy = vector.policy_file === undefined ? vector.policy_text : readFileSync(path.join(ROOT, vector.policy_file));
    const { stance } = vector;
    this.engine = new Engine({ policy, stance, clock: 'manual', now: BigInt(vector.start), receiptTtl: 400 * DAY });
  }

  answer(number, step) {
    const now = BigInt(step.now);
    this.engine.setClock(now);
    let answer;
    try {
      answer = this[step.call](number, step, now);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      answer = { error: error.code };
    }
    return { events: this.engine.events().map(eventOf), ...answer };
  }

  decide(number, step, now) {
    const operation = this.engine.operation(step.operation);
    const quantities = Object.fromEntries(operation.quantities.map((name, i) => [name, step.quantities[i]]));
    const options = { now, details: true, peek: step.peek, receipt: step.receipt, idempotencyKey: step.idempotency_key };
    if (operation.quantities.length > 0) options.quantities = quantities;
    let decision;
    for (let i = 0; i < (step.times ?? 1); ++i) decision = operation.decide(step.values, options);
    if (decision.receipt !== null && !decision.replayed) this.#receipts.set(number, [decision.receipt, operation]);
    return {
      outcome: decision.outcome,
      denial: decision.denial,
      wait_kind: decision.waitKind,
      retry_after: String(decision.retryAfterNs ?? 0n),
      largest_cost: decision.largestCost,
      replayed: decision.replayed,
      receipt: decision.receipt !== null,
      named: rowOf(decision),
      details: decision.replayed ? null : decision.details.map(rowOf),
    };
  }

  #settle(step, settle) {
    const found = this.#receipts.get(step.receipt);
    if (found === undefined) return { settled: false };
    try {
      settle(...found);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      return { settled: false };
    }
    return { settled: true };
  }

  refund(number, step, now) {
    return this.#settle(step, (receipt) => receipt.refund({ now }));
  }

  commit(number, step, now) {
    return this.#settle(step, (receipt, { quantities }) =>
      receipt.commit(Object.fromEntries(quantities.map((name, i) => [name, step.quantities[i]])), { now }),
    );
  }

  usage(number, step, now) {
    return {
      rows: this.engine
        .usageRows(subjectOf(step.with), { now })
        .map((row) => rowOf({ ...row, opensAtNs: null, resetsAtNs: row.resetsAtNs }).slice(0, -1)),
    };
  }

  set_plan(number, { with: given }, now) {
    return this.engine.setPlan(subjectOf(given), given.plan, { now });
  }
  set_amount(number, { with: given }, now) {
    return this.engine.setAmount(subjectOf(given), given.limit, given.amount, { now });
  }
  set_billing(number, { with: given }, now) {
    return this.engine.setBilling(subjectOf(given), {
      day: given.day,
      timeOfDay: given.time,
      zone: given.zone ?? undefined,
      now,
    });
  }
  report_throttled(number, { with: given }, now) {
    return this.engine.reportThrottled(subjectOf(given), given.limit, BigInt(given.retry_after), { now });
  }
  clear_throttle(number, { with: given }, now) {
    return this.engine.clearThrottle(subjectOf(given), given.limit, { now });
  }
  report_quality(number, { with: given }, now) {
    return this.engine.reportQuality(subjectOf(given), given.quality, { now });
  }
}

const inOrder = (answer) => ({
  ...answer,
  events: answer.events.map((event) => JSON.stringify(event, Object.keys(event).sort())).sort(),
});

function agrees(answer, expected) {
  if (expected.error !== undefined) return expected.error.includes(answer.error) && answer.events.length === 0;
  try {
    assert.deepEqual(inOrder(answer), inOrder(expected));
    return true;
  } catch {
    return false;
  }
}

// The step that is not answered as expected, and its answer.
function firstDifference(vector) {
  const player = new Player(vector);
  try {
    for (const [number, step] of vector.steps.entries()) {
      const answer = player.answer(number, step);
      if (!agrees(answer, step.expect)) return { number, answer, step };
    }
    return null;
  } finally {
    player.engine.close();
  }
}

for (const file of FILES) {
  test(`every step of ${file} is answered as the file says`, () => {
    assert.equal(firstDifference(read(file)), null);
  });

  test(`one altered expectation of ${file} is reported`, () => {
    const vector = read(file);
    const fields = new Map();
    vector.steps.forEach((step, number) =>
      Object.keys(step.expect).forEach((field) => fields.has(field) || fields.set(field, number)),
    );
    for (const [field, number] of fields) {
      const { expect } = vector.steps[number];
      const kept = expect[field];
      expect[field] = field === 'events' ? [{ kind: 'another' }] : Array.isArray(kept) ? ['another'] : 'another';
      assert.equal(firstDifference(vector)?.number, number, field);
      expect[field] = kept;
    }
  });
}

test('there are vectors', () => assert.ok(FILES.length >= 22));
