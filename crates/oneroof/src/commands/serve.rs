//! `oneroof serve`.

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Args;
use oneroof_engine::context::Context;
use oneroof_web::{ListenError, ListenOptions, Site, SiteOptions};
use serde::Serialize;

use super::Session;
use crate::exit::Exit;
use crate::ui::error::InputError;

/// Show the project in a browser: status, releases, rehearsals, coverage, drift, and a read-only console
///
/// Pages are made here and need no script; each has a twin in JSON below /api/v1, described by
/// /api/v1/openapi.json. Nothing is changed in a database: pages use the `read` role of each target, and one that may
/// do what a read-only channel must not is refused (role-dangerous, see `oneroof doctor`).
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof serve\n  \
    oneroof serve --listen 127.0.0.1:0 --json\n  \
    oneroof serve --target production --target staging")]
pub(crate) struct ServeArgs {
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
    /// Statements of the console at one time on each target
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    slots: u8,
}

/// What is said when it listens.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    url: &'a str,
    targets: &'a [String],
}

pub(crate) async fn run(args: &ServeArgs, session: &Session) -> anyhow::Result<Exit> {
    if !args.listen.ip().is_loopback() {
        return Err(no_sign_in(args.listen).into());
    }
    let context = session.project()?.context(&session.printer);
    let site = SiteOptions {
        targets: args.target.clone(),
        slots: usize::from(args.slots),
    };
    let listen = ListenOptions {
        address: args.listen,
        hosts: args.host.clone(),
    };
    listen_until_dropped(context, &site, &listen, session).await
}

/// Opens the dashboard on a project.
pub(super) async fn listen_until_dropped(
    context: Context,
    site: &SiteOptions,
    listen: &ListenOptions,
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
        Err(ListenError::NoSignIn(address)) => Err(no_sign_in(address).into()),
        Err(ListenError::Listen { address, source }) => Err(InputError::new(
            format!("listen on {address}: {source}"),
            "another port: --listen 127.0.0.1:0 takes one that is free",
        )
        .into()),
        ended => ended.map(|()| Exit::Ok).context("serve the dashboard"),
    }
}

fn no_sign_in(address: SocketAddr) -> InputError {
    InputError::new(
        format!("listen on {address} without sign-in: it is no loopback, so others could look"),
        "listen on a loopback address, 127.0.0.1:7400, and reach it through a tunnel: ssh -L 7400:127.0.0.1:7400 HOST",
    )
}
