//! The page where people sign in, and the way out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use serde::Deserialize;

use crate::door::{Door, Outside};
use crate::fields::Fields;
use crate::layout::{self, Frame, problem_box};
use crate::problem::Problem;

/// Where it is.
pub(crate) const PATH: &str = "/sign-in";

/// Where to go then.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

/// Both ways.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    Router::new()
        .route(PATH, get(page).post(sign_in))
        .route("/sign-out", post(sign_out))
        .with_state(door)
}

/// A page of ours: a path, and nothing that a browser takes for another host.
fn within(next: &str) -> &str {
    let is_ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !next.starts_with(PATH);
    if is_ours { next } else { "/" }
}

async fn page(
    State(door): State<Arc<Door>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let next = asked.map(|Query(asked)| asked.next).unwrap_or_default();
    match door.is_locked() {
        true => shown(within(&next), None),
        false => Redirect::to(within(&next)).into_response(),
    }
}

fn shown(next: &str, outside: Option<&Outside>) -> Response {
    let problem = outside.map(Outside::problem);
    let body = html! {
        @if let Some(problem) = &problem { (problem_box(problem)) }
        form.decide method="post" action=(PATH) {
            input type="hidden" name="next" value=(next);
            label for="token" { "Your token" }
            input #token type="password" name="token" required autocomplete="current-password" spellcheck="false";
            button type="submit" { "Sign in" }
        }
        p.quiet { "Whoever runs this dashboard makes tokens: " code { "oneroof serve token add NAME --role viewer" } }
    };
    let mut response = layout::alone("Sign in", &body);
    if let Some(problem) = &problem {
        *response.status_mut() = problem.status;
    }
    if let Some(Outside::TooOften(seconds)) = outside {
        let _ = response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}

async fn sign_in(
    State(door): State<Arc<Door>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = match Fields::read(&headers, body).await {
        Ok(fields) => fields,
        Err(problem) => return layout::problem(&Frame::nowhere(), &problem),
    };
    let next = within(fields.get("next"));
    match door.sign_in(fields.get("token"), door.peer(&headers, peer)) {
        Ok(cookie) => with_cookie(&cookie, next),
        Err(outside) => shown(next, Some(&outside)),
    }
}

async fn sign_out(State(door): State<Arc<Door>>, headers: HeaderMap) -> Response {
    with_cookie(&door.sign_out(&headers), PATH)
}

fn with_cookie(cookie: &str, next: &str) -> Response {
    let Ok(cookie) = HeaderValue::from_str(cookie) else {
        let problem = Problem::internal("a cookie cannot be written");
        return layout::problem(&Frame::nowhere(), &problem);
    };
    let mut response = Redirect::to(next).into_response();
    let headers = response.headers_mut();
    let _ = headers.insert(header::SET_COOKIE, cookie);
    let _ = headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    debug_assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn nobody_is_led_elsewhere() {
        assert_eq!(within("/drift?severity=warning"), "/drift?severity=warning");
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/sign-in?next=/sign-in",
        ] {
            assert_eq!(within(bad), "/", "{bad}");
        }
    }
}
