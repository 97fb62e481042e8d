//! The rules of `oneroof package check`: one file a rule, one page a rule in `docs/rules/`.

use crate::check::{Package, Report};

mod batch_statement;
mod blocking_lock;
mod check_not_select;
mod copy_from_stdin;
mod drop_cascade;
mod needs_no_transaction;
mod needs_transaction;
mod order_fault;
mod psql_command;
mod reserved_schema;
mod rollback_forgets;
mod rollback_of_a_part;
mod session_command;
mod stored_parameter;
mod syntax_error;
mod transaction_control;
mod unknown_reference;

/// A rule reads the facts of a package and reports.
type Rule = fn(&Package<'_>, &mut Report<'_>);

/// All rules by name.
pub(crate) const RULES: &[(&str, Rule)] = &[
    ("syntax-error", syntax_error::check),
    ("psql-command", psql_command::check),
    ("copy-from-stdin", copy_from_stdin::check),
    ("transaction-control", transaction_control::check),
    ("session-command", session_command::check),
    ("reserved-schema", reserved_schema::check),
    ("stored-parameter", stored_parameter::check),
    ("needs-no-transaction", needs_no_transaction::check),
    ("needs-transaction", needs_transaction::check),
    ("batch-statement", batch_statement::check),
    ("rollback-of-a-part", rollback_of_a_part::check),
    ("drop-cascade", drop_cascade::check),
    ("check-not-select", check_not_select::check),
    ("order-fault", order_fault::check),
    ("rollback-forgets", rollback_forgets::check),
    ("blocking-lock", blocking_lock::check),
    ("unknown-reference", unknown_reference::check),
];
