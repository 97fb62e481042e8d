//! SSH signatures of files (SSHSIG): made by `ssh-keygen -Y sign`, so agents and FIDO keys work, and checked here,
//! without any program. A passkey's signature has the same form; see [`crate::passkey`].

use std::io;
use std::path::Path;

use oneroof_model::gate::Signer;
use ssh_key::{Algorithm, HashAlg, LineEnding, PublicKey, SshSig};

use crate::error::EngineError;
use crate::passkey::{self, PasskeyFault};
use crate::programs;

/// Namespace of approvals: a signature for something else never counts as one.
pub const APPROVAL: &str = "oneroof-approval";
/// Namespace of the wish to let a passkey in.
pub const ENROLMENT: &str = "oneroof-enrolment";
/// Namespace of evidence.
pub const EVIDENCE: &str = "oneroof-evidence";

/// A signature is a few hundred bytes; more is no signature.
const ARMORED_BYTES_MAX: usize = 16 * 1024;

/// Whose signature it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// Type and base64, without comment: `ssh-ed25519 AAAA…`
    pub public_key: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// Where it was made, if with a passkey in a browser.
    pub origin: Option<String>,
}

impl SignedBy {
    /// The same in the gate's words.
    pub fn signer(self) -> Signer {
        Signer {
            key: self.public_key,
            origin: self.origin,
        }
    }
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// Not an SSH signature.
    #[error("is no SSH signature: {0}")]
    Malformed(String),
    /// Made for another purpose.
    #[error("was made for `{found}`, not for `{wanted}`")]
    OtherNamespace {
        /// The namespace that it has.
        found: String,
        /// The one that is needed.
        wanted: String,
    },
    /// The bytes are not those that were signed, or the signature was changed.
    #[error("does not fit the bytes: they, or the signature, were changed")]
    Wrong,
    /// A kind of key that we do not check (RSA, DSA).
    #[error(
        "is of a key of a kind that is not accepted ({0}): use ed25519, ecdsa on nistp256, or a FIDO key"
    )]
    UnknownKind(String),
    /// A passkey's, and something is wrong with it.
    #[error(transparent)]
    Passkey(#[from] PasskeyFault),
    /// A passkey's, where a machine signs.
    #[error("is a passkey's, and passkeys sign what people decide, nothing else")]
    PasskeyHere,
}

/// Signs bytes with an SSH key: a private key, or a `.pub` whose private half is in the agent. Gives the armored
/// signature, as `ssh-keygen -Y sign` writes it into a `.sig` file.
///
/// # Errors
/// No `ssh-keygen`; a key that it cannot read or use.
pub fn sign(key: &Path, namespace: &str, bytes: &[u8]) -> Result<String, EngineError> {
    readable(key)?;
    let answer = programs::ssh_sign(key, namespace, bytes).map_err(keygen_error)?;
    let refused = |said: &str| {
        EngineError::input(
            format!("sign with key `{}`: {said}", key.display()),
            "the key may be a private key, or its .pub while ssh-agent holds the private half (`ssh-add -L` \
             lists those)"
                .to_owned(),
        )
    };
    if !answer.status.success() {
        return Err(refused(&first_line(&answer.stderr)));
    }
    let armored = String::from_utf8(answer.stdout).map_err(|_| refused("no text came back"))?;
    // What we hand on is what the checker accepts.
    match verify(&armored, namespace, bytes) {
        Ok(_) => Ok(armored),
        Err(fault) => Err(refused(&format!("the signature {fault}"))),
    }
}

/// Checks an armored signature of `bytes`. It says whose it is; whether that key may sign is the caller's to decide.
///
/// # Errors
/// See [`SignatureFault`].
pub fn verify(armored: &str, namespace: &str, bytes: &[u8]) -> Result<SignedBy, SignatureFault> {
    if armored.len() > ARMORED_BYTES_MAX {
        return Err(SignatureFault::Malformed(format!(
            "it has {} bytes",
            armored.len()
        )));
    }
    if let Some(checked) = passkey::verify(armored, namespace, bytes) {
        return match namespace {
            APPROVAL | ENROLMENT => checked,
            _ => Err(SignatureFault::PasskeyHere),
        };
    }
    let signature = SshSig::from_pem(armored.trim_end())
        .map_err(|error| SignatureFault::Malformed(error.to_string()))?;
    if signature.namespace() != namespace {
        return Err(SignatureFault::OtherNamespace {
            found: signature.namespace().to_owned(),
            wanted: namespace.to_owned(),
        });
    }
    // The version is outside of what is signed.
    if signature.version() != SshSig::VERSION {
        return Err(SignatureFault::Malformed(format!(
            "version {} is not known",
            signature.version()
        )));
    }
    let key = PublicKey::from(signature.public_key().clone());
    let kind = key.algorithm();
    if is_refused(&kind) {
        return Err(SignatureFault::UnknownKind(kind.to_string()));
    }
    key.verify(namespace, bytes, &signature)
        .map_err(|_| SignatureFault::Wrong)?;
    described(&key).ok_or_else(|| SignatureFault::Malformed("its key cannot be written".into()))
}

/// Is the armored signature written exactly as `ssh-keygen` writes it? [`verify`] is not so strict: blanks at its end
/// change nothing about whose it is.
pub fn is_plain(armored: &str) -> bool {
    let written = SshSig::from_pem(armored.trim_end())
        .ok()
        .and_then(|signature| signature.to_pem(LineEnding::LF).ok());
    written.is_some_and(|written| format!("{}\n", written.trim_end()) == armored)
}

/// Reads a public key as a `.pub` file has it: kind, base64, perhaps a comment.
///
/// # Errors
/// What is wrong with it.
pub fn public_key(text: &str) -> Result<SignedBy, SignatureFault> {
    let key = PublicKey::from_openssh(text.trim())
        .map_err(|error| SignatureFault::Malformed(error.to_string()))?;
    let kind = key.algorithm();
    if is_refused(&kind) {
        return Err(SignatureFault::UnknownKind(kind.to_string()));
    }
    described(&key).ok_or_else(|| SignatureFault::Malformed("it cannot be written".into()))
}

/// The public half of a key file, private or `.pub`.
///
/// # Errors
/// No such file, or no key in it.
pub fn public_half(key: &Path) -> Result<SignedBy, EngineError> {
    readable(key)?;
    let unusable = |said: String| {
        EngineError::input(
            format!("read key `{}`: {said}", key.display()),
            "make one: ssh-keygen -t ed25519".to_owned(),
        )
    };
    let beside = key.with_file_name(format!(
        "{}.pub",
        key.file_name().unwrap_or_default().to_string_lossy()
    ));
    for file in [key, &beside] {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Ok(found) = public_key(&text) {
            return Ok(found);
        }
    }
    let answer = programs::ssh_public_key(key).map_err(keygen_error)?;
    if !answer.status.success() {
        return Err(unusable(first_line(&answer.stderr)));
    }
    public_key(&String::from_utf8_lossy(&answer.stdout))
        .map_err(|fault| unusable(fault.to_string()))
}

/// RSA and DSA: `ssh-key` does not check them, and nobody should begin with them.
fn is_refused(kind: &Algorithm) -> bool {
    matches!(kind, Algorithm::Rsa { .. } | Algorithm::Dsa)
}

pub(crate) fn described(key: &PublicKey) -> Option<SignedBy> {
    let text = key.to_openssh().ok()?;
    let mut words = text.split_whitespace();
    Some(SignedBy {
        public_key: format!("{} {}", words.next()?, words.next()?),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        origin: None,
    })
}

/// A key that is not there is named before any program is started.
fn readable(key: &Path) -> Result<(), EngineError> {
    std::fs::metadata(key).map(drop).map_err(|error| {
        EngineError::input(
            format!("read key `{}`: {error}", key.display()),
            "name an SSH key; make one: ssh-keygen -t ed25519".to_owned(),
        )
    })
}

fn keygen_error(error: io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::NotFound => EngineError::Other {
            message: "start `ssh-keygen`: it is not installed".to_owned(),
            hint: Some("install OpenSSH's client (Debian: openssh-client)".to_owned()),
        },
        _ => EngineError::other(format!("run `ssh-keygen`: {error}")),
    }
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or("it did not say why")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `ssh-keygen -t ed25519` and `ssh-keygen -Y sign -n oneroof-evidence`.
    fn signed(folder: &Path) -> String {
        let key = folder.join("key");
        make_key(&key);
        sign(&key, EVIDENCE, b"the bytes").unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a test makes a key")]
    fn make_key(key: &Path) {
        let made = std::process::Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "a test", "-f"])
            .arg(key)
            .status();
        assert!(made.unwrap().success());
    }

    #[test]
    fn what_was_signed_holds_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let armored = signed(folder.path());
        let by = verify(&armored, EVIDENCE, b"the bytes").unwrap();
        assert!(by.public_key.starts_with("ssh-ed25519 AAAA"), "{by:?}");
        assert!(by.fingerprint.starts_with("SHA256:"));
        assert_eq!(by, public_half(&folder.path().join("key")).unwrap());
        assert_eq!(
            verify(&armored, EVIDENCE, b"the byteS"),
            Err(SignatureFault::Wrong)
        );
        assert!(matches!(
            verify(&armored, APPROVAL, b"the bytes"),
            Err(SignatureFault::OtherNamespace { .. })
        ));
    }

    #[test]
    fn a_changed_signature_never_holds() {
        let folder = tempfile::tempdir().unwrap();
        let armored = signed(folder.path());
        for place in 0..armored.len() {
            let mut bytes = armored.clone().into_bytes();
            bytes[place] = match bytes[place] {
                b'A' => b'B',
                _ => b'A',
            };
            let changed = String::from_utf8(bytes).unwrap();
            let found = verify(&changed, EVIDENCE, b"the bytes");
            assert!(found.is_err(), "byte {place}: {found:?}");
        }
        for end in 0..armored.trim_end().len() {
            let _ = verify(&armored[..end], EVIDENCE, b"the bytes").unwrap_err();
        }
    }

    #[test]
    fn a_key_that_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = sign(&folder.path().join("nobody"), EVIDENCE, b"").unwrap_err();
        assert!(missing.to_string().contains("nobody"), "{missing}");
        let garbage = folder.path().join("garbage");
        std::fs::write(&garbage, "not a key").unwrap();
        let unusable = sign(&garbage, EVIDENCE, b"").unwrap_err();
        assert!(unusable.to_string().contains("garbage"), "{unusable}");
        assert!(public_half(&garbage).is_err());
        assert!(matches!(
            public_key("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ"),
            Err(SignatureFault::Malformed(_) | SignatureFault::UnknownKind(_))
        ));
    }
}
