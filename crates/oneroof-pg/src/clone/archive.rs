//! The table of contents of a `pg_dump -Fc` archive that holds definitions only: which statement makes which index or
//! constraint, and what it waits for. With it we make indexes ourselves, in parallel, and hand the rest to `pg_restore`.
//!
//! Formats 1.14 (PostgreSQL 12 to 15), 1.15 (16) and 1.16 (17 and 18). An archive that is not understood to its last
//! byte is not understood at all: then `pg_restore` does the whole work.

use std::collections::HashSet;
use std::ops::Range;

/// Section of indexes, constraints, triggers and the like.
const SECTION_POST_DATA: i64 = 4;
/// What archives call a trigger of the database.
const EVENT_TRIGGER: &str = "EVENT TRIGGER";
/// Archives that `pg_dump -Fc` writes.
const FORMAT_CUSTOM: u8 = 1;

/// An archive and what it holds.
pub(super) struct Archive {
    bytes: Vec<u8>,
    /// Where the number of entries stands.
    count_at: Range<usize>,
    integer_bytes: usize,
    entries: Vec<Entry>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    id: i64,
    /// OID of the object in the source.
    pub(super) oid: u32,
    /// `INDEX`, `CONSTRAINT`, `FK CONSTRAINT` and so on.
    pub(super) kind: String,
    /// The statements that make the object.
    pub(super) definition: String,
    section: i64,
    waits_for: Vec<i64>,
    place: Range<usize>,
}

impl Archive {
    /// Reads an archive; `None` if its format is another one.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        match read(&bytes) {
            Some((count_at, integer_bytes, entries)) => Ok(Self {
                bytes,
                count_at,
                integer_bytes,
                entries,
            }),
            None => Err(bytes),
        }
    }

    /// The entries after the data that `is_wanted`, and that wait for nothing after the data but what is made already.
    pub(super) fn makeable(
        &self,
        made: &[Entry],
        is_wanted: impl Fn(&Entry) -> bool,
    ) -> Vec<Entry> {
        let made: HashSet<i64> = made.iter().map(|entry| entry.id).collect();
        let not_there: HashSet<i64> = self
            .entries
            .iter()
            .filter(|entry| entry.section == SECTION_POST_DATA && !made.contains(&entry.id))
            .map(|entry| entry.id)
            .collect();
        self.entries
            .iter()
            .filter(|entry| {
                not_there.contains(&entry.id)
                    && !entry.waits_for.iter().any(|id| not_there.contains(id))
                    && is_wanted(entry)
            })
            .cloned()
            .collect()
    }

    /// The archive without these entries, and where there are event triggers a second one with them and what belongs to
    /// them: they would see what the first one does, and may forbid it.
    pub(super) fn without(&self, made: &[Entry]) -> (Vec<u8>, Option<Vec<u8>>) {
        let made: HashSet<i64> = made.iter().map(|entry| entry.id).collect();
        let triggers: HashSet<i64> = self
            .entries
            .iter()
            .filter(|entry| entry.kind == EVENT_TRIGGER)
            .map(|entry| entry.id)
            .collect();
        let is_late = |entry: &Entry| {
            triggers.contains(&entry.id) || entry.waits_for.iter().any(|id| triggers.contains(id))
        };
        let early = self.with(|entry| !made.contains(&entry.id) && !is_late(entry));
        let late = (!triggers.is_empty()).then(|| self.with(is_late));
        (early, late)
    }

    /// The archive with these entries alone.
    fn with(&self, is_in: impl Fn(&Entry) -> bool) -> Vec<u8> {
        let entries: Vec<&Entry> = self.entries.iter().filter(|entry| is_in(entry)).collect();
        let mut bytes = Vec::with_capacity(self.bytes.len());
        bytes.extend_from_slice(&self.bytes[..self.count_at.start]);
        bytes.push(0);
        let count = u64::try_from(entries.len())
            .unwrap_or(u64::MAX)
            .to_le_bytes();
        bytes.extend_from_slice(&count[..self.integer_bytes]);
        for entry in entries {
            bytes.extend_from_slice(&self.bytes[entry.place.clone()]);
        }
        bytes
    }
}

fn read(bytes: &[u8]) -> Option<(Range<usize>, usize, Vec<Entry>)> {
    let mut reader = Reader {
        bytes,
        at: 0,
        integer_bytes: 0,
    };
    if reader.take(5)? != b"PGDMP" {
        return None;
    }
    let (major, minor) = (reader.byte()?, reader.byte()?);
    reader.byte()?; // revision
    if major != 1 || !(14..=16).contains(&minor) {
        return None;
    }
    reader.integer_bytes = reader.byte()?.into();
    let offset_bytes: usize = reader.byte()?.into();
    let is_sane = (1..=8).contains(&reader.integer_bytes) && (1..=8).contains(&offset_bytes);
    if !is_sane || reader.byte()? != FORMAT_CUSTOM {
        return None;
    }
    match minor {
        14 => drop(reader.integer()?), // level of the compression
        _ => drop(reader.byte()?),     // its algorithm
    }
    for _ in 0..7 {
        reader.integer()?; // when it was made
    }
    for _ in 0..3 {
        reader.text()?; // database, version of the server, version of pg_dump
    }
    let count_from = reader.at;
    let count = reader.integer()?;
    let count_at = count_from..reader.at;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(reader.entry(minor, offset_bytes)?);
    }
    let ids: HashSet<i64> = entries.iter().map(|entry| entry.id).collect();
    let is_whole = reader.at == bytes.len() && ids.len() == entries.len();
    is_whole.then_some((count_at, reader.integer_bytes, entries))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    integer_bytes: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(*self.take(1)?.first()?)
    }

    /// A sign and a number, its least byte first.
    fn integer(&mut self) -> Option<i64> {
        let is_negative = self.byte()? != 0;
        let mut value: u64 = 0;
        for (place, byte) in self.take(self.integer_bytes)?.iter().enumerate() {
            value |= u64::from(*byte) << (8 * place);
        }
        let value = i64::try_from(value).ok()?;
        Some(if is_negative { -value } else { value })
    }

    /// A text, or nothing.
    fn text(&mut self) -> Option<Option<&'a [u8]>> {
        match usize::try_from(self.integer()?) {
            Ok(count) => self.take(count).map(Some),
            Err(_) => Some(None),
        }
    }

    fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
        std::str::from_utf8(text).ok()?.trim().parse().ok()
    }

    fn entry(&mut self, minor: u8, offset_bytes: usize) -> Option<Entry> {
        let from = self.at;
        let id = self.integer()?;
        self.integer()?; // does it have data?
        self.text()?; // OID of the catalog that the object is in
        let oid = Self::number(self.text()??)?;
        self.text()?; // name
        let kind = String::from_utf8(self.text()??.to_vec()).ok()?;
        let section = self.integer()?;
        // A definition in another encoding than UTF-8 is not ours to run.
        let definition = String::from_utf8(self.text()?.unwrap_or_default().to_vec()).ok()?;
        for _ in 0..5 {
            self.text()?; // drop, copy, schema, tablespace, access method
        }
        if minor >= 16 {
            self.integer()?; // kind of relation
        }
        self.text()?; // owner
        self.text()?; // with OIDs?
        let mut waits_for = Vec::new();
        while let Some(text) = self.text()? {
            waits_for.push(Self::number(text)?);
        }
        self.take(1 + offset_bytes)?; // where its data are
        Some(Entry {
            id,
            oid,
            kind,
            definition,
            section,
            waits_for,
            place: from..self.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(value: i32) -> Vec<u8> {
        let mut bytes = vec![u8::from(value < 0)];
        bytes.extend(value.unsigned_abs().to_le_bytes());
        bytes
    }

    fn text(value: &str) -> Vec<u8> {
        let mut bytes = integer(i32::try_from(value.len()).unwrap());
        bytes.extend(value.as_bytes());
        bytes
    }

    fn entry(minor: u8, id: i32, kind: &str, section: i32, waits_for: &[&str]) -> Vec<u8> {
        let mut bytes = [
            integer(id),
            integer(0),
            text("1259"),
            text("77"),
            text("name"),
        ]
        .concat();
        bytes.extend([text(kind), integer(section), text("create …")].concat());
        for _ in 0..4 {
            bytes.extend(text(""));
        }
        bytes.extend(integer(-1));
        if minor >= 16 {
            bytes.extend(integer(114));
        }
        bytes.extend([text("owner"), text("false")].concat());
        for id in waits_for {
            bytes.extend(text(id));
        }
        bytes.extend(integer(-1));
        bytes.extend([3, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    fn archive(minor: u8, entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"PGDMP\x01".to_vec();
        bytes.extend([minor, 0, 4, 8, FORMAT_CUSTOM]);
        match minor {
            14 => bytes.extend(integer(-1)),
            _ => bytes.push(0),
        }
        for _ in 0..7 {
            bytes.extend(integer(1));
        }
        bytes.extend([text("d"), text("15"), text("15")].concat());
        bytes.extend(integer(i32::try_from(entries.len()).unwrap()));
        bytes.extend(entries.concat());
        bytes
    }

    fn four(minor: u8) -> [Vec<u8>; 4] {
        [
            entry(minor, 1, "TABLE", 2, &[]),
            entry(minor, 2, "CONSTRAINT", 4, &["1"]),
            entry(minor, 3, "RULE", 4, &["2"]),
            entry(minor, 4, "INDEX", 4, &["1", "3"]),
        ]
    }

    #[test]
    fn what_waits_for_something_else_after_the_data_is_left_to_pg_restore() {
        for minor in 14..=16 {
            let all = four(minor);
            let Ok(read) = Archive::read(archive(minor, &all)) else {
                panic!("format 1.{minor}");
            };
            let makeable = read.makeable(&[], |entry| entry.kind != "RULE");
            let kinds: Vec<&str> = makeable.iter().map(|entry| entry.kind.as_str()).collect();
            assert_eq!(kinds, ["CONSTRAINT"]);
            assert_eq!(makeable[0].definition, "create …");
            assert_eq!(makeable[0].oid, 77);
            let next = read.makeable(&makeable, |_| true);
            assert_eq!(next.len(), 1);
            assert_eq!(next[0].kind, "RULE");

            let left = [all[0].clone(), all[2].clone(), all[3].clone()];
            assert_eq!(read.without(&makeable), (archive(minor, &left), None));
            assert_eq!(read.without(&[]), (archive(minor, &all), None));
        }
    }

    #[test]
    fn event_triggers_come_last() {
        let early = [
            entry(14, 1, "TABLE", 2, &[]),
            entry(14, 4, "MATERIALIZED VIEW DATA", 4, &["1"]),
        ];
        let late = [
            entry(14, 2, EVENT_TRIGGER, 4, &[]),
            entry(14, 3, "COMMENT", 1, &["2"]),
        ];
        let all = [&early[0], &late[0], &late[1], &early[1]].map(Clone::clone);
        let Ok(read) = Archive::read(archive(14, &all)) else {
            panic!("format 1.14");
        };
        let divided = (archive(14, &early), Some(archive(14, &late)));
        assert_eq!(read.without(&[]), divided);
    }

    #[test]
    fn an_archive_that_is_not_understood_is_given_back() {
        let whole = archive(14, &four(14));
        for end in 0..whole.len() {
            let cut = whole[..end].to_vec();
            assert_eq!(Archive::read(cut.clone()).err(), Some(cut));
        }
        let mut longer = whole.clone();
        longer.push(0);
        let mut newer = whole.clone();
        newer[6] = 17;
        let twice = archive(14, &[four(14)[0].clone(), four(14)[0].clone()]);
        for other in [longer, newer, twice, b"-- a script".to_vec()] {
            assert!(Archive::read(other).is_err());
        }
    }
}
