/**
 * The Lambda Runtime API, for where no managed runtime brings its own loop: asks for an event, answers it, asks again.
 *
 * AWS documents it under "Using the Lambda runtime API for custom runtimes".
 */

import type { Agent, IncomingMessage } from 'node:http';

const RUNTIME = '/2018-06-01/runtime';
const INVOCATION = `${RUNTIME}/invocation`;

/**
 * Serve events from `host:port` for ever. Rejects when the API cannot be reached.
 *
 * `afterwards` is awaited once an event was answered, and before the next one is asked for.
 */
export async function serve(
  handler: (event: unknown) => Promise<unknown>,
  afterwards: () => Promise<void>,
  api: string,
): Promise<never> {
  const agent = new (http().Agent)({ keepAlive: true, maxSockets: 1 });
  const ask = (method: 'GET' | 'POST', path: string, body?: string) => exchange(agent, api, method, path, body);
  for (;;) {
    const { response, body } = await ask('GET', `${INVOCATION}/next`);
    const id = response.headers['lambda-runtime-aws-request-id'];
    if (typeof id !== 'string') throw new Error('an invocation without an id');
    let answer: readonly [string, unknown];
    try {
      answer = ['response', await handler(JSON.parse(body))];
    } catch (error) {
      answer = ['error', errorJson(error)];
    }
    await ask('POST', `${INVOCATION}/${encodeURIComponent(id)}/${answer[0]}`, JSON.stringify(answer[1]));
    await afterwards();
  }
}

/** Tell that the function cannot start. Rejects when the API cannot be reached. */
export async function cannotStart(error: unknown, api: string): Promise<void> {
  await exchange(new (http().Agent)(), api, 'POST', `${RUNTIME}/init/error`, JSON.stringify(errorJson(error)));
}

/** An import of it would read all its exports, and so load the client of `fetch`: more than all else of a start. */
function http(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}

function errorJson(error: unknown): object {
  const { name, message } = error instanceof Error ? error : new Error('failed');
  return { errorMessage: message, errorType: name, stackTrace: [] };
}

interface Exchanged {
  readonly response: IncomingMessage;
  readonly body: string;
}

function exchange(agent: Agent, api: string, method: string, path: string, body?: string): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const asked = http().request(`http://${api}${path}`, { agent, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ response, body: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
