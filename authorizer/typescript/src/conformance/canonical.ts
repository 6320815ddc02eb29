/** Answers the canonical vectors, and with them writes what an authorizer only reads: RFC 8785 bytes and entities. */

import { digest, stateDigest } from '../digests.ts';
import { type Client, type Entity, type Gateway, type Issuer, type Route, readEntry } from '../entities.ts';
import { pae } from '../log/envelope.ts';
import { Malformed } from '../shape.ts';
import { isObject, type Json, NotStrictJson, parse } from '../strict_json.ts';
import { type Answer, base64, bytes, type Given, list, text } from './given.ts';

/** Answer one canonical vector. */
export function canonical(given: Given): Answer {
  const operation = text(given, 'operation');
  switch (operation) {
    case 'canonicalize':
      return { canonical: base64(Buffer.from(canonicalText(parse(bytes(given, 'json'))))) };
    case 'digest':
      return { digest: digest(bytes(given, 'data')) };
    case 'state':
      return {
        digest: stateDigest(new Map(list(given, 'entities').map((one) => [text(one, 'key'), text(one, 'value')]))),
      };
    case 'encode':
      return { encoded: base64(pae(text(given, 'payloadType'), bytes(given, 'payload'))) };
    case 'read_json':
      return readJson(bytes(given, 'json'));
    case 'read_entity':
      return readEntity(text(given, 'key'), text(given, 'value'));
    default:
      throw new Error(`no operation ${operation}`);
  }
}

function readJson(data: Uint8Array): Answer {
  try {
    parse(data);
    return { outcome: 'accepted' };
  } catch (error) {
    if (error instanceof NotStrictJson) return { outcome: 'malformed' };
    throw error;
  }
}

function readEntity(key: string, value: string): Answer {
  try {
    const { entity } = readEntry(key, value);
    return { outcome: 'accepted', canonical: base64(Buffer.from(canonicalText(entityJson(entity, value)))) };
  } catch (error) {
    if (error instanceof Malformed) return { outcome: 'malformed' };
    throw error;
  }
}

/** RFC 8785 of a value whose numbers are integers: `JSON.stringify` writes strings and integers as it wants them. */
function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  // RFC 8785 section 3.2.3: by UTF-16 code units, which is how strings compare here.
  const members = [...value].sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`;
}

/** The JSON of an entity, made of what was read; what holds a default is left out. */
function entityJson(entity: Entity, value: string): Json {
  switch (entity.kind) {
    case 'issuer':
      return issuerJson(entity);
    case 'scope':
      return object({ state: entity.active ? 'active' : 'revoked', when_stale: entity.whenStale });
    case 'client':
      return clientJson(entity, value);
    case 'gateway':
      return gatewayJson(entity);
  }
}

function issuerJson(issuer: Issuer): Json {
  const keys = mapped(issuer.keys, (key) =>
    object({ alg: key.alg, jwk: mapped(key.jwk, (member) => member), state: key.state, not_after: key.notAfter }),
  );
  return object({
    issuer: issuer.issuer,
    typ: issuer.typ,
    scope_claim: issuer.scopeClaim,
    client_id_claim: issuer.clientIdClaim,
    clock_skew: issuer.clockSkew,
    max_lifetime: issuer.maxLifetime,
    keys,
  });
}

function clientJson(client: Client, value: string): Json {
  return object({
    state: client.active ? 'active' : 'suspended',
    issuer: client.issuer,
    scopes: filled(mapped(client.scopes, (until) => object({ until }))),
    tokens_not_before: client.tokensNotBefore,
    denied_jti: filled(mapped(client.deniedJti, (until) => until)),
    denied_sub: filled(mapped(client.deniedSub, (until) => until)),
    // Networks are held as bytes; their text has one form, so it is what was written.
    addresses: client.addresses.length === 0 ? null : written(value, 'addresses'),
    api_keys: filled(mapped(client.apiKeys, ({ sha256, expires }) => object({ sha256, expires }))),
    certificates: client.certificates.length === 0 ? null : client.certificates,
  });
}

function gatewayJson(gateway: Gateway): Json {
  return object({
    api: gateway.api,
    audience: gateway.audience,
    policy: gateway.following,
    max_staleness: gateway.maxStaleness,
    deny_after: gateway.denyAfter,
    result_ttl: gateway.resultTtl,
    routes: mapped(gateway.routes, routeJson),
  });
}

function routeJson({ requirement, credentials, claims }: Route): Json {
  if (requirement.demand === 'public') return object({ public: true });
  const demand = requirement.demand === 'any_client' ? { any_client: true } : { any_of: requirement.sets };
  return object({ ...demand, credentials, claims: filled(mapped(claims, (constant) => constant)) });
}

function mapped<T>(map: ReadonlyMap<string, T>, json: (value: T) => Json): ReadonlyMap<string, Json> {
  return new Map([...map].map(([name, value]) => [name, json(value)]));
}

function filled(map: ReadonlyMap<string, Json>): Json {
  return map.size === 0 ? null : map;
}

function object(members: Readonly<Record<string, Json>>): Json {
  return new Map(Object.entries(members).filter(([, value]) => value !== null));
}

function written(value: string, name: string): Json {
  const json = parse(Buffer.from(value));
  return isObject(json) ? (json.get(name) ?? null) : null;
}
