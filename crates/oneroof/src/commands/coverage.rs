//! `oneroof coverage`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use oneroof_engine::governance::coverage::{
    self, CoverageAnswer, CoverageQuery, CoverageReport, Matrix, MatrixQuery,
};

use super::Session;
use super::arguments::TargetOption;
use crate::exit::Exit;
use crate::ui::coverage as text;

/// Show which objects have an accountable owner, and where nobody or more than one is
///
/// Counted in the database, read-only. Package one-roof-base is enough; axes need one-roof.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof coverage --target production\n  \
    oneroof coverage --target production --matrix --group GRP-AI\n  \
    oneroof coverage --target production --object agents")]
pub(crate) struct CoverageArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Count by one thing instead of showing the summary
    #[arg(long, value_name = "WHAT", group = "part")]
    by: Option<By>,
    /// List the cells that nobody is accountable for
    #[arg(long, group = "part")]
    gaps: bool,
    /// List the cells with more than one accountable row
    #[arg(long, group = "part")]
    conflicts: bool,
    /// Show the matrix, one letter a cell: D direct, i inherited, - gap, ! conflict
    #[arg(long, group = "part")]
    matrix: bool,
    /// Axis of the matrix [default: responsibility]
    #[arg(long, value_name = "AXIS", requires = "matrix")]
    axis: Option<String>,
    /// Only the members of this group in the matrix
    #[arg(long, value_name = "GROUP", requires = "matrix")]
    group: Option<String>,
    /// Page of the matrix, 100 objects each [default: everything]
    #[arg(long, value_name = "N", requires = "matrix", value_parser = clap::value_parser!(u32).range(1..))]
    page: Option<u32>,
    /// Only this object (its name, or TYPE:NAME); alone it shows who owns it
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Each object
    Object,
    /// Each scope of responsibility
    Scope,
    /// Each agency; the rows of groups are counted too
    Owner,
    /// Each axis
    Axis,
    /// Each group of objects
    Group,
}

impl CoverageArgs {
    fn query(&self) -> anyhow::Result<CoverageQuery> {
        let object = self.object.clone();
        if let (Some(by @ (By::Scope | By::Owner | By::Axis | By::Group)), Some(_)) =
            (self.by, &object)
        {
            let word = by
                .to_possible_value()
                .map_or(String::new(), |value| value.get_name().to_owned());
            return Err(crate::ui::error::InputError::new(
                format!("count one object by {word}"),
                "`--object` goes alone, or with --by object, --gaps, --conflicts or --matrix",
            )
            .into());
        }
        Ok(match self.by {
            Some(By::Object) => CoverageQuery::ByObject(object),
            Some(By::Scope) => CoverageQuery::ByScope,
            Some(By::Owner) => CoverageQuery::ByOwner,
            Some(By::Axis) => CoverageQuery::ByAxis,
            Some(By::Group) => CoverageQuery::ByGroup,
            None if self.gaps => CoverageQuery::Gaps(object),
            None if self.conflicts => CoverageQuery::Conflicts(object),
            None if self.matrix => CoverageQuery::Matrix(MatrixQuery {
                axis: self.axis.clone(),
                group: self.group.clone(),
                page: self.page,
                object,
            }),
            None => object.map_or(CoverageQuery::Summary, CoverageQuery::OwnershipDetail),
        })
    }
}

pub(crate) async fn run(args: &CoverageArgs, session: &Session) -> anyhow::Result<Exit> {
    let query = args.query()?;
    let context = session.project()?.context(&session.printer);
    let report = coverage::coverage(&context, &args.target.target, &query).await?;
    session.printer.report(&report, report_text)?;
    Ok(Exit::Ok)
}

fn report_text(report: &CoverageReport) -> String {
    match &report.answer {
        CoverageAnswer::Summary {
            summary,
            left_out,
            scan_status,
        } => {
            let mut lines = text::summary(summary);
            if let Some(left_out) = left_out {
                let kinds = left_out.kinds.as_ref();
                let kinds = kinds.map_or(String::new(), |kinds| format!(" ({kinds})"));
                let _ = writeln!(
                    lines,
                    "not in the inventory: {} relations of the database{kinds}",
                    left_out.relations
                );
            }
            let _ = write!(lines, "{}", text::scan(scan_status));
            lines
        }
        CoverageAnswer::ByScope { by_scope } => text::by_scope(by_scope),
        CoverageAnswer::ByOwner { by_owner } => text::by_owner(by_owner),
        CoverageAnswer::ByObject { by_object } => text::by_object(by_object),
        CoverageAnswer::ByAxis { by_axis } => text::by_axis(by_axis),
        CoverageAnswer::ByGroup { by_group } => text::by_group(by_group),
        CoverageAnswer::Gaps { gaps } => text::gaps(gaps),
        CoverageAnswer::Conflicts { conflicts } => text::conflicts(conflicts),
        CoverageAnswer::Matrix { matrix } => matrix_text(matrix),
        CoverageAnswer::OwnershipDetail {
            ownership_detail,
            gaps,
        } => text::ownership_detail(ownership_detail, gaps),
    }
}

/// The matrix, what its letters mean, and where it goes on.
fn matrix_text(matrix: &Matrix) -> String {
    if matrix.rows.is_empty() {
        return "no object in this part of the matrix".to_owned();
    }
    let mut lines = text::matrix(matrix);
    lines.push_str("\nD direct, i inherited, - gap, ! conflict, . not asked for\n");
    if let (true, Some(page)) = (matrix.more, matrix.page) {
        let _ = writeln!(lines, "more: --page {}", page + 1);
    }
    lines
}
