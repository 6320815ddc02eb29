//! A log in a file: one envelope a line. The embedded default, and the form of restricted networks.
//!
//! A line without its line feed is not there yet. Offsets are bytes from the start of the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use authorizer::log::envelope::MAX_ENVELOPE;
use authorizer::log::transport::{Batch, LogUnavailable, Record, RevisionSource};

/// One byte more than the largest envelope and its line feed shows that a line is too long to be one.
const BATCH_BYTES: usize = MAX_ENVELOPE + 2;

/// Reads a file. One that does not exist yet is an empty log; a missing folder is no log.
pub struct FileSource {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl FileSource {
    /// The log in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        FileSource { path: path.into(), identity: None }
    }

    fn try_read(&mut self, offset: u64) -> io::Result<Batch> {
        let mut file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        let identity = Some((metadata.dev(), metadata.ino()));
        let replaced = self.identity.is_some() && self.identity != identity;
        self.identity = identity;
        // Beyond the largest file, seeking would be an error; offsets of floors are anybody's guess.
        let on_log = offset <= metadata.len();
        let rewound = offset > 0 && (replaced || !on_log || !begins_line(&mut file, offset)?);
        Ok(Batch { rewound, ..read_lines(&mut file, if rewound { 0 } else { offset })? })
    }
}

impl RevisionSource for FileSource {
    fn read(&mut self, offset: u64, _timeout: u64) -> Result<Batch, LogUnavailable> {
        self.try_read(offset).or_else(|error| {
            let folder = self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            if error.kind() == ErrorKind::NotFound && folder.is_dir() {
                self.identity = None;
                return Ok(Batch { at_end: true, rewound: offset > 0, ..Batch::default() });
            }
            Err(LogUnavailable(format!("{}: {error}", self.path.display())))
        })
    }
}

fn begins_line(file: &mut File, offset: u64) -> io::Result<bool> {
    Ok(chunk_at(file, offset - 1, 1)? == b"\n")
}

fn read_lines(file: &mut File, offset: u64) -> io::Result<Batch> {
    let chunk = chunk_at(file, offset, BATCH_BYTES)?;
    let mut batch = Batch { next_offset: offset, at_end: chunk.len() < BATCH_BYTES, ..Batch::default() };
    for line in chunk.split_inclusive(|&byte| byte == b'\n') {
        let Some(value) = line.strip_suffix(b"\n") else {
            break;
        };
        batch.records.push(Record { offset: batch.next_offset, value: value.to_vec(), headers: BTreeMap::new() });
        batch.next_offset += line.len() as u64;
    }
    if batch.at_end || !batch.records.is_empty() {
        return Ok(batch);
    }
    // A line that no envelope can be: enough of it to be refused, and where the next one begins.
    let Some(next_offset) = after_line(file, offset + chunk.len() as u64)? else {
        return Ok(Batch { at_end: true, ..batch });
    };
    let value = chunk.get(..=MAX_ENVELOPE).unwrap_or_default().to_vec();
    Ok(Batch { records: vec![Record { offset, value, headers: BTreeMap::new() }], next_offset, ..batch })
}

fn after_line(file: &mut File, mut at: u64) -> io::Result<Option<u64>> {
    loop {
        let chunk = chunk_at(file, at, BATCH_BYTES)?;
        if let Some(end) = chunk.iter().position(|&byte| byte == b'\n') {
            return Ok(Some(at + end as u64 + 1));
        }
        if chunk.is_empty() {
            return Ok(None);
        }
        at += chunk.len() as u64;
    }
}

fn chunk_at(file: &mut File, offset: u64, most: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut chunk = Vec::new();
    file.take(most as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("gatefleet-file-source-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn values(batch: &Batch) -> Vec<(u64, &[u8])> {
        batch.records.iter().map(|record| (record.offset, record.value.as_slice())).collect()
    }

    #[test]
    fn a_line_is_there_once_its_line_feed_is() {
        let folder = Folder::new("torn");
        let path = folder.0.join("log");
        let mut source = FileSource::new(&path);
        assert_eq!(source.read(0, 0), Ok(Batch { at_end: true, ..Batch::default() }));
        fs::write(&path, b"one\ntwo\nthr").unwrap();
        let batch = source.read(0, 0).unwrap();
        assert_eq!(values(&batch), [(0, &b"one"[..]), (4, b"two")]);
        assert_eq!((batch.next_offset, batch.at_end, batch.rewound), (8, true, false));
        fs::write(&path, b"one\ntwo\nthree\n").unwrap();
        assert_eq!(values(&source.read(8, 0).unwrap()), [(8, &b"three"[..])]);
    }

    #[test]
    fn a_file_that_is_shorter_other_or_gone_is_read_from_its_beginning() {
        let folder = Folder::new("rewound");
        let path = folder.0.join("log");
        let mut source = FileSource::new(&path);
        fs::write(&path, b"one\ntwo\n").unwrap();
        assert!(!source.read(4, 0).unwrap().rewound);
        fs::write(&path, b"other\n").unwrap();
        let batch = source.read(4, 0).unwrap();
        assert_eq!((values(&batch), batch.rewound), (vec![(0, &b"other"[..])], true));
        fs::write(folder.0.join("new"), b"one\ntwo\n").unwrap();
        fs::rename(folder.0.join("new"), &path).unwrap();
        assert!(source.read(4, 0).unwrap().rewound);
        fs::remove_file(&path).unwrap();
        assert!(source.read(4, 0).unwrap().rewound);
    }

    #[test]
    fn a_missing_folder_is_no_log() {
        assert!(FileSource::new("/nowhere/at/all").read(0, 0).is_err());
    }

    #[test]
    fn a_line_that_no_envelope_can_be_is_passed_by() {
        let folder = Folder::new("long");
        let path = folder.0.join("log");
        fs::write(&path, [vec![b'x'; MAX_ENVELOPE + 10], b"\nnext\n".to_vec()].concat()).unwrap();
        let mut source = FileSource::new(&path);
        let batch = source.read(0, 0).unwrap();
        assert_eq!(batch.records[0].value.len(), MAX_ENVELOPE + 1);
        assert!(!batch.at_end);
        assert_eq!(source.read(batch.next_offset, 0).unwrap().records[0].value, b"next");
    }
}
