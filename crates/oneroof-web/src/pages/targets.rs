//! Targets: what this dashboard shows, and what each role is for. Never a password.

use maud::{Markup, html};
use oneroof_engine::clones::{self, ListedClone};
use oneroof_engine::conninfo::ConnInfo;
use serde::Serialize;
use utoipa::ToSchema;

use super::Nothing;
use crate::layout::{Place, address};
use crate::parts::badge::{Tone, badge};
use crate::parts::table::table;
use crate::parts::text::when;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// All targets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Targets {
    targets: Vec<TargetSeen>,
    clones: Vec<CloneSeen>,
}

/// A target of oneroof.toml.
#[derive(Debug, Serialize, ToSchema)]
struct TargetSeen {
    name: String,
    database: Option<String>,
    read: Option<String>,
    clone: Option<String>,
    apply: Option<String>,
    operator: Option<String>,
    shown: bool,
    console: bool,
}

/// A clone of the project.
#[derive(Debug, Serialize, ToSchema)]
struct CloneSeen {
    id: String,
    class: String,
    database: String,
    source: String,
    created_at: String,
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    shown: bool,
}

impl View for Targets {
    type Ask = Nothing;
    const PATH: &'static str = "/targets";
    const SUMMARY: &'static str =
        "The targets of oneroof.toml with their roles, and the kept clones";
    const PLACE: Place = Place::Targets;
    const ABOUT_TARGET: bool = false;

    async fn read(site: &Site, _: &Nothing) -> Result<Targets, Problem> {
        let shown = site.targets();
        let console = site.asked_by_console();
        let user = |role: &Option<ConnInfo>| role.as_ref().map(|role| role.user().to_owned());
        let targets = site.context.targets.values().map(|target| TargetSeen {
            name: target.name.clone(),
            database: target.read.as_ref().map(|read| read.dbname().to_owned()),
            read: user(&target.read),
            clone: user(&target.clone),
            apply: user(&target.apply),
            operator: user(&target.operator),
            shown: shown.contains(&target.name),
            console: console.contains(&target.name),
        });
        let targets = targets.collect();
        let clones = clones::seen(&site.context)?.into_iter();
        let clones = clones.map(|clone| CloneSeen {
            shown: shown.contains(&format!("clone:{}", clone.id)),
            class: format!("{:?}", clone.class).to_lowercase(),
            ..CloneSeen::from(clone)
        });
        Ok(Targets {
            targets,
            clones: clones.collect(),
        })
    }

    fn title(&self, _: &Nothing) -> String {
        "Targets".to_owned()
    }

    fn page(&self, _: &Nothing) -> Markup {
        let role = |role: &Option<String>| match role {
            Some(role) => html! { code { (role) } },
            None => html! { span.quiet { "–" } },
        };
        let targets: Vec<Vec<Markup>> = self
            .targets
            .iter()
            .map(|target| {
                let name = &target.name;
                vec![
                    html! { @if target.shown { a href=(address("/releases", Some(name))) { (name) } } @else { (name) } },
                    role(&target.database),
                    role(&target.read),
                    role(&target.clone),
                    role(&target.apply),
                    role(&target.operator),
                ]
            })
            .collect();
        let clones: Vec<Vec<Markup>> = self
            .clones
            .iter()
            .map(|clone| {
                let name = format!("clone:{}", clone.id);
                vec![
                    html! { @if clone.shown { a href=(address("/releases", Some(&name))) { (name) } } @else { (name) } },
                    html! { (clone.class) },
                    html! { (clone.source) },
                    html! { code { (clone.database) } },
                    when(&clone.created_at),
                    match (&clone.host, clone.running) {
                        (Some(host), _) => html! { "of " (host) },
                        (None, true) => badge(Tone::Good, "running"),
                        (None, false) => badge(Tone::Quiet, "stopped"),
                    },
                ]
            })
            .collect();
        html! {
            p { "A target is a database of " code { "oneroof.toml" } ", with one role for each thing that is done to it. "
                "This dashboard uses the " code { "read" } " role only." }
            (table("Targets", &["target", "database", "read", "clone", "apply", "operator"], &targets, "There are no targets."))
            h2 { "Kept clones" }
            (table("Kept clones", &["clone", "class", "made from", "database", "made", "server"], &clones, "No clone is kept."))
        }
    }
}

impl From<ListedClone> for CloneSeen {
    fn from(clone: ListedClone) -> CloneSeen {
        CloneSeen {
            id: clone.id,
            class: String::new(),
            database: clone.database,
            source: clone.source,
            created_at: clone.created_at,
            running: clone.running,
            host: clone.host,
            shown: false,
        }
    }
}
