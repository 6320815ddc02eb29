/** What Kafka's error codes lead to (docs/reference/kafka.md, "Errors"). */

import { LogUnavailable } from '../log/source.ts';
import { NoAnswer } from './connection.ts';

/** Kafka answered, and neither another broker nor waiting within this read will help. */
export class KafkaRefused extends LogUnavailable {}

/** The topic does not exist, or may not be seen. */
export class TopicMissing extends KafkaRefused {
  constructor(topic: string) {
    super(`the topic ${topic} does not exist, or this principal may not Describe it`);
  }
}

export const OFFSET_OUT_OF_RANGE = 1;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const SASL_AUTHENTICATION_FAILED = 58;

/** Somebody else leads the partition, or nobody just now. */
const MOVED: ReadonlySet<number> = new Set([UNKNOWN_TOPIC_OR_PARTITION, 5, 6, 9, 72, 74, 75, 78]);

const RIGHT = 'a right is missing: Read and Describe on the policy topic, Write and Describe on that of heartbeats';
const USER = 'check GATEFLEET_KAFKA_USERNAME, GATEFLEET_KAFKA_PASSWORD and GATEFLEET_KAFKA_MECHANISM';
const COMPRESSED = 'records are compressed; the topic needs compression.type producer or uncompressed';

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [29, RIGHT],
  [31, RIGHT],
  [33, USER],
  [34, USER],
  [SASL_AUTHENTICATION_FAILED, USER],
  [76, COMPRESSED],
]);

/** Records that no authorizer reads. */
export function compressed(): KafkaRefused {
  return new KafkaRefused(COMPRESSED);
}

/** Whether to ask who leads the partition. */
export function isMoved(error: number): boolean {
  return MOVED.has(error);
}

/** Whether no other broker would say otherwise. */
export function isRefusal(error: number): boolean {
  return REFUSALS.has(error);
}

/** The error to raise for a code; `what` says what Kafka did. */
export function refusal(error: number, what: string): Error {
  const fix = REFUSALS.get(error);
  return fix === undefined
    ? new NoAnswer(`Kafka ${what} (error ${error})`)
    : new KafkaRefused(`Kafka ${what} (error ${error}): ${fix}`);
}
