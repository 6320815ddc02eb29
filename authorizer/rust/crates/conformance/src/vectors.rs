//! Asks every vector of `contract/` in this process, which is the quickest way to know that a change broke none.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::{Adapter, Failure, Given};

/// The quick ones first: whoever broke something knows soon.
const FAMILIES: [&str; 6] = ["canonical", "view", "token", "decide", "respond", "chain"];

#[test]
fn every_vector_is_answered_right() -> Result<(), Failure> {
    for family in FAMILIES {
        let mut wrong = Vec::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../contract/vectors").join(family);
        let mut adapter = Adapter::default();
        if let Ok(fixtures) = fs::read_to_string(folder.join("fixtures.json")) {
            adapter.ready(family, &Given(serde_json::from_str(&fixtures)?))?;
        }
        for file in groups(&folder)? {
            let group = Given(serde_json::from_str(&fs::read_to_string(file)?)?);
            for vector in group.read::<Vec<Box<RawValue>>>("vectors")? {
                let vector = Given::of(&vector)?;
                let answer = adapter.answer(family, &vector.inner("given")?)?;
                let expected: Value = vector.read("expect")?;
                if answer.as_ref() != Some(&expected) {
                    wrong.push(format!("{}: {} and not {expected}", vector.text("id")?, json!(answer)));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    Ok(())
}

fn groups(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Failure>>()?;
    files.retain(|path| !path.ends_with("ids.json") && !path.ends_with("fixtures.json"));
    files.sort();
    Ok(files)
}
