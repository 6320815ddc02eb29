/**
 * Which trace a request belongs to: the trace id of a valid `traceparent` header (W3C Trace Context, section 3.2).
 *
 * For the log line alone. Whatever the header holds, no step looks at it: one of any other form is as good as none.
 */

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace id that the one `traceparent` among the headers names. `manyValued`: each header has a list of values. */
export function traceId(headers: Readonly<Record<string, unknown>>, manyValued: boolean): string | null {
  const [name, ...more] = Object.keys(headers).filter(isTraceparent);
  if (name === undefined || more.length > 0) return null;
  const value = manyValued ? onlyItem(headers[name]) : headers[name];
  return typeof value === 'string' ? (TRACEPARENT.exec(value)?.[1] ?? null) : null;
}

/** By its length most other headers are told apart; in ASCII, lower case keeps it. */
function isTraceparent(name: string): boolean {
  return name.length === 'traceparent'.length && /^traceparent$/i.test(name);
}

function onlyItem(values: unknown): unknown {
  return Array.isArray(values) && values.length === 1 ? values[0] : undefined;
}
