//! `oneroof evidence list | show | verify | sign`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use oneroof_engine::evidence::{
    self, EvidenceFault, EvidenceSeen, EvidenceVerified, VerifyOptions,
};

use super::Session;
use crate::config::project::Project;
use crate::exit::Exit;
use crate::ui::error::{ErrorReport, InputError};
use crate::ui::style::{BAD, CAREFUL, GOOD, paint};
use crate::ui::table::Table;

/// Look at the evidence of rehearsals, check that it is as it was written, or sign it
#[derive(Debug, Args)]
pub(crate) struct EvidenceArgs {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
enum EvidenceCommand {
    List(ListArgs),
    Show(ShowArgs),
    Verify(VerifyArgs),
    Sign(SignArgs),
}

/// List the evidence of this project, the newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof evidence list\n  \
    oneroof evidence list --json | jq -r '.[] | select(.verdict == \"passed\").name'")]
struct ListArgs {}

/// Print the record of a rehearsal
///
/// For people its report.md, with --json its rehearsal.json. The sum of the record is checked before.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof evidence show 20261121T122408Z-one-roof-01a1fe10610a40bf\n  \
    oneroof evidence show evidence/20261121T122408Z-one-roof-01a1fe10610a40bf --json | jq .gaps")]
struct ShowArgs {
    /// Folder, or its name in evidence/
    #[arg(value_name = "FOLDER")]
    folder: String,
}

/// Check that evidence is as it was written, and who signed it
///
/// Works offline: no database, no project, nothing but the folder. Names each file that is missing, new
/// or changed, and where: the very byte if one was changed, else the lines. Checks that the files say the
/// same, and the signature. Exits 4 if something is wrong. Without --signers it tells whose key signed,
/// not whether that key may.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof evidence verify evidence/20261121T122408Z-one-roof-01a1fe10610a40bf\n  \
    oneroof evidence verify ./from-the-vendor --signers allowed_signers\n\n\
The same without oneroof, in that folder:\n  \
    sha256sum -c SHA256SUMS\n  \
    ssh-keygen -Y verify -n oneroof-evidence -f allowed_signers -I NAME -s SHA256SUMS.sig < SHA256SUMS")]
struct VerifyArgs {
    /// Folder, or its name in evidence/
    #[arg(value_name = "FOLDER")]
    folder: String,
    /// Who may have signed it, in OpenSSH's allowed_signers format; unsigned evidence then fails
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
}

/// Sign evidence that has no signature yet
///
/// Only evidence that is as it was written. Rehearsals sign by themselves where oneroof.toml names a key
/// ([runner] key).
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof evidence sign 20261121T122408Z-one-roof-01a1fe10610a40bf\n  \
    oneroof evidence sign ./evidence/20261121T122408Z-one-roof-01a1fe10610a40bf --key ~/.ssh/runner.pub")]
struct SignArgs {
    /// Folder, or its name in evidence/
    #[arg(value_name = "FOLDER")]
    folder: String,
    /// Private key, or a .pub whose private half is in ssh-agent [default: [runner] key of oneroof.toml]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(crate) async fn run(args: &EvidenceArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        EvidenceCommand::List(_) => {
            let context = session.project()?.context(&session.printer);
            let list = evidence::list(&context);
            session.printer.report(&list, |list| list_text(list))?;
            Ok(Exit::Ok)
        }
        EvidenceCommand::Show(args) => show(args, session),
        EvidenceCommand::Verify(args) => {
            let folder = folder(&args.folder, session)?;
            let options = VerifyOptions {
                signers: args.signers.clone(),
            };
            let report = evidence::verify(&folder, &options)?;
            let error = (!report.whole).then(|| error(&report));
            session
                .printer
                .report_with_error(&report, error, verify_text)
        }
        EvidenceCommand::Sign(args) => {
            let project = Project::find(session.project.as_deref(), &session.printer)?;
            let configured = project.and_then(|project| project.config.runner_key);
            let key = args.key.clone().or(configured).ok_or_else(|| {
                InputError::new(
                    "find a key to sign with",
                    "give --key FILE, or write [runner] key = \"FILE\" into oneroof.toml; `ssh-keygen -t ed25519` makes one",
                )
            })?;
            let signed = evidence::sign(&folder(&args.folder, session)?, &key)?;
            session.printer.report(&signed, |signed| {
                format!(
                    "signed: {}\nevidence digest {}, key {}",
                    signed.folder.display(),
                    signed.evidence_digest,
                    signed.fingerprint
                )
            })?;
            Ok(Exit::Ok)
        }
    }
}

/// The folder that is meant; a project is of use, and not needed.
fn folder(word: &str, session: &Session) -> anyhow::Result<PathBuf> {
    let project = match session.project.as_deref() {
        None if PathBuf::from(word).is_dir() => None,
        given => Project::find(given, &session.printer)?,
    };
    let root = project.as_ref().map(|project| project.root.as_path());
    Ok(evidence::folder(root, word)?)
}

fn show(args: &ShowArgs, session: &Session) -> anyhow::Result<Exit> {
    let shown = evidence::read(&folder(&args.folder, session)?)?;
    session
        .printer
        .report(&shown.record, |_| shown.report.clone())?;
    Ok(Exit::Ok)
}

fn list_text(list: &[EvidenceSeen]) -> String {
    if list.is_empty() {
        return "no evidence yet: `oneroof rehearse` makes it".to_owned();
    }
    let mut table = Table::new(["evidence", "package", "from", "verdict", "signed", "begun"]);
    for seen in list {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        table.row_of_words([
            seen.name.clone(),
            text(&seen.package),
            text(&seen.source),
            seen.problem.clone().unwrap_or_else(|| text(&seen.verdict)),
            if seen.signed { "yes" } else { "no" }.to_owned(),
            text(&seen.started_at),
        ]);
    }
    table.text()
}

fn verify_text(report: &EvidenceVerified) -> String {
    let mut text = String::new();
    if let Some(seen) = &report.rehearsal {
        let _ = writeln!(
            text,
            "rehearsal {} of {} on a clone of `{}`, begun {}: {}",
            seen.run_id, seen.package, seen.target, seen.started_at, seen.verdict
        );
    }
    let _ = writeln!(text, "{} files, {} bytes", report.files, report.bytes);
    if let Some(digest) = &report.evidence_digest {
        let _ = writeln!(text, "evidence digest {digest}");
    }
    let signature = &report.signature;
    let signed = match (signature.holds, &signature.fingerprint) {
        (true, Some(fingerprint)) => match &signature.signer {
            Some(signer) => format!("signed by {signer}, key {fingerprint}"),
            None => format!("signed with key {fingerprint}; whose it is, a list says (--signers)"),
        },
        _ => paint(
            CAREFUL,
            "not signed: whoever can write this folder could have made it",
        ),
    };
    let _ = writeln!(text, "{signed}");
    for doubt in &report.doubts {
        let _ = writeln!(text, "{} {doubt}", paint(CAREFUL, "strange:"));
    }
    let verdict = match report.whole {
        true => paint(GOOD, "WHOLE"),
        false => paint(BAD, "NOT WHOLE"),
    };
    let _ = writeln!(text, "{verdict}");
    text
}

fn error(report: &EvidenceVerified) -> ErrorReport {
    let count = report.faults.len();
    let faults = if count == 1 { "fault" } else { "faults" };
    let reasons = report.faults.iter().map(reason).collect();
    ErrorReport::failed(format!(
        "`{}` is not as it was written: {count} {faults}",
        report.folder.display()
    ))
    .with_reasons(reasons)
    .with_hint(
        "use it for nothing; rehearse again, or fetch the folder again from where it came"
            .to_owned(),
    )
}

fn reason(fault: &EvidenceFault) -> String {
    let mut text = format!("{}: {}", fault.place(), fault.message);
    if let Some(expected) = &fault.expected {
        let _ = write!(text, "\nexpected {expected}");
    }
    if let Some(seen) = &fault.seen {
        let _ = write!(text, "\nseen     {seen}");
    }
    text
}
