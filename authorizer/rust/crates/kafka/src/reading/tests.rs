use super::*;
use crate::wire::batches::Span;

const TIME: i64 = 1_793_000_000_000;

/// A partition in memory: offset, timestamp and value of each record.
#[derive(Clone, Default)]
struct Log {
    records: Vec<(u64, i64, &'static [u8])>,
    earliest: u64,
    end: u64,
    /// How many records a response has room for.
    room: usize,
    asked: Vec<u64>,
}

fn log_of(values: &[&'static [u8]]) -> Log {
    let records = (0_u64..).zip(values).map(|(offset, value)| (offset, TIME + offset.cast_signed(), *value));
    Log { records: records.collect(), end: values.len() as u64, room: 100, ..Log::default() }
}

impl Partition for Log {
    fn fetch(&mut self, offset: u64) -> Result<Fetched, Failure> {
        self.asked.push(offset);
        if !(self.earliest..=self.end).contains(&offset) {
            return Err(Failure::OutOfRange);
        }
        let found = self.records.iter().filter(|(at, ..)| (offset.max(self.earliest)..self.end).contains(at));
        let records: Vec<_> = found
            .take(self.room)
            .map(|(at, time, value)| (Record { offset: *at, value: value.to_vec(), ..Record::default() }, *time))
            .collect();
        let next_offset = records.last().map_or(offset, |(record, _)| record.offset + 1);
        Ok(Fetched { span: Span { records, next_offset }, high_watermark: self.end })
    }

    fn earliest(&mut self) -> Result<u64, Failure> {
        Ok(self.earliest)
    }
}

/// What a read gave: the offsets of its records, next offset, at end, rewound.
fn told(batch: &Batch) -> (Vec<u64>, u64, bool, bool) {
    (batch.records.iter().map(|one| one.offset).collect(), batch.next_offset, batch.at_end, batch.rewound)
}

#[test]
fn a_read_begins_one_record_early_and_gives_what_is_new() {
    let mut log = log_of(&[b"a", b"b", b"c"]);
    let (batch, last) = read_from(&mut log, 0, None).unwrap();
    assert_eq!(told(&batch), (vec![0, 1, 2], 3, true, false));
    let (batch, same) = read_from(&mut log, 3, last.as_ref()).unwrap();
    assert_eq!(told(&batch), (vec![], 3, true, false));
    assert_eq!(same, last);
    log.records.push((3, TIME, b"d"));
    log.end = 4;
    assert_eq!(told(&read_from(&mut log, 3, last.as_ref()).unwrap().0), (vec![3], 4, true, false));
    assert_eq!(log.asked, [0, 2, 2]);
}

#[test]
fn another_record_where_one_was_read_is_another_log() {
    let mut log = log_of(&[b"a", b"b", b"c"]);
    let (_, last) = read_from(&mut log, 0, None).unwrap();
    for (time, value) in [(TIME + 2, &b"x"[..]), (TIME, b"c")] {
        let mut other = log.clone();
        other.records[2] = (2, time, value);
        let (batch, _) = read_from(&mut other, 3, last.as_ref()).unwrap();
        assert_eq!(told(&batch), (vec![0, 1, 2], 3, true, true));
    }
    let mut hole = log.clone();
    hole.records.remove(2);
    assert_eq!(told(&read_from(&mut hole, 3, last.as_ref()).unwrap().0), (vec![0, 1], 2, false, true));
}

#[test]
fn a_log_that_is_shorter_than_what_was_read_is_another_log() {
    let mut log = log_of(&[b"a"]);
    for offset in [2, 3, 100] {
        assert_eq!(told(&read_from(&mut log, offset, None).unwrap().0), (vec![0], 1, true, true));
    }
    assert_eq!(told(&read_from(&mut Log::default(), 1, None).unwrap().0), (vec![], 0, true, true));
    assert_eq!(told(&read_from(&mut Log::default(), 0, None).unwrap().0), (vec![], 0, true, false));
}

#[test]
fn a_record_that_expired_right_before_ours_changes_nothing() {
    let mut log = Log { earliest: 2, ..log_of(&[b"a", b"b", b"c", b"d"]) };
    assert_eq!(told(&read_from(&mut log, 2, None).unwrap().0), (vec![2, 3], 4, true, false));
    assert_eq!(told(&read_from(&mut log, 1, None).unwrap().0), (vec![2, 3], 4, true, true));
    let last = read_from(&mut log_of(&[b"a", b"b"]), 0, None).unwrap().1;
    assert_eq!(told(&read_from(&mut log, 2, last.as_ref()).unwrap().0), (vec![2, 3], 4, true, true));
}

#[test]
fn a_last_record_counts_only_where_its_read_said_to_go_on() {
    let mut log = log_of(&[b"a", b"b", b"c"]);
    let (_, last) = read_from(&mut log, 0, None).unwrap();
    log.records[2] = (2, TIME, b"x");
    assert_eq!(told(&read_from(&mut log, 1, last.as_ref()).unwrap().0), (vec![1, 2], 3, true, false));
}

#[test]
fn a_read_goes_on_where_a_response_has_room_for_the_record_before_alone() {
    let mut log = Log { room: 1, ..log_of(&[b"a", b"b", b"c"]) };
    let (mut offset, mut last, mut found) = (0, None, Vec::new());
    for _ in 0..3 {
        let (batch, newest) = read_from(&mut log, offset, last.as_ref()).unwrap();
        found.extend(batch.records.into_iter().map(|one| one.offset));
        (offset, last) = (batch.next_offset, newest.or(last));
    }
    assert_eq!((found, offset), (vec![0, 1, 2], 3));
}

#[test]
fn a_log_that_changes_all_the_time_is_not_read() {
    struct Restless;
    impl Partition for Restless {
        fn fetch(&mut self, _: u64) -> Result<Fetched, Failure> {
            Err(Failure::OutOfRange)
        }
        fn earliest(&mut self) -> Result<u64, Failure> {
            Ok(7)
        }
    }
    assert!(matches!(read_from(&mut Restless, 5, None), Err(Failure::Final(_))));
    assert!(matches!(read_from(&mut Restless, 7, None), Err(Failure::Final(_))));
}
