/** TLS from PEM files. `node:tls` takes 10 ms to load, so it is loaded only where somebody asks for TLS. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import { Misconfigured } from '../misconfigured.ts';
import type { NamedFile, TlsFiles } from './settings.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The module, loaded now. */
export function tlsModule(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls');
}

/** Roots, certificate and key, parsed once for all connections. Throws `Misconfigured` for a file that is none. */
export function secureContext({ ca, certificate, key }: TlsFiles): SecureContext {
  const [roots, cert, secret] = [pemIn(ca), pemIn(certificate), pemIn(key)];
  if (roots !== null) checked(ca, () => certificatesIn(roots));
  const make = (own: object) =>
    tlsModule().createSecureContext({ minVersion: 'TLSv1.2', ...(roots === null ? {} : { ca: roots }), ...own });
  if (cert === null || secret === null) return checked(ca, () => make({}));
  checked(certificate, () => tlsModule().createSecureContext({ cert }));
  return checked(key, () => make({ cert, key: secret }));
}

/** Throws unless there are certificates: OpenSSL passes over what it cannot read, and would later trust nobody. */
function certificatesIn(pem: Buffer): readonly X509Certificate[] {
  const found = pem.toString().match(CERTIFICATE);
  if (found === null) throw new Error('no certificate');
  return found.map((one) => new X509Certificate(one));
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
