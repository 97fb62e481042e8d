//! Which objects one transaction touched: found by the rows of catalogs that it wrote, replaced or deleted.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::ObjectChange;

use super::counters::Counters;
use crate::connect::Session;
use crate::error::PgError;

/// An object: name of its catalog, and its OID.
pub(super) type Address = (String, u32);

/// The objects that the present transaction of `session`, `xid`, touched, and what it did to them. `None`:
/// all that was written says the same as before, or its definition lies elsewhere (a file, an estimate).
pub(super) async fn touched(
    session: &Session,
    watcher: &Session,
    counters: &Counters,
    xid: &str,
) -> Result<BTreeMap<Address, Option<ObjectChange>>, PgError> {
    let names = |wanted: fn(&oneroof_model::RowOperations) -> i64| -> Vec<&str> {
        let catalogs = counters.catalogs.iter();
        catalogs
            .filter(|catalog| wanted(catalog) > 0)
            .map(|catalog| catalog.table.as_str())
            .collect()
    };
    let written = written_query(&names(|catalog| catalog.inserted + catalog.updated));
    let gone = query(
        include_str!("touched_gone.sql"),
        &names(|catalog| catalog.updated + catalog.deleted),
    );
    let (written, on_watcher) = tokio::try_join!(
        rows(session, written.as_deref(), xid),
        rows(watcher, gone.as_deref(), xid)
    )?;
    let gone = match gone {
        Some(query) => ours(session, watcher, &query, xid, on_watcher).await?,
        None => on_watcher,
    };
    let mut objects: BTreeMap<Address, Traces> = BTreeMap::new();
    for row in written {
        let traces = objects.entry(row.object).or_default();
        traces.own_written |= row.is_own;
        traces.written.push(row.sum);
    }
    for row in gone {
        let traces = objects.entry(row.object).or_default();
        traces.own_gone |= row.is_own;
        traces.gone.push(row.sum);
    }
    Ok(objects
        .into_iter()
        .map(|(object, traces)| (object, traces.change()))
        .collect())
}

/// One row of a catalog.
#[derive(Debug, Clone)]
struct Row {
    object: Address,
    is_own: bool,
    sum: String,
    place: String,
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

impl Traces {
    fn change(mut self) -> Option<ObjectChange> {
        self.written.sort();
        self.gone.sort();
        match (self.own_written, self.own_gone) {
            (true, false) => Some(ObjectChange::Created),
            (false, true) => Some(ObjectChange::Dropped),
            _ => (self.written != self.gone).then_some(ObjectChange::Altered),
        }
    }
}

/// Of rows that somebody is replacing or deleting, those of this transaction. Its sub-transactions have ids
/// of their own; but what it deleted it does not see any more, and what others are still deleting it does.
async fn ours(
    session: &Session,
    watcher: &Session,
    query: &str,
    xid: &str,
    mut found: Vec<Row>,
) -> Result<Vec<Row>, PgError> {
    if found.iter().all(|row| row.is_certain) {
        return Ok(found);
    }
    let places =
        |rows: Vec<Row>| -> BTreeSet<String> { rows.into_iter().map(|row| row.place).collect() };
    let of_others = places(rows(session, Some(query), xid).await?);
    // What others committed in between is gone for both.
    let still_there = places(rows(watcher, Some(query), xid).await?);
    found.retain(|row| {
        row.is_certain || still_there.contains(&row.place) && !of_others.contains(&row.place)
    });
    Ok(found)
}

async fn rows(session: &Session, query: Option<&str>, xid: &str) -> Result<Vec<Row>, PgError> {
    let Some(query) = query else {
        return Ok(Vec::new());
    };
    let rows = session.query(query, &[&xid]).await?;
    let mut found = Vec::new();
    for row in rows {
        let (class, oid): (Option<String>, Option<u32>) = (row.try_get(0)?, row.try_get(1)?);
        if let (Some(class), Some(oid @ 1..)) = (class, oid) {
            found.push(Row {
                object: (class, oid),
                is_own: row.try_get(2)?,
                sum: row.try_get(3)?,
                place: row.try_get(4)?,
                is_certain: row.try_get(5)?,
            });
        }
    }
    Ok(found)
}

/// The question which rows of these catalogs were written.
pub(super) fn written_query(catalogs: &[&str]) -> Option<String> {
    query(include_str!("touched_written.sql"), catalogs)
}

/// `frame` around the parts of `touched.sql` about these catalogs; `None` if none of them has one.
fn query(frame: &str, catalogs: &[&str]) -> Option<String> {
    let parts: Vec<&str> = catalogs.iter().filter_map(|name| part(name)).collect();
    let (before, after) = frame.split_once("/* parts */")?;
    (!parts.is_empty()).then(|| format!("{before}{}{after}", parts.join("union all\n")))
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
    use super::{ObjectChange, Traces, part, query};

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
        assert_eq!(query("a /* parts */ b", &["pg_shdepend"]), None);
    }

    #[test]
    fn rows_that_say_the_same_as_before_change_nothing() {
        let traces = |own_written, own_gone, written: &[&str], gone: &[&str]| Traces {
            own_written,
            own_gone,
            written: written.iter().map(ToString::to_string).collect(),
            gone: gone.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(traces(true, true, &["a", "b"], &["b", "a"]).change(), None);
        assert_eq!(
            traces(true, true, &["a"], &["b"]).change(),
            Some(ObjectChange::Altered)
        );
        assert_eq!(
            traces(false, false, &["a"], &[]).change(),
            Some(ObjectChange::Altered)
        );
        assert_eq!(
            traces(true, false, &["a"], &[]).change(),
            Some(ObjectChange::Created)
        );
        assert_eq!(
            traces(false, true, &[], &["a"]).change(),
            Some(ObjectChange::Dropped)
        );
    }
}
