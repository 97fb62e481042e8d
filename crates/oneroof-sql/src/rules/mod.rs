//! The rules of `oneroof package check`: one file a rule, one page a rule in `docs/rules/`.

use crate::check::{Package, Report};

mod all_rows;
mod batch_statement;
mod blocking_lock;
mod check_not_select;
mod column_type_change;
mod constraint_builds_index;
mod constraint_validated_at_once;
mod copy_from_stdin;
mod definer_without_search_path;
mod drop_cascade;
mod drop_index_not_concurrent;
mod drops_data;
mod enum_value_used;
mod hazards;
mod index_not_concurrent;
mod needs_no_transaction;
mod needs_transaction;
mod not_null_without_default;
mod order_fault;
mod psql_command;
mod refresh_not_concurrent;
mod rename;
mod reserved_schema;
mod rollback_forgets;
mod rollback_of_a_part;
mod seed_not_repeatable;
mod session_command;
mod set_not_null;
mod stored_parameter;
mod syntax_error;
mod table_rewrite;
mod transaction_control;
mod unknown_reference;
mod unqualified_in_function;
mod validated_in_same_transaction;
mod volatile_default;

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
    ("index-not-concurrent", index_not_concurrent::check),
    (
        "drop-index-not-concurrent",
        drop_index_not_concurrent::check,
    ),
    (
        "constraint-validated-at-once",
        constraint_validated_at_once::check,
    ),
    (
        "validated-in-same-transaction",
        validated_in_same_transaction::check,
    ),
    ("constraint-builds-index", constraint_builds_index::check),
    ("volatile-default", volatile_default::check),
    ("column-type-change", column_type_change::check),
    ("set-not-null", set_not_null::check),
    ("not-null-without-default", not_null_without_default::check),
    ("enum-value-used", enum_value_used::check),
    (
        "definer-without-search-path",
        definer_without_search_path::check,
    ),
    ("unqualified-in-function", unqualified_in_function::check),
    ("seed-not-repeatable", seed_not_repeatable::check),
    ("rename", rename::check),
    ("drops-data", drops_data::check),
    ("all-rows", all_rows::check),
    ("table-rewrite", table_rewrite::check),
    ("refresh-not-concurrent", refresh_not_concurrent::check),
];

/// Those that judge what would run; the others say what cannot.
pub(crate) const JUDGING: &[&str] = &[
    "blocking-lock",
    "unknown-reference",
    "index-not-concurrent",
    "constraint-builds-index",
    "volatile-default",
    "column-type-change",
    "set-not-null",
    "not-null-without-default",
    "unqualified-in-function",
    "seed-not-repeatable",
    "rename",
    "drops-data",
    "all-rows",
    "table-rewrite",
    "refresh-not-concurrent",
];
