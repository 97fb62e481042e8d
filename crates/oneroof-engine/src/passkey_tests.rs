//! An authenticator of the tests, and each way in which what it gives does not count.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature as Ecdsa, SigningKey};

use std::path::Path;

use oneroof_model::DashboardRole;
use oneroof_model::gate::{Passkey, PublicKey as PublicKeyText};

use super::*;
use crate::sign_in::{Keyring, NotLetIn};
use crate::signature::{self, APPROVAL, EVIDENCE};
use crate::store::sign_in_tokens::{self, KeptToken};

const ORIGIN: &str = "https://tools.example";
const RP_ID: &str = "tools.example";
const TEXT: &[u8] = b"{ \"decision\": \"approve\" }\n";

/// What it is told to do; `Default` does it right.
#[derive(Clone)]
struct Authenticator {
    secret: [u8; 32],
    rp_id: &'static str,
    ceremony: &'static str,
    origin: &'static str,
    challenge: Vec<u8>,
    cross_origin: bool,
    flags: u8,
    counter: u32,
    extensions: Vec<u8>,
}

impl Default for Authenticator {
    fn default() -> Authenticator {
        Authenticator {
            secret: [7; 32],
            rp_id: RP_ID,
            ceremony: "webauthn.get",
            origin: ORIGIN,
            challenge: challenge(APPROVAL, TEXT).unwrap(),
            cross_origin: false,
            flags: PRESENT | VERIFIED,
            counter: 9,
            extensions: Vec::new(),
        }
    }
}

impl Authenticator {
    fn signing_key(&self) -> SigningKey {
        SigningKey::from_slice(&self.secret).unwrap()
    }

    fn head(&self, more: u8) -> Vec<u8> {
        let mut data = Digest::of(self.rp_id.as_bytes()).bytes().to_vec();
        data.push(self.flags | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self) -> Vec<u8> {
        format!(
            "{{\"type\":\"{}\",\"challenge\":\"{}\",\"origin\":\"{}\",\"crossOrigin\":{}}}",
            self.ceremony,
            base64url(&self.challenge),
            self.origin,
            self.cross_origin
        )
        .into_bytes()
    }

    fn sign(&self) -> Assertion {
        self.sign_saying(self.client_data())
    }

    fn sign_saying(&self, client_data: Vec<u8>) -> Assertion {
        let mut authenticator_data = self.head(0);
        authenticator_data.extend(&self.extensions);
        let mut message = authenticator_data.clone();
        message.extend(Digest::of(&client_data).bytes());
        let signature: Ecdsa = self.signing_key().sign(&message);
        Assertion {
            authenticator_data,
            client_data,
            signature: signature.to_der().as_bytes().to_vec(),
        }
    }

    /// What it gives when a passkey is made.
    fn make(&self) -> Vec<u8> {
        let point = self.signing_key().verifying_key().to_sec1_point(false);
        let point = point.as_bytes();
        let mut data = self.head(CREDENTIAL);
        data.extend([0; 16]);
        data.extend([0, 3, b'a', b'b', b'c']);
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..]);
        data
    }
}

fn passkey() -> NewPasskey {
    let maker = Authenticator {
        ceremony: "webauthn.create",
        challenge: b"made here".to_vec(),
        ..Authenticator::default()
    };
    made(
        RP_ID,
        ORIGIN,
        b"made here",
        &maker.make(),
        &maker.client_data(),
    )
    .unwrap()
}

fn armored_of(authenticator: &Authenticator) -> Result<String, PasskeyFault> {
    armored(
        &passkey().key,
        ORIGIN,
        APPROVAL,
        TEXT,
        &authenticator.sign(),
    )
}

/// A project into which this passkey may sign in.
fn let_in(root: &Path) -> Keyring {
    let made = passkey();
    let kept = KeptToken {
        name: "dora".to_owned(),
        role: DashboardRole::Viewer,
        sha256: Digest::of(made.key.as_bytes()),
        passkey: Some(Passkey {
            name: "telephone".to_owned(),
            key: PublicKeyText::try_from(made.key).unwrap(),
            credential: made.credential,
            origin: ORIGIN.to_owned(),
        }),
        made_at: "2026-01-01T00:00:00Z".to_owned(),
        ends_at: "2999-01-01T00:00:00Z".to_owned(),
    };
    sign_in_tokens::write(&sign_in_tokens::file(root), vec![kept]).unwrap();
    Keyring::of(root)
}

#[test]
fn who_signs_in_counts_on_whatever_became_of_the_dashboard() {
    let root = tempfile::tempdir().unwrap();
    let keyring = let_in(root.path());
    let comes = |keyring: &Keyring, counter: u32| {
        let challenge = b"of this dashboard, once".to_vec();
        let given = Authenticator {
            challenge: challenge.clone(),
            counter,
            ..Authenticator::default()
        };
        keyring.who_signed("YWJj", ORIGIN, &challenge, &given.sign())
    };
    let digest = Digest::of(passkey().key.as_bytes());
    let copied = |counter: u32, last: u32| {
        Err(NotLetIn::Copied {
            digest,
            why: format!("counts {counter} after {last}: it may have been copied"),
        })
    };
    // A passkey that never counts comes in as often as it likes.
    assert_eq!(comes(&keyring, 0), Ok(digest));
    assert_eq!(comes(&keyring, 0), Ok(digest));
    assert_eq!(comes(&keyring, 5), Ok(digest));
    assert_eq!(comes(&keyring, 5), copied(5, 5));
    assert_eq!(comes(&keyring, 4), copied(4, 5));
    // Started again, it still knows; what was refused moved nothing.
    let again = Keyring::of(root.path());
    assert_eq!(comes(&again, 0), copied(0, 5));
    assert_eq!(comes(&again, 6), Ok(digest));
    // A signature that does not hold moves nothing either.
    let forged = Authenticator {
        secret: [8; 32],
        counter: 1_000,
        challenge: b"x".to_vec(),
        ..Authenticator::default()
    };
    let refused = again.who_signed("YWJj", ORIGIN, b"x", &forged.sign());
    assert!(matches!(refused, Err(NotLetIn::Refused(_))), "{refused:?}");
    assert_eq!(comes(&again, 7), Ok(digest));
}

/// A decision is a file, read in any order and years later: what the authenticator counted says nothing there.
#[test]
fn an_approval_holds_whatever_was_counted() {
    for counter in [0, 9, 4] {
        let armored = armored_of(&Authenticator {
            counter,
            ..Authenticator::default()
        });
        let by = signature::verify(&armored.unwrap(), APPROVAL, TEXT).unwrap();
        assert_eq!(by.origin.as_deref(), Some(ORIGIN));
    }
}

#[test]
fn a_passkey_signs_and_ssh_keygen_agrees() {
    let key = passkey();
    assert_eq!(key.credential, "YWJj");
    assert_eq!(rp_id(&key.key).unwrap(), RP_ID);
    let armored = armored_of(&Authenticator::default()).unwrap();
    let by = signature::verify(&armored, APPROVAL, TEXT).unwrap();
    assert_eq!(
        (by.public_key.as_str(), by.origin.as_deref()),
        (key.key.as_str(), Some(ORIGIN))
    );
    // The oracle: OpenSSH itself, over the very file.
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("signers"),
        format!("ada namespaces=\"{APPROVAL}\" {}\n", key.key),
    )
    .unwrap();
    std::fs::write(path("sig"), &armored).unwrap();
    for (text, holds) in [(TEXT, true), (b"other", false)] {
        std::fs::write(path("text"), text).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test asks OpenSSH")]
        let answer = std::process::Command::new("ssh-keygen")
            .args(["-Y", "verify", "-I", "ada", "-n", APPROVAL, "-f"])
            .arg(path("signers"))
            .arg("-s")
            .arg(path("sig"))
            .stdin(std::fs::File::open(path("text")).unwrap())
            .output()
            .unwrap();
        assert_eq!(answer.status.success(), holds, "{answer:?}");
    }
}

#[test]
fn whatever_is_not_right_is_refused_with_its_reason() {
    let right = Authenticator::default;
    let cases = [
        (
            Authenticator {
                challenge: challenge(APPROVAL, b"other").unwrap(),
                ..right()
            },
            "challenge is of something else",
        ),
        // The same file, but signed to let a passkey in: a purpose of its own.
        (
            Authenticator {
                challenge: challenge(signature::ENROLMENT, TEXT).unwrap(),
                ..right()
            },
            "challenge is of something else",
        ),
        (
            Authenticator {
                origin: "https://evil.example",
                ..right()
            },
            "at `https://evil.example`",
        ),
        (
            Authenticator {
                origin: "http://tools.example",
                ..right()
            },
            "at `http://tools.example`",
        ),
        (
            Authenticator {
                rp_id: "evil.example",
                ..right()
            },
            "another site than `tools.example`",
        ),
        (
            Authenticator {
                ceremony: "webauthn.create",
                ..right()
            },
            "made for `webauthn.create`",
        ),
        (
            Authenticator {
                cross_origin: true,
                ..right()
            },
            "frame of another site",
        ),
        (
            Authenticator {
                flags: VERIFIED,
                ..right()
            },
            "nobody was there",
        ),
        (
            Authenticator {
                flags: PRESENT,
                ..right()
            },
            "not verified",
        ),
        (
            Authenticator {
                flags: PRESENT | VERIFIED | EXTENSIONS,
                extensions: vec![0xa0],
                ..right()
            },
            "extensions",
        ),
        (
            Authenticator {
                extensions: vec![0xa0],
                ..right()
            },
            "extensions",
        ),
        (
            Authenticator {
                secret: [8; 32],
                ..right()
            },
            "were changed",
        ),
    ];
    for (authenticator, reason) in cases {
        let fault = armored_of(&authenticator).unwrap_err().to_string();
        assert!(fault.contains(reason), "{reason}: {fault}");
    }
    // A browser's text in another order is what OpenSSH would not read.
    let authenticator = right();
    let said = String::from_utf8(authenticator.client_data()).unwrap();
    let turned =
        said.replace(",\"crossOrigin\":false", "")
            .replacen('{', "{\"crossOrigin\":false,", 1);
    let fault = armored(
        &passkey().key,
        ORIGIN,
        APPROVAL,
        TEXT,
        &authenticator.sign_saying(turned.into_bytes()),
    );
    assert!(
        fault
            .unwrap_err()
            .to_string()
            .contains("as browsers write it")
    );
    for cut in [0, 10, 36] {
        let mut cut_short = authenticator.sign();
        cut_short.authenticator_data.truncate(cut);
        assert!(armored(&passkey().key, ORIGIN, APPROVAL, TEXT, &cut_short).is_err());
        cut_short = authenticator.sign();
        cut_short.signature.truncate(cut);
        assert!(armored(&passkey().key, ORIGIN, APPROVAL, TEXT, &cut_short).is_err());
    }
}

#[test]
fn a_kept_signature_is_checked_again_as_strictly() {
    let armored = armored_of(&Authenticator::default()).unwrap();
    assert_eq!(
        signature::verify(&armored, EVIDENCE, TEXT),
        Err(SignatureFault::PasskeyHere)
    );
    let fault = signature::verify(&armored, signature::ENROLMENT, TEXT).unwrap_err();
    assert!(
        fault.to_string().contains("made for `oneroof-approval`"),
        "{fault}"
    );
    let fault = signature::verify(&armored, APPROVAL, b"other").unwrap_err();
    assert!(
        fault.to_string().contains("challenge is of something else"),
        "{fault}"
    );
    // A file that somebody wrote by hand, without ever asking us: the person was not verified.
    let assertion = Authenticator {
        flags: PRESENT,
        ..Authenticator::default()
    }
    .sign();
    let by_hand = Signed {
        flags: PRESENT,
        client_data: assertion.client_data,
        numbers: numbers(&assertion.signature).unwrap(),
        ..Signed::read(&armored).unwrap().ok().unwrap()
    };
    let fault = signature::verify(&by_hand.armored().unwrap(), APPROVAL, TEXT).unwrap_err();
    assert!(fault.to_string().contains("not verified"), "{fault}");
    // Any other byte: nothing panics, and nothing else than what was signed holds.
    for place in 0..armored.len() {
        let mut bytes = armored.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(
            signature::verify(&changed, APPROVAL, TEXT).is_err(),
            "byte {place}"
        );
    }
    for end in 0..armored.trim_end().len() {
        assert!(
            signature::verify(&armored[..end], APPROVAL, TEXT).is_err(),
            "cut at {end}"
        );
    }
}

#[test]
fn only_a_passkey_of_this_page_is_enrolled() {
    let right = || Authenticator {
        ceremony: "webauthn.create",
        challenge: b"made here".to_vec(),
        ..Authenticator::default()
    };
    let read = |maker: &Authenticator, data: &[u8]| {
        made(RP_ID, ORIGIN, b"made here", data, &maker.client_data())
            .unwrap_err()
            .to_string()
    };
    for (maker, reason) in [
        (
            Authenticator {
                challenge: b"elsewhere".to_vec(),
                ..right()
            },
            "challenge",
        ),
        (
            Authenticator {
                origin: "https://evil.example",
                ..right()
            },
            "evil.example",
        ),
        (
            Authenticator {
                ceremony: "webauthn.get",
                ..right()
            },
            "webauthn.get",
        ),
        (
            Authenticator {
                rp_id: "example",
                ..right()
            },
            "rp id",
        ),
        (
            Authenticator {
                flags: PRESENT,
                ..right()
            },
            "not verified",
        ),
    ] {
        let fault = read(&maker, &maker.make());
        assert!(fault.contains(reason), "{reason}: {fault}");
    }
    let maker = right();
    let whole = maker.make();
    for end in 0..whole.len() {
        let _ = read(&maker, &whole[..end]);
    }
    // RSA, as an old Windows makes it.
    let mut other = whole.clone();
    other[HEAD_BYTES + 16 + 2 + 3] = 0xa4;
    assert!(read(&maker, &other).contains("ES256"));
    other = whole;
    other.push(0);
    assert!(read(&maker, &other).contains("length"));
}

#[test]
fn a_site_is_known_by_name_and_over_tls_or_here() {
    for (rp_id, origin) in [
        ("tools.example", "https://tools.example"),
        ("tools.example", "https://tools.example:7443"),
        ("example", "https://tools.example"),
        ("localhost", "http://localhost:7400"),
    ] {
        assert!(is_site_of(rp_id, origin), "{rp_id} {origin}");
    }
    for (rp_id, origin) in [
        ("tools.example", "http://tools.example"),
        ("tools.example", "https://eviltools.example"),
        ("tools.example", "https://example"),
        ("tools.example", "https://tools.example/x"),
        ("tools.example", "https://u@tools.example"),
        ("127.0.0.1", "https://127.0.0.1"),
        ("", "https://tools.example"),
        ("ssh:", "https://tools.example"),
        ("tools.example", "tools.example"),
    ] {
        assert!(!is_site_of(rp_id, origin), "{rp_id} {origin}");
    }
}
