//! Asks every vector of `contract/` in this process, which is the quickest way to know that a change broke none.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::{Adapter, Failure, Given};

/// The quick ones first: whoever broke something knows soon.
const FAMILIES: [&str; 7] = ["canonical", "view", "token", "decide", "respond", "heartbeat", "chain"];

#[test]
fn every_vector_is_answered_right() -> Result<(), Failure> {
    for family in FAMILIES {
        let mut wrong = Vec::new();
        let mut adapter = Adapter::default();
        if let Some(fixtures) = fixtures(family)? {
            adapter.ready(family, &fixtures)?;
        }
        for vector in vectors(family)? {
            let answer = adapter.answer(family, &vector.inner("given")?)?;
            let expected: Value = vector.read("expect")?;
            if answer.as_ref() != Some(&expected) {
                wrong.push(format!("{}: {} and not {expected}", vector.text("id")?, json!(answer)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    Ok(())
}

/// Every vector of a family, in order of the files; those that give megabytes, which take longer than all others
/// together, are the last ones.
pub fn vectors(family: &str) -> Result<Vec<Given>, Failure> {
    let mut files =
        fs::read_dir(folder(family))?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Failure>>()?;
    files.retain(|path| !path.ends_with("ids.json") && !path.ends_with("fixtures.json"));
    files.sort();
    let mut vectors = Vec::new();
    for file in files {
        let group = Given(serde_json::from_str(&fs::read_to_string(file)?)?);
        for vector in group.read::<Vec<Box<RawValue>>>("vectors")? {
            vectors.push(Given::of(&vector)?);
        }
    }
    vectors.sort_by_key(is_long);
    Ok(vectors)
}

fn is_long(vector: &Given) -> bool {
    vector.0.get("given").is_some_and(|given| given.get().contains("\"pieces\""))
}

/// What the vectors of a family name instead of repeating, if it has such.
pub fn fixtures(family: &str) -> Result<Option<Given>, Failure> {
    let path = folder(family).join("fixtures.json");
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Given(serde_json::from_str(&fs::read_to_string(path)?)?)))
}

/// Where the vectors are.
pub fn folder(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../contract/vectors").join(family)
}
