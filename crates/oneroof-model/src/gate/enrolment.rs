//! A wish to let a passkey in: who asks for what, and who may say yes to it.

use serde::{Deserialize, Serialize};

use super::approval::Target;
use super::facts::Signer;
use super::policy::{Level, Passkey, Policy};

/// What somebody wishes. Its file is signed as it is, byte for byte, by an approver who is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Always 1.
    pub format: u32,
    /// Its own name.
    pub id: String,
    /// The database whose policy is to know the passkey.
    pub target: Target,
    /// Whose passkey it is.
    pub person: String,
    /// Their level.
    pub level: Level,
    /// The passkey.
    pub passkey: Passkey,
    /// UTC, RFC 3339.
    pub created_at: String,
}

impl Policy {
    /// Why a passkey cannot be let in, whoever signs; empty if it can.
    pub fn not_enrollable(
        &self,
        wish: &Enrolment,
        target: &Target,
        age_seconds: i64,
    ) -> Vec<String> {
        let mut why = Vec::new();
        if !wish.target.is(target) {
            why.push(format!(
                "it is about another database: `{}` (OID {})",
                wish.target.database_name, wish.target.database_oid
            ));
        }
        if age_seconds > self.approval_max_age.seconds() {
            why.push(format!("it is older than {}", self.approval_max_age));
        }
        for approver in &self.approvers {
            if approver.also.contains(&wish.person) {
                why.push(format!(
                    "`{}` is another name of `{}`",
                    wish.person, approver.name
                ));
            }
            if approver.name == wish.person && approver.level != wish.level {
                why.push(format!(
                    "`{}` is {} in the policy, not {}",
                    approver.name, approver.level, wish.level
                ));
            }
            let known = approver.passkeys.iter().any(|own| {
                own.key == wish.passkey.key || own.credential == wish.passkey.credential
            });
            if known || approver.keys.contains(&wish.passkey.key) {
                why.push(format!("`{}` has this passkey already", approver.name));
            }
        }
        why
    }

    /// Who lets it in: an approver of that level or a higher one, and never the person themselves.
    ///
    /// # Errors
    /// Why the signature is not enough.
    pub fn enrolled_by(&self, wish: &Enrolment, signer: &Signer) -> Result<&str, String> {
        let approver = self.signer(signer)?;
        if approver.name == wish.person {
            return Err(format!(
                "{} signed it, and nobody lets themselves in",
                approver.name
            ));
        }
        if approver.level < wish.level {
            return Err(format!(
                "{} ({}) signed it, and it takes {} or higher",
                approver.name, approver.level, wish.level
            ));
        }
        Ok(&approver.name)
    }

    /// Who could sign it.
    pub fn may_enrol(&self, wish: &Enrolment) -> Vec<String> {
        let others = self
            .approvers
            .iter()
            .filter(|approver| approver.name != wish.person && approver.level >= wish.level);
        others
            .map(|approver| format!("{} ({})", approver.name, approver.level))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::ShownAt;

    const KIND: &str = "sk-ecdsa-sha2-nistp256@openssh.com";
    const ORIGIN: &str = "https://tools.example";

    fn policy() -> Policy {
        let text = format!(
            "format = 1\n[[rule]]\npackages = [\"shop\"]\nquorum = {{ L4 = 1 }}\n\
             [[approver]]\nname = \"ada\"\nlevel = \"L4\"\nkeys = [\"ssh-ed25519 AAAAada\"]\n\
             [[approver.passkey]]\nname = \"phone\"\nkey = \"{KIND} AAAAphone\"\ncredential = \"YWJj\"\norigin = \"{ORIGIN}\"\n\
             [[approver]]\nname = \"bob\"\nlevel = \"L2\"\nalso = [\"bobby\"]\nkeys = [\"ssh-ed25519 AAAAbob\"]\n"
        );
        Policy::read("policy.toml", &text).unwrap()
    }

    fn target(oid: u32) -> Target {
        Target {
            name: "production".into(),
            database_name: "shop".into(),
            database_oid: oid,
            system_identifier: None,
            genesis: None,
            shown: ShownAt {
                host: "db".into(),
                port: 5432,
            },
        }
    }

    fn wish(person: &str, level: &str, key: &str) -> Enrolment {
        Enrolment {
            format: 1,
            id: "one".into(),
            target: target(1),
            person: person.into(),
            level: Level::parse(level).unwrap(),
            passkey: Passkey {
                name: "phone".into(),
                key: format!("{KIND} AAAA{key}").try_into().unwrap(),
                credential: key.into(),
                origin: ORIGIN.into(),
            },
            created_at: "then".into(),
        }
    }

    fn by(key: &str, origin: Option<&str>) -> Signer {
        Signer {
            key: key.into(),
            origin: origin.map(str::to_owned),
        }
    }

    #[test]
    fn a_passkey_counts_as_its_person_at_its_address_and_nowhere_else() {
        let policy = policy();
        let phone = format!("{KIND} AAAAphone");
        let at = |key: &str, origin| policy.signer(&by(key, origin)).map(|one| one.name.clone());
        assert_eq!(at(&phone, Some(ORIGIN)), Ok("ada".into()));
        assert!(
            at(&phone, Some("https://evil.example"))
                .unwrap_err()
                .contains("evil.example")
        );
        assert!(
            at(&format!("{KIND} AAAAother"), Some(ORIGIN))
                .unwrap_err()
                .contains("passkey")
        );
        // The same key, as a FIDO key of SSH: it was never enrolled as one, nor the other way round.
        assert!(at(&phone, None).is_err());
        assert!(at("ssh-ed25519 AAAAada", Some(ORIGIN)).is_err());
        assert!(policy.runner_with(&by(&phone, Some(ORIGIN))).is_none());
    }

    #[test]
    fn one_passkey_is_one_person() {
        let twice = |origin: &str| {
            let text = format!(
                "format = 1\n[[rule]]\npackages = [\"shop\"]\nquorum = {{ L4 = 1 }}\n\
                 [[approver]]\nname = \"ada\"\nlevel = \"L4\"\n\
                 [[approver.passkey]]\nname = \"a\"\nkey = \"{KIND} AAAAphone\"\ncredential = \"YWJj\"\norigin = \"{ORIGIN}\"\n\
                 [[approver]]\nname = \"bob\"\nlevel = \"L2\"\n\
                 [[approver.passkey]]\nname = \"b\"\nkey = \"{KIND} AAAAphone\"\ncredential = \"YWJj\"\norigin = \"{origin}\"\n"
            );
            Policy::read("policy.toml", &text).unwrap_err().to_string()
        };
        assert!(twice(ORIGIN).contains("is there twice"));
        assert!(twice("https://other.example").contains("is there twice"));
    }

    #[test]
    fn somebody_else_of_that_level_lets_a_passkey_in() {
        let policy = policy();
        let (ada, bob) = (
            by("ssh-ed25519 AAAAada", None),
            by("ssh-ed25519 AAAAbob", None),
        );
        let phone = by(&format!("{KIND} AAAAphone"), Some(ORIGIN));
        let said =
            |wish: &Enrolment, signer: &Signer| policy.enrolled_by(wish, signer).map(str::to_owned);
        for (person, level) in [("bob", "L2"), ("eve", "L4"), ("eve", "L1")] {
            let wish = wish(person, level, "new");
            assert_eq!(
                policy.not_enrollable(&wish, &target(1), 60),
                Vec::<String>::new()
            );
            assert_eq!(said(&wish, &ada), Ok("ada".into()));
            assert_eq!(said(&wish, &phone), Ok("ada".into()), "with a passkey too");
        }
        assert!(
            said(&wish("ada", "L4", "new"), &ada)
                .unwrap_err()
                .contains("themselves")
        );
        assert!(
            said(&wish("ada", "L4", "new"), &bob)
                .unwrap_err()
                .contains("takes L4")
        );
        assert!(said(&wish("bob", "L2", "new"), &by("ssh-ed25519 AAAAeve", None)).is_err());
        assert_eq!(
            policy.may_enrol(&wish("ada", "L4", "new")),
            Vec::<String>::new()
        );
        assert_eq!(
            policy.may_enrol(&wish("eve", "L2", "new")),
            ["ada (L4)", "bob (L2)"]
        );
    }

    #[test]
    fn what_cannot_be_let_in_says_why() {
        let policy = policy();
        let why =
            |wish: &Enrolment, oid, age| policy.not_enrollable(wish, &target(oid), age).join("; ");
        assert!(why(&wish("bob", "L2", "new"), 2, 60).contains("another database"));
        assert!(why(&wish("bob", "L2", "new"), 1, 86_400 * 15).contains("older than 14d"));
        assert!(why(&wish("bob", "L4", "new"), 1, 60).contains("is L2 in the policy"));
        assert!(why(&wish("bobby", "L2", "new"), 1, 60).contains("another name of `bob`"));
        assert!(why(&wish("bob", "L2", "phone"), 1, 60).contains("`ada` has this passkey"));
    }
}
