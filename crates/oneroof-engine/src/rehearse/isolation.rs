//! The proof that the source was only read, with its numbers.

use std::collections::BTreeMap;

use super::clone::Clone;
use super::report::IsolationReport;
use super::run::Rehearsal;
use crate::error::EngineError;
use crate::source::Source;

/// Counts what went through the door `source`, and asks which of our roles could have written.
pub(super) async fn prove(
    rehearsal: &Rehearsal<'_>,
    source: &mut Source,
    clone: &Clone,
) -> Result<IsolationReport, EngineError> {
    let target = rehearsal.target;
    let roles: Vec<String> = [&target.read, &target.clone]
        .into_iter()
        .flatten()
        .map(|role| role.user().to_owned())
        .collect();
    let writable_tables: BTreeMap<String, i64> = source
        .read(&Default::default(), async |session| {
            oneroof_pg::catalog::writable_tables(session, &roles)
                .await
                .map_err(EngineError::database("read the write rights of our roles"))
        })
        .await?;
    let transactions = source.transactions() + clone.source_transactions();
    let child_processes = clone.source_programs();
    let rights = writable_tables
        .iter()
        .map(|(role, tables)| match tables {
            0 => format!("role {role} has no write right on any table"),
            many => {
                format!("WARNING: role {role} could write to {many} tables, views or sequences")
            }
        })
        .collect::<Vec<_>>()
        .join(", ");
    let programs = match child_processes {
        1 => "1 child process".to_owned(),
        many => format!("{many} child processes"),
    };
    let sentence = format!(
        "a transaction id was never assigned in {transactions} transactions of ours (asked before each rollback); \
         {programs} ran forced read-only; {rights}"
    );
    Ok(IsolationReport {
        transactions,
        child_processes,
        writable_tables,
        sentence,
    })
}
