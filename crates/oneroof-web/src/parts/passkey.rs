//! Forms that a passkey fills in, and what came with them.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use maud::{Markup, html};
use oneroof_engine::passkey::{self, Assertion, PasskeyFault};

use crate::access::SCRIPT_POLICY;
use crate::assets;
use crate::fields::Fields;
use crate::problem::Problem;

/// The fields that a script fills in.
const MADE: [&str; 2] = ["authenticator_data", "client_data"];
const SIGNED: [&str; 4] = [
    "credential",
    "authenticator_data",
    "client_data",
    "assertion",
];

/// What a passkey is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    /// To come into being.
    Make,
    /// To sign.
    Sign,
}

/// A form that the script shows and fills in: where it goes, for which site, which passkeys may answer (all of the site
/// if none is named), what is signed, and what else is in it.
pub(crate) fn form(
    (ceremony, action): (Ceremony, &str),
    rp_id: &str,
    credentials: &[&str],
    challenge: &[u8],
    within: &Markup,
) -> Markup {
    let (word, filled) = match ceremony {
        Ceremony::Make => ("make", &MADE[..]),
        Ceremony::Sign => ("sign", &SIGNED[..]),
    };
    html! {
        form.decide method="post" action=(action) hidden data-passkey=(word) data-rp=(rp_id)
            data-credentials=(credentials.join(" ")) data-challenge=(passkey::base64url(challenge)) {
            @for name in filled { input type="hidden" name=(name); }
            (within)
            p.quiet role="status" {}
        }
    }
}

/// Said where no script runs, or where the browser knows no passkeys.
pub(crate) fn without(what: &str) -> Markup {
    html! { p.nothing data-without-passkeys="" { "A passkey needs a script, and a browser that knows passkeys. " (what) } }
}

/// The script itself.
pub(crate) fn script() -> Markup {
    html! { script src=(assets::passkey_path()) defer {} }
}

/// Lets a page run it.
pub(crate) fn with_script(mut response: Response) -> Response {
    let policy = HeaderValue::from_static(SCRIPT_POLICY);
    let _ = response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Bytes of a field.
pub(crate) fn bytes(fields: &Fields, name: &str) -> Result<Vec<u8>, Problem> {
    passkey::from_base64url(fields.get(name)).map_err(|fault| refused(&fault))
}

/// What a passkey signed; `None` if the form was not filled in by one.
pub(crate) fn assertion(fields: &Fields) -> Result<Option<Assertion>, Problem> {
    if fields.get("assertion").is_empty() {
        return Ok(None);
    }
    Ok(Some(Assertion {
        authenticator_data: bytes(fields, "authenticator_data")?,
        client_data: bytes(fields, "client_data")?,
        signature: bytes(fields, "assertion")?,
    }))
}

/// What a passkey gave and does not count.
pub(crate) fn refused(fault: &PasskeyFault) -> Problem {
    Problem::input(format!("what the passkey gave {fault}"))
        .hint("open the page again and sign from there")
}

/// Where passkeys cannot be used.
pub(crate) fn not_here() -> Problem {
    Problem::input("passkeys cannot be used at this address").hint(
        "browsers know passkeys of a name, over TLS or on localhost: open http://localhost:PORT/, or the name that `oneroof serve --host` has",
    )
}
