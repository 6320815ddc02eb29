/** IP addresses and networks as text and as bytes (docs/reference/decision.md, 21 `address`). */

/** An address: 4 bytes (IPv4) or 16 (IPv6). */
export type Address = Uint8Array;

/** The addresses that begin with the first `length` bits of `base`. */
export interface Network {
  readonly base: Address;
  readonly length: number;
}

const IPV4 = /^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const NETWORK = /^([0-9a-f.:]{2,45})\/(0|[1-9][0-9]{0,2})$/;

/** Read an address; null for anything else, a zone (RFC 4007) included. */
export function parseAddress(text: string): Address | null {
  return parseV4(text) ?? parseV6(text);
}

/**
 * Read a network in its one form: no host bits (RFC 4632), IPv6 as RFC 5952 writes it, and none that begins with an
 * IPv4-mapped address.
 */
export function parseNetwork(text: string): Network | null {
  const form = NETWORK.exec(text);
  const base = form?.[1] === undefined ? null : parseAddress(form[1]);
  if (base === null) return null;
  const network = { base, length: Number(form?.[2]) };
  if (network.length > base.length * 8 || hasHostBits(network) || isMapped(base)) return null;
  return `${textOf(base)}/${network.length}` === text ? network : null;
}

/** Whether an address lies in a network. An IPv4-mapped address lies in no IPv4 network. */
export function contains(network: Network, address: Address): boolean {
  if (network.base.length !== address.length) return false;
  return network.base.every((byte, index) => byte === (at(address, index) & mask(network.length, index)));
}

// --- details ---------------------------------------------------------------------------------------------------------

function parseV4(text: string): Address | null {
  const numbers = IPV4.exec(text)?.slice(1).map(Number);
  return numbers?.every((number) => number <= 255) ? Uint8Array.from(numbers) : null;
}

/** RFC 4291 section 2.2: eight groups, `::` at most once and for at least one, the last two possibly as IPv4. */
function parseV6(text: string): Address | null {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [left, right] = halves;
  if (left === undefined || halves.length > 2) return null;
  const before = groupsOf(left, right === undefined);
  const after = groupsOf(right ?? [], true);
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(parts: readonly string[], last: boolean): number[] | null {
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const v4 = last && index === parts.length - 1 ? parseV4(part) : null;
    if (v4 !== null) groups.push((at(v4, 0) << 8) | at(v4, 1), (at(v4, 2) << 8) | at(v4, 3));
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** RFC 5952 section 4: lower case, no leading zeros, the first longest run of at least two zero groups as `::`. */
function textOf(address: Address): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, group) => (at(address, 2 * group) << 8) | at(address, 2 * group + 1));
  let [start, length] = [0, 1];
  for (let from = 0; from < 8; from += 1) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function isMapped(address: Address): boolean {
  return address.length === 16 && address.every((byte, index) => index > 11 || byte === (index < 10 ? 0 : 0xff));
}

function hasHostBits(network: Network): boolean {
  return network.base.some((byte, index) => byte !== (byte & mask(network.length, index)));
}

function mask(length: number, byte: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * byte));
  return (0xff << (8 - bits)) & 0xff;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
