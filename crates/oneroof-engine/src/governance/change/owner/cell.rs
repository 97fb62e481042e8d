//! The cell that an owner holds: its names, the rows in it, and the dates of a hold.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use oneroof_pg::change::{Facts, GovernedObject, Holder, holders};
use oneroof_pg::connect::Session;

use super::{NewOwner, OwnerCell};
use crate::clock;
use crate::error::EngineError;
use crate::governance::change::Area;
use crate::governance::change::names::{self, refused};

/// The axis whose values are the scopes.
pub(super) const RESPONSIBILITY: &str = "responsibility";
/// Kinds of owners.
const KINDS: [&str; 4] = ["accountable", "supporting", "delegated", "exception"];

pub(super) fn kind(kind: &str) -> Result<(), EngineError> {
    if KINDS.contains(&kind) {
        return Ok(());
    }
    Err(names::unknown("kind of owner", kind, KINDS))
}

pub(super) fn cell<'a>(
    facts: &'a Facts,
    cell: &OwnerCell,
) -> Result<&'a GovernedObject, EngineError> {
    let object = names::object(facts, &cell.object)?;
    if cell.axis == RESPONSIBILITY {
        names::scope(facts, &cell.value)?;
        return Ok(object);
    }
    names::axes(facts, "cells of an axis")?;
    let value = names::value(facts, &cell.axis, &cell.value)?;
    if value.status != "active" {
        return Err(refused(
            format!("{} `{}` is {}", cell.axis, cell.value, value.status),
            "only an active value has cells that somebody holds",
        ));
    }
    Ok(object)
}

pub(super) fn area(cell: &OwnerCell) -> Area {
    if cell.axis == RESPONSIBILITY {
        Area::Owners
    } else {
        Area::AxisOwners
    }
}

pub(super) async fn rows(
    session: &Session,
    cell: &OwnerCell,
    object: &GovernedObject,
) -> Result<Vec<Holder>, EngineError> {
    holders(session, &cell.axis, object, &cell.value)
        .await
        .map_err(EngineError::database("read who holds the cell"))
}

/// The active rows that stand in the way of a new one, oldest first: one accountable owner is the rule, of the
/// other kinds one row for an agency.
pub(super) fn rivals<'a>(rows: &'a [Holder], kind: &str, agency: &str) -> Vec<&'a Holder> {
    rows.iter()
        .filter(|row| row.lifecycle == "active" && row.kind == kind)
        .filter(|row| kind == "accountable" || row.owner == agency)
        .collect()
}

pub(super) fn dates(new: &NewOwner) -> Result<(Option<String>, Option<String>), EngineError> {
    let from = new
        .from
        .as_deref()
        .map(|text| moment("--from", text))
        .transpose()?;
    let to = new
        .to
        .as_deref()
        .map(|text| moment("--to", text))
        .transpose()?;
    if let Some(to) = to
        && to <= from.unwrap_or_else(clock::instant)
    {
        return Err(EngineError::input(
            format!("read --to: {} is not after its begin", utc(to)),
            "a row that never holds closes no gap".to_owned(),
        ));
    }
    Ok((from.map(utc), to.map(utc)))
}

/// A date (its first moment in UTC) or a time with its zone.
pub(super) fn moment(option: &str, text: &str) -> Result<DateTime<Utc>, EngineError> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|day| day.and_utc());
    let time = || {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| time.to_utc())
    };
    day.or_else(time).ok_or_else(|| {
        EngineError::input(
            format!("read {option} `{text}`: it is no date"),
            "write 2026-12-31, which begins at midnight UTC, or 2026-12-31T08:00:00+01:00"
                .to_owned(),
        )
    })
}

pub(super) fn utc(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn cell_text(cell: &OwnerCell, object: &GovernedObject) -> String {
    format!(
        "{}:{} / {} {}",
        object.object_type,
        object.object_ref,
        if cell.axis == RESPONSIBILITY {
            "scope"
        } else {
            &cell.axis
        },
        cell.value
    )
}

pub(super) fn row_text(row: &Holder) -> String {
    let end = row
        .to
        .as_ref()
        .map_or_else(String::new, |to| format!(" until {to}"));
    let approval = row
        .approval_ref
        .as_ref()
        .map_or_else(String::new, |approval| format!(", approval {approval}"));
    format!(
        "row {} of {}, {} since {}{end}{approval}",
        row.id, row.owner, row.kind, row.from
    )
}
