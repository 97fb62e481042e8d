//! Which objects the rows of a catalog belong to that one transaction wrote or took away.

use std::collections::BTreeSet;

use crate::connect::Session;
use crate::error::PgError;

/// An object: name of its catalog, and its OID. A catalog that stands for itself has its own OID.
pub(super) type Address = (String, u32);

/// Which versions of rows are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Versions {
    /// Written by the transaction: asked in its own session.
    Written,
    /// Replaced or deleted by it: asked in a session that sees what was committed.
    Gone,
}

/// The objects of those rows of `catalog` that transaction `xid`, or one that began later, wrote or took
/// away. Nothing for a catalog that says nothing about definitions.
pub(super) async fn objects(
    session: &Session,
    catalog: &str,
    versions: Versions,
    xid: &str,
) -> Result<BTreeSet<Address>, PgError> {
    let Some(part) = part(catalog) else {
        return Ok(BTreeSet::new());
    };
    let (before, after) = match versions {
        Versions::Written => include_str!("catalog_rows_written.sql"),
        Versions::Gone => include_str!("catalog_rows_gone.sql"),
    }
    .split_once("/* part */")
    .unwrap_or_default();
    let rows = session
        .query(&format!("{before}{part}{after}"), &[&xid])
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// The part of `catalog_rows.sql` about a catalog.
fn part(catalog: &str) -> Option<&'static str> {
    include_str!("catalog_rows.sql")
        .split("-- catalog ")
        .skip(1)
        .find_map(|part| {
            let (name, query) = part.split_once('\n')?;
            (name == catalog).then_some(query)
        })
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn each_part_is_about_the_catalog_it_names() {
        for name in ["pg_class", "pg_description", "pg_tablespace"] {
            let query = part(name).unwrap();
            assert!(
                query.contains(&format!("pg_catalog.{name} as t")),
                "{query}"
            );
        }
        assert_eq!(part("pg_shdepend"), None);
    }
}
