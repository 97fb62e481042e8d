//! Who may sign in to the dashboard where it can be reached from elsewhere: tokens, each with a name and a role.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use oneroof_model::gate::Passkey;
use oneroof_model::{DashboardRole, Digest, nearest};
use serde::Serialize;

use crate::clock;
use crate::context::Context;
use crate::error::EngineError;
use crate::passkey::{self, Assertion};
use crate::policy;
use crate::store::enrolments;
use crate::store::passkey_counters::{self, Counted};
use crate::store::sign_in_tokens::{self, KeptToken};

/// What tokens begin with, so that people and scanners for leaked secrets know one when they see it.
const BEGIN: &str = "oneroof_";
const NAME_CHARACTERS_MAX: usize = 64;

/// A token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenSeen {
    /// Whose it is.
    pub name: String,
    /// What they may do.
    pub role: DashboardRole,
    /// UTC.
    pub made_at: String,
    /// UTC; from then on it is not taken.
    pub ends_at: String,
    /// Is it past that time?
    pub is_over: bool,
    /// Where their passkey signs, if it is one and no token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passkey_at: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Serialize)]
pub struct NewToken {
    /// What is kept of it.
    #[serde(flatten)]
    pub seen: TokenSeen,
    /// The token; nobody can show it again.
    pub token: String,
}

/// Random bytes as 64 hexadecimal digits.
///
/// # Errors
/// The system has no source of chance.
pub fn secret() -> Result<String, EngineError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| EngineError::other(format!("get random bytes: {error}")))?;
    Ok(Digest::of(&bytes).to_string())
}

/// Makes a token.
///
/// # Errors
/// A name that is none, or that has a token already; a file that cannot be written.
pub fn add(
    context: &Context,
    name: &str,
    role: DashboardRole,
    days: u32,
) -> Result<NewToken, EngineError> {
    let token = format!("{BEGIN}{}", secret()?);
    let seen = keep(
        context,
        name,
        role,
        days,
        Digest::of(token.as_bytes()),
        None,
    )?;
    Ok(NewToken { seen, token })
}

/// Lets somebody in with the passkey of a wish that they made on the dashboard (`enrolments/NAME.json`), instead of
/// with a token. Whether they are an approver is the policy's to say; here they may only look, or more, by their role.
///
/// # Errors
/// As [`add`]; a file that is no wish, or a passkey that could never sign.
pub fn add_passkey(
    context: &Context,
    name: &str,
    role: DashboardRole,
    days: u32,
    wish: &Path,
) -> Result<TokenSeen, EngineError> {
    let passkey = enrolments::open(wish)?.wish.passkey;
    policy::passkey_fits(&passkey).map_err(|fault| EngineError::input(fault, None))?;
    let digest = Digest::of(passkey.key.as_str().as_bytes());
    keep(context, name, role, days, digest, Some(passkey))
}

fn keep(
    context: &Context,
    name: &str,
    role: DashboardRole,
    days: u32,
    sha256: Digest,
    passkey: Option<Passkey>,
) -> Result<TokenSeen, EngineError> {
    let is_part = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX || !name.chars().all(is_part) {
        return Err(EngineError::input(
            format!("make a token for `{name}`"),
            format!("a name has letters, digits and . _ @ + -, at most {NAME_CHARACTERS_MAX}"),
        ));
    }
    let file = sign_in_tokens::file(&context.root);
    let mut tokens = sign_in_tokens::read(&file)?;
    if tokens.iter().any(|token| token.name == name) {
        return Err(EngineError::input(
            format!("make a token for `{name}`: there is one"),
            format!("`oneroof serve token revoke {name}` ends it"),
        ));
    }
    let now = clock::instant();
    let kept = KeptToken {
        name: name.to_owned(),
        role,
        sha256,
        passkey,
        made_at: written(now),
        ends_at: written(now + TimeDelta::days(days.into())),
    };
    let seen = seen(&kept);
    tokens.push(kept);
    sign_in_tokens::write(&file, tokens)?;
    Ok(seen)
}

/// The tokens, without the tokens.
///
/// # Errors
/// A file that cannot be read.
pub fn list(context: &Context) -> Result<Vec<TokenSeen>, EngineError> {
    let tokens = sign_in_tokens::read(&sign_in_tokens::file(&context.root))?;
    Ok(tokens.iter().map(seen).collect())
}

/// Ends a token: who is signed in with it is signed out.
///
/// # Errors
/// No such token.
pub fn revoke(context: &Context, name: &str) -> Result<TokenSeen, EngineError> {
    let file = sign_in_tokens::file(&context.root);
    let mut tokens = sign_in_tokens::read(&file)?;
    let Some(place) = tokens.iter().position(|token| token.name == name) else {
        let names = tokens.iter().map(|token| token.name.as_str());
        return Err(EngineError::input(
            format!("find the token of `{name}`"),
            match nearest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`oneroof serve token list` shows them".to_owned(),
            },
        ));
    };
    let gone = tokens.remove(place);
    sign_in_tokens::write(&file, tokens)?;
    Ok(seen(&gone))
}

/// Why somebody is not let in with a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLetIn {
    /// What it gave does not count.
    Refused(String),
    /// It counts no more than it did before: there are two of it, and either may be the thief's.
    Copied {
        /// The digest under which its sessions began.
        digest: Digest,
        /// What it counted.
        why: String,
    },
}

/// Knows tokens when it sees them, as the file is now.
pub struct Keyring {
    root: PathBuf,
    file: PathBuf,
    read: Mutex<Option<Reading>>,
}

/// The file, as it was read.
struct Reading {
    /// When the file was written, and how long it is.
    state: Option<(SystemTime, u64)>,
    tokens: Vec<KeptToken>,
}

impl Keyring {
    /// The tokens of a project.
    ///
    /// # Errors
    /// A file that cannot be read; no token that is still taken: nobody could sign in.
    pub fn open(context: &Context) -> Result<Keyring, EngineError> {
        if !list(context)?.iter().any(|token| !token.is_over) {
            return Err(EngineError::input(
                "let anybody sign in: there is no token that is still taken".to_owned(),
                "make one: `oneroof serve token add NAME --role viewer`".to_owned(),
            ));
        }
        Ok(Keyring::of(&context.root))
    }

    pub(crate) fn of(root: &Path) -> Keyring {
        Keyring {
            root: root.to_owned(),
            file: sign_in_tokens::file(root),
            read: Mutex::new(None),
        }
    }

    /// Whose token has this digest; `None` if nobody's, or if it was revoked or is over. A passkey is no token: its
    /// public key opens nothing.
    pub fn who(&self, digest: &Digest) -> Option<TokenSeen> {
        self.find(|kept| kept.passkey.is_none() && kept.sha256 == *digest)
            .map(|kept| seen(&kept))
    }

    /// Who began a session with the token or the passkey of this digest, if they are still let in.
    pub fn still(&self, digest: &Digest) -> Option<TokenSeen> {
        self.find(|kept| kept.sha256 == *digest)
            .map(|kept| seen(&kept))
    }

    /// Is anybody let in with a passkey at this origin?
    pub fn has_passkeys(&self, origin: &str) -> bool {
        let at = |kept: &KeptToken| {
            kept.passkey
                .as_ref()
                .is_some_and(|one| one.origin == origin)
        };
        self.find(at).is_some()
    }

    /// Whose passkey signed this challenge at this origin: the digest under which a session begins. What its
    /// authenticator counts is kept; one that counts back is not let in.
    ///
    /// # Errors
    /// Why it is nobody's.
    pub fn who_signed(
        &self,
        credential: &str,
        origin: &str,
        challenge: &[u8],
        assertion: &Assertion,
    ) -> Result<Digest, NotLetIn> {
        let mine = |kept: &KeptToken| {
            let own = kept.passkey.as_ref();
            own.is_some_and(|own| own.credential == credential && own.origin == origin)
        };
        let unknown = || NotLetIn::Refused("is not let in here, or not any more".to_owned());
        let kept = self.find(mine).ok_or_else(unknown)?;
        let own = kept.passkey.ok_or_else(unknown)?;
        let counter = passkey::check(own.key.as_str(), origin, challenge, assertion)
            .map_err(|fault| NotLetIn::Refused(fault.to_string()))?;
        let digest = kept.sha256;
        match passkey_counters::count(&self.root, &digest, counter) {
            Ok(Counted::On) => Ok(digest),
            Ok(Counted::Back { last }) => Err(NotLetIn::Copied {
                digest,
                why: format!("counts {counter} after {last}: it may have been copied"),
            }),
            Err(error) => Err(NotLetIn::Refused(format!(
                "may have been copied, which cannot be known: failed to {error}"
            ))),
        }
    }

    fn find(&self, wanted: impl Fn(&KeptToken) -> bool) -> Option<KeptToken> {
        let facts = std::fs::metadata(&self.file).ok();
        let state = facts.and_then(|facts| Some((facts.modified().ok()?, facts.len())));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref().is_none_or(|read| read.state != state) {
            // A file that cannot be read knows nobody.
            *read = Some(Reading {
                state,
                tokens: sign_in_tokens::read(&self.file).unwrap_or_default(),
            });
        }
        let tokens = read.as_ref().map_or(&[][..], |read| &read.tokens);
        let found = tokens
            .iter()
            .find(|token| wanted(token) && !seen(token).is_over)?;
        Some(found.clone())
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn seen(token: &KeptToken) -> TokenSeen {
    let end = DateTime::parse_from_rfc3339(&token.ends_at);
    TokenSeen {
        name: token.name.clone(),
        role: token.role,
        made_at: token.made_at.clone(),
        ends_at: token.ends_at.clone(),
        // A time that cannot be read is over.
        is_over: end.map_or(true, |end| end <= clock::instant()),
        passkey_at: token.passkey.as_ref().map(|passkey| passkey.origin.clone()),
    }
}
