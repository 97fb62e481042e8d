//! Collects [`StatementFacts`]: relations, calls, settings, and what stands in bodies.
//!
//! `ddl.rs` has the arms for statements that define something; everything else is found by walking all fields.

use oneroof_model::locks::LockMode;

use crate::body::{PLACEHOLDER, plpgsql};
use crate::ddl::define;
use crate::lexer::{Token, TokenKind, tokens};
use crate::parse::{ParseError, Places, with_parsed};
use crate::references::{
    InnerStatement, ObjectRef, Phase, RelationLock, SettingUse, StatementFacts,
};
use crate::split::statement;
use crate::tree::{Arena, Item, Record};

/// The schema that belongs to oneroof itself.
pub(crate) const RESERVED_SCHEMA: &str = "oneroof";

/// Prefix of the settings that belong to oneroof itself.
pub(crate) const RESERVED_SETTINGS: &str = "oneroof.";

/// `DROP_CASCADE` of the grammar.
const CASCADE: i64 = 2;

pub(crate) struct Walker<'a> {
    /// The whole file.
    pub(crate) text: &'a str,
    pub(crate) facts: &'a mut StatementFacts,
    pub(crate) phase: Phase,
    /// Schema of unqualified names inside `create schema`.
    pub(crate) schema: Option<String>,
    /// CTE names in scope.
    ctes: Vec<String>,
    /// Added to locations of the tree to get offsets of the file.
    shift: isize,
    /// Every place is this one (dynamic SQL).
    fixed: Option<usize>,
    /// Behind a branch.
    pub(crate) conditional: bool,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(text: &'a str, facts: &'a mut StatementFacts) -> Self {
        Self {
            text,
            facts,
            phase: Phase::Now,
            schema: None,
            ctes: Vec::new(),
            shift: 0,
            fixed: None,
            conditional: false,
        }
    }

    /// Reads one statement.
    pub(crate) fn statement(&mut self, item: &Item) {
        self.item(item);
    }

    /// Offset in the file of a location in the tree; the statement's own where the tree has none.
    pub(crate) fn place(&self, location: Option<i64>) -> usize {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        match location {
            Some(location) if location >= 0 => {
                let offset = isize::try_from(location).unwrap_or(0) + self.shift;
                usize::try_from(offset).unwrap_or(0).min(self.text.len())
            }
            _ => self.facts.statement.offset.max(
                usize::try_from(self.shift)
                    .unwrap_or(0)
                    .min(self.text.len()),
            ),
        }
    }

    pub(crate) fn place_of(&self, record: &Record) -> usize {
        self.place(match record.get("location") {
            Some(Item::Number(location)) => Some(*location),
            _ => None,
        })
    }

    /// A reference by schema and name.
    pub(crate) fn object(
        &self,
        kind: &'static str,
        schema: Option<String>,
        name: String,
        offset: usize,
    ) -> ObjectRef {
        ObjectRef {
            kind,
            temporary: schema.as_deref() == Some("pg_temp"),
            schema: schema.or_else(|| self.schema.clone()),
            name,
            on: None,
            offset,
            phase: self.phase,
            certain: !self.conditional,
            implicit: false,
        }
    }

    /// A reference by a list like `schema, name`.
    pub(crate) fn named(&self, kind: &'static str, names: &[String], offset: usize) -> ObjectRef {
        let (schema, name) = match names {
            [] => (None, String::new()),
            [name] => (None, name.clone()),
            [.., schema, name] => (Some(schema.clone()), name.clone()),
        };
        self.object(kind, schema, name, offset)
    }

    /// A reference by a `RangeVar`.
    pub(crate) fn relation(&self, kind: &'static str, range: &Record) -> ObjectRef {
        let schema = Some(range.text("schemaname").to_owned()).filter(|schema| !schema.is_empty());
        let mut object = self.object(
            kind,
            schema,
            range.text("relname").to_owned(),
            self.place_of(range),
        );
        object.temporary |= range.text("relpersistence") == "t";
        object
    }

    pub(crate) fn lock(&mut self, relation: &ObjectRef, mode: LockMode, form: &'static str) {
        self.facts.locks.push(RelationLock {
            relation: relation.clone(),
            mode,
            form,
        });
    }

    pub(crate) fn item(&mut self, item: &Item) {
        match item {
            Item::Record(record) => self.record(record),
            Item::List(list) => list.iter().for_each(|item| self.item(item)),
            _ => {}
        }
    }

    /// Walks all fields but those in `except`.
    pub(crate) fn fields(&mut self, record: &Record, except: &[&str]) {
        for (name, item) in record.fields {
            if !except.contains(name) {
                self.item(item);
            }
        }
    }

    /// Walks in another phase; a later phase is never left for an earlier one.
    pub(crate) fn in_phase(&mut self, phase: Phase, walk: impl FnOnce(&mut Self)) {
        let before = self.phase;
        self.phase = before.max(phase);
        walk(self);
        self.phase = before;
    }

    pub(crate) fn record(&mut self, record: &Record) {
        self.reserved_names(record);
        if record.number("behavior") == CASCADE && matches!(self.phase, Phase::Now | Phase::Block) {
            let place = self.place(None);
            self.facts.cascades.push(place);
        }
        let scope = self.ctes.len();
        if let Some(with) = record.record("with_clause") {
            self.reserved_names(with);
            let recursive = with.flag("recursive");
            let names: Vec<String> = with
                .records("ctes")
                .map(|cte| cte.text("ctename").to_owned())
                .collect();
            if recursive {
                self.ctes.extend(names.iter().cloned());
            }
            for (cte, name) in with.records("ctes").zip(names) {
                self.fields(cte, &[]);
                if !recursive {
                    self.ctes.push(name);
                }
            }
        }
        self.node(record);
        self.ctes.truncate(scope);
    }

    fn node(&mut self, record: &Record) {
        match record.name {
            "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => {
                if let Some(range) = record.record("relation") {
                    self.reserved_names(range);
                    let written = self.relation("relation", range);
                    // A CTE cannot be written to: the name is always a relation's.
                    self.facts.written.push(written);
                }
                self.fields(record, &["relation", "with_clause"]);
            }
            "RangeVar" => {
                let known = record.text("schemaname").is_empty()
                    && self.ctes.iter().any(|cte| cte == record.text("relname"));
                if !known {
                    let read = self.relation("relation", record);
                    self.facts.read.push(read);
                }
            }
            "LockingClause" => {}
            "FuncCall" => {
                self.call(record);
                self.fields(record, &["funcname"]);
            }
            "TypeName" => {
                let names = record.names("names");
                if names.first().is_some_and(|schema| schema != "pg_catalog") {
                    let offset = self.place_of(record);
                    let read = self.named("type", &names, offset);
                    self.facts.read.push(read);
                }
                self.fields(record, &["names"]);
            }
            "TypeCast" => {
                self.regclass(record);
                self.fields(record, &[]);
            }
            "RoleSpec" => {
                let role = record.text("rolename");
                if !role.is_empty() {
                    self.facts.roles.push(role.to_owned());
                }
            }
            "CopyStmt" => {
                if let Some(range) = record.record("relation") {
                    self.reserved_names(range);
                    let relation = self.relation("relation", range);
                    if record.flag("is_from") {
                        self.facts.written.push(relation);
                    } else {
                        self.facts.read.push(relation);
                    }
                }
                self.facts.copies_from_stdin |= record.flag("is_from")
                    && record.text("filename").is_empty()
                    && !record.flag("is_program");
                self.fields(record, &["relation"]);
            }
            "VariableSetStmt" => self.set(record),
            "DoStmt" => self.do_block(record),
            _ => {
                if !define(self, record) {
                    self.fields(record, &["with_clause"]);
                }
            }
        }
    }

    /// Uses of schema `oneroof` in the names that this very node holds.
    pub(crate) fn reserved_names(&mut self, record: &Record) {
        let by_field = ["schemaname", "newschema"]
            .iter()
            .any(|field| record.text(field) == RESERVED_SCHEMA);
        let by_list = record.name != "ColumnRef"
            && record.fields.iter().any(|(field, _)| {
                let names = record.names(field);
                names.len() > 1 && names[0] == RESERVED_SCHEMA
            });
        if by_field || by_list {
            let place = self.place_of(record);
            self.facts.reserved.push(place);
        }
    }

    fn call(&mut self, record: &Record) {
        let names = record.names("funcname");
        let offset = self.place_of(record);
        let last = names.last().map(String::as_str).unwrap_or_default();
        if matches!(last, "current_setting" | "set_config") {
            let mut arguments = record.records("args");
            let name = arguments.next().and_then(Record::constant).unwrap_or("");
            // The third argument of set_config says whether it ends with the transaction.
            let local = arguments.nth(1).is_some_and(is_true);
            self.facts.settings.push(SettingUse {
                name: name.to_ascii_lowercase(),
                writes: last == "set_config",
                session: last == "set_config" && !local,
                offset,
                phase: self.phase,
            });
        }
        if names
            .first()
            .is_none_or(|schema| schema != "pg_catalog" || last.starts_with("pg_"))
        {
            let called = self.named("function", &names, offset);
            self.facts.called.push(called);
        }
    }

    /// `'schema.name'::regclass` looks the relation up right away.
    fn regclass(&mut self, record: &Record) {
        let is_regclass = record.record("type_name").is_some_and(|of| {
            of.names("names")
                .last()
                .is_some_and(|name| name == "regclass")
        });
        let Some(value) = record
            .record("arg")
            .filter(|_| is_regclass)
            .and_then(Record::constant)
        else {
            return;
        };
        let names: Vec<String> = tokens(value)
            .iter()
            .filter_map(|token| token.name(value))
            .collect();
        if names.is_empty() || value.chars().all(|character| character.is_ascii_digit()) {
            return;
        }
        let offset = record.record("arg").map_or(0, |arg| self.place_of(arg));
        if names.len() > 1 && names[0] == RESERVED_SCHEMA {
            self.facts.reserved.push(offset);
        }
        let read = self.named("relation", &names, offset);
        self.facts.read.push(read);
    }

    fn set(&mut self, record: &Record) {
        let name = record.text("name").to_ascii_lowercase();
        let offset = self.place(None);
        if name.starts_with(RESERVED_SETTINGS) {
            self.facts.settings.push(SettingUse {
                name: name.clone(),
                writes: true,
                session: !record.flag("is_local"),
                offset,
                phase: self.phase,
            });
        }
        if name == "search_path"
            && record
                .records("args")
                .any(|arg| arg.constant() == Some(RESERVED_SCHEMA))
        {
            self.facts.reserved.push(offset);
        }
        self.fields(record, &[]);
    }

    fn do_block(&mut self, record: &Record) {
        let language = record
            .records("args")
            .find(|arg| arg.text("defname") == "language")
            .and_then(|arg| arg.record("arg"))
            .map_or("plpgsql", |name| name.text("sval"));
        if language != "plpgsql" || self.fixed.is_some() || self.phase != Phase::Now {
            return;
        }
        // `do [language name] 'body'`: the body is the only string.
        let (start, end) = self.bounds();
        let body = self.text.get(start..end).map(|part| (part, tokens(part)));
        if let Some((part, list)) = body
            && let Some(token) = list
                .iter()
                .find(|token| matches!(token.kind, TokenKind::Text(_)))
        {
            self.in_phase(Phase::Block, |walker| {
                walker.plpgsql_body(part, token, start);
            });
        }
    }

    /// First and last byte of the statement.
    pub(crate) fn bounds(&self) -> (usize, usize) {
        let start = self.facts.statement.offset;
        (start, start + self.facts.statement.text.len())
    }

    /// Reads the body in string `token` of `part`, which begins at `start` of the file.
    pub(crate) fn plpgsql_body(&mut self, part: &str, token: &Token, start: usize) {
        let (Some(value), TokenKind::Text(inner)) = (token.value(part), &token.kind) else {
            return;
        };
        let base = start + inner.start;
        self.body_tokens(&value, base);
        let body = plpgsql(&value);
        let block = self.phase == Phase::Block;
        self.facts.unknown_dynamic |= block && body.unknown_dynamic;
        let (text, phase) = (self.text, self.phase);
        for piece in &body.pieces {
            // What a function runs later by `execute` says nothing about this release.
            if piece.dynamic && !block {
                continue;
            }
            let fixed = piece
                .dynamic
                .then(|| base.saturating_add_signed(piece.shift).min(text.len()));
            let shift = isize::try_from(base).unwrap_or(0) + piece.shift;
            let known = StatementFacts::new(self.facts.statement.clone());
            let found = with_parsed(&piece.text, |tree| {
                let mut found = known;
                for raw in &tree.stmts {
                    let (Some(node), Some(inner)) = (
                        raw.stmt.as_deref(),
                        statement(&piece.text, raw, &mut Places::new(&piece.text)),
                    ) else {
                        continue;
                    };
                    let mut walker = Walker::new(text, &mut found);
                    walker.phase = phase;
                    walker.shift = shift;
                    walker.fixed = fixed;
                    walker.conditional = body.conditional;
                    let offset = walker.place(i64::try_from(inner.offset).ok());
                    let arena = Arena::new();
                    walker.item(&Item::of(&arena, node));
                    found.inner.push(InnerStatement {
                        kind: inner.kind,
                        refuses_transaction: inner.refuses_transaction,
                        offset,
                    });
                }
                found
            });
            if let Ok(found) = found {
                self.merge(found, piece.dynamic);
            }
        }
    }

    /// Takes over what a piece of a body taught. Calls and settings of plain pieces are known from the tokens already.
    fn merge(&mut self, found: StatementFacts, dynamic: bool) {
        let real = |object: &ObjectRef| {
            !object.name.contains(PLACEHOLDER)
                && !object
                    .schema
                    .as_ref()
                    .is_some_and(|schema| schema.contains(PLACEHOLDER))
                && !object
                    .on
                    .as_ref()
                    .is_some_and(|on| on.name.contains(PLACEHOLDER))
        };
        let facts = &mut *self.facts;
        facts.created.extend(found.created.into_iter().filter(real));
        facts.altered.extend(found.altered.into_iter().filter(real));
        facts.dropped.extend(found.dropped.into_iter().filter(real));
        facts.read.extend(found.read.into_iter().filter(real));
        facts.written.extend(found.written.into_iter().filter(real));
        facts.called.extend(found.called.into_iter().filter(real));
        facts
            .locks
            .extend(found.locks.into_iter().filter(|lock| real(&lock.relation)));
        facts.roles.extend(found.roles);
        facts.cascades.extend(found.cascades);
        if self.phase == Phase::Block {
            facts.inner.extend(found.inner);
        }
        if dynamic {
            facts.settings.extend(found.settings);
            facts.reserved.extend(found.reserved);
        }
        facts.transition_tables.extend(found.transition_tables);
    }

    /// What the words of a body show even where it does not parse: settings and schema `oneroof`.
    fn body_tokens(&mut self, value: &str, base: usize) {
        let list = tokens(value);
        for (index, token) in list.iter().enumerate() {
            let next = |ahead: usize| list.get(index + ahead);
            let place = (base + token.start).min(self.text.len());
            if token.name(value).as_deref() == Some(RESERVED_SCHEMA)
                && next(1).is_some_and(|dot| dot.is_mark(value, "."))
            {
                self.facts.reserved.push(place);
            }
            let writes = token.is_word(value, "set_config");
            if (writes || token.is_word(value, "current_setting"))
                && next(1).is_some_and(|open| open.is_mark(value, "("))
            {
                let name = next(2)
                    .and_then(|name| name.value(value))
                    .unwrap_or_default();
                let mut depth = 0_usize;
                let mut last = None;
                for inner in list.iter().skip(index + 1) {
                    if inner.is_mark(value, "(") {
                        depth += 1;
                    } else if inner.is_mark(value, ")") {
                        depth -= 1;
                        if depth == 0 {
                            break;
                        }
                    }
                    last = Some(inner);
                }
                let local = last.is_some_and(|last| last.is_word(value, "true"));
                self.facts.settings.push(SettingUse {
                    name: name.to_ascii_lowercase(),
                    writes,
                    session: writes && !local,
                    offset: place,
                    phase: self.phase,
                });
            }
        }
    }

    /// Reads the body of a `language sql` function: it is parsed and looked up when the function is created.
    pub(crate) fn sql_body(&mut self, part: &str, token: &Token, start: usize) {
        let (Some(value), TokenKind::Text(inner)) = (token.value(part), &token.kind) else {
            return;
        };
        let base = start + inner.start;
        let text = self.text;
        let phase = self.phase;
        let known = StatementFacts::new(self.facts.statement.clone());
        let found = with_parsed(&value, |tree| {
            let mut found = known;
            for raw in &tree.stmts {
                if let Some(node) = raw.stmt.as_deref() {
                    let mut walker = Walker::new(text, &mut found);
                    walker.phase = phase;
                    walker.shift = isize::try_from(base).unwrap_or(0);
                    let arena = Arena::new();
                    walker.item(&Item::of(&arena, node));
                }
            }
            found
        });
        match found {
            Ok(found) => self.merge(found, true),
            Err(error) => {
                let offset = (base + error.offset).min(text.len());
                self.facts.body_errors.push(ParseError::at(
                    text,
                    offset,
                    error.kind,
                    error.message,
                ));
            }
        }
    }
}

/// Whether an argument is the constant `true`.
fn is_true(argument: &Record) -> bool {
    match argument.name {
        "AConst" => argument.record("val").is_some_and(|val| {
            val.flag("boolval") || matches!(val.text("sval"), "t" | "true" | "on" | "1")
        }),
        "TypeCast" => argument.record("arg").is_some_and(is_true),
        _ => false,
    }
}
