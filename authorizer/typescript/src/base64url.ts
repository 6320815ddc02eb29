/**
 * Strict base64: one text for each byte string, so that two readers never see two tokens in one.
 *
 * `Buffer.from` takes padding, both alphabets, white space and loose bits, stops at what it does not know, and reads a
 * character beyond U+00FF as the one of its lowest eight bits.
 */

// What the last character may be where two, or four, of its bits belong to no byte (RFC 4648 section 3.5).
const LAST_OF_THREE = 'AEIMQUYcgkosw048';
const LAST_OF_TWO = 'AQgw';

/** Decode base64url without padding (RFC 7515 section 2); null unless the text is the one encoding of its bytes. */
export function decodeUrl(text: string): Buffer | null {
  return mayBeUrl(text) ? decodeAscii(text) : null;
}

/** Decode the three parts of a compact JWS (RFC 7515 section 7.1), each as `decodeUrl` does; null if one cannot be. */
export function decodeCompact(text: string): readonly [Buffer, Buffer, Buffer] | null {
  if (!mayBeUrl(text)) return null;
  // A third dot is, like any other character, not in the alphabet of the parts.
  const [first, second] = [text.indexOf('.'), text.lastIndexOf('.')];
  if (first === second) return null;
  const header = decodeAscii(text.slice(0, first));
  const claims = decodeAscii(text.slice(first + 1, second));
  const signature = decodeAscii(text.slice(second + 1));
  return header === null || claims === null || signature === null ? null : [header, claims, signature];
}

/**
 * Decode base64 with padding (RFC 4648 section 4); null unless the text is the one encoding of its bytes.
 *
 * A text that the bytes do not give back was not that one.
 */
export function decodeStandard(text: string): Buffer | null {
  const data = Buffer.from(text, 'base64');
  return data.toString('base64') === text ? data : null;
}

/** Whether the text is ASCII and has nothing of the other alphabet: what `decodeAscii` does not see. */
function mayBeUrl(text: string): boolean {
  return Buffer.byteLength(text) === text.length && !text.includes('+') && !text.includes('/');
}

function decodeAscii(text: string): Buffer | null {
  const last = text.at(-1) ?? '';
  const rest = text.length % 4;
  if (rest === 1 || (rest === 2 && !LAST_OF_TWO.includes(last)) || (rest === 3 && !LAST_OF_THREE.includes(last))) {
    return null;
  }
  const data = Buffer.from(text, 'base64url');
  // A character that is not in the alphabet was left out, or ended the text.
  return data.length === Math.floor((text.length * 3) / 4) ? data : null;
}
