import assert from 'node:assert/strict';
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { one, sized, string } from '../src/kafka/bytes.ts';
import { Cluster } from '../src/kafka/cluster.ts';
import { KafkaHeartbeats } from '../src/kafka/heartbeats.ts';
import { kafkaSettings } from '../src/kafka/settings.ts';
import { KafkaSource } from '../src/kafka/source.ts';
import { LogUnavailable } from '../src/log/source.ts';
import type { Environ } from '../src/misconfigured.ts';

const PATIENCE = 20_000;

/** What a server does with each request; `connections` counts who came. */
class Broker {
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(answer: (socket: Socket, request: Buffer) => void) {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (request: Buffer) => answer(socket, request));
    });
    after(() => this.close());
  }

  async source(clock = Date.now, environ: Environ = {}): Promise<KafkaSource> {
    return new KafkaSource(await this.cluster(clock, environ), 't');
  }

  async cluster(clock = Date.now, environ: Environ = {}): Promise<Cluster> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return new Cluster(kafkaSettings(`kafka:127.0.0.1:${this.port}/t`, environ), clock);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** Answers like a broker that leads an empty topic itself. */
function leads(broker: () => Broker): (socket: Socket, request: Buffer) => void {
  return (socket, request) => {
    const [api, correlationId] = [request.readInt16BE(4), request.subarray(8, 12)];
    socket.write(framed(Buffer.concat([correlationId, api === 3 ? metadata(broker().port) : emptyFetch()])));
  };
}

function framed(response: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(response.length);
  return Buffer.concat([length, response]);
}

function metadata(port: number, error = 0): Buffer {
  const broker = Buffer.concat([int32(1), string('127.0.0.1'), int32(port), string(null)]);
  const partition = Buffer.concat([Buffer.alloc(2), int32(0), int32(1), int32(0), int32(0)]);
  const topic = Buffer.concat([Buffer.of(0, error), string('t'), Buffer.alloc(1), one(partition)]);
  return Buffer.concat([int32(0), one(broker), string('c'), int32(1), one(topic)]);
}

function emptyFetch(error = 0): Buffer {
  const partition = Buffer.concat([int32(0), Buffer.of(0, error), Buffer.alloc(8 + 8), int32(0), int32(0)]);
  return Buffer.concat([int32(0), one(Buffer.concat([string('t'), one(partition)]))]);
}

function int32(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeInt32BE(value);
  return data;
}

async function refused(source: KafkaSource, says: RegExp, timeoutMs = PATIENCE): Promise<void> {
  await assert.rejects(
    source.read(0, timeoutMs),
    (error) => error instanceof LogUnavailable && says.test(error.message),
  );
}

const HOSTILE: readonly [string, Buffer, RegExp][] = [
  [
    'that promises two gigabytes',
    Buffer.concat([int32(0x7fffffff), Buffer.alloc(100)]),
    /a response of 2147483647 bytes/,
  ],
  ['that promises less than nothing', int32(-1), /a response of -1 bytes/],
  ['of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /a response of 1213486160 bytes/],
  [
    'with more behind it',
    Buffer.concat([framed(Buffer.concat([int32(1), metadata(1)])), Buffer.of(0)]),
    /bytes behind/,
  ],
  ['to another request', framed(Buffer.concat([int32(9), metadata(1)])), /another request/],
  ['of nothing', framed(int32(1)), /a length that its bytes do not have/],
];
for (const [what, said, says] of HOSTILE) {
  test(`an answer ${what} fails the read at once`, async () => {
    await refused(await new Broker((socket) => socket.write(said)).source(), says);
  });
}

test('a server that hangs up, and one that is not there, fail the read at once', async () => {
  const broker = new Broker((socket) => socket.destroy());
  const source = await broker.source();
  await refused(source, /closed the connection|ECONNRESET/);
  broker.close();
  await refused(source, /ECONNREFUSED/);
});

test('a server that says one byte at a time, or nothing, costs the deadline and no more', async () => {
  const drip = (socket: Socket) => {
    socket.write(int32(1000));
    const timer = setInterval(() => socket.write(Buffer.of(0)), 10);
    socket.on('close', () => clearInterval(timer));
  };
  for (const answer of [drip, () => undefined]) await refused(await new Broker(answer).source(), /in time/, 200);
});

test('bytes that nobody asked for end the connection, and the next read makes another', async () => {
  const sockets: Socket[] = [];
  const broker: Broker = new Broker((socket, request) => {
    sockets.push(socket);
    leads(() => broker)(socket, request);
  });
  const source = await broker.source();
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
  const gone = new Promise((resolve) => sockets[0]?.once('close', resolve));
  sockets[0]?.write(Buffer.of(1, 2, 3));
  await gone;
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
  assert.equal(broker.connections, 2);
});

test('a connection is used again within three seconds of the wall clock, and never after the clock was set back', async () => {
  let now = 1_000_000;
  const broker: Broker = new Broker(leads(() => broker));
  const source = await broker.source(() => now);
  const connectionsAt = async (ms: number) => {
    now += ms;
    await source.read(0, PATIENCE);
    return broker.connections;
  };
  assert.deepEqual(
    [await connectionsAt(0), await connectionsAt(3000), await connectionsAt(3001), await connectionsAt(-1)],
    [1, 1, 2, 3],
  );
});

test('the leader that a bootstrap names is asked, and the one that it names when it leads no more', async () => {
  let leader: Broker;
  const answer = (self: () => Broker) => (socket: Socket, request: Buffer) => {
    const [isMetadata, correlationId] = [request.readInt16BE(4) === 3, request.subarray(8, 12)];
    const body = isMetadata ? metadata(leader.port) : emptyFetch(leader === self() ? 0 : 6);
    socket.write(framed(Buffer.concat([correlationId, body])));
  };
  const bootstrap: Broker = new Broker(answer(() => bootstrap));
  const other: Broker = new Broker(answer(() => other));
  leader = other;
  await other.cluster();
  const source = await bootstrap.source();
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
  assert.deepEqual([bootstrap.connections, other.connections], [1, 1]);
  leader = bootstrap;
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
  assert.deepEqual([bootstrap.connections, other.connections], [2, 1]);
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
  assert.deepEqual([bootstrap.connections, other.connections], [2, 1]);
});

test('a remembered leader that knows the topic no more is forgotten, and the bootstrap has the last word', async () => {
  let topicError = 0;
  let now = 1_000_000;
  const broker: Broker = new Broker((socket, request) => {
    const [isMetadata, correlationId] = [request.readInt16BE(4) === 3, request.subarray(8, 12)];
    const told = isMetadata ? metadata(broker.port, topicError) : emptyFetch(topicError);
    socket.write(framed(Buffer.concat([correlationId, told])));
  });
  const source = await broker.source(() => now);
  await source.read(0, PATIENCE);
  [topicError, now] = [3, now + 10_000];
  await refused(source, /^the topic t does not exist/);
  topicError = 0;
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
});

/** The server's side of SCRAM-SHA-256 with the password `pencil`, whatever the user; sessions last `lifetimeMs`. */
function scramServer(lifetimeMs: number): (request: Buffer) => Buffer {
  let said: string[] = [];
  return (request) => {
    const message = request.subarray(4 + 2 + 2 + 4 + 2 + 'gatefleet'.length + 4).toString();
    let answer: string;
    if (message.startsWith('n,,')) {
      said = [message.slice(3), `${/r=[^,]+/.exec(message)?.[0]}more,s=c2FsdA==,i=4096`];
      answer = said[1] ?? '';
    } else {
      const key = createHmac('sha256', pbkdf2Sync('pencil', 'salt', 4096, 32, 'sha256'))
        .update('Server Key')
        .digest();
      const signed = [...said, message.replace(/,p=.*/, '')].join();
      answer = `v=${createHmac('sha256', key).update(signed).digest('base64')}`;
    }
    const lifetime = Buffer.alloc(8);
    lifetime.writeBigInt64BE(BigInt(lifetimeMs));
    return Buffer.concat([Buffer.alloc(2), string(null), sized(Buffer.from(answer)), lifetime]);
  };
}

test('a connection is authenticated, and not used until its session ends but anew before that', async () => {
  let now = 1_000_000;
  const authenticate = scramServer(2000);
  const broker: Broker = new Broker((socket, request) => {
    const [api, correlationId] = [request.readInt16BE(4), request.subarray(8, 12)];
    const told = new Map([
      [1, () => emptyFetch()],
      [3, () => metadata(broker.port)],
      [17, () => Buffer.alloc(6)],
      [36, () => authenticate(request)],
    ]).get(api)?.();
    socket.write(framed(Buffer.concat([correlationId, told ?? Buffer.alloc(0)])));
  });
  const source = await broker.source(() => now, {
    GATEFLEET_KAFKA_SECURITY: 'SASL_PLAINTEXT',
    GATEFLEET_KAFKA_MECHANISM: 'SCRAM-SHA-256',
    GATEFLEET_KAFKA_USERNAME: 'user',
    GATEFLEET_KAFKA_PASSWORD: 'pencil',
  });
  const connectionsAt = async (ms: number) => {
    now += ms;
    await source.read(0, PATIENCE);
    return broker.connections;
  };
  assert.deepEqual([await connectionsAt(0), await connectionsAt(1799), await connectionsAt(1)], [1, 1, 2]);
});

test('a read that is given up does not disturb the one that takes its place', async () => {
  let silent = true;
  const broker: Broker = new Broker((socket, request) => {
    if (!silent) leads(() => broker)(socket, request);
  });
  const source = await broker.source();
  const first = refused(source, /given up/, 500);
  silent = false;
  const second = source.read(0, PATIENCE);
  assert.equal((await second).atEnd, true);
  await first;
  assert.equal((await source.read(0, PATIENCE)).atEnd, true);
});

test('of heartbeats one is under way and the newest waits; what slept is given up', async () => {
  let now = 1_000_000;
  const broker = new Broker(() => undefined);
  const heartbeats = new KafkaHeartbeats(await broker.cluster(() => now), 't');
  const beat = (timestamp: number) => heartbeats.send({ topic: 't', key: 'k', timestamp, value: '{}', metrics: '' });
  const [first, second, third] = [beat(1), beat(2), beat(3)];
  assert.equal(await second, false);
  now += 3000;
  heartbeats.tend();
  assert.equal(await first, false);
  now += 3000;
  heartbeats.tend();
  assert.equal(await third, false);
});
