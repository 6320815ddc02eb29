//! Whole decisions, event JSON in and response JSON out, beside the bare signature check; lookups beside a hash map's
//! `get`; one changed client among 10,000; and the same question asked of the `cedar-policy` crate.
//!
//! `decisions WORKLOAD` prints one JSON object a line: `name`, `ns` of CPU, the `baseline` it is told beside, `ratio`.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::str::FromStr as _;
use std::sync::Arc;

use authorizer::entities::Stated;
use authorizer::view::View;
use authorizer_bench::bare;
use authorizer_bench::measure::{self, Work};
use authorizer_bench::whole::Whole;
use authorizer_bench::workload::{Token, Workload};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression,
};

fn main() {
    let given = Workload::read();
    let view = View::build(&given.gateway, &given.entities(), given.position);
    decisions(&given, &view);
    lookups(&given, &view);
    changes(&given);
}

fn decisions(given: &Workload, view: &View) {
    let (before, after) = given.event.split_once("TOKEN").expect("a place for the token");
    for (alg, jwk, tokens) in &given.signed {
        let texts: Vec<String> = tokens.iter().map(Token::compact).collect();
        let event = |number: usize| (before, texts[number % texts.len()].as_str(), after);
        // More tokens than are remembered, taken in turn: each decision verifies; and one, which only the first does.
        let (mut whole, mut again) = (Whole::new(given.now), Whole::new(given.now));
        let named = |what: &str| -> &'static str { format!("{what} {alg}").leak() };
        measure::print(vec![
            (named("bare check"), bare::check(alg, jwk, tokens)),
            (named("decision"), Box::new(|number| whole.answer(view, event(number)))),
            (named("decision again"), Box::new(|_| again.answer(view, event(0)))),
        ]);
    }
}

fn lookups(given: &Workload, view: &View) {
    let calls = given.calls(10_007);
    let mut map: HashMap<String, usize> = HashMap::new();
    for (number, (route, _)) in calls.iter().enumerate() {
        map.insert(route.clone(), number);
    }
    let routes = view.gateway.as_ref().expect("a gateway");
    map.extend(routes.routes.iter().map(|(key, _)| (key.to_owned(), 0)));
    let get: Work<'_> = (
        "hash map get",
        Box::new(|number| {
            black_box(map.get(calls[number % calls.len()].0.as_str()));
        }),
    );
    let lookup: Work<'_> = (
        "view decision",
        Box::new(|number| {
            let (route, client) = &calls[number % calls.len()];
            let (route, client) = (view.route_of(route).expect("route"), view.client(client).expect("client"));
            let effective = view.effective_scopes(client, None, given.now);
            let when_stale = view.when_satisfied(route, &effective).expect("allowed");
            black_box((when_stale, view.names(&effective)));
        }),
    );
    let cedar = Cedar::new(given);
    measure::print(vec![
        get,
        lookup,
        (
            "cedar-policy, routed, one policy",
            Box::new(|_| {
                assert_eq!(cedar.ask(), Decision::Allow);
            }),
        ),
    ]);
}

/// One route's demand as its one policy, and the one client that calls it: no route to find, no token to read.
struct Cedar {
    authorizer: Authorizer,
    request: Request,
    policies: PolicySet,
    entities: Entities,
}

impl Cedar {
    fn new(given: &Workload) -> Self {
        let uid = |kind: &str, id: &str| EntityUid::from_str(&format!("{kind}::\"{id}\"")).expect("an id");
        let (client, action, gateway) =
            (uid("Client", "client-00007"), uid("Action", &given.route), uid("Gateway", &given.gateway));
        let policy = format!(
            "permit(principal, action == {action}, resource == {gateway})
             when {{ principal.active && principal.scopes.contains(\"{}\") && context.carried.contains(\"{}\") }};",
            given.scope, given.scope
        );
        let scopes = || RestrictedExpression::new_set([RestrictedExpression::new_string(given.scope.clone())]);
        let attributes =
            HashMap::from([("active".into(), RestrictedExpression::new_bool(true)), ("scopes".into(), scopes())]);
        let principal = Entity::new(client.clone(), attributes, HashSet::new()).expect("an entity");
        Cedar {
            authorizer: Authorizer::new(),
            request: Request::new(
                client,
                action,
                gateway,
                Context::from_pairs([("carried".into(), scopes())]).expect("a context"),
                None,
            )
            .expect("a request"),
            policies: PolicySet::from_str(&policy).expect("a policy"),
            entities: Entities::from_entities([principal], None).expect("entities"),
        }
    }

    fn ask(&self) -> Decision {
        self.authorizer.is_authorized(&self.request, &self.policies, &self.entities).decision()
    }
}

fn changes(given: &Workload) {
    let entities = given.entities();
    let mut view = View::build(&given.gateway, &entities, given.position);
    let key: Arc<str> = "client/client-00007".into();
    let value = &given.texts.iter().find(|(one, _)| *one == *key).expect("a client").1;
    let stated = [value.clone(), value.replace("active", "suspended")]
        .map(|value| Arc::new(Stated::read(&key, &value).expect("an entity")));
    let (alg, jwk, tokens) = &given.signed[3];
    assert_eq!(alg, "EdDSA");
    measure::print(vec![
        ("bare check of a revision", bare::check(alg, jwk, tokens)),
        (
            "one changed client of 10,000",
            Box::new(|number| {
                let change = [(&key, Some(&stated[number % 2]))];
                view.apply(change.into_iter(), given.position).expect("no snapshot needed");
            }),
        ),
    ]);
}
