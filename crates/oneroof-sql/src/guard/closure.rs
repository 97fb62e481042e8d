//! Follows what a statement names into the catalog, until everything that it can reach is known to be read-only.
//!
//! Pure: [`Closure::step`] looks at the facts that there are and either asks for more or answers. PostgreSQL resolves
//! names by the search path and by the types of arguments; instead of repeating that, the closure makes sure that there
//! is only one meaning. Where an object of the database bears the name of a built-in one that the statement uses, the
//! statement runs with schemas written out and `search_path = pg_catalog`, under which that object cannot be meant.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::readonly::facts::{
    CastFact, Dependency, FIRST_USER_OID, Facts, FunctionFact, OperatorFact, Questions,
    RelationFact, TypeFact,
};
use oneroof_model::readonly::{
    Admitted, AdmittedParts, GuardRefusal, GuardRule, Name, Place, StatementKind, TrustedNames,
    Uses,
};

use super::lists::{FUNCTIONS, OPERATORS};
use super::{Draft, internal, place, relations, splice, stored};

/// Views in views, and types in types, are followed this deep.
const DEPTH_MAX: usize = 64;

const LIST_IT: &str = "ask the operator to list its signature in `functions`, or its extension in `extensions`, of [targets.T.readonly]";

/// What a step says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Load these facts, then take the next step.
    Needs(Questions),
    /// The statement may run.
    Admitted(Admitted),
    /// It may not.
    Refused(Box<GuardRefusal>),
}

/// The closure of one statement.
#[derive(Debug, Clone)]
pub struct Closure {
    draft: Draft,
    trusted: TrustedNames,
    views: BTreeMap<String, Result<Draft, Box<GuardRefusal>>>,
}

/// The names that a resolved policy lets a statement use.
#[must_use]
pub fn trusted_names(facts: &Facts) -> TrustedNames {
    let trusted = &facts.trusted;
    TrustedNames {
        functions: trusted
            .functions
            .values()
            .map(|function| Name::in_schema(&function.schema, &function.name))
            .collect(),
        operators: trusted
            .operators
            .values()
            .map(|operator| Name::in_schema(&operator.schema, &operator.name))
            .collect(),
    }
}

impl Closure {
    /// Begins with what the text says.
    #[must_use]
    pub fn new(draft: Draft, trusted: TrustedNames) -> Self {
        Self {
            draft,
            trusted,
            views: BTreeMap::new(),
        }
    }

    /// Looks at the facts. Every question has an answer in the next facts, if only "there is none"; so the steps end.
    pub fn step(&mut self, facts: &Facts) -> Step {
        if self.draft.kind == StatementKind::Show {
            return Step::Admitted(Admitted::proven_by_guard(AdmittedParts {
                text: self.draft.text.clone(),
                rewritten: false,
                search_path: search_path(&facts.path),
                kind: self.draft.kind,
                relations: Vec::new(),
                functions: Vec::new(),
            }));
        }
        let uses = self.draft.uses.clone();
        let text = self.draft.text.clone();
        let mut look = Look {
            facts,
            trusted: &self.trusted,
            views: &mut self.views,
            questions: Questions::default(),
            relations: BTreeSet::new(),
            seen: BTreeSet::new(),
            types: BTreeSet::new(),
            conflicts: Vec::new(),
        };
        let outcome = look.statement(&uses, &text);
        let Look {
            questions,
            relations,
            types,
            conflicts,
            ..
        } = look;
        match outcome {
            Err(refusal) => Step::Refused(refusal),
            Ok(()) if !questions.is_empty() => Step::Needs(questions),
            Ok(()) => match self.conclude(facts, relations, &types, &conflicts) {
                Ok(admitted) => Step::Admitted(admitted),
                Err(refusal) => Step::Refused(refusal),
            },
        }
    }

    fn conclude(
        &self,
        facts: &Facts,
        relations: BTreeSet<Name>,
        types: &BTreeSet<u32>,
        conflicts: &[Conflict],
    ) -> Result<Admitted, Box<GuardRefusal>> {
        let functions = self.draft.uses.functions.iter().cloned().collect();
        let relations = relations.into_iter().collect();
        if conflicts.is_empty() {
            return Ok(Admitted::proven_by_guard(AdmittedParts {
                text: self.draft.text.clone(),
                rewritten: false,
                search_path: search_path(&facts.path),
                kind: self.draft.kind,
                relations,
                functions,
            }));
        }
        // Schemas of trusted extensions stay in the path, but for those where the conflict is.
        let blocked: BTreeSet<&str> = conflicts
            .iter()
            .map(|conflict| conflict.schema.as_str())
            .collect();
        let path: Vec<String> = facts
            .path
            .iter()
            .filter(|schema| {
                facts.trusted.schemas.contains(*schema) && !blocked.contains(schema.as_str())
            })
            .cloned()
            .collect();
        self.require_extension_schemas(facts, types, &path, conflicts)?;
        let text = splice::schemas(&self.draft, facts, &self.trusted)?;
        Ok(Admitted::proven_by_guard(AdmittedParts {
            text,
            rewritten: true,
            search_path: search_path(&path),
            kind: self.draft.kind,
            relations,
            functions,
        }))
    }

    /// Without their schema in the path, operators of an extension's types would silently mean something else.
    fn require_extension_schemas(
        &self,
        facts: &Facts,
        types: &BTreeSet<u32>,
        path: &[String],
        conflicts: &[Conflict],
    ) -> Result<(), Box<GuardRefusal>> {
        let missing = types.iter().find_map(|oid| {
            let fact = facts.types.get(oid)?.as_ref()?;
            (facts.trusted.types.contains(oid) && fact.kind == 'b' && !path.contains(&fact.schema))
                .then_some(fact)
        });
        match (missing, conflicts.first()) {
            (Some(fact), Some(conflict)) => Err(Box::new(
                GuardRefusal::new(
                    GuardRule::NameConflict,
                    format!(
                        "{} bears the name of a built-in one, and lies in the schema or path of type `{}.{}`: what the statement means cannot be settled",
                        conflict.what, fact.schema, fact.name
                    ),
                    "ask the operator to list that object, or to keep the extension in a schema of its own",
                )
                .object(conflict.what.clone()),
            )),
            _ => Ok(()),
        }
    }
}

/// An object of the database that bears the name of a built-in one that is used.
#[derive(Debug, Clone)]
struct Conflict {
    what: String,
    schema: String,
}

/// One look at the facts.
struct Look<'a> {
    facts: &'a Facts,
    trusted: &'a TrustedNames,
    views: &'a mut BTreeMap<String, Result<Draft, Box<GuardRefusal>>>,
    questions: Questions,
    /// What is read, by full name.
    relations: BTreeSet<Name>,
    /// Relations and views that were followed.
    seen: BTreeSet<u32>,
    /// Types that were followed.
    types: BTreeSet<u32>,
    conflicts: Vec<Conflict>,
}

type Outcome = Result<(), Box<GuardRefusal>>;

impl Look<'_> {
    fn statement(&mut self, uses: &Uses, text: &str) -> Outcome {
        for used in &uses.relations {
            let at = Some(place(text, used.offset));
            if let Some(oid) = self
                .relation_named(&used.name)
                .map_err(|refusal| located(refusal, at))?
            {
                self.relation(oid, uses, 0)
                    .map_err(|refusal| located(refusal, at))?;
            }
        }
        for used in &uses.types {
            let at = used.offset.map(|offset| place(text, offset));
            if let Some(oid) = self
                .type_named(&used.name)
                .map_err(|refusal| located(refusal, at))?
            {
                self.type_of_value(oid, 0)
                    .map_err(|refusal| located(refusal, at))?;
            }
        }
        self.casts(uses)?;
        for name in &uses.functions {
            let at = uses
                .calls
                .iter()
                .find(|(called, _)| *called == name.name)
                .map(|(_, offset)| place(text, *offset));
            self.function(name)
                .map_err(|refusal| located(refusal, at))?;
        }
        for name in &uses.operators {
            self.operator(name)?;
        }
        for name in &uses.dotted {
            self.dotted(name)?;
        }
        // `name(x)` and `x.name` are casts where a type bears that name.
        let bare = uses.functions.iter().filter(|name| name.schema.is_none());
        let called: BTreeSet<&str> = bare
            .map(|name| name.name.as_str())
            .chain(uses.dotted.iter().map(String::as_str))
            .collect();
        for name in called {
            self.cast_by_name(name);
        }
        Ok(())
    }

    fn relation_named(&mut self, name: &Name) -> Result<Option<u32>, Box<GuardRefusal>> {
        match self.facts.relation_names.get(name) {
            None => {
                self.questions.relations.insert(name.clone());
                Ok(None)
            }
            Some(Some(oid)) => Ok(Some(*oid)),
            Some(None) => Err(Box::new(
                GuardRefusal::new(
                    GuardRule::RelationUnknown,
                    format!("there is no relation `{name}` here"),
                    "look it up in pg_class or information_schema.tables; names are searched in the role's search_path",
                )
                .object(name.to_string()),
            )),
        }
    }

    fn type_named(&mut self, name: &Name) -> Result<Option<u32>, Box<GuardRefusal>> {
        // A name in pg_catalog is PostgreSQL's own, or fails when the server analyses the statement.
        if name.schema.as_deref() == Some("pg_catalog") {
            return Ok(None);
        }
        match self.facts.type_names.get(name) {
            None => {
                self.questions.types.insert(name.clone());
                Ok(None)
            }
            Some(Some(oid)) => Ok(Some(*oid)),
            Some(None) => Err(Box::new(
                GuardRefusal::new(
                    GuardRule::TypeUnknown,
                    format!("there is no type `{name}` here"),
                    "look it up in pg_type; names are searched in the role's search_path",
                )
                .object(name.to_string()),
            )),
        }
    }

    /// A relation and everything that reading it reaches.
    fn relation(&mut self, oid: u32, uses: &Uses, depth: usize) -> Outcome {
        let fact = match self.facts.relations.get(&oid) {
            None => {
                self.questions.relation_oids.insert(oid);
                return Ok(());
            }
            Some(None) => {
                return Err(Box::new(GuardRefusal::new(
                    GuardRule::RelationUnknown,
                    "a relation was dropped while it was looked at",
                    "try again",
                )));
            }
            Some(Some(fact)) => fact,
        };
        let name = Name::in_schema(&fact.schema, &fact.name);
        if let Some(reason) = objection(fact) {
            return Err(Box::new(
                GuardRefusal::new(
                    GuardRule::RelationNotAllowed,
                    reason,
                    "read the public view of it, for example pg_roles, pg_stats, pg_stat_subscription",
                )
                .object(name.to_string()),
            ));
        }
        self.kind(fact, &name)?;
        self.relations.insert(name.clone());
        // Columns depend on who asks, everything else only on the relation.
        for column in &fact.columns {
            if uses.unnamed_columns || uses.columns.contains(&column.name) {
                self.type_of_value(column.type_oid, 0).map_err(|refusal| {
                    through(refusal, format!("column `{}` of `{name}`", column.name))
                })?;
            }
        }
        let is_own = fact.oid < FIRST_USER_OID;
        if !self.seen.insert(oid) || is_own || self.facts.trusted.relations.contains(&oid) {
            return Ok(());
        }
        if depth >= DEPTH_MAX {
            return Err(Box::new(internal("views are nested too deeply")));
        }
        for child in &fact.children {
            self.relation(*child, &Uses::default(), depth + 1)
                .map_err(|refusal| through(refusal, format!("a partition or child of `{name}`")))?;
        }
        self.expressions(fact, &name)?;
        if fact.kind == 'v' {
            self.view(fact, &name, depth)
                .map_err(|refusal| through(refusal, format!("view `{name}`")))?;
        }
        Ok(())
    }

    fn kind(&self, fact: &RelationFact, name: &Name) -> Outcome {
        let refuse = |rule, reason: String, instead: &str| {
            Err(Box::new(
                GuardRefusal::new(rule, reason, instead).object(name.to_string()),
            ))
        };
        match fact.kind {
            'r' | 'p' | 'v' | 'm' | 'S' => {}
            'f' => {
                return refuse(
                    GuardRule::ForeignTable,
                    format!(
                        "`{name}` is a foreign table: reading it works outside of this transaction"
                    ),
                    "connect to the server where the data is",
                );
            }
            kind => {
                return refuse(
                    GuardRule::RelationNotAllowed,
                    format!("`{name}` is no table, view or sequence (kind `{kind}`)"),
                    "read the table that it belongs to",
                );
            }
        }
        match &fact.foreign_access_method {
            Some(method) if !self.facts.trusted.relations.contains(&fact.oid) => refuse(
                GuardRule::AccessMethod,
                format!(
                    "`{name}` is stored by access method `{method}`, which is not PostgreSQL's own"
                ),
                "read another table",
            ),
            _ => Ok(()),
        }
    }

    /// Row policies and generated columns, which run with every read, and what the planner computes in advance.
    fn expressions(&mut self, fact: &RelationFact, name: &Name) -> Outcome {
        for policy in &fact.policies {
            self.expression(&policy.text).map_err(|refusal| {
                through(refusal, format!("policy `{}` of `{name}`", policy.name))
            })?;
        }
        for computed in &fact.computed {
            self.expression(&computed.text).map_err(|refusal| {
                through(
                    refusal,
                    format!("generated column `{}` of `{name}`", computed.name),
                )
            })?;
        }
        for planned in &fact.planned {
            let what = format!("`{}` of `{name}`", planned.name);
            match stored::computed_in_advance(&planned.text, self.trusted) {
                Ok(None) => {}
                Ok(Some(function)) => {
                    return Err(Box::new(
                        GuardRefusal::new(
                            GuardRule::PlannedExpression,
                            format!("planning a read of `{name}` calls `{function}` with constants, in {what}"),
                            LIST_IT,
                        )
                        .object(function),
                    ));
                }
                Err(refusal) => return Err(through(refusal, what)),
            }
        }
        if !(fact.policies.is_empty() && fact.computed.is_empty()) || fact.kind == 'v' {
            self.depends(&fact.depends)
                .map_err(|refusal| through(refusal, format!("the stored query of `{name}`")))?;
        }
        Ok(())
    }

    fn expression(&mut self, text: &str) -> Outcome {
        let uses = stored::expression(text, self.trusted).map_err(unplaced)?;
        self.stored_uses(&uses, 0)
    }

    fn view(&mut self, fact: &RelationFact, name: &Name, depth: usize) -> Outcome {
        let Some(definition) = &fact.definition else {
            return Err(Box::new(GuardRefusal::new(
                GuardRule::StoredQuery,
                format!("the definition of `{name}` cannot be read"),
                "read the tables behind it",
            )));
        };
        let trusted = self.trusted;
        let draft = self
            .views
            .entry(definition.clone())
            .or_insert_with(|| stored::query(definition, trusted))
            .clone()
            .map_err(unplaced)?;
        if draft.kind != StatementKind::Select {
            return Err(Box::new(internal("a view that is no query")));
        }
        self.stored_uses(&draft.uses, depth + 1)
    }

    /// Relations and types of a stored text, whose names are unambiguous.
    fn stored_uses(&mut self, uses: &Uses, depth: usize) -> Outcome {
        for used in &uses.relations {
            if let Some(oid) = self.relation_named(&used.name)? {
                self.relation(oid, uses, depth)?;
            }
        }
        for used in &uses.types {
            if let Some(oid) = self.type_named(&used.name)? {
                self.type_of_value(oid, 0)?;
            }
        }
        self.casts(uses)
    }

    /// What the server itself noted as used, also what no text shows (functions of implicit casts).
    fn depends(&mut self, dependencies: &[Dependency]) -> Outcome {
        for dependency in dependencies {
            match dependency {
                Dependency::Function(function) if !self.is_trusted_function(function) => {
                    return Err(not_listed(function));
                }
                Dependency::Operator(operator) if !self.is_trusted_operator(operator) => {
                    return Err(operator_not_trusted(operator));
                }
                Dependency::Type { oid } => self.type_of_value(*oid, 0)?,
                Dependency::Relation { oid } => self.relation(*oid, &Uses::default(), 1)?,
                Dependency::Function(_) | Dependency::Operator(_) => {}
            }
        }
        Ok(())
    }

    fn is_trusted_function(&self, function: &FunctionFact) -> bool {
        // What belongs to PostgreSQL itself was judged by its name.
        self.facts.trusted.functions.contains_key(&function.oid)
            || (function.oid < FIRST_USER_OID
                && function.schema == "pg_catalog"
                && FUNCTIONS.contains(function.name.as_str()))
    }

    fn is_trusted_operator(&self, operator: &OperatorFact) -> bool {
        self.facts.trusted.operators.contains_key(&operator.oid)
            || self
                .facts
                .trusted
                .functions
                .contains_key(&operator.function)
    }

    /// A type of which values are made or read: checks of domains, functions of ranges, parts.
    fn type_of_value(&mut self, oid: u32, depth: usize) -> Outcome {
        if oid < FIRST_USER_OID || self.types.contains(&oid) {
            return Ok(());
        }
        let fact = match self.facts.types.get(&oid) {
            None => {
                self.questions.type_oids.insert(oid);
                return Ok(());
            }
            Some(None) => {
                return Err(Box::new(GuardRefusal::new(
                    GuardRule::TypeUnknown,
                    "a type was dropped while it was looked at",
                    "try again",
                )));
            }
            Some(Some(fact)) => fact,
        };
        self.types.insert(oid);
        let name = format!("{}.{}", fact.schema, fact.name);
        if depth >= DEPTH_MAX {
            return Err(Box::new(internal("types are nested too deeply")));
        }
        if !self.facts.trusted.types.contains(&oid) {
            self.own_functions_of_type(fact, &name)?;
        }
        for part in &fact.parts {
            self.type_of_value(*part, depth + 1)
                .map_err(|refusal| through(refusal, format!("type `{name}`")))?;
        }
        if let Some(cast) = self.facts.casts.iter().find(|cast| {
            (cast.source == oid || cast.target == oid) && !self.is_trusted_function(&cast.function)
        }) {
            return Err(user_cast(cast));
        }
        Ok(())
    }

    fn own_functions_of_type(&mut self, fact: &TypeFact, name: &str) -> Outcome {
        match fact.kind {
            'b' if !fact.is_array => {
                return Err(Box::new(
                    GuardRefusal::new(
                        GuardRule::TypeNotTrusted,
                        format!("type `{name}` has functions of its own, which are not reviewed"),
                        match &fact.extension {
                            Some(extension) => format!(
                                "ask the operator to list `{extension}` in `extensions` of [targets.T.readonly]"
                            ),
                            None => String::from("select other columns"),
                        },
                    )
                    .object(name),
                ));
            }
            'p' => {
                return Err(Box::new(
                    GuardRefusal::new(
                        GuardRule::TypeNotAllowed,
                        format!("`{name}` is no type of a value"),
                        "name the type of the value",
                    )
                    .object(name),
                ));
            }
            _ => {}
        }
        for check in &fact.checks {
            let checked = self
                .expression(&check.text)
                .map_err(|refusal| domain_check(*refusal, name, &check.name));
            checked?;
        }
        self.depends(&fact.depends)
            .map_err(|refusal| domain_check(*refusal, name, "its functions"))
    }

    /// Casts between PostgreSQL's own types by a foreign function: a superuser can make one.
    fn casts(&self, uses: &Uses) -> Outcome {
        let named = |name: &str| {
            uses.types
                .iter()
                .any(|used| used.name.name == name || used.name.name == format!("_{name}"))
                || uses.functions.iter().any(|used| used.name == name)
                || uses.dotted.contains(name)
        };
        let found = self.facts.casts.iter().find(|cast| {
            let between_own = cast.source < FIRST_USER_OID && cast.target < FIRST_USER_OID;
            between_own
                && !self.is_trusted_function(&cast.function)
                && (cast.implicit || named(&cast.target_name))
        });
        found.map_or(Ok(()), |cast| Err(user_cast(cast)))
    }

    /// A function that is called by name.
    fn function(&mut self, name: &Name) -> Outcome {
        let builtin = FUNCTIONS.contains(name.name.as_str());
        let Some(candidates) = self.facts.functions.get(&name.name) else {
            self.questions.functions.insert(name.name.clone());
            if !builtin {
                self.questions
                    .functions_of_catalog
                    .insert(name.name.clone());
            }
            return Ok(());
        };
        let facts = self.facts;
        let reachable: Vec<&FunctionFact> = candidates
            .iter()
            .filter(|function| match &name.schema {
                Some(schema) => function.schema == *schema,
                None => facts.path.contains(&function.schema) || function.schema == "pg_catalog",
            })
            // What PostgreSQL comes with was judged by its name.
            .filter(|function| {
                !(builtin && function.schema == "pg_catalog" && function.oid < FIRST_USER_OID)
            })
            .collect();
        let untrusted = reachable
            .iter()
            .find(|function| !facts.trusted.functions.contains_key(&function.oid));
        match untrusted {
            // Somebody put it into pg_catalog, where it is found whatever the path.
            Some(function) if function.schema == "pg_catalog" => Err(not_listed(function)),
            Some(function) if name.schema.is_none() && builtin => {
                let what = format!("function `{}`", function.signature);
                let schema = function.schema.clone();
                self.conflict_of_all(candidates, what, schema);
                Ok(())
            }
            Some(function) => Err(not_listed(function)),
            None if reachable.is_empty() && !builtin => Err(Box::new(
                GuardRefusal::new(
                    GuardRule::FunctionNotAllowed,
                    format!("there is no function `{name}` in the search path"),
                    "write its schema",
                )
                .object(name.to_string()),
            )),
            None => Ok(()),
        }
    }

    /// Notes every schema in which a foreign function of that name lies.
    fn conflict_of_all(&mut self, candidates: &[FunctionFact], what: String, schema: String) {
        for function in candidates {
            if !self.facts.trusted.functions.contains_key(&function.oid) {
                self.conflicts.push(Conflict {
                    what: what.clone(),
                    schema: function.schema.clone(),
                });
            }
        }
        self.conflicts.push(Conflict { what, schema });
    }

    fn operator(&mut self, name: &Name) -> Outcome {
        let Some(candidates) = self.facts.operators.get(&name.name) else {
            self.questions.operators.insert(name.name.clone());
            return Ok(());
        };
        let builtin = OPERATORS.contains(name.name.as_str());
        let facts = self.facts;
        let untrusted: Vec<&OperatorFact> = candidates
            .iter()
            .filter(|operator| match &name.schema {
                Some(schema) => operator.schema == *schema,
                None => facts.path.contains(&operator.schema) || operator.schema == "pg_catalog",
            })
            .filter(|operator| !self.is_trusted_operator(operator))
            .collect();
        match untrusted.first() {
            None => Ok(()),
            Some(operator) if operator.schema == "pg_catalog" => {
                Err(operator_not_trusted(operator))
            }
            Some(_) if name.schema.is_none() && builtin => {
                for operator in untrusted {
                    self.conflicts.push(Conflict {
                        what: format!("operator `{}`", operator.signature),
                        schema: operator.schema.clone(),
                    });
                }
                Ok(())
            }
            Some(operator) => Err(operator_not_trusted(operator)),
        }
    }

    /// `x.name` may call a function of that name.
    fn dotted(&mut self, name: &str) -> Outcome {
        let Some(candidates) = self.facts.functions.get(name) else {
            self.questions.functions.insert(name.to_owned());
            return Ok(());
        };
        for function in candidates {
            if self.facts.trusted.functions.contains_key(&function.oid) {
                continue;
            }
            // Those that PostgreSQL comes with were judged by their names.
            if function.schema == "pg_catalog" && function.oid >= FIRST_USER_OID {
                return Err(not_listed(function));
            }
            if self.facts.path.contains(&function.schema) {
                self.conflicts.push(Conflict {
                    what: format!("function `{}`", function.signature),
                    schema: function.schema.clone(),
                });
            }
        }
        Ok(())
    }

    /// A name that is called or stands behind a dot may be a type to cast to; one that may not be used is no refusal,
    /// because it is probably not meant, but it must not be found.
    fn cast_by_name(&mut self, name: &str) {
        let written = Name::bare(name);
        let Some(found) = self.facts.type_names.get(&written) else {
            self.questions.types.insert(written);
            return;
        };
        let Some(oid) = *found else {
            return;
        };
        let known = self.types.clone();
        if self.type_of_value(oid, 0).is_err() {
            self.types = known;
            if let Some(Some(fact)) = self.facts.types.get(&oid) {
                self.conflicts.push(Conflict {
                    what: format!("type `{}.{}`", fact.schema, fact.name),
                    schema: fact.schema.clone(),
                });
            }
        }
    }
}

/// Why a relation may not be read, now that it is known which it is.
fn objection(fact: &RelationFact) -> Option<String> {
    match fact.schema.as_str() {
        "pg_catalog" => relations::of_catalog(&fact.name),
        "information_schema" => relations::of_information_schema(&fact.name),
        schema if relations::is_storage(schema) => Some(format!(
            "schema `{schema}` holds raw storage or temporary objects"
        )),
        _ => None,
    }
}

fn not_listed(function: &FunctionFact) -> Box<GuardRefusal> {
    Box::new(
        GuardRefusal::new(
            GuardRule::FunctionNotAllowed,
            format!(
                "function `{}` is not PostgreSQL's own, and the operator of the target does not list it",
                function.signature
            ),
            LIST_IT,
        )
        .object(function.signature.clone()),
    )
}

fn operator_not_trusted(operator: &OperatorFact) -> Box<GuardRefusal> {
    Box::new(
        GuardRefusal::new(
            GuardRule::OperatorNotAllowed,
            format!("operator `{}` is not PostgreSQL's own", operator.signature),
            LIST_IT,
        )
        .object(operator.signature.clone()),
    )
}

fn user_cast(cast: &CastFact) -> Box<GuardRefusal> {
    Box::new(
        GuardRefusal::new(
            GuardRule::UserCast,
            format!(
                "the cast from `{}` to `{}` calls `{}`, which is not PostgreSQL's own",
                cast.source_name, cast.target_name, cast.function.signature
            ),
            LIST_IT,
        )
        .object(cast.function.signature.clone()),
    )
}

fn domain_check(inner: GuardRefusal, type_name: &str, check: &str) -> Box<GuardRefusal> {
    let GuardRefusal {
        reason,
        instead,
        through,
        ..
    } = inner;
    Box::new(GuardRefusal {
        rule: GuardRule::DomainCheck,
        object: Some(type_name.to_owned()),
        place: None,
        reason: format!("making a value of type `{type_name}` evaluates `{check}`: {reason}"),
        instead,
        through,
    })
}

/// A place in a stored text is no place in the statement.
fn unplaced(mut refusal: Box<GuardRefusal>) -> Box<GuardRefusal> {
    refusal.place = None;
    refusal
}

fn located(mut refusal: Box<GuardRefusal>, at: Option<Place>) -> Box<GuardRefusal> {
    refusal.place = refusal.place.or(at);
    refusal
}

fn through(mut refusal: Box<GuardRefusal>, stored: String) -> Box<GuardRefusal> {
    refusal.through.insert(0, stored);
    refusal
}

/// The value of `search_path`: PostgreSQL's own objects first, temporary ones last.
fn search_path(schemas: &[String]) -> String {
    let mut path = String::from("pg_catalog");
    for schema in schemas.iter().filter(|schema| *schema != "pg_catalog") {
        path.push_str(", ");
        path.push_str(&splice::quoted(schema));
    }
    path.push_str(", pg_temp");
    path
}
