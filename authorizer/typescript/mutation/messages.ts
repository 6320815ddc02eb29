/**
 * Leaves messages alone: what an error or a refusal says, and which place it names, is read by people, so no vector
 * pins it. The reason beside it is pinned.
 */

import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** What of Babel's nodes and paths is looked at. */
interface Node {
  readonly type: string;
  readonly name?: string;
  readonly callee?: Node;
  readonly id?: Node;
  readonly key?: Node;
  readonly expressions?: readonly Node[];
}
interface Path {
  readonly node: Node;
  readonly parent: Node | null;
  readonly listKey?: string;
  readonly key: string | number | null;
}

/** Which argument of these is a message, or the name of a place. */
const MESSAGE_AT: ReadonlyMap<string, number> = new Map([
  ['Error', 0],
  ['LogUnavailable', 0],
  ['Malformed', 0],
  ['NotStrictJson', 0],
  ['UnreadableEvent', 0],
  ['malformed', 0],
  ['broken', 1],
  ['refused', 1],
  ['refusedPolicy', 1],
  ['Members', 1],
]);

function isMessage({ node, parent, listKey, key }: Path): boolean {
  if (node.type !== 'StringLiteral' && node.type !== 'TemplateLiteral') return false;
  if (listKey === 'arguments' && MESSAGE_AT.get(parent?.callee?.name ?? '') === key) return true;
  if (parent?.type === 'ObjectProperty' && key === 'value') return parent.key?.name === 'what';
  if (parent?.type === 'VariableDeclarator' && key === 'init') return parent.id?.name === 'what';
  return node.expressions?.[0]?.name === 'where';
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'messages', {
    shouldIgnore: (path: object) => (isMessage(path as Path) ? 'a message for people' : undefined),
  }),
];
