/** A variable or a file that keeps this authorizer from starting; the message names it and never quotes it. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

/** Environment variables. */
export type Environ = Readonly<Record<string, string | undefined>>;
