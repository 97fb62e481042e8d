//! What statements that define something create, alter, drop and lock.
//!
//! [`define`] says whether it knew the node; then it has walked everything below it.

use oneroof_model::locks::LockMode;
use pg_query::protobuf::{AlterTableType, ConstrType, ObjectType};

use crate::lexer::{TokenKind, tokens};
use crate::locks::alter_table_lock;
use crate::references::{ObjectRef, Phase};
use crate::split::object_words;
use crate::tree::{Item, Record, strings};
use crate::walk::{RESERVED_SCHEMA, Walker};

fn words(record: &Record, field: &str) -> &'static str {
    object_words(i32::try_from(record.number(field)).unwrap_or(0))
}

fn is(record: &Record, field: &str, kind: ObjectType) -> bool {
    record.number(field) == kind as i64
}

/// Reads a defining statement or a part of one.
pub(crate) fn define(walker: &mut Walker<'_>, record: &Record) -> bool {
    match record.name {
        "CreateStmt" => create_table(walker, record, "table"),
        "CreateForeignTableStmt" => {
            if let Some(base) = record.record("base_stmt") {
                create_table(walker, base, "foreign table");
            }
        }
        "IntoClause" => into(walker, record, "table", true),
        "CreateTableAsStmt" => {
            let matview = is(record, "objtype", ObjectType::ObjectMatview);
            let kind = if matview {
                "materialized view"
            } else {
                "table"
            };
            if let Some(clause) = record.record("into") {
                into(walker, clause, kind, !record.flag("if_not_exists"));
            }
            let phase = if matview { Phase::Stored } else { Phase::Now };
            walker.in_phase(phase, |walker| walker.fields(record, &["into"]));
        }
        "ViewStmt" => {
            if let Some(range) = record.record("view") {
                walker.reserved_names(range);
                let mut view = walker.relation("view", range);
                view.certain &= !record.flag("replace");
                if record.flag("replace") {
                    walker.lock(&view, LockMode::AccessExclusive, "create or replace view");
                }
                walker.facts.created.push(view);
            }
            walker.in_phase(Phase::Stored, |walker| walker.fields(record, &["view"]));
        }
        "CreateFunctionStmt" => create_function(walker, record),
        "CreateTrigStmt" => create_trigger(walker, record),
        "CreateEventTrigStmt" => {
            create_named(walker, "event trigger", record.text("trigname"));
            let called = walker.named("function", &record.names("funcname"), walker.place(None));
            walker.facts.called.push(called);
        }
        "IndexStmt" => create_index(walker, record),
        "CreatePolicyStmt" | "AlterPolicyStmt" => {
            if let Some(range) = record.record("table") {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                let form = if record.name == "CreatePolicyStmt" {
                    create_on(walker, "policy", record.text("policy_name"), &table, true);
                    "create policy"
                } else {
                    "alter policy"
                };
                walker.lock(&table, LockMode::AccessExclusive, form);
                walker.facts.altered.push(table);
            }
            walker.in_phase(Phase::Stored, |walker| walker.fields(record, &["table"]));
        }
        "RuleStmt" => {
            if let Some(range) = record.record("relation") {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                let certain = !record.flag("replace");
                create_on(walker, "rule", record.text("rulename"), &table, certain);
                walker.lock(&table, LockMode::AccessExclusive, "create rule");
                walker.facts.altered.push(table);
            }
            walker.in_phase(Phase::Stored, |walker| walker.fields(record, &["relation"]));
        }
        "CreateSeqStmt" => {
            if let Some(range) = record.record("sequence") {
                walker.reserved_names(range);
                let mut sequence = walker.relation("sequence", range);
                sequence.certain &= !record.flag("if_not_exists");
                sequence.on = owned_by(walker, record).map(Box::new);
                walker.facts.created.push(sequence);
            }
        }
        "CreateStatsStmt" => {
            let mut created =
                walker.named("statistics", &record.names("defnames"), walker.place(None));
            created.certain &= !record.flag("if_not_exists");
            if let Some(range) = record.records("relations").next() {
                let table = walker.relation("relation", range);
                walker.lock(&table, LockMode::ShareUpdateExclusive, "create statistics");
                created.on = Some(Box::new(table));
            }
            walker.facts.created.push(created);
            walker.in_phase(Phase::Stored, |walker| walker.fields(record, &[]));
        }
        "CreateSchemaStmt" => create_schema(walker, record),
        "DefineStmt" => {
            let mut created = walker.named(
                words(record, "kind"),
                &record.names("defnames"),
                walker.place(None),
            );
            created.certain &= !record.flag("if_not_exists") && !record.flag("replace");
            walker.facts.created.push(created);
            // The names in a definition are types by grammar, functions and operators by meaning.
        }
        "CreateEnumStmt" | "CreateRangeStmt" => {
            let created = walker.named("type", &record.names("type_name"), walker.place(None));
            walker.facts.created.push(created);
        }
        "CompositeTypeStmt" => {
            if let Some(range) = record.record("typevar") {
                walker.reserved_names(range);
                let created = walker.relation("type", range);
                walker.facts.created.push(created);
            }
            walker.fields(record, &["typevar"]);
        }
        "CreateDomainStmt" => {
            let created = walker.named("domain", &record.names("domainname"), walker.place(None));
            walker.facts.created.push(created);
            walker.in_phase(Phase::Stored, |walker| {
                walker.fields(record, &["domainname"])
            });
        }
        "CreateRoleStmt" => {
            create_named(walker, "role", record.text("role"));
            walker.facts.roles.push(record.text("role").to_owned());
            walker.fields(record, &[]);
        }
        "CreateExtensionStmt" => {
            create_named(walker, "extension", record.text("extname"));
            if record.flag("if_not_exists")
                && let Some(created) = walker.facts.created.last_mut()
            {
                created.certain = false;
            }
        }
        "CreateForeignServerStmt" => create_named(walker, "server", record.text("servername")),
        "CreateFdwStmt" => create_named(walker, "foreign data wrapper", record.text("fdwname")),
        "CreatePublicationStmt" => {
            create_named(walker, "publication", record.text("pubname"));
            walker.fields(record, &[]);
        }
        "CreatedbStmt" => create_named(walker, "database", record.text("dbname")),
        "CreateTableSpaceStmt" => {
            create_named(walker, "tablespace", record.text("tablespacename"));
        }

        "ColumnDef" => {
            walker.fields(record, &["raw_default", "identity_sequence"]);
            walker.in_phase(Phase::Stored, |walker| {
                if let Some(default) = record.get("raw_default") {
                    walker.item(default);
                }
            });
        }
        "Constraint" => {
            if let Some(range) = record.record("pktable") {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                walker.lock(&table, LockMode::ShareRowExclusive, "foreign key");
                walker.facts.read.push(table);
            }
            walker.in_phase(Phase::Stored, |walker| walker.fields(record, &["pktable"]));
        }
        "FunctionParameter" => {
            walker.fields(record, &["defexpr"]);
            walker.in_phase(Phase::Stored, |walker| {
                if let Some(default) = record.get("defexpr") {
                    walker.item(default);
                }
            });
        }

        "AlterTableStmt" => alter_table(walker, record),
        "AlterDomainStmt" => {
            alter_named(walker, "domain", &record.names("type_name"));
            walker.in_phase(Phase::Stored, |walker| {
                walker.fields(record, &["type_name"])
            });
        }
        "AlterEnumStmt" | "AlterTypeStmt" => {
            alter_named(walker, "type", &record.names("type_name"))
        }
        "AlterSeqStmt" => {
            if let Some(range) = record.record("sequence") {
                walker.reserved_names(range);
                let sequence = walker.relation("sequence", range);
                walker.facts.altered.push(sequence);
            }
        }
        "AlterFunctionStmt" => {
            if let Some(function) = record.record("func") {
                walker.reserved_names(function);
                alter_named(walker, "function", &function.names("objname"));
            }
            walker.fields(record, &["func"]);
        }
        "RenameStmt" => rename(walker, record),
        "AlterOwnerStmt" | "AlterObjectSchemaStmt" => alter_object(walker, record),
        "CommentStmt" | "SecLabelStmt" => comment(walker, record),
        "GrantStmt" => grant(walker, record),
        "GrantRoleStmt" => {
            for granted in record.records("granted_roles") {
                walker
                    .facts
                    .roles
                    .push(granted.text("priv_name").to_owned());
            }
            walker.fields(record, &["granted_roles"]);
        }
        "AlterDefaultPrivilegesStmt" => {
            let mut schemas = Vec::new();
            for option in record.records("options") {
                if option.text("defname") == "schemas"
                    && let Some(list) = option.record("arg")
                {
                    schemas = list.names("items");
                }
            }
            for schema in schemas {
                use_schema(walker, &schema);
            }
            walker.fields(record, &[]);
        }
        "DropStmt" => drop_objects(walker, record),
        "DropRoleStmt" => {
            for role in record.records("roles") {
                let name = role.text("rolename").to_owned();
                let mut dropped = walker.object("role", None, name.clone(), walker.place_of(role));
                dropped.certain &= !record.flag("missing_ok");
                walker.facts.roles.push(name);
                walker.facts.dropped.push(dropped);
            }
        }
        "TruncateStmt" => {
            for range in record.records("relations") {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                walker.lock(&table, LockMode::AccessExclusive, "truncate");
                walker.facts.written.push(table);
            }
        }
        "LockStmt" => {
            for range in record.records("relations") {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                walker.lock(
                    &table,
                    LockMode::of_number(record.number("mode")),
                    "lock table",
                );
                walker.facts.read.push(table);
            }
        }
        "RefreshMatViewStmt" => {
            if let Some(range) = record.record("relation") {
                walker.reserved_names(range);
                let view = walker.relation("materialized view", range);
                let (mode, form) = if record.flag("concurrent") {
                    (
                        LockMode::Exclusive,
                        "refresh materialized view concurrently",
                    )
                } else {
                    (LockMode::AccessExclusive, "refresh materialized view")
                };
                walker.lock(&view, mode, form);
                walker.facts.altered.push(view);
            }
        }
        "ReindexStmt" => {
            if let Some(range) = record.record("relation") {
                walker.reserved_names(range);
                let concurrent = record
                    .records("params")
                    .any(|param| param.text("defname") == "concurrently");
                let table = walker.relation("relation", range);
                // The table itself is only locked in SHARE mode, but the planner of every reader opens all indexes.
                let mode = if concurrent {
                    LockMode::ShareUpdateExclusive
                } else {
                    LockMode::AccessExclusive
                };
                walker.lock(&table, mode, "reindex");
                walker.facts.read.push(table);
            }
        }
        "ClusterStmt" => {
            if let Some(range) = record.record("relation") {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                walker.lock(&table, LockMode::AccessExclusive, "cluster");
                walker.facts.read.push(table);
            }
        }
        "VacuumStmt" => {
            let full = record
                .records("options")
                .any(|option| option.text("defname") == "full");
            let (mode, form) = match (full, record.flag("is_vacuumcmd")) {
                (true, _) => (LockMode::AccessExclusive, "vacuum full"),
                (false, true) => (LockMode::ShareUpdateExclusive, "vacuum"),
                (false, false) => (LockMode::ShareUpdateExclusive, "analyze"),
            };
            for range in record
                .records("rels")
                .filter_map(|rel| rel.record("relation"))
            {
                walker.reserved_names(range);
                let table = walker.relation("relation", range);
                walker.lock(&table, mode, form);
                walker.facts.read.push(table);
            }
        }
        _ => return false,
    }
    true
}

fn create_named(walker: &mut Walker<'_>, kind: &'static str, name: &str) {
    let mut created = walker.object(kind, None, name.to_owned(), walker.place(None));
    created.schema = None;
    walker.facts.created.push(created);
}

fn create_on(
    walker: &mut Walker<'_>,
    kind: &'static str,
    name: &str,
    table: &ObjectRef,
    certain: bool,
) {
    let mut created = walker.object(kind, None, name.to_owned(), walker.place(None));
    created.schema = None;
    created.certain &= certain;
    created.on = Some(Box::new(table.clone()));
    walker.facts.created.push(created);
}

fn drop_on(walker: &mut Walker<'_>, kind: &'static str, name: &str, table: &ObjectRef) {
    let mut dropped = walker.object(kind, None, name.to_owned(), walker.place(None));
    dropped.schema = None;
    dropped.on = Some(Box::new(table.clone()));
    walker.facts.dropped.push(dropped);
}

fn alter_named(walker: &mut Walker<'_>, kind: &'static str, names: &[String]) {
    let altered = walker.named(kind, names, walker.place(None));
    walker.facts.altered.push(altered);
}

fn use_schema(walker: &mut Walker<'_>, schema: &str) {
    let place = walker.place(None);
    if schema == RESERVED_SCHEMA {
        walker.facts.reserved.push(place);
    }
    let mut read = walker.object("schema", None, schema.to_owned(), place);
    read.schema = None;
    walker.facts.altered.push(read);
}

fn into(walker: &mut Walker<'_>, clause: &Record, kind: &'static str, certain: bool) {
    if let Some(range) = clause.record("rel") {
        walker.reserved_names(range);
        let mut created = walker.relation(kind, range);
        created.certain &= certain;
        walker.facts.created.push(created);
    }
}

fn create_table(walker: &mut Walker<'_>, record: &Record, kind: &'static str) {
    let Some(range) = record.record("relation") else {
        return;
    };
    walker.reserved_names(range);
    let mut table = walker.relation(kind, range);
    table.certain &= !record.flag("if_not_exists");
    let partition = record.record("partbound").is_some();
    for parent in record.records("inh_relations") {
        walker.reserved_names(parent);
        let parent = walker.relation("relation", parent);
        if partition {
            walker.lock(&parent, LockMode::AccessExclusive, "create partition");
            table.on = Some(Box::new(parent.clone()));
        } else {
            walker.lock(&parent, LockMode::ShareUpdateExclusive, "inherit");
        }
        walker.facts.read.push(parent);
    }
    walker.facts.created.push(table.clone());
    for column in record.records("table_elts") {
        implicit_sequence(walker, column, &table);
    }
    walker.fields(record, &["relation", "inh_relations"]);
}

/// `serial` and identity columns bring a sequence that is dropped with their table.
fn implicit_sequence(walker: &mut Walker<'_>, column: &Record, table: &ObjectRef) {
    if column.name != "ColumnDef" {
        return;
    }
    let serial = column.record("type_name").is_some_and(|of| {
        of.names("names").last().is_some_and(|name| {
            matches!(
                name.as_str(),
                "serial" | "bigserial" | "smallserial" | "serial4" | "serial8" | "serial2"
            )
        })
    });
    let identity = column
        .records("constraints")
        .any(|constraint| constraint.number("contype") == ConstrType::ConstrIdentity as i64);
    if serial || identity {
        let mut sequence = walker.object(
            "sequence",
            table.schema.clone(),
            format!("{}_{}_seq", table.name, column.text("colname")),
            table.offset,
        );
        sequence.on = Some(Box::new(table.clone()));
        sequence.implicit = true;
        walker.facts.created.push(sequence);
    }
}

fn owned_by(walker: &Walker<'_>, record: &Record) -> Option<ObjectRef> {
    let option = record
        .records("options")
        .find(|option| option.text("defname") == "owned_by")?;
    let mut names = option.record("arg")?.names("items");
    names.pop()?;
    (!names.is_empty()).then(|| walker.named("relation", &names, walker.place(None)))
}

fn create_schema(walker: &mut Walker<'_>, record: &Record) {
    let name = record.text("schemaname").to_owned();
    create_named(walker, "schema", &name);
    if record.flag("if_not_exists")
        && let Some(created) = walker.facts.created.last_mut()
    {
        created.certain = false;
    }
    let before = walker.schema.replace(name);
    walker.fields(record, &[]);
    walker.schema = before;
}

fn create_function(walker: &mut Walker<'_>, record: &Record) {
    let kind = if record.flag("is_procedure") {
        "procedure"
    } else {
        "function"
    };
    let mut created = walker.named(kind, &record.names("funcname"), walker.place(None));
    created.certain &= !record.flag("replace");
    walker.facts.created.push(created);
    walker.in_phase(Phase::Stored, |walker| walker.fields(record, &["funcname"]));
    let mut language = String::new();
    let mut has_text = false;
    for option in record.records("options") {
        match option.text("defname") {
            "language" => {
                language = option
                    .record("arg")
                    .map_or_else(String::new, |arg| arg.text("sval").to_ascii_lowercase());
            }
            "as" => has_text = true,
            _ => {}
        }
    }
    if !has_text {
        return;
    }
    // The body is the string after the word AS at depth 0 (a dynamic statement has no place of its own in the file).
    let (start, end) = walker.bounds();
    let Some(part) = walker.text.get(start..end) else {
        return;
    };
    if walker.phase != Phase::Now {
        return;
    }
    let list = tokens(part);
    let mut depth = 0_usize;
    let body = list.iter().enumerate().find_map(|(index, token)| {
        if token.is_mark(part, "(") {
            depth += 1;
        } else if token.is_mark(part, ")") {
            depth = depth.saturating_sub(1);
        }
        let next = list.get(index + 1)?;
        (depth == 0 && token.is_word(part, "as") && matches!(next.kind, TokenKind::Text(_)))
            .then_some(next)
    });
    if let Some(token) = body {
        match language.as_str() {
            "sql" => walker.in_phase(Phase::Stored, |walker| walker.sql_body(part, token, start)),
            "plpgsql" => walker.in_phase(Phase::Late, |walker| {
                walker.plpgsql_body(part, token, start)
            }),
            _ => {}
        }
    }
}

fn create_trigger(walker: &mut Walker<'_>, record: &Record) {
    if let Some(range) = record.record("relation") {
        walker.reserved_names(range);
        let table = walker.relation("relation", range);
        create_on(
            walker,
            "trigger",
            record.text("trigname"),
            &table,
            !record.flag("replace"),
        );
        walker.lock(&table, LockMode::ShareRowExclusive, "create trigger");
        walker.facts.altered.push(table);
    }
    if let Some(range) = record.record("constrrel") {
        walker.reserved_names(range);
        let table = walker.relation("relation", range);
        walker.facts.read.push(table);
    }
    for transition in record.records("transition_rels") {
        walker
            .facts
            .transition_tables
            .push(transition.text("name").to_owned());
    }
    walker.in_phase(Phase::Stored, |walker| {
        let called = walker.named("function", &record.names("funcname"), walker.place(None));
        walker.facts.called.push(called);
        walker.fields(record, &["relation", "constrrel", "funcname"]);
    });
}

fn create_index(walker: &mut Walker<'_>, record: &Record) {
    if let Some(range) = record.record("relation") {
        walker.reserved_names(range);
        let table = walker.relation("relation", range);
        let (mode, form) = if record.flag("concurrent") {
            (LockMode::ShareUpdateExclusive, "create index concurrently")
        } else {
            (LockMode::Share, "create index")
        };
        walker.lock(&table, mode, form);
        let name = record.text("idxname");
        if !name.is_empty() {
            let mut created = walker.object(
                "index",
                table.schema.clone(),
                name.to_owned(),
                walker.place(None),
            );
            created.certain &= !record.flag("if_not_exists");
            created.on = Some(Box::new(table.clone()));
            walker.facts.created.push(created);
        }
        walker.facts.altered.push(table);
    }
    walker.in_phase(Phase::Stored, |walker| walker.fields(record, &["relation"]));
}

fn alter_table(walker: &mut Walker<'_>, record: &Record) {
    let Some(range) = record.record("relation") else {
        return;
    };
    walker.reserved_names(range);
    let kind = words(record, "objtype");
    let mut table = walker.relation(kind, range);
    table.certain &= !record.flag("missing_ok");
    let on_table = matches!(
        kind,
        "table" | "materialized view" | "foreign table" | "index"
    );
    let mut strongest: Option<(LockMode, &'static str)> = None;
    for command in record.records("cmds") {
        let lock = alter_table_lock(command, on_table);
        if strongest.is_none_or(|(mode, _)| lock.0 > mode) {
            strongest = Some(lock);
        }
        alter_table_command(walker, command, &table);
    }
    if let Some((mode, form)) = strongest
        && kind != "type"
    {
        walker.lock(&table, mode, form);
    }
    walker.facts.altered.push(table);
}

fn alter_table_command(walker: &mut Walker<'_>, command: &Record, table: &ObjectRef) {
    let subtype = i32::try_from(command.number("subtype")).unwrap_or(0);
    let definition = command.record("def");
    match AlterTableType::try_from(subtype) {
        Ok(AlterTableType::AtAddColumn) => {
            if let Some(column) = definition {
                let certain = !command.flag("missing_ok");
                create_on(walker, "column", column.text("colname"), table, certain);
                implicit_sequence(walker, column, table);
            }
        }
        Ok(AlterTableType::AtDropColumn) => drop_on(walker, "column", command.text("name"), table),
        Ok(AlterTableType::AtAddConstraint | AlterTableType::AtAddIndexConstraint) => {
            if let Some(name) = definition
                .map(|definition| definition.text("conname"))
                .filter(|name| !name.is_empty())
            {
                create_on(walker, "constraint", name, table, true);
            }
        }
        Ok(AlterTableType::AtDropConstraint) => {
            drop_on(walker, "constraint", command.text("name"), table);
        }
        Ok(kind @ (AlterTableType::AtAttachPartition | AlterTableType::AtDetachPartition)) => {
            let waits = definition.is_none_or(|definition| !definition.flag("concurrent"));
            if let Some(range) = definition.and_then(|definition| definition.record("name"))
                && waits
            {
                let form = if kind == AlterTableType::AtAttachPartition {
                    "attach partition"
                } else {
                    "detach partition"
                };
                let partition = walker.relation("relation", range);
                walker.lock(&partition, LockMode::AccessExclusive, form);
            }
        }
        _ => {}
    }
    let stored = matches!(
        AlterTableType::try_from(subtype),
        Ok(AlterTableType::AtColumnDefault | AlterTableType::AtSetExpression)
    );
    let phase = if stored { Phase::Stored } else { Phase::Now };
    // `record` and not `fields`: `alter table … drop … cascade` stands in the command.
    if command.number("behavior") == 2 && matches!(walker.phase, Phase::Now | Phase::Block) {
        let place = walker.place(None);
        walker.facts.cascades.push(place);
    }
    walker.in_phase(phase, |walker| walker.fields(command, &[]));
}

/// The object that `object` or `relation` of a statement names, with its kind.
fn target(walker: &Walker<'_>, record: &Record, kind_field: &str) -> Option<ObjectRef> {
    let kind = words(record, kind_field);
    if let Some(range) = record.record("relation") {
        return Some(walker.relation(kind, range));
    }
    let object = record.record("object")?;
    let names = names_of(object);
    (!names.is_empty()).then(|| walker.named(kind, &names, walker.place(None)))
}

fn names_of(object: &Record) -> Vec<String> {
    match object.name {
        "ObjectWithArgs" => object.names("objname"),
        "TypeName" => object.names("names"),
        "List" => strings(object.list("items")),
        "String" => vec![object.text("sval").to_owned()],
        _ => Vec::new(),
    }
}

fn check_reserved(walker: &mut Walker<'_>, record: &Record) {
    for field in ["relation", "object"] {
        if let Some(inner) = record.record(field) {
            walker.reserved_names(inner);
        }
    }
}

fn rename(walker: &mut Walker<'_>, record: &Record) {
    check_reserved(walker, record);
    let newname = record.text("newname");
    let subname = record.text("subname");
    let kind = ObjectType::try_from(i32::try_from(record.number("rename_type")).unwrap_or(0));
    let hangs = match kind {
        Ok(ObjectType::ObjectColumn) => Some("column"),
        Ok(ObjectType::ObjectTabconstraint) => Some("constraint"),
        Ok(ObjectType::ObjectTrigger) => Some("trigger"),
        Ok(ObjectType::ObjectPolicy) => Some("policy"),
        Ok(ObjectType::ObjectRule) => Some("rule"),
        _ => None,
    };
    if let (Some(kind), Some(range)) = (hangs, record.record("relation")) {
        let table = walker.relation("relation", range);
        walker.lock(&table, LockMode::AccessExclusive, "rename");
        drop_on(walker, kind, subname, &table);
        create_on(walker, kind, newname, &table, true);
        walker.facts.altered.push(table);
        return;
    }
    if let Some(mut old) = target(walker, record, "rename_type") {
        old.certain &= !record.flag("missing_ok");
        let mut new = old.clone();
        new.name = newname.to_owned();
        if record.record("relation").is_some() && old.kind != "type" {
            let mode = if old.kind == "index" {
                LockMode::ShareUpdateExclusive
            } else {
                LockMode::AccessExclusive
            };
            walker.lock(&old, mode, "rename");
        }
        walker.facts.dropped.push(old);
        walker.facts.created.push(new);
    }
}

fn alter_object(walker: &mut Walker<'_>, record: &Record) {
    check_reserved(walker, record);
    if let Some(mut object) = target(walker, record, "object_type") {
        object.certain &= !record.flag("missing_ok");
        if record.record("relation").is_some() {
            walker.lock(&object, LockMode::AccessExclusive, "set schema");
        }
        let newschema = record.text("newschema");
        if newschema.is_empty() {
            if object.kind == "schema" {
                use_schema(walker, &object.name.clone());
            } else {
                walker.facts.altered.push(object);
            }
        } else {
            let mut moved = object.clone();
            moved.schema = Some(newschema.to_owned());
            walker.facts.dropped.push(object);
            walker.facts.created.push(moved);
        }
    }
    walker.fields(record, &["relation", "object"]);
}

fn comment(walker: &mut Walker<'_>, record: &Record) {
    check_reserved(walker, record);
    let Some(object) = record.record("object") else {
        return;
    };
    let mut names = names_of(object);
    if is(record, "objtype", ObjectType::ObjectSchema) {
        if let [schema] = names.as_slice() {
            use_schema(walker, schema);
        }
        return;
    }
    let kind = match ObjectType::try_from(i32::try_from(record.number("objtype")).unwrap_or(0)) {
        // The last name is the column's, trigger's, …: what must be there is the table.
        Ok(
            ObjectType::ObjectColumn
            | ObjectType::ObjectTabconstraint
            | ObjectType::ObjectTrigger
            | ObjectType::ObjectPolicy
            | ObjectType::ObjectRule,
        ) => {
            names.pop();
            "relation"
        }
        Ok(ObjectType::ObjectDomconstraint) => return,
        _ => words(record, "objtype"),
    };
    if names.is_empty() {
        return;
    }
    let object = walker.named(kind, &names, walker.place(None));
    if object.class() == "relation" {
        walker.lock(&object, LockMode::ShareUpdateExclusive, "comment");
    }
    walker.facts.altered.push(object);
}

fn grant(walker: &mut Walker<'_>, record: &Record) {
    // 2 is "all … in schema": the objects are schemas then.
    let whole_schema =
        record.number("targtype") == 2 || is(record, "objtype", ObjectType::ObjectSchema);
    let kind = words(record, "objtype");
    for object in record.records("objects") {
        walker.reserved_names(object);
        match object.name {
            "RangeVar" => {
                let relation = walker.relation("relation", object);
                walker.facts.altered.push(relation);
            }
            "String" if whole_schema => use_schema(walker, object.text("sval")),
            "String" => {}
            _ => {
                let names = names_of(object);
                if !names.is_empty() {
                    alter_named(walker, kind, &names);
                }
            }
        }
    }
    walker.fields(record, &["objects"]);
}

fn drop_objects(walker: &mut Walker<'_>, record: &Record) {
    let kind = words(record, "remove_type");
    let hangs = matches!(kind, "trigger" | "policy" | "rule");
    let missing_ok = record.flag("missing_ok");
    for object in record.list("objects").iter().filter_map(Item::as_record) {
        walker.reserved_names(object);
        let mut names = names_of(object);
        if names.is_empty() {
            continue;
        }
        if kind == "schema" && names[0] == RESERVED_SCHEMA {
            let place = walker.place(None);
            walker.facts.reserved.push(place);
        }
        let mut dropped = if hangs && names.len() > 1 {
            let name = names.pop().unwrap_or_default();
            let table = walker.named("relation", &names, walker.place(None));
            walker.lock(&table, LockMode::AccessExclusive, "drop");
            let mut dropped = walker.object(kind, None, name, walker.place(None));
            dropped.schema = None;
            dropped.on = Some(Box::new(table));
            dropped
        } else {
            walker.named(kind, &names, walker.place(None))
        };
        dropped.certain &= !missing_ok;
        if dropped.class() == "relation" {
            let (mode, form) = if record.flag("concurrent") {
                (LockMode::ShareUpdateExclusive, "drop index concurrently")
            } else if kind == "index" {
                (LockMode::AccessExclusive, "drop, with its table")
            } else {
                (LockMode::AccessExclusive, "drop")
            };
            walker.lock(&dropped, mode, form);
        }
        walker.facts.dropped.push(dropped);
    }
}
