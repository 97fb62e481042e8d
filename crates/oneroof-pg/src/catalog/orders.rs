//! Orders that are no part of a definition, and that PostgreSQL lets show all the same: which unique index is asked
//! first, which foreign key is checked first.

use std::collections::BTreeMap;

use crate::connect::Session;
use crate::error::PgError;

/// The orders of a database, by table and kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders(BTreeMap<(String, String), Vec<String>>);

impl Orders {
    /// Of what was read, or made up.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (String, String, Vec<String>)>) -> Orders {
        let rows = rows.into_iter();
        Orders(
            rows.map(|(table, kind, names)| ((table, kind), names))
                .collect(),
        )
    }

    /// What has the same members in another order, in words.
    #[must_use]
    pub fn differences(before: &Orders, after: &Orders) -> Vec<String> {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        let pairs = before.0.iter().filter_map(|(place, names)| {
            let now = after.0.get(place)?;
            Some((place, names, now))
        });
        pairs
            .filter(|(_, names, now)| names != now && sorted(names) == sorted(now))
            .map(|((table, kind), names, now)| {
                format!(
                    "table {table}: the {kind} are in another order: {} -> {}",
                    names.join(", "),
                    now.join(", ")
                )
            })
            .collect()
    }
}

/// The orders of this database.
///
/// # Errors
/// What the server says.
pub async fn orders(session: &Session) -> Result<Orders, PgError> {
    let rows = session.query(include_str!("orders.sql"), &[]).await?;
    let rows: Result<Vec<_>, tokio_postgres::Error> = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
        .collect();
    Ok(Orders::new(rows?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Orders {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Orders::new([("s.t".to_owned(), "indexes".to_owned(), names)])
    }

    #[test]
    fn only_the_same_members_can_be_in_another_order() {
        let said = Orders::differences(&of(&["a", "b"]), &of(&["b", "a"]));
        assert_eq!(
            said,
            ["table s.t: the indexes are in another order: a, b -> b, a"]
        );
        for other in [&["a", "b"][..], &["b"], &["b", "c"]] {
            assert!(Orders::differences(&of(&["a", "b"]), &of(other)).is_empty());
        }
    }
}
