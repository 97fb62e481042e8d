//! The policy of a target: who may open its gate. Written as TOML, kept in the target as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::age::Age;
use super::facts::Signer;
use crate::expression::Expression;
use crate::{TargetClass, TomlError};

/// What a target demands before its gate opens. `docs/reference/policy-toml.md` explains each key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Always 1.
    pub format: u32,
    /// Added by the adopt.
    pub class: Option<TargetClass>,
    /// How long an approval may be valid at most.
    #[serde(default = "fourteen_days")]
    pub approval_max_age: Age,
    /// How old the rehearsal may be at most.
    #[serde(default = "seven_days")]
    pub rehearsal_max_age: Age,
    /// Steps of the rehearsal that must have passed; empty for all that had something to do.
    #[serde(default)]
    pub required_steps: BTreeSet<u32>,
    /// Does evidence count whose clone did not hold every table whole?
    #[serde(default)]
    pub partial_clones: bool,
    /// Which packages need whose yes; the first rule that names the package holds.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// The humans.
    #[serde(default, rename = "approver")]
    pub approvers: Vec<Approver>,
    /// Who may sign evidence.
    #[serde(default, rename = "runner")]
    pub runners: Vec<Runner>,
    /// What else must be true, asked in the target.
    #[serde(default, rename = "condition")]
    pub conditions: Vec<Condition>,
}

fn fourteen_days() -> Age {
    Age::days(14)
}

fn seven_days() -> Age {
    Age::days(7)
}

/// `[[rule]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Names of packages; a `*` at the end stands for any text.
    pub packages: Vec<String>,
    /// How many approvals of each level.
    pub quorum: BTreeMap<Level, u32>,
}

/// `[[approver]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// The person.
    pub name: String,
    /// What their yes is worth.
    pub level: Level,
    /// Their public keys.
    #[serde(default)]
    pub keys: Vec<PublicKey>,
    /// Their passkeys.
    #[serde(default, rename = "passkey")]
    pub passkeys: Vec<Passkey>,
    /// Other names under which they propose releases, for example their login.
    #[serde(default)]
    pub also: Vec<String>,
}

/// `[[approver.passkey]]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// What they call it.
    pub name: String,
    /// Its public key in OpenSSH's words; the name of the site (rp id) is part of it.
    pub key: PublicKey,
    /// Its id, base64url, by which a browser finds it.
    pub credential: String,
    /// The only address where it signs: `https://tools.example`
    pub origin: String,
}

/// `[[runner]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    /// The machine or the person.
    pub name: String,
    /// The public key.
    pub key: PublicKey,
}

/// `[[condition]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Its name; also its word in the list of blockers.
    pub name: String,
    /// One SELECT with one value, run read-only as the target's read role.
    pub query: String,
    /// What the value must be.
    pub required: Expression,
    /// Printed when it does not hold.
    pub message: String,
    /// Who can make it hold.
    pub who: Option<String>,
    /// Packages that it is asked for; empty for all.
    #[serde(default)]
    pub packages: Vec<String>,
}

/// A level of approval: `L1`, `L2`, `L3` or `L4`. `L0` is what needs nobody, so nobody has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, pattern = "^L[1-4]$"))]
pub struct Level(u8);

impl Level {
    /// Reads `L1` to `L4`.
    ///
    /// # Errors
    /// In words.
    pub fn parse(text: &str) -> Result<Level, String> {
        match text {
            "L1" => Ok(Level(1)),
            "L2" => Ok(Level(2)),
            "L3" => Ok(Level(3)),
            "L4" => Ok(Level(4)),
            "L0" => {
                Err("`L0` means that nobody is asked: levels of people are L1 to L4".to_owned())
            }
            _ => Err(format!("`{text}` is no level: L1, L2, L3 or L4")),
        }
    }
}

impl TryFrom<String> for Level {
    type Error = String;

    fn try_from(text: String) -> Result<Level, String> {
        Level::parse(&text)
    }
}

impl From<Level> for String {
    fn from(level: Level) -> String {
        level.to_string()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "L{}", self.0)
    }
}

/// A public SSH key without its comment: kind and base64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(String);

impl PublicKey {
    /// Kind and base64.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<PublicKey, String> {
        let mut words = text.split_whitespace();
        let (kind, key) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let known = [
            "ssh-ed25519",
            "ecdsa-sha2-nistp256",
            "sk-ssh-ed25519@openssh.com",
            "sk-ecdsa-sha2-nistp256@openssh.com",
        ];
        if kind.starts_with("-----BEGIN") {
            return Err(
                "this is a private key: it stays with its owner; write the public one".to_owned(),
            );
        }
        if !known.contains(&kind) {
            return Err(format!(
                "`{kind}` is no kind of key that is accepted: {}",
                known.join(", ")
            ));
        }
        let is_base64 = key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        if !key.starts_with("AAAA") || !is_base64 {
            return Err(format!(
                "the key after `{kind}` is not complete: paste the line of the .pub file"
            ));
        }
        Ok(PublicKey(format!("{kind} {key}")))
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        key.0
    }
}

/// `[targets.T.gate]` of oneroof.toml: what this project asks beyond the policy. It never loosens anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stricter {
    /// A shorter age than the policy's.
    pub approval_max_age: Option<Age>,
    /// A shorter age than the policy's.
    pub rehearsal_max_age: Option<Age>,
    /// More steps than the policy's.
    #[serde(default)]
    pub required_steps: BTreeSet<u32>,
    /// More approvals than the policy's.
    #[serde(default)]
    pub quorum: BTreeMap<Level, u32>,
}

impl Policy {
    /// The policy as a project that may only be stricter wants it: of each limit, the tighter one.
    #[must_use]
    pub fn tightened(mut self, project: &Stricter) -> Policy {
        let shorter = |own: Age, wanted: Option<Age>| wanted.map_or(own, |wanted| own.min(wanted));
        self.approval_max_age = shorter(self.approval_max_age, project.approval_max_age);
        self.rehearsal_max_age = shorter(self.rehearsal_max_age, project.rehearsal_max_age);
        // An empty set means all steps, which nothing can exceed.
        if !self.required_steps.is_empty() {
            self.required_steps.extend(&project.required_steps);
        }
        for rule in &mut self.rules {
            for (level, count) in &project.quorum {
                let own = rule.quorum.entry(*level).or_default();
                *own = (*own).max(*count);
            }
        }
        self
    }

    /// Reads a policy's file.
    ///
    /// # Errors
    /// With the place, for whatever can have one.
    pub fn read(file: &str, text: &str) -> Result<Policy, TomlError> {
        let policy: Policy = TomlError::parse(file, text)?;
        match policy.faults().into_iter().next() {
            None => Ok(policy),
            Some((message, needle)) => {
                let place = text.find(&needle).map(|start| start..start + needle.len());
                Err(TomlError::new(file, text, &message, place))
            }
        }
    }

    /// The rule that holds for a package.
    pub fn rule(&self, package: &str) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| rule.packages.iter().any(|pattern| names(pattern, package)))
    }

    /// The conditions that are asked for a package.
    pub fn conditions_of(&self, package: &str) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(move |condition| {
            condition.packages.is_empty()
                || condition
                    .packages
                    .iter()
                    .any(|pattern| names(pattern, package))
        })
    }

    /// The approver who signed: with a key of theirs, or with a passkey of theirs where it belongs.
    pub fn approver_with(&self, signer: &Signer) -> Option<&Approver> {
        self.signer(signer).ok()
    }

    /// The same, or why it is nobody.
    ///
    /// # Errors
    /// In words.
    pub fn signer(&self, signer: &Signer) -> Result<&Approver, String> {
        let Some(origin) = &signer.origin else {
            let own = |approver: &&Approver| approver.keys.iter().any(|own| own.0 == signer.key);
            return self.approvers.iter().find(own).ok_or_else(|| {
                "it is signed with a key that is no approver's of the policy".to_owned()
            });
        };
        let passkeys = self
            .approvers
            .iter()
            .flat_map(|approver| approver.passkeys.iter().map(move |own| (approver, own)));
        match passkeys
            .into_iter()
            .find(|(_, own)| own.key.0 == signer.key)
        {
            None => {
                Err("it is signed with a passkey that is no approver's of the policy".to_owned())
            }
            Some((approver, own)) if own.origin == *origin => Ok(approver),
            Some((_, own)) => Err(format!(
                "it is signed with a passkey at `{origin}`, and the policy knows this passkey at `{}`",
                own.origin
            )),
        }
    }

    /// The runner who signed; a passkey is no machine's.
    pub fn runner_with(&self, signer: &Signer) -> Option<&Runner> {
        self.runners
            .iter()
            .find(|runner| runner.key.0 == signer.key && signer.origin.is_none())
    }

    /// What no single key can have wrong: each with a text that leads to its place.
    fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut fault = |message: String, needle: &str| faults.push((message, needle.to_owned()));
        if self.format != 1 {
            fault(
                format!(
                    "format {} is not known here: this version reads format = 1",
                    self.format
                ),
                "format",
            );
        }
        let mut names_seen = BTreeSet::new();
        let mut keys_seen = BTreeSet::new();
        for approver in &self.approvers {
            for name in std::iter::once(&approver.name).chain(&approver.also) {
                if !names_seen.insert(name.as_str()) {
                    fault(
                        format!("`{name}` stands for two approvers"),
                        &format!("\"{name}\""),
                    );
                }
            }
            if approver.name.trim().is_empty() || approver.name.contains(['\n', '\r']) {
                fault("an approver has no name".to_owned(), "[[approver]]");
            }
            if approver.keys.is_empty() && approver.passkeys.is_empty() {
                fault(
                    format!("approver `{}` has no key", approver.name),
                    &format!("\"{}\"", approver.name),
                );
            }
            let passkeys = approver.passkeys.iter().map(|passkey| &passkey.key);
            for key in approver.keys.iter().chain(passkeys) {
                if !keys_seen.insert(key.as_str()) {
                    let message = format!(
                        "a key of `{}` is there twice: one key is one person",
                        approver.name
                    );
                    fault(message, &key.0);
                }
            }
            for passkey in &approver.passkeys {
                if !keys_seen.insert(passkey.credential.as_str()) {
                    let message = format!(
                        "a passkey of `{}` is there twice: one passkey is one person",
                        approver.name
                    );
                    fault(message, &passkey.credential);
                }
            }
        }
        for runner in &self.runners {
            if !keys_seen.insert(runner.key.as_str()) {
                let message = format!(
                    "the key of runner `{}` is there twice: who rehearses does not approve, and one key is one runner",
                    runner.name
                );
                fault(message, &format!("\"{}\"", runner.name));
            }
        }
        for rule in &self.rules {
            let packages = rule.packages.join(", ");
            if rule.packages.is_empty() || rule.quorum.values().all(|count| *count == 0) {
                fault(
                    format!("the rule for `{packages}` asks nobody, or is for no package"),
                    rule.packages.first().map_or("[[rule]]", String::as_str),
                );
            }
            for (level, count) in &rule.quorum {
                let have = self
                    .approvers
                    .iter()
                    .filter(|approver| approver.level == *level)
                    .count();
                if usize::try_from(*count).unwrap_or(usize::MAX) > have {
                    fault(
                        format!(
                            "the rule for `{packages}` asks {count} of {level}, and there are {have}"
                        ),
                        &format!("{level} ="),
                    );
                }
            }
        }
        if self.rules.is_empty() {
            fault(
                "there is no [[rule]]: nothing could ever be approved".to_owned(),
                "format",
            );
        }
        let mut conditions = BTreeSet::new();
        for condition in &self.conditions {
            if !conditions.insert(&condition.name) {
                fault(
                    format!("condition `{}` is there twice", condition.name),
                    &format!("\"{}\"", condition.name),
                );
            }
        }
        faults
    }
}

/// Does the pattern name it?
fn names(pattern: &str, package: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => package.starts_with(start),
        None => pattern == package,
    }
}
