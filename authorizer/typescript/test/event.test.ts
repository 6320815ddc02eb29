import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiLower, readEvent, UnreadableEvent } from '../src/event.ts';

const METHOD_ARN = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/';

function http(members: object): object {
  const context = { http: { method: 'GET' } };
  return { version: '2.0', type: 'REQUEST', routeKey: 'GET /', rawPath: '/', requestContext: context, ...members };
}

test('strings with lone surrogates deny where they are read and nowhere else', () => {
  assert.ok(readEvent(http({ headers: { '\ud800': 'a', x: '\ud800' }, other: ['\udfff'] })));
  for (const members of [
    { headers: { Authorization: '\ud800' } },
    { rawPath: '/\udc00' },
    { routeKey: 'GET /\ud800' },
    { pathParameters: { id: '\ud800\ud800' } },
  ]) {
    assert.throws(() => readEvent(http(members)), UnreadableEvent);
  }
});

test('a method ARN has all its parts, within their bounds', () => {
  const rest = (methodArn: string) =>
    readEvent({
      type: 'REQUEST',
      httpMethod: 'GET',
      resource: '/',
      path: '/',
      methodArn,
      requestContext: {},
    });
  assert.equal(rest(METHOD_ARN).stage, 'prod');
  const { endpoint } = rest(METHOD_ARN);
  assert.deepEqual(
    { ...endpoint },
    {
      partition: 'aws',
      region: 'eu-central-1',
      account: '123456789012',
      apiId: 'a1b2c3d4e5',
      stage: 'prod',
    },
  );
  for (const part of ['aws', 'eu-central-1', '123456789012', 'a1b2c3d4e5', 'prod', 'execute-api', 'arn', '/GET/']) {
    assert.throws(() => rest(METHOD_ARN.replace(part, '')), UnreadableEvent, part);
  }
});

test('only letters of ASCII become small', () => {
  assert.equal(asciiLower('AUTHorization-\u212a\u0130Z'), 'authorization-\u212a\u0130z');
});
