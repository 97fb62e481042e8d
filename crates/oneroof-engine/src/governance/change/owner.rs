//! `owner assign | supersede | end`: who holds a cell.

mod cell;

use oneroof_pg::change::{Facts, GovernedObject, Holder};
use oneroof_pg::connect::Session;
use serde_json::{Value, json};

use self::cell::{
    RESPONSIBILITY, area, cell, cell_text, dates, kind, moment, rivals, row_text, rows, utc,
};
use super::Change;
use super::execute::{ChangeOptions, ChangeReport, run};
use super::names::{self, refused, said};
use crate::clock;
use crate::context::Context;
use crate::error::EngineError;

/// A cell as it is written on the command line.
#[derive(Debug, Clone, Default)]
pub struct OwnerCell {
    /// Object or group, its name or TYPE:NAME.
    pub object: String,
    /// `responsibility`, or another axis.
    pub axis: String,
    /// The scope, or the value of the other axis.
    pub value: String,
}

/// Who shall hold a cell.
#[derive(Debug, Clone, Default)]
pub struct NewOwner {
    /// The cell.
    pub cell: OwnerCell,
    /// The agency.
    pub agency: String,
    /// accountable, supporting, delegated or exception.
    pub kind: String,
    /// A date or time; `None` is now.
    pub from: Option<String>,
    /// A date or time; `None` is without end.
    pub to: Option<String>,
    /// Do the members of the group inherit it?
    pub anchor: bool,
    /// The approval behind it.
    pub approval: String,
    /// May the agency be a draft?
    pub accept_draft: bool,
}

/// Whose hold ends.
#[derive(Debug, Clone, Default)]
pub struct EndedOwner {
    /// The cell.
    pub cell: OwnerCell,
    /// Kind of the owner.
    pub kind: String,
    /// The agency, where several hold the cell in this kind.
    pub agency: Option<String>,
    /// A date or time; `None` is now.
    pub on: Option<String>,
    /// The approval behind it.
    pub approval: String,
}

/// Gives a cell that nobody holds to an agency.
///
/// # Errors
/// [`EngineError::Input`] for unknown names, [`EngineError::Refused`] where the cell is held.
pub async fn assign(
    context: &Context,
    options: &ChangeOptions,
    new: &NewOwner,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        plan_assign(context, session, facts, new).await
    })
    .await
}

/// Gives a cell that an agency holds to another one.
///
/// # Errors
/// [`EngineError::Input`] for unknown names, [`EngineError::Refused`] where nobody holds the cell.
pub async fn supersede(
    context: &Context,
    options: &ChangeOptions,
    new: &NewOwner,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        plan_supersede(context, session, facts, new).await
    })
    .await
}

/// Ends the hold of an agency.
///
/// # Errors
/// [`EngineError::Input`] for unknown names, [`EngineError::Refused`] where nobody holds the cell.
pub async fn end(
    context: &Context,
    options: &ChangeOptions,
    ended: &EndedOwner,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        plan_end(session, facts, ended).await
    })
    .await
}

async fn plan_assign(
    context: &Context,
    session: &Session,
    facts: &Facts,
    new: &NewOwner,
) -> Result<Change, EngineError> {
    let object = checked(facts, new)?;
    let (from, to) = dates(new)?;
    let rows = rows(session, &new.cell, object).await?;
    let rivals = rivals(&rows, &new.kind, &new.agency);
    if let Some(rival) = rivals.iter().find(|row| row.moment != "past") {
        let verb = if rival.moment == "future" {
            "will hold"
        } else {
            "holds"
        };
        let hint = match (rival.moment.as_str(), rival.owner == new.agency) {
            ("future", _) => "end that row first, or wait for it".to_owned(),
            (_, true) => {
                "there is nothing to do; `owner supersede` writes a new row with other dates"
                    .to_owned()
            }
            (_, false) => format!(
                "use `oneroof owner supersede` to make {} its successor, or `oneroof owner end` first",
                new.agency
            ),
        };
        return Err(refused(
            format!(
                "{} {verb} {} already: {}",
                rival.owner,
                cell_text(&new.cell, object),
                row_text(rival)
            ),
            hint,
        ));
    }
    let close: Vec<Value> = rivals
        .iter()
        .map(|row| json!({ "id": row.id, "as": "expired" }))
        .collect();
    let summary = format!(
        "{} becomes {} owner of {}{}",
        new.agency,
        new.kind,
        cell_text(&new.cell, object),
        if object.object_type == "group" && !new.anchor && new.cell.axis == RESPONSIBILITY {
            " (no anchor: its members do not inherit it)"
        } else {
            ""
        }
    );
    let entry = entry(context, new, object, &rows, (from, to), None, close);
    Ok(Change::new("owner-assign", summary).with(area(&new.cell), entry))
}

async fn plan_supersede(
    context: &Context,
    session: &Session,
    facts: &Facts,
    new: &NewOwner,
) -> Result<Change, EngineError> {
    let object = checked(facts, new)?;
    if new.from.is_some() {
        return Err(EngineError::input(
            "read --from: a successor begins when its predecessor ends, which is now",
            "leave --from out, and run the verb on the day".to_owned(),
        ));
    }
    let (from, to) = dates(new)?;
    let rows = rows(session, &new.cell, object).await?;
    let rivals = rivals(&rows, &new.kind, &new.agency);
    let Some(old) = rivals.last() else {
        return Err(refused(
            format!(
                "nobody holds {} by a row of its own",
                cell_text(&new.cell, object)
            ),
            "use `oneroof owner assign`; `oneroof owner list` shows what is inherited",
        ));
    };
    if old.moment == "future" {
        return Err(refused(
            format!("the row of {} has not begun: {}", old.owner, row_text(old)),
            "end it first: oneroof owner end",
        ));
    }
    let unchanged = old.owner == new.agency
        && old.moment == "present"
        && old.to == to
        && old.anchor == new.anchor;
    if unchanged {
        return Err(refused(
            format!(
                "{} holds {} already: {}",
                old.owner,
                cell_text(&new.cell, object),
                row_text(old)
            ),
            "there is nothing to do",
        ));
    }
    let summary = format!(
        "{} follows {} as {} owner of {}",
        new.agency,
        old.owner,
        new.kind,
        cell_text(&new.cell, object)
    );
    let mut close: Vec<Value> = rivals
        .iter()
        .filter(|row| row.id != old.id)
        .map(|row| json!({ "id": row.id, "as": "expired" }))
        .collect();
    close.push(json!({ "id": old.id, "as": "superseded" }));
    let entry = entry(context, new, object, &rows, (from, to), Some(old.id), close);
    Ok(Change::new("owner-supersede", summary).with(area(&new.cell), entry))
}

async fn plan_end(
    session: &Session,
    facts: &Facts,
    ended: &EndedOwner,
) -> Result<Change, EngineError> {
    said("--approval", &ended.approval)?;
    kind(&ended.kind)?;
    let object = cell(facts, &ended.cell)?;
    let on = ended
        .on
        .as_deref()
        .map(|text| moment("--on", text))
        .transpose()?;
    let later = on.filter(|on| *on > clock::instant());
    if let Some(on) = on
        && later.is_none()
    {
        return Err(EngineError::input(
            format!("read --on: {} has passed", utc(on)),
            "history is not rewritten: leave --on out to end it now".to_owned(),
        ));
    }
    let rows = rows(session, &ended.cell, object).await?;
    let found: Vec<&Holder> = rows
        .iter()
        .filter(|row| row.lifecycle == "active" && row.kind == ended.kind)
        .filter(|row| {
            ended
                .agency
                .as_ref()
                .is_none_or(|agency| *agency == row.owner)
        })
        .collect();
    let row = match found.as_slice() {
        [row] => *row,
        [] => {
            let others: Vec<String> = rows
                .iter()
                .filter(|row| row.lifecycle == "active")
                .map(row_text)
                .collect();
            let hint = if others.is_empty() {
                "`oneroof owner list` shows what is inherited: then the group's row ends, not this one".to_owned()
            } else {
                format!("active rows of this cell: {}", others.join("; "))
            };
            return Err(refused(
                format!(
                    "nobody holds {} as {} by a row of its own",
                    cell_text(&ended.cell, object),
                    ended.kind
                ),
                hint,
            ));
        }
        several => {
            let names: Vec<String> = several.iter().map(|row| row_text(row)).collect();
            return Err(EngineError::input(
                format!(
                    "find the row to end: {} agencies hold it: {}",
                    several.len(),
                    names.join("; ")
                ),
                "name one with --agency".to_owned(),
            ));
        }
    };
    let (close, when) = match later {
        Some(on) => (
            json!({ "id": row.id, "as": "active", "to": utc(on) }),
            format!("on {}", utc(on)),
        ),
        None => (json!({ "id": row.id, "as": "revoked" }), "now".to_owned()),
    };
    let summary = format!(
        "{} ends {when} as {} owner of {}",
        row.owner,
        ended.kind,
        cell_text(&ended.cell, object)
    );
    let entry = json!({
        "object_type": object.object_type,
        "object_ref": object.object_ref,
        "close": [close],
        "approval_ref": ended.approval,
    });
    Ok(Change::new("owner-end", summary).with(area(&ended.cell), entry))
}

/// Everything about a new owner that can be said without looking at rows.
fn checked<'a>(facts: &'a Facts, new: &NewOwner) -> Result<&'a GovernedObject, EngineError> {
    said("--approval", &new.approval)?;
    kind(&new.kind)?;
    let object = cell(facts, &new.cell)?;
    names::agency(facts, &new.agency, new.accept_draft)?;
    if new.anchor && (object.object_type != "group" || new.cell.axis != RESPONSIBILITY) {
        return Err(EngineError::input(
            format!(
                "make {} an anchor: only a group has members that inherit a scope",
                object.object_ref
            ),
            "leave --anchor out".to_owned(),
        ));
    }
    if new.kind == "delegated" && new.to.is_none() {
        return Err(EngineError::input(
            "delegate without an end: a delegation ends by itself, or it is none",
            "give its end: --to DATE".to_owned(),
        ));
    }
    Ok(object)
}

fn entry(
    context: &Context,
    new: &NewOwner,
    object: &GovernedObject,
    rows: &[Holder],
    (from, to): (Option<String>, Option<String>),
    supersedes: Option<i64>,
    close: Vec<Value>,
) -> Value {
    let mut entry = json!({
        "object_type": object.object_type,
        "object_ref": object.object_ref,
        "owner": new.agency,
        "kind": new.kind,
        "from": from,
        "to": to,
        "approval_ref": new.approval,
        "supersedes": supersedes,
        "close": close,
        // The newest row of the cell: the same wish at another time is another change.
        "newest": rows.last().map(|row| row.id),
    });
    if new.cell.axis == RESPONSIBILITY {
        entry["scope"] = new.cell.value.clone().into();
        entry["anchor"] = new.anchor.into();
    } else {
        entry["axis"] = new.cell.axis.clone().into();
        entry["value"] = new.cell.value.clone().into();
        entry["by"] = context.operator.clone().into();
    }
    entry
}
