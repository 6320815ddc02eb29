/** The curve P-256 (FIPS 186-5, SEC 2 `secp256r1`): which coordinates are a point on it. */

const FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

/** Whether two coordinates of 32 bytes are a point: below the field's prime, and y² = x³ − 3x + b. */
export function isPoint(x: Uint8Array, y: Uint8Array): boolean {
  const [a, b] = [integer(x), integer(y)];
  if (x.length !== 32 || y.length !== 32 || a >= FIELD || b >= FIELD) return false;
  return (b * b - (a * a * a - 3n * a + B)) % FIELD === 0n;
}

/** Whether the 32 bytes from `from` on are from 1 to n − 1. */
export function isScalar(bytes: Uint8Array, from: number): boolean {
  for (let at = 0; at < 32; at += 1) {
    const difference = (bytes[from + at] ?? 0) - (ORDER[at] ?? 0);
    if (difference !== 0) return difference < 0 && !onlyZeros(bytes, from);
  }
  return false;
}

function onlyZeros(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 32; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

/** The integer that bytes are, most significant first. */
export function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}
