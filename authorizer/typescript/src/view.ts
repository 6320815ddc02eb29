/**
 * The policy of one gateway: `Holdings` are the entities it needs of the log, `View` is what decisions are made on.
 *
 * Both are immutable, and a view is a pure function of gateway, entities and position (docs/reference/decision.md).
 */

import { type Position, stateDigest } from './digests.ts';
import {
  type Client,
  type Entity,
  type Entry,
  type Gateway,
  type Issuer,
  nameOf,
  type Route,
  type Scope,
  scopesNamed,
} from './entities.ts';
import { shadowedBy, type Template, templateOf } from './path.ts';

export const EVERY_CLIENT = 'client/*';

/** The view needs keys that are neither held nor in the changes: sorted; `client/*` stands for clients unknown. */
export class NeedsSnapshot {
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    this.missing = missing;
  }
}

/** The entities one gateway needs, and the needed keys that are known to be absent. */
export class Holdings {
  readonly gatewayId: string;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly absent: ReadonlySet<string>;

  private constructor(gatewayId: string, entries: ReadonlyMap<string, Entry>, absent: ReadonlySet<string>) {
    this.gatewayId = gatewayId;
    this.entries = entries;
    this.absent = absent;
  }

  /** Keep of a whole state, or of a floor, what the gateway `<team>/<gateway>` needs. */
  static build(gatewayId: string, entries: ReadonlyMap<string, Entry>): Holdings {
    return Holdings.#of(gatewayId, entries, neededKeys(gatewayId, entries));
  }

  static #of(gatewayId: string, entries: ReadonlyMap<string, Entry>, needed: ReadonlySet<string>): Holdings {
    const kept = new Map<string, Entry>();
    const absent = new Set<string>();
    for (const key of needed) {
      const entry = entries.get(key);
      if (entry === undefined) absent.add(key);
      else kept.set(key, entry);
    }
    return new Holdings(gatewayId, kept, absent);
  }

  /** The holdings after a revision's changes: key to new entry, null for a removal. */
  apply(changes: ReadonlyMap<string, Entry | null>): Holdings | NeedsSnapshot {
    const after = new Map(this.entries);
    for (const [key, entry] of changes) {
      if (entry === null) after.delete(key);
      else after.set(key, entry);
    }
    const needed = neededKeys(this.gatewayId, after);
    const known = (key: string) => after.has(key) || this.absent.has(key) || changes.has(key);
    const missing = [...needed].filter((key) => !known(key));
    if (this.#mayMissClients(after)) missing.push(EVERY_CLIENT);
    return missing.length > 0 ? new NeedsSnapshot(missing.sort()) : Holdings.#of(this.gatewayId, after, needed);
  }

  /** Whether clients may count after a change that did not before, and are therefore not held. */
  #mayMissClients(after: ReadonlyMap<string, Entry>): boolean {
    const [before, now] = [demandOf(this.gatewayId, this.entries), demandOf(this.gatewayId, after)];
    return !before.everyClient && (now.everyClient || !now.scopes.isSubsetOf(before.scopes));
  }

  /** The view digest. */
  get digest(): string {
    return stateDigest(new Map([...this.entries].map(([key, entry]) => [key, entry.value])));
  }
}

/** Which scopes and clients a gateway's routes ask for. */
interface Demand {
  readonly scopes: ReadonlySet<string>;
  readonly everyClient: boolean;
}

const NO_DEMAND: Demand = { scopes: new Set(), everyClient: false };
// Most revisions leave a gateway's entity as it is, and then what its routes ask for and how they are found.
const demands = new WeakMap<Gateway, Demand>();
const indexes = new WeakMap<Gateway, ReadonlyMap<string, RouteInView>>();

function demandOf(gatewayId: string, entries: ReadonlyMap<string, Entry>): Demand {
  const gateway = entries.get(`gateway/${gatewayId}`)?.entity;
  if (gateway?.kind !== 'gateway') return NO_DEMAND;
  let demand = demands.get(gateway);
  if (demand === undefined) {
    const everyClient = gateway.routes.values().some((route) => route.requirement.demand === 'any_client');
    demand = { scopes: scopesNamed(gateway), everyClient };
    demands.set(gateway, demand);
  }
  return demand;
}

/** The gateway, the scopes that its routes name, the clients that count, and their issuers. */
function neededKeys(gatewayId: string, entries: ReadonlyMap<string, Entry>): ReadonlySet<string> {
  const demand = demandOf(gatewayId, entries);
  const needed = new Set([`gateway/${gatewayId}`]);
  for (const scope of demand.scopes) needed.add(`scope/${scope}`);
  for (const [key, { entity }] of entries) {
    if (entity.kind !== 'client') continue;
    if (!counts(entity, demand)) continue;
    needed.add(key);
    if (entity.issuer !== null) needed.add(`issuer/${entity.issuer}`);
  }
  return needed;
}

function counts(client: Client, demand: Demand): boolean {
  if (demand.everyClient) return true;
  for (const scope of client.scopes.keys()) if (demand.scopes.has(scope)) return true;
  return false;
}

/** A declared route: what it demands, and what step 4 asks of it. */
export interface RouteInView {
  readonly route: Route;
  readonly template: Template;
  readonly shadowedBy: readonly Template[];
}

function routesOf(gateway: Gateway): ReadonlyMap<string, RouteInView> {
  let routes = indexes.get(gateway);
  if (routes === undefined) {
    routes = new Map(
      [...gateway.routes].map(([key, route]) => [
        key,
        { route, template: templateOf(key), shadowedBy: shadowedBy(key, gateway.routes) },
      ]),
    );
    indexes.set(gateway, routes);
  }
  return routes;
}

/** What decisions are made on: indexes over the holdings at one position. Immutable. */
export class View {
  readonly gatewayId: string;
  readonly position: Position;
  readonly gateway: Gateway | null;
  readonly audience: ReadonlySet<string>;
  readonly routes: ReadonlyMap<string, RouteInView>;
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly clients: ReadonlyMap<string, Client>;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly #holdings: Holdings;
  readonly #issuerByUrl: ReadonlyMap<string, string>;
  readonly #clientByApiKey: ReadonlyMap<string, string>;
  readonly #clientByThumbprint: ReadonlyMap<string, string>;
  #digest: string | null = null;

  constructor(holdings: Holdings, position: Position) {
    const gateway = holdings.entries.get(`gateway/${holdings.gatewayId}`)?.entity;
    this.gatewayId = holdings.gatewayId;
    this.position = position;
    this.gateway = gateway?.kind === 'gateway' ? gateway : null;
    this.audience = new Set(this.gateway?.audience);
    this.scopes = named(holdings, (entity) => (entity.kind === 'scope' ? entity : null));
    this.clients = named(holdings, (entity) => (entity.kind === 'client' ? entity : null));
    this.issuers = named(holdings, (entity) => (entity.kind === 'issuer' ? entity : null));
    this.#holdings = holdings;
    this.#issuerByUrl = claimedOnce(this.issuers, (issuer) => [issuer.issuer]);
    this.#clientByApiKey = claimedOnce(this.clients, (client) => client.apiKeys.keys());
    this.#clientByThumbprint = claimedOnce(this.clients, (client) => new Set(client.certificates));
    this.routes = this.gateway === null ? new Map() : routesOf(this.gateway);
  }

  /** The view digest: what anyone computes from git for this gateway at this revision. */
  get digest(): string {
    this.#digest ??= this.#holdings.digest;
    return this.#digest;
  }

  /** Name and entity of the one issuer with this URL. */
  issuerOf(url: unknown): readonly [string, Issuer] | null {
    const name = typeof url === 'string' ? this.#issuerByUrl.get(url) : undefined;
    const issuer = name === undefined ? undefined : this.issuers.get(name);
    return name === undefined || issuer === undefined ? null : [name, issuer];
  }

  /** The one client that has an API key of this id. */
  clientOfApiKey(keyId: string): string | undefined {
    return this.#clientByApiKey.get(keyId);
  }

  /** The one client that lists this certificate. */
  clientOfCertificate(thumbprint: string): string | undefined {
    return this.#clientByThumbprint.get(thumbprint);
  }
}

function named<T>(holdings: Holdings, pick: (entity: Entity) => T | null): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [key, { entity }] of holdings.entries) {
    const one = pick(entity);
    if (one !== null) found.set(nameOf(key), one);
  }
  return found;
}

/** Who claims what; a claim made twice belongs to nobody. */
function claimedOnce<T>(
  claimants: ReadonlyMap<string, T>,
  claimsOf: (claimant: T) => Iterable<string>,
): ReadonlyMap<string, string> {
  const holders = new Map<string, string>();
  const twice = new Set<string>();
  for (const [holder, claimant] of claimants) {
    for (const claim of claimsOf(claimant)) {
      if (holders.has(claim)) twice.add(claim);
      holders.set(claim, holder);
    }
  }
  for (const claim of twice) holders.delete(claim);
  return holders;
}
