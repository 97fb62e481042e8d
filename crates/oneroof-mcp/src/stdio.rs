//! The protocol on stdin and stdout, for a client that starts this process. Talk goes to stderr.

use rmcp::ServiceExt as _;
use rmcp::transport::stdio;

use crate::server::Server;

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The client did not begin as the protocol wants it, or went away before.
    #[error("begin the protocol on stdin: {0}")]
    Begin(String),
    /// The task that serves ended with a fault.
    #[error("serve on stdin: {0}")]
    Serve(String),
}

/// Serves one client until it closes stdin.
///
/// # Errors
/// See [`StdioError`].
pub async fn serve_stdio(server: Server) -> Result<(), StdioError> {
    let running = server
        .serve(stdio())
        .await
        .map_err(|error| StdioError::Begin(error.to_string()))?;
    running
        .waiting()
        .await
        .map_err(|error| StdioError::Serve(error.to_string()))?;
    Ok(())
}
