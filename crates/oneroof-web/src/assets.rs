//! The style sheet, the icon and the two scripts, inside the binary. Their addresses bear their digest, so that a browser may keep
//! them for ever and never shows a page in the clothes of another version.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use oneroof_model::Digest;

const STYLE: &str = include_str!("assets/oneroof.css");
const ICON: &str = include_str!("assets/oneroof.svg");
const FOLLOW: &str = include_str!("assets/follow.js");
const PASSKEY: &str = include_str!("assets/passkey.js");
const FOR_EVER: &str = "public, max-age=31536000, immutable";

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("oneroof", "css", STYLE));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| path("oneroof", "svg", ICON));

static FOLLOW_PATH: LazyLock<String> = LazyLock::new(|| path("follow", "js", FOLLOW));

static PASSKEY_PATH: LazyLock<String> = LazyLock::new(|| path("passkey", "js", PASSKEY));

/// Where the script is that asks for passkeys.
pub(crate) fn passkey_path() -> &'static str {
    &PASSKEY_PATH
}

/// Where the script is that follows what goes on.
pub(crate) fn follow_path() -> &'static str {
    &FOLLOW_PATH
}

/// Where the style sheet is.
pub(crate) fn style_path() -> &'static str {
    &STYLE_PATH
}

/// Where the icon is.
pub(crate) fn icon_path() -> &'static str {
    &ICON_PATH
}

fn path(name: &str, ending: &str, text: &str) -> String {
    let digest = Digest::of(text.as_bytes()).to_string();
    let short = digest.get(..12).unwrap_or_default();
    format!("/assets/{name}-{short}.{ending}")
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, FOR_EVER),
        ],
        text,
    )
}

/// Routes of all.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            style_path(),
            get(async || asset("text/css; charset=utf-8", STYLE)),
        )
        .route(icon_path(), get(async || asset("image/svg+xml", ICON)))
        .route(
            follow_path(),
            get(async || asset("text/javascript; charset=utf-8", FOLLOW)),
        )
        .route(
            passkey_path(),
            get(async || asset("text/javascript; charset=utf-8", PASSKEY)),
        )
        .route("/favicon.ico", get(async || asset("image/svg+xml", ICON)))
}
