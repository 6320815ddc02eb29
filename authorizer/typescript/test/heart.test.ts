import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Heart, type HeartbeatSink } from '../src/heart.ts';
import { type Heartbeat, Pulse } from '../src/heartbeat.ts';
import { Follower } from '../src/log/follow.ts';
import { anEvent, FIRST, GATEWAY, NOW, Yard } from './support/yard.ts';

/** A sink whose deliveries end when the test says so. */
class Sink implements HeartbeatSink {
  readonly sent: Heartbeat[] = [];
  tended = 0;
  #end: (sent: boolean) => void = () => undefined;

  send(heartbeat: Heartbeat): Promise<boolean> {
    this.sent.push(heartbeat);
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  tend(): void {
    this.tended += 1;
  }

  end(sent: boolean): void {
    this.#end(sent);
  }
}

/** A heart on a floor, an hour of patience, and the clock in its hands. */
function aHeart(sink: HeartbeatSink | null, patienceMs = 3_600_000) {
  const yard = new Yard();
  yard.publish(FIRST);
  const time = { now: NOW * 1000 };
  const clock = () => time.now;
  const lines: string[] = [];
  const follower = new Follower(yard.floor(), yard.trust, null, clock);
  const floor = { epoch: 1, revision: 1, issuedAt: NOW };
  const identity = {
    environment: 'development',
    gateway: GATEWAY,
    instance: '0',
    variant: 'node',
    version: '1',
    floor,
  };
  const heart = new Heart(new Pulse(identity, clock()), follower, sink, clock, patienceMs, (line) => lines.push(line));
  return { heart, lines, time };
}

test('each heartbeat that is due is one line and one delivery, and nobody waits for it', async () => {
  const sink = new Sink();
  const { heart, lines, time } = aHeart(sink);
  await heart.beat();
  await heart.beat();
  time.now += 60_000;
  await heart.beat();
  assert.deepEqual([lines.length, sink.sent.length, sink.tended], [2, 2, 3]);
  assert.deepEqual(
    sink.sent.map(({ metrics }) => metrics),
    lines,
  );
});

test('after one that was lost a heartbeat is waited for, until it arrived or patience ends', async () => {
  const sink = new Sink();
  const { heart, lines, time } = aHeart(sink);
  await heart.beat();
  sink.end(false);
  await new Promise(setImmediate);
  let waited = true;
  const beating = heart.beat().then(() => {
    waited = false;
  });
  await new Promise(setImmediate);
  assert.ok(waited);
  sink.end(true);
  await beating;
  assert.equal(JSON.parse(lines.at(-1) ?? '').HeartbeatsUnsent, 1);
  time.now += 60_000;
  await heart.beat();
  assert.equal(JSON.parse(lines.at(-1) ?? '').HeartbeatsUnsent, 0);
  const impatient = aHeart(sink, 1);
  await impatient.heart.beat();
  sink.end(false);
  await new Promise(setImmediate);
  await impatient.heart.beat(); // ends, though its heartbeat is never acknowledged
});

test('without a log on Kafka the line of metrics is all there is', async () => {
  const { heart, lines } = aHeart(null);
  await heart.beat();
  assert.equal(JSON.parse(lines[0] ?? '').heartbeat.mode, 'floor_only');
});

test('under the managed runtime, which calls the handler, the heart beats after the answer', async () => {
  const yard = new Yard();
  yard.publish(FIRST);
  const module = new URL('../src/lambda.ts', import.meta.url).href;
  const ask = `const { handler } = await import('${module}'); console.log(JSON.stringify(await handler(${JSON.stringify(anEvent())})));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', ask], { env: yard.deploy() });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  assert.deepEqual(await once(child, 'close'), [0, null]);
  const [decision, answer, metrics] = Buffer.concat(chunks)
    .toString()
    .split('\n')
    .map((line) => line && JSON.parse(line));
  assert.deepEqual([decision.decision, answer.isAuthorized, metrics.Allowed], ['allow', true, 1]);
});
