// SPDX-License-Identifier: Apache-2.0
// Campaigns: messages of one account that leave spread over a time, and are paused or aborted as one.
'use strict';

const check = require('./check.js');
const { rangeError, typeError } = require('./errors.js');
const { addUp } = require('./instant.js');

const NOW = new Set(['now']);
const PERCENT = /^(\d{1,3})(?:\.(\d{1,2}))?%$/;
const WHOLE = 10_000;
const UNITS = [
  ['day', 86_400_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['min', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
];

// As a policy writes it: "10/s", "200/90s".
function spelled(amount, period) {
  const [unit, span] = UNITS.find(([, each]) => period % each === 0n);
  const count = period / span;
  return `${amount}/${count === 1n ? '' : count}${unit}`;
}

class CampaignStatus {
  constructor({ rateAmount, ratePeriod, rateOpensAt, ...told }) {
    Object.assign(this, told);
    this.rate = rateAmount === 0 ? null : spelled(rateAmount, ratePeriod);
    addUp(this, 'rateOpensAt', rateOpensAt);
  }
}

// For the addon, to which an empty text is none.
function rateOf(rate) {
  if (rate === undefined || rate === null) return '';
  if (check.text('rate', rate) === '') throw rangeError('rate', 'must not be empty; leave it out for none');
  return rate;
}

// Hundredths of a percent, from 1 to 10000.
function shareOf(field, share) {
  if (typeof share !== 'number' && typeof share !== 'string') {
    throw typeError(field, `must be a string such as "50%" or a number of hundredths of a percent, not ${check.told(share)}`);
  }
  const hundredths = typeof share === 'number' ? share : hundredthsOf(share);
  if (Number.isSafeInteger(hundredths) && hundredths >= 1 && hundredths <= WHOLE) return hundredths;
  throw rangeError(field, `must be from "0.01%" to "100%" (1 to 10000 hundredths of a percent), not ${share}`);
}

function hundredthsOf(text) {
  const found = PERCENT.exec(text);
  return found === null ? 0 : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'));
}

// A campaign of an engine. Each call answers how it stands after that.
class Campaign {
  #core;

  constructor(core, number, name) {
    this.#core = core;
    this.number = number;
    this.name = name;
  }

  // Nothing of it is leased, and its time stands still; what is in flight is settled as usual.
  pause(options) {
    return this.#change('pauseCampaign', options);
  }
  // Its end has moved by the pause, or it goes faster if it `catchesUp`.
  resume(options) {
    return this.#change('resumeCampaign', options);
  }
  // Nothing comes to it any more: it finishes when all its messages have ended, which is an event.
  seal(options) {
    return this.#change('sealCampaign', options);
  }
  // From now on nothing of it is leased; what waited is `removed` and gives back what it took. Final.
  abort(options) {
    return this.#change('abortCampaign', options);
  }
  // Another rate at once, such as "200/min"; null: none.
  setRate(rate, options) {
    const { now } = check.options(options, NOW);
    return new CampaignStatus(this.#core.native.setCampaignRate(this.number, rateOf(rate), now));
  }
  status() {
    return new CampaignStatus(this.#core.native.campaignStatus(this.number));
  }

  #change(call, options) {
    const { now } = check.options(options, NOW);
    return new CampaignStatus(this.#core.native[call](this.number, now));
  }
}

module.exports = { Campaign, CampaignStatus, rateOf, shareOf };
