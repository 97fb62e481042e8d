//! The door: who asks, whether they may, and whether the form that they send is one of ours. Where only this machine
//! reaches the dashboard nobody signs in; the rest of it holds there too.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use oneroof_engine::error::EngineError;
use oneroof_engine::passkey::Assertion;
use oneroof_engine::sign_in::{self, Keyring, NotLetIn};
use oneroof_model::{DashboardDeed, DashboardRole, Digest};

use crate::attempts::Attempts;
use crate::challenges::Challenges;
use crate::fields::Fields;
use crate::layout::{self, Frame};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::routes::REQUEST_BYTES_MAX;
use crate::sessions::Sessions;
use crate::sign_in::PATH as SIGN_IN;
use crate::streams::Client;
use crate::view::API;
use crate::visitor::{self, CSRF_FIELD, Visitor};

/// What a session's request to the API says instead of a field.
const CSRF_HEADER: &str = "x-csrf-token";

/// How people come in.
pub struct DoorOptions {
    /// Who may sign in; `None`: nobody needs to, for only this machine reaches us.
    pub keyring: Option<Keyring>,
    /// Does the browser speak TLS, with us or with the proxy before us?
    pub secure: bool,
    /// Does a proxy before us say who asks?
    pub behind_proxy: bool,
}

/// The door.
pub(crate) struct Door {
    keyring: Option<Keyring>,
    sessions: Sessions,
    attempts: Attempts,
    challenges: Challenges,
    secure: bool,
    behind_proxy: bool,
    /// Who sits at this machine.
    local: Arc<Visitor>,
}

/// Why nobody came in.
pub(crate) enum Outside {
    /// They did not say who they are.
    Unknown,
    /// What they said is wrong.
    Wrong,
    /// What their passkey gave does not count, and why.
    Passkey(String),
    /// They tried too often, and wait for so many seconds.
    TooOften(u64),
}

impl Door {
    pub(crate) fn new(options: DoorOptions) -> Result<Door, EngineError> {
        Ok(Door {
            keyring: options.keyring,
            sessions: Sessions::default(),
            attempts: Attempts::default(),
            challenges: Challenges::new()?,
            secure: options.secure,
            behind_proxy: options.behind_proxy,
            local: Arc::new(Visitor {
                signed_in: None,
                csrf: sign_in::secret()?,
            }),
        })
    }

    /// A browser takes a cookie of this name from this very host alone, and only over TLS.
    fn cookie_name(&self) -> &'static str {
        match self.secure {
            true => "__Host-oneroof",
            false => "oneroof",
        }
    }

    fn cookie(&self, value: &str, more: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.cookie_name();
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
    }

    fn secret<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(header::COOKIE).iter();
        cookies
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, value)| (name == self.cookie_name()).then_some(value))
    }

    fn who(&self, token: &Digest) -> Option<(String, DashboardRole)> {
        let seen = self.keyring.as_ref()?.who(token)?;
        Some((seen.name, seen.role))
    }

    /// Begins a session for who has this token; gives its cookie.
    pub(crate) fn sign_in(&self, token: &str, peer: IpAddr) -> Result<String, Outside> {
        self.attempts.admit(peer).map_err(Outside::TooOften)?;
        let digest = Digest::of(token.trim().as_bytes());
        if self.who(&digest).is_none() {
            self.attempts.failed(peer);
            return Err(Outside::Wrong);
        }
        self.begin(digest)
    }

    /// What a passkey signs to come in at this address; `None` if nobody is let in with one there.
    pub(crate) fn challenge(&self, origin: &Origin) -> Option<Vec<u8>> {
        let keyring = self.keyring.as_ref()?;
        let fresh = self.challenges.fresh().ok();
        fresh.filter(|_| keyring.has_passkeys(&origin.text))
    }

    /// Begins a session for whoever's passkey signed a challenge of ours; gives its cookie.
    pub(crate) fn sign_in_with_passkey(
        &self,
        credential: &str,
        origin: &Origin,
        challenge: &[u8],
        assertion: &Assertion,
        peer: IpAddr,
    ) -> Result<String, Outside> {
        self.attempts.admit(peer).map_err(Outside::TooOften)?;
        let refused = |why: String| {
            self.attempts.failed(peer);
            Outside::Passkey(why)
        };
        let Some(keyring) = &self.keyring else {
            return Err(Outside::Unknown);
        };
        if !self.challenges.take(challenge) {
            let why = "signed a challenge that is over, or was used, or is not ours";
            return Err(refused(why.to_owned()));
        }
        match keyring.who_signed(credential, &origin.text, challenge, assertion) {
            Ok(digest) => self.begin(digest),
            Err(NotLetIn::Refused(why)) => Err(refused(why)),
            Err(NotLetIn::Copied { digest, why }) => {
                // Who came first may be the thief.
                self.sessions.end_of(&digest);
                Err(refused(why))
            }
        }
    }

    fn begin(&self, digest: Digest) -> Result<String, Outside> {
        let (Ok(secret), Ok(csrf)) = (sign_in::secret(), sign_in::secret()) else {
            return Err(Outside::Unknown);
        };
        self.sessions.begin(&secret, digest, csrf);
        Ok(self.cookie(&secret, ""))
    }

    /// Ends the session of a request; gives the cookie that takes its place.
    pub(crate) fn sign_out(&self, headers: &HeaderMap) -> String {
        if let Some(secret) = self.secret(headers) {
            self.sessions.end(secret);
        }
        self.cookie("", "; Max-Age=0")
    }

    /// Must people sign in here?
    pub(crate) fn is_locked(&self) -> bool {
        self.keyring.is_some()
    }

    /// Where a request comes from: what a declared proxy said last, else the other end.
    pub(crate) fn peer(&self, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
        let said = headers.get_all("x-forwarded-for").iter().next_back();
        let said = said.and_then(|said| said.to_str().ok());
        let last = said.and_then(|said| said.rsplit(',').next());
        let last = last.and_then(|last| last.trim().parse().ok());
        last.filter(|_| self.behind_proxy).unwrap_or(peer.ip())
    }

    /// Who asks, and whether they came with a cookie, which a browser sends along whoever made the form.
    fn visitor(&self, headers: &HeaderMap, peer: IpAddr) -> Result<(Arc<Visitor>, Came), Outside> {
        if !self.is_locked() {
            return Ok((Arc::clone(&self.local), Came::AsLocal));
        }
        let bearer = headers.get(header::AUTHORIZATION);
        let bearer = bearer.and_then(|value| value.to_str().ok()?.split_once(' '));
        if let Some((_, token)) = bearer.filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer")) {
            self.attempts.admit(peer).map_err(Outside::TooOften)?;
            let Some(who) = self.who(&Digest::of(token.trim().as_bytes())) else {
                self.attempts.failed(peer);
                return Err(Outside::Wrong);
            };
            let visitor = Visitor {
                signed_in: Some(who),
                csrf: String::new(),
            };
            return Ok((Arc::new(visitor), Came::WithToken));
        }
        let secret = self.secret(headers).ok_or(Outside::Unknown)?;
        let still = |digest: &Digest| {
            let seen = self.keyring.as_ref()?.still(digest)?;
            Some((seen.name, seen.role))
        };
        let visitor = self.sessions.find(secret, still);
        visitor
            .map(|visitor| (visitor, Came::WithCookie))
            .ok_or(Outside::Unknown)
    }
}

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    AsLocal,
    WithToken,
    WithCookie,
}

/// What a request is about to do.
fn deed(method: &Method, path: &str) -> DashboardDeed {
    let reads = [Method::GET, Method::HEAD].contains(method);
    let path = path.strip_prefix(API).unwrap_or(path);
    match path {
        _ if reads => DashboardDeed::Look,
        "/query" => DashboardDeed::Ask,
        "/sign-out" => DashboardDeed::Look,
        // To wish is not to decide.
        "/passkeys/wish" => DashboardDeed::Look,
        // Whatever else changes something is a decision.
        _ => DashboardDeed::Decide,
    }
}

/// Hears a request only from who may make it.
pub(crate) async fn check(
    State(door): State<Arc<Door>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let is_api = path.starts_with(API);
    if path.starts_with("/assets/") || path == "/favicon.ico" || path == SIGN_IN {
        return next.run(request).await;
    }
    let peer = door.peer(request.headers(), peer);
    let (visitor, came) = match door.visitor(request.headers(), peer) {
        Ok(known) => known,
        Err(outside) => return outside.answer(&request),
    };
    let deed = deed(request.method(), &path);
    let refused = |problem: Problem| match is_api {
        true => problem.json(),
        false => layout::problem(&Frame::nowhere(), &problem),
    };
    let work = async {
        if !visitor.may(deed) {
            let needed = deed.role().as_str();
            return refused(
                Problem::new(
                    StatusCode::FORBIDDEN,
                    "refused",
                    format!("this needs role `{needed}`"),
                )
                .hint(format!(
                    "ask for a token with it: `oneroof serve token add NAME --role {needed}`"
                )),
            );
        }
        match of_ours(&visitor, came, is_api, request).await {
            Ok(mut request) => {
                let _ = request.extensions_mut().insert(Client(peer));
                next.run(request).await
            }
            Err(problem) => refused(problem),
        }
    };
    visitor::scope(Arc::clone(&visitor), work).await
}

/// A request that changes something must bear what only a page of ours knows.
async fn of_ours(
    visitor: &Visitor,
    came: Came,
    is_api: bool,
    request: Request,
) -> Result<Request, Problem> {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(request);
    }
    let foreign = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "refused",
            "the form does not bear the sign of this dashboard",
        )
        .hint("open the page again and send the form from there")
    };
    if is_api {
        let sign = request.headers().get(CSRF_HEADER);
        let is_ours = sign.is_some_and(|sign| sign.as_bytes() == visitor.csrf.as_bytes());
        // Whoever shows a token, or sits here with a program, was not led here by a page of somebody else: a browser
        // sends JSON to another site only after asking, and is told no.
        return match came == Came::WithCookie && !is_ours {
            true => Err(foreign()),
            false => Ok(request),
        };
    }
    let (head, body) = request.into_parts();
    let body: Bytes = to_bytes(body, REQUEST_BYTES_MAX).await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "input",
            "the form is too long",
        )
    })?;
    let fields = Fields::read(&head.headers, body.clone()).await?;
    match !visitor.csrf.is_empty() && fields.get(CSRF_FIELD) == visitor.csrf {
        true => Ok(Request::from_parts(head, Body::from(body))),
        false => Err(foreign()),
    }
}

impl Outside {
    /// What is said to whoever asked for something.
    fn answer(&self, request: &Request) -> Response {
        let uri = request.uri();
        let is_api = uri.path().starts_with(API);
        let mut response = match (self, is_api) {
            (_, true) => self.problem().json(),
            (Outside::TooOften(_), false) => layout::problem(&Frame::nowhere(), &self.problem()),
            (_, false) => {
                let reads = request.method() == Method::GET;
                let wanted = uri.path_and_query().filter(|_| reads);
                let wanted = wanted.map_or("/", |wanted| wanted.as_str());
                Redirect::to(&format!("{SIGN_IN}?next={}", layout::encoded(wanted))).into_response()
            }
        };
        let headers = response.headers_mut();
        match self {
            Outside::TooOften(seconds) => {
                let _ = headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Outside::Unknown | Outside::Wrong | Outside::Passkey(_) if is_api => {
                let challenge = HeaderValue::from_static("Bearer realm=\"oneroof\"");
                let _ = headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Outside::Unknown | Outside::Wrong | Outside::Passkey(_) => {}
        }
        response
    }

    /// The same in words.
    pub(crate) fn problem(&self) -> Problem {
        let unauthorized =
            |message: &str| Problem::new(StatusCode::UNAUTHORIZED, "refused", message);
        match self {
            Outside::Unknown => {
                unauthorized("sign in first").hint("Authorization: Bearer TOKEN, or /sign-in")
            }
            Outside::Wrong => unauthorized("this token is not known, or not any more")
                .hint("`oneroof serve token list` shows whose tokens are taken"),
            Outside::Passkey(why) => unauthorized(&format!("this passkey does not let you in: it {why}"))
                .hint("open the page again, or sign in with a token; `oneroof serve token list` shows who comes in with a passkey"),
            Outside::TooOften(seconds) => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "refused",
                "too many attempts to sign in failed",
            )
            .hint(format!("wait {seconds} seconds")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(secure: bool, behind_proxy: bool) -> Door {
        let keyring = None;
        Door::new(DoorOptions {
            keyring,
            secure,
            behind_proxy,
        })
        .unwrap()
    }

    #[test]
    fn cookies_are_as_strict_as_the_connection_allows() {
        let cookie = door(true, false).cookie("x", "");
        assert_eq!(
            cookie,
            "__Host-oneroof=x; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        let open = door(false, false);
        assert_eq!(
            open.cookie("x", ""),
            "oneroof=x; Path=/; HttpOnly; SameSite=Strict"
        );
        let mut headers = HeaderMap::new();
        let _ = headers.append(header::COOKIE, "a=1; oneroof=2".parse().unwrap());
        assert_eq!(open.secret(&headers), Some("2"));
        assert_eq!(door(true, false).secret(&headers), None);
    }

    #[test]
    fn only_a_declared_proxy_is_believed() {
        let peer: SocketAddr = "192.0.2.1:1".parse().unwrap();
        let mut headers = HeaderMap::new();
        let said = "203.0.113.9, 198.51.100.7";
        let _ = headers.append("x-forwarded-for", said.parse().unwrap());
        let at = |door: Door| door.peer(&headers, peer).to_string();
        assert_eq!(at(door(true, false)), "192.0.2.1");
        // What the client made up stands before what the proxy saw.
        assert_eq!(at(door(true, true)), "198.51.100.7");
    }

    #[test]
    fn whatever_changes_something_needs_a_role() {
        for (method, path, needed) in [
            (Method::GET, "/query", DashboardDeed::Look),
            (Method::POST, "/query", DashboardDeed::Ask),
            (Method::POST, "/api/v1/query", DashboardDeed::Ask),
            (Method::POST, "/approve/signed", DashboardDeed::Decide),
            (Method::DELETE, "/anything", DashboardDeed::Decide),
            (Method::POST, "/sign-out", DashboardDeed::Look),
            (Method::POST, "/passkeys/wish", DashboardDeed::Look),
            (Method::POST, "/passkeys/signed", DashboardDeed::Decide),
        ] {
            assert_eq!(deed(&method, path), needed, "{method} {path}");
        }
    }
}
