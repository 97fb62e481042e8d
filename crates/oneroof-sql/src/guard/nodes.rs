//! Which nodes of PostgreSQL's grammar may stand anywhere in a statement. What is not here is refused.

use oneroof_model::readonly::GuardRule;

use super::lists::NODES;

/// Allowed at any place. Sorted; names as the parser's protobuf has them.
pub(super) const ALLOWED: [&str; 66] = [
    "AArrayExpr",
    "AConst",
    "AExpr",
    "AIndices",
    "AIndirection",
    "AStar",
    "Alias",
    "BitString",
    "BoolExpr",
    "Boolean",
    "BooleanTest",
    "CaseExpr",
    "CaseWhen",
    "CoalesceExpr",
    "CollateClause",
    "ColumnDef",
    "ColumnRef",
    "CommonTableExpr",
    "CteCycleClause",
    "CteSearchClause",
    "Float",
    "FuncCall",
    "GroupingFunc",
    "GroupingSet",
    "Integer",
    "JoinExpr",
    "JsonAggConstructor",
    "JsonArgument",
    "JsonArrayAgg",
    "JsonArrayConstructor",
    "JsonArrayQueryConstructor",
    "JsonBehavior",
    "JsonFormat",
    "JsonFuncExpr",
    "JsonIsPredicate",
    "JsonKeyValue",
    "JsonObjectAgg",
    "JsonObjectConstructor",
    "JsonOutput",
    "JsonParseExpr",
    "JsonReturning",
    "JsonScalarExpr",
    "JsonSerializeExpr",
    "JsonTable",
    "JsonTableColumn",
    "JsonTablePathSpec",
    "JsonValueExpr",
    "List",
    "MinMaxExpr",
    "NamedArgExpr",
    "NullTest",
    "RangeFunction",
    "RangeSubselect",
    "RangeTableSample",
    "RangeVar",
    "ResTarget",
    "RowExpr",
    "SelectStmt",
    "SortBy",
    "SqlValueFunction",
    "String",
    "SubLink",
    "TypeCast",
    "TypeName",
    "WindowDef",
    "WithClause",
];

/// May this node stand in a statement?
pub(super) fn is_allowed(name: &str) -> bool {
    NODES.contains(name)
}

/// Rule, reason and remedy for a node that may not.
pub(super) fn refusal(name: &str) -> (GuardRule, String, &'static str) {
    match name {
        "IntoClause" => (
            GuardRule::SelectInto,
            String::from("SELECT … INTO creates a table"),
            "leave INTO out: the rows come back to you",
        ),
        "LockingClause" => (
            GuardRule::RowLock,
            String::from("FOR UPDATE and FOR SHARE lock rows"),
            "leave the FOR … clause out: a read needs no row lock",
        ),
        "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => (
            GuardRule::DataChange,
            format!("{} changes data", statement_words(name)),
            "select what you want to know; a change is a release: `oneroof package new`",
        ),
        "ParamRef" => (
            GuardRule::Parameter,
            String::from("there is no value for a parameter like $1"),
            "give as many values as there are parameters (`--param`), or write them into the statement",
        ),
        "XmlExpr" | "XmlSerialize" | "RangeTableFunc" | "RangeTableFuncCol" => (
            GuardRule::TypeNotAllowed,
            String::from(
                "XML is evaluated by a library that can be neither cancelled nor terminated",
            ),
            "select the XML as text and evaluate it where you are",
        ),
        other => (
            GuardRule::NodeNotAllowed,
            format!(
                "`{other}` is not among the parts of a statement that are known to be read-only"
            ),
            "write it with plain SELECT syntax",
        ),
    }
}

/// `CreateTableAsStmt` as `CREATE TABLE AS`.
pub(super) fn statement_words(name: &str) -> String {
    let stem = name.strip_suffix("Stmt").unwrap_or(name);
    let mut words = String::new();
    for character in stem.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_uppercase());
    }
    words
}
