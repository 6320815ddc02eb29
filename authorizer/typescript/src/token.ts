/**
 * Steps 6 to 16: an access token, from text to `VerifiedToken`. Only `verify` makes one.
 *
 * Strict compact JWS (RFC 7515, 8725, 9068) with own checks: JWT libraries disagree with each other about hostile
 * input, and three builds must not (docs/adr/0003-own-token-checks.md).
 */

import { decodeCompact } from './base64url.ts';
import { type Issuer, VISIBLE } from './entities.ts';
import { asciiLower } from './event.ts';
import { signedBy, VerifiedSignatures } from './keys.ts';
import { type Deny, deny, isDeny } from './outcome.ts';
import { isObject, type Json, type JsonObject, NotStrictJson, parse } from './strict_json.ts';
import type { View } from './view.ts';

export const MAX_TOKEN_LENGTH = 8192;
// Members that change how the rest is read; whoever ignores one reads another token (RFC 7515 section 4.1.11, RFC 7797).
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip'] as const;

// What it remembers is true of the token and the key whatever the view, so one is enough for a process.
const verified = new VerifiedSignatures();

class Unverified {
  // A private member makes the type nominal: no other object passes for one.
  readonly #header: JsonObject;
  readonly claims: JsonObject;
  readonly text: string;
  readonly signature: Uint8Array;

  constructor(text: string, header: JsonObject, claims: JsonObject, signature: Uint8Array) {
    this.text = text;
    this.#header = header;
    this.claims = claims;
    this.signature = signature;
  }

  /** The bytes that are signed: those before the second dot (RFC 7515 section 5.1). */
  get signingInput(): Uint8Array {
    return Buffer.from(this.text.slice(0, this.text.lastIndexOf('.')), 'ascii');
  }

  /** A parameter of the header (RFC 7515 section 4). */
  parameter(name: 'typ' | 'kid' | 'alg'): Json | undefined {
    return this.#header.get(name);
  }
}

class Verified {
  readonly issuerName: string;
  readonly issuer: Issuer;
  readonly #claims: JsonObject;

  constructor(issuerName: string, issuer: Issuer, claims: JsonObject) {
    this.issuerName = issuerName;
    this.issuer = issuer;
    this.#claims = claims;
  }

  /** A claim, of whatever type it is. */
  claim(name: string): Json | undefined {
    return this.#claims.get(name);
  }

  /** `iat`, UTC seconds. */
  get issuedAt(): number {
    return time(this.#claims, 'iat');
  }

  /** `sub`, if the token has one. */
  get subject(): string | null {
    return textClaim(this.#claims, 'sub');
  }

  /** `jti`, if the token has one. */
  get tokenId(): string | null {
    return textClaim(this.#claims, 'jti');
  }

  /** The claim that the issuer names, if it is a string. */
  get clientId(): string | null {
    return textClaim(this.#claims, this.issuer.clientIdClaim);
  }

  /** The scope tokens of the claim that the issuer names (RFC 6749 section 3.3). */
  get scopes(): ReadonlySet<string> {
    const value = this.#claims.get(this.issuer.scopeClaim);
    if (typeof value === 'string') return new Set(value.split(' '));
    return new Set(areStrings(value) ? value : []);
  }
}

/** A token of the right form; nothing in it is proven. Only `readToken` makes one. */
export type UnverifiedToken = Unverified;

/** A token that one of the view's issuers signed, that is valid now, and that is meant for this gateway. */
export type VerifiedToken = Verified;

/** Step 6, `malformed`: the token's form, its header and the types of its claims. */
export function readToken(text: string): UnverifiedToken | Deny {
  const malformed = deny('malformed', 'malformed_token');
  if (text.length > MAX_TOKEN_LENGTH) return malformed;
  const parts = decodeCompact(text);
  if (parts === null) return malformed;
  const [header, claims] = [jsonObject(parts[0]), jsonObject(parts[1])];
  if (header === null || claims === null) return malformed;
  if (REFUSED_PARAMETERS.some((name) => header.has(name)) || !wellTyped(claims)) return malformed;
  return new Unverified(text, header, claims, parts[2]);
}

/** Steps 7 to 16: issuer, type, key, signature, times and audience. `now` in whole UTC seconds. */
export function verify(token: UnverifiedToken, view: View, now: number): VerifiedToken | Deny {
  const named = view.issuerOf(token.claims.get('iss'));
  if (named === null) return deny('issuer', 'untrusted_issuer'); // 7
  const [issuerName, issuer] = named;
  if (!typeAllowed(token.parameter('typ'), issuer.typ)) return deny('typ', 'wrong_token_type'); // 8
  const kid = token.parameter('kid');
  const key = typeof kid === 'string' ? issuer.keys.get(kid) : undefined;
  if (key === undefined) return deny('kid', 'unknown_key'); // 9
  // 10: RFC 8725 section 3.1, the key says the algorithm
  if (token.parameter('alg') !== key.alg) return deny('alg', 'algorithm_not_allowed');
  const ended = key.notAfter !== null && now >= key.notAfter;
  if ((key.state !== 'active' && key.state !== 'retiring') || ended) return deny('key_state', 'key_not_active'); // 11
  const good = () => signedBy(key, token.signingInput, token.signature);
  if (!verified.ask(token.text, key, good)) return deny('signature', 'invalid_signature'); // 12
  const denied = outOfTime(token.claims, issuer, now) ?? forAnother(view, token.claims);
  return denied ?? new Verified(issuerName, issuer, token.claims);
}

/** Steps 6 to 16. */
export function verifyText(text: string, view: View, now: number): VerifiedToken | Deny {
  const token = readToken(text);
  return isDeny(token) ? token : verify(token, view, now);
}

// --- details ---------------------------------------------------------------------------------------------------------

function outOfTime(claims: JsonObject, issuer: Issuer, now: number): Deny | null {
  const [exp, iat, skew] = [time(claims, 'exp'), time(claims, 'iat'), issuer.clockSkew];
  if (exp <= now - skew) return deny('exp', 'expired'); // 13: RFC 7519 section 4.1.4, "on or after"
  if (Math.max(iat, time(claims, 'nbf')) > now + skew) return deny('nbf', 'not_yet_valid'); // 14
  if (exp - iat > issuer.maxLifetime) return deny('lifetime', 'lifetime_too_long'); // 15
  return null;
}

function forAnother(view: View, claims: JsonObject): Deny | null {
  const aud = claims.get('aud') ?? [];
  const meant = typeof aud === 'string' ? [aud] : areStrings(aud) ? aud : [];
  return meant.some((one) => view.audience.has(one)) ? null : deny('aud', 'wrong_audience'); // 16
}

function jsonObject(part: Uint8Array): JsonObject | null {
  try {
    const value = parse(part);
    return isObject(value) ? value : null;
  } catch (error) {
    if (error instanceof NotStrictJson) return null;
    throw error;
  }
}

function wellTyped(claims: JsonObject): boolean {
  const [exp, iat] = [claims.get('exp'), claims.get('iat')];
  const [nbf, iss, aud] = [claims.get('nbf'), claims.get('iss'), claims.get('aud')];
  return (
    isTime(exp) &&
    isTime(iat) &&
    exp > iat &&
    (nbf === undefined || isTime(nbf)) &&
    (iss === undefined || typeof iss === 'string') &&
    (aud === undefined || typeof aud === 'string' || areStrings(aud)) &&
    isVisible(claims.get('jti')) &&
    isVisible(claims.get('sub'))
  );
}

// An integer of strict JSON is a number; others are opaque.
function isTime(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0;
}

function time(claims: JsonObject, name: 'exp' | 'iat' | 'nbf'): number {
  const value = claims.get(name);
  return isTime(value) ? value : 0;
}

function areStrings(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isVisible(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'string' && VISIBLE.test(value));
}

function textClaim(claims: JsonObject, name: string): string | null {
  const value = claims.get(name);
  return typeof value === 'string' ? value : null;
}

function typeAllowed(typ: Json | undefined, allowed: readonly string[]): boolean {
  return typeof typ === 'string' && allowed.some((one) => mediaType(one) === mediaType(typ));
}

/** RFC 7515 section 4.1.9: without case, and `application/` may be left out where no other slash follows. */
function mediaType(text: string): string {
  const lower = asciiLower(text);
  const rest = lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
  return rest.includes('/') ? lower : rest;
}
