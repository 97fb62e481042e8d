//! Which objects one transaction touched: found by the rows of catalogs that it wrote, replaced or deleted.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::ObjectChange;
use tokio_postgres::types::ToSql;

use super::counters::Counters;
use crate::connect::Session;
use crate::error::PgError;

/// The transaction that is measured.
#[derive(Debug)]
pub(super) struct Transaction {
    /// Its id, as text.
    pub(super) xid: String,
    /// How many transactions began since, as it sees them itself.
    pub(super) age: i32,
}

/// An object: name of its catalog, and its OID.
pub(super) type Address = (String, u32);

/// The largest catalog,
const COLUMNS: &str = "pg_attribute";
/// and its rows about relations that are locked.
const LOCKED_COLUMNS: &str = "locked_pg_attribute";

/// The catalogs that a tier usually writes. Questions about some of these have the text of all of them, so that a
/// connection can be made ready for it: which ones are looked at is a parameter.
const USUAL: [&str; 12] = [
    LOCKED_COLUMNS,
    "pg_attrdef",
    COLUMNS,
    "pg_class",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_index",
    "pg_proc",
    "pg_rewrite",
    "pg_trigger",
    "pg_type",
];

/// The objects that the present transaction of `session`, `transaction`, touched, and what it did to them. `None`:
/// all that was written says the same as before, or its definition lies elsewhere (a file, an estimate).
pub(super) async fn touched(
    session: &Session,
    watcher: &Session,
    counters: &Counters,
    transaction: &Transaction,
) -> Result<BTreeMap<Address, Option<ObjectChange>>, PgError> {
    let question = |frame, wanted: fn(&oneroof_model::RowOperations) -> i64| {
        let catalogs = counters.catalogs.iter();
        let written = catalogs.filter(|catalog| wanted(catalog) > 0);
        let names = written.map(|catalog| match catalog.table.as_str() {
            COLUMNS if frame == WRITTEN => LOCKED_COLUMNS,
            name => name,
        });
        Question::about(frame, names.collect())
    };
    let written = question(WRITTEN, |catalog| catalog.inserted + catalog.updated);
    let gone = question(GONE, |catalog| catalog.updated + catalog.deleted);
    let Transaction { xid, age } = transaction;
    let (here, there): ([&(dyn ToSql + Sync); 2], [&(dyn ToSql + Sync); 1]) = ([xid, age], [xid]);
    let (of_session, of_watcher) = tokio::try_join!(
        rows(session, written.as_ref(), &here),
        rows(watcher, gone.as_ref(), &there)
    )?;
    let of_watcher = match &gone {
        Some(question) => ours(session, watcher, question, xid, of_watcher).await?,
        None => of_watcher,
    };
    let of_session = with_all_columns(session, counters, of_session, &here).await?;
    let mut objects: BTreeMap<Address, Traces> = BTreeMap::new();
    for rows in of_session {
        let traces = objects.entry(rows.object).or_default();
        traces.own_written |= rows.is_own;
        traces.written.extend(rows.places);
    }
    for rows in of_watcher {
        let traces = objects.entry(rows.object).or_default();
        traces.own_gone |= rows.is_own;
        traces.gone.extend(rows.places);
    }
    // What an object's rows say is asked only where nothing else tells.
    let unclear = |side: fn(&Traces) -> &Vec<String>| -> Vec<&str> {
        let traces = objects.values().filter(|traces| traces.certain().is_none());
        traces.flat_map(side).map(String::as_str).collect()
    };
    let (before, after) = tokio::try_join!(
        sums(watcher, unclear(|traces| &traces.gone)),
        sums(session, unclear(|traces| &traces.written))
    )?;
    Ok(objects
        .iter()
        .map(|(object, traces)| {
            let change = traces
                .certain()
                .unwrap_or_else(|| traces.change(&before, &after));
            (object.clone(), change)
        })
        .collect())
}

/// Rows of catalogs that belong to one object.
#[derive(Debug, Clone)]
struct Rows {
    object: Address,
    is_own: bool,
    /// Catalog and place in its file.
    places: Vec<String>,
    is_certain: bool,
}

/// What is known of one object.
#[derive(Debug, Default)]
struct Traces {
    own_written: bool,
    own_gone: bool,
    written: Vec<String>,
    gone: Vec<String>,
}

/// What rows say, by their places.
type Sums = BTreeMap<String, String>;

impl Traces {
    /// What was done to the object, as far as the mere existence of rows tells.
    fn certain(&self) -> Option<Option<ObjectChange>> {
        match (self.own_written, self.own_gone) {
            (true, false) => Some(Some(ObjectChange::Created)),
            (false, true) => Some(Some(ObjectChange::Dropped)),
            _ if self.written.len() != self.gone.len() => Some(Some(ObjectChange::Altered)),
            _ => None,
        }
    }

    /// Altered, unless the rows written say just what the rows gone said. A row that is not found any more says
    /// something of its own.
    fn change(&self, before: &Sums, after: &Sums) -> Option<ObjectChange> {
        let said = |places: &[String], sums: &Sums| -> Option<Vec<String>> {
            let mut said: Vec<String> = places
                .iter()
                .map(|place| sums.get(place).cloned())
                .collect::<Option<_>>()?;
            said.sort();
            Some(said)
        };
        let (gone, written) = (said(&self.gone, before), said(&self.written, after));
        (gone.is_none() || gone != written).then_some(ObjectChange::Altered)
    }
}

/// Of rows that somebody is replacing or deleting, those of this transaction. Its sub-transactions have ids
/// of their own; but what it deleted it does not see any more, and what others are still deleting it does.
async fn ours(
    session: &Session,
    watcher: &Session,
    question: &Question<'_>,
    xid: &str,
    mut found: Vec<Rows>,
) -> Result<Vec<Rows>, PgError> {
    if found.iter().all(|rows| rows.is_certain) {
        return Ok(found);
    }
    let places = |rows: Vec<Rows>| -> BTreeSet<String> {
        rows.into_iter().flat_map(|rows| rows.places).collect()
    };
    let of_others = places(rows(session, Some(question), &[&xid]).await?);
    // What others committed in between is gone for both.
    let still_there = places(rows(watcher, Some(question), &[&xid]).await?);
    for rows in found.iter_mut().filter(|rows| !rows.is_certain) {
        rows.places
            .retain(|place| still_there.contains(place) && !of_others.contains(place));
    }
    found.retain(|rows| !rows.places.is_empty());
    Ok(found)
}

/// Columns of relations that nobody locked may be written too (`grant` on a column, an update of the catalog by
/// hand). Each row that was written is at least one operation: if as many are found as the counters tell, no other is
/// there. Otherwise the whole catalog is read.
async fn with_all_columns(
    session: &Session,
    counters: &Counters,
    mut found: Vec<Rows>,
    transaction: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Rows>, PgError> {
    let is_locked = |place: &String| place.starts_with(LOCKED_COLUMNS);
    let catalogs = counters.catalogs.iter();
    let operations: i64 = catalogs
        .filter(|catalog| catalog.table == COLUMNS)
        .map(|catalog| catalog.inserted + catalog.updated)
        .sum();
    let places = found.iter().flat_map(|rows| &rows.places);
    if i64::try_from(places.filter(|place| is_locked(place)).count()) == Ok(operations) {
        return Ok(found);
    }
    for rows in &mut found {
        rows.places.retain(|place| !is_locked(place));
    }
    found.retain(|rows| !rows.places.is_empty());
    let question = Question::about(WRITTEN, vec![COLUMNS]);
    found.extend(rows(session, question.as_ref(), transaction).await?);
    Ok(found)
}

async fn rows(
    session: &Session,
    question: Option<&Question<'_>>,
    transaction: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Rows>, PgError> {
    let Some(question) = question else {
        return Ok(Vec::new());
    };
    let catalogs: &(dyn ToSql + Sync) = &question.catalogs;
    let parameters = [&[catalogs], transaction].concat();
    let rows = session.query(&question.text, &parameters).await?;
    let mut found = Vec::new();
    for row in rows {
        let (class, oid): (Option<String>, Option<u32>) = (row.try_get(0)?, row.try_get(1)?);
        if let (Some(class), Some(oid @ 1..)) = (class, oid) {
            found.push(Rows {
                object: (class, oid),
                is_own: row.try_get(2)?,
                places: row.try_get(3)?,
                is_certain: row.try_get(4)?,
            });
        }
    }
    Ok(found)
}

/// What the rows at these places say.
async fn sums(session: &Session, places: Vec<&str>) -> Result<Sums, PgError> {
    let split = places.iter().filter_map(|place| place.split_once(' '));
    let (catalogs, in_file): (BTreeSet<&str>, Vec<&str>) = split.unzip();
    let Some(question) = Question::about(SUMS, catalogs.into_iter().collect()) else {
        return Ok(Sums::new());
    };
    let rows = session
        .query(&question.text, &[&question.catalogs, &in_file])
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

const WRITTEN: &str = include_str!("touched_written.sql");
const GONE: &str = include_str!("touched_gone.sql");
const SUMS: &str = include_str!("touched_sums.sql");

/// A question about rows of some catalogs.
#[derive(Debug)]
struct Question<'a> {
    text: String,
    catalogs: Vec<&'a str>,
}

impl<'a> Question<'a> {
    /// `frame` around the parts of `touched.sql` about these catalogs; `None` if none of them has one.
    fn about(frame: &str, catalogs: Vec<&'a str>) -> Option<Self> {
        let known: Vec<&str> = catalogs
            .into_iter()
            .filter(|name| part(name).is_some())
            .collect();
        let is_usual = known.iter().all(|name| USUAL.contains(name));
        let parts: Vec<&str> = match is_usual {
            true => USUAL.iter().filter_map(|name| part(name)).collect(),
            false => known.iter().filter_map(|name| part(name)).collect(),
        };
        let (before, after) = frame.split_once("/* parts */")?;
        (!known.is_empty()).then(|| Self {
            text: format!("{before}{}{after}", parts.join("union all\n")),
            catalogs: known,
        })
    }
}

/// The usual questions of one who wrote, about nothing: the server plans them, and reads the catalogs once but for the
/// largest, which makes a process of its own ready for the second time.
///
/// # Errors
/// What the server says.
pub(super) async fn ask_about_nothing(session: &Session) -> Result<(), PgError> {
    let none: &(dyn ToSql + Sync) = &Vec::<&str>::new();
    if let Some(question) = Question::about(WRITTEN, USUAL.to_vec()) {
        // Nothing is younger than the next transaction.
        let catalogs: Vec<&str> = USUAL.into_iter().filter(|name| *name != COLUMNS).collect();
        let parameters: [&(dyn ToSql + Sync); 3] = [&catalogs, &"3", &i32::MIN];
        session.query(&question.text, &parameters).await?;
    }
    if let Some(question) = Question::about(SUMS, USUAL.to_vec()) {
        session.query(&question.text, &[none, none]).await?;
    }
    Ok(())
}

/// The part of `touched.sql` about a catalog.
fn part(catalog: &str) -> Option<&'static str> {
    include_str!("touched.sql")
        .split("-- catalog ")
        .skip(1)
        .find_map(|part| {
            let (name, query) = part.split_once('\n')?;
            (name == catalog).then_some(query)
        })
}

#[cfg(test)]
mod tests {
    use super::{ObjectChange, Question, Sums, Traces, part};

    #[test]
    fn each_part_is_about_the_catalog_it_names() {
        for name in ["pg_class", "pg_description", "pg_ts_config_map"] {
            let query = part(name).unwrap();
            assert!(
                query.contains(&format!("pg_catalog.{name} as t")),
                "{query}"
            );
        }
        assert_eq!(part("pg_shdepend"), None);
    }

    #[test]
    fn usual_questions_have_one_text() {
        let about = |names: &[&'static str]| Question::about("a /* parts */ b", names.to_vec());
        assert!(about(&["pg_shdepend"]).is_none());
        let one = about(&["pg_class", "pg_shdepend"]).unwrap();
        assert_eq!(one.text, about(&["pg_type"]).unwrap().text);
        assert_eq!(one.catalogs, ["pg_class"]);
        let other = about(&["pg_enum", "pg_class"]).unwrap();
        assert!(!other.text.contains("pg_type as t"), "{}", other.text);
        assert_eq!(other.catalogs, ["pg_enum", "pg_class"]);
    }

    #[test]
    fn rows_that_say_the_same_as_before_change_nothing() {
        let of = |own_written, own_gone, written: &[&str], gone: &[&str]| {
            let places = |name: &str, said: &[&str]| -> Vec<String> {
                (0..said.len())
                    .map(|number| format!("{name} {number}"))
                    .collect()
            };
            let sums = |name: &str, said: &[&str]| -> Sums {
                let said = said.iter().map(ToString::to_string);
                places(name, &[""; 9]).into_iter().zip(said).collect()
            };
            let traces = Traces {
                own_written,
                own_gone,
                written: places("w", written),
                gone: places("g", gone),
            };
            traces
                .certain()
                .unwrap_or_else(|| traces.change(&sums("g", gone), &sums("w", written)))
        };
        assert_eq!(of(true, true, &["a", "b"], &["b", "a"]), None);
        assert_eq!(of(true, true, &["a"], &["b"]), Some(ObjectChange::Altered));
        assert_eq!(of(false, false, &["a"], &[]), Some(ObjectChange::Altered));
        assert_eq!(of(true, false, &["a"], &[]), Some(ObjectChange::Created));
        assert_eq!(of(false, true, &[], &["a"]), Some(ObjectChange::Dropped));
        // A row that nobody finds any more.
        let lost = Traces {
            written: vec!["w 0".to_owned()],
            gone: vec!["g 0".to_owned()],
            ..Traces::default()
        };
        assert_eq!(
            lost.change(&Sums::new(), &Sums::new()),
            Some(ObjectChange::Altered)
        );
    }
}
