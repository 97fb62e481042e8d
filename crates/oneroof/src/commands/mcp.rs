//! `oneroof mcp`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use oneroof_mcp::{HttpError, HttpOptions, Server, ServerOptions, serve_http, serve_stdio};

use super::Session;
use crate::exit::Exit;
use crate::ui::error::InputError;

/// A token that is shorter can be guessed.
const TOKEN_CHARACTERS_MIN: usize = 20;

/// Serve AI agents over MCP: tools that look at everything and change nothing
///
/// Speaks the Model Context Protocol on stdin and stdout, for a client that starts this process; with `--http` it
/// listens. Tools: query_pg (read-only SQL, as `oneroof query`), status, gate, coverage, drift, runs, evidence,
/// search_knowledge, list_documents, get_document. The
/// `read` role of each target is looked at first: one that may do what a read-only channel must not is refused
/// (role-dangerous, see `oneroof doctor`).
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof mcp --target production\n  \
    oneroof mcp --target production --http 127.0.0.1:7300\n  \
    oneroof mcp --http 10.0.0.5:7300 --token-file mcp.token --host db-tools.example --target production")]
pub(crate) struct McpArgs {
    /// Target that is served; more than one may be named [default: all of oneroof.toml with a `read` connection]
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Listen here instead (streamable HTTP at /mcp); port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,
    /// File whose first line is the bearer token of every request; needed unless the address is a loopback
    #[arg(long, value_name = "FILE", requires = "http")]
    token_file: Option<PathBuf>,
    /// Name by which clients reach the server, besides loopback names: what the Host header may say
    #[arg(long, value_name = "NAME", requires = "http")]
    host: Vec<String>,
    /// Page that may ask, with scheme and port: what the Origin header may say. No page may by default
    #[arg(long, value_name = "URL", requires = "http")]
    origin: Vec<String>,
    /// Statements at one time on each target
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    slots: u8,
}

pub(crate) async fn run(args: &McpArgs, session: &Session) -> anyhow::Result<Exit> {
    let token = args.token_file.as_deref().map(token).transpose()?;
    if let Some(address) = args.http
        && token.is_none()
        && !address.ip().is_loopback()
    {
        return Err(no_token(address).into());
    }
    let context = session.project()?.context(&session.printer);
    let options = ServerOptions {
        targets: args.target.clone(),
        principal: context.operator.clone(),
        slots: usize::from(args.slots),
    };
    let server = Server::open(context, &options).await?;
    let served = server.targets().join(", ");
    let Some(address) = args.http else {
        session
            .printer
            .talk(&format!("serving {served} on stdin and stdout"));
        serve_stdio(server).await.context("serve MCP")?;
        return Ok(Exit::Ok);
    };
    let options = HttpOptions {
        address,
        token,
        hosts: args.host.clone(),
        origins: args.origin.clone(),
    };
    let printer = &session.printer;
    let ready = |url: &str| printer.talk(&format!("serving {served} at {url}; Ctrl-C ends it"));
    match serve_http(server, &options, ready).await {
        Err(HttpError::NoToken(address)) => Err(no_token(address).into()),
        ended => ended.map(|()| Exit::Ok).context("serve MCP"),
    }
}

fn no_token(address: SocketAddr) -> InputError {
    InputError::new(
        format!("listen on {address} without a token: it is no loopback, so others could ask"),
        "write a long random word into a file that only you may read, and name it with --token-file",
    )
}

fn token(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        InputError::new(
            format!("read the token in `{}`: {error}", file.display()),
            "name a file whose first line is the token",
        )
    })?;
    let token = text.lines().next().unwrap_or_default().trim();
    if token.chars().count() < TOKEN_CHARACTERS_MIN {
        return Err(InputError::new(
            format!(
                "use the token in `{}`: it has fewer than {TOKEN_CHARACTERS_MIN} characters",
                file.display()
            ),
            "make one that nobody guesses: openssl rand -hex 32 > mcp.token",
        )
        .into());
    }
    Ok(token.to_owned())
}
