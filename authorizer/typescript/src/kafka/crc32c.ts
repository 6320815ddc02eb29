/** CRC-32C (RFC 3720 appendix B.4), which Kafka checks over a record batch; `node:zlib` has another polynomial. */

const POLYNOMIAL = 0x82f63b78;

/** The checksum of some bytes, as an unsigned number. By bits: a heartbeat is a few hundred bytes, once a minute. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
