//! The page where people sign in, and the way out.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use oneroof_engine::passkey::Assertion;
use serde::Deserialize;

use crate::door::{Door, Outside};
use crate::fields::Fields;
use crate::layout::{self, Frame, problem_box};
use crate::origin;
use crate::parts::passkey::{self, Ceremony};
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
        true => shown(&door, within(&next), None),
        false => Redirect::to(within(&next)).into_response(),
    }
}

fn shown(door: &Door, next: &str, outside: Option<&Outside>) -> Response {
    let here = origin::current();
    let passkey = here.and_then(|here| Some((door.challenge(&here)?, here.rp_id)));
    let problem = outside.map(Outside::problem);
    let body = html! {
        @if let Some(problem) = &problem { (problem_box(problem)) }
        form.decide method="post" action=(PATH) {
            input type="hidden" name="next" value=(next);
            label for="token" { "Your token" }
            input #token type="password" name="token" required autocomplete="current-password" spellcheck="false";
            button type="submit" { "Sign in" }
        }
        @if let Some((challenge, rp_id)) = &passkey {
            @let within = html! {
                input type="hidden" name="next" value=(next);
                input type="hidden" name="challenge" value=(oneroof_engine::passkey::base64url(challenge));
                button type="submit" { "Sign in with a passkey" }
            };
            (passkey::form((Ceremony::Sign, PATH), rp_id, &[], challenge, &within))
            (passkey::script())
        }
        p.quiet { "Whoever runs this dashboard makes tokens: " code { "oneroof serve token add NAME --role viewer" } }
    };
    let mut response = layout::alone("Sign in", &body);
    if passkey.is_some() {
        response = passkey::with_script(response);
    }
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
    let peer = door.peer(&headers, peer);
    let let_in = match passkey::assertion(&fields) {
        Ok(None) => door.sign_in(fields.get("token"), peer),
        Ok(Some(assertion)) => with_passkey(&door, &fields, &assertion, peer),
        Err(problem) => Err(Outside::Passkey(problem.message.clone())),
    };
    match let_in {
        Ok(cookie) => with_cookie(&cookie, next),
        Err(outside) => shown(&door, next, Some(&outside)),
    }
}

fn with_passkey(
    door: &Door,
    fields: &Fields,
    assertion: &Assertion,
    peer: IpAddr,
) -> Result<String, Outside> {
    let here = origin::current();
    let here = here.ok_or_else(|| Outside::Passkey("cannot be used at this address".to_owned()))?;
    let challenge = passkey::bytes(fields, "challenge");
    let challenge = challenge.map_err(|problem| Outside::Passkey(problem.message.clone()))?;
    door.sign_in_with_passkey(fields.get("credential"), &here, &challenge, assertion, peer)
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
