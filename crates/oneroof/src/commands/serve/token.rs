//! `oneroof serve token add | list | revoke`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use oneroof_engine::sign_in::{self, NewToken, TokenSeen};
use oneroof_model::DashboardRole;

use super::Session;
use crate::exit::Exit;
use crate::ui::table::Table;

/// Make, list and end the tokens with which people sign in
///
/// Where the dashboard can be reached from elsewhere it lets in only who has a token. Roles: viewer looks; approver
/// also keeps signed decisions; operator also asks the query console. No role applies a release there.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    Add(AddArgs),
    List(ListArgs),
    Revoke(RevokeArgs),
}

/// Make a token, or let a passkey in; a token is shown once, and only its digest is kept, in .oneroof/sign-in.json
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  oneroof serve token add ada --role approver --days 30\n  \
    oneroof serve token add ada --role approver --passkey enrolments/20261122T101500Z-ada-01a1fea53e46.json"
)]
struct AddArgs {
    /// Whose it is
    #[arg(value_name = "NAME")]
    name: String,
    /// What they may do
    #[arg(long, value_name = "ROLE", value_parser = role())]
    role: DashboardRole,
    /// Days until it ends
    #[arg(long, value_name = "NUMBER", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// Let them in with the passkey of this wish (enrolments/NAME.json, made on the page /passkeys) instead of a token
    #[arg(long, value_name = "FILE")]
    passkey: Option<PathBuf>,
}

/// List whose tokens are taken, and until when
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof serve token list")]
struct ListArgs {}

/// End a token: who is signed in with it is signed out at once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof serve token revoke ada")]
struct RevokeArgs {
    /// Whose it is
    #[arg(value_name = "NAME")]
    name: String,
}

fn role() -> impl TypedValueParser<Value = DashboardRole> {
    let names = DashboardRole::ALL.map(DashboardRole::as_str);
    PossibleValuesParser::new(names).try_map(|name| {
        DashboardRole::named(&name).ok_or_else(|| format!("there is no role `{name}`"))
    })
}

pub(super) fn run(args: &TokenArgs, session: &Session) -> anyhow::Result<Exit> {
    let printer = &session.printer;
    let context = session.project()?.context(printer);
    match &args.command {
        TokenCommand::Add(args) => {
            if let Some(wish) = &args.passkey {
                let let_in =
                    sign_in::add_passkey(&context, &args.name, args.role, args.days, wish)?;
                printer.report(&let_in, |one| {
                    format!(
                        "{}, {}, comes in with a passkey at {} until {}",
                        one.name,
                        one.role.as_str(),
                        one.passkey_at.as_deref().unwrap_or("-"),
                        one.ends_at
                    )
                })?;
                return Ok(Exit::Ok);
            }
            let made = sign_in::add(&context, &args.name, args.role, args.days)?;
            printer.report(&made, added_text)?;
            printer.talk("nobody can show it again");
        }
        TokenCommand::List(ListArgs {}) => {
            printer.report(&sign_in::list(&context)?, |tokens| list_text(tokens))?;
        }
        TokenCommand::Revoke(args) => {
            let gone = sign_in::revoke(&context, &args.name)?;
            printer.report(&gone, |gone| {
                format!("{} is not let in any more", gone.name)
            })?;
        }
    }
    Ok(Exit::Ok)
}

fn added_text(made: &NewToken) -> String {
    let NewToken { seen, token } = made;
    format!(
        "{token}\n{}, {}, until {}",
        seen.name,
        seen.role.as_str(),
        seen.ends_at
    )
}

fn list_text(tokens: &[TokenSeen]) -> String {
    if tokens.is_empty() {
        return "no tokens".to_owned();
    }
    let mut table = Table::new(["name", "role", "shows", "made", "ends"]);
    for token in tokens {
        let end = match token.is_over {
            true => format!("{}, over", token.ends_at),
            false => token.ends_at.clone(),
        };
        table.row([
            token.name.as_str(),
            token.role.as_str(),
            token
                .passkey_at
                .as_deref()
                .map_or("a token", |_| "a passkey"),
            &token.made_at,
            &end,
        ]);
    }
    table.text()
}
