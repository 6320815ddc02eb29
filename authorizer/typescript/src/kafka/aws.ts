/** AWS Signature Version 4, for the two requests that an authorizer signs. Pure. */

import { createHash, createHmac } from 'node:crypto';

/** Who signs. */
export interface AwsCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string | null;
}

/** An HTTPS request. */
export interface SignedRequest {
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const EXPIRES = '900';

/** `arn:<partition>:secretsmanager:<region>:<account>:secret:<name>`. */
export const SECRET_ARN =
  /^arn:(aws[a-z-]{0,16}):secretsmanager:([a-z0-9-]{1,32}):[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}$/;

/** The message of the mechanism AWS_MSK_IAM: a presigned `kafka-cluster:Connect`; `now` in UTC seconds. */
export function mskIamMessage(host: string, region: string, credentials: AwsCredentials, now: number): string {
  const date = dateOf(now);
  const scope = [date.slice(0, 8), region, 'kafka-cluster', 'aws4_request'].join('/');
  const { accessKey, sessionToken } = credentials;
  const query = Object.entries({
    Action: 'kafka-cluster:Connect',
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${accessKey}/${scope}`,
    'X-Amz-Date': date,
    ...(sessionToken === null ? {} : { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Expires': EXPIRES,
  });
  const canonicalQuery = query
    .map((pair) => pair.map(escaped).join('='))
    .sort()
    .join('&');
  const canonical = ['GET', '/', canonicalQuery, `host:${host}\n`, 'host', sha256('')].join('\n');
  const signature = sign(credentials, date, scope, canonical);
  const lower = query.map(([name, value]) => [name.toLowerCase(), value] as const);
  const head = { version: '2020_10_22', host, 'user-agent': 'gatefleet' };
  return JSON.stringify({ ...head, ...Object.fromEntries(lower), 'x-amz-signature': signature });
}

/** The request for the current value of a secret of AWS Secrets Manager; `arn` matches `SECRET_ARN`. */
export function secretRequest(arn: string, credentials: AwsCredentials, now: number): SignedRequest {
  const [, partition = '', region = ''] = SECRET_ARN.exec(arn) ?? [];
  const host = `secretsmanager.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  const date = dateOf(now);
  const scope = [date.slice(0, 8), region, 'secretsmanager', 'aws4_request'].join('/');
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-date': date,
    ...(credentials.sessionToken === null ? {} : { 'x-amz-security-token': credentials.sessionToken }),
    'x-amz-target': 'secretsmanager.GetSecretValue',
  };
  const body = JSON.stringify({ SecretId: arn });
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n');
  const signature = sign(credentials, date, scope, canonical);
  const credential = `${ALGORITHM} Credential=${credentials.accessKey}/${scope}`;
  const authorization = `${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { host, headers: { ...headers, authorization }, body };
}

function sign({ secretKey }: AwsCredentials, date: string, scope: string, canonical: string): string {
  const key = scope.split('/').reduce((key: string | Buffer, part) => hmac(key, part), `AWS4${secretKey}`);
  return hmac(key, [ALGORITHM, date, scope, sha256(canonical)].join('\n')).toString('hex');
}

/** `20261026T073320Z`. */
function dateOf(now: number): string {
  return new Date(now * 1000).toISOString().replace(/[-:]|\.000/g, '');
}

/** RFC 3986 section 2.3: everything but unreserved characters. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
