//! Who may talk to the server over HTTP: the holder of the token.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use oneroof_model::Digest;

/// The token that a request must bear; `None`: nobody asks.
#[derive(Clone)]
pub(crate) struct Access {
    token: Option<Digest>,
}

impl Access {
    /// Keeps the digest of the token only.
    pub(crate) fn new(token: Option<&str>) -> Access {
        Access {
            token: token.map(|token| Digest::of(token.as_bytes())),
        }
    }

    /// Digests are compared, so that the time says nothing about the token.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok());
        let bearer = given.and_then(|value| value.split_once(' '));
        bearer.is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && Digest::of(given.trim().as_bytes()) == *token
        })
    }
}

/// Refuses requests without the token.
pub(crate) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    if access.admits(request.headers()) {
        return next.run(request).await;
    }
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"oneroof\"")];
    (
        StatusCode::UNAUTHORIZED,
        challenge,
        "this server wants a bearer token\n",
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_of_the_token_is_admitted() {
        let with = |value: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            }
            headers
        };
        let access = Access::new(Some("secret"));
        assert!(access.admits(&with(Some("Bearer secret"))));
        assert!(access.admits(&with(Some("bearer secret"))));
        for wrong in [
            None,
            Some("secret"),
            Some("Bearer "),
            Some("Bearer secre"),
            Some("Basic secret"),
        ] {
            assert!(!access.admits(&with(wrong)), "{wrong:?}");
        }
        assert!(Access::new(None).admits(&with(None)));
    }
}
