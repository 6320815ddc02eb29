/**
 * Step 1, `event`: the two forms in which API Gateway calls a Lambda authorizer, read into one `Request`.
 *
 * AWS documents them under "Control access to HTTP APIs with Lambda authorizers" (payload format 2.0) and "Input to an
 * API Gateway Lambda authorizer" (`REQUEST`). Only the members that a step needs are read; of another type than
 * documented, they make the whole event unreadable.
 */

import type { ApiKind } from './entities.ts';
import { traceId } from './trace.ts';

const METHOD_ARN =
  /^arn:([a-z0-9-]{1,64}):execute-api:([a-z0-9-]{1,64}):([0-9]{12}):([A-Za-z0-9-]{1,128})\/([A-Za-z0-9_$-]{1,128})\//;

/** The event is of no form this authorizer knows. */
export class UnreadableEvent extends Error {}

/** The deployed API that called, as `methodArn` names it; nothing in it is the request's. */
export interface Endpoint {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly apiId: string;
  readonly stage: string;
}

/** What the steps need of an event. `routeKeys`: the first that the gateway declares is the route. */
export interface Request {
  readonly api: ApiKind;
  readonly routeKeys: readonly string[];
  readonly method: string;
  readonly path: string;
  readonly stage: string | null;
  readonly endpoint: Endpoint | null;
  readonly pathParameters: readonly string[];
  readonly authorization: readonly string[];
  readonly apiKey: readonly string[];
  readonly certificatePem: string | null;
  readonly sourceIp: string | null;
  readonly traceId: string | null;
}

/** Read an event, already parsed from JSON. Throws `UnreadableEvent`. */
export function readEvent(event: unknown): Request {
  const members = object(event);
  if (text(members['type']) !== 'REQUEST') throw new UnreadableEvent('type');
  if (apiOf(event) === 'http') return httpRequest(members);
  if (Object.hasOwn(members, 'version')) throw new UnreadableEvent('version');
  return restRequest(members);
}

/** The form that an event claims; of one that is neither, the form in which it is denied. */
export function apiOf(event: unknown): ApiKind {
  return isMembers(event) && event['version'] === '2.0' ? 'http' : 'rest';
}

// --- details ---------------------------------------------------------------------------------------------------------

/**
 * An object as `JSON.parse` makes one. No member that is read by its name here is one of its prototype's.
 */
type EventMembers = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<'authorization' | 'x-api-key', readonly string[]>>;

function httpRequest(members: EventMembers): Request {
  const context = object(members['requestContext']);
  const http = object(context['http']);
  const headers = singleValued(members['headers']);
  return {
    api: 'http',
    routeKeys: [text(members['routeKey'])],
    method: text(http['method']),
    path: pathText(members['rawPath']),
    stage: optionalText(context['stage']),
    endpoint: null,
    pathParameters: pathParameters(members),
    authorization: headers.authorization,
    apiKey: headers['x-api-key'],
    certificatePem: certificateIn(context['authentication']),
    sourceIp: optionalText(http['sourceIp']),
    traceId: traceId(optionalObject(members['headers']), false),
  };
}

function restRequest(members: EventMembers): Request {
  const context = object(members['requestContext']);
  const method = text(members['httpMethod']);
  const resource = text(members['resource']);
  const endpoint = endpointOf(text(members['methodArn']));
  const many = members['multiValueHeaders'] ?? null;
  const headers = many === null ? singleValued(members['headers']) : manyValued(many);
  return {
    api: 'rest',
    routeKeys: [`${method} ${resource}`, `ANY ${resource}`],
    method,
    path: pathText(members['path']),
    stage: endpoint.stage,
    endpoint,
    pathParameters: pathParameters(members),
    authorization: headers.authorization,
    apiKey: headers['x-api-key'],
    certificatePem: certificateIn(context['identity']),
    sourceIp: optionalText(optionalObject(context['identity'])['sourceIp']),
    traceId: traceId(optionalObject(many ?? members['headers']), many !== null),
  };
}

function singleValued(value: unknown): Headers {
  return headersOf(optionalObject(value), (one) => [text(one)]);
}

function manyValued(value: unknown): Headers {
  return headersOf(object(value), (many) => list(many).map(text));
}

function headersOf(headers: EventMembers, valuesOf: (value: unknown) => readonly string[]): Headers {
  const found: Record<keyof Headers, string[]> = { authorization: [], 'x-api-key': [] };
  for (const spelling of Object.keys(headers)) {
    // ASCII lower case keeps the length, and by it most other headers are told apart.
    if (spelling.length !== 'authorization'.length && spelling.length !== 'x-api-key'.length) continue;
    const name = asciiLower(spelling);
    if (name === 'authorization' || name === 'x-api-key') found[name].push(...valuesOf(headers[spelling]));
  }
  return found;
}

function pathParameters(members: EventMembers): readonly string[] {
  return Object.values(optionalObject(members['pathParameters'])).map(text);
}

function endpointOf(methodArn: string): Endpoint {
  const [, partition, region, account, apiId, stage] = METHOD_ARN.exec(methodArn) ?? [];
  if (partition === undefined || region === undefined || account === undefined) throw new UnreadableEvent('methodArn');
  if (apiId === undefined || stage === undefined) throw new UnreadableEvent('methodArn');
  return { partition, region, account, apiId, stage };
}

function pathText(value: unknown): string {
  const path = text(value);
  if (!path.startsWith('/')) throw new UnreadableEvent('path');
  return path;
}

/** The client certificate of a request context's member, `authentication` or `identity`, if there is one. */
function certificateIn(holder: unknown): string | null {
  return optionalText(optionalObject(optionalObject(holder)['clientCert'])['clientCertPem']);
}

function isMembers(value: unknown): value is EventMembers {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function object(value: unknown): EventMembers {
  if (!isMembers(value)) throw new UnreadableEvent('not an object');
  return value;
}

function optionalObject(value: unknown): EventMembers {
  return value === undefined || value === null ? {} : object(value);
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new UnreadableEvent('not a list');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new UnreadableEvent('not a string');
  if (!value.isWellFormed()) throw new UnreadableEvent('lone surrogate');
  return value;
}

function optionalText(value: unknown): string | null {
  return value === undefined || value === null ? null : text(value);
}

/** `A`–`Z` only: other letters have lower cases that are ASCII (the Kelvin sign's is `k`). */
export function asciiLower(value: string): string {
  const lower = value.toLowerCase();
  return lower === value ? value : value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
