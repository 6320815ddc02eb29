/**
 * A million decisions and ten thousand revisions in one process, and how much memory it has on the way.
 *
 * `node --expose-gc test/soak/memory.ts` prints one JSON array: bytes of resident memory after each hundredth. Between
 * two revisions, each of which is read from the log, come a hundred decisions on tokens that nobody has seen before.
 * `tests/integration/lambda/test_node_memory.py` asks for no slope.
 */

import { generateKeyPairSync, sign } from 'node:crypto';
import { Authorizer } from '../../src/authorizer.ts';
import { FileSource } from '../../src/log/file.ts';
import { Follower } from '../../src/log/follow.ts';
import { aGateway, anEvent, FIRST, GATEWAY, NOW, Yard } from '../support/yard.ts';

const [revisions = 10_000, decisions = 100] = process.argv.slice(2).map(Number);
const SAMPLES = 100;
const CLIENTS = 50;

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const { kty, crv, x } = publicKey.export({ format: 'jwk' });
const yard = new Yard();
yard.publish({
  ...FIRST,
  'issuer/workforce': {
    issuer: 'https://login.example.com/',
    typ: ['at+jwt'],
    scope_claim: 'scope',
    client_id_claim: 'client_id',
    clock_skew: 30,
    max_lifetime: 3600,
    keys: { ed: { alg: 'EdDSA', jwk: { kty, crv, x }, state: 'active' } },
  },
  [`gateway/${GATEWAY}`]: aGateway({ 'GET /orders': { any_of: [['orders:read']], credentials: ['jwt'] } }),
});
for (let number = 0; number < CLIENTS; number += 1) yard.publish({ [`client/c${number}`]: client(number, true) });

let now = NOW * 1000;
const follower = new Follower(yard.floor(), yard.trust, new FileSource(yard.path), () => now);
const authorizer = new Authorizer(
  follower,
  () => now,
  60_000,
  () => undefined,
);

const resident: number[] = [];
let made = 0;
for (let revision = 0; revision < revisions; revision += 1) {
  const changed = revision % CLIENTS;
  yard.publish({ [`client/c${changed}`]: client(changed, revision % 2 === 0) });
  now += 3000; // more than `max_staleness`: the next decision reads
  for (let left = decisions; left > 0; left -= 1) await decided(changed);
  if (follower.view.position.revision !== yard.position.revision) throw new Error(follower.failure ?? 'not followed');
  if ((revision + 1) % (revisions / SAMPLES) === 0) {
    globalThis.gc?.();
    resident.push(process.memoryUsage().rss);
  }
}
console.log(JSON.stringify(resident));

function client(number: number, active: boolean): unknown {
  return {
    state: active ? 'active' : 'suspended',
    issuer: 'workforce',
    scopes: { 'orders:read': {}, [`orders:${number}`]: {} },
  };
}

/** A decision on a token of its own, which the client's state alone decides. */
async function decided(number: number): Promise<void> {
  made += 1;
  const iat = Math.floor(now / 1000);
  const claims = { iss: 'https://login.example.com/', aud: 'https://api.example.com/', iat, exp: iat + 600 };
  const about = { client_id: `c${number}`, scope: 'orders:read', jti: `token-${made}` };
  const input = [
    { typ: 'at+jwt', alg: 'EdDSA', kid: 'ed' },
    { ...claims, ...about },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const token = `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
  const event = { ...(anEvent() as object), headers: { authorization: `Bearer ${token}` } };
  const answer = await authorizer.answer(JSON.parse(JSON.stringify(event)));
  if (!('isAuthorized' in answer) || answer.isAuthorized !== follower.view.clients.get(`c${number}`)?.active) {
    throw new Error(JSON.stringify(answer));
  }
}
