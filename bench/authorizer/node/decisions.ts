/**
 * Whole decisions of the Node build, event JSON in and response JSON out, beside the bare signature check, and beside
 * what a user would write with a JWT library; one changed client among 10,000.
 *
 * `node decisions.ts WORKLOAD` prints one JSON object a line: `name`, `ns` of CPU, the `baseline` it is told beside,
 * `ratio`.
 */

import { constants, verify } from 'node:crypto';
import { decide } from '../../../authorizer/typescript/src/decide.ts';
import { decisionId } from '../../../authorizer/typescript/src/decision_id.ts';
import { ALGORITHMS, type Algorithm, readEntry } from '../../../authorizer/typescript/src/entities.ts';
import { logLine } from '../../../authorizer/typescript/src/log_line.ts';
import { respond } from '../../../authorizer/typescript/src/respond.ts';
import { Holdings, NeedsSnapshot, View } from '../../../authorizer/typescript/src/view.ts';
import { print, type Work } from './measure.ts';
import { awsJwtVerify, jose, type Peer } from './peers.ts';
import { derOf, entriesOf, eventsOf, publicKey, type Workload, workload } from './workload.ts';

const FRESH = { state: 'fresh', age: 1, readFailed: false } as const;

const given = workload();
const holdings = Holdings.build(given.gateway, entriesOf(given.entities));
const view = new View(holdings, given.position);

for (const alg of ALGORITHMS) {
  const events = eventsOf(given, alg);
  const peers = [await decided(`jose and a Map ${alg}`, jose(given), events, true)];
  if (alg !== 'PS256') peers.push(await decided(`aws-jwt-verify and a Map ${alg}`, awsJwtVerify(given), events));
  await print([
    { name: `bare check ${alg}`, call: bareCheck(given, alg) },
    // More tokens than are remembered, taken in turn: each decision verifies; and one, which only the first does.
    await decided(`decision ${alg}`, answer, events),
    await decided(`decision again ${alg}`, answer, events.slice(0, 1)),
    ...peers,
  ]);
}
await print([{ name: 'bare check of a revision', call: bareCheck(given, 'EdDSA') }, changedClient()]);

/** Everything that a request costs in this build; the line is made and not written. */
function answer(event: string): string {
  const decision = decide(JSON.parse(event), view, FRESH, given.now);
  const id = decisionId();
  const response = JSON.stringify(respond(decision, id));
  logLine(decision, id, { now: given.now, latencyMs: 0 });
  return response;
}

async function decided(
  name: string,
  answerOf: Peer<string | Promise<string>>,
  events: readonly string[],
  waits = false,
): Promise<Work> {
  for (const event of events.slice(0, 2)) {
    const response = await answerOf(event);
    if (!response.includes('"isAuthorized":true')) throw new Error(`${name}: ${response}`);
  }
  return { name, call: (again) => answerOf(events[again % events.length] ?? ''), waits };
}

/** The primitive and nothing else: key, message and signature are ready, in the form that costs least. */
function bareCheck(from: Workload, alg: Algorithm): Work['call'] {
  const key = publicKey(from, alg);
  const under = alg === 'PS256' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : key;
  const digest = alg === 'EdDSA' ? null : 'sha256';
  const checks = from.tokens[alg].map((token) => {
    const signature = Buffer.from(token.signature, 'base64url');
    return { message: Buffer.from(token.signing_input), signature: alg === 'ES256' ? derOf(signature) : signature };
  });
  return (again) => {
    const check = checks[again % checks.length];
    if (check === undefined || !verify(digest, check.message, under, check.signature)) throw new Error(alg);
  };
}

function changedClient(): Work {
  const key = 'client/client-00007';
  const value = given.entities[key] ?? '';
  const entries = [value, value.replace('active', 'suspended')].map((one) => readEntry(key, one));
  return {
    name: 'one changed client of 10,000',
    call: (again) => {
      const after = holdings.apply(new Map([[key, entries[again % 2] ?? null]]));
      if (after instanceof NeedsSnapshot) throw new Error('needs a snapshot');
      return new View(after, given.position);
    },
  };
}
