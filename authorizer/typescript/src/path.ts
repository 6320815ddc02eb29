/**
 * Step 4, `path`: what a lenient back end could take for another route is denied; nothing is normalised to allow.
 *
 * The route itself comes from API Gateway and is never found by matching the path again (docs/reference/decision.md, 4).
 */

import type { Route } from './entities.ts';
import { asciiLower, type Request } from './event.ts';

// Besides `\` and `;`: what some readers take for one of `. / \ ; %` (Unicode compatibility forms, Windows' best fit).
const AMBIGUOUS =
  /[\\;\u2024\u2025\ufe52\uff0e\u2044\u2215\uff0f\u2216\ufe68\uff3c\u037e\ufe54\uff1b\ufe6a\uff05]|%[0-9A-Fa-f]{2}/;
// A control character; or a segment that, cut at its first `;`, is `.` or `..`.
const HARMFUL = /[\x00-\x1f\x7f-\x9f]|(?:^|[/\\])\.\.?(?:[/\\;]|$)/;
const ENCODED = /(?:%[0-9A-Fa-f]{2})+/g;
const ENCODED_SLASH = /%2[Ff]/;

// U+FEFF is a character like others here.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A declared route key, taken apart: `GET /orders/{id}`. `segments` is null for `$default`. */
export interface Template {
  readonly method: string;
  readonly segments: readonly string[] | null;
}

/** `$default` and greedy templates take paths that nobody wrote down. */
export function isCatchAll(template: Template): boolean {
  return template.segments === null || isGreedy(template.segments);
}

/** Take a declared route key apart. */
export function templateOf(routeKey: string): Template {
  if (routeKey === '$default') return { method: 'ANY', segments: null };
  const blank = routeKey.indexOf(' ');
  return { method: routeKey.slice(0, blank), segments: segmentsOf(routeKey.slice(blank + 1)) };
}

/** What stands between slashes after the leading one, without one empty segment at the end. */
export function segmentsOf(path: string): readonly string[] {
  const segments = path.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

/** Whether a segment of a template is `{name}` or `{name+}`. */
export function isParameter(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}');
}

/** The routes that API Gateway prefers to this one, a catch-all, and that demand something else of a caller. */
export function shadowedBy(routeKey: string, routes: ReadonlyMap<string, Route>): readonly Template[] {
  const [catchAll, demand] = [templateOf(routeKey), routes.get(routeKey)];
  if (demand === undefined || !isCatchAll(catchAll)) return [];
  const shadows: Template[] = [];
  for (const [key, route] of routes) {
    if (route.requirement.demand === 'public' || sameDemand(route, demand)) continue;
    const other = templateOf(key);
    if (isPreferred(other, catchAll)) shadows.push(other);
  }
  return shadows;
}

/** Whether no text of the request reads as another route than the one that API Gateway matched. */
export function pathAllowed(
  request: Pick<Request, 'method' | 'path' | 'pathParameters' | 'stage'>,
  matched: { readonly template: Template; readonly shadowedBy: readonly Template[] },
): boolean {
  const texts = [request.path, ...request.pathParameters];
  if (!texts.every(isHarmless)) return false;
  if (!isCatchAll(matched.template)) return true;
  if (!texts.every(isPlain)) return false;
  const readings = readingsOf(request.path, request.stage).map((reading) => reading.map(asciiLower));
  return !matched.shadowedBy.some(
    ({ method, segments }) =>
      segments !== null &&
      (method === request.method || method === 'ANY') &&
      readings.some((reading) => fits(segments, reading, asciiLower)),
  );
}

/** Whether the path fits the declared template, leading segments (stage, base path) left out. It is only counted. */
export function pathFits(path: string, template: Template): boolean {
  if (template.segments === null) return true;
  const expected = template.segments;
  const segments = segmentsOf(path).map((segment) => decoded(segment) ?? segment);
  return segments.some((_, start) => fits(expected, segments.slice(start))) || fits(expected, []);
}

/** The text percent-decoded once; null when that is not UTF-8. */
export function decoded(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return text.replace(ENCODED, (run) => utf8.decode(Buffer.from(run.replaceAll('%', ''), 'hex')));
  } catch {
    return null;
  }
}

// --- details ---------------------------------------------------------------------------------------------------------

/** Asked on every route: UTF-8 without control characters, and no segment that leads to another one. */
function isHarmless(text: string): boolean {
  const plain = decoded(text);
  return plain !== null && !HARMFUL.test(plain);
}

/** Asked on a catch-all: nothing that readers split, join or decode in different ways. */
function isPlain(text: string): boolean {
  const plain = decoded(text);
  if (plain === null || ENCODED_SLASH.test(text) || AMBIGUOUS.test(plain)) return false;
  return !plain.split('/').slice(1, -1).includes('');
}

/** The path's segments as a lenient reader may have them: cut at `?` or `#`, with the stage and without. */
function readingsOf(path: string, stage: string | null): readonly (readonly string[])[] {
  const [cut] = (decoded(path) ?? path).split(/[?#]/, 1);
  const whole = segmentsOf(cut ?? '');
  return whole.length > 0 && whole[0] === stage ? [whole, whole.slice(1)] : [whole];
}

/** Whether API Gateway takes `other` rather than the catch-all for a path that fits both. */
function isPreferred(other: Template, catchAll: Template): boolean {
  if (other.segments === null) return false;
  const before = (catchAll.segments ?? []).slice(0, -1);
  if (isGreedy(other.segments) && other.segments.length - 1 <= before.length) return false;
  return before.every((segment, index) => other.segments?.[index] === segment);
}

function isGreedy(segments: readonly string[]): boolean {
  const last = segments.at(-1);
  return last?.startsWith('{') === true && last.endsWith('+}');
}

function fits(
  template: readonly string[],
  segments: readonly string[],
  literal: (text: string) => string = (text) => text,
): boolean {
  if (isGreedy(template)) {
    const exact = template.slice(0, -1);
    return segments.length > exact.length && fits(exact, segments.slice(0, exact.length), literal);
  }
  return (
    template.length === segments.length &&
    template.every((expected, index) =>
      isParameter(expected) ? segments[index] !== '' : literal(expected) === segments[index],
    )
  );
}

/** Whether two routes ask the same of a caller: requirement, credentials and claims, types of constants included. */
function sameDemand(one: Route, other: Route): boolean {
  return (
    JSON.stringify([one.requirement, one.credentials]) === JSON.stringify([other.requirement, other.credentials]) &&
    one.claims.size === other.claims.size &&
    one.claims.entries().every(([name, value]) => other.claims.get(name) === value)
  );
}
