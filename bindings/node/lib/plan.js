// SPDX-License-Identifier: Apache-2.0
// The planner: how many lines a traffic needs, and how long a campaign takes, by running the engine on virtual time.
'use strict';

const check = require('./check.js');
const { rangeError, typeError } = require('./errors.js');
const { parse, renamed } = require('./json.js');
const native = require('./native.js');
const { policyOf } = require('./policy.js');

const COMMON = ['policy', 'stance', 'zoneinfoDir', 'operation', 'plans', 'rate'];
const LINES = new Set([
  ...COMMON,
  'wait',
  'percentile',
  'arrivals',
  'sticky',
  'recipients',
  'skew',
  'seed',
  'messages',
  'mostLines',
]);
const CAMPAIGN = new Set([...COMMON, 'recipients', 'inConversation', 'lines', 'startsAt', 'duration', 'share']);
const ARRIVALS = ['poisson', 'even'];

const LINE_TIMES = { instants: [], spans: ['wait', 'simulated'] };
const ROW_TIMES = { instants: [], spans: ['p50', 'p95', 'p99', 'at_percentile', 'longest', 'mean'] };
const PLAN_TIMES = { instants: ['starts_at', 'finishes_at'], spans: ['unhindered', 'spread'] };
const PLANNED_LINE_TIMES = { instants: ['first_at', 'last_at'], spans: [] };
const BLOCKER_TIMES = { instants: ['first_at', 'last_until'], spans: ['held'] };

// 99 as 9900; no more than two digits behind the point, since there are no more in the engine.
function hundredths(field, given, most, least = 0.01) {
  if (typeof given !== 'number') throw typeError(field, `must be a number, not ${check.told(given)}`);
  const scaled = Math.round(given * 100);
  if (given >= least && given <= most && Math.abs(given * 100 - scaled) < 1e-6) return scaled;
  throw rangeError(field, `must be from ${least} to ${most}, in hundredths, not ${given}`);
}

// 0 stands for a default in the C ABI; here it is a number too small.
function positive(field, given) {
  if (given === 0) throw rangeError(field, 'must be at least 1, not 0');
  return given;
}

function textOf(field, given) {
  if (given !== undefined && check.text(field, given) === '') throw rangeError(field, 'must not be empty');
  return given;
}

function plansOf(plans) {
  if (plans === undefined) return undefined;
  return Object.entries(check.record('plans', plans)).map(([dimension, plan]) => [
    dimension,
    check.text(`plans.${dimension}`, plan),
  ]);
}

function common(asked) {
  const policy = policyOf(asked.policy, asked.stance, asked.zoneinfoDir);
  return {
    policy: policy.bytes,
    stance: policy.stance,
    zoneinfoDir: policy.zoneinfoDir || undefined,
    operation: textOf('operation', asked.operation),
    plans: plansOf(asked.plans),
    rate: textOf('rate', asked.rate),
  };
}

// How many lines let so many of the messages wait at most so long.
function planLines(question) {
  const asked = check.options(check.record('question', question), LINES);
  if (asked.wait === undefined) throw typeError('wait', 'must be a number of ms or a bigint of ns, not undefined');
  check.text('rate', asked.rate);
  const told = parse(
    native.planLines({
      ...common(asked),
      wait: asked.wait,
      percentile: hundredths('percentile', asked.percentile ?? 99, 100),
      arrivals: check.choice('arrivals', asked.arrivals ?? 'poisson', ARRIVALS),
      sticky: Number(check.flag('sticky', asked.sticky)),
      recipients: positive('recipients', asked.recipients ?? 1_000),
      skew: hundredths('skew', asked.skew ?? 0, 5, 0),
      seed: asked.seed ?? 1,
      messages: positive('messages', asked.messages ?? 50_000),
      mostLines: asked.mostLines === undefined ? undefined : positive('mostLines', asked.mostLines),
    }),
  );
  const plan = renamed(told, LINE_TIMES);
  plan.rows = told.rows.map((row) => renamed(row, ROW_TIMES));
  return plan;
}

function campaignPlanOf(text) {
  const told = parse(text);
  const plan = renamed(told, PLAN_TIMES);
  plan.lines = told.lines.map((line) => renamed(line, PLANNED_LINE_TIMES));
  plan.blockers = told.blockers.map((blocker) => renamed(blocker, BLOCKER_TIMES));
  return plan;
}

// What a campaign is, without its policy and its lines.
const spread = (asked) => ({
  startsAt: asked.startsAt,
  duration: asked.duration,
  share: hundredths('share', asked.share ?? 50, 100),
});

// When a message to each of so many recipients has left, and what held them.
function planCampaign(question) {
  const asked = check.options(check.record('question', question), CAMPAIGN);
  return campaignPlanOf(
    native.planCampaign({
      ...common(asked),
      ...spread(asked),
      startsAt: asked.startsAt ?? Date.now(),
      recipients: positive('recipients', asked.recipients),
      inConversation: asked.inConversation,
      lines: positive('lines', asked.lines ?? 1),
    }),
  );
}

// Of a running engine: `to` and `lines` are keys, `values` the operation's in its order.
function planCampaignOn(core, operation, recipients, values, asked) {
  const to = typeof recipients === 'number' ? [] : check.list('recipients', recipients);
  const question = {
    operation,
    rate: textOf('rate', asked.rate),
    ...spread(asked),
    recipients: positive('recipients', typeof recipients === 'number' ? recipients : to.length),
  };
  return campaignPlanOf(core.native.planCampaign(question, values, check.list('lines', asked.lines ?? []), to));
}

module.exports = { planCampaign, planCampaignOn, planLines };
