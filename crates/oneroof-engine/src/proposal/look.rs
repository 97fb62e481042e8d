//! Looks at a target, reading only, and proposes from what is there.

use std::collections::BTreeSet;

use oneroof_model::package::{Precondition, ResolvedParameters};
use oneroof_pg::catalog::{self, SchemaFacts};
use oneroof_pg::connect::Session;

use super::text::{self, Choices};
use super::{Inventory, Proposal, ProposalOptions, ProposedGroup};
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::figures::Figures;
use crate::metrics::{self, StopAt};
use crate::source::Source;
use crate::store::package_files::OpenPackage;
use crate::{open, run_id};

/// The tables of the application's vocabulary.
const VOCABULARY: [&str; 4] = [
    "taxonomy_facets",
    "taxonomy",
    "label_rules",
    "entity_labels",
];
/// The tables of the application's approvals.
const SPINE: [&str; 4] = [
    "approval_requests",
    "apr_action_types",
    "apr_approvals",
    "os_proposal_approvals",
];
/// The schemas that are tried in turn if the user names none.
const SCHEMAS: [&str; 2] = ["public", "one_roof"];
/// Preconditions of the base whose details are lines for a DBA, in the order they must run in.
const DBA_CHECKS: [&str; 4] = [
    "roles_exist",
    "schema_exists",
    "sessions_are_visible",
    "grants_are_there",
];
/// The precondition of both packages about names of others.
const NAME_CHECK: &str = "no_foreign_name";

pub(super) async fn propose(
    context: &Context,
    options: &ProposalOptions,
    target: &str,
) -> Result<Proposal, EngineError> {
    let target = &open::target(context, target)?;
    let run_id = run_id::new();
    let mut source = Source::open(target, "init", &run_id).await?;
    let (groups, left_out) = source
        .read(&Default::default(), async |session| {
            inventory(session, options.inventory).await
        })
        .await?;
    let mut look = Look {
        packages: [
            OpenPackage::open(None, "one-roof-base")?,
            OpenPackage::open(None, "one-roof")?,
        ],
        target,
        run_id: &run_id,
        source: &mut source,
    };
    let spine = look.spine().await?;
    let wanted: Vec<&str> = match &options.schema {
        Some(schema) => vec![schema.as_str()],
        None => SCHEMAS.to_vec(),
    };
    let mut names_taken = Vec::new();
    let mut proposed = None;
    for schema in wanted {
        let vocabulary = look.vocabulary(schema).await?;
        let text = text::governance(&Choices {
            inventory: options.inventory,
            schema,
            spine,
            vocabulary,
            groups: &groups,
        });
        let taken = look.names_taken(&text).await?;
        if taken.is_empty() {
            let dba = look.dba(&text).await?;
            proposed = Some((schema.to_owned(), vocabulary, text, dba));
            break;
        }
        names_taken.extend(taken.iter().map(|name| format!("{schema}.{name}")));
    }
    source.close().await;
    let Some((schema, vocabulary, text, dba)) = proposed else {
        return Err(EngineError::input(
            format!(
                "propose a schema for target `{}`: names of ours are taken: {}",
                target.name,
                names_taken.join(", ")
            ),
            "name another one with `--schema NAME`; a DBA makes it".to_owned(),
        ));
    };
    Ok(Proposal {
        text,
        inventory: options.inventory,
        schema,
        names_taken,
        vocabulary: vocabulary.to_owned(),
        approval_spine: spine.to_owned(),
        groups,
        left_out,
        dba,
        target: Some(target.name.clone()),
    })
}

/// The groups of the inventory, and what it leaves out.
async fn inventory(
    session: &Session,
    inventory: Inventory,
) -> Result<(Vec<ProposedGroup>, Vec<String>), EngineError> {
    let schemas = catalog::schemas(session)
        .await
        .map_err(EngineError::database("list the schemas"))?;
    if inventory == Inventory::Catalog {
        let filled = schemas.iter().filter(|schema| schema.tables > 0);
        let groups = filled.map(|schema| (schema.name.clone(), schema.tables));
        return Ok((proposed_groups(groups), left_out(&schemas)));
    }
    let directus = catalog::relations(session, &["public.directus_collections"])
        .await
        .map_err(EngineError::database("look for Directus"))?;
    if !directus.iter().all(|relation| relation.found) {
        return Err(EngineError::input(
            "list the folders of Directus: there is no public.directus_collections",
            "this database has no Directus; `--inventory catalog` governs the tables of its schemas".to_owned(),
        ));
    }
    let folders = catalog::folders(session)
        .await
        .map_err(|error| EngineError::Database {
            doing: "list the folders of Directus".to_owned(),
            source: Box::new(error),
            hint: Some(
                "a DBA gives the read role: grant select on public.directus_collections to …;"
                    .to_owned(),
            ),
        })?;
    let mut left_out = Vec::new();
    if folders.without_folder > 0 {
        left_out.push(format!(
            "collections in no folder {}",
            folders.without_folder
        ));
    }
    let filled = folders
        .folders
        .into_iter()
        .filter(|(_, members)| *members > 0);
    Ok((proposed_groups(filled), left_out))
}

/// A group for each container; codes that would be the same get a number.
fn proposed_groups(containers: impl Iterator<Item = (String, i64)>) -> Vec<ProposedGroup> {
    let mut codes = BTreeSet::new();
    containers
        .map(|(container, objects)| {
            let code = text::group_code(&container);
            let group = (1..)
                .map(|number| match number {
                    1 => code.clone(),
                    number => format!("{code}-{number}"),
                })
                .find(|code| codes.insert(code.clone()))
                .unwrap_or(code);
            ProposedGroup {
                container,
                group,
                objects,
            }
        })
        .collect()
}

/// What the catalog provider does not name unless `catalog_kinds` says so.
fn left_out(schemas: &[SchemaFacts]) -> Vec<String> {
    let mut sums = [
        ("foreign tables", 0),
        ("materialized views", 0),
        ("unlogged tables", 0),
        ("views", 0),
    ];
    for schema in schemas {
        sums[0].1 += schema.foreign_tables;
        sums[1].1 += schema.materialized_views;
        sums[2].1 += schema.unlogged_tables;
        sums[3].1 += schema.views;
    }
    sums.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect()
}

/// What is asked for each schema that is tried.
struct Look<'a> {
    packages: [OpenPackage; 2],
    target: &'a TargetDatabase,
    run_id: &'a str,
    source: &'a mut Source,
}

impl Look<'_> {
    /// Has the application approval tables?
    async fn spine(&mut self) -> Result<&'static str, EngineError> {
        Ok(if self.all_in("public", &SPINE).await? {
            "application"
        } else {
            "none"
        })
    }

    /// Where the vocabulary of the application is, seen from this schema.
    async fn vocabulary(&mut self, schema: &str) -> Result<&'static str, EngineError> {
        if self.all_in(schema, &VOCABULARY).await? {
            return Ok("existing");
        }
        if schema != "public" && self.all_in("public", &VOCABULARY).await? {
            return Ok("linked");
        }
        Ok("create")
    }

    async fn all_in(&mut self, schema: &str, tables: &[&str]) -> Result<bool, EngineError> {
        let schema = schema.replace('"', "\"\"");
        let names: Vec<String> = tables
            .iter()
            .map(|table| format!("\"{schema}\".{table}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.source
            .read(&Default::default(), async |session| {
                let found = catalog::relations(session, &names)
                    .await
                    .map_err(EngineError::database("look for tables"))?;
                Ok(found.iter().all(|relation| relation.found))
            })
            .await
    }

    /// Names of both packages that somebody else has in the schema of this proposal.
    async fn names_taken(&mut self, text: &str) -> Result<Vec<String>, EngineError> {
        let mut taken = Vec::new();
        for place in 0..self.packages.len() {
            let named = self.details(place, text, &[NAME_CHECK]).await?;
            taken.extend(named.iter().flat_map(|detail| parts(detail, ", ")));
        }
        Ok(taken)
    }

    /// What a DBA runs first: what the base's preconditions miss, and the memberships of the connections.
    async fn dba(&mut self, text: &str) -> Result<Vec<String>, EngineError> {
        let details = self.details(0, text, &DBA_CHECKS).await?;
        let mut lines: Vec<String> = details
            .iter()
            .flat_map(|detail| parts(detail, "; "))
            .collect();
        let mut wanted = Vec::new();
        if let Some(read) = &self.target.read {
            wanted.push((read.user(), "one_roof_reader"));
        }
        if let Some(apply) = &self.target.apply {
            wanted.push((apply.user(), "one_roof_owner"));
        }
        if let Some(operator) = self.target.operator.as_ref().or(self.target.apply.as_ref()) {
            wanted.push((operator.user(), "one_roof_operator"));
        }
        let missing = self
            .source
            .read(&Default::default(), async |session| {
                catalog::memberships_missing(session, &wanted)
                    .await
                    .map_err(EngineError::database("read the memberships of the roles"))
            })
            .await?;
        lines.extend(missing);
        Ok(lines.into_iter().map(|line| format!("{line};")).collect())
    }

    /// The details of those preconditions of a package that do not hold with the values of `text`, in
    /// the order of `names`.
    async fn details(
        &mut self,
        place: usize,
        text: &str,
        names: &[&str],
    ) -> Result<Vec<String>, EngineError> {
        let package = &self.packages[place];
        let parameters = parameters(package, text)?;
        let checks: Vec<Precondition> = names
            .iter()
            .filter_map(|name| {
                let check = package
                    .plan
                    .preconditions
                    .iter()
                    .find(|check| check.name == *name)?;
                Some(Precondition {
                    message: "{detail}".to_owned(),
                    ..check.clone()
                })
            })
            .collect();
        let settings = open::reading_settings(package, &parameters, self.target, self.run_id)?;
        let broken = self
            .source
            .read(&settings, async |session| {
                let mut figures = Figures::default();
                metrics::ask(
                    session,
                    package,
                    &parameters,
                    &checks,
                    &mut figures,
                    StopAt::End,
                )
                .await
            })
            .await?;
        Ok(broken.into_iter().map(|check| check.message).collect())
    }
}

/// The values of the proposed text. What only people can say is not asked for by the checks used here.
fn parameters(package: &OpenPackage, text: &str) -> Result<ResolvedParameters, EngineError> {
    let name = &package.plan.package.name;
    let mut values = crate::parameters::read_text("governance.toml", text, name)?;
    for (parameter, _) in package
        .plan
        .parameters
        .iter()
        .filter(|(_, parameter)| parameter.default.is_none())
    {
        values
            .entry(parameter.clone())
            .or_insert_with(|| toml::Value::String(String::new()));
    }
    Ok(ResolvedParameters::resolve(&package.plan, &[&values])?)
}

fn parts(text: &str, separator: &str) -> Vec<String> {
    text.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
