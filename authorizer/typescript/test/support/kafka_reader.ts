/**
 * This build's Kafka source behind lines, for tests/integration/kafka: `GATEFLEET_LOG` and `GATEFLEET_KAFKA_*` say which.
 *
 * `{"offset": 0, "timeout_ms": 5000}` → `records`, `next_offset`, `at_end`, `rewound`, or `error`, a sentence;
 * `{"close": true}` → `{}`.
 */

import { createInterface } from 'node:readline';
import { Cluster } from '../../src/kafka/cluster.ts';
import { kafkaSettings } from '../../src/kafka/settings.ts';
import { KafkaSource } from '../../src/kafka/source.ts';
import { LogUnavailable } from '../../src/log/source.ts';

const settings = kafkaSettings(process.env['GATEFLEET_LOG'] ?? '', process.env);
const source = new KafkaSource(new Cluster(settings, Date.now), settings.topic);

async function answer({ offset, timeout_ms: timeoutMs }: { offset: number; timeout_ms: number }): Promise<object> {
  try {
    const { records, nextOffset, atEnd, rewound } = await source.read(offset, timeoutMs);
    const told = records.map(({ offset, value, headers }) => ({
      offset,
      value: Buffer.from(value).toString('base64'),
      headers: Object.fromEntries(headers),
    }));
    return { records: told, next_offset: nextOffset, at_end: atEnd, rewound };
  } catch (error) {
    if (error instanceof LogUnavailable) return { error: error.message };
    throw error;
  }
}

for await (const line of createInterface(process.stdin)) {
  const asked = JSON.parse(line);
  if (asked.close === true) await source.close();
  console.log(JSON.stringify(asked.close === true ? {} : await answer(asked)));
}
