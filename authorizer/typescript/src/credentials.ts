/** Steps 5 and 6 for the request's headers, step 17 for API keys and certificates, step 20 for bound tokens. */

import { hash, timingSafeEqual } from 'node:crypto';
import { decodeStandard } from './base64url.ts';
import type { CredentialKind, Route } from './entities.ts';
import type { Request } from './event.ts';
import { type Deny, deny } from './outcome.ts';
import { isObject } from './strict_json.ts';
import type { View } from './view.ts';

const MAX_CERTIFICATE_LENGTH = 16_384; // bytes of DER
const BEARER = 'Bearer ';
const API_KEY = /^([A-Za-z0-9_-]{1,64})\.[\x21-\x7e]{1,128}$/;
const BLANKS = /[ \t\r\n]/g;
const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';
const PEM_END = '-----END CERTIFICATE-----';

/** The one credential that counts, as it came: a header's value or a PEM text. Nothing in it is proven. */
export interface Presented {
  readonly kind: CredentialKind;
  readonly value: string;
}

/** Step 5, `credential`: exactly one credential of a kind that the route allows. */
export function choose(request: Request, route: Route): Presented | Deny {
  const presented = (
    [
      ['jwt', request.authorization],
      ['api_key', request.apiKey],
    ] as const
  ).filter(([, values]) => values.length > 0);
  const [counted, second] = presented.filter(([kind]) => route.credentials.includes(kind));
  if (second !== undefined) return deny('credential', 'multiple_credentials');
  if (counted !== undefined) {
    const [kind, [value, another]] = counted;
    // RFC 9110 section 5.3: a list in one line equals several lines, and gateways join them with commas.
    if (value === undefined || another !== undefined || value.includes(',')) {
      return deny('credential', 'multiple_credentials');
    }
    return { kind, value };
  }
  if (route.credentials.includes('certificate') && request.certificatePem !== null) {
    return { kind: 'certificate', value: request.certificatePem };
  }
  return deny('credential', presented.length > 0 ? 'credential_not_allowed' : 'missing_credential');
}

/** Step 6: the token of an `Authorization` value (RFC 6750 section 2.1); no other scheme, no other spacing. */
export function bearerToken(value: string): string | Deny {
  const token = value.slice(BEARER.length);
  const isOne = value.startsWith(BEARER) && token !== '' && !token.includes(' ') && !token.includes('\t');
  return isOne ? token : deny('malformed', 'malformed_request');
}

/** Step 17 for `<id>.<secret>`: found by its id, then compared whole in constant time. */
export function clientOfApiKey(value: string, view: View, now: number): string | Deny {
  const id = API_KEY.exec(value)?.[1];
  const clientId = id === undefined ? undefined : view.clientOfApiKey(id);
  const key = id === undefined || clientId === undefined ? undefined : view.clients.get(clientId)?.apiKeys.get(id);
  if (clientId === undefined || key === undefined) return deny('client', 'invalid_api_key');
  const same = timingSafeEqual(hash('sha256', value, 'buffer'), Buffer.from(key.sha256, 'hex'));
  return same && now < key.expires ? clientId : deny('client', 'invalid_api_key');
}

/** Step 17 for a client certificate: the one client that lists its thumbprint. */
export function clientOfCertificate(pem: string, view: View): string | Deny {
  const thumbprint = thumbprintOf(pem);
  const clientId = thumbprint === null ? undefined : view.clientOfCertificate(thumbprint);
  return clientId ?? deny('client', 'invalid_certificate');
}

/** Step 20: whether `cnf` is a certificate's thumbprint (RFC 8705 section 3.1) and the connection has that one. */
export function isConfirmed(cnf: unknown, pem: string | null): boolean {
  const thumbprint = pem === null ? null : thumbprintOf(pem);
  return thumbprint !== null && isObject(cnf) && cnf.size === 1 && cnf.get('x5t#S256') === thumbprint;
}

/** The `x5t#S256` of a PEM text with one certificate, else null. API Gateway has verified the certificate. */
export function thumbprintOf(pem: string): string | null {
  const text = withoutOuterBlanks(pem);
  if (text.length < PEM_BEGIN.length + PEM_END.length) return null;
  if (!text.startsWith(PEM_BEGIN) || !text.endsWith(PEM_END)) return null;
  const der = decodeStandard(text.slice(PEM_BEGIN.length, -PEM_END.length).replace(BLANKS, ''));
  if (der === null || der.length === 0 || der.length > MAX_CERTIFICATE_LENGTH) return null;
  return hash('sha256', der, 'base64url');
}

// `trim` would take a no-break space and thirty other characters away.
function withoutOuterBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0d || unit === 0x0a;
}
