//! Fuzzing: what the vectors give, changed at random, and what holds whatever became of it.
//!
//! Each target starts from the vectors, so a few changes lead to the far ends of the code, and signs again what was
//! changed with the published test keys, so that it reaches what stands behind a signature. `cargo test` asks a fixed
//! number of cases with a fixed seed. `GATEFLEET_FUZZ_SECONDS` asks for as long as it says instead (each target),
//! `GATEFLEET_FUZZ_SEED` other ones. A failure is shrunk and printed.

mod change;
mod corpus;
mod envelope;
mod event;
mod floor;
mod signer;
mod token;

use std::fs;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner};
use serde::de::IgnoredAny;

/// Cases at once; a run that is bounded by time looks at the clock between them.
const BATCH: u32 = 5_000;
/// No target may ever have taken more memory than this.
const MOST_MEBIBYTES: u64 = 1024;

/// Asks `property` about values of the strategy.
fn fuzz<S: Strategy>(target: &str, strategy: &S, property: impl Fn(S::Value) -> TestCaseResult) {
    let seed: u64 = setting("GATEFLEET_FUZZ_SEED").unwrap_or(1);
    let until = setting("GATEFLEET_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let config = Config { cases: BATCH, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut cases = 0_u64;
    loop {
        // A runner counts what it has ever asked, so each batch has its own.
        let mut runner = TestRunner::new_with_rng(config.clone(), random_numbers(seed, cases));
        match runner.run(strategy, &property) {
            Ok(()) => cases += u64::from(BATCH),
            Err(TestError::Fail(why, value)) => panic!("{target}, seed {seed}: {why}\n{value:#?}"),
            Err(TestError::Abort(why)) => panic!("{target}, seed {seed}: {why}"),
        }
        if until.is_none_or(|until| Instant::now() >= until) {
            break;
        }
    }
    let peak = peak_mebibytes();
    println!("{target}: {cases} cases, seed {seed}, peak memory {peak:?} MiB");
    assert!(peak.is_none_or(|peak| peak < MOST_MEBIBYTES));
}

fn random_numbers(seed: u64, from: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&from.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The most memory that this process has held; none where the platform does not say.
fn peak_mebibytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}

/// Whether another reader takes it for JSON. What a number is worth is not asked: that is where readers differ.
fn is_json(data: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(data).is_ok()
}

/// Fails a case unless it holds.
fn holds(condition: bool, what: &'static str) -> TestCaseResult {
    if condition { Ok(()) } else { Err(TestCaseError::fail(what)) }
}
