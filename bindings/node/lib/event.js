// SPDX-License-Identifier: Apache-2.0
// What happened that somebody may want to hear of.
'use strict';

const { addDown } = require('./instant.js');

const KINDS = [
  undefined,
  'threshold',
  'promotion',
  'saturated',
  'memory',
  'sender_changed',
  'campaign_paused',
  'campaign_finished',
];

// As the engine words it; it cuts each name after 48 bytes.
const CHANGE = /^[^=]*=(.*): (.*) -> (.*), (\w+)$/s;

class Event {
  constructor(given, core) {
    this.kind = KINDS[given.kind] ?? `kind ${given.kind}`;
    this.limitName = core.limitName(given.limitId);
    this.used = given.used;
    this.limit = given.limit;
    this.share = given.share;
    this.plan = core.scopes.plans.get(given.subject.split('=', 1)[0])?.[given.plan] ?? null;
    this.byPlanChange = given.byPlanChange;
    this.subject = given.subject;
    this.subjectBytes = given.subjectBytes;
    addDown(this, 'at', given.at);
  }

  get percent() {
    return this.share / 100;
  }

  // Of "sender_changed": whose line changed, from which to which, and why; else null.
  get senderChange() {
    const found = this.kind === 'sender_changed' ? CHANGE.exec(this.subject) : null;
    return found === null ? null : { recipient: found[1], fromLine: found[2], toLine: found[3], why: found[4] };
  }
}

module.exports = { Event };
