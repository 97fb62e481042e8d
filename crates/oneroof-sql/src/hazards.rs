//! What a statement does that is known to hurt a running application: facts for the rules, without a verdict.

use pg_query::protobuf::node::Node;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, ConstrType, Constraint, ObjectType,
    RangeVar,
};
use serde::Serialize;

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardKind {
    /// `create index` without `concurrently`.
    IndexBlocks,
    /// `drop index` without `concurrently`.
    IndexDropBlocks,
    /// A check or foreign key that is validated at once.
    ConstraintValidated,
    /// `validate constraint`.
    ConstraintValidation,
    /// A constraint was added `not valid`.
    ConstraintNotValid,
    /// A unique or primary key or exclusion that builds its index at once.
    ConstraintBuildsIndex,
    /// A column whose default is worked out for each row.
    VolatileDefault,
    /// Another type for a column.
    TypeChange,
    /// `set not null`.
    SetNotNull,
    /// A column that is not null and has no default.
    NotNullWithoutDefault,
    /// A value is added to an enum; the detail is the value.
    EnumValueAdded,
    /// `security definer` without `set search_path`.
    DefinerWithoutPath,
    /// A function without `set search_path`.
    FunctionWithoutPath,
    /// Rows that are there twice if it runs twice.
    InsertRepeats,
    /// A table or column gets another name.
    Rename,
    /// A table or column is dropped with what it holds.
    DropsData,
    /// All rows of a table are updated or deleted.
    AllRows,
    /// The table is written anew.
    Rewrite,
    /// A materialized view is refreshed without `concurrently`.
    RefreshBlocks,
}

/// One of them, with the table that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// What it is.
    pub kind: HazardKind,
    /// Schema, if one is written, and name.
    pub table: Option<(Option<String>, String)>,
    /// What is named beside the table: a column, a constraint, a value, a function.
    pub detail: String,
}

/// Functions whose value is the same for a whole statement: a default of these rewrites nothing.
const STABLE: &[&str] = &[
    "now",
    "current_timestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "current_user",
    "current_database",
    "current_schema",
    "session_user",
    "lower",
    "upper",
    "concat",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "to_jsonb",
    "to_json",
    "make_interval",
    "make_date",
    "md5",
    "length",
    "coalesce",
    "date_trunc",
    "timezone",
    "txid_current",
    "pg_current_xact_id",
    "array_fill",
    "decode",
    "encode",
    "to_char",
];

/// What `node` does.
pub(crate) fn of(node: &Node) -> Vec<Hazard> {
    let mut found = Found(Vec::new());
    match node {
        Node::IndexStmt(index) if !index.concurrent => {
            found.add(
                HazardKind::IndexBlocks,
                index.relation.as_ref(),
                &index.idxname,
            );
        }
        Node::DropStmt(drop) => {
            let kind = ObjectType::try_from(drop.remove_type).unwrap_or(ObjectType::Undefined);
            let kind = match kind {
                ObjectType::ObjectIndex if !drop.concurrent => Some(HazardKind::IndexDropBlocks),
                ObjectType::ObjectTable => Some(HazardKind::DropsData),
                _ => None,
            };
            for object in &drop.objects {
                if let (Some(kind), Some(Node::List(list))) = (kind, &object.node) {
                    let table = name_of(&strings(&list.items));
                    let detail = table
                        .as_ref()
                        .map_or_else(String::new, |(_, name)| name.clone());
                    found.0.push(Hazard {
                        kind,
                        table,
                        detail,
                    });
                }
            }
        }
        Node::AlterTableStmt(alter) => altered(alter, &mut found),
        Node::RenameStmt(rename) => {
            let kind = ObjectType::try_from(rename.rename_type).unwrap_or(ObjectType::Undefined);
            let of_table =
                ObjectType::try_from(rename.relation_type) == Ok(ObjectType::ObjectTable);
            if kind == ObjectType::ObjectTable || (kind == ObjectType::ObjectColumn && of_table) {
                found.add(
                    HazardKind::Rename,
                    rename.relation.as_ref(),
                    &rename.subname,
                );
            }
        }
        Node::AlterEnumStmt(alter) if alter.old_val.is_empty() => {
            let table = name_of(&strings(&alter.type_name));
            found.0.push(Hazard {
                kind: HazardKind::EnumValueAdded,
                table,
                detail: alter.new_val.clone(),
            });
        }
        Node::CreateFunctionStmt(create) => {
            let options = || {
                create
                    .options
                    .iter()
                    .filter_map(|option| match &option.node {
                        Some(Node::DefElem(option)) => Some(option),
                        _ => None,
                    })
            };
            let sets_path = options().any(|option| {
                let set = option.arg.as_ref().and_then(|arg| arg.node.as_ref());
                option.defname == "set"
                    && matches!(set, Some(Node::VariableSetStmt(set)) if set.name == "search_path")
            });
            let is_definer = options().any(|option| {
                let value = option.arg.as_ref().and_then(|arg| arg.node.as_ref());
                option.defname == "security"
                    && matches!(value, Some(Node::Boolean(value)) if value.boolval)
            });
            let name = strings(&create.funcname).pop().unwrap_or_default();
            if !sets_path {
                found.add(HazardKind::FunctionWithoutPath, None, &name);
                if is_definer {
                    found.add(HazardKind::DefinerWithoutPath, None, &name);
                }
            }
        }
        Node::InsertStmt(insert)
            if insert.on_conflict_clause.is_none() && is_plain(insert.select_stmt.as_deref()) =>
        {
            found.add(HazardKind::InsertRepeats, insert.relation.as_ref(), "");
        }
        Node::UpdateStmt(update)
            if update.where_clause.is_none() && update.from_clause.is_empty() =>
        {
            found.add(HazardKind::AllRows, update.relation.as_ref(), "update");
        }
        Node::DeleteStmt(delete)
            if delete.where_clause.is_none() && delete.using_clause.is_empty() =>
        {
            found.add(HazardKind::AllRows, delete.relation.as_ref(), "delete");
        }
        Node::ClusterStmt(cluster) => {
            found.add(HazardKind::Rewrite, cluster.relation.as_ref(), "cluster");
        }
        Node::VacuumStmt(vacuum) if vacuum.is_vacuumcmd => {
            let full = vacuum.options.iter().any(|option| matches!(&option.node, Some(Node::DefElem(option)) if option.defname == "full"));
            if full {
                found.add(HazardKind::Rewrite, None, "vacuum full");
            }
        }
        Node::RefreshMatViewStmt(refresh) if !refresh.concurrent && !refresh.skip_data => {
            found.add(HazardKind::RefreshBlocks, refresh.relation.as_ref(), "");
        }
        _ => {}
    }
    found.0
}

struct Found(Vec<Hazard>);

impl Found {
    fn add(&mut self, kind: HazardKind, table: Option<&RangeVar>, detail: &str) {
        self.0.push(Hazard {
            kind,
            table: table.map(|table| {
                let schema = (!table.schemaname.is_empty()).then(|| table.schemaname.clone());
                (schema, table.relname.clone())
            }),
            detail: detail.to_owned(),
        });
    }
}

fn altered(alter: &AlterTableStmt, found: &mut Found) {
    if ObjectType::try_from(alter.objtype) != Ok(ObjectType::ObjectTable) {
        return;
    }
    let table = alter.relation.as_ref();
    for command in &alter.cmds {
        let Some(Node::AlterTableCmd(command)) = &command.node else {
            continue;
        };
        let kind = AlterTableType::try_from(command.subtype).unwrap_or(AlterTableType::Undefined);
        match kind {
            AlterTableType::AtAddColumn => {
                if let Some(Node::ColumnDef(column)) = node_of(command) {
                    added_column(column, table, found);
                }
            }
            AlterTableType::AtAddConstraint => {
                if let Some(Node::Constraint(constraint)) = node_of(command) {
                    added_constraint(constraint, table, found);
                }
            }
            AlterTableType::AtValidateConstraint => {
                found.add(HazardKind::ConstraintValidation, table, &command.name);
            }
            AlterTableType::AtAlterColumnType => {
                found.add(HazardKind::TypeChange, table, &command.name);
            }
            AlterTableType::AtSetNotNull => found.add(HazardKind::SetNotNull, table, &command.name),
            AlterTableType::AtDropColumn => found.add(HazardKind::DropsData, table, &command.name),
            AlterTableType::AtSetLogged => found.add(HazardKind::Rewrite, table, "set logged"),
            AlterTableType::AtSetUnLogged => found.add(HazardKind::Rewrite, table, "set unlogged"),
            AlterTableType::AtSetAccessMethod => {
                found.add(HazardKind::Rewrite, table, "set access method");
            }
            AlterTableType::AtSetTableSpace => {
                found.add(HazardKind::Rewrite, table, "set tablespace")
            }
            _ => {}
        }
    }
}

fn node_of(command: &AlterTableCmd) -> Option<&Node> {
    command.def.as_ref()?.node.as_ref()
}

fn added_column(column: &ColumnDef, table: Option<&RangeVar>, found: &mut Found) {
    let constraints = || {
        column
            .constraints
            .iter()
            .filter_map(|constraint| match &constraint.node {
                Some(Node::Constraint(constraint)) => Some(constraint),
                _ => None,
            })
    };
    let has = |kind: ConstrType| {
        constraints().find(move |constraint| ConstrType::try_from(constraint.contype) == Ok(kind))
    };
    let default =
        has(ConstrType::ConstrDefault).and_then(|constraint| constraint.raw_expr.as_ref());
    let type_name = column
        .type_name
        .as_ref()
        .map(|name| strings(&name.names))
        .unwrap_or_default()
        .pop()
        .unwrap_or_default();
    let is_serial = matches!(
        type_name.as_str(),
        "serial" | "bigserial" | "smallserial" | "serial4" | "serial8"
    );
    let computed = is_serial
        || has(ConstrType::ConstrIdentity).is_some()
        || has(ConstrType::ConstrGenerated)
            .is_some_and(|constraint| constraint.generated_kind != "v");
    let volatile = default
        .and_then(|default| default.node.as_ref())
        .is_some_and(is_volatile);
    if computed || volatile {
        found.add(HazardKind::VolatileDefault, table, &column.colname);
    }
    let is_primary = has(ConstrType::ConstrPrimary).is_some();
    if (has(ConstrType::ConstrNotnull).is_some() || is_primary) && default.is_none() && !computed {
        found.add(HazardKind::NotNullWithoutDefault, table, &column.colname);
    }
    if is_primary || has(ConstrType::ConstrUnique).is_some() {
        found.add(HazardKind::ConstraintBuildsIndex, table, &column.colname);
    }
    if has(ConstrType::ConstrCheck).is_some()
        || (has(ConstrType::ConstrForeign).is_some() && default.is_some())
    {
        found.add(HazardKind::ConstraintValidated, table, &column.colname);
    }
}

fn added_constraint(constraint: &Constraint, table: Option<&RangeVar>, found: &mut Found) {
    match ConstrType::try_from(constraint.contype) {
        Ok(ConstrType::ConstrForeign | ConstrType::ConstrCheck | ConstrType::ConstrNotnull) => {
            let kind = match constraint.skip_validation {
                true => HazardKind::ConstraintNotValid,
                false => HazardKind::ConstraintValidated,
            };
            found.add(kind, table, &constraint.conname);
        }
        Ok(ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion)
            if constraint.indexname.is_empty() =>
        {
            found.add(
                HazardKind::ConstraintBuildsIndex,
                table,
                &constraint.conname,
            );
        }
        _ => {}
    }
}

/// Rows given as constants: a seed, not a copy of what a query finds.
fn is_plain(select: Option<&pg_query::protobuf::Node>) -> bool {
    match select.and_then(|select| select.node.as_ref()) {
        Some(Node::SelectStmt(select)) => !select.values_lists.is_empty(),
        _ => false,
    }
}

fn is_volatile(node: &Node) -> bool {
    let inner = |node: &Option<Box<pg_query::protobuf::Node>>| {
        node.as_ref()
            .and_then(|node| node.node.as_ref())
            .is_some_and(is_volatile)
    };
    let any = |list: &[pg_query::protobuf::Node]| {
        list.iter()
            .filter_map(|node| node.node.as_ref())
            .any(is_volatile)
    };
    match node {
        Node::FuncCall(call) => {
            let name = strings(&call.funcname).pop().unwrap_or_default();
            !STABLE.contains(&name.as_str()) || any(&call.args)
        }
        Node::TypeCast(cast) => inner(&cast.arg),
        Node::AExpr(expression) => inner(&expression.lexpr) || inner(&expression.rexpr),
        Node::CoalesceExpr(expression) => any(&expression.args),
        Node::CaseExpr(_) => true,
        _ => false,
    }
}

fn strings(list: &[pg_query::protobuf::Node]) -> Vec<String> {
    let text = |node: &pg_query::protobuf::Node| match &node.node {
        Some(Node::String(text)) => Some(text.sval.clone()),
        _ => None,
    };
    list.iter().filter_map(text).collect()
}

fn name_of(parts: &[String]) -> Option<(Option<String>, String)> {
    let (name, before) = parts.split_last()?;
    Some((before.last().cloned(), name.clone()))
}
