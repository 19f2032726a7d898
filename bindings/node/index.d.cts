// SPDX-License-Identifier: Apache-2.0
// Types of index.cjs, written by hand; tests/node/types has what must compile and what must not. README.md says what it is for.
/// <reference types="node" />

/** An instant: ms since 1970 as a whole number, a Date, or ns as a bigint. */
export type Instant = number | Date | bigint;
/** A span: ms as a whole number, or ns as a bigint. */
export type Duration = number | bigint;
/** A key: 1 to 1,024 bytes; a string is its UTF-8. */
export type Key = string | Uint8Array;
/** The values of a request by dimension, or in declared order; the one that repeats may be a list. */
export type Values =
  { readonly [dimension: string]: Key | readonly Key[] | undefined } | readonly (Key | readonly Key[] | undefined)[];
/** A subject: the dimensions of its scope, in any order. */
export type Subject = { readonly [dimension: string]: Key };
/** Units by the name of the quantity: whole numbers below 2^48. */
export type Quantities = { readonly [quantity: string]: number };
/** An amount as a policy writes it: 200, "80/s", "unlimited", "blocked", { amount: 200, thresholds: [80] }; null: the plan's again. */
export type Amount = number | string | { readonly [field: string]: unknown } | null;
/** A share of a whole: "50%", or hundredths of a percent (5000). */
export type Share = string | number;

export type Outcome = 'allowed' | 'denied' | 'would_queue';
export type Denial =
  'never' | 'blocked' | 'quota' | 'gauge' | 'distinct' | 'pool' | 'upstream' | 'depth' | 'rate' | 'memory' | 'unknown';
export type WaitKind = 'none' | 'exact' | 'bound' | 'unknown' | 'never';
export type MessageClass = 'urgent' | 'reply' | 'transactional' | 'bulk';
export type MessageState =
  'scheduled' | 'waiting' | 'parked' | 'leased' | 'unknown' | 'sent' | 'failed' | 'expired' | 'cancelled' | 'aborted' | 'dead';
/** What came of a lease that was not sent: see Lease.nack. */
export type NackOutcome = 'retry' | 'throttled' | 'not_attempted' | 'failed' | 'line_bad';
export type LineState = 'active' | 'warming' | 'paused' | 'draining' | 'suspended' | 'removed';
export type OnSuspend = 'hold' | 'move_new' | 'move_all' | 'fail';
export type Sticky = 'fresh' | 'existing' | 'moved' | 'spilled' | 'unknown';

/** The version of the core. */
export const version: string;
/** In Decisions.retryAfterNs: a wait that never ends. */
export const NEVER: bigint;
/** In Decisions.retryAfterNs: a wait until something is released. */
export const ON_RELEASE: bigint;

// ---- errors -----------------------------------------------------------------------------------------------------------------

/** A call that failed, in the engine's words; nothing has changed. `code` is the name of the C ABI's status. A wrong type is a
 * TypeError, a number out of its range a RangeError, both with Node's codes and a `field`. */
export class SluiceError extends Error {
  readonly code: string;
  readonly field?: string;
}
/** SLUICE_E_INVALID: an argument is wrong; the message names it. */
export class InvalidRequestError extends SluiceError {}
/** SLUICE_E_HANDLE: the engine is not there. */
export class HandleError extends SluiceError {}
/** The engine has been closed, or there is none with this id. */
export class ClosedError extends HandleError {}
/** SLUICE_E_NO_MEMORY: the memory cap, or the host. */
export class MemoryCapError extends SluiceError {}
/** SLUICE_E_NOT_FOUND: an unknown name; a receipt that is settled or expired; a message that has ended. */
export class NotFoundError extends SluiceError {}
/** SLUICE_E_POLICY */
export class PolicyError extends SluiceError {
  /** Everything that was found, warnings too, in the order of the text. */
  readonly findings: Finding[];
}
/** SLUICE_E_TIME: out of range, or more than a day ahead. */
export class TimeError extends SluiceError {}
/** SLUICE_E_CONFLICT: the idempotency key was used for another request. */
export class ConflictError extends SluiceError {}
/** SLUICE_E_UNSET: a `custom` amount was not set for this subject. */
export class UnsetError extends SluiceError {}
/** SLUICE_E_FORKED */
export class ForkedError extends SluiceError {}
/** SLUICE_E_WOULD_RESET: the new policy would drop state; the message lists the limits. */
export class WouldResetError extends SluiceError {}
/** SLUICE_E_TOO_MANY */
export class TooManyError extends SluiceError {}
/** SLUICE_E_STALE: the lease has ended and the message gone on; of a cancel, the message is leased. */
export class StaleLeaseError extends SluiceError {}

// ---- policies ---------------------------------------------------------------------------------------------------------------

/** One thing said about a policy's text. String(finding) tells it with its place. */
export class Finding {
  private constructor();
  readonly severity: 'error' | 'warning' | 'note';
  /** From 1; 0 when the whole text is meant. */
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly excerpt: string;
}

export interface PolicyOptions {
  /** "enforce" unless said, or "comply". */
  stance?: string;
  /** Where the time zones are; TZDIR, else the system's, unless said. */
  zoneinfoDir?: string;
}

/** A policy's text that has been found valid in one stance. */
export class Policy {
  /** Throws PolicyError with every finding. */
  constructor(text: string | Uint8Array, options?: PolicyOptions);
  /** The policy of a file. */
  static open(path: string | URL, options?: PolicyOptions): Promise<Policy>;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly stance: string;
  readonly stances: string[];
  readonly name: string;
  readonly zoneinfoDir: string;
  /** Warnings and notes; errors throw. */
  readonly findings: Finding[];
  /** The policy resolved, in the shape of docs/policy-description.md. */
  readonly description: any;
  /** Everything to be said about the text in a stance, errors too. */
  check(stance?: string): Finding[];
}

// ---- decisions --------------------------------------------------------------------------------------------------------------

export interface RequestOptions {
  /** The operation's quantities by name, all of them. */
  quantities?: Quantities | undefined;
  /** The engine's clock unless said. */
  now?: Instant | undefined;
  /** Ask without charging anything. */
  peek?: boolean | undefined;
  /** It has happened: everything is charged and nothing denies. */
  force?: boolean | undefined;
  /** 1 to 255 bytes; the same key and request within 24 h get the first answer again. */
  idempotencyKey?: Key | undefined;
}

export interface DecideOptions extends RequestOptions {
  /** An allowed decision gets a Receipt. */
  receipt?: boolean | undefined;
  /** The decision says how every limit stood. */
  details?: boolean | undefined;
}

/** How one limit of one subject stood. */
export class LimitDetail {
  private constructor();
  readonly limitName: string;
  /** Whether this limit had room. */
  readonly passed: boolean;
  readonly denial: Denial | null;
  readonly waitKind: WaitKind;
  /** Units it admits; null when it is unlimited. */
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
  readonly resetsAt: number | null;
  readonly resetsAtNs: bigint | null;
  readonly opensAt: number | null;
  readonly opensAtNs: bigint | null;
  /** Position among the operation's charges. */
  readonly charge: number;
  /** For a charge per repeated value: the position of the value. */
  readonly subject: number;
}

/** One answer of an engine. An object is always true: ask `allowed`. */
export class Decision {
  private constructor();
  readonly allowed: boolean;
  readonly outcome: Outcome;
  readonly denial: Denial | null;
  /** The limit that refused, else the operation's first. */
  readonly limitName: string | null;
  readonly waitKind: WaitKind;
  /** ms, rounded up, until the same request passes; 0 when allowed; null when no wait is known to help. */
  readonly retryAfterMs: number | null;
  readonly retryAfterNs: bigint | null;
  /** Whole seconds for a Retry-After header: rounded up, at least 1 when not allowed. */
  readonly retryAfterSeconds: number | null;
  /** With waitKind "never": the largest cost that could pass. */
  readonly largestCost: number | null;
  /** Of the limit named; null when it is unlimited. */
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
  readonly resetsAt: number | null;
  readonly resetsAtNs: bigint | null;
  readonly opensAt: number | null;
  readonly opensAtNs: bigint | null;
  /** The instant decided at, rounded down. */
  readonly now: number;
  readonly nowNs: bigint;
  readonly replayed: boolean;
  readonly overflowed: boolean;
  /** The line that the operation's pool chose, or was given. */
  readonly line: string | null;
  readonly receipt: Receipt | null;
  readonly details: LimitDetail[];
  /** It as status, headers and body. A dialect that tells of limits by name needs `details: true` where it was decided. */
  http(options?: HttpOptions): HttpAnswer;
}

/** Names what an allowed decision took. */
export class Receipt {
  private constructor();
  readonly id: number;
  /** Gives everything back, and ends the receipt. */
  refund(options?: { now?: Instant }): void;
  /** Settles with the actual quantities, and ends the receipt. */
  commit(quantities: Quantities, options?: { now?: Instant }): void;
}

/** Requests in arrays: key i is the bytes of `keys` from offsets[i] to offsets[i + 1]; a request is its values in declared order. */
export interface PackedRequests {
  readonly keys: Uint8Array;
  readonly offsets: Uint32Array;
  /** For each request how many keys its repeated dimension has, in its place; one each unless given. */
  readonly repeats?: Uint32Array | undefined;
  /** For each request its quantities in declared order. */
  readonly quantities?: Float64Array | undefined;
}

export interface DecideManyOptions {
  /** For each request, when the requests are not packed. */
  quantities?: readonly Quantities[] | undefined;
  now?: Instant | undefined;
  peek?: boolean | undefined;
  force?: boolean | undefined;
  /** Answers of an earlier batch, to be written over. */
  out?: Decisions | undefined;
}

/** The answers of a batch, as arrays and each by position. */
export class Decisions implements Iterable<BatchAnswer> {
  constructor(length: number);
  readonly length: number;
  /** 0 allowed, 1 denied, 2 would queue, negative: failed. */
  readonly status: Int32Array;
  readonly limitId: Int32Array;
  /** 0 when allowed; NEVER, ON_RELEASE. */
  readonly retryAfterNs: BigInt64Array;
  /** Rounded up; Infinity when no wait is known to help, NaN when it failed. */
  readonly retryAfterMs: Float64Array;
  /** Of the limit named; Infinity when it is unlimited. */
  readonly remaining: Float64Array;
  at(i: number): BatchAnswer;
  [Symbol.iterator](): Iterator<BatchAnswer>;
}

export interface BatchAnswer {
  readonly allowed: boolean;
  readonly outcome: Outcome | 'failed';
  readonly limitName: string | null;
  readonly remaining: number | null;
  readonly retryAfterMs: number | null;
  readonly error: SluiceError | null;
}

/** An operation of an engine, resolved once; it stays valid over a reload. */
export class Operation {
  private constructor();
  readonly name: string;
  /** The dimensions that it takes, in order. */
  readonly values: string[];
  readonly quantities: string[];
  /** The dimension that may be a list. */
  readonly repeats: string | null;
  /** One number, nothing allocated: 0 when allowed, else the ms to wait, Infinity when no wait is known to help. */
  tryAcquire(...values: (Key | readonly Key[])[]): number;
  tryAcquireWith(values: Values, options?: RequestOptions): number;
  decide(values: Values, options?: DecideOptions): Decision;
  peek(values: Values, options?: Omit<DecideOptions, 'peek'>): Decision;
  /** It has happened: everything is charged and nothing denies. */
  recordInbound(values: Values, options?: Omit<DecideOptions, 'force'>): Decision;
  /** What a peek would answer and why, as a text. */
  explain(values: Values, options?: Pick<RequestOptions, 'quantities' | 'now' | 'force'>): string;
  /** Lays requests out for decideMany. */
  pack(
    requests: readonly (Key | readonly (Key | readonly Key[] | undefined)[])[],
    quantities?: readonly Quantities[],
  ): PackedRequests;
  decideMany(
    requests: PackedRequests | readonly (Key | readonly (Key | readonly Key[] | undefined)[])[],
    options?: DecideManyOptions,
  ): Decisions;
  enqueue(values: Values, options?: EnqueueOptions): Held;
  peekEnqueue(values: Values, options?: EnqueueOptions): Held;
  enqueueMany(messages: readonly NewMessage[], options?: { now?: Instant }): Held[];
}

// ---- answers over HTTP ------------------------------------------------------------------------------------------------------

/** In which words an answer is. "policy": as its `dialect` says. "x-ratelimit": X-RateLimit-Limit, -Remaining and -Reset as an
 * instant; "x-ratelimit-delta": -Reset in seconds to go. "ratelimit": RateLimit and RateLimit-Policy. "retry-ms": retry-after-ms.
 * "problem": a body of RFC 9457. */
export type DialectName = 'policy' | 'x-ratelimit' | 'x-ratelimit-delta' | 'ratelimit' | 'retry-ms' | 'problem';

export interface AnswerTerms {
  /** One or several together; the policy's own unless said. */
  dialects?: DialectName | readonly DialectName[] | undefined;
  /** Texts for what the policy's dialect calls given: up to 64, of whole characters, without a NUL. */
  given?: { readonly [name: string]: string } | undefined;
}

export interface HttpOptions extends AnswerTerms {
  /** What was asked for, again, where the dialect tells it: a decision does not keep it. */
  values?: Values | undefined;
  quantities?: Quantities | undefined;
}

/** Status, headers and body, the same bytes in every language: response.writeHead(status, headers.flat()).end(body). */
export class HttpAnswer {
  private constructor();
  readonly status: number;
  /** Names and values in their order; names in the case that the policy gives them, values of visible ASCII and spaces. */
  readonly headers: [name: string, value: string][];
  /** Empty: none. */
  readonly body: Buffer;
  /** Whether coming again makes sense: false when it is allowed, or no wait that a client can bear helps. */
  readonly retry: boolean;
  /** The wait advised, of whole seconds; null when none is known to help. */
  readonly retryAfterMs: number | null;
  readonly retryAfterNs: bigint | null;
  /** The value of the first header of that name, whatever its case. */
  header(name: string): string | null;
}

// ---- queue ------------------------------------------------------------------------------------------------------------------

export interface MessageOptions {
  /** Any bytes, handed back by the lease; a string is its UTF-8. */
  payload?: Key | undefined;
  /** The operation's own unless said. */
  messageClass?: MessageClass | undefined;
  /** Not before. */
  sendAt?: Instant | undefined;
  /** Not at or after. */
  expiresAt?: Instant | undefined;
  campaign?: Campaign | number | undefined;
  /** By whose clocks the hours of its class are: "Europe/Paris"; up to 16 with commas between. */
  zone?: string | undefined;
  quantities?: Quantities | undefined;
  idempotencyKey?: Key | undefined;
}

export interface EnqueueOptions extends MessageOptions {
  now?: Instant | undefined;
  details?: boolean | undefined;
}

export interface NewMessage extends MessageOptions {
  values: Values;
}

/** The answer to an enqueue: `held` says whether the engine holds the message; if not, its decision says why. */
export class Held {
  private constructor();
  readonly held: boolean;
  /** The message's number, never used again. */
  readonly message: number | null;
  readonly state: MessageState | null;
  readonly depth: number;
  /** Of an element of enqueueMany that failed. */
  readonly error: SluiceError | null;
  /** Of an operation with a pool: the line it goes by. */
  readonly line: string | null;
  readonly sticky: Sticky | null;
  /** Of a peek: 1 is the next of its line. */
  readonly position: number | null;
  readonly eta: number | null;
  readonly etaNs: bigint | null;
  readonly etaKind: WaitKind | null;
  readonly expiresAt: number | null;
  readonly expiresAtNs: bigint | null;
  /** What was decided. Of an element that failed, throws its error. */
  readonly decision: Decision;
  /** It as status, headers and body: queued, when the engine holds it. Of an element that failed, throws its error. */
  http(options?: HttpOptions): HttpAnswer;
}

export class MessageStatus {
  private constructor();
  readonly message: number;
  readonly state: MessageState;
  readonly messageClass: MessageClass;
  readonly operation: string | null;
  /** Leases after which it may have been sent. */
  readonly tries: number;
  /** Leases so far. */
  readonly fence: number;
  readonly depth: number;
  readonly position: number | null;
  readonly due: number | null;
  readonly dueNs: bigint | null;
  readonly expiresAt: number | null;
  readonly expiresAtNs: bigint | null;
  readonly eta: number | null;
  readonly etaNs: bigint | null;
  readonly etaKind: WaitKind;
  readonly line: string;
}

export interface LeaseOptions {
  /** At most so many; 100 unless said (of `due`: 1), up to 65,536. */
  most?: number | undefined;
  /** How long the leases last, up to a day; as the policy says unless said. */
  ttl?: Duration | undefined;
  now?: Instant | undefined;
  /** Bytes of values and payloads that are taken at a time. */
  buffer?: number | undefined;
  /** Only of these lines. */
  lines?: readonly Key[] | undefined;
  /** Only of the lines that this pool has for `by`. */
  pool?: string | undefined;
  by?: Subject | undefined;
}

export interface DueOptions extends Omit<LeaseOptions, 'now'> {
  /** Ends the iteration with its reason. */
  signal?: AbortSignal | undefined;
  /** A wait keeps the process alive; it does not unless said. */
  ref?: boolean | undefined;
}

/** What is due, lease after lease, asleep in between. */
export class Due implements AsyncIterable<Lease> {
  private constructor();
  /** Ends every iteration after the lease it is at; once and for all. */
  stop(): void;
  [Symbol.asyncIterator](): AsyncIterableIterator<Lease>;
}

/** One message, handed out to be sent. Who holds it says what came of it before `until`; else it is delivered again. */
export class Lease {
  private constructor();
  readonly message: number;
  /** Which of the message's leases this is, from 1. */
  readonly fence: number;
  readonly attempt: number;
  /** An earlier lease ended without a word: it may have been sent before. */
  readonly redelivered: boolean;
  /** null: of a policy that this thread never knew. */
  readonly operation: string | null;
  readonly messageClass: MessageClass;
  /** By dimension; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly values: { readonly [dimension: string]: string };
  /** In the operation's declared order. */
  readonly rawValues: Buffer[];
  readonly quantities: Quantities;
  readonly payload: Buffer;
  readonly campaign: number | null;
  /** Since when it could have gone. */
  readonly due: number;
  readonly dueNs: bigint;
  /** When the lease ends. */
  readonly until: number;
  readonly untilNs: bigint;
  readonly expiresAt: number | null;
  readonly expiresAtNs: bigint | null;
  readonly settled: boolean;
  /** It was sent. */
  ack(options?: { now?: Instant }): void;
  /** "retry": it may or may not have been sent; "throttled": its line waits; "not_attempted"; "failed": for good; "line_bad". */
  nack(outcome: NackOutcome, options?: { retryAfter?: Duration | undefined; now?: Instant | undefined }): void;
  /** The lease ends so long from now; answers when that is. */
  extend(ttl: Duration, options?: { now?: Instant }): number;
  /** Acks when the callback returns; NotAttempted, Throttled and PermanentFailure are told and go no further (undefined is
   * answered), anything else it throws is told as "retry" and goes on. */
  run<Answer>(send: (lease: Lease) => Answer | PromiseLike<Answer>): Promise<Answer | undefined>;
}

/** Thrown in Lease.run: nothing was tried; the message goes back to its place. */
export class NotAttempted extends Error {}
/** Thrown in Lease.run: the provider refused for now; the message's line waits `retryAfter`. */
export class Throttled extends Error {
  constructor(retryAfter: Duration, message?: string);
  readonly retryAfter: Duration;
}
/** Thrown in Lease.run: the message will never go. */
export class PermanentFailure extends Error {}

/** What became of one of the leases given to settle. */
export class Settled {
  private constructor();
  readonly state: MessageState | null;
  readonly error: SluiceError | null;
}

/** A lease by its name, as another thread may have sent it. */
export type LeaseName = Pick<Lease, 'message' | 'fence'>;

/** One rule that holds a message now. What a rule has beside is in docs/queue.md. String(hold) tells it in words. */
export interface Hold {
  readonly rule: string;
  readonly until: number | null;
  readonly untilNs: bigint | null;
  readonly untilKind: 'exact' | 'bound' | 'on_release' | 'unknown';
  readonly ahead?: number;
  readonly message?: number;
  readonly campaign?: number;
  readonly name?: string | null;
  readonly share?: number;
  readonly rate?: string | null;
  readonly state?: string | null;
  readonly reason?: string | null;
  readonly limit?: string;
  readonly subject?: string;
  readonly zone?: string;
  readonly used?: number;
  readonly amount?: number;
}

/** Every rule that holds a message, in the order of their ends. String(explanation) tells it in words. */
export class Explanation implements Iterable<Hold> {
  private constructor();
  readonly message: number;
  readonly state: MessageState;
  readonly line: string;
  readonly position: number | null;
  readonly eta: number | null;
  readonly etaNs: bigint | null;
  readonly etaKind: WaitKind;
  readonly holds: Hold[];
  [Symbol.iterator](): Iterator<Hold>;
}

// ---- pools and campaigns ----------------------------------------------------------------------------------------------------

export interface LineOptions {
  state?: LineState | undefined;
  /** Its share of new recipients, up to 1,000,000; 1 unless said. */
  weight?: number | undefined;
  pausedUntil?: Instant | undefined;
  onSuspend?: OnSuspend | undefined;
  reason?: string | undefined;
  /** A value for each dimension of the pool's `by`. */
  by?: Subject | undefined;
  now?: Instant | undefined;
}

export interface Line {
  readonly line: string;
  readonly state: LineState;
  readonly reason: string | null;
  readonly pausedUntil: number | null;
  readonly pausedUntilNs: bigint | null;
  readonly weight: number;
  readonly depth: number;
  readonly expectedWaitMs: number | null;
  readonly expectedWaitNs: bigint | null;
  readonly recipients: number;
}

/** What became of the messages that waited on a line that was suspended or removed. */
export interface LineReport {
  readonly held: number;
  readonly moved: number;
  readonly failed: number;
}

export interface CampaignOptions {
  startsAt?: Instant | undefined;
  /** Its messages leave evenly over so long; as fast as its share allows unless said. */
  duration?: Duration | undefined;
  /** The most of a line's pace; "50%" unless said. */
  share?: Share | undefined;
  /** The most of all its lines together: "200/min". */
  rate?: string | null | undefined;
  /** After a pause it keeps its end and goes faster. */
  catchesUp?: boolean | undefined;
  /** Pauses it when so many of its last outcomes were failures. */
  pauseShare?: Share | undefined;
  pauseWindow?: number | undefined;
  messageClass?: MessageClass | undefined;
  now?: Instant | undefined;
}

export interface Ended {
  readonly sent: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
  readonly aborted: number;
  readonly dead: number;
}

export class CampaignStatus {
  private constructor();
  readonly state: 'running' | 'paused' | 'aborted' | 'finished';
  readonly sealed: boolean;
  readonly accepted: number;
  readonly queued: number;
  /** Of an abort: by this call. */
  readonly removed: number;
  readonly inFlight: number[];
  readonly ended: Ended;
  readonly rate: string | null;
  readonly rateOpensAt: number | null;
  readonly rateOpensAtNs: bigint | null;
}

export class Campaign {
  private constructor();
  readonly number: number;
  readonly name: string;
  pause(options?: { now?: Instant }): CampaignStatus;
  resume(options?: { now?: Instant }): CampaignStatus;
  /** Nothing comes to it any more: it finishes when all its messages have ended. */
  seal(options?: { now?: Instant }): CampaignStatus;
  /** Final. */
  abort(options?: { now?: Instant }): CampaignStatus;
  setRate(rate: string | null, options?: { now?: Instant }): CampaignStatus;
  status(): CampaignStatus;
}

// ---- planner ----------------------------------------------------------------------------------------------------------------

export interface PlanQuestion {
  policy: string | Uint8Array | Policy;
  stance?: string | undefined;
  zoneinfoDir?: string | undefined;
  /** The only one whose messages can be queued unless said. */
  operation?: string | undefined;
  /** The plan that all subjects of a dimension are on. */
  plans?: { readonly [dimension: string]: string } | undefined;
}

export interface LineQuestion extends PlanQuestion {
  /** How many messages come: "4/s". */
  rate: string;
  /** The longest that is accepted, ... */
  wait: Duration;
  /** ...by this percentage of the messages; 99 unless said. */
  percentile?: number | undefined;
  arrivals?: 'poisson' | 'even' | undefined;
  sticky?: boolean | undefined;
  recipients?: number | undefined;
  skew?: number | undefined;
  seed?: number | undefined;
  messages?: number | undefined;
  mostLines?: number | undefined;
}

export interface LineRow {
  readonly lines: number;
  readonly stable: boolean;
  readonly settled: boolean;
  readonly met: boolean;
  readonly p50Ms: number;
  readonly p50Ns: bigint;
  readonly p95Ms: number;
  readonly p95Ns: bigint;
  readonly p99Ms: number;
  readonly p99Ns: bigint;
  readonly atPercentileMs: number;
  readonly atPercentileNs: bigint;
  readonly longestMs: number;
  readonly longestNs: bigint;
  readonly meanMs: number;
  readonly meanNs: bigint;
  /** Shares are hundredths of a percent. */
  readonly used: number;
  readonly busiestDrew: number;
  readonly busiestUsed: number;
  readonly mostWaiting: number;
}

export interface LinePlan {
  readonly lines: number | null;
  readonly answer: string;
  readonly ruleOfThumb: number;
  readonly rule: string;
  readonly lineRate: string | null;
  readonly pacedBy: string | null;
  readonly waitMs: number;
  readonly waitNs: bigint;
  readonly percentile: number;
  readonly simulatedMs: number;
  readonly simulatedNs: bigint;
  readonly messages: number;
  readonly hottestShare: number;
  readonly rows: LineRow[];
  readonly warnings: { readonly kind: string; readonly words: string }[];
}

export interface CampaignQuestion extends PlanQuestion {
  recipients: number;
  inConversation?: number | undefined;
  lines?: number | undefined;
  startsAt?: Instant | undefined;
  duration?: Duration | undefined;
  rate?: string | undefined;
  /** In percent; 50 unless said. */
  share?: number | undefined;
}

export interface CampaignPlan {
  readonly answer: string;
  readonly startsAt: number;
  readonly startsAtNs: bigint;
  /** null: not within 400 days. */
  readonly finishesAt: number | null;
  readonly finishesAtNs: bigint | null;
  readonly messages: number;
  readonly sent: number;
  readonly unhinderedMs: number;
  readonly unhinderedNs: bigint;
  readonly spreadMs: number;
  readonly spreadNs: bigint;
  readonly lineRate: string | null;
  readonly lines: {
    readonly line: string;
    readonly messages: number;
    readonly firstAt: number | null;
    readonly firstAtNs: bigint | null;
    readonly lastAt: number | null;
    readonly lastAtNs: bigint | null;
    readonly peakShare: number | null;
  }[];
  readonly blockers: {
    readonly limit: string | null;
    readonly how: 'refused' | 'held';
    readonly forever: boolean;
    readonly times: number;
    readonly heldMs: number;
    readonly heldNs: bigint;
    readonly firstAt: number;
    readonly firstAtNs: bigint;
    readonly lastUntil: number | null;
    readonly lastUntilNs: bigint | null;
    readonly words: string;
  }[];
  readonly quota: { readonly limit: string; readonly amount: number | null; readonly before: number; readonly after: number }[];
  readonly waiting: number;
  readonly inFlight: number;
  readonly notes: string[];
}

/** How many lines let so many of the messages wait at most so long. */
export function planLines(question: LineQuestion): LinePlan;
/** When a message to each of so many recipients has left, and what held them. */
export function planCampaign(question: CampaignQuestion): CampaignPlan;

// ---- the engine -------------------------------------------------------------------------------------------------------------

export interface UsageRow {
  readonly limitName: string;
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
  /** Units above the amount: under its ceiling, or forced. */
  readonly overage: number;
  readonly periodBegins: number | null;
  readonly periodBeginsNs: bigint | null;
  readonly resetsAt: number | null;
  readonly resetsAtNs: bigint | null;
}

export class Event {
  private constructor();
  readonly kind: string;
  readonly limitName: string | null;
  readonly at: number;
  readonly atNs: bigint;
  readonly used: number;
  readonly limit: number;
  /** Of a threshold, in hundredths of a percent. */
  readonly share: number;
  readonly percent: number;
  readonly plan: string | null;
  readonly byPlanChange: boolean;
  readonly subject: string;
  readonly subjectBytes: number;
  readonly senderChange: {
    readonly recipient: string;
    readonly fromLine: string;
    readonly toLine: string;
    readonly why: string;
  } | null;
}

export interface Counters {
  readonly allowed: number;
  readonly denied: number;
  readonly wouldQueue: number;
  readonly peeked: number;
  readonly replayed: number;
  readonly refunded: number;
  readonly deniedBy: { readonly [denial in Exclude<Denial, 'unknown'>]: number };
  readonly records: number;
  readonly receipts: number;
  readonly memoryUsed: number;
  readonly memoryCap: number;
  readonly swept: number;
  readonly overflowed: number;
  readonly eventsLost: number;
  readonly messages: number;
  readonly accepted: number;
  readonly leased: number;
  readonly ended: Ended;
}

export interface EngineSettings {
  /** "enforce" unless said, or the Policy's own. */
  stance?: string | undefined;
  /** "manual": time is what setClock last said, beginning at `now`. */
  clock?: 'system' | 'manual' | undefined;
  now?: Instant | undefined;
  /** Bytes, 1 MiB to 32 GiB; 1 GiB unless said. */
  memoryCap?: number | undefined;
  /** How long an unsettled receipt lives, at most 400 days; 24 h unless said. */
  receiptTtl?: Duration | undefined;
  eventCapacity?: number | undefined;
  shards?: number | undefined;
  zoneinfoDir?: string | undefined;
}

export interface EngineOptions extends EngineSettings {
  /** Its text, or a Policy. */
  policy: string | Uint8Array | Policy;
}

/** Decides requests under a policy, and holds messages until they may go. */
export class Engine {
  constructor(options: EngineOptions);
  /** With the policy of a file. */
  static open(path: string | URL, options?: EngineSettings): Promise<Engine>;
  /** The engine that another thread of this process has, by its id. It lives until its last holder closes it. */
  static attach(id: number): Engine;
  /** Gives up this thread's part; the engine ends with its last. Twice does nothing. */
  close(): void;
  readonly closed: boolean;
  /** By which other threads attach. */
  readonly id: number;
  readonly policy: Policy;
  clock(): number;
  clockNs(): bigint;
  setClock(now: Instant): void;
  /** Replaces the policy at once, keeping state, for every thread. */
  reload(
    policy: string | Uint8Array | Policy,
    options?: { stance?: string | undefined; allowReset?: boolean | undefined; now?: Instant | undefined },
  ): void;

  operation(name: string): Operation;
  decide(operation: string, values: Values, options?: DecideOptions): Decision;
  /** 0 when allowed, else the ms to wait, Infinity when no wait is known to help. */
  tryAcquire(operation: string, values: Values, options?: RequestOptions): number;
  peek(operation: string, values: Values, options?: Omit<DecideOptions, 'peek'>): Decision;
  recordInbound(operation: string, values: Values, options?: Omit<DecideOptions, 'force'>): Decision;
  decideMany(
    operation: string,
    requests: PackedRequests | readonly (Key | readonly (Key | readonly Key[] | undefined)[])[],
    options?: DecideManyOptions,
  ): Decisions;
  explain(operation: string, values: Values, options?: Pick<RequestOptions, 'quantities' | 'now' | 'force'>): string;
  limitName(id: number): string | null;

  /** Decides, and answers whatever comes of it, failures included: what a server does with a request. What a stranger can send
   * wrong, such as an empty key, is answered; a wrong type or name is thrown. */
  answer(
    operation: string,
    values: Values,
    options?: AnswerTerms & Pick<RequestOptions, 'quantities' | 'now' | 'peek' | 'idempotencyKey'>,
  ): HttpAnswer;
  /** A call that failed: as the dialect says of it, else 400, 404, 409, 500 or 503. A RangeError must be about a request's values,
   * quantities or key; other misuse is the caller's alone. */
  answerFailure(error: SluiceError | RangeError, options?: AnswerTerms): HttpAnswer;
  /** What a subject has used: the dialect's answer "usage", else what usage() tells, as JSON. */
  answerUsage(subject: Subject, options?: { given?: AnswerTerms['given']; now?: Instant | undefined }): HttpAnswer;

  setPlan(subject: Subject, plan: string, options?: { now?: Instant }): void;
  setAmount(subject: Subject, limit: string, amount: Amount, options?: { now?: Instant }): void;
  /** Day 1 to 31; `timeOfDay` "02:30", or a span since midnight; UTC unless said. */
  setBilling(
    subject: Subject,
    billing: { day: number; timeOfDay?: string | Duration | undefined; zone?: string | undefined; now?: Instant | undefined },
  ): void;
  setUsage(subject: Subject, limit: string, used: number, options?: { now?: Instant }): void;
  /** Makes its limits never seen; its plan, amounts and billing stay. */
  reset(subject: Subject, options?: { now?: Instant }): void;
  /** Forgets a value of a dimension: every record that holds it. Answers how many went. */
  erase(subject: Subject, options?: { now?: Instant }): number;
  reportThrottled(subject: Subject, limit: string, retryAfter: Duration, options?: { now?: Instant }): void;
  clearThrottle(subject: Subject, limit: string, options?: { now?: Instant }): void;
  reportQuality(subject: Subject, quality: string, options?: { now?: Instant }): void;
  /** What a subject has used, grouped and worded by the limits' `reports_as`. */
  usage(subject: Subject, options?: { now?: Instant }): any;
  usageRows(subject: Subject, options?: { now?: Instant }): UsageRow[];
  listSubjects(scope: string | readonly string[]): IterableIterator<{ readonly values: string[]; readonly plan: string | null }>;
  events(): Event[];
  counters(): Counters;
  /** The counters as a text for a scrape, labelled by policy, stance, result and kind, never by a key. "openmetrics" unless said. */
  metrics(options?: { format?: 'openmetrics' | 'prometheus' | undefined }): string;
  sweep(options?: { maxRecords?: number | undefined; now?: Instant | undefined }): number;

  enqueue(operation: string, values: Values, options?: EnqueueOptions): Held;
  peekEnqueue(operation: string, values: Values, options?: EnqueueOptions): Held;
  enqueueMany(operation: string, messages: readonly NewMessage[], options?: { now?: Instant }): Held[];
  lease(options?: LeaseOptions): Lease[];
  due(options?: DueOptions): Due;
  settle(
    leases: readonly (
      LeaseName | readonly [LeaseName, 'sent' | NackOutcome] | readonly [LeaseName, 'sent' | NackOutcome, Duration | undefined]
    )[],
    options?: { now?: Instant },
  ): Settled[];
  cancel(message: number | Held, options?: { now?: Instant }): void;
  status(message: number | Held, options?: { now?: Instant }): MessageStatus;
  explainMessage(message: number | Held, options?: { now?: Instant }): Explanation;
  nextDue(): number | null;
  nextDueNs(): bigint | null;

  setLine(pool: string, line: Key, options?: LineOptions): LineReport;
  lines(pool: string, options?: { by?: Subject | undefined; now?: Instant | undefined }): Line[];
  campaign(name: string, subject: Subject, options?: CampaignOptions): Campaign;
  /** When a campaign would be through, given what the engine holds now: to whom, or how many it has not heard of. */
  planCampaign(
    operation: string,
    recipients: number | readonly Key[],
    values: Subject,
    options?: {
      lines?: readonly Key[] | undefined;
      startsAt?: Instant | undefined;
      duration?: Duration | undefined;
      rate?: string | undefined;
      share?: number | undefined;
    },
  ): CampaignPlan;
}
