//! The query console: one statement over the read-only channel, or why it is refused.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use maud::{Markup, html};
use oneroof_engine::readonly::{Answer, QueryReport, Question, Truncated};
use oneroof_model::DashboardDeed;
use serde::Deserialize;
use utoipa::ToSchema;

use super::OfTarget;
use crate::layout::{self, Frame, Place, encoded, problem_box};
use crate::parts::table::table;
use crate::parts::text::duration;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::API;
use crate::visitor;

const PATH: &str = "/query";

/// A statement.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Question)]
pub(crate) struct Asked {
    /// The target; the first that the console asks if absent.
    #[serde(default)]
    target: Option<String>,
    /// The statement.
    sql: String,
}

/// The page, and its twin, which is asked with a body.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route(PATH, get(form).post(answer))
        .route(&format!("{API}{PATH}"), axum::routing::post(twin))
}

fn frame(site: &Site, target: &str) -> Frame {
    Frame {
        place: Place::Console,
        targets: site.asked_by_console(),
        target: Some(target.to_owned()),
        path: PATH.to_owned(),
    }
}

/// The target of the console: the one that is named, if it can be asked, else the first.
fn chosen(site: &Site, named: Option<&str>) -> Result<String, Problem> {
    let all = site.asked_by_console();
    let named = named.filter(|name| !name.is_empty() && !name.starts_with("clone:"));
    match (named, all.first()) {
        (Some(name), _) if all.iter().any(|known| known == name) => Ok(name.to_owned()),
        (Some(name), _) => Err(Problem::missing(format!(
            "the console does not ask target `{name}`"
        ))
        .hint(format!("it asks: {}", all.join(", ")))),
        (None, Some(first)) => Ok(first.clone()),
        (None, None) => Err(Problem::missing("the console has no target")
            .hint("it asks targets of oneroof.toml with a `read` connection, never clones")),
    }
}

async fn form(State(site): State<Arc<Site>>, Query(ask): Query<OfTarget>) -> Response {
    match chosen(&site, ask.target.as_deref()) {
        Ok(target) => shown(&site, &target, "", None),
        Err(problem) => layout::problem(&frame(&site, ""), &problem),
    }
}

async fn answer(
    State(site): State<Arc<Site>>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    let asked = match asked {
        Ok(Form(asked)) => asked,
        Err(rejection) => {
            let problem = Problem::input(rejection.body_text());
            return layout::problem(&frame(&site, ""), &problem);
        }
    };
    match chosen(&site, asked.target.as_deref()) {
        Ok(target) => {
            let outcome = ask(&site, &target, &asked.sql).await;
            shown(&site, &target, &asked.sql, Some(outcome))
        }
        Err(problem) => layout::problem(&frame(&site, ""), &problem),
    }
}

async fn twin(
    State(site): State<Arc<Site>>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Response {
    let asked = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => {
            let mut problem = Problem::input(rejection.body_text());
            problem.status = rejection.status();
            return problem.json();
        }
    };
    let outcome = match chosen(&site, asked.target.as_deref()) {
        Ok(target) => ask(&site, &target, &asked.sql).await,
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(report) => Json(report).into_response(),
        Err(problem) => problem.json(),
    }
}

async fn ask(site: &Site, target: &str, sql: &str) -> Result<QueryReport, Problem> {
    let name = visitor::name();
    let question = Question {
        principal: name.as_deref().unwrap_or(&site.context.operator),
        sql: sql.as_bytes(),
        parameters: &[],
    };
    match site.ask(target, &question).await? {
        Answer::Rows(report) => Ok(report),
        Answer::Refused(refusal) => Err(Problem::of_guard(&refusal)),
    }
}

fn shown(
    site: &Site,
    target: &str,
    sql: &str,
    outcome: Option<Result<QueryReport, Problem>>,
) -> Response {
    let status = match &outcome {
        Some(Err(problem)) => problem.status,
        _ => axum::http::StatusCode::OK,
    };
    let body = html! {
        p { "One statement that only reads: it runs if everything that it can reach is known to change nothing, at most 5 seconds and 500 rows. "
            "Every statement is written down before it runs." }
        (visitor::not_allowed(DashboardDeed::Ask, "Asking"))
        form.console method="post" action={ (PATH) "?target=" (encoded(target)) } {
            (visitor::csrf())
            input type="hidden" name="target" value=(target);
            label for="sql" { "Statement for " strong { (target) } }
            textarea #sql name="sql" rows="8" spellcheck="false" autocomplete="off" required { (sql) }
            button type="submit" { "Run" }
        }
        @match &outcome {
            None => {},
            Some(Ok(report)) => (rows(report)),
            Some(Err(problem)) => (refused(problem, sql)),
        }
    };
    let mut response = layout::page(&frame(site, target), "Query console", &body);
    *response.status_mut() = status;
    response
}

fn rows(report: &QueryReport) -> Markup {
    let columns: Vec<&str> = report
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let rows: Vec<Vec<Markup>> = report
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|value| match value {
                    Some(value) => html! { (value) },
                    None => html! { span.quiet { "null" } },
                })
                .collect()
        })
        .collect();
    html! {
        section aria-label="Answer" {
            h2 { (report.rows.len()) @if report.rows.len() == 1 { " row" } @else { " rows" } }
            p.quiet { "in " (duration(report.ms)) "; what is in them is content of others" }
            @match report.truncated_by {
                Some(Truncated::Rows) => p { strong { "There are more rows than these." } " Ask for fewer, or for a sum of them." },
                Some(Truncated::Bytes) => p { strong { "The answer is larger than this." } " Ask for fewer columns." },
                None => {},
            }
            (table("Rows", &columns, &rows, "No row."))
        }
    }
}

/// Why it was refused, with the place in the statement.
fn refused(problem: &Problem, sql: &str) -> Markup {
    let line = problem.line.and_then(|line| {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        sql.lines().nth(at)
    });
    let column = problem.column.unwrap_or(1).saturating_sub(1) as usize;
    html! {
        h2 { @if problem.kind == "refused" { "Refused: nothing ran" } @else { "It did not work" } }
        (problem_box(problem))
        @if let Some(line) = line {
            pre tabindex="0" { (line) "\n" (" ".repeat(column.min(line.chars().count()))) "^" }
        }
        @if problem.kind == "refused" {
            p.quiet { code { "oneroof explain " (problem.code.as_deref().unwrap_or("CODE")) } " tells why this rule is there." }
        }
    }
}
