//! `oneroof serve`.

mod certificate;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use oneroof_engine::context::Context;
use oneroof_engine::sign_in::Keyring;
use oneroof_web::{DoorOptions, ListenError, ListenOptions, Site, SiteOptions};
use serde::Serialize;

use super::Session;
use crate::exit::Exit;
use crate::ui::error::InputError;

/// Show the project in a browser: status, releases, rehearsals, coverage, drift, and a read-only console
///
/// Pages are made here and need no script; each has a twin in JSON below /api/v1, described by
/// /api/v1/openapi.json. Nothing is changed in a database: pages use the `read` role of each target, and one that may
/// do what a read-only channel must not is refused (role-dangerous, see `oneroof doctor`).
///
/// On a loopback address nobody signs in. Any other address needs tokens (`oneroof serve token add`), and TLS here or
/// in a proxy before it.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    oneroof serve\n  \
    oneroof serve --listen 127.0.0.1:0 --json\n  \
    oneroof serve --target production --target staging\n  \
    oneroof serve token add ada --role approver\n  \
    oneroof serve --listen 0.0.0.0:7443 --host tools.example --tls-cert cert.pem --tls-key key.pem\n  \
    oneroof serve --behind-proxy --host tools.example"
)]
pub(crate) struct ServeArgs {
    #[command(subcommand)]
    command: Option<ServeCommand>,
    /// Listen here; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7400")]
    listen: SocketAddr,
    /// Target that is shown; more than one may be named [default: all of oneroof.toml with a `read` connection, and
    /// the kept clones]
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Name by which browsers reach it, besides loopback names: what the Host header may say
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Certificate, PEM, with those that lead to a known authority; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy before it speaks TLS with browsers, and says in X-Forwarded-For who asks; people sign in
    #[arg(long)]
    behind_proxy: bool,
    /// People sign in on a loopback address too, which everybody with an account on this machine can reach
    #[arg(long)]
    sign_in: bool,
    /// Statements of the console at one time on each target
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    slots: u8,
}

#[derive(Debug, Subcommand)]
enum ServeCommand {
    Token(token::TokenArgs),
}

/// What is said when it listens.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    url: &'a str,
    targets: &'a [String],
}

pub(crate) async fn run(args: &ServeArgs, session: &Session) -> anyhow::Result<Exit> {
    if let Some(ServeCommand::Token(args)) = &args.command {
        return token::run(args, session);
    }
    let is_loopback = args.listen.ip().is_loopback();
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificates), Some(key)) => {
            Some(certificate::watched(certificates, key, &session.printer)?)
        }
        _ => None,
    };
    if !is_loopback && tls.is_none() && !args.behind_proxy {
        return Err(no_tls(args.listen).into());
    }
    let context = session.project()?.context(&session.printer);
    let keyring = match !is_loopback || args.behind_proxy || args.sign_in {
        true => Some(Keyring::open(&context)?),
        false => None,
    };
    let site = SiteOptions {
        targets: args.target.clone(),
        slots: usize::from(args.slots),
    };
    let listen = ListenOptions {
        address: args.listen,
        hosts: args.host.clone(),
        door: DoorOptions {
            keyring,
            secure: tls.is_some() || args.behind_proxy,
            behind_proxy: args.behind_proxy,
        },
        tls,
    };
    listen_until_dropped(context, &site, listen, session).await
}

/// Opens the dashboard on a project.
pub(super) async fn listen_until_dropped(
    context: Context,
    site: &SiteOptions,
    listen: ListenOptions,
    session: &Session,
) -> anyhow::Result<Exit> {
    let site = Site::open(context, site).await?;
    let targets = site.targets();
    let printer = &session.printer;
    let ready = |url: &str| {
        let ready = Ready {
            url,
            targets: &targets,
        };
        // A closed pipe does not keep anybody from looking.
        let _ = printer.report(&ready, |ready| {
            format!("{} shows {}", ready.url, ready.targets.join(", "))
        });
        printer.talk("Ctrl-C ends it");
    };
    match oneroof_web::serve(site, listen, ready).await {
        Err(ListenError::Tls(error)) => Err(InputError::new(
            match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
            "--tls-cert and --tls-key are PEM files that belong together",
        )
        .into()),
        Err(ListenError::Engine(error)) => Err(error.into()),
        Err(ListenError::Listen { address, source }) => Err(InputError::new(
            format!("listen on {address}: {source}"),
            "another port: --listen 127.0.0.1:0 takes one that is free",
        )
        .into()),
        ended => ended.map(|()| Exit::Ok).context("serve the dashboard"),
    }
}

fn no_tls(address: SocketAddr) -> InputError {
    InputError::new(
        format!("listen on {address} without TLS: it is no loopback, so others could read along"),
        "name a certificate (--tls-cert, --tls-key), or a proxy that has one (--behind-proxy); or listen on 127.0.0.1:7400 and reach it through a tunnel: ssh -L 7400:127.0.0.1:7400 HOST",
    )
}
