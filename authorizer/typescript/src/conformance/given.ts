/** Reads what a vector gives. Vectors are the contract's own files: what is not as it must be here ends the adapter. */

export type Given = Readonly<Record<string, unknown>>;
export type Answer = Readonly<Record<string, unknown>>;

/** A member that is an object. */
export function object(given: Given, name: string): Given {
  const value = optional(given, name);
  if (!isGiven(value)) throw new Error(`${name}: not an object`);
  return value;
}

/** A member that is a list of objects; absent, it is empty. */
export function list(given: Given, name: string): readonly Given[] {
  return lists(given, name).map((one) => {
    if (!isGiven(one)) throw new Error(`${name}: not a list of objects`);
    return one;
  });
}

/** A member that is a list; absent, it is empty. */
export function lists(given: Given, name: string): readonly unknown[] {
  const value = optional(given, name) ?? [];
  if (!Array.isArray(value)) throw new Error(`${name}: not a list`);
  return value;
}

/** A member that is a string. */
export function text(given: Given, name: string): string {
  const value = optional(given, name);
  if (typeof value !== 'string') throw new Error(`${name}: not a string`);
  return value;
}

/** A member that is a number. */
export function number(given: Given, name: string): number {
  const value = optional(given, name);
  if (typeof value !== 'number') throw new Error(`${name}: not a number`);
  return value;
}

/** A member that holds bytes, in base64. */
export function bytes(given: Given, name: string): Uint8Array {
  return Buffer.from(text(given, name), 'base64');
}

/** A member, if it is there. */
export function optional(given: Given, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

/** Whether a value is an object. */
export function isGiven(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes as vectors write them. */
export function base64(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}
