import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { one, string } from '../src/kafka/bytes.ts';
import { Cluster } from '../src/kafka/cluster.ts';
import { KafkaHeartbeats } from '../src/kafka/heartbeats.ts';
import { kafkaSettings } from '../src/kafka/settings.ts';
import { KafkaSource } from '../src/kafka/source.ts';
import { LogUnavailable } from '../src/log/source.ts';

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

  async source(clock = Date.now): Promise<KafkaSource> {
    return new KafkaSource(await this.cluster(clock), 't');
  }

  async cluster(clock = Date.now): Promise<Cluster> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return new Cluster(kafkaSettings(`kafka:127.0.0.1:${this.port}/t`, {}), clock);
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

function metadata(port: number): Buffer {
  const broker = Buffer.concat([int32(1), string('127.0.0.1'), int32(port), string(null)]);
  const partition = Buffer.concat([Buffer.alloc(2), int32(0), int32(1), int32(0), int32(0)]);
  const topic = Buffer.concat([Buffer.alloc(2), string('t'), Buffer.alloc(1), one(partition)]);
  return Buffer.concat([int32(0), one(broker), string('c'), int32(1), one(topic)]);
}

function emptyFetch(): Buffer {
  const partition = Buffer.concat([int32(0), Buffer.alloc(2 + 8 + 8), int32(0), int32(0)]);
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
