/**
 * The entities of an environment: what a value on the log means (docs/reference/log.md, "Entities").
 *
 * Keys are `issuer/<name>`, `scope/<scope>`, `client/<client_id>`, `gateway/<team>/<gateway>` and `hold/…`. Values are
 * closed: an unknown member is refused, because a member that a reader skips is a restriction that it does not enforce.
 */

import { type Network, parseNetwork } from './addresses.ts';
import {
  hexDigest,
  listOf,
  Malformed,
  Members,
  mapOf,
  matching,
  natural,
  oneOf,
  onlyTrue,
  type Read,
  text,
} from './shape.ts';
import { type Json, NotStrictJson, parseText } from './strict_json.ts';

export const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const GATEWAY_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
// RFC 6749 appendix A.4: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const KID = /^[\x21-\x7e]{1,128}$/;
export const VISIBLE = /^[\x20-\x7e]{1,256}$/;
const ROUTE_KEY = /^(?:\$default|(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY) \/[\x21-\x7e]{0,511})$/;
const API_KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/; // base64url of 32 bytes (RFC 8705 section 3.1)

/** JWS algorithms a key may have (RFC 7518 section 3.1, RFC 8037); none of them symmetric. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Life of an issuer's key; it verifies while active or retiring. */
export const KEY_STATES = ['next', 'active', 'retiring', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** What a scope asks for when the policy is not fresh, weakest first. */
export const WHEN_STALE = ['serve', 'check', 'deny'] as const;
export type WhenStale = (typeof WHEN_STALE)[number];

/** How a client can authenticate. */
export const CREDENTIAL_KINDS = ['jwt', 'api_key', 'certificate'] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** API Gateway's two kinds: HTTP APIs (payload format 2.0) and REST APIs (`REQUEST` authorizers). */
export const API_KINDS = ['http', 'rest'] as const;
export type ApiKind = (typeof API_KINDS)[number];

/** Whether a gateway follows the log or serves from its floor alone. */
export const FOLLOWING = ['follow', 'floor_only'] as const;
export type Following = (typeof FOLLOWING)[number];

/** One signature key of an issuer: `jwk` holds only public members (RFC 7517); `notAfter` in UTC seconds. */
export interface IssuerKey {
  readonly alg: Algorithm;
  readonly jwk: ReadonlyMap<string, string>;
  readonly state: KeyState;
  readonly notAfter: number | null;
}

/** Who signs access tokens: `issuer` equals `iss` byte for byte; clockSkew and maxLifetime in seconds. */
export interface Issuer {
  readonly kind: 'issuer';
  readonly issuer: string;
  readonly typ: readonly string[];
  readonly scopeClaim: string;
  readonly clientIdClaim: string;
  readonly clockSkew: number;
  readonly maxLifetime: number;
  readonly keys: ReadonlyMap<string, IssuerKey>;
}

/** One scope; a revoked one counts for nobody. */
export interface Scope {
  readonly kind: 'scope';
  readonly active: boolean;
  readonly whenStale: WhenStale;
}

/** An API key: SHA-256 over `<id>.<secret>`, hex, and when it ends (UTC seconds). */
export interface ApiKey {
  readonly sha256: string;
  readonly expires: number;
}

/**
 * An OAuth client: `scopes` maps each granted scope to the second its grant ends (null: it does not end).
 *
 * `tokensNotBefore` denies tokens issued before it; `deniedJti` and `deniedSub` map to the second the denial ends.
 */
export interface Client {
  readonly kind: 'client';
  readonly active: boolean;
  readonly issuer: string | null;
  readonly scopes: ReadonlyMap<string, number | null>;
  readonly tokensNotBefore: number | null;
  readonly deniedJti: ReadonlyMap<string, number>;
  readonly deniedSub: ReadonlyMap<string, number>;
  readonly addresses: readonly Network[];
  readonly apiKeys: ReadonlyMap<string, ApiKey>;
  readonly certificates: readonly string[];
}

/** Anyone may call the route (`public`); every known, active client may (`any_client`); or one set is held whole. */
export type Requirement =
  | { readonly demand: 'public' }
  | { readonly demand: 'any_client' }
  | { readonly demand: 'any_of'; readonly sets: readonly (readonly string[])[] };

/** What a token claim must equal. */
export type Constant = string | number | boolean;

/** What one route key demands: `claims` are token claims that must equal a constant. */
export interface Route {
  readonly requirement: Requirement;
  readonly credentials: readonly CredentialKind[];
  readonly claims: ReadonlyMap<string, Constant>;
}

/** One team's gateway: routes by route key, freshness bounds and result TTL in seconds. */
export interface Gateway {
  readonly kind: 'gateway';
  readonly api: ApiKind;
  readonly audience: readonly string[];
  readonly following: Following;
  readonly maxStaleness: number;
  readonly denyAfter: number;
  readonly resultTtl: number;
  readonly routes: ReadonlyMap<string, Route>;
}

export type Entity = Issuer | Scope | Client | Gateway;

/** An entity as it was written and as it was read. Digests are over what was written. */
export interface Entry {
  readonly value: string;
  readonly entity: Entity;
}

/** The first segment of an entity key: issuer, scope, client, gateway or hold. */
export function kindOf(key: string): string {
  return key.slice(0, slashOf(key));
}

/** What follows the first segment of an entity key. */
export function nameOf(key: string): string {
  return key.slice(slashOf(key) + 1);
}

/** Every scope that a route of the gateway names. */
export function scopesNamed(gateway: Gateway): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { requirement } of gateway.routes.values()) {
    if (requirement.demand !== 'any_of') continue;
    for (const set of requirement.sets) for (const scope of set) named.add(scope);
  }
  return named;
}

/** Refuse an entity key that is none of the four known forms. Throws `Malformed`. */
export function checkKey(key: string): void {
  if (!KEY_FORMS.get(kindOf(key))?.test(nameOf(key))) {
    throw new Malformed(`key ${JSON.stringify(key.slice(0, 160))}: not of a known form`);
  }
}

/** Read one entity. Throws `Malformed` when key or value is not of the contract's form. */
export function readEntry(key: string, value: string): Entry {
  checkKey(key);
  const read = READERS.get(kindOf(key));
  if (read === undefined) throw new Malformed(`${key}: of no known kind`);
  try {
    return { value, entity: read(parseText(value), key) };
  } catch (error) {
    if (error instanceof NotStrictJson) throw new Malformed(`${key}: ${error.message}`);
    throw error;
  }
}

// --- reading ---------------------------------------------------------------------------------------------------------

function slashOf(key: string): number {
  const slash = key.indexOf('/');
  return slash < 0 ? key.length : slash;
}

// Most entities leave most members out, and an empty map takes as much memory as one of four members.
const NONE: ReadonlyMap<string, never> = new Map<string, never>();
const EMPTY: readonly never[] = [];

const visible = matching(VISIBLE);
const name = matching(NAME);
const b64 = matching(/^[A-Za-z0-9_-]{1,1400}$/);

function issuer(value: Json, where: string): Issuer {
  const members = new Members(value, where);
  const read: Issuer = {
    kind: 'issuer',
    issuer: members.take('issuer', visible),
    typ: members.take('typ', listOf(visible)),
    scopeClaim: members.take('scope_claim', visible),
    clientIdClaim: members.take('client_id_claim', visible),
    clockSkew: members.take('clock_skew', natural),
    maxLifetime: members.take('max_lifetime', natural),
    keys: members.take('keys', mapOf(matching(KID), issuerKey)),
  };
  members.done();
  return read;
}

function issuerKey(value: Json, where: string): IssuerKey {
  const members = new Members(value, where);
  const alg = members.take('alg', oneOf(ALGORITHMS));
  const key: IssuerKey = {
    alg,
    jwk: members.take('jwk', jwkOf(alg)),
    state: members.take('state', oneOf(KEY_STATES)),
    notAfter: members.takeOr('not_after', natural, null),
  };
  members.done();
  return key;
}

const RSA_FORM: readonly (readonly [string, Read<string>])[] = [
  ['kty', oneOf(['RSA'])],
  ['n', b64],
  ['e', b64],
];
const JWK_FORMS: Readonly<Record<Algorithm, readonly (readonly [string, Read<string>])[]>> = {
  RS256: RSA_FORM,
  PS256: RSA_FORM,
  ES256: [
    ['kty', oneOf(['EC'])],
    ['crv', oneOf(['P-256'])],
    ['x', b64],
    ['y', b64],
  ],
  EdDSA: [
    ['kty', oneOf(['OKP'])],
    ['crv', oneOf(['Ed25519'])],
    ['x', b64],
  ],
};

function jwkOf(alg: Algorithm): Read<ReadonlyMap<string, string>> {
  return (value, where) => {
    const members = new Members(value, where);
    const jwk = new Map(JWK_FORMS[alg].map(([member, form]) => [member, members.take(member, form)] as const));
    members.done(); // a private member (RFC 7518 section 6) is refused like any other unknown one
    return jwk;
  };
}

function scope(value: Json, where: string): Scope {
  const members = new Members(value, where);
  const read: Scope = {
    kind: 'scope',
    active: members.take('state', oneOf(['active', 'revoked'])) === 'active',
    whenStale: members.take('when_stale', oneOf(WHEN_STALE)),
  };
  members.done();
  return read;
}

function client(value: Json, where: string): Client {
  const members = new Members(value, where);
  const read: Client = {
    kind: 'client',
    active: members.take('state', oneOf(['active', 'suspended'])) === 'active',
    issuer: members.takeOr('issuer', name, null),
    scopes: members.takeOr('scopes', mapOf(matching(SCOPE), grantUntil), NONE),
    tokensNotBefore: members.takeOr('tokens_not_before', natural, null),
    deniedJti: members.takeOr('denied_jti', mapOf(visible, natural), NONE),
    deniedSub: members.takeOr('denied_sub', mapOf(visible, natural), NONE),
    addresses: members.takeOr('addresses', listOf(network), EMPTY),
    apiKeys: members.takeOr('api_keys', mapOf(matching(API_KEY_ID), apiKey), NONE),
    certificates: members.takeOr('certificates', listOf(matching(THUMBPRINT)), EMPTY),
  };
  members.done();
  return read;
}

function grantUntil(value: Json, where: string): number | null {
  const members = new Members(value, where);
  const until = members.takeOr('until', natural, null);
  members.done();
  return until;
}

function network(value: Json, where: string): Network {
  const read = parseNetwork(text(value, where));
  if (read === null) throw new Malformed(`${where}: not the one form of an IP network (RFC 4632, RFC 5952)`);
  return read;
}

function apiKey(value: Json, where: string): ApiKey {
  const members = new Members(value, where);
  const key: ApiKey = { sha256: members.take('sha256', hexDigest), expires: members.take('expires', natural) };
  members.done();
  return key;
}

function gateway(value: Json, where: string): Gateway {
  const members = new Members(value, where);
  const read: Gateway = {
    kind: 'gateway',
    api: members.take('api', oneOf(API_KINDS)),
    audience: members.take('audience', listOf(visible)),
    following: members.take('policy', oneOf(FOLLOWING)),
    maxStaleness: members.take('max_staleness', natural),
    denyAfter: members.take('deny_after', natural),
    resultTtl: members.take('result_ttl', natural),
    routes: members.take('routes', mapOf(matching(ROUTE_KEY), route, 0)),
  };
  members.done();
  return read;
}

function route(value: Json, where: string): Route {
  const members = new Members(value, where);
  const demands = ['public', 'any_client', 'any_of'].filter((demand) => members.has(demand));
  if (demands.length !== 1) throw new Malformed(`${where}: exactly one of public, any_client and any_of`);
  if (demands[0] === 'public') {
    members.take('public', onlyTrue);
    members.done();
    return { requirement: { demand: 'public' }, credentials: EMPTY, claims: NONE };
  }
  const read: Route = {
    requirement: demands[0] === 'any_client' ? anyClient(members) : anyOf(members),
    credentials: members.take('credentials', listOf(oneOf(CREDENTIAL_KINDS))),
    claims: members.takeOr('claims', mapOf(visible, constant), NONE),
  };
  members.done();
  return read;
}

function anyClient(members: Members): Requirement {
  members.take('any_client', onlyTrue);
  return { demand: 'any_client' };
}

function anyOf(members: Members): Requirement {
  return { demand: 'any_of', sets: members.take('any_of', listOf(listOf(matching(SCOPE)))) };
}

function constant(value: Json, where: string): Constant {
  return typeof value === 'boolean' || typeof value === 'number' ? value : text(value, where);
}

const READERS: ReadonlyMap<string, Read<Entity>> = new Map<string, Read<Entity>>([
  ['issuer', issuer],
  ['scope', scope],
  ['client', client],
  ['gateway', gateway],
]);

const KEY_FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['issuer', NAME],
  ['scope', SCOPE],
  ['client', CLIENT_ID],
  ['gateway', GATEWAY_ID],
]);
