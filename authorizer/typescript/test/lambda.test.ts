import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { aClient, anEvent, FIRST, Yard } from './support/yard.ts';

const BUILD = new URL('../', import.meta.url).pathname;
const SOURCE = join(BUILD, 'src', 'lambda.ts');

/** The Runtime API of one function: hands out events one by one and gives what was answered to each. */
class RuntimeApi {
  readonly #server = createServer((request, response) => this.#serve(request, response));
  readonly #asking: ServerResponse[] = [];
  readonly #answered: ((answer: unknown) => void)[] = [];
  #waiting: ((response: ServerResponse) => void) | null = null;

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async invoke(event: unknown): Promise<unknown> {
    const next = this.#asking.shift() ?? (await new Promise<ServerResponse>((resolve) => (this.#waiting = resolve)));
    const answer = new Promise((resolve) => this.#answered.push(resolve));
    next.setHeader('Lambda-Runtime-Aws-Request-Id', 'request-1').end(JSON.stringify(event));
    return answer;
  }

  /** What is said next, without an event. */
  answer(): Promise<unknown> {
    return new Promise((resolve) => this.#answered.push(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.endsWith('/next')) {
      if (this.#waiting === null) this.#asking.push(response);
      else this.#waiting(response);
      this.#waiting = null;
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.statusCode = 202;
    response.end();
    const kind = request.url?.split('/').at(-1);
    this.#answered.shift()?.({ kind, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
  }
}

async function deployed(file: string, environ: Record<string, string>) {
  const api = new RuntimeApi();
  const child = spawn(process.execPath, [file], {
    env: { ...environ, AWS_LAMBDA_RUNTIME_API: await api.listen() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const stop = () => {
    child.kill('SIGKILL');
    api.close();
  };
  after(stop);
  return { api, lines, stop };
}

test('the function answers over the Runtime API, follows the log between invocations, and writes one line each', async () => {
  const yard = new Yard();
  yard.publish(FIRST);
  const { api, lines, stop } = await deployed(SOURCE, { ...yard.deploy(), GATEFLEET_READ_DEADLINE_MS: '5000' });
  const allowed = (await api.invoke(anEvent())) as { kind: string; body: { isAuthorized: boolean; context: object } };
  assert.equal(allowed.kind, 'response');
  assert.equal(allowed.body.isAuthorized, true);
  assert.deepEqual(Object.keys(allowed.body.context), ['decision_id', 'revision', 'freshness', 'client_id', 'scopes']);
  yard.publish({ 'client/batch': aClient() });
  for (let denied = false; !denied; ) {
    const answer = (await api.invoke(anEvent())) as { body: { isAuthorized: boolean } };
    denied = !answer.body.isAuthorized;
  }
  assert.ok(lines.join('').includes('"decision":"deny","reason":"invalid_api_key","step":"client"'));
  stop();
});

test('on a REST API a failed authentication is the error Unauthorized, and nonsense does not end the process', async () => {
  const yard = new Yard();
  const gateway = structuredClone(FIRST['gateway/orders/orders']) as Record<string, unknown>;
  yard.publish({ ...FIRST, 'gateway/orders/orders': { ...gateway, api: 'rest' } });
  const { api, stop } = await deployed(SOURCE, yard.deploy());
  for (const event of [null, [], 1, 'x', {}, { version: '2.0' }, anEvent()]) {
    const answer = await api.invoke(event);
    assert.deepEqual(answer, {
      kind: 'error',
      body: { errorMessage: 'Unauthorized', errorType: 'Unauthorized', stackTrace: [] },
    });
  }
  stop();
});

test('the bundle is one module without dependencies that answers like the sources', async () => {
  const yard = new Yard();
  yard.publish(FIRST);
  const bundle = join(yard.folder, 'authorizer.mjs');
  const arguments_ = [
    '--bundle',
    '--minify',
    '--platform=node',
    '--target=node24',
    '--format=esm',
    `--outfile=${bundle}`,
  ];
  execFileSync(join(BUILD, 'node_modules', '.bin', 'esbuild'), [SOURCE, ...arguments_, '--log-level=warning']);
  const { api, stop } = await deployed(bundle, yard.deploy());
  const answer = (await api.invoke(anEvent())) as { body: { isAuthorized: boolean } };
  assert.equal(answer.body.isAuthorized, true);
  stop();
});

test('a function that cannot start says so to the Runtime API, and ends', async () => {
  const yard = new Yard();
  yard.publish(FIRST);
  const { api, stop } = await deployed(SOURCE, { ...yard.deploy(), GATEFLEET_LOG: 'kafka' });
  const { kind, body } = (await api.answer()) as { kind: string; body: { errorType: string } };
  assert.deepEqual([kind, body.errorType], ['error', 'Misconfigured']);
  stop();
});

test('an issuer on the loopback address keeps a function from starting anywhere but in development', () => {
  const issuer = {
    issuer: 'http://127.0.0.1:8000/',
    typ: ['at+jwt'],
    scope_claim: 'scope',
    client_id_claim: 'client_id',
    clock_skew: 0,
    max_lifetime: 600,
    keys: { ed: { alg: 'EdDSA', jwk: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }, state: 'active' } },
  };
  const client = { ...(aClient('orders:read') as object), issuer: 'local' };
  for (const [environment, starts] of [
    ['development', true],
    ['production', false],
  ] as const) {
    const yard = new Yard(environment);
    yard.publish({ ...FIRST, 'client/batch': client, 'issuer/local': issuer });
    const start = () => execFileSync(process.execPath, [SOURCE], { env: yard.deploy(), stdio: 'pipe' });
    if (starts) start();
    else assert.throws(start, (error: Error) => error.message.includes('issuer/local is on the loopback address'));
  }
});

test('a function that was given no floor, another trust or no log ends at once and says which variable is wrong', () => {
  const [yard, other] = [new Yard(), new Yard()];
  yard.publish(FIRST);
  other.publish(FIRST);
  const good = yard.deploy();
  const wrong: [string, Record<string, string>][] = [
    ['GATEFLEET_FLOOR', { ...good, GATEFLEET_FLOOR: join(yard.folder, 'none.json') }],
    ['GATEFLEET_FLOOR: bad_signature', { ...good, GATEFLEET_TRUST: other.deploy()['GATEFLEET_TRUST'] ?? '' }],
    ['GATEFLEET_TRUST: malformed', { ...good, GATEFLEET_TRUST: good['GATEFLEET_FLOOR'] ?? '' }],
    ['GATEFLEET_LOG', { ...good, GATEFLEET_LOG: '' }],
    ['GATEFLEET_INIT_BUDGET_MS', { ...good, GATEFLEET_INIT_BUDGET_MS: '1e3' }],
  ];
  for (const [says, environ] of wrong) {
    assert.throws(
      () => execFileSync(process.execPath, [SOURCE], { env: environ, stdio: 'pipe' }),
      (error: Error) => error.message.includes(`Misconfigured: ${says}`),
    );
  }
});
