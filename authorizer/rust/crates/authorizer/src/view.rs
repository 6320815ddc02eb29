//! The policy of one gateway: what it needs of the log, held as decisions ask for it.
//!
//! A view is a pure function of gateway, entities and position (docs/reference/decision.md). A revision changes a view
//! in place, whole or not at all, so that it costs what it changes and not what the view holds; whoever else holds the
//! view keeps the one from before (`Arc::make_mut`), and no decision sees half of a revision.

mod changes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

pub use crate::clients::ClientInView;
use crate::clients::Clients;
use crate::digests::{Digest, Position, state_digest};
use crate::entities::{Gateway, Issuer, IssuerKey, Route, Scope, Seconds, Stated, WhenStale};
use crate::keys::PreparedKey;
use crate::lookup::Lookup;
use crate::path::Template;
use crate::slots::{Place, Slots};

/// Stands for clients that are not known, in what a snapshot must give.
pub const EVERY_CLIENT: &str = "client/*";

/// Entities by key.
pub type Entities = BTreeMap<Arc<str>, Arc<Stated>>;

/// The view needs keys that are neither held nor in the changes: sorted; `client/*` stands for clients unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsSnapshot(pub BTreeSet<String>);

/// A changed entity: its key, and what it is now; none when it is removed.
pub type Changed<'c> = (&'c Arc<str>, Option<&'c Arc<Stated>>);

/// What decisions are made on, at one position.
#[derive(Clone, Debug)]
pub struct View {
    /// `<team>/<gateway>`
    pub gateway_id: Arc<str>,
    /// Where on the chain it is.
    pub position: Position,
    /// The gateway's entity, if there is one.
    pub gateway: Option<Arc<Gateway>>,
    gateway_key: Arc<str>,
    gateway_digest: Option<Digest>,
    demands: Demands,
    scopes: Slots<ScopeInView>,
    issuers: Slots<Option<Arc<IssuerInView>>>,
    issuer_by_url: HashMap<Box<str>, Arc<IssuerInView>>,
    clients: Clients,
    digest: OnceLock<Digest>,
}

/// What is known of a scope that a route names or a client of the view is granted.
#[derive(Clone, Copy, Debug, Default)]
struct ScopeInView {
    /// A route names it.
    named: bool,
    /// The entity, if a route names it and there is one.
    stated: Option<(Scope, Digest)>,
}

/// An issuer of the view, its keys prepared.
#[derive(Debug)]
pub struct IssuerInView {
    name: Box<str>,
    /// The entity.
    pub issuer: Arc<Issuer>,
    place: Place,
    digest: Digest,
    /// In the order of the issuer's keys.
    prepared: Box<[PreparedKey]>,
}

impl IssuerInView {
    /// The policy's name of it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of this `kid`, as the policy says it and as it verifies.
    pub fn key_of(&self, kid: &str) -> Option<(&IssuerKey, &PreparedKey)> {
        let place = self.issuer.keys.position(kid)?;
        Some((self.issuer.keys.at(place)?.1, self.prepared.get(place)?))
    }

    /// Whether it is the issuer of this client's tokens.
    pub fn serves(&self, client: &ClientInView) -> bool {
        client.issuer() == Some(self.place)
    }
}

/// The sets of an `any_of`.
type SetsOfPlaces = Box<[Box<[Place]>]>;

/// The gateway's routes, with their scopes as places.
#[derive(Clone, Debug, Default)]
struct Demands {
    /// In the order of the gateway's demands: the sets of `any_of`.
    sets: Box<[SetsOfPlaces]>,
    /// A route takes any client, so every client belongs to the view.
    every_client: bool,
    by_key: Lookup<u32>,
    /// The places of the routes that shadow a catch-all (step 4), by its place.
    shadows: BTreeMap<usize, Box<[usize]>>,
}

/// A route of the view.
#[derive(Clone, Copy, Debug)]
pub struct RouteRef<'v> {
    /// The declared route key.
    pub key: &'v str,
    /// What it demands.
    pub route: &'v Route,
    place: usize,
    demand: usize,
}

impl View {
    /// Keeps of a whole state, or of a floor, what the gateway `<team>/<gateway>` needs.
    pub fn build(gateway_id: &str, entities: &Entities, position: Position) -> Self {
        let mut view = View {
            gateway_id: gateway_id.into(),
            position,
            gateway: None,
            gateway_key: format!("gateway/{gateway_id}").into(),
            gateway_digest: None,
            demands: Demands::default(),
            scopes: Slots::default(),
            issuers: Slots::default(),
            issuer_by_url: HashMap::new(),
            clients: Clients::default(),
            digest: OnceLock::new(),
        };
        view.take(entities.iter().map(|(key, stated)| (key, Some(stated))));
        view
    }

    /// The declared route of this key.
    pub fn route_of(&self, key: &str) -> Option<RouteRef<'_>> {
        let routes = &self.gateway.as_ref()?.routes;
        let place = self.demands.by_key.find(key, |place| routes.key(place as usize))? as usize;
        let (demand, route) = routes.demand(place)?;
        Some(RouteRef { key: routes.key(place)?, route, place, demand })
    }

    /// The routes that shadow this one (step 4).
    pub fn shadows(&self, route: RouteRef<'_>) -> impl Iterator<Item = Template<'_>> {
        let places = self.demands.shadows.get(&route.place).map_or(&[][..], AsRef::as_ref);
        let routes = self.gateway.as_ref().map(|gateway| &gateway.routes);
        places.iter().filter_map(move |&place| Some(Template::of(routes?.key(place)?)))
    }

    /// Age above which `deny` scopes are denied.
    pub fn deny_after(&self) -> Seconds {
        self.gateway.as_ref().map_or(0, |gateway| gateway.deny_after)
    }

    /// Whether the gateway has this audience.
    pub fn has_audience(&self, aud: &str) -> bool {
        self.gateway.as_ref().is_some_and(|gateway| gateway.audience.iter().any(|one| one.as_ref() == aud))
    }

    /// The one issuer with this URL.
    pub fn issuer_of(&self, url: &str) -> Option<&IssuerInView> {
        self.issuer_by_url.get(url).map(AsRef::as_ref)
    }

    /// The client of this id.
    pub fn client(&self, id: &str) -> Option<&ClientInView> {
        self.clients.get(id)
    }

    /// The one client that has an API key of this id.
    pub fn client_of_api_key(&self, key_id: &str) -> Option<&ClientInView> {
        self.clients.of_api_key(key_id)
    }

    /// The one client that lists this certificate.
    pub fn client_of_certificate(&self, thumbprint: &str) -> Option<&ClientInView> {
        self.clients.of_certificate(thumbprint)
    }

    /// The scopes that are active, that the client is granted now and, with a token, that it carries.
    pub fn effective_scopes<'c>(
        &self,
        client: &'c ClientInView,
        carried: Option<&[&str]>,
        now: Seconds,
    ) -> Effective<'c> {
        let mut in_token = PlaceSet::default();
        for place in carried.unwrap_or_default().iter().filter_map(|scope| self.scopes.place(scope)) {
            in_token.insert(place);
        }
        let mut set = PlaceSet::default();
        for place in client.granted(now) {
            let active = self.stated(place).is_some_and(|scope| scope.active);
            if active && (carried.is_none() || in_token.has(place)) {
                set.insert(place);
            }
        }
        Effective { client, set }
    }

    /// The names of effective scopes, sorted.
    pub fn names(&self, effective: &Effective<'_>) -> Vec<&str> {
        let mut names = Vec::with_capacity(effective.set.len());
        let places = effective.client.scopes().filter(|&place| effective.set.has(place));
        names.extend(places.filter_map(|place| self.scopes.name(place)));
        names
    }

    /// Step 23 for `any_of`: what the satisfied set that asks for least asks for when stale; none: no set is satisfied.
    pub fn when_satisfied(&self, route: RouteRef<'_>, effective: &Effective<'_>) -> Option<WhenStale> {
        let asks =
            |&place: &Place| self.stated(place).filter(|_| effective.set.has(place)).map(|scope| scope.when_stale);
        let strictest = |set: &[Place]| set.iter().try_fold(WhenStale::Serve, |most, one| Some(most.max(asks(one)?)));
        self.demands.sets.get(route.demand)?.iter().filter_map(|set| strictest(set)).min()
    }

    fn stated(&self, scope: Place) -> Option<&Scope> {
        self.scopes.get(scope)?.stated.as_ref().map(|(scope, _)| scope)
    }

    /// The view digest: what anyone computes from git for this gateway at this revision.
    pub fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| state_digest(self.held().iter().map(|(key, digest)| (key.as_str(), *digest))))
    }

    /// The keys held, sorted.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.held().into_keys()
    }

    /// The needed keys that are known to be absent, sorted.
    pub fn absent(&self) -> BTreeSet<String> {
        let gateway = self.gateway.is_none().then(|| self.gateway_key.to_string());
        let scopes = self.scopes.iter().filter(|(_, scope)| scope.named && scope.stated.is_none());
        let issuers = self.issuers.iter().filter(|(_, issuer)| issuer.is_none());
        gateway
            .into_iter()
            .chain(scopes.map(|(name, _)| format!("scope/{name}")))
            .chain(issuers.map(|(name, _)| format!("issuer/{name}")))
            .collect()
    }

    fn held(&self) -> BTreeMap<String, Digest> {
        let gateway = self.gateway_digest.map(|digest| (self.gateway_key.to_string(), digest));
        let scopes =
            self.scopes.iter().filter_map(|(name, scope)| Some((format!("scope/{name}"), scope.stated.as_ref()?.1)));
        let issuers =
            self.issuers.iter().filter_map(|(name, issuer)| Some((format!("issuer/{name}"), issuer.as_ref()?.digest)));
        let clients = self.clients.iter().map(|client| (format!("client/{}", client.id()), client.digest()));
        clients.chain(gateway).chain(issuers).chain(scopes).collect()
    }
}

/// Scopes of a client that count for one request.
#[derive(Debug)]
pub struct Effective<'c> {
    client: &'c ClientInView,
    set: PlaceSet,
}

/// A set of places; the first 256 of them need no memory.
#[derive(Debug, Default)]
struct PlaceSet {
    first: [u64; 4],
    more: Vec<u64>,
}

impl PlaceSet {
    fn insert(&mut self, place: Place) {
        let (at, bit) = (place as usize / 64, 1 << (place % 64));
        let beyond = (at + 1).saturating_sub(self.first.len());
        if self.more.len() < beyond {
            self.more.resize(beyond, 0);
        }
        if let Some(word) = self.first.iter_mut().chain(&mut self.more).nth(at) {
            *word |= bit;
        }
    }

    fn has(&self, place: Place) -> bool {
        self.first.iter().chain(&self.more).nth(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn len(&self) -> usize {
        self.first.iter().chain(&self.more).map(|word| word.count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_places_has_what_was_put_in_and_nothing_else() {
        let mut set = PlaceSet::default();
        let places = [0, 63, 64, 255, 256, 1000];
        for place in places {
            set.insert(place);
        }
        for place in 0..1100 {
            assert_eq!(set.has(place), places.contains(&place), "{place}");
        }
        assert_eq!(set.len(), places.len());
    }
}
