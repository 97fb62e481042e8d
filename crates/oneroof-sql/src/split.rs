//! Cuts a file into statements that the executor sends one by one.
//!
//! The real parser decides where a statement ends. Leading white space and comments are **trimmed**, so line and
//! column are those of the first word; trailing white space and the semicolon are trimmed too; everything between is
//! kept byte for byte, comments included.

use pg_query::protobuf::node::Node;
use pg_query::protobuf::{
    CreateTableAsStmt, ObjectType, RawStmt, VacuumStmt, VariableSetKind, VariableSetStmt,
};
use serde::Serialize;

use crate::lexer::skip_blank;
use crate::parse::{ParseError, Places, with_parsed};

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Exact bytes, without leading comments and without the closing semicolon.
    pub text: String,
    /// Where `text` begins in the file, in bytes.
    pub offset: usize,
    /// 1-based line of `offset`.
    pub line: u32,
    /// 1-based column of `offset`, in characters.
    pub column: u32,
    /// What kind of statement it is.
    pub kind: StatementKind,
    /// PostgreSQL refuses it inside a transaction block (concurrent index builds, vacuum, create database, …).
    pub refuses_transaction: bool,
}

/// What kind of statement it is, as far as the executor must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// `select`, `values`, `table`, `with … select` (not `select … into`).
    Select,
    /// `insert`.
    Insert,
    /// `update`.
    Update,
    /// `delete`.
    Delete,
    /// `merge`.
    Merge,
    /// `create …`; the text is what is created, in lower case: `table`, `view`, `function`, …
    Create(&'static str),
    /// `alter …`, also `alter … rename`, `owner to`, `set schema`.
    Alter(&'static str),
    /// `drop …`.
    Drop(&'static str),
    /// `do $$ … $$`.
    Do,
    /// `call`.
    Call,
    /// `begin`, `commit`, `rollback`, `savepoint`, `prepare transaction`, `set transaction`, …
    TransactionControl,
    /// `set`, `reset` and `set session characteristics`: lasts longer than the transaction.
    SetSession,
    /// `set local`.
    SetLocal,
    /// `set role`, `reset role`, `set session authorization`, local or not.
    SetRole,
    /// `copy`.
    Copy,
    /// `explain`.
    Explain,
    /// Anything else, by its command tag in lower case: `grant`, `comment`, `truncate`, …
    Other(&'static str),
}

impl StatementKind {
    /// The command tag in lower case: `create table`, `select`, `grant`.
    #[must_use]
    pub fn tag(self) -> String {
        match self {
            Self::Select => String::from("select"),
            Self::Insert => String::from("insert"),
            Self::Update => String::from("update"),
            Self::Delete => String::from("delete"),
            Self::Merge => String::from("merge"),
            Self::Create(what) => format!("create {what}"),
            Self::Alter(what) => format!("alter {what}"),
            Self::Drop(what) => format!("drop {what}"),
            Self::Do => String::from("do"),
            Self::Call => String::from("call"),
            Self::TransactionControl => String::from("transaction control"),
            Self::SetSession => String::from("set"),
            Self::SetLocal => String::from("set local"),
            Self::SetRole => String::from("set role"),
            Self::Copy => String::from("copy"),
            Self::Explain => String::from("explain"),
            Self::Other(tag) => String::from(tag),
        }
    }
}

/// Cuts `text` into its statements.
///
/// # Errors
/// Fails with the first place that PostgreSQL's grammar refuses, and names psql commands and COPY data as what they are.
pub fn split(text: &str) -> Result<Vec<Statement>, ParseError> {
    with_parsed(text, |tree| {
        let mut places = Places::new(text);
        tree.stmts
            .iter()
            .filter_map(|raw| statement(text, raw, &mut places))
            .collect()
    })
}

/// The statement that `raw` stands for.
pub(crate) fn statement(text: &str, raw: &RawStmt, places: &mut Places<'_>) -> Option<Statement> {
    let node = raw.stmt.as_ref()?.node.as_ref()?;
    let (start, end) = bounds(text, raw);
    let (line, column) = places.locate(start);
    Some(Statement {
        text: text.get(start..end)?.to_owned(),
        offset: start,
        line,
        column,
        kind: kind(node),
        refuses_transaction: refuses_transaction(node),
    })
}

/// First and last byte of a statement, without leading comments and trailing white space.
fn bounds(text: &str, raw: &RawStmt) -> (usize, usize) {
    let location = usize::try_from(raw.stmt_location)
        .unwrap_or(0)
        .min(text.len());
    // The first location may be that of a leading comment, and a length of 0 means "to the end".
    let end = match usize::try_from(raw.stmt_len) {
        Ok(0) | Err(_) => text.len(),
        Ok(length) => (location + length).min(text.len()),
    };
    let start = skip_blank(text, location).min(end);
    let trimmed = text
        .get(start..end)
        .map_or(end, |inner| start + inner.trim_end().len());
    (start, trimmed)
}

/// The words of an object type, as `create`, `alter` and `drop` write them.
pub(crate) fn object_words(kind: i32) -> &'static str {
    match ObjectType::try_from(kind).unwrap_or(ObjectType::Undefined) {
        ObjectType::ObjectAccessMethod => "access method",
        ObjectType::ObjectAggregate => "aggregate",
        ObjectType::ObjectCast => "cast",
        ObjectType::ObjectCollation => "collation",
        ObjectType::ObjectConversion => "conversion",
        ObjectType::ObjectDatabase => "database",
        ObjectType::ObjectDefacl => "default privileges",
        ObjectType::ObjectDomain | ObjectType::ObjectDomconstraint => "domain",
        ObjectType::ObjectEventTrigger => "event trigger",
        ObjectType::ObjectExtension => "extension",
        ObjectType::ObjectFdw => "foreign data wrapper",
        ObjectType::ObjectForeignServer => "server",
        ObjectType::ObjectForeignTable => "foreign table",
        ObjectType::ObjectFunction => "function",
        ObjectType::ObjectIndex => "index",
        ObjectType::ObjectLanguage => "language",
        ObjectType::ObjectMatview => "materialized view",
        ObjectType::ObjectOpclass => "operator class",
        ObjectType::ObjectOperator => "operator",
        ObjectType::ObjectOpfamily => "operator family",
        ObjectType::ObjectPolicy => "policy",
        ObjectType::ObjectProcedure => "procedure",
        ObjectType::ObjectPublication => "publication",
        ObjectType::ObjectRole => "role",
        ObjectType::ObjectRoutine => "routine",
        ObjectType::ObjectRule => "rule",
        ObjectType::ObjectSchema => "schema",
        ObjectType::ObjectSequence => "sequence",
        ObjectType::ObjectSubscription => "subscription",
        ObjectType::ObjectStatisticExt => "statistics",
        ObjectType::ObjectTable
        | ObjectType::ObjectColumn
        | ObjectType::ObjectTabconstraint
        | ObjectType::ObjectDefault => "table",
        ObjectType::ObjectTablespace => "tablespace",
        ObjectType::ObjectTransform => "transform",
        ObjectType::ObjectTrigger => "trigger",
        ObjectType::ObjectTsconfiguration => "text search configuration",
        ObjectType::ObjectTsdictionary => "text search dictionary",
        ObjectType::ObjectTsparser => "text search parser",
        ObjectType::ObjectTstemplate => "text search template",
        ObjectType::ObjectType | ObjectType::ObjectAttribute => "type",
        ObjectType::ObjectUserMapping => "user mapping",
        ObjectType::ObjectView => "view",
        _ => "object",
    }
}

fn set_kind(set: &VariableSetStmt) -> StatementKind {
    let kind = VariableSetKind::try_from(set.kind).unwrap_or(VariableSetKind::Undefined);
    let name = set.name.to_ascii_lowercase();
    if kind == VariableSetKind::VarSetMulti {
        return if name == "session characteristics" {
            StatementKind::SetSession
        } else {
            StatementKind::TransactionControl
        };
    }
    match name.as_str() {
        "role" | "session_authorization" => StatementKind::SetRole,
        name if name.starts_with("transaction_") && name != "transaction_timeout" => {
            StatementKind::TransactionControl
        }
        _ if set.is_local => StatementKind::SetLocal,
        _ => StatementKind::SetSession,
    }
}

fn kind(node: &Node) -> StatementKind {
    use StatementKind::{Alter, Create, Drop, Other};
    match node {
        Node::SelectStmt(select) if select_into(select) => Create("table"),
        Node::SelectStmt(_) => StatementKind::Select,
        Node::InsertStmt(_) => StatementKind::Insert,
        Node::UpdateStmt(_) => StatementKind::Update,
        Node::DeleteStmt(_) => StatementKind::Delete,
        Node::MergeStmt(_) => StatementKind::Merge,
        Node::DoStmt(_) => StatementKind::Do,
        Node::CallStmt(_) => StatementKind::Call,
        Node::TransactionStmt(_) => StatementKind::TransactionControl,
        Node::VariableSetStmt(set) => set_kind(set),
        Node::CopyStmt(_) => StatementKind::Copy,
        Node::ExplainStmt(_) => StatementKind::Explain,

        Node::CreateStmt(_) => Create("table"),
        Node::CreateTableAsStmt(create) => Create(created_as(create)),
        Node::CreateForeignTableStmt(_) => Create("foreign table"),
        Node::ViewStmt(_) => Create("view"),
        Node::IndexStmt(_) => Create("index"),
        Node::CreateSchemaStmt(_) => Create("schema"),
        Node::CreateSeqStmt(_) => Create("sequence"),
        Node::CreateFunctionStmt(create) if create.is_procedure => Create("procedure"),
        Node::CreateFunctionStmt(_) => Create("function"),
        Node::CreateTrigStmt(_) => Create("trigger"),
        Node::CreateEventTrigStmt(_) => Create("event trigger"),
        Node::CreatePolicyStmt(_) => Create("policy"),
        Node::RuleStmt(_) => Create("rule"),
        Node::CreateEnumStmt(_) | Node::CompositeTypeStmt(_) | Node::CreateRangeStmt(_) => {
            Create("type")
        }
        Node::CreateDomainStmt(_) => Create("domain"),
        Node::DefineStmt(define) => Create(object_words(define.kind)),
        Node::CreateExtensionStmt(_) => Create("extension"),
        Node::CreateRoleStmt(_) => Create("role"),
        Node::CreatedbStmt(_) => Create("database"),
        Node::CreateTableSpaceStmt(_) => Create("tablespace"),
        Node::CreateCastStmt(_) => Create("cast"),
        Node::CreateConversionStmt(_) => Create("conversion"),
        Node::CreateTransformStmt(_) => Create("transform"),
        Node::CreateOpClassStmt(_) => Create("operator class"),
        Node::CreateOpFamilyStmt(_) => Create("operator family"),
        Node::CreateAmStmt(_) => Create("access method"),
        Node::CreatePlangStmt(_) => Create("language"),
        Node::CreateStatsStmt(_) => Create("statistics"),
        Node::CreateFdwStmt(_) => Create("foreign data wrapper"),
        Node::CreateForeignServerStmt(_) => Create("server"),
        Node::CreateUserMappingStmt(_) => Create("user mapping"),
        Node::CreatePublicationStmt(_) => Create("publication"),
        Node::CreateSubscriptionStmt(_) => Create("subscription"),

        Node::AlterTableStmt(alter) => Alter(object_words(alter.objtype)),
        Node::AlterTableMoveAllStmt(alter) => Alter(object_words(alter.objtype)),
        Node::RenameStmt(rename) => {
            let relation = matches!(
                ObjectType::try_from(rename.rename_type),
                Ok(ObjectType::ObjectColumn | ObjectType::ObjectTabconstraint)
            );
            Alter(object_words(if relation {
                rename.relation_type
            } else {
                rename.rename_type
            }))
        }
        Node::AlterOwnerStmt(alter) => Alter(object_words(alter.object_type)),
        Node::AlterObjectSchemaStmt(alter) => Alter(object_words(alter.object_type)),
        Node::AlterObjectDependsStmt(alter) => Alter(object_words(alter.object_type)),
        Node::AlterFunctionStmt(alter) => Alter(object_words(alter.objtype)),
        Node::AlterSeqStmt(_) => Alter("sequence"),
        Node::AlterDomainStmt(_) => Alter("domain"),
        Node::AlterEnumStmt(_) | Node::AlterTypeStmt(_) => Alter("type"),
        Node::AlterPolicyStmt(_) => Alter("policy"),
        Node::AlterRoleStmt(_) | Node::AlterRoleSetStmt(_) => Alter("role"),
        Node::AlterDatabaseStmt(_)
        | Node::AlterDatabaseSetStmt(_)
        | Node::AlterDatabaseRefreshCollStmt(_) => Alter("database"),
        Node::AlterSystemStmt(_) => Alter("system"),
        Node::AlterExtensionStmt(_) | Node::AlterExtensionContentsStmt(_) => Alter("extension"),
        Node::AlterDefaultPrivilegesStmt(_) => Alter("default privileges"),
        Node::AlterStatsStmt(_) => Alter("statistics"),
        Node::AlterOperatorStmt(_) => Alter("operator"),
        Node::AlterOpFamilyStmt(_) => Alter("operator family"),
        Node::AlterCollationStmt(_) => Alter("collation"),
        Node::AlterTableSpaceOptionsStmt(_) => Alter("tablespace"),
        Node::AlterFdwStmt(_) => Alter("foreign data wrapper"),
        Node::AlterForeignServerStmt(_) => Alter("server"),
        Node::AlterUserMappingStmt(_) => Alter("user mapping"),
        Node::AlterEventTrigStmt(_) => Alter("event trigger"),
        Node::AlterPublicationStmt(_) => Alter("publication"),
        Node::AlterSubscriptionStmt(_) => Alter("subscription"),
        Node::AlterTsdictionaryStmt(_) => Alter("text search dictionary"),
        Node::AlterTsconfigurationStmt(_) => Alter("text search configuration"),

        Node::DropStmt(drop) => Drop(object_words(drop.remove_type)),
        Node::DropdbStmt(_) => Drop("database"),
        Node::DropTableSpaceStmt(_) => Drop("tablespace"),
        Node::DropRoleStmt(_) => Drop("role"),
        Node::DropOwnedStmt(_) => Drop("owned"),
        Node::DropUserMappingStmt(_) => Drop("user mapping"),
        Node::DropSubscriptionStmt(_) => Drop("subscription"),

        Node::GrantStmt(grant) => Other(if grant.is_grant { "grant" } else { "revoke" }),
        Node::GrantRoleStmt(grant) => Other(if grant.is_grant { "grant" } else { "revoke" }),
        Node::CommentStmt(_) => Other("comment"),
        Node::SecLabelStmt(_) => Other("security label"),
        Node::TruncateStmt(_) => Other("truncate"),
        Node::LockStmt(_) => Other("lock"),
        Node::RefreshMatViewStmt(_) => Other("refresh materialized view"),
        Node::VacuumStmt(vacuum) => Other(vacuum_tag(vacuum)),
        Node::ClusterStmt(_) => Other("cluster"),
        Node::ReindexStmt(_) => Other("reindex"),
        Node::ConstraintsSetStmt(_) => Other("set constraints"),
        Node::VariableShowStmt(_) => Other("show"),
        Node::DiscardStmt(_) => Other("discard"),
        Node::ListenStmt(_) => Other("listen"),
        Node::UnlistenStmt(_) => Other("unlisten"),
        Node::NotifyStmt(_) => Other("notify"),
        Node::LoadStmt(_) => Other("load"),
        Node::CheckPointStmt(_) => Other("checkpoint"),
        Node::PrepareStmt(_) => Other("prepare"),
        Node::ExecuteStmt(_) => Other("execute"),
        Node::DeallocateStmt(_) => Other("deallocate"),
        Node::DeclareCursorStmt(_) => Other("declare"),
        Node::FetchStmt(_) => Other("fetch"),
        Node::ClosePortalStmt(_) => Other("close"),
        Node::ReassignOwnedStmt(_) => Other("reassign owned"),
        Node::ImportForeignSchemaStmt(_) => Other("import foreign schema"),
        _ => Other("other"),
    }
}

/// `select … into t`, in any arm of a union.
fn select_into(select: &pg_query::protobuf::SelectStmt) -> bool {
    let mut leftmost = select;
    loop {
        if leftmost.into_clause.is_some() {
            return true;
        }
        match leftmost.larg.as_deref() {
            Some(left) => leftmost = left,
            None => return false,
        }
    }
}

fn created_as(create: &CreateTableAsStmt) -> &'static str {
    if create.objtype == ObjectType::ObjectMatview as i32 {
        "materialized view"
    } else {
        "table"
    }
}

fn vacuum_tag(vacuum: &VacuumStmt) -> &'static str {
    if vacuum.is_vacuumcmd {
        "vacuum"
    } else {
        "analyze"
    }
}

/// What PostgreSQL itself refuses inside a transaction block (`PreventInTransactionBlock`).
pub(crate) fn refuses_transaction(node: &Node) -> bool {
    use pg_query::protobuf::{AlterTableType, ReindexObjectType};
    match node {
        Node::IndexStmt(index) => index.concurrent,
        Node::DropStmt(drop) => drop.concurrent,
        Node::ReindexStmt(reindex) => {
            has_option(&reindex.params, "concurrently")
                || matches!(
                    ReindexObjectType::try_from(reindex.kind),
                    Ok(ReindexObjectType::ReindexObjectSchema
                        | ReindexObjectType::ReindexObjectSystem
                        | ReindexObjectType::ReindexObjectDatabase)
                )
        }
        Node::VacuumStmt(vacuum) => vacuum.is_vacuumcmd,
        // Without a table it works through all of them, one transaction each.
        Node::ClusterStmt(cluster) => cluster.relation.is_none(),
        Node::CreatedbStmt(_)
        | Node::DropdbStmt(_)
        | Node::CreateTableSpaceStmt(_)
        | Node::DropTableSpaceStmt(_)
        | Node::AlterSystemStmt(_) => true,
        Node::AlterDatabaseStmt(alter) => has_option(&alter.options, "tablespace"),
        Node::CreateSubscriptionStmt(create) => {
            !option_is_off(&create.options, "create_slot")
                && !option_is_off(&create.options, "connect")
        }
        Node::AlterTableStmt(alter) => alter.cmds.iter().any(|cmd| match cmd.node.as_ref() {
            Some(Node::AlterTableCmd(cmd))
                if cmd.subtype == AlterTableType::AtDetachPartition as i32 =>
            {
                matches!(
                    cmd.def.as_deref().and_then(|def| def.node.as_ref()),
                    Some(Node::PartitionCmd(partition)) if partition.concurrent
                )
            }
            _ => false,
        }),
        _ => false,
    }
}

pub(crate) fn has_option(options: &[pg_query::protobuf::Node], name: &str) -> bool {
    options.iter().any(|option| {
        matches!(option.node.as_ref(), Some(Node::DefElem(element)) if element.defname == name)
    }) && !option_is_off(options, name)
}

fn option_is_off(options: &[pg_query::protobuf::Node], name: &str) -> bool {
    options.iter().any(|option| match option.node.as_ref() {
        Some(Node::DefElem(element)) if element.defname == name => {
            match element.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
                Some(Node::String(text)) => {
                    matches!(
                        text.sval.to_ascii_lowercase().as_str(),
                        "false" | "off" | "no"
                    )
                }
                Some(Node::Boolean(value)) => !value.boolval,
                Some(Node::Integer(value)) => value.ival == 0,
                _ => false,
            }
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::locate;

    fn texts(text: &str) -> Vec<String> {
        split(text)
            .unwrap()
            .into_iter()
            .map(|statement| statement.text)
            .collect()
    }

    fn check_kind(text: &str, expected: StatementKind) {
        let list = split(text).unwrap();
        assert_eq!(list.len(), 1, "{text}");
        assert_eq!(list[0].kind, expected, "{text}");
    }

    #[test]
    fn trims_comments_before_and_blanks_after() {
        assert_eq!(
            texts("-- head\nselect 1 -- one\n;\n/* two */ select /* in */ 2 ;;\n -- end"),
            ["select 1 -- one", "select /* in */ 2"]
        );
        assert_eq!(texts(""), Vec::<String>::new());
        assert_eq!(
            texts("\u{feff}-- x\r\nselect 1;\r\nselect 2\r\n"),
            ["select 1", "select 2"]
        );
        assert_eq!(
            texts("do $$ begin perform 1; end $$; select ';'"),
            ["do $$ begin perform 1; end $$", "select ';'"]
        );
        assert_eq!(
            texts("create function f() returns int begin atomic select 1; select 2; end; select 3"),
            [
                "create function f() returns int begin atomic select 1; select 2; end",
                "select 3"
            ]
        );
    }

    #[test]
    fn places_count_characters() {
        let list = split("select 'ä';  select 'ö';\n  /* ü */ select 3;").unwrap();
        let places: Vec<_> = list
            .iter()
            .map(|statement| (statement.offset, statement.line, statement.column))
            .collect();
        assert_eq!(places, [(0, 1, 1), (14, 1, 14), (38, 2, 11)]);
        assert_eq!(locate("aä\nb", 99), (2, 2));
        assert_eq!(locate("aä\nb", 2), (1, 2));
    }

    #[test]
    fn a_file_of_many_statements_takes_a_moment() {
        let text = "insert into t values (1, 'ä');\n".repeat(20_000);
        let list = split(&text).unwrap();
        let last = &list[list.len() - 1];
        assert_eq!((list.len(), last.line, last.column), (20_000, 20_000, 1));
    }

    #[test]
    fn kinds() {
        use StatementKind::*;
        for (text, expected) in [
            ("with a as (select 1) select * from a", Select),
            ("values (1)", Select),
            ("select 1 into t", Create("table")),
            ("insert into t values (1)", Insert),
            ("update t set a = 1", Update),
            ("delete from t", Delete),
            (
                "merge into t using s on true when matched then delete",
                Merge,
            ),
            ("create table t()", Create("table")),
            ("create or replace view v as select 1", Create("view")),
            (
                "create materialized view v as select 1",
                Create("materialized view"),
            ),
            ("create table t as select 1", Create("table")),
            ("create unique index on t (a)", Create("index")),
            ("create type t as enum ('a')", Create("type")),
            (
                "create aggregate a (int) (sfunc = f, stype = int)",
                Create("aggregate"),
            ),
            (
                "create procedure p() language sql as ''",
                Create("procedure"),
            ),
            ("alter table t add a int", Alter("table")),
            ("alter view v rename to w", Alter("view")),
            ("alter table t rename column a to b", Alter("table")),
            ("alter function f() owner to r", Alter("function")),
            ("drop table t", Drop("table")),
            ("drop function f()", Drop("function")),
            ("do 'begin end'", Do),
            ("call p()", Call),
            ("begin", TransactionControl),
            ("commit and chain", TransactionControl),
            ("savepoint s", TransactionControl),
            (
                "set transaction isolation level serializable",
                TransactionControl,
            ),
            (
                "set session characteristics as transaction read only",
                SetSession,
            ),
            ("set search_path = a", SetSession),
            ("reset search_path", SetSession),
            ("reset all", SetSession),
            ("set local search_path = a", SetLocal),
            ("set time zone 'UTC'", SetSession),
            ("set role r", SetRole),
            ("set local role r", SetRole),
            ("reset role", SetRole),
            ("set session authorization r", SetRole),
            ("copy t to stdout", Copy),
            ("explain select 1", Explain),
            ("grant select on t to r", Other("grant")),
            ("comment on table t is 'x'", Other("comment")),
            ("truncate t", Other("truncate")),
            ("discard all", Other("discard")),
            ("analyze t", Other("analyze")),
        ] {
            check_kind(text, expected);
        }
    }

    #[test]
    fn what_refuses_a_transaction() {
        for (text, expected) in [
            ("create index concurrently i on t (a)", true),
            ("create index i on t (a)", false),
            ("drop index concurrently i", true),
            ("reindex table concurrently t", true),
            ("reindex table t", false),
            ("reindex database", true),
            ("vacuum t", true),
            ("analyze t", false),
            ("create database d", true),
            ("drop database d", true),
            ("create tablespace s location '/x'", true),
            ("alter system set work_mem = '1MB'", true),
            ("alter table t detach partition p concurrently", true),
            ("alter table t detach partition p", false),
            ("create subscription s connection 'x' publication p", true),
            (
                "create subscription s connection 'x' publication p with (create_slot = false)",
                false,
            ),
            ("alter type t add value 'x'", false),
            ("cluster", true),
            ("cluster t", false),
        ] {
            assert_eq!(
                split(text).unwrap()[0].refuses_transaction,
                expected,
                "{text}"
            );
        }
    }

    /// What lies between two statements is only white space, comments and semicolons, and nothing is lost or moved.
    #[test]
    fn every_byte_is_kept_in_order() {
        let pieces = [
            "select 1",
            "select 'a;ä''b'",
            "do $x$ begin null; end $x$",
            "select \"q;\"\"r\" from t",
            "create function f() returns int language sql as $$ select 1; $$",
            "create function g() returns int begin atomic select 1; end",
            "select E'\\';'",
            "insert into größe values ('😀', $$;$$)",
            "create view v as select /* ; */ 1 -- ; x\n",
            "select 1 -- tail ä\n + 1",
            "values (1), (2)",
        ];
        let blanks = [
            "",
            " ",
            "\n",
            "\r\n",
            "-- c ; ö\n",
            "/* ; /* n */ 😀 */",
            "\t",
            ";",
            " ; ",
        ];
        let mut seed = 42_u64;
        let mut random = |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((seed >> 33) % below as u64).unwrap()
        };
        for round in 0..400 {
            let mut text = String::new();
            let mut expected = Vec::new();
            if round % 7 == 0 {
                text.push('\u{feff}');
            }
            let count = random(6);
            for index in 0..count {
                for _ in 0..random(4) {
                    text.push_str(blanks[random(blanks.len())]);
                }
                let piece = pieces[random(pieces.len())];
                expected.push((text.len(), piece.trim_end().to_owned()));
                text.push_str(piece);
                if index + 1 < count || random(2) == 0 {
                    text.push_str(blanks[random(5)]);
                    text.push(';');
                }
            }
            let list = split(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
            assert_eq!(list.len(), expected.len(), "{text:?}");
            let mut at = 0;
            for (found, (offset, piece)) in list.iter().zip(&expected) {
                assert_eq!(found.offset, *offset, "{text:?}");
                assert!(found.text.starts_with(piece.as_str()), "{text:?}");
                assert_eq!(
                    &text[found.offset..found.offset + found.text.len()],
                    found.text
                );
                let gap = &text[at..found.offset];
                assert!(only_blank(gap), "{gap:?} in {text:?}");
                assert_eq!(locate(&text, found.offset), (found.line, found.column));
                let line = text.split('\n').nth(found.line as usize - 1).unwrap();
                let line = line.strip_prefix('\u{feff}').unwrap_or(line);
                let rest: String = line.chars().skip(found.column as usize - 1).collect();
                assert!(
                    rest.starts_with(found.text.lines().next().unwrap().trim_end()),
                    "{text:?}"
                );
                at = found.offset + found.text.len();
            }
            assert!(only_blank(&text[at..]), "{text:?}");
        }
    }

    fn only_blank(gap: &str) -> bool {
        crate::lexer::tokens(gap)
            .iter()
            .all(|token| token.is_mark(gap, ";"))
    }
}
