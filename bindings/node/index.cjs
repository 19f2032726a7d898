// SPDX-License-Identifier: Apache-2.0
// Sluice decides whether a message may go now, later or not at all. README.md is where to begin.
'use strict';

const { Decisions } = require('./lib/batch.js');
const { Campaign, CampaignStatus } = require('./lib/campaign.js');
const { Decision, LimitDetail } = require('./lib/decision.js');
const { Due } = require('./lib/due.js');
const { Engine } = require('./lib/engine.js');
const errors = require('./lib/errors.js');
const { Event } = require('./lib/event.js');
const { Explanation } = require('./lib/explanation.js');
const { Held, MessageStatus } = require('./lib/held.js');
const { HttpAnswer } = require('./lib/http.js');
const { Lease, NotAttempted, PermanentFailure, Settled, Throttled } = require('./lib/lease.js');
const native = require('./lib/native.js');
const { Operation } = require('./lib/operation.js');
const { planCampaign, planLines } = require('./lib/plan.js');
const { Finding, Policy } = require('./lib/policy.js');
const { Receipt } = require('./lib/receipt.js');

// In Decisions.retryAfterNs: a wait that never ends, and one until something is released.
const NEVER = 2n ** 63n - 1n;
const ON_RELEASE = 2n ** 63n - 2n;

exports.NEVER = NEVER;
exports.ON_RELEASE = ON_RELEASE;
exports.version = native.version;
exports.Campaign = Campaign;
exports.CampaignStatus = CampaignStatus;
exports.ClosedError = errors.ClosedError;
exports.ConflictError = errors.ConflictError;
exports.Decision = Decision;
exports.Decisions = Decisions;
exports.Due = Due;
exports.Engine = Engine;
exports.Event = Event;
exports.Explanation = Explanation;
exports.Finding = Finding;
exports.ForkedError = errors.ForkedError;
exports.HandleError = errors.HandleError;
exports.Held = Held;
exports.HttpAnswer = HttpAnswer;
exports.InvalidRequestError = errors.InvalidRequestError;
exports.Lease = Lease;
exports.LimitDetail = LimitDetail;
exports.MemoryCapError = errors.MemoryCapError;
exports.MessageStatus = MessageStatus;
exports.NotAttempted = NotAttempted;
exports.NotFoundError = errors.NotFoundError;
exports.Operation = Operation;
exports.PermanentFailure = PermanentFailure;
exports.Policy = Policy;
exports.PolicyError = errors.PolicyError;
exports.Receipt = Receipt;
exports.Settled = Settled;
exports.SluiceError = errors.SluiceError;
exports.StaleLeaseError = errors.StaleLeaseError;
exports.Throttled = Throttled;
exports.TimeError = errors.TimeError;
exports.TooManyError = errors.TooManyError;
exports.UnsetError = errors.UnsetError;
exports.WouldResetError = errors.WouldResetError;
exports.planCampaign = planCampaign;
exports.planLines = planLines;
