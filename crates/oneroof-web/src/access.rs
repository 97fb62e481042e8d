//! What a request must be before it is heard, and what every answer says to the browser.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::layout::{self, Frame};
use crate::origin::{self, Origin};
use crate::problem::Problem;
use crate::routes::REQUEST_BYTES_MAX;
use crate::view::API;

/// Names of this machine for itself.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// No script, nothing from elsewhere (a diagram is its own address), in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// On a page that follows what goes on: one script of ours, which asks us alone.
pub(crate) const LIVE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// On a page where a passkey signs: one script of ours, which asks nobody.
pub(crate) const SCRIPT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What is said with every answer.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Once TLS, always TLS.
const TLS_FROM_NOW_ON: &str = "max-age=31536000";

/// By which names we may be called.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    all: Arc<Vec<String>>,
    secure: bool,
    origins: Arc<Vec<Origin>>,
}

impl Names {
    /// Loopback names, and these.
    pub(crate) fn new(others: &[String], secure: bool) -> Names {
        let all = LOOPBACK_NAMES.map(str::to_owned).into_iter();
        let others = others.iter().map(|name| without_port(name));
        let all = all.chain(others.map(str::to_ascii_lowercase));
        Names {
            all: Arc::new(all.collect()),
            secure,
            origins: Arc::default(),
        }
    }

    /// The addresses at which passkeys can be used.
    pub(crate) fn with_origins(self, origins: Vec<Origin>) -> Names {
        Names {
            origins: Arc::new(origins),
            ..self
        }
    }

    /// At which of our addresses is this browser?
    fn origin(&self, headers: &HeaderMap) -> Option<Origin> {
        let host = headers.get(header::HOST)?.to_str().ok()?;
        let mut all = self.origins.iter();
        all.find(|origin| origin.is_at(host)).cloned()
    }

    /// A page of another site can make a browser send a request here under a name of its own (DNS rebinding); what
    /// it calls us gives it away.
    fn admit_host(&self, headers: &HeaderMap) -> bool {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.all.contains(&without_port(host).to_ascii_lowercase()))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// A form of another site must not act here: browsers say where a request comes from.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => ["same-origin", "none"].contains(&site),
        (None, Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, origin)| origin == host),
        // No browser.
        (None, None, _) => true,
        (None, Some(_), None) => false,
    }
}

/// Hears a request only if it is meant for us.
pub(crate) async fn check(State(names): State<Names>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_api = request.uri().path().starts_with(API);
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let refused = if !names.admit_host(headers) {
        Some(
            Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                "refused",
                "this dashboard is not known by the name in the address",
            )
            .hint("open it by localhost, or start it with --host NAME"),
        )
    } else if !reads && !is_from_here(headers) {
        Some(Problem::new(
            StatusCode::FORBIDDEN,
            "refused",
            "the form was sent by a page of another site",
        ))
    } else {
        None
    };
    let mut response = match refused {
        Some(problem) if is_api => problem.json(),
        Some(problem) => layout::problem(&Frame::nowhere(), &problem),
        None => {
            let origin = names.origin(headers);
            origin::scope(origin, next.run(request)).await
        }
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if names.secure {
        let value = HeaderValue::from_static(TLS_FROM_NOW_ON);
        let _ = response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

/// The answer where there is no page.
pub(crate) async fn nothing_here(request: Request) -> Response {
    let path = request.uri().path();
    let problem = Problem::missing(format!("there is nothing at {path}"));
    match path.starts_with(API) {
        true => problem
            .hint("the API is described in /api/v1/openapi.json")
            .json(),
        false => layout::problem(&Frame::nowhere(), &problem),
    }
}

/// Errors below the API are JSON, also those that our libraries answer with: a wrong method, a request that is too
/// long, a panic.
pub(crate) async fn errors_in_json(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with(API);
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content = response.headers().get(header::CONTENT_TYPE);
    let is_json = content.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_api || !is_error || is_json {
        return response;
    }
    let problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "input",
            "this address does not take this method; the header Allow names those that it takes",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            status,
            "input",
            format!("the request is longer than {REQUEST_BYTES_MAX} bytes"),
        ),
        status if status.is_client_error() => Problem::new(
            status,
            "input",
            status
                .canonical_reason()
                .unwrap_or("refused")
                .to_lowercase(),
        ),
        _ => panic_problem(),
    };
    let mut answer = problem.json();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            let _ = answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

fn panic_problem() -> Problem {
    Problem::internal("this page has a fault of its own")
        .hint("what happened is on stderr of `oneroof serve`; please report it")
}

/// The answer to a panic of ours: the process goes on.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    layout::problem(&Frame::nowhere(), &panic_problem()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_names_of_ours_are_heard() {
        let names = Names::new(&["Tools.example".to_owned()], false);
        for good in [
            "localhost",
            "localhost:7400",
            "127.0.0.1:1",
            "[::1]:7400",
            "[::1]",
            "TOOLS.example:443",
        ] {
            assert!(names.admit_host(&headers(&[("host", good)])), "{good}");
        }
        for bad in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil",
            "",
        ] {
            assert!(!names.admit_host(&headers(&[("host", bad)])), "{bad}");
        }
        assert!(!names.admit_host(&HeaderMap::new()));
    }

    #[test]
    fn forms_of_other_sites_are_not_heard() {
        let host = ("host", "localhost:7400");
        for good in [
            vec![host],
            vec![host, ("sec-fetch-site", "same-origin")],
            vec![host, ("origin", "http://localhost:7400")],
        ] {
            assert!(is_from_here(&headers(&good)), "{good:?}");
        }
        for bad in [
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("origin", "http://localhost:7401")],
            vec![host, ("origin", "null")],
            vec![("origin", "http://localhost:7400")],
        ] {
            assert!(!is_from_here(&headers(&bad)), "{bad:?}");
        }
    }
}
