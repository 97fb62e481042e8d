//! Drops what transactions made: the statements, in an order that needs no CASCADE, and what would be dropped
//! with these objects although it is somebody else's.

use std::collections::BTreeSet;

use super::made::{MadeObject, found};
use crate::connect::Session;
use crate::error::PgError;

/// How the objects are dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drops {
    /// The server's own words, in order; none has CASCADE.
    pub statements: Vec<String>,
    /// Objects that are dropped in no simple way.
    pub left: Vec<String>,
}

/// The statements that drop these objects; those that are gone are left out.
///
/// # Errors
/// What the server says.
pub async fn drops(session: &Session, objects: &[&MadeObject]) -> Result<Drops, PgError> {
    let objects = found(session, objects).await?;
    if objects.is_empty() {
        return Ok(Drops::default());
    }
    let (classes, oids) = addresses(&objects);
    let rows = session
        .query(include_str!("drop.sql"), &[&classes, &oids])
        .await?;
    let mut statements = Vec::new();
    for row in &rows {
        let statement: Option<String> = row.try_get(0)?;
        let is_table: Option<bool> = row.try_get(1)?;
        statements.push((statement, is_table.unwrap_or(false)));
    }
    let query = concat!(include_str!("depends.sql"), include_str!("drop_order.sql"));
    let rows = session.query(query, &[&classes, &oids]).await?;
    let mut edges = Vec::new();
    for row in &rows {
        edges.push(Edge {
            dependent: place(row.try_get(0)?),
            on: place(row.try_get(1)?),
            goes_with_it: row.try_get(2)?,
        });
    }
    let mut drops = Drops::default();
    for group in order(objects.len(), &edges, |number| statements[number].1) {
        match group.as_slice() {
            [one] => match &statements[*one].0 {
                Some(statement) => drops.statements.push(statement.clone()),
                None => drops.left.push(objects[*one].0.name()),
            },
            // Tables that refer to each other go together.
            tables => {
                let texts = tables
                    .iter()
                    .filter_map(|one| statements[*one].0.as_deref());
                let names: Vec<&str> = texts
                    .map(|text| text.trim_start_matches("drop table "))
                    .collect();
                drops
                    .statements
                    .push(format!("drop table {}", names.join(", ")));
            }
        }
    }
    Ok(drops)
}

/// Objects of somebody else that would be dropped with these without a word, with the name of the one they
/// hang on.
///
/// # Errors
/// What the server says.
pub async fn attached(
    session: &Session,
    objects: &[&MadeObject],
) -> Result<Vec<(String, String)>, PgError> {
    let objects = found(session, objects).await?;
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let (classes, oids) = addresses(&objects);
    let query = concat!(include_str!("depends.sql"), include_str!("attached.sql"));
    let rows = session.query(query, &[&classes, &oids]).await?;
    rows.iter()
        .map(|row| {
            let on = place(row.try_get(1)?);
            Ok((row.try_get(0)?, objects[on].0.name()))
        })
        .collect()
}

fn addresses<'o>(objects: &[(&'o MadeObject, u32)]) -> (Vec<&'o str>, Vec<u32>) {
    let pairs = objects.iter();
    pairs
        .map(|(object, oid)| (object.class.as_str(), *oid))
        .unzip()
}

/// The server counts from 1.
fn place(number: i32) -> usize {
    usize::try_from(number).unwrap_or(1).saturating_sub(1)
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    dependent: usize,
    on: usize,
    /// The dependent is dropped with the other one.
    goes_with_it: bool,
}

/// The objects in the order of their drops, dependents first; those that go with another one are left out.
/// Tables that refer to each other are one group.
fn order(count: usize, edges: &[Edge], is_table: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let goes_along: BTreeSet<usize> = edges
        .iter()
        .filter(|edge| edge.goes_with_it)
        .map(|edge| edge.dependent)
        .collect();
    // What goes with an object depends on others in its place.
    let holder = |mut number: usize| {
        for _ in 0..count {
            let with = edges
                .iter()
                .find(|edge| edge.goes_with_it && edge.dependent == number);
            match with {
                Some(edge) => number = edge.on,
                None => break,
            }
        }
        number
    };
    let edges: Vec<(usize, usize)> = edges
        .iter()
        .map(|edge| (holder(edge.dependent), holder(edge.on)))
        .filter(|(dependent, on)| dependent != on)
        .collect();
    // The newest first where nothing else decides.
    let mut left: Vec<usize> = (0..count)
        .rev()
        .filter(|number| !goes_along.contains(number))
        .collect();
    let mut groups = Vec::new();
    while !left.is_empty() {
        let is_free = |number: &usize| {
            !edges
                .iter()
                .any(|(dependent, on)| on == number && left.contains(dependent))
        };
        if let Some(at) = left.iter().position(is_free) {
            groups.push(vec![left.remove(at)]);
            continue;
        }
        let (tables, others): (Vec<usize>, Vec<usize>) =
            left.iter().copied().partition(|number| is_table(*number));
        left = others;
        match tables.is_empty() {
            // The server will say what holds them.
            true => groups.extend(left.drain(..).map(|number| vec![number])),
            false => groups.push(tables),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(dependent: usize, on: usize, goes_with_it: bool) -> Edge {
        Edge {
            dependent,
            on,
            goes_with_it,
        }
    }

    #[test]
    fn dependents_go_first_and_rings_of_tables_together() {
        // 0 schema, 1 table, 2 its sequence, 3 view, 4 and 5 tables that refer to each other.
        let edges = [
            edge(1, 0, false),
            edge(2, 0, false),
            edge(2, 1, true),
            edge(3, 1, false),
            edge(4, 5, false),
            edge(5, 4, false),
        ];
        let groups = order(6, &edges, |number| [1, 4, 5].contains(&number));
        assert_eq!(groups, [vec![3], vec![1], vec![0], vec![5, 4]]);
        assert!(order(0, &[], |_| false).is_empty());
    }
}
