// SPDX-License-Identifier: Apache-2.0
// What must compile, strictly, under every way that modules are found; lines after @ts-expect-error must not.
import {
  Decision,
  Decisions,
  Engine,
  HttpAnswer,
  Lease,
  NotAttempted,
  Policy,
  SluiceError,
  Throttled,
  planCampaign,
  planLines,
} from 'sluice';
import type { ServerResponse } from 'node:http';
import type { DialectName, Held, Instant, PackedRequests } from 'sluice';

export async function use(text: string, at: Instant): Promise<number> {
  const engine = new Engine({ policy: new Policy(text), clock: 'manual', now: at });
  const opened: Engine = await Engine.open(new URL('file:///policy.jsonc'), { stance: 'comply' });
  const send = opened.operation('send');
  const wait: number = send.tryAcquire('acme', Buffer.from('+1'), ['+2', '+3']);
  const decision: Decision = engine.decide('send', { account: 'acme', recipient: ['+2'] }, { details: true, now: 5n });
  const after: number | null = decision.retryAfterMs;
  if (!(decision instanceof Decision)) throw new TypeError();
  const exact: bigint | null = decision.retryAfterNs;
  decision.receipt?.commit({ parts: 2 }, { now: new Date() });
  const packed: PackedRequests = send.pack([['acme', '+1', ['+2']]], [{ parts: 1 }]);
  const answers: Decisions = send.decideMany(packed, { out: new Decisions(1) });
  const status: Int32Array = answers.status;
  const held: Held = engine.enqueue('send', ['acme', undefined, '+2'], { payload: 'x', sendAt: at, messageClass: 'bulk' });
  engine.cancel(held);
  engine.settle([{ message: 1, fence: 1 }, [{ message: 1, fence: 1 }, 'retry', 5n]]);
  engine.setAmount({ account: 'acme' }, 'day', { amount: 200, thresholds: [80] });
  engine.setBilling({ account: 'acme' }, { day: 31, timeOfDay: '02:30' });
  for await (const lease of engine.due({ signal: AbortSignal.timeout(5), ref: true })) {
    const sent: string | undefined = await lease.run(async (one: Lease) => one.payload.toString());
    if (sent === undefined) throw new NotAttempted();
    if (lease.redelivered) throw new Throttled(1000);
  }
  try {
    engine.campaign('spring', { account: 'acme' }, { share: '50%', duration: 1000 }).abort();
  } catch (error) {
    if (error instanceof SluiceError) return error.code.length;
  }
  const lines = planLines({ policy: text, rate: '4/s', wait: 3000 }).lines ?? 0;
  const plan = planCampaign({ policy: text, recipients: 5 }).finishesAtNs ?? 0n;
  return wait + (after ?? 0) + Number(exact) + status.length + lines + Number(plan) + Number([...answers].length);
}

export function serve(engine: Engine, response: ServerResponse, names: readonly DialectName[]): string {
  const given = { trace_id: 't-1' };
  const answers: HttpAnswer[] = [
    engine.answer('send', { account: 'acme' }, { dialects: names, given, quantities: { parts: 1 }, now: 5n }),
    engine.decide('send', ['acme']).http({ dialects: 'problem', values: ['acme'] }),
    engine.enqueue('send', ['acme']).http({ given }),
    engine.answerUsage({ account: 'acme' }, { given, now: new Date() }),
  ];
  try {
    engine.cancel(1);
  } catch (error) {
    if (error instanceof SluiceError) answers.push(engine.answerFailure(error, { dialects: ['policy', 'retry-ms'] }));
  }
  for (const { status, headers, body } of answers) response.writeHead(status, headers.flat()).end(body);
  const retry: string | null | undefined = answers[0]?.header('Retry-After');
  return (retry ?? '') + engine.metrics({ format: 'prometheus' }) + engine.metrics();
}

export function misuse(engine: Engine): void {
  // @ts-expect-error an instant is no text
  engine.setClock('now');
  // @ts-expect-error a typo of an option
  engine.decide('send', { account: 'acme' }, { recipt: true });
  // @ts-expect-error a class that there is not
  engine.enqueue('send', {}, { messageClass: 'urgnt' });
  // @ts-expect-error an engine needs a policy
  new Engine({});
  // @ts-expect-error a quantity is a number
  engine.decide('send', {}, { quantities: { parts: 1n } });
  // @ts-expect-error a wait may be unknown
  const wait: number = engine.decide('send', {}).retryAfterMs;
  void wait;
  // @ts-expect-error an engine makes its decisions
  new Decision();
  // @ts-expect-error a dialect that there is not
  engine.decide('send', {}).http({ dialects: ['x-ratelimits'] });
  // @ts-expect-error what is given is a text
  engine.answer('send', {}, { given: { trace_id: 5 } });
  // @ts-expect-error a form that there is not
  engine.metrics({ format: 'json' });
  // @ts-expect-error an answer is not written to
  engine.decide('send', {}).allowed = true;
}
