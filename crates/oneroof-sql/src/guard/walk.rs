//! Walks every field of every node of a statement, refuses what is not allowed and notes what is used.

use std::collections::BTreeSet;

use oneroof_model::readonly::{
    GuardRefusal, GuardRule, Name, Place, RelationUse, TrustedNames, Uses,
};
use pg_query::protobuf::{AExprKind, SubLinkType};

use super::lists::{DOTTED_REFUSED, FUNCTIONS, OPERATORS};
use super::sizes::{QUERY_TEXTS, Sizes};
use super::{DEPTH_MAX, internal, nodes, place, relations, types};
use crate::tree::{Item, Record};

type Outcome = Result<(), Box<GuardRefusal>>;

/// State of one walk.
pub(super) struct Walker<'a> {
    text: &'a str,
    trusted: &'a TrustedNames,
    uses: Uses,
    /// CTEs that are visible here, innermost last.
    visible: Vec<String>,
    /// Names and aliases of what stands in FROM, anywhere.
    ranges: BTreeSet<String>,
    /// Column references of one part: perhaps a whole row.
    single: BTreeSet<String>,
    depth: usize,
    /// The nearest location at or above the node.
    near: Option<usize>,
    sizes: Sizes,
    /// Values that come with the statement.
    parameters: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(text: &'a str, trusted: &'a TrustedNames) -> Self {
        Self {
            text,
            trusted,
            uses: Uses::default(),
            visible: Vec::new(),
            ranges: BTreeSet::new(),
            single: BTreeSet::new(),
            depth: 0,
            near: None,
            sizes: Sizes::default(),
            parameters: 0,
        }
    }

    /// The same with this many values for `$1`, `$2`, …
    pub(super) fn with_parameters(mut self, parameters: usize) -> Self {
        self.parameters = parameters;
        self
    }

    /// A parameter that has a value. Its type is what the server infers; to the size rules it is no constant.
    fn has_value(&self, node: &Record) -> bool {
        node.name == "ParamRef"
            && usize::try_from(node.number("number"))
                .is_ok_and(|number| (1..=self.parameters).contains(&number))
    }

    pub(super) fn text(&self) -> &str {
        self.text
    }

    /// What was used; to be called after the walk.
    pub(super) fn finish(mut self) -> Uses {
        if self.single.iter().any(|name| self.ranges.contains(name)) {
            self.uses.unnamed_columns = true;
        }
        self.uses
    }

    /// Walks one node and all below it.
    pub(super) fn enter(&mut self, node: &Record) -> Outcome {
        if !nodes::is_allowed(node.name) && !self.has_value(node) {
            let (rule, reason, instead) = nodes::refusal(node.name);
            return Err(Box::new(
                GuardRefusal::new(rule, reason, instead)
                    .object(node.name)
                    .at(self.place_below(node)),
            ));
        }
        if self.depth >= DEPTH_MAX {
            return Err(Box::new(
                GuardRefusal::new(
                    GuardRule::NestedTooDeep,
                    format!("nested deeper than {DEPTH_MAX} nodes"),
                    "nest less deep: name parts of the statement in WITH",
                )
                .at(self.place_of(node)),
            ));
        }
        let near = self.near;
        self.near = location(node).or(near);
        self.depth += 1;
        let outcome = self.node(node);
        self.depth -= 1;
        self.near = near;
        outcome
    }

    /// Where a node is; where it has no location, the nearest one around it.
    pub(super) fn place_of(&self, node: &Record) -> Option<Place> {
        location(node)
            .or(self.near)
            .map(|offset| place(self.text, offset))
    }

    /// The same for nodes without a location of their own, whose parts have one.
    fn place_below(&self, node: &Record) -> Option<Place> {
        let mut first: Option<usize> = location(node);
        if first.is_none() {
            node.each(&mut |inner| {
                if let Some(offset) = location(inner) {
                    first = Some(first.map_or(offset, |found| found.min(offset)));
                }
            });
        }
        first.or(self.near).map(|offset| place(self.text, offset))
    }

    fn node(&mut self, node: &Record) -> Outcome {
        match node.name {
            "SelectStmt" => return self.select(node),
            "AConst" => self.sizes.literal(node),
            "RangeVar" => self.relation(node)?,
            "FuncCall" => self.call(node)?,
            "AExpr" => self.operator_of_expression(node)?,
            "SubLink" => self.operator_of_sub_query(node)?,
            "SortBy" => self.operator(node, "use_op")?,
            "CaseExpr" if node.get("arg").is_some() => self.implied("="),
            "JoinExpr" => self.join(node),
            "TypeName" => self.type_name(node)?,
            "ColumnRef" => self.column(node)?,
            "AIndirection" => self.indirection(node)?,
            "RangeTableSample" => self.sample(node)?,
            "Alias" => self.alias(node),
            "CteCycleClause" => {
                self.implied("=");
                self.implied("<>");
            }
            "RangeFunction" => {
                self.fields(node, &[])?;
                self.sizes.leave_function(node);
                return Ok(());
            }
            _ => {}
        }
        self.fields(node, &[])
    }

    /// Every field of a node but the named ones.
    fn fields(&mut self, node: &Record, but: &[&str]) -> Outcome {
        for (name, item) in node.fields {
            if !but.contains(name) {
                self.item(item)?;
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Outcome {
        match item {
            Item::Record(record) => self.enter(record),
            Item::List(list) => list.iter().try_for_each(|item| self.item(item)),
            Item::Nothing | Item::Flag(_) | Item::Number(_) | Item::Text(_) => Ok(()),
        }
    }

    /// A query: CTEs first, because they are in scope in all of it; FROM next, because what it makes is used above.
    fn select(&mut self, node: &Record) -> Outcome {
        let scope = self.visible.len();
        if let Some(with) = node.record("with_clause") {
            self.with(with)?;
        }
        if let Some(from) = node.get("from_clause") {
            self.item(from)?;
        }
        self.fields(node, &["with_clause", "from_clause"])?;
        self.visible.truncate(scope);
        self.sizes.leave_query(node);
        Ok(())
    }

    /// CTEs see the ones before them; with RECURSIVE, all of their list.
    fn with(&mut self, with: &Record) -> Outcome {
        if !nodes::is_allowed(with.name) {
            return Err(Box::new(internal("WITH without a WITH clause")));
        }
        let recursive = with.flag("recursive");
        if recursive {
            for cte in with.records("ctes") {
                self.visible.push(cte.text("ctename").to_owned());
            }
        }
        for cte in with.records("ctes") {
            let is_query = cte.name == "CommonTableExpr"
                && cte
                    .record("ctequery")
                    .is_some_and(|query| query.name == "SelectStmt");
            if !is_query {
                let name = cte.record("ctequery").map_or(cte.name, |query| query.name);
                let (rule, reason, instead) = nodes::refusal(name);
                return Err(Box::new(
                    GuardRefusal::new(rule, format!("{reason}, in WITH"), instead)
                        .object(name)
                        .at(self.place_below(cte)),
                ));
            }
            self.enter(cte)?;
            if !recursive {
                self.visible.push(cte.text("ctename").to_owned());
            }
        }
        self.fields(with, &["ctes"])
    }

    fn relation(&mut self, node: &Record) -> Outcome {
        let written = node.text("schemaname");
        let schema = (!written.is_empty()).then_some(written);
        let name = node.text("relname");
        self.ranges.insert(name.to_owned());
        if let Some(alias) = node.record("alias")
            && !alias.list("colnames").is_empty()
        {
            self.uses.unnamed_columns = true;
        }
        if schema.is_none()
            && node.text("catalogname").is_empty()
            && self.visible.iter().any(|visible| visible == name)
        {
            return Ok(());
        }
        let full = match schema {
            Some(schema) => Name::in_schema(schema, name),
            None => Name::bare(name),
        };
        if let Some(reason) = relations::objection(node.text("catalogname"), schema, name) {
            return Err(Box::new(
                GuardRefusal::new(
                    GuardRule::RelationNotAllowed,
                    reason,
                    "read the public view of it, for example pg_roles, pg_stats, pg_stat_subscription",
                )
                .object(full.to_string())
                .at(self.place_of(node)),
            ));
        }
        let offset =
            location(node).ok_or_else(|| Box::new(internal("a relation without a place")))?;
        self.uses.relations.push(RelationUse { name: full, offset });
        Ok(())
    }

    fn call(&mut self, node: &Record) -> Outcome {
        let names = node.path("funcname");
        let (name, builtin) = match names.as_slice() {
            [name] => (Name::bare(*name), true),
            [schema, name] => (Name::in_schema(*schema, *name), *schema == "pg_catalog"),
            _ => {
                return Err(self.refuse_call(node, &names.join("."), "a name of three parts"));
            }
        };
        let listed = builtin && FUNCTIONS.contains(name.name.as_str());
        if !listed && !self.is_trusted(&name, &self.trusted.functions) {
            let reason = if builtin {
                "it is not among the reviewed functions"
            } else {
                "it is not PostgreSQL's own, and the operator of the target does not list it"
            };
            return Err(self.refuse_call(node, &name.to_string(), reason));
        }
        if listed && let Err((rule, reason, instead)) = self.sizes.check(&name.name, node) {
            return Err(Box::new(
                GuardRefusal::new(rule, reason, instead)
                    .object(name.to_string())
                    .at(self.place_of(node)),
            ));
        }
        if name.schema.is_none() {
            let offset =
                location(node).ok_or_else(|| Box::new(internal("a call without a place")))?;
            self.uses.calls.push((name.name.clone(), offset));
        }
        self.uses.functions.insert(name);
        Ok(())
    }

    fn refuse_call(&self, node: &Record, name: &str, reason: &str) -> Box<GuardRefusal> {
        Box::new(
            GuardRefusal::new(
                GuardRule::FunctionNotAllowed,
                format!("function `{name}` may not be called: {reason}"),
                "use a built-in function without side effects, or ask the operator to list the signature in `functions` of [targets.T.readonly]",
            )
            .object(name)
            .at(self.place_of(node)),
        )
    }

    /// Is a name trusted: with its schema exactly, without one in any schema? The catalog decides which it is.
    fn is_trusted(&self, name: &Name, trusted: &BTreeSet<Name>) -> bool {
        match &name.schema {
            Some(_) => trusted.contains(name),
            None => trusted.iter().any(|known| known.name == name.name),
        }
    }

    fn operator_of_expression(&mut self, node: &Record) -> Outcome {
        let kind = node.number("kind");
        let is = |wanted: AExprKind| kind == wanted as i64;
        if is(AExprKind::AexprBetween)
            || is(AExprKind::AexprNotBetween)
            || is(AExprKind::AexprBetweenSym)
            || is(AExprKind::AexprNotBetweenSym)
        {
            for operator in ["<", "<=", ">", ">="] {
                self.implied(operator);
            }
            return Ok(());
        }
        if node.path("name").last() == Some(&"||")
            && let Err((rule, reason, instead)) = self.sizes.check_concatenation(node)
        {
            return Err(Box::new(
                GuardRefusal::new(rule, reason, instead)
                    .object("||")
                    .at(self.place_of(node)),
            ));
        }
        self.operator(node, "name")
    }

    fn operator_of_sub_query(&mut self, node: &Record) -> Outcome {
        let any = node.number("sub_link_type") == SubLinkType::AnySublink as i64;
        if any && node.list("oper_name").is_empty() {
            self.implied("=");
        }
        self.operator(node, "oper_name")
    }

    fn operator(&mut self, node: &Record, field: &str) -> Outcome {
        let names = node.path(field);
        let (name, builtin) = match names.as_slice() {
            [] => return Ok(()),
            [name] => (Name::bare(*name), true),
            [schema, name] => (Name::in_schema(*schema, *name), *schema == "pg_catalog"),
            _ => (Name::bare(names.join(".")), false),
        };
        let listed = builtin && OPERATORS.contains(name.name.as_str());
        if !listed && !self.is_trusted(&name, &self.trusted.operators) {
            return Err(Box::new(
                GuardRefusal::new(
                    GuardRule::OperatorNotAllowed,
                    format!("operator `{name}` is not PostgreSQL's own"),
                    "use a built-in operator, or ask the operator of the target to trust the extension that it belongs to",
                )
                .object(name.to_string())
                .at(self.place_of(node)),
            ));
        }
        self.uses.operators.insert(name);
        Ok(())
    }

    fn implied(&mut self, operator: &str) {
        self.uses.operators.insert(Name::bare(operator));
    }

    fn join(&mut self, node: &Record) {
        let shared = node.path("using_clause");
        if node.flag("is_natural") {
            self.uses.unnamed_columns = true;
            self.implied("=");
        }
        if !shared.is_empty() {
            self.implied("=");
            self.uses
                .columns
                .extend(shared.into_iter().map(str::to_owned));
        }
    }

    fn type_name(&mut self, node: &Record) -> Outcome {
        match types::named(node) {
            Ok(used) => {
                self.uses.types.push(used);
                Ok(())
            }
            Err((reason, instead)) => Err(Box::new(
                GuardRefusal::new(GuardRule::TypeNotAllowed, format!("type {reason}"), instead)
                    .object(node.path("names").join("."))
                    .at(self.place_of(node)),
            )),
        }
    }

    fn column(&mut self, node: &Record) -> Outcome {
        let names = node.path("fields");
        if node.records("fields").any(|field| field.name == "AStar") {
            self.uses.unnamed_columns = true;
        } else if let [_, .., last] = names.as_slice() {
            self.dotted(node, last)?;
        } else if let [only] = names.as_slice() {
            self.single.insert((*only).to_owned());
        }
        for name in names {
            note(&mut self.uses.columns, name);
        }
        Ok(())
    }

    fn indirection(&mut self, node: &Record) -> Outcome {
        for step in node.records("indirection") {
            match step.name {
                "String" => self.dotted(node, step.text("sval"))?,
                "AStar" => self.uses.unnamed_columns = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// `x.name` calls function `name` if there is no such column.
    fn dotted(&mut self, node: &Record, name: &str) -> Outcome {
        // Extensions put functions of such names into pg_catalog, and no column is called so.
        let reserved = ["pg_", "lo_", "txid_", "dblink"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
            && !FUNCTIONS.contains(name);
        if reserved || DOTTED_REFUSED.contains(name) || QUERY_TEXTS.contains(&name) {
            return Err(Box::new(
                GuardRefusal::new(
                    GuardRule::DottedCall,
                    format!("`.{name}` calls function `{name}` where there is no such column"),
                    "if it is a column, select it without the name of its table in front",
                )
                .object(name)
                .at(self.place_of(node)),
            ));
        }
        note(&mut self.uses.dotted, name);
        note(&mut self.uses.columns, name);
        Ok(())
    }

    fn sample(&mut self, node: &Record) -> Outcome {
        let method = node.path("method");
        let known = match method.as_slice() {
            [name] => matches!(*name, "bernoulli" | "system"),
            ["pg_catalog", name] => matches!(*name, "bernoulli" | "system"),
            _ => false,
        };
        if known {
            return Ok(());
        }
        Err(Box::new(
            GuardRefusal::new(
                GuardRule::SamplingMethod,
                format!(
                    "`{}` is not one of PostgreSQL's own sampling methods",
                    method.join(".")
                ),
                "use TABLESAMPLE BERNOULLI or SYSTEM",
            )
            .object(method.join("."))
            .at(self.place_of(node)),
        ))
    }

    fn alias(&mut self, node: &Record) {
        self.ranges.insert(node.text("aliasname").to_owned());
    }
}

/// Adds a name to a set that mostly has it.
fn note(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

/// The location of a node; −1 and none at all are the same.
fn location(node: &Record) -> Option<usize> {
    match node.get("location") {
        Some(Item::Number(location)) => usize::try_from(*location).ok(),
        _ => None,
    }
}
