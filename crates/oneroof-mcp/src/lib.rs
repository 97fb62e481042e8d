//! The MCP server of oneroof: tools that look at everything and change nothing.
//!
//! Every tool calls one verb of the engine that only reads; a tool can do no more than the command of the same name.
//! What a tool gives comes from databases and files of other people, and is marked as data that is not to be obeyed.

mod access;
mod answer;
mod http;
mod paging;
mod server;
mod stdio;
mod tools;

pub use http::{HttpError, HttpOptions, serve_http};
pub use server::{Server, ServerOptions};
pub use stdio::{StdioError, serve_stdio};
