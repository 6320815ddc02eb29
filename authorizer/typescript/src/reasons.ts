/** The one spelling of every outcome: in schemas, builds, logs and dashboards alike. */

/** Why a request is denied although its caller may be who they say: authorization, 403. */
const FORBIDDEN = [
  'credential_not_allowed',
  'claim_mismatch',
  'address_not_allowed',
  'insufficient_scope',
  'unknown_gateway',
  'unknown_route',
  'path_not_allowed',
  'stale_policy',
] as const;

/** Why a request is denied: authentication (401), or one of `FORBIDDEN` (403). */
export type Reason =
  | 'missing_credential'
  | 'malformed_request'
  | 'malformed_token'
  | 'multiple_credentials'
  | 'wrong_token_type'
  | 'algorithm_not_allowed'
  | 'untrusted_issuer'
  | 'unknown_key'
  | 'key_not_active'
  | 'invalid_signature'
  | 'expired'
  | 'not_yet_valid'
  | 'lifetime_too_long'
  | 'wrong_audience'
  | 'token_revoked'
  | 'unknown_client'
  | 'client_suspended'
  | 'invalid_api_key'
  | 'invalid_certificate'
  | (typeof FORBIDDEN)[number];

const forbidden: ReadonlySet<Reason> = new Set(FORBIDDEN);

/** HTTP status of a denial: 401 for a failed authentication, 403 for a failed authorization. */
export function statusOf(reason: Reason): 401 | 403 {
  return forbidden.has(reason) ? 403 : 401;
}

/** Why a follower refuses a record of the log; the last good view stays. */
export type RefusalReason =
  | 'too_large'
  | 'malformed'
  | 'wrong_type'
  | 'bad_signature'
  | 'wrong_environment'
  | 'unknown_log'
  | 'unsupported'
  | 'broken_chain'
  | 'over_blast_limit'
  | 'rollback';
