/**
 * This build's Kafka source behind lines, for tests/integration/kafka: `GATEFLEET_LOG` and `GATEFLEET_KAFKA_*` say which.
 *
 * `{"offset": 0, "timeout_ms": 5000}` → `records`, `next_offset`, `at_end`, `rewound`, or `error`, a sentence;
 * `{"close": true}` → `{}`. `SECRETS_PORT` on loopback stands for AWS Secrets Manager; `SECRETS_CA` signed its certificate.
 */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Cluster } from '../../src/kafka/cluster.ts';
import { fetchSecret, type SecretStore } from '../../src/kafka/secret.ts';
import { kafkaSettings } from '../../src/kafka/settings.ts';
import { KafkaSource } from '../../src/kafka/source.ts';
import { LogUnavailable } from '../../src/log/source.ts';

const settings = kafkaSettings(process.env['GATEFLEET_LOG'] ?? '', process.env);
const secrets: SecretStore = (arn, aws, now, deadline) => {
  const [port, ca] = [process.env['SECRETS_PORT'], readFileSync(process.env['SECRETS_CA'] ?? '')];
  return fetchSecret(arn, aws, now, deadline, { host: '127.0.0.1', servername: 'localhost', port, ca });
};
const source = new KafkaSource(new Cluster(settings, Date.now, 0, secrets), settings.topic);

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
