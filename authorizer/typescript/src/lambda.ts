/**
 * The Lambda function: `handler` for the managed Node.js runtime, or the whole process when it is run by itself.
 *
 * What is outside the handler runs during init, where the function has its full processor: it reads the floor, then the
 * log within its budget, and whether that succeeds or not, the first request is answered.
 */

import { Authorizer } from './authorizer.ts';
import { configure } from './configuration.ts';
import { Follower } from './log/follow.ts';
import { cannotStart, serve } from './runtime.ts';

async function start(): Promise<Authorizer> {
  const { trust, floor, source, initBudgetMs, readDeadlineMs } = configure(process.env);
  const follower = new Follower(floor, trust, source, Date.now);
  if (source !== null && !(await follower.read(initBudgetMs))) {
    process.stderr.write(`${JSON.stringify({ gateway: floor.gateway, read_failed: follower.failure })}\n`);
  }
  return new Authorizer(follower, Date.now, readDeadlineMs, (line) => process.stdout.write(`${line}\n`));
}

const api = import.meta.main ? process.env['AWS_LAMBDA_RUNTIME_API'] : undefined;
const authorizer = await start().catch(async (error: unknown) => {
  if (api !== undefined) await cannotStart(error, api);
  throw error;
});

/** Answer one authorizer event of API Gateway. */
export const handler = (event: unknown) => authorizer.answer(event);

if (api !== undefined) await serve(handler, api);
