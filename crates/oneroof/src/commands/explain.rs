//! `oneroof explain CODE`: the page of a refusal, a check rule or a rule of the guard.

use clap::Args;
use oneroof_model::nearest;
use serde::Serialize;

use super::Session;
use crate::exit::Exit;
use crate::ui::error::InputError;
use crate::ui::table::Table;

/// `(code, page)` of every file in `docs/errors/` and the folders of rules; written by `build.rs`.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Explain a refusal code or a check rule
///
/// Prints the page of a code: what it means, why it is so, what to do next. Without a code, lists
/// all of them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  oneroof explain gate-closed\n  oneroof explain")]
pub(crate) struct ExplainArgs {
    /// As printed behind `refused:`, or the name of a rule of `oneroof package check` or `oneroof
    /// guard check`
    code: Option<String>,
}

#[derive(Serialize)]
struct Page {
    code: &'static str,
    title: &'static str,
    text: &'static str,
}

pub(crate) fn run(args: &ExplainArgs, session: &Session) -> anyhow::Result<Exit> {
    let Some(code) = &args.code else {
        let pages: Vec<Page> = PAGES.iter().map(page).collect();
        session.printer.report(&pages, |pages| {
            let mut table = Table::new(["code", "meaning"]);
            for page in pages {
                // The first sentence is enough to choose by.
                let title = page.title.split_inclusive(". ").next().unwrap_or_default();
                table.row([page.code, title.trim_end()]);
            }
            table.text()
        })?;
        return Ok(Exit::Ok);
    };
    let Some(found) = PAGES.iter().find(|(known, _)| known == code) else {
        let hint = match nearest(code, PAGES.iter().map(|(code, _)| *code)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`oneroof explain` lists all codes".to_owned(),
        };
        return Err(InputError::new(format!("find the page of `{code}`"), hint).into());
    };
    session
        .printer
        .report(&page(found), |page| page.text.to_owned())?;
    Ok(Exit::Ok)
}

/// The title of a page is its first paragraph; its heading only repeats the code.
fn page((code, text): &(&'static str, &'static str)) -> Page {
    let is_prose =
        |line: &&str| !line.is_empty() && !line.starts_with('#') && !line.starts_with("Severity:");
    let title = text.lines().find(is_prose).unwrap_or_default();
    Page { code, title, text }
}
