/**
 * Strict base64: one text for each byte string, so that two readers never see two tokens in one.
 *
 * `Buffer.from` takes padding, both alphabets, white space and loose bits, and stops at what it does not know. A text
 * that it does not give back byte for byte was therefore not the one encoding of its bytes.
 */

/** Decode base64url without padding (RFC 7515 section 2); null unless the text is the one encoding of its bytes. */
export function decodeUrl(text: string): Buffer | null {
  const data = Buffer.from(text, 'base64url');
  return data.toString('base64url') === text ? data : null;
}

/** Decode base64 with padding (RFC 4648 section 4); null unless the text is the one encoding of its bytes. */
export function decodeStandard(text: string): Buffer | null {
  const data = Buffer.from(text, 'base64');
  return data.toString('base64') === text ? data : null;
}
