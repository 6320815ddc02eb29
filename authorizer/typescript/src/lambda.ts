/**
 * The Lambda function: `handler` for the managed Node.js runtime, or the whole process when it is run by itself.
 *
 * What is outside the handler runs during init, where the function has its full processor: it reads the floor, then the
 * log within its budget, and whether that succeeds or not, the first request is answered.
 */

import { randomBytes } from 'node:crypto';
import { Authorizer } from './authorizer.ts';
import { configure } from './configuration.ts';
import { Heart } from './heart.ts';
import { type Identity, Pulse } from './heartbeat.ts';
import { Follower } from './log/follow.ts';
import type { Floor } from './log/payloads.ts';
import { cannotStart, serve } from './runtime.ts';
import { VERSION } from './version.ts';

interface Started {
  readonly authorizer: Authorizer;
  readonly heart: Heart;
}

async function start(): Promise<Started> {
  const { trust, floor, source, heartbeats, initBudgetMs, readDeadlineMs } = configure(process.env);
  const pulse = new Pulse(identityOf(floor), Date.now());
  const follower = new Follower(floor, trust, source, Date.now);
  if (source !== null && !(await follower.read(initBudgetMs))) {
    process.stderr.write(`${JSON.stringify({ gateway: floor.gateway, read_failed: follower.failure })}\n`);
  }
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const heart = new Heart(pulse, follower, heartbeats, Date.now, readDeadlineMs, writeLine);
  const note = heart.decided.bind(heart);
  return { authorizer: new Authorizer(follower, Date.now, readDeadlineMs, writeLine, note), heart };
}

function identityOf({ environment, gateway, epoch, revision, issuedAt }: Floor): Identity {
  const instance = randomBytes(16).toString('hex');
  return { environment, gateway, instance, variant: 'node', version: VERSION, floor: { epoch, revision, issuedAt } };
}

const api = import.meta.main ? process.env['AWS_LAMBDA_RUNTIME_API'] : undefined;
const { authorizer, heart } = await start().catch(async (error: unknown) => {
  if (api !== undefined) await cannotStart(error, api);
  throw error;
});

/** Answer one authorizer event of API Gateway; the heart beats once the managed runtime has the answer. */
export const handler = (event: unknown) =>
  authorizer.answer(event).finally(() => setImmediate(() => void heart.beat()));

if (api !== undefined) {
  await serve(
    (event) => authorizer.answer(event),
    () => heart.beat(),
    api,
  );
}
