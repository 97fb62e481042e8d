//! The page on which somebody signs a file of ours: with a passkey here, or with an SSH key elsewhere.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use oneroof_engine::enrolment::PasskeySeen;
use oneroof_engine::passkey as engine;

use super::passkey::{self, Ceremony};
use crate::fields::Fields;
use crate::origin;
use crate::problem::Problem;
use crate::visitor;

/// What is signed, and where the signature goes.
pub(crate) struct ToSign<'a> {
    /// The file, byte for byte.
    pub(crate) text: &'a str,
    /// What is signed under.
    pub(crate) namespace: &'a str,
    /// What the file is called where it is taken to: `approval.json`
    pub(crate) file: &'a str,
    /// Where the signature goes.
    pub(crate) action: &'a str,
    /// What the form says besides.
    pub(crate) fields: &'a [(&'a str, &'a str)],
    /// What its button says.
    pub(crate) button: &'a str,
}

/// Files that are taken along.
const FILES: [&str; 3] = ["approval.json", "enrolment.json", "revocation.json"];

impl ToSign<'_> {
    fn hidden(&self) -> Markup {
        html! {
            (visitor::csrf())
            @for (name, value) in self.fields { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="text" value=(self.text);
        }
    }

    /// The button for a passkey.
    pub(crate) fn with_passkey(&self, by: &PasskeySeen) -> Result<Markup, Problem> {
        let challenge = engine::challenge(self.namespace, self.text.as_bytes())
            .map_err(|fault| passkey::refused(&fault))?;
        let within = html! {
            (self.hidden())
            input type="hidden" name="key" value=(by.key);
            button type="submit" { (self.button) " with the passkey of " (by.person) }
        };
        let form = passkey::form(
            (Ceremony::Sign, self.action),
            &by.rp_id,
            &[&by.credential],
            &challenge,
            &within,
        );
        Ok(html! {
            p { "What the passkey signs is this file, byte for byte: passkey " code { (by.name) } ", " code { (by.fingerprint) } ", of " (by.person) ", " (by.level) "." }
            (passkey::without("Go back, and sign with an SSH key."))
            (form)
            (passkey::script())
            (self.inside())
        })
    }

    /// The steps for an SSH key.
    pub(crate) fn with_ssh(&self) -> Markup {
        html! {
            ol.steps {
                li {
                    "Take the file along, as it is:"
                    form method="post" action="/approve/file" {
                        (visitor::csrf())
                        input type="hidden" name="name" value=(self.file);
                        input type="hidden" name="text" value=(self.text);
                        button type="submit" { "Download " (self.file) }
                    }
                }
                li {
                    "Sign it with your key:"
                    pre tabindex="0" { "ssh-keygen -Y sign -n " (self.namespace) " -f ~/.ssh/id_ed25519 " (self.file) }
                }
                li {
                    form.decide method="post" action=(self.action) enctype="multipart/form-data" {
                        (self.hidden())
                        label for="file" { "Bring " code { (self.file) ".sig" } ":" }
                        input #file type="file" name="file" accept=".sig,text/plain";
                        label for="signature" { "or what is in it:" }
                        textarea #signature name="signature" rows="8" spellcheck="false" autocomplete="off" {}
                        button type="submit" { (self.button) }
                    }
                }
            }
            (self.inside())
        }
    }

    fn inside(&self) -> Markup {
        html! { details { summary { "What is in the file" } pre tabindex="0" { (self.text) } } }
    }
}

/// The question with what somebody signs: a passkey that can be used here, or an SSH key.
pub(crate) fn choice(passkeys: &[PasskeySeen]) -> Markup {
    html! {
        @if !passkeys.is_empty() {
            label for="passkey" { "Sign with" }
            select #passkey name="passkey" {
                option value="" { "an SSH key" }
                @for one in passkeys {
                    option value=(one.credential) { "the passkey of " (one.person) ", " (one.level) ": " (one.name) }
                }
            }
        }
    }
}

/// A browser writes line ends of its own into what a form sends; the file has none but these.
pub(crate) fn as_written(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The signature that a form brings: what a passkey gave, a file, or its text.
pub(crate) fn brought(fields: &Fields, namespace: &str, text: &str) -> Result<String, Problem> {
    if let Some(assertion) = passkey::assertion(fields)? {
        let here = origin::current().ok_or_else(passkey::not_here)?;
        let key = fields.get("key");
        return engine::armored(key, &here.text, namespace, text.as_bytes(), &assertion)
            .map_err(|fault| passkey::refused(&fault));
    }
    // Who brings the file need not paste it.
    let brought = ["file", "signature"].map(|name| fields.get(name));
    let brought = brought.into_iter().find(|one| !one.trim().is_empty());
    brought.map(as_written).ok_or_else(|| {
        Problem::input("there is no signature: neither a passkey's, nor a file, nor its text")
            .hint("bring the `.sig` file, which `ssh-keygen` wrote")
    })
}

/// The file to take along.
pub(crate) fn download(name: &str, text: &str) -> Response {
    let name = FILES.into_iter().find(|known| *known == name);
    let name = name.unwrap_or(FILES[0]);
    (
        [
            (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        as_written(text),
    )
        .into_response()
}
