/** TLS from PEM files. `node:tls` is loaded where somebody asks for it: alone it takes 10 ms, beside `node:http` none. */

import { readFileSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import { Misconfigured } from '../misconfigured.ts';
import type { NamedFile, TlsFiles } from './settings.ts';

/** The module, loaded now. */
export function tlsModule(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls');
}

/** Roots, certificate and key, parsed once for all connections. Throws `Misconfigured` for a file that is none. */
export function secureContext({ ca, certificate, key }: TlsFiles): SecureContext {
  const [roots, cert, secret] = [pemIn(ca), pemIn(certificate), pemIn(key)];
  const make = (own: object) =>
    tlsModule().createSecureContext({ minVersion: 'TLSv1.2', ...(roots === null ? {} : { ca: roots }), ...own });
  if (cert === null || secret === null) return checked(ca, () => make({}));
  checked(certificate, () => tlsModule().createSecureContext({ cert }));
  return checked(key, () => make({ cert, key: secret }));
}

function checked<T>(file: NamedFile | null, make: () => T): T {
  try {
    return make();
  } catch {
    // OpenSSL's words may quote the file.
    throw new Misconfigured(`${file?.variable}: ${file?.path} is not what belongs there in PEM, without a password`);
  }
}

function pemIn(file: NamedFile | null): Buffer | null {
  if (file === null) return null;
  let data: Buffer;
  try {
    data = readFileSync(file.path);
  } catch {
    throw new Misconfigured(`${file.variable}: ${file.path} cannot be read; set it to a PEM file`);
  }
  if (!data.includes('-----BEGIN ')) throw new Misconfigured(`${file.variable}: ${file.path} is no PEM file`);
  return data;
}
