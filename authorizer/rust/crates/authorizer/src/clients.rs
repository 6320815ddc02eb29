//! The clients of one view, packed: there may be ten thousand of them in the memory of a small function.
//!
//! Names that clients share (scopes, issuers) are kept once, elsewhere; what few clients have (keys, addresses, denials)
//! takes no room in the others.

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::addresses::Network;
use crate::digests::Digest;
use crate::entities::{ApiKey, Client, Seconds};
use crate::lookup::Lookup;
use crate::slots::{Place, Slots};

/// A client of the view.
#[derive(Clone, Debug)]
pub struct ClientInView {
    id: Box<str>,
    digest: Digest,
    grants: Box<[Grant]>,
    rules: Box<[Rule]>,
    issuer: Option<Place>,
    /// Not suspended.
    pub active: bool,
}

/// A granted scope: where its name is kept, and whether a rule ends the grant. In the order of the names.
#[derive(Clone, Copy, Debug)]
struct Grant(Place);

const ENDS: Place = 1 << 31;

impl Grant {
    fn scope(self) -> Place {
        self.0 & !ENDS
    }

    fn ends(self) -> bool {
        self.0 & ENDS != 0
    }
}

/// One thing that only some clients have. Sorted by `order`, so that any one of a thousand is found soon.
#[derive(Clone, Debug)]
enum Rule {
    /// Tokens issued before it are denied.
    NotBefore(Seconds),
    /// From where the client may call.
    Within(Network),
    /// When the grant of the scope at this place ends.
    Ends(Place, Seconds),
    DeniedJti(Box<str>, Seconds),
    DeniedSub(Box<str>, Seconds),
    ApiKey(Box<str>, Box<ApiKey>),
    /// `x5t#S256`
    Certificate(Box<str>),
}

impl Rule {
    fn order(&self) -> (u8, Place, &str) {
        match self {
            Rule::NotBefore(_) => (0, 0, ""),
            Rule::Within(_) => (1, 0, ""),
            Rule::Ends(scope, _) => (2, *scope, ""),
            Rule::DeniedJti(jti, _) => (3, 0, jti),
            Rule::DeniedSub(sub, _) => (4, 0, sub),
            Rule::ApiKey(id, _) => (5, 0, id),
            Rule::Certificate(thumbprint) => (6, 0, thumbprint),
        }
    }
}

impl ClientInView {
    /// The client's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// SHA-256 of its value.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether an issuer signs access tokens for it.
    pub fn has_issuer(&self) -> bool {
        self.issuer.is_some()
    }

    /// Where the name of its issuer is kept.
    pub(crate) fn issuer(&self) -> Option<Place> {
        self.issuer
    }

    /// Where the names of its scopes are kept, whether their grants have ended or not.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Place> {
        self.grants.iter().map(|grant| grant.scope())
    }

    /// The same of grants that have not ended, in the order of the names.
    pub(crate) fn granted(&self, now: Seconds) -> impl Iterator<Item = Place> {
        let lasting = move |grant: &&Grant| {
            !grant.ends() || matches!(self.rule((2, grant.scope(), "")), Some(Rule::Ends(_, until)) if now < *until)
        };
        self.grants.iter().filter(lasting).map(|grant| grant.scope())
    }

    /// Step 19: whether a token that was issued then is denied.
    pub fn denies_issued_at(&self, issued_at: Seconds) -> bool {
        matches!(self.rules.first(), Some(Rule::NotBefore(not_before)) if issued_at < *not_before)
    }

    /// Step 19: whether a `jti` is denied.
    pub fn denies_jti(&self, jti: &str, now: Seconds) -> bool {
        matches!(self.rule((3, 0, jti)), Some(Rule::DeniedJti(_, until)) if now < *until)
    }

    /// Step 19: whether a `sub` is denied.
    pub fn denies_sub(&self, sub: &str, now: Seconds) -> bool {
        matches!(self.rule((4, 0, sub)), Some(Rule::DeniedSub(_, until)) if now < *until)
    }

    /// Step 21: whether the client may call from here; one without networks from anywhere, one with them not from
    /// where nobody knows.
    pub fn may_call_from(&self, source_ip: Option<&str>) -> bool {
        let mut networks = self.rules.iter().take_while(|rule| rule.order().0 <= 1).filter_map(|rule| match rule {
            Rule::Within(network) => Some(network),
            _ => None,
        });
        let Some(first) = networks.next() else {
            return true;
        };
        let address = source_ip.and_then(|text| text.parse::<IpAddr>().ok());
        address.is_some_and(|address| first.holds(address) || networks.any(|network| network.holds(address)))
    }

    /// The API key of this id.
    pub fn api_key(&self, id: &str) -> Option<&ApiKey> {
        match self.rule((5, 0, id)) {
            Some(Rule::ApiKey(_, key)) => Some(key),
            _ => None,
        }
    }

    fn rule(&self, order: (u8, Place, &str)) -> Option<&Rule> {
        self.rules.binary_search_by(|rule| rule.order().cmp(&order)).ok().and_then(|at| self.rules.get(at))
    }
}

/// Where a client stands, and which of its rules is meant.
type RulePlace = (u32, u32);

/// The clients of a view, with an index for each way of finding one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clients {
    held: Vec<ClientInView>,
    by_id: Lookup<u32>,
    by_api_key: Lookup<RulePlace>,
    by_thumbprint: Lookup<RulePlace>,
}

impl Clients {
    /// Makes room for exactly so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.held.reserve_exact(more);
        self.by_id.reserve(more, id_of(&self.held));
    }

    /// The client of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&ClientInView> {
        self.at(self.place(id)?)
    }

    /// The one client that has an API key of this id.
    pub(crate) fn of_api_key(&self, id: &str) -> Option<&ClientInView> {
        self.at(self.by_api_key.find_only(id, rule_name(&self.held))?.0)
    }

    /// The one client that lists this certificate.
    pub(crate) fn of_certificate(&self, thumbprint: &str) -> Option<&ClientInView> {
        self.at(self.by_thumbprint.find_only(thumbprint, rule_name(&self.held))?.0)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &ClientInView> {
        self.held.iter()
    }

    /// Adds a client, or puts it in the place of the one of its id.
    pub(crate) fn put(&mut self, client: ClientInView) -> Option<ClientInView> {
        let Some(place) = self.place(&client.id) else {
            if self.held.len() == self.held.capacity() {
                self.held.reserve_exact(self.held.len() / 8 + 8); // not twice as many, as `push` would
            }
            self.held.push(client);
            self.index(self.held.len() - 1);
            return None;
        };
        self.unindex(place as usize);
        let before = self.held.get_mut(place as usize).map(|held| std::mem::replace(held, client));
        self.index(place as usize);
        before
    }

    /// Removes a client.
    pub(crate) fn remove(&mut self, id: &str) -> Option<ClientInView> {
        let place = self.place(id)? as usize;
        let last = self.held.len() - 1;
        self.unindex(place);
        if place != last {
            self.unindex(last); // it moves to the free place
        }
        let removed = self.held.swap_remove(place);
        if place != last {
            self.index(place);
        }
        Some(removed)
    }

    fn at(&self, place: u32) -> Option<&ClientInView> {
        self.held.get(place as usize)
    }

    fn place(&self, id: &str) -> Option<u32> {
        self.by_id.find(id, id_of(&self.held))
    }

    fn index(&mut self, at: usize) {
        let (Some(client), Ok(place)) = (self.held.get(at), u32::try_from(at)) else {
            return;
        };
        self.by_id.insert(&client.id, place, id_of(&self.held));
        for (number, rule) in (0..).zip(&client.rules) {
            match rule {
                Rule::ApiKey(id, _) => self.by_api_key.insert(id, (place, number), rule_name(&self.held)),
                Rule::Certificate(one) => self.by_thumbprint.insert(one, (place, number), rule_name(&self.held)),
                _ => {}
            }
        }
    }

    fn unindex(&mut self, at: usize) {
        let (Some(client), Ok(place)) = (self.held.get(at), u32::try_from(at)) else {
            return;
        };
        self.by_id.remove(&client.id, place);
        for (number, rule) in (0..).zip(&client.rules) {
            match rule {
                Rule::ApiKey(id, _) => self.by_api_key.remove(id, (place, number)),
                Rule::Certificate(one) => self.by_thumbprint.remove(one, (place, number)),
                _ => {}
            }
        }
    }
}

fn id_of<'c>(clients: &'c [ClientInView]) -> impl Fn(u32) -> Option<&'c str> {
    |place| clients.get(place as usize).map(ClientInView::id)
}

fn rule_name<'c>(clients: &'c [ClientInView]) -> impl Fn(RulePlace) -> Option<&'c str> {
    |(place, number)| Some(clients.get(place as usize)?.rules.get(number as usize)?.order().2)
}

/// Packs a client; `scopes` and `issuers` keep the names that it shares with others.
pub(crate) fn pack<S: Default, I: Default>(
    id: &str,
    client: &Client,
    digest: Digest,
    scopes: &mut Slots<S>,
    issuers: &mut Slots<I>,
) -> ClientInView {
    let mut rules = Vec::new();
    rules.extend(client.tokens_not_before.map(Rule::NotBefore));
    rules.extend(client.addresses.iter().copied().map(Rule::Within));
    let grant = |(name, until): (&str, &Option<Seconds>)| {
        let scope = scopes.acquire(name);
        rules.extend(until.map(|until| Rule::Ends(scope, until)));
        Grant(if until.is_some() { scope | ENDS } else { scope })
    };
    let grants = client.scopes.iter().map(grant).collect();
    rules.extend(client.denied_jti.iter().map(|(jti, until)| Rule::DeniedJti(jti.into(), *until)));
    rules.extend(client.denied_sub.iter().map(|(sub, until)| Rule::DeniedSub(sub.into(), *until)));
    rules.extend(client.api_keys.iter().map(|(id, key)| Rule::ApiKey(id.into(), Box::new(*key))));
    rules.extend(client.certificates.iter().cloned().map(Rule::Certificate));
    rules.sort_by(|one, other| one.order().cmp(&other.order()));
    rules.dedup_by(|one, other| {
        matches!(one, Rule::Certificate(_)) && one.order().cmp(&other.order()) == Ordering::Equal
    });
    ClientInView {
        id: id.into(),
        digest,
        grants,
        rules: rules.into(),
        issuer: client.issuer.as_deref().map(|name| issuers.acquire(name)),
        active: client.active,
    }
}
