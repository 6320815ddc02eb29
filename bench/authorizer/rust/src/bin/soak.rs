//! A million decisions and ten thousand revisions, one after every hundred decisions: does memory grow?
//!
//! `soak WORKLOAD` prints one JSON object: by how many bytes the resident memory grows from the end of the first tenth
//! to the end, by the line of least squares through its samples, beside what it was. Revisions change, add and remove
//! clients, and grant scopes that nobody has heard of before.

use std::sync::Arc;

use authorizer::entities::Stated;
use authorizer::view::View;
use authorizer_bench::whole::Whole;
use authorizer_bench::workload::{Token, Workload};

const REVISIONS: usize = 10_000;
const DECISIONS_OF_REVISION: usize = 100;

fn main() {
    let given = Workload::read();
    let mut view = Arc::new(View::build(&given.gateway, &given.entities(), given.position));
    let (before, after) = given.event.split_once("TOKEN").expect("a place for the token");
    let (_, _, tokens) = given.signed.iter().find(|(alg, ..)| alg == "RS256").expect("RS256");
    let texts: Vec<String> = tokens.iter().map(Token::compact).collect();
    let mut whole = Whole::new(given.now);
    let mut samples = Vec::with_capacity(REVISIONS);
    for revision in 0..REVISIONS {
        revise(&mut view, &given, revision);
        for decision in 0..DECISIONS_OF_REVISION {
            let token = &texts[(revision * DECISIONS_OF_REVISION + decision) % texts.len()];
            whole.answer(&view, (before, token, after));
        }
        samples.push(resident_bytes());
    }
    let warm = &samples[REVISIONS / 10..];
    let (growth, base) = (slope(warm) * warm.len() as f64, warm[0]);
    println!(
        r#"{{"name":"growth over 1,000,000 decisions and 10,000 revisions","bytes":{growth:.0},"baseline":"resident after warm-up","baseline_bytes":{base:.0},"ratio":{:.5}}}"#,
        growth / base
    );
}

/// One revision: a client that no token names is there, or suspended, or gone, with a scope of its own.
fn revise(view: &mut Arc<View>, given: &Workload, revision: usize) {
    let key: Arc<str> = format!("client/extra-{:03}", revision * 7 % 1_000).into();
    let state = if revision % 2 == 0 { "active" } else { "suspended" };
    let value = format!(
        r#"{{"issuer":"workforce","scopes":{{"{}":{{}},"once-{revision}:read":{{"until":{}}}}},"state":"{state}"}}"#,
        given.scope, given.now
    );
    let stated = (revision % 3 > 0).then(|| Arc::new(Stated::read(&key, &value).expect("a client")));
    let position =
        authorizer::digests::Position { revision: given.position.revision + 1 + revision as i64, ..given.position };
    Arc::make_mut(view).apply([(&key, stated.as_ref())].into_iter(), position).expect("no snapshot needed");
    if revision % 10 == 0 {
        std::hint::black_box(view.digest()); // as a heartbeat says it
    }
}

fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("proc(5)");
    let pages: f64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("resident pages");
    pages * 4096.0
}

/// Of the line of least squares, a sample further.
fn slope(samples: &[f64]) -> f64 {
    let count = samples.len() as f64;
    let (mean_x, mean_y) = ((count - 1.0) / 2.0, samples.iter().sum::<f64>() / count);
    let (mut xy, mut xx) = (0.0, 0.0);
    for (x, y) in samples.iter().enumerate() {
        xy += (x as f64 - mean_x) * (y - mean_y);
        xx += (x as f64 - mean_x) * (x as f64 - mean_x);
    }
    xy / xx
}
