//! `oneroof approve`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oneroof_engine::approve::{self, ApprovalScreen, ApproveOptions, SignedApproval};
use oneroof_model::gate::{Act, Age, Decision};
use serde_json::json;

use super::Session;
use super::arguments::{MigrationsOptions, PackageArgument, ParamsOption, TargetOption};
use crate::env;
use crate::exit::Exit;
use crate::ui::error::InputError;
use crate::ui::record;
use crate::ui::table::Table;

/// Say yes or no to a release, with your own key
///
/// Shows on one screen what is approved, where, how far, how it is undone, what it is no leave for, and until when.
/// Then it asks; every answer but the whole word is HOLD, and nothing is signed. The decision is a file in
/// approvals/, signed by `ssh-keygen -Y sign` (keys in the agent and FIDO keys too), which anybody can check with
/// `ssh-keygen -Y verify` and the list that `oneroof policy export` writes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof approve one-roof --target production\n  \
    oneroof approve one-roof --target production --decision approve --reason \"reviewed with the data office\" --key ~/.ssh/id_ed25519\n  \
    oneroof approve one-roof --target production --decision reject --reason \"the freeze begins on Friday\"\n  \
    oneroof approve one-roof --target production --revoke 20261121T150644Z-one-roof-ada-01a1fea53e46 --reason \"new facts\"")]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    /// The rehearsal to rest on [default: the newest that counts]
    #[arg(long, value_name = "FOLDER")]
    evidence: Option<String>,
    /// Approve the rollback of the release instead
    #[arg(long, conflicts_with = "through")]
    rollback: bool,
    /// Approve only the tiers up to this one (its id or label)
    #[arg(long, value_name = "TIER")]
    through: Option<String>,
    /// Decide without being asked
    #[arg(long, value_name = "DECISION")]
    decision: Option<DecisionWord>,
    /// Why; it is part of what is signed
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How long it is valid: 30min, 12h, 7d [default: 7d, or less if the policy says so]
    #[arg(long, value_name = "TIME", value_parser = Age::parse)]
    valid_for: Option<Age>,
    /// Your SSH key: a private key, or a .pub whose private half is in the agent [default: the first in ~/.ssh]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Take back an approval of yours: its name, its file, or its digest
    #[arg(long, value_name = "APPROVAL", conflicts_with_all = ["decision", "evidence", "rollback", "through", "valid_for"])]
    revoke: Option<String>,
    #[command(flatten)]
    params: ParamsOption,
    #[command(flatten)]
    migrations: MigrationsOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DecisionWord {
    /// It may be done
    Approve,
    /// It must not be done; one no is enough
    Reject,
    /// Decide nothing
    Hold,
}

pub(crate) async fn run(args: &ApproveArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session
        .context_and_package_of_gate(&args.package, &args.target, args.rollback, &args.migrations)
        .await?;
    let printer = &session.printer;
    if let Some(word) = &args.revoke {
        let reason = args.reason.as_deref().unwrap_or("no reason was given");
        let revoked = approve::revoke(&context, word, reason, &key(args)?)?;
        printer.report(&revoked, |revoked| {
            format!(
                "the approval of {} is taken back: {}",
                revoked.approver, revoked.file
            )
        })?;
        return Ok(Exit::Ok);
    }
    let options = ApproveOptions {
        rollback: args.rollback,
        through: args.through.clone(),
        evidence: args.evidence.clone(),
        valid_for: args.valid_for,
        params: args.params.params.clone(),
    };
    let screen = approve::screen(&context, &package, &args.target.target, &options).await?;
    if !printer.is_json() {
        printer.data(&text(&screen))?;
    }
    let decision = match args.decision {
        Some(word) => word,
        None => ask(&screen, session)?,
    };
    let decision = match decision {
        DecisionWord::Approve => Decision::Approve,
        DecisionWord::Reject => Decision::Reject,
        DecisionWord::Hold => {
            let held = json!({ "screen": screen, "decision": "hold" });
            printer.report(&held, |_| "HOLD: nothing was signed".to_owned())?;
            return Ok(Exit::Ok);
        }
    };
    let reason = match (&args.reason, decision) {
        (Some(reason), _) => reason.clone(),
        (None, Decision::Approve) => "approved as shown".to_owned(),
        (None, Decision::Reject) => {
            return Err(InputError::new(
                "reject without a reason",
                "say why with --reason \"…\": it is part of what is signed",
            )
            .into());
        }
    };
    let signed = approve::sign(&context, &screen, decision, &reason, &key(args)?)?;
    let report = json!({ "screen": screen, "decision": decision, "signed": signed });
    printer.report(&report, |_| signed_text(&signed))?;
    Ok(Exit::Ok)
}

fn key(args: &ApproveArgs) -> anyhow::Result<PathBuf> {
    match &args.key {
        Some(key) => Ok(key.clone()),
        None => Ok(approve::usual_key(&env::home().unwrap_or_default())?),
    }
}

/// Asks on the terminal. Nobody there, or any other word, is HOLD.
fn ask(screen: &ApprovalScreen, session: &Session) -> anyhow::Result<DecisionWord> {
    if !screen.not_approvable.is_empty() {
        session
            .printer
            .talk("this cannot be approved now; `--decision reject --reason …` says no");
        return Ok(DecisionWord::Hold);
    }
    let answer = session
        .printer
        .ask("Type `approve` or `reject`; anything else is HOLD [HOLD]: ")?;
    Ok(match answer.as_deref().map(str::trim) {
        Some("approve") => DecisionWord::Approve,
        Some("reject") => DecisionWord::Reject,
        _ => DecisionWord::Hold,
    })
}

fn signed_text(signed: &SignedApproval) -> String {
    let word = match signed.decision {
        Decision::Approve => "yes",
        Decision::Reject => "no",
    };
    format!(
        "{word} of {} ({}) is signed with {}\nfile   {}\ndigest {}\nvalid until {}",
        signed.approver, signed.level, signed.key, signed.file, signed.digest, signed.expires_at
    )
}

fn text(screen: &ApprovalScreen) -> String {
    let gate = &screen.gate;
    let target = &gate.target;
    let act = match gate.act {
        Act::Apply => "APPLY",
        Act::Rollback => "ROLL BACK",
    };
    let mut text = format!("{act} {}: {}\n\n", gate.package, screen.summary);
    let _ = writeln!(
        text,
        "where            `{}`: database {} at {}:{}, class {}\n                 cluster {}, OID {}, ledger {}",
        target.name,
        target.database_name,
        target.shown.host,
        target.shown.port,
        gate.class,
        target.system_identifier.as_deref().unwrap_or("unknown"),
        target.database_oid,
        target.genesis.as_deref().unwrap_or("none"),
    );
    let _ = writeln!(
        text,
        "package digest   {}\nparameter digest {}",
        gate.package_digest, gate.params_digest
    );
    match &gate.verdict.evidence {
        Some(evidence) => {
            let _ = writeln!(
                text,
                "rehearsed in     {}\nevidence digest  {}\nproposed by      {}",
                evidence.name,
                evidence.digest,
                evidence.proposer.as_deref().unwrap_or("nobody")
            );
        }
        None => text.push_str("rehearsed in     nothing\n"),
    }
    let _ = writeln!(text, "valid until      {}\n", screen.expires_at);
    let mut table = Table::new(["tier", "role", "what", "definitions", "rows written"]);
    for tier in &screen.tiers {
        let name = record::name(tier.label.as_deref(), &tier.tier);
        let role = tier.role.as_deref().unwrap_or("(apply role)");
        let effects = tier.effects.as_ref();
        let definitions = effects.map_or_else(
            || "not rehearsed".to_owned(),
            oneroof_model::Effects::objects_in_words,
        );
        let rows = effects.map(record::rows_written).unwrap_or_default();
        table.row([&name, role, &tier.summary, &definitions, &rows]);
    }
    let _ = writeln!(text, "{}", table.text());
    let locks = screen.tiers.iter().map(|tier| {
        (
            record::name(tier.label.as_deref(), &tier.tier),
            tier.locks.as_slice(),
        )
    });
    match record::locks(locks) {
        Some(locks) => {
            let _ = writeln!(text, "locks that it held in the rehearsal\n{locks}");
        }
        None => text.push_str(
            "locks            none that readers or writers of existing tables wait for\n",
        ),
    }
    let figures: String = screen
        .figures
        .iter()
        .map(|(name, value)| format!("\n  {name} {value}"))
        .collect();
    let list = |title: &str, items: &[String]| match items.is_empty() {
        true => String::new(),
        false => format!(
            "\n{title}\n{}",
            items
                .iter()
                .map(|item| format!("  - {item}\n"))
                .collect::<String>()
        ),
    };
    if !figures.is_empty() {
        let _ = writeln!(text, "\nfigures of the target now{figures}");
    }
    let irreversible: Vec<String> = screen
        .tiers
        .iter()
        .filter_map(|tier| Some(format!("{}: {}", tier.tier, tier.irreversible.as_ref()?)))
        .collect();
    text.push_str(&list("cannot be undone", &irreversible));
    text.push_str(&list(
        "how it is undone, as the rehearsal proved it",
        &screen.way_back,
    ));
    text.push_str(&list(
        "what the rehearsal did not cover",
        &screen.not_covered,
    ));
    text.push_str(&list("what it rests on", &screen.inputs));
    text.push_str(&list("a yes is no leave for", &screen.does_not_authorise));
    text.push_str(&list("this cannot be approved now", &screen.not_approvable));
    for line in &gate.verdict.quorum {
        let _ = writeln!(
            text,
            "\n{} of {} yes of level {} are there{}",
            line.given_by.len(),
            line.needed,
            line.level,
            match line.given_by.is_empty() {
                true => String::new(),
                false => format!(": {}", line.given_by.join(", ")),
            }
        );
    }
    text
}
