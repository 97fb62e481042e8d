//! Passkeys (WebAuthn): what a browser gives when somebody signs with one becomes an SSH signature of the kind
//! `webauthn-sk-ecdsa-sha2-nistp256@openssh.com`. So an approval that was signed on a telephone lies in the same file,
//! is bound to the same bytes, and is checked by the same plain `ssh-keygen -Y verify` as any other.
//!
//! The challenge that the passkey signs is the text that an SSH key would sign: namespace and SHA-512 of the file.
//! The name of the site (rp id) is the `application` of the key. Here we are stricter than `ssh-keygen`: the person
//! must have been verified (PIN, finger, face), and the policy names the one address (origin) where they sign.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use oneroof_model::Digest;
use serde::Deserialize;
use ssh_key::encoding::{Decode as _, Encode as _, Reader as _};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, Signature, SshSig};

use crate::signature::{SignatureFault, SignedBy};

/// The only kind: every browser and every passkey knows it, and OpenSSH has a form for it.
const KEY_KIND: &str = "sk-ecdsa-sha2-nistp256@openssh.com";
const SIGNATURE_KIND: &str = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";
const MAGIC: &[u8] = b"SSHSIG";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// Flags of an authenticator: somebody was there, and it was the right one; a new credential, and extensions follow.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const CREDENTIAL: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;
/// Digest of the rp id, flags, counter.
const HEAD_BYTES: usize = 37;
/// A credential's id is never longer.
const CREDENTIAL_BYTES_MAX: usize = 1023;

/// Why what a browser gave does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyFault {
    /// Not what a browser gives.
    #[error("is nothing that a passkey gives: {0}")]
    Malformed(String),
    /// A registration taken for a signature, or the other way round.
    #[error("was made for `{found}`, not for `{wanted}`")]
    OtherCeremony {
        /// What it was made for.
        found: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// The signed challenge is another one.
    #[error("does not fit the bytes: its challenge is of something else")]
    OtherChallenge,
    /// Made on another page.
    #[error("was made at `{found}`, not at `{wanted}`")]
    OtherOrigin {
        /// Where.
        found: String,
        /// Where it should have been.
        wanted: String,
    },
    /// Made for another name of the site.
    #[error("was made for another site than `{0}` (rp id)")]
    OtherSite(String),
    /// Made within a page of somebody else.
    #[error("was made in a frame of another site's page")]
    InFrame,
    /// Nobody touched it.
    #[error("says that nobody was there")]
    NobodyThere,
    /// No PIN, no finger, no face.
    #[error("says that the person was not verified (PIN, fingerprint or face)")]
    NotVerified,
    /// What OpenSSH has no form for.
    #[error("has extensions, which nobody asked for")]
    Extensions,
    /// Not ECDSA on nistp256.
    #[error("is of a kind of key that is not accepted: passkeys sign with ES256")]
    UnknownKind,
    /// The signature itself.
    #[error("does not fit the bytes: they, or the signature, were changed")]
    Wrong,
}

/// What a browser gives when somebody signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// `response.authenticatorData`
    pub authenticator_data: Vec<u8>,
    /// `response.clientDataJSON`
    pub client_data: Vec<u8>,
    /// `response.signature`, DER.
    pub signature: Vec<u8>,
}

/// A passkey that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// Its public key in OpenSSH's words; the rp id is part of it.
    pub key: String,
    /// Its id, base64url, by which a browser finds it again.
    pub credential: String,
}

/// What the browser says that it did.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// A signature of a passkey as it stands in an SSH signature.
struct Signed {
    key: KeyData,
    namespace: String,
    hash: HashAlg,
    /// r and s, as SSH writes numbers.
    numbers: Vec<u8>,
    flags: u8,
    counter: u32,
    origin: String,
    client_data: Vec<u8>,
    extensions: Vec<u8>,
}

/// Bytes as WebAuthn writes them.
pub fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads bytes as WebAuthn writes them.
///
/// # Errors
/// What is no base64url.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, PasskeyFault> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text.trim())
        .map_err(|error| PasskeyFault::Malformed(error.to_string()))
}

/// What a passkey signs instead of these bytes: what an SSH key would sign.
///
/// # Errors
/// An empty namespace.
pub fn challenge(namespace: &str, bytes: &[u8]) -> Result<Vec<u8>, PasskeyFault> {
    challenge_with(namespace, HashAlg::Sha512, bytes)
}

fn challenge_with(namespace: &str, hash: HashAlg, bytes: &[u8]) -> Result<Vec<u8>, PasskeyFault> {
    SshSig::signed_data(namespace, hash, bytes)
        .map_err(|error| PasskeyFault::Malformed(error.to_string()))
}

/// The rp id of a passkey's public key.
///
/// # Errors
/// Another kind of key.
pub fn rp_id(key: &str) -> Result<String, PasskeyFault> {
    match key_data(key)? {
        KeyData::SkEcdsaSha2NistP256(key) => Ok(key.application().to_owned()),
        _ => Err(PasskeyFault::UnknownKind),
    }
}

fn key_data(key: &str) -> Result<KeyData, PasskeyFault> {
    PublicKey::from_openssh(key)
        .map(KeyData::from)
        .map_err(|error| PasskeyFault::Malformed(error.to_string()))
}

/// May passkeys of this rp id be used at this origin? A browser asks the same.
pub fn is_site_of(rp_id: &str, origin: &str) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else {
        return false;
    };
    let host = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(host, _)| host);
    let is_name = host.parse::<std::net::IpAddr>().is_err()
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
        });
    let within = host == rp_id
        || host
            .strip_suffix(rp_id)
            .is_some_and(|start| start.ends_with('.'));
    let secure = scheme == "https" || (scheme == "http" && host == "localhost");
    !rp_id.is_empty() && is_name && within && secure
}

/// Reads what a browser gave when a passkey was made.
///
/// # Errors
/// Another ceremony, challenge, origin or site; a person who was not verified; another kind of key.
pub fn made(
    rp_id: &str,
    origin: &str,
    challenge: &[u8],
    authenticator_data: &[u8],
    client_data: &[u8],
) -> Result<NewPasskey, PasskeyFault> {
    let cut = || PasskeyFault::Malformed("it ends too early".to_owned());
    let _ = said(client_data, "webauthn.create", challenge, origin)?;
    let (flags, _) = head(authenticator_data, rp_id)?;
    if flags & CREDENTIAL == 0 {
        return Err(PasskeyFault::Malformed("it has no credential".to_owned()));
    }
    // After the head: the model of the authenticator, the id with its length, the key.
    let rest = authenticator_data.get(HEAD_BYTES + 16..).ok_or_else(cut)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_BYTES_MAX {
        return Err(PasskeyFault::Malformed(format!(
            "the credential's id has {length} bytes"
        )));
    }
    let (id, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    // COSE in the one order that WebAuthn demands: EC2, ES256, P-256, x, y.
    let x = rest.strip_prefix(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
    let (x, rest) = x
        .ok_or(PasskeyFault::UnknownKind)?
        .split_first_chunk::<32>()
        .ok_or_else(cut)?;
    let y = rest.strip_prefix(&[0x22, 0x58, 32]);
    let (y, rest) = y
        .ok_or(PasskeyFault::UnknownKind)?
        .split_first_chunk::<32>()
        .ok_or_else(cut)?;
    if rest.is_empty() != (flags & EXTENSIONS == 0) {
        return Err(PasskeyFault::Malformed("its length is wrong".to_owned()));
    }
    let point = [&[4][..], x, y].concat();
    let mut blob = Vec::new();
    for part in [KEY_KIND.as_bytes(), b"nistp256", &point, rp_id.as_bytes()] {
        put(&mut blob, part)?;
    }
    let key = format!("{KEY_KIND} {}", BASE64_STANDARD.encode(blob));
    // What we hand on is what we read.
    let _ = key_data(&key)?;
    Ok(NewPasskey {
        key,
        credential: base64url(id),
    })
}

/// Checks what a browser gave when somebody signed a challenge with this key.
///
/// # Errors
/// See [`PasskeyFault`].
pub fn check(
    key: &str,
    origin: &str,
    challenge: &[u8],
    assertion: &Assertion,
) -> Result<u32, PasskeyFault> {
    let signed = signed(key, origin, "", assertion)?;
    signed.holds(challenge)?;
    Ok(signed.counter)
}

/// Makes an SSH signature of bytes from what a browser gave for their [`challenge`], as it stands in a `.sig` file.
///
/// # Errors
/// See [`PasskeyFault`]: what is handed on holds.
pub fn armored(
    key: &str,
    origin: &str,
    namespace: &str,
    bytes: &[u8],
    assertion: &Assertion,
) -> Result<String, PasskeyFault> {
    let signed = signed(key, origin, namespace, assertion)?;
    signed.holds(&challenge(namespace, bytes)?)?;
    signed.armored()
}

/// Is it a signature of a passkey? Checks it if it is.
pub(crate) fn verify(
    armored: &str,
    namespace: &str,
    bytes: &[u8],
) -> Option<Result<SignedBy, SignatureFault>> {
    let signed = Signed::read(armored)?;
    Some(signed.and_then(|signed| {
        if signed.namespace != namespace {
            return Err(SignatureFault::OtherNamespace {
                found: signed.namespace,
                wanted: namespace.to_owned(),
            });
        }
        let challenge = challenge_with(namespace, signed.hash, bytes)?;
        signed.holds(&challenge)?;
        let key = PublicKey::from(signed.key.clone());
        let mut by = crate::signature::described(&key)
            .ok_or_else(|| SignatureFault::Malformed("its key cannot be written".into()))?;
        by.origin = Some(signed.origin);
        Ok(by)
    }))
}

/// Reads and judges what the browser says.
fn said(
    client_data: &[u8],
    wanted: &'static str,
    challenge: &[u8],
    origin: &str,
) -> Result<ClientData, PasskeyFault> {
    let said: ClientData = serde_json::from_slice(client_data)
        .map_err(|error| PasskeyFault::Malformed(error.to_string()))?;
    if said.r#type != wanted {
        return Err(PasskeyFault::OtherCeremony {
            found: said.r#type,
            wanted,
        });
    }
    if said.challenge != base64url(challenge) {
        return Err(PasskeyFault::OtherChallenge);
    }
    if said.origin != origin {
        return Err(PasskeyFault::OtherOrigin {
            found: said.origin,
            wanted: origin.to_owned(),
        });
    }
    if said.cross_origin {
        return Err(PasskeyFault::InFrame);
    }
    Ok(said)
}

/// Flags and counter of the authenticator's data.
fn head(data: &[u8], rp_id: &str) -> Result<(u8, u32), PasskeyFault> {
    let Some((head, _)) = data.split_first_chunk::<HEAD_BYTES>() else {
        return Err(PasskeyFault::Malformed(format!(
            "the authenticator's data has {} bytes",
            data.len()
        )));
    };
    if head[..32] != Digest::of(rp_id.as_bytes()).bytes()[..] {
        return Err(PasskeyFault::OtherSite(rp_id.to_owned()));
    }
    let flags = head[32];
    attended(flags)?;
    Ok((
        flags,
        u32::from_be_bytes([head[33], head[34], head[35], head[36]]),
    ))
}

fn attended(flags: u8) -> Result<(), PasskeyFault> {
    match (flags & PRESENT != 0, flags & VERIFIED != 0) {
        (true, true) => Ok(()),
        (true, false) => Err(PasskeyFault::NotVerified),
        (false, _) => Err(PasskeyFault::NobodyThere),
    }
}

fn signed(
    key: &str,
    origin: &str,
    namespace: &str,
    assertion: &Assertion,
) -> Result<Signed, PasskeyFault> {
    let (flags, counter) = head(&assertion.authenticator_data, &rp_id(key)?)?;
    Ok(Signed {
        key: key_data(key)?,
        namespace: namespace.to_owned(),
        hash: HashAlg::Sha512,
        numbers: numbers(&assertion.signature)?,
        flags,
        counter,
        origin: origin.to_owned(),
        client_data: assertion.client_data.clone(),
        extensions: assertion.authenticator_data[HEAD_BYTES..].to_vec(),
    })
}

/// The two numbers of a signature, from DER to SSH: both write them alike, with another length before them.
fn numbers(der: &[u8]) -> Result<Vec<u8>, PasskeyFault> {
    let wrong = || PasskeyFault::Malformed("its signature is no DER".to_owned());
    let [0x30, length, rest @ ..] = der else {
        return Err(wrong());
    };
    let mut numbers = Vec::new();
    let mut left = rest;
    for _ in 0..2 {
        let [2, length, rest @ ..] = left else {
            return Err(wrong());
        };
        let (number, after) = rest
            .split_at_checked(usize::from(*length))
            .ok_or_else(wrong)?;
        put(&mut numbers, number)?;
        left = after;
    }
    match left.is_empty() && usize::from(*length) == rest.len() {
        true => Ok(numbers),
        false => Err(wrong()),
    }
}

fn put(blob: &mut Vec<u8>, part: &[u8]) -> Result<(), PasskeyFault> {
    part.encode(blob)
        .map_err(|error| PasskeyFault::Malformed(error.to_string()))
}

impl Signed {
    /// Does it hold for this challenge, and was the right person there?
    fn holds(&self, challenge: &[u8]) -> Result<(), PasskeyFault> {
        let said = said(&self.client_data, "webauthn.get", challenge, &self.origin)?;
        // Browsers write it in one way, and OpenSSH reads no other.
        let plain = format!(
            "{{\"type\":\"webauthn.get\",\"challenge\":\"{}\",\"origin\":\"{}\"",
            said.challenge, said.origin
        );
        if !self.client_data.starts_with(plain.as_bytes()) || said.origin.contains(['"', '\\']) {
            return Err(PasskeyFault::Malformed(
                "its client data is not written as browsers write it".to_owned(),
            ));
        }
        attended(self.flags)?;
        if self.flags & (CREDENTIAL | EXTENSIONS) != 0 || !self.extensions.is_empty() {
            return Err(PasskeyFault::Extensions);
        }
        // A FIDO key signs digest of the application, flags, counter, digest of the message. So does a passkey, whose
        // message is what the browser said.
        let mut signature = self.numbers.clone();
        signature.push(self.flags);
        signature.extend(self.counter.to_be_bytes());
        let signature = Signature::new(Algorithm::SkEcdsaSha2NistP256, signature)
            .map_err(|_| PasskeyFault::Wrong)?;
        let KeyData::SkEcdsaSha2NistP256(_) = &self.key else {
            return Err(PasskeyFault::UnknownKind);
        };
        ::signature::Verifier::verify(&self.key, &self.client_data, &signature)
            .map_err(|_| PasskeyFault::Wrong)
    }

    fn armored(&self) -> Result<String, PasskeyFault> {
        let mut signature = Vec::new();
        put(&mut signature, SIGNATURE_KIND.as_bytes())?;
        put(&mut signature, &self.numbers)?;
        signature.push(self.flags);
        signature.extend(self.counter.to_be_bytes());
        put(&mut signature, self.origin.as_bytes())?;
        put(&mut signature, &self.client_data)?;
        put(&mut signature, &self.extensions)?;
        let mut key = Vec::new();
        self.key
            .encode(&mut key)
            .map_err(|error| PasskeyFault::Malformed(error.to_string()))?;
        let mut blob = MAGIC.to_vec();
        blob.extend(SshSig::VERSION.to_be_bytes());
        for part in [
            &key[..],
            self.namespace.as_bytes(),
            b"",
            self.hash.as_str().as_bytes(),
            &signature,
        ] {
            put(&mut blob, part)?;
        }
        let text = BASE64_STANDARD.encode(blob);
        let mut armored = format!("{BEGIN}\n");
        for line in text.as_bytes().chunks(70) {
            armored.extend(line.iter().copied().map(char::from));
            armored.push('\n');
        }
        Ok(armored + END + "\n")
    }

    /// Reads an armored signature; `None` if it is not of a passkey.
    fn read(armored: &str) -> Option<Result<Signed, SignatureFault>> {
        let body = armored.trim_end().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let text: String = body.lines().collect();
        let blob = BASE64_STANDARD.decode(text).ok()?;
        let mut reader = blob.strip_prefix(MAGIC)?;
        let version = u32::decode(&mut reader).ok()?;
        let parts: Vec<Vec<u8>> = (0..5)
            .map_while(|_| Vec::<u8>::decode(&mut reader).ok())
            .collect();
        let [key, namespace, reserved, hash, signature] = parts.try_into().ok()?;
        let mut within = &signature[..];
        if String::decode(&mut within).ok()? != SIGNATURE_KIND {
            return None;
        }
        let malformed = |why: &str| SignatureFault::Malformed(why.to_owned());
        Some((|| {
            if version != SshSig::VERSION || !reserved.is_empty() || !reader.is_finished() {
                return Err(malformed("its frame is not known"));
            }
            let text = |bytes| String::from_utf8(bytes).map_err(|_| malformed("it is no text"));
            let broken = |_| malformed("it ends too early");
            let signed = Signed {
                key: KeyData::decode(&mut &key[..])
                    .map_err(|error| malformed(&error.to_string()))?,
                namespace: text(namespace)?,
                hash: text(hash)?
                    .parse()
                    .map_err(|_| malformed("its digest is not known"))?,
                numbers: Vec::decode(&mut within).map_err(broken)?,
                flags: u8::decode(&mut within).map_err(broken)?,
                counter: u32::decode(&mut within).map_err(broken)?,
                origin: String::decode(&mut within).map_err(broken)?,
                client_data: Vec::decode(&mut within).map_err(broken)?,
                extensions: Vec::decode(&mut within).map_err(broken)?,
            };
            match within.is_empty() {
                true => Ok(signed),
                false => Err(malformed("something follows it")),
            }
        })())
    }
}

#[cfg(test)]
#[path = "passkey_tests.rs"]
mod tests;
