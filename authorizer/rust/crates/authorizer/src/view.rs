//! The policy of one gateway: `Holdings` are the entities it needs of the log, `View` is what decisions are made on.
//!
//! Both are immutable, and a view is a pure function of gateway, entities and position (docs/reference/decision.md).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::digests::{Digest, Position, state_digest};
use crate::entities::{
    Client, Entity, Gateway, Issuer, Kind, Requirement, Route, Scope, Seconds, Stated, WhenStale, kind_of,
};
use crate::keys::PreparedKey;
use crate::lookup::Lookup;
use crate::path::{Template, shadows};

/// Stands for clients that are not known, in what a snapshot must give.
pub const EVERY_CLIENT: &str = "client/*";

/// Entities by key.
pub type Entities = BTreeMap<Arc<str>, Arc<Stated>>;

/// The view needs keys that are neither held nor in the changes: sorted; `client/*` stands for clients unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsSnapshot(pub BTreeSet<String>);

/// The entities one gateway needs, and the needed keys that are known to be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    gateway_id: Arc<str>,
    gateway_key: Arc<str>,
    entities: Entities,
    absent: BTreeSet<String>,
}

impl Holdings {
    /// Keeps of a whole state, or of a floor, what the gateway `<team>/<gateway>` needs.
    pub fn build(gateway_id: &str, entities: &Entities) -> Self {
        Holdings {
            gateway_id: gateway_id.into(),
            gateway_key: format!("gateway/{gateway_id}").into(),
            entities: Entities::new(),
            absent: BTreeSet::new(),
        }
        .kept(entities.clone())
    }

    /// The holdings after a revision's changes: key to new entity, none for a removal.
    pub fn apply<'c>(
        &self,
        changes: impl IntoIterator<Item = (&'c Arc<str>, Option<&'c Arc<Stated>>)>,
    ) -> Result<Self, NeedsSnapshot> {
        let mut after = self.entities.clone();
        let mut touched = HashSet::new();
        for (key, value) in changes {
            touched.insert(key.as_ref());
            match value {
                None => drop(after.remove(key)),
                Some(stated) if self.concerns(key) => drop(after.insert(key.clone(), stated.clone())),
                Some(_) => {}
            }
        }
        let missing = self.missing(&after, &touched);
        if missing.is_empty() { Ok(self.kept(after)) } else { Err(NeedsSnapshot(missing)) }
    }

    fn missing(&self, after: &Entities, touched: &HashSet<&str>) -> BTreeSet<String> {
        let (before, demand) = (self.demand(&self.entities), self.demand(after));
        let mut missing = BTreeSet::new();
        if !before.every_client && (demand.every_client || !demand.scopes.is_subset(&before.scopes)) {
            missing.insert(EVERY_CLIENT.into());
        }
        let known = |key: &str| after.contains_key(key) || self.absent.contains(key) || touched.contains(key);
        missing.extend(demand.scope_and_issuer_keys(after).into_iter().filter(|key| !known(key)));
        missing
    }

    fn kept(&self, mut entities: Entities) -> Self {
        let (keep, absent) = self.needed(&entities);
        let mut keep = keep.into_iter();
        entities.retain(|_, _| keep.next().unwrap_or(false));
        Holdings { gateway_id: self.gateway_id.clone(), gateway_key: self.gateway_key.clone(), entities, absent }
    }

    /// Which of the entities, in their order, are needed, and which needed keys are absent.
    fn needed(&self, entities: &Entities) -> (Vec<bool>, BTreeSet<String>) {
        let demand = self.demand(entities);
        let mut needed = demand.scope_and_issuer_keys(entities);
        needed.insert(self.gateway_key.to_string());
        let client_needed = |stated: &Stated| matches!(&stated.entity, Entity::Client(one) if demand.counts(one));
        let keep =
            entities.iter().map(|(key, stated)| needed.contains(key.as_ref()) || client_needed(stated)).collect();
        (keep, needed.into_iter().filter(|key| !entities.contains_key(key.as_str())).collect())
    }

    fn demand<'e>(&self, entities: &'e Entities) -> Demand<'e> {
        let Some(Entity::Gateway(gateway)) = entities.get(&self.gateway_key).map(|stated| &stated.entity) else {
            return Demand::default();
        };
        Demand {
            scopes: gateway.scopes_named().collect(),
            every_client: gateway.routes.iter().any(|(_, route)| route.requirement == Requirement::AnyClient),
        }
    }

    fn concerns(&self, key: &Arc<str>) -> bool {
        *key == self.gateway_key || matches!(kind_of(key), Some((Kind::Issuer | Kind::Scope | Kind::Client, _)))
    }

    /// The view digest.
    pub fn digest(&self) -> Digest {
        state_digest(self.entities.iter().map(|(key, stated)| (key.as_ref(), stated.digest)))
    }

    /// The keys held, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entities.keys().map(AsRef::as_ref)
    }

    /// The needed keys that are known to be absent, sorted.
    pub fn absent(&self) -> impl Iterator<Item = &str> {
        self.absent.iter().map(AsRef::as_ref)
    }
}

/// Which scopes and clients a gateway's routes ask for.
#[derive(Default)]
struct Demand<'e> {
    scopes: HashSet<&'e str>,
    every_client: bool,
}

impl Demand<'_> {
    fn counts(&self, client: &Client) -> bool {
        self.every_client || client.scopes.iter().any(|(scope, _)| self.scopes.contains(scope))
    }

    fn scope_and_issuer_keys(&self, entities: &Entities) -> HashSet<String> {
        let scopes = self.scopes.iter().map(|scope| format!("scope/{scope}"));
        let clients = entities.values().filter_map(|stated| match &stated.entity {
            Entity::Client(client) if self.counts(client) => Some(client),
            _ => None,
        });
        let issuers: HashSet<&str> = clients.filter_map(|client| client.issuer.as_deref()).collect();
        scopes.chain(issuers.into_iter().map(|issuer| format!("issuer/{issuer}"))).collect()
    }
}

/// What decisions are made on: indexes over the holdings at one position. Immutable.
#[derive(Debug)]
pub struct View {
    /// `<team>/<gateway>`
    pub gateway_id: Arc<str>,
    /// Where on the chain it is.
    pub position: Position,
    /// The gateway's entity, if there is one.
    pub gateway: Option<Arc<Gateway>>,
    digest: Digest,
    routes: Vec<RouteInView>,
    route_lookup: Lookup,
    scopes: Vec<(Box<str>, Scope)>,
    scope_lookup: Lookup,
    clients: Vec<ClientInView>,
    client_lookup: Lookup,
    issuers: Vec<IssuerInView>,
    issuer_by_url: HashMap<Box<str>, usize>,
    client_by_api_key: HashMap<Box<str>, usize>,
    client_by_thumbprint: HashMap<Box<str>, usize>,
}

/// A route, with its scopes as places in the view.
#[derive(Debug)]
struct RouteInView {
    /// The sets of `any_of`.
    sets: Box<[Box<[usize]>]>,
    /// Places of the routes that shadow it (step 4).
    shadows: Box<[usize]>,
}

/// A client of the view.
#[derive(Debug)]
pub struct ClientInView {
    key: Arc<str>,
    /// The entity.
    pub client: Arc<Client>,
    /// Its grants of scopes that the view has: place and when the grant ends, in the order of the scopes.
    grants: Box<[(usize, Option<Seconds>)]>,
}

impl ClientInView {
    /// The client's id.
    pub fn id(&self) -> &str {
        kind_of(&self.key).map_or("", |(_, name)| name)
    }
}

/// An issuer of the view, its keys prepared.
#[derive(Debug)]
pub struct IssuerInView {
    key: Arc<str>,
    /// The entity.
    pub issuer: Arc<Issuer>,
    /// In the order of the issuer's keys.
    prepared: Box<[PreparedKey]>,
}

impl IssuerInView {
    /// The policy's name of it.
    pub fn name(&self) -> &str {
        kind_of(&self.key).map_or("", |(_, name)| name)
    }

    /// The key of this `kid`, as the policy says it and as it verifies.
    pub fn key_of(&self, kid: &str) -> Option<(&crate::entities::IssuerKey, &PreparedKey)> {
        let place = self.issuer.keys.position(kid)?;
        Some((self.issuer.keys.at(place)?.1, self.prepared.get(place)?))
    }
}

/// A route of the view.
#[derive(Clone, Copy, Debug)]
pub struct RouteRef<'v> {
    /// The declared route key.
    pub key: &'v str,
    /// What it demands.
    pub route: &'v Route,
    place: usize,
}

impl View {
    /// Indexes holdings at a position.
    pub fn new(holdings: &Holdings, position: Position) -> Self {
        let mut view = View {
            gateway_id: holdings.gateway_id.clone(),
            position,
            gateway: None,
            digest: holdings.digest(),
            routes: Vec::new(),
            route_lookup: Lookup::default(),
            scopes: Vec::new(),
            scope_lookup: Lookup::default(),
            clients: Vec::new(),
            client_lookup: Lookup::default(),
            issuers: Vec::new(),
            issuer_by_url: HashMap::new(),
            client_by_api_key: HashMap::new(),
            client_by_thumbprint: HashMap::new(),
        };
        let mut clients = Vec::new();
        for (key, stated) in &holdings.entities {
            match (&stated.entity, kind_of(key)) {
                (Entity::Gateway(gateway), _) => view.gateway = Some(gateway.clone()),
                (Entity::Scope(scope), Some((_, name))) => view.scopes.push((name.into(), *scope)),
                (Entity::Client(client), _) => clients.push((key, client)),
                (Entity::Issuer(issuer), _) => view.issuers.push(IssuerInView {
                    key: key.clone(),
                    issuer: issuer.clone(),
                    prepared: issuer.keys.iter().map(|(_, key)| PreparedKey::new(key)).collect(),
                }),
                _ => {}
            }
        }
        let scopes = &view.scopes;
        view.scope_lookup = Lookup::over(scopes.len(), |place| scopes.get(place).map(|(name, _)| name.as_ref()));
        view.clients = clients.into_iter().map(|(key, client)| view.client_in_view(key, client)).collect();
        let clients = &view.clients;
        view.client_lookup = Lookup::over(clients.len(), |place| clients.get(place).map(ClientInView::id));
        if let Some(gateway) = view.gateway.clone() {
            view.routes = gateway.routes.iter().map(|(key, route)| view.route_in_view(&gateway, key, route)).collect();
            view.route_lookup =
                Lookup::over(gateway.routes.len(), |place| gateway.routes.at(place).map(|(key, _)| key));
        }
        view.issuer_by_url = claimed_once(view.issuers.iter().map(|one| [one.issuer.issuer.as_ref()]));
        view.client_by_api_key =
            claimed_once(view.clients.iter().map(|one| one.client.api_keys.iter().map(|(id, _)| id)));
        view.client_by_thumbprint = claimed_once(view.clients.iter().map(|one| {
            let mut once: Vec<&str> = one.client.certificates.iter().map(AsRef::as_ref).collect();
            once.sort_unstable();
            once.dedup();
            once
        }));
        view
    }

    fn client_in_view(&self, key: &Arc<str>, client: &Arc<Client>) -> ClientInView {
        let grants = client.scopes.iter().filter_map(|(scope, until)| Some((self.scope_place(scope)?, *until)));
        ClientInView { key: key.clone(), client: client.clone(), grants: grants.collect() }
    }

    fn route_in_view(&self, gateway: &Gateway, key: &str, route: &Route) -> RouteInView {
        let Requirement::AnyOf(sets) = &route.requirement else {
            return RouteInView { sets: Box::default(), shadows: shadows_of(gateway, key, route) };
        };
        // A scope that the view does not have is one that nobody holds: its place is behind the last one.
        let place = |scope: &str| self.scope_place(scope).unwrap_or(self.scopes.len());
        RouteInView {
            sets: sets.iter().map(|set| set.iter().map(|scope| place(scope)).collect()).collect(),
            shadows: shadows_of(gateway, key, route),
        }
    }

    fn scope_place(&self, name: &str) -> Option<usize> {
        self.scope_lookup.find(name, |place| self.scopes.get(place).map(|(name, _)| name.as_ref()))
    }

    /// The view digest: what anyone computes from git for this gateway at this revision.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Age above which `deny` scopes are denied.
    pub fn deny_after(&self) -> Seconds {
        self.gateway.as_ref().map_or(0, |gateway| gateway.deny_after)
    }

    /// Whether the gateway has this audience.
    pub fn has_audience(&self, aud: &str) -> bool {
        self.gateway.as_ref().is_some_and(|gateway| gateway.audience.iter().any(|one| one.as_ref() == aud))
    }

    /// The declared route of this key.
    pub fn route_of(&self, key: &str) -> Option<RouteRef<'_>> {
        let gateway = self.gateway.as_ref()?;
        let place = self.route_lookup.find(key, |place| gateway.routes.at(place).map(|(key, _)| key))?;
        let (key, route) = gateway.routes.at(place)?;
        Some(RouteRef { key, route, place })
    }

    /// The routes that shadow this one (step 4).
    pub fn shadows(&self, route: RouteRef<'_>) -> impl Iterator<Item = Template<'_>> {
        let places = self.routes.get(route.place).map_or(&[][..], |one| &one.shadows);
        let routes = self.gateway.as_ref().map(|gateway| &gateway.routes);
        places.iter().filter_map(move |&place| Some(Template::of(routes?.at(place)?.0)))
    }

    /// The one issuer with this URL.
    pub fn issuer_of(&self, url: &str) -> Option<&IssuerInView> {
        self.issuers.get(*self.issuer_by_url.get(url)?)
    }

    /// The client of this id.
    pub fn client(&self, id: &str) -> Option<&ClientInView> {
        let place = self.client_lookup.find(id, |place| self.clients.get(place).map(ClientInView::id))?;
        self.clients.get(place)
    }

    /// The one client that has an API key of this id.
    pub fn client_of_api_key(&self, key_id: &str) -> Option<&ClientInView> {
        self.clients.get(*self.client_by_api_key.get(key_id)?)
    }

    /// The one client that lists this certificate.
    pub fn client_of_certificate(&self, thumbprint: &str) -> Option<&ClientInView> {
        self.clients.get(*self.client_by_thumbprint.get(thumbprint)?)
    }

    /// The scopes that are active, that the client is granted now and, with a token, that it carries.
    pub fn effective_scopes(&self, client: &ClientInView, carried: Option<&[&str]>, now: Seconds) -> Effective {
        let mut in_token = PlaceSet::default();
        for place in carried.unwrap_or_default().iter().filter_map(|scope| self.scope_place(scope)) {
            in_token.insert(place);
        }
        let mut effective = Effective::default();
        for &(place, until) in &client.grants {
            let active = self.scopes.get(place).is_some_and(|(_, scope)| scope.active);
            if active && until.is_none_or(|until| now < until) && (carried.is_none() || in_token.has(place)) {
                effective.places.push(place);
                effective.set.insert(place);
            }
        }
        effective
    }

    /// The names of effective scopes, sorted.
    pub fn names<'v>(&'v self, effective: &Effective) -> Vec<&'v str> {
        effective.places.iter().filter_map(|&place| self.scopes.get(place)).map(|(name, _)| name.as_ref()).collect()
    }

    /// Step 23 for `any_of`: what the satisfied set that asks for least asks for when stale; none: no set is satisfied.
    pub fn when_satisfied(&self, route: RouteRef<'_>, effective: &Effective) -> Option<WhenStale> {
        let strictest = |set: &[usize]| {
            let asked =
                set.iter().map(|&place| effective.set.has(place).then_some(self.scopes.get(place)?.1.when_stale));
            asked.collect::<Option<Vec<_>>>()?.into_iter().max()
        };
        self.routes.get(route.place)?.sets.iter().filter_map(|set| strictest(set)).min()
    }
}

/// Scopes of one view that count for one request.
#[derive(Debug, Default)]
pub struct Effective {
    /// In the order of their names.
    places: Vec<usize>,
    set: PlaceSet,
}

/// A set of places; the first 64 of them need no memory.
#[derive(Debug, Default)]
struct PlaceSet {
    first: u64,
    more: Vec<u64>,
}

impl PlaceSet {
    fn insert(&mut self, place: usize) {
        let (word, bit) = (place / 64, 1 << (place % 64));
        let Some(at) = word.checked_sub(1) else {
            self.first |= bit;
            return;
        };
        if self.more.len() <= at {
            self.more.resize(at + 1, 0);
        }
        if let Some(bits) = self.more.get_mut(at) {
            *bits |= bit;
        }
    }

    fn has(&self, place: usize) -> bool {
        let word = match (place / 64).checked_sub(1) {
            None => self.first,
            Some(at) => self.more.get(at).copied().unwrap_or(0),
        };
        word >> (place % 64) & 1 == 1
    }
}

fn shadows_of(gateway: &Gateway, key: &str, route: &Route) -> Box<[usize]> {
    let template = Template::of(key);
    if !template.catch_all() {
        return Box::default();
    }
    let others = gateway.routes.iter().enumerate();
    others
        .filter(|(_, (other, demand))| shadows((Template::of(other), demand), (template, route)))
        .map(|(place, _)| place)
        .collect()
}

/// Who claims what; a claim made twice belongs to nobody.
fn claimed_once<'a, C: IntoIterator<Item = &'a str>>(claims: impl Iterator<Item = C>) -> HashMap<Box<str>, usize> {
    let mut holders: HashMap<&str, Option<usize>> = HashMap::new();
    for (place, names) in claims.enumerate() {
        for name in names {
            holders.entry(name).and_modify(|holder| *holder = None).or_insert(Some(place));
        }
    }
    holders.into_iter().filter_map(|(name, holder)| Some((name.into(), holder?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_places_has_what_was_put_in_and_nothing_else() {
        let mut set = PlaceSet::default();
        let places = [0, 63, 64, 127, 128, 1000];
        for place in places {
            set.insert(place);
        }
        for place in 0..1100 {
            assert_eq!(set.has(place), places.contains(&place), "{place}");
        }
    }

    #[test]
    fn what_two_claim_belongs_to_neither() {
        let held = claimed_once([vec!["a", "b"], vec!["b", "c"], vec!["b"]].into_iter());
        assert_eq!(held.into_iter().collect::<BTreeMap<_, _>>(), [("a".into(), 0), ("c".into(), 1)].into());
    }
}
