//! What a revision does to a view: first whether the view can know all that it then needs, then the changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use hashbrown::{HashMap, HashSet};

use super::{Changed, ClientInView, Demands, EVERY_CLIENT, IssuerInView, NeedsSnapshot, SetsOfPlaces, View};
use crate::clients::pack;
use crate::digests::{Digest, Position};
use crate::entities::{Client, Entity, Gateway, Kind, Requirement, Route, Stated, kind_of};
use crate::keys::PreparedKey;
use crate::lookup::Lookup;
use crate::path::{Template, shadows};
use crate::routes::Routes;
use crate::slots::Place;

/// What a gateway's routes ask for.
#[derive(Default)]
struct Wanted<'g> {
    scopes: HashSet<&'g str>,
    every_client: bool,
}

impl<'g> Wanted<'g> {
    fn of(gateway: Option<&'g Arc<Gateway>>) -> Self {
        gateway.map_or_else(Wanted::default, |gateway| Wanted {
            scopes: gateway.scopes_named().collect(),
            every_client: gateway.routes.demands().iter().any(|route| route.requirement == Requirement::AnyClient),
        })
    }
}

impl View {
    /// Moves to the position of a revision with these changes: key to new entity, none for a removal.
    ///
    /// A view that needs more than it can know stays as it was.
    pub fn apply<'c>(
        &mut self,
        changes: impl Iterator<Item = Changed<'c>> + Clone,
        position: Position,
    ) -> Result<(), NeedsSnapshot> {
        let missing = self.missing(changes.clone());
        if !missing.is_empty() {
            return Err(NeedsSnapshot(missing));
        }
        self.take(changes);
        self.position = position;
        Ok(())
    }

    /// The keys that the view after the changes needs, and that are neither held nor in them.
    fn missing<'c>(&self, changes: impl Iterator<Item = Changed<'c>> + Clone) -> BTreeSet<String> {
        let told: HashSet<&str> =
            changes.clone().map(|(key, _)| key.as_ref()).filter(|key| !key.starts_with("client/")).collect();
        let mut missing = BTreeSet::new();
        let gateway = changes.clone().find(|(key, _)| **key == self.gateway_key);
        let wanted = gateway.map(|(_, stated)| Wanted::of(gateway_of(stated)));
        if let Some(wanted) = &wanted {
            let mut unknown = wanted.scopes.iter().filter(|scope| !self.wants(scope)).peekable();
            if !self.demands.every_client && (wanted.every_client || unknown.peek().is_some()) {
                missing.insert(EVERY_CLIENT.into());
            }
            missing.extend(unknown.map(|scope| format!("scope/{scope}")).filter(|key| !told.contains(key.as_str())));
        }
        let counts = |client: &Client| match &wanted {
            Some(wanted) => wanted.every_client || client.scopes.iter().any(|(scope, _)| wanted.scopes.contains(scope)),
            None => self.counts(client),
        };
        let clients = changes.filter_map(|(_, stated)| match &stated?.entity {
            Entity::Client(client) if counts(client) => Some(client),
            _ => None,
        });
        let unknown =
            clients.filter_map(|client| client.issuer.as_deref().filter(|name| self.issuers.place(name).is_none()));
        missing.extend(unknown.map(|name| format!("issuer/{name}")).filter(|key| !told.contains(key.as_str())));
        missing
    }

    pub(super) fn take<'c>(&mut self, changes: impl Iterator<Item = Changed<'c>> + Clone) {
        self.digest = OnceLock::new();
        let gateway = changes.clone().find(|(key, _)| **key == self.gateway_key);
        if let Some((_, stated)) = gateway {
            self.take_gateway(stated);
        }
        if self.clients.is_empty() {
            let coming = changes.clone().filter(|(_, stated)| self.counted(*stated).is_some()).count();
            self.clients.reserve(coming);
        }
        for (key, stated) in changes.clone() {
            if let Some((Kind::Client, id)) = kind_of(key) {
                self.take_client(id, stated);
            }
        }
        if gateway.is_some() {
            let wanted = |client: &ClientInView| {
                self.demands.every_client || client.scopes().any(|scope| self.names_scope(scope))
            };
            let dropped: Vec<Box<str>> =
                self.clients.iter().filter(|client| !wanted(client)).map(|client| client.id().into()).collect();
            for id in dropped {
                self.take_client(&id, None);
            }
        }
        let mut issuers_changed = false;
        for (key, stated) in changes {
            match kind_of(key) {
                Some((Kind::Scope, name)) => self.take_scope(name, stated),
                Some((Kind::Issuer, name)) => {
                    self.take_issuer(name, stated);
                    issuers_changed = true;
                }
                _ => {}
            }
        }
        self.scopes.sweep();
        if self.issuers.sweep() || issuers_changed {
            self.issuer_by_url = held_once(self.issuers.iter().filter_map(|(_, issuer)| issuer.as_ref()));
        }
    }

    fn take_gateway(&mut self, stated: Option<&Arc<Stated>>) {
        let gateway = gateway_of(stated);
        let wanted = Wanted::of(gateway);
        for scope in &wanted.scopes {
            let place = self.scopes.acquire(scope);
            let named = self.scopes.get_mut(place).map(|scope| std::mem::replace(&mut scope.named, true));
            if named == Some(true) {
                self.scopes.release(place); // it was referred to before
            }
        }
        for place in self.scopes.places() {
            let unnamed = !self.scopes.name(place).is_some_and(|name| wanted.scopes.contains(name));
            if unnamed && self.names_scope(place) {
                self.scopes.get_mut(place).map(std::mem::take);
                self.scopes.release(place);
            }
        }
        self.gateway_digest = stated.map(|stated| stated.digest);
        self.gateway = gateway.cloned();
        self.demands = self.gateway.as_ref().map_or_else(Demands::default, |gateway| Demands {
            sets: gateway.routes.demands().iter().map(|route| self.places_of(route)).collect(),
            every_client: wanted.every_client,
            by_key: by_key(&gateway.routes),
            shadows: shadows_of(&gateway.routes),
        });
    }

    fn places_of(&self, route: &Route) -> SetsOfPlaces {
        let places = |set: &[Box<str>]| set.iter().filter_map(|scope| self.scopes.place(scope)).collect();
        route.requirement.sets().iter().map(|set| places(set)).collect()
    }

    fn take_client(&mut self, id: &str, stated: Option<&Arc<Stated>>) {
        let before = match self.counted(stated) {
            Some((client, digest)) => {
                let client = pack(id, client, digest, &mut self.scopes, &mut self.issuers);
                self.clients.put(client)
            }
            None => self.clients.remove(id),
        };
        if let Some(before) = before {
            before.scopes().for_each(|scope| self.scopes.release(scope));
            before.issuer().into_iter().for_each(|issuer| self.issuers.release(issuer));
        }
    }

    fn take_scope(&mut self, name: &str, stated: Option<&Arc<Stated>>) {
        let held = self.scopes.place(name).and_then(|place| self.scopes.get_mut(place)).filter(|scope| scope.named);
        if let Some(scope) = held {
            scope.stated = stated.and_then(|stated| match &stated.entity {
                Entity::Scope(scope) => Some((*scope, stated.digest)),
                _ => None,
            });
        }
    }

    fn take_issuer(&mut self, name: &str, stated: Option<&Arc<Stated>>) {
        let Some(place) = self.issuers.place(name) else {
            return;
        };
        let issuer = stated.and_then(|stated| match &stated.entity {
            Entity::Issuer(issuer) => Some(Arc::new(IssuerInView {
                name: name.into(),
                issuer: issuer.clone(),
                place,
                digest: stated.digest,
                prepared: issuer.keys.iter().map(|(_, key)| PreparedKey::new(key)).collect(),
            })),
            _ => None,
        });
        if let Some(held) = self.issuers.get_mut(place) {
            *held = issuer;
        }
    }

    /// A client that a route may let in, and the digest of its value.
    fn counted<'c>(&self, stated: Option<&'c Arc<Stated>>) -> Option<(&'c Client, Digest)> {
        match &stated?.entity {
            Entity::Client(client) if self.counts(client) => Some((client, stated?.digest)),
            _ => None,
        }
    }

    fn counts(&self, client: &Client) -> bool {
        self.demands.every_client || client.scopes.iter().any(|(scope, _)| self.wants(scope))
    }

    /// Whether a route names this scope.
    fn wants(&self, scope: &str) -> bool {
        self.scopes.place(scope).is_some_and(|place| self.names_scope(place))
    }

    fn names_scope(&self, place: Place) -> bool {
        self.scopes.get(place).is_some_and(|scope| scope.named)
    }
}

fn gateway_of(stated: Option<&Arc<Stated>>) -> Option<&Arc<Gateway>> {
    match &stated?.entity {
        Entity::Gateway(gateway) => Some(gateway),
        _ => None,
    }
}

fn by_key(routes: &Routes) -> Lookup<u32> {
    let mut by_key = Lookup::default();
    let key = |place: u32| routes.key(place as usize);
    by_key.reserve(routes.len(), key);
    for (place, (name, _)) in (0..).zip(routes.iter()) {
        by_key.insert(name, place, key);
    }
    by_key
}

fn shadows_of(routes: &Routes) -> BTreeMap<usize, Box<[usize]>> {
    let catch_alls = routes.iter().enumerate().filter(|(_, (key, _))| Template::of(key).catch_all());
    let shadowing = |key, route| {
        let others = routes.iter().enumerate();
        others.filter(move |(_, (other, demand))| shadows((Template::of(other), demand), (Template::of(key), route)))
    };
    catch_alls.map(|(place, (key, route))| (place, shadowing(key, route).map(|(at, _)| at).collect())).collect()
}

/// Issuers by their URL; one that two have belongs to neither.
fn held_once<'i>(issuers: impl Iterator<Item = &'i Arc<IssuerInView>>) -> HashMap<Box<str>, Arc<IssuerInView>> {
    let mut holders: HashMap<&str, Option<&Arc<IssuerInView>>> = HashMap::new();
    for issuer in issuers {
        holders.entry(&issuer.issuer.issuer).and_modify(|holder| *holder = None).or_insert(Some(issuer));
    }
    holders.into_iter().filter_map(|(url, holder)| Some((url.into(), holder?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Entities;
    use super::*;
    use crate::log::chain::NOTHING;

    const GATEWAY: &str = "gateway/orders/orders";
    const SCOPE: &str = r#"{"state":"active","when_stale":"check"}"#;

    /// Numbers that look random and are the same every time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }

        fn one_in(&mut self, bound: u64) -> bool {
            self.below(bound) == 0
        }

        fn names(&mut self, prefix: &str, most: u64) -> Vec<String> {
            (0..most).filter(|_| self.one_in(2)).map(|number| format!("{prefix}{number}")).collect()
        }

        /// A value of some entity, or a removal.
        fn change(&mut self) -> (String, Option<String>) {
            let removed = self.one_in(4);
            let (key, value) = match self.below(12) {
                0 => (GATEWAY.to_owned(), self.gateway()),
                1 => (format!("scope/s{}", self.below(6)), SCOPE.to_owned()),
                2 => (format!("issuer/i{}", self.below(3)), self.issuer()),
                _ => (format!("client/c{}", self.below(8)), self.client()),
            };
            (key, (!removed).then_some(value))
        }

        fn gateway(&mut self) -> String {
            let mut routes: Vec<String> = self
                .names("s", 6)
                .iter()
                .map(|scope| {
                    format!(r#""GET /{scope}":{{"any_of":[["{scope}"],["s0","{scope}"]],"credentials":["jwt"]}}"#)
                })
                .collect();
            if self.one_in(3) {
                routes.push(r#""ANY /{rest+}":{"any_client":true,"credentials":["jwt"]}"#.to_owned());
            }
            format!(
                r#"{{"api":"http","audience":["a"],"policy":"follow","max_staleness":2,"deny_after":60,"result_ttl":0,"routes":{{{}}}}}"#,
                routes.join(",")
            )
        }

        fn issuer(&mut self) -> String {
            let url = self.below(2);
            format!(
                r#"{{"issuer":"https://{url}.example/","typ":["at+jwt"],"scope_claim":"scope","client_id_claim":"client_id",
                   "clock_skew":0,"max_lifetime":1,"keys":{{"k":{{"alg":"EdDSA","state":"active","jwk":
                   {{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}}}}}}}"#
            )
        }

        fn client(&mut self) -> String {
            let grants: Vec<String> = self
                .names("s", 6)
                .into_iter()
                .map(|scope| {
                    let until = if self.one_in(3) { format!(r#""until":{}"#, self.below(4)) } else { String::new() };
                    format!(r#""{scope}":{{{until}}}"#)
                })
                .collect();
            let mut members = vec![r#""state":"active""#.to_owned(), format!(r#""issuer":"i{}""#, self.below(3))];
            if !grants.is_empty() {
                members.push(format!(r#""scopes":{{{}}}"#, grants.join(",")));
            }
            if self.one_in(2) {
                let (id, digest) = (self.below(4), Digest([7; 32]));
                members.push(format!(r#""api_keys":{{"k{id}":{{"sha256":"{digest}","expires":9}}}}"#));
                members.push(format!(r#""certificates":["{0}","{0}"]"#, thumbprint(self.below(3))));
                members.push(format!(r#""denied_jti":{{"j{}":3}},"tokens_not_before":1"#, self.below(2)));
            }
            format!("{{{}}}", members.join(","))
        }
    }

    fn thumbprint(number: u64) -> String {
        number.to_string().repeat(43)
    }

    /// All that decisions can ask of a view, as text.
    fn answers(view: &View) -> Vec<String> {
        let mut said = vec![format!("{} {:?} {:?}", view.digest(), view.absent(), view.keys().collect::<Vec<_>>())];
        let show = |client: Option<&ClientInView>| client.map_or("nobody", ClientInView::id).to_owned();
        said.extend((0..4).map(|id| show(view.client_of_api_key(&format!("k{id}")))));
        said.extend((0..3).map(|number| show(view.client_of_certificate(&thumbprint(number)))));
        for url in ["https://0.example/", "https://1.example/"] {
            said.push(view.issuer_of(url).map_or("nobody", IssuerInView::name).to_owned());
        }
        for client in (0..8).filter_map(|number| view.client(&format!("c{number}"))) {
            let serves = |url| view.issuer_of(url).is_some_and(|issuer| issuer.serves(client));
            let issuers = ["https://0.example/", "https://1.example/"].map(serves);
            for now in 0..4 {
                let effective = view.effective_scopes(client, None, now);
                let carried = view.effective_scopes(client, Some(&["s1", "s5", "other"]), now);
                let satisfied = |key: String| Some(view.when_satisfied(view.route_of(&key)?, &effective));
                said.push(format!(
                    "{} {issuers:?} {:?} {:?} {:?} {} {}",
                    client.id(),
                    view.names(&effective),
                    view.names(&carried),
                    (0..6).map(|number| satisfied(format!("GET /s{number}"))).collect::<Vec<_>>(),
                    client.denies_jti("j1", now),
                    client.denies_issued_at(now),
                ));
            }
        }
        said
    }

    #[test]
    fn a_view_that_followed_revisions_answers_as_one_built_of_what_they_left() {
        let mut numbers = Numbers(4);
        let (mut applied, mut refused) = (0, 0);
        for _ in 0..40 {
            let mut state = Entities::new();
            let mut view = View::build("orders/orders", &state, NOTHING);
            for _ in 0..60 {
                let changes: BTreeMap<Arc<str>, Option<Arc<Stated>>> = (0..=numbers.below(5))
                    .map(|_| numbers.change())
                    .map(|(key, value)| {
                        let stated = value.map(|value| Arc::new(Stated::read(&key, &value).unwrap()));
                        (key.into(), stated)
                    })
                    .collect();
                for (key, stated) in &changes {
                    match stated {
                        Some(stated) => drop(state.insert(key.clone(), stated.clone())),
                        None => drop(state.remove(key)),
                    }
                }
                let built = View::build("orders/orders", &state, NOTHING);
                let before = answers(&view);
                if view.apply(changes.iter().map(|(key, stated)| (key, stated.as_ref())), NOTHING).is_err() {
                    assert_eq!(answers(&view), before);
                    view = built;
                    refused += 1;
                } else {
                    assert_eq!(answers(&view), answers(&built));
                    applied += 1;
                }
            }
        }
        assert!(applied > 1000 && refused > 100, "{applied} {refused}");
    }
}
