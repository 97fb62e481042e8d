//! The parts of the coverage as people read them.

use oneroof_engine::governance::coverage::{
    AxisCoverage, Conflict, CoverageSummary, EffectiveOwner, Gap, GroupCoverage, Matrix,
    MatrixCell, ObjectCoverage, OwnerCoverage, ScanStatus, ScopeCoverage,
};

use crate::ui::table::Table;
use crate::ui::time;

/// The eight figures.
pub(crate) fn summary(summary: &CoverageSummary) -> String {
    let share = summary.coverage_pct.as_ref();
    let share = share.map_or(String::new(), |share| format!(" ({share} %)"));
    format!(
        "{} objects x {} scopes = {} cells\ncovered    {}{share}\ngaps       {}\nconflicts  {}\nanchors    {}\n",
        summary.objects,
        summary.scopes,
        summary.total_cells,
        summary.covered_cells,
        summary.gap_cells,
        summary.conflicts,
        summary.ownership_anchors
    )
}

/// The newest scan, in one line.
pub(crate) fn scan(status: &ScanStatus) -> String {
    match &status.last {
        None => "never scanned for drift".to_owned(),
        Some(run) => format!(
            "last scan: {} by {} ({}), {} ago; {} open, {} critical",
            run.scan_id,
            run.actor,
            run.mode,
            time::age(run.age_seconds),
            run.open,
            run.critical
        ),
    }
}

pub(crate) fn by_scope(rows: &[ScopeCoverage]) -> String {
    let mut table = Table::new(["scope", "description", "objects", "covered", "gap"]);
    for row in rows {
        table.row([
            row.scope.clone(),
            row.description.clone(),
            row.objects.to_string(),
            row.covered.to_string(),
            row.gap.to_string(),
        ]);
    }
    table.text()
}

pub(crate) fn by_owner(rows: &[OwnerCoverage]) -> String {
    if rows.is_empty() {
        return "nobody owns anything".to_owned();
    }
    let mut table = Table::new(["agency", "name", "status", "rows", "direct", "inherited"]);
    for row in rows {
        table.row([
            row.owner.clone(),
            row.name.clone(),
            row.status.clone(),
            row.total.to_string(),
            row.direct.to_string(),
            row.inherited.to_string(),
        ]);
    }
    table.text()
}

pub(crate) fn by_object(rows: &[ObjectCoverage]) -> String {
    if rows.is_empty() {
        return "no object needs an owner".to_owned();
    }
    let mut table = Table::new(["object", "scopes", "covered", "gap"]);
    for row in rows {
        table.row([
            format!("{}:{}", row.object_type, row.object_ref),
            row.scopes_required.to_string(),
            row.covered.to_string(),
            row.gap.to_string(),
        ]);
    }
    table.text()
}

pub(crate) fn by_axis(rows: &[AxisCoverage]) -> String {
    let mut table = Table::new([
        "axis",
        "name",
        "kind",
        "status",
        "values",
        "rules",
        "cells",
        "gap",
        "quarantine",
    ]);
    for row in rows {
        table.row([
            row.axis.clone(),
            row.name.clone(),
            row.kind.clone(),
            row.status.clone(),
            row.active_values.to_string(),
            row.active_rules.to_string(),
            row.required_cells.to_string(),
            row.gap_cells.to_string(),
            row.quarantine.to_string(),
        ]);
    }
    table.text()
}

pub(crate) fn by_group(rows: &[GroupCoverage]) -> String {
    let mut table = Table::new(["group", "objects", "cells", "covered", "gap"]);
    for row in rows {
        table.row([
            row.group.clone().unwrap_or_else(|| "-".to_owned()),
            row.objects.to_string(),
            row.cells.to_string(),
            row.covered.to_string(),
            row.gap.to_string(),
        ]);
    }
    table.text()
}

/// One line an object: many gaps of one object are one thing to mend.
pub(crate) fn gaps(gaps: &[Gap]) -> String {
    if gaps.is_empty() {
        return "no gaps".to_owned();
    }
    let mut objects: Vec<(String, Vec<&str>)> = Vec::new();
    for gap in gaps {
        let object = format!("{}:{}", gap.object_type, gap.object_ref);
        match objects.last_mut() {
            Some((last, scopes)) if *last == object => scopes.push(&gap.scope),
            _ => objects.push((object, vec![&gap.scope])),
        }
    }
    let mut table = Table::new(["object", "gaps", "scopes"]);
    for (object, scopes) in &objects {
        table.row([object.clone(), scopes.len().to_string(), scopes.join(", ")]);
    }
    format!(
        "{} gaps in {} objects\n{}",
        gaps.len(),
        objects.len(),
        table.text()
    )
}

pub(crate) fn conflicts(conflicts: &[Conflict]) -> String {
    if conflicts.is_empty() {
        return "no conflicts".to_owned();
    }
    let mut table = Table::new(["object", "scope", "rows", "agencies"]);
    for conflict in conflicts {
        table.row([
            format!("{}:{}", conflict.object_type, conflict.object_ref),
            conflict.scope.clone(),
            conflict.owner_count.to_string(),
            conflict.owners.join(", "),
        ]);
    }
    table.text()
}

/// Who owns one object.
pub(crate) fn ownership_detail(owners: &[EffectiveOwner], open: &[Gap]) -> String {
    let mut text = match owners {
        [] => "nobody is accountable in effect".to_owned(),
        owners => {
            let mut table =
                Table::new(["object", "scope", "owner", "kind", "how", "from", "depth"]);
            for owner in owners {
                table.row([
                    format!("{}:{}", owner.object_type, owner.object_ref),
                    owner.scope.clone(),
                    owner.owner_gov_code.clone(),
                    owner.owner_kind.clone(),
                    owner.resolution.clone(),
                    format!("{}:{}", owner.source_anchor_type, owner.source_anchor_ref),
                    owner.depth.to_string(),
                ]);
            }
            table.text()
        }
    };
    if !open.is_empty() {
        text.push('\n');
        text.push_str(&gaps(open));
    }
    text
}

/// The matrix, with a dot where the axis asks for nothing.
pub(crate) fn matrix(matrix: &Matrix) -> String {
    let heads = ["object", "group"].into_iter().map(str::to_owned);
    let mut table = Table::new(heads.chain(matrix.columns.iter().cloned()));
    for row in &matrix.rows {
        let names = [
            row.object_ref.clone(),
            row.group_ref.clone().unwrap_or_default(),
        ];
        let letters = matrix.columns.iter().map(|column| {
            let cell = row.cells.get(column);
            cell.map_or('.', MatrixCell::letter).to_string()
        });
        table.row_of_words(names.into_iter().chain(letters));
    }
    table.text()
}
