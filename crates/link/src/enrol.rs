//! Who may speak for which checkpoint: a small certificate authority of our own, one-time codes,
//! and the list of keys that are allowed now.
//!
//! A certificate names one checkpoint (subject alternative name `beket:checkpoint/<code>`) and
//! lives 30 days, longer than the longest outage; it is renewed over the link from its tenth day
//! on. Revocation is the list: a key that is not on it is refused at the handshake and cut off
//! within a second. Not here: sockets ([`crate::driver`]), people who approve a code.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use domain::unit::{CheckpointId, UtcMs};
use ledger::VerifierKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;

use crate::limits::{CHECKPOINT_BYTES, CODE_ATTEMPTS};
use crate::parcel::{self, Opener, PublicKey};

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Life of a checkpoint's certificate.
pub const CERTIFICATE_DAYS: i64 = 30;
/// From this day of its life on it is renewed.
pub const RENEWAL_DAY: i64 = 10;
const CA_DAYS: i64 = 3650;
/// Clocks may be wrong; a certificate is valid from a day before it was made.
const CLOCK_MS: i64 = DAY_MS;
/// The name that the centre's certificate carries and checkpoints ask for.
pub const CENTRE_NAME: &str = "centre.beket";
const CHECKPOINT_URI: &str = "beket:checkpoint/";

#[derive(Debug, Error)]
pub enum EnrolError {
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: {why}")]
    Content { path: PathBuf, why: String },
    #[error("{0:?} is no checkpoint's code: 1 to {CHECKPOINT_BYTES} of A-Z a-z 0-9 _ -")]
    Checkpoint(String),
    #[error("a code is <checkpoint>.<secret>.<fingerprint>, as the centre printed it")]
    NoCode,
    /// Deliberately says no more: unknown, wrong, expired and used look the same from outside.
    #[error("the code for {0} is not valid (wrong, used or expired)")]
    Code(String),
    #[error("{0} is not enrolled, or its key was revoked")]
    NotAllowed(String),
    #[error("the certificate request cannot be used: {0}")]
    Request(String),
    #[error("certificate: {0}")]
    Certificate(String),
    #[error("the centre refused: {0}")]
    ByCentre(String),
    #[error("the centre cannot be reached: {0}")]
    Unreachable(String),
}

impl From<rcgen::Error> for EnrolError {
    fn from(error: rcgen::Error) -> EnrolError {
        EnrolError::Certificate(error.to_string())
    }
}

/// A key, its certificate, and the authority both believe. What a node shows at the handshake.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The checkpoint's code, or `centre`.
    pub node: String,
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8.
    pub(crate) key: Vec<u8>,
    /// The authority's certificate, DER.
    pub authority: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key stays out of every log.
        f.debug_struct("Identity")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct IdentityFile {
    node: String,
    certificate: String,
    key: String,
    authority: String,
}

impl Identity {
    /// Keeps it in `folder`, readable by its owner only.
    pub fn save(&self, folder: &Path) -> Result<(), EnrolError> {
        let file = IdentityFile {
            node: self.node.clone(),
            certificate: hex(&self.certificate),
            key: hex(&self.key),
            authority: hex(&self.authority),
        };
        write_json(&folder.join("identity.json"), &file)
    }

    pub fn load(folder: &Path) -> Result<Identity, EnrolError> {
        let path = folder.join("identity.json");
        let file: IdentityFile = read_json(&path)?;
        let bytes = |text: &str| {
            unhex(text).ok_or(EnrolError::Content {
                path: path.clone(),
                why: "not hexadecimal".into(),
            })
        };
        Ok(Identity {
            node: file.node,
            certificate: bytes(&file.certificate)?,
            key: bytes(&file.key)?,
            authority: bytes(&file.authority)?,
        })
    }

    /// Whether the certificate is old enough to be renewed.
    pub fn is_renewal_due(&self, now: UtcMs) -> bool {
        let Ok((_, it)) = x509_parser::parse_x509_certificate(&self.certificate) else {
            return true;
        };
        let ends = UtcMs(it.validity().not_after.timestamp().saturating_mul(1000));
        ends.since_ms(now) <= (CERTIFICATE_DAYS - RENEWAL_DAY) * DAY_MS
    }

    fn key_pair(&self) -> Result<KeyPair, EnrolError> {
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(self.key.as_slice());
        Ok(KeyPair::from_pkcs8_der_and_sign_algo(
            &key,
            &rcgen::PKCS_ECDSA_P256_SHA256,
        )?)
    }

    /// What opens parcels for this node.
    pub fn opener(&self) -> Opener {
        Opener::derive(&self.key)
    }

    /// The key to encrypt parcels to the centre with, as the authority's certificate says.
    pub fn centre_parcel_key(&self) -> Option<PublicKey> {
        parcel::read_extension(&self.authority)
    }

    /// ECDSA P-256 with SHA-256, DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, EnrolError> {
        use rcgen::SigningKey;
        Ok(self.key_pair()?.sign(message)?)
    }

    /// A request (DER) for a new certificate of the same key.
    pub fn renewal_request(&self) -> Result<Vec<u8>, EnrolError> {
        Ok(CertificateParams::default()
            .serialize_request(&self.key_pair()?)?
            .der()
            .to_vec())
    }

    /// This identity with a renewed certificate, if it is one of this key.
    pub fn renewed(&self, certificate: Vec<u8>) -> Result<Identity, EnrolError> {
        let new = Named::read(&certificate)?;
        let old = Named::read(&self.certificate)?;
        if new != old {
            let why = "the renewed certificate is another node's or another key's";
            return Err(EnrolError::Certificate(why.into()));
        }
        Ok(Identity {
            certificate,
            ..self.clone()
        })
    }
}

/// Whom a certificate names, and by which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// A checkpoint's code, or `centre`.
    pub node: String,
    /// BLAKE3 of the public key, 64 hexadecimal digits.
    pub key: String,
}

impl Named {
    /// Reads a certificate (DER) that was verified already.
    pub fn read(certificate: &[u8]) -> Result<Named, EnrolError> {
        let wrong = |why: String| EnrolError::Certificate(why);
        let (_, it) =
            x509_parser::parse_x509_certificate(certificate).map_err(|e| wrong(e.to_string()))?;
        let names = it
            .subject_alternative_name()
            .map_err(|e| wrong(e.to_string()))?;
        let names = names
            .map(|it| it.value.general_names.as_slice())
            .unwrap_or_default();
        let node = match names {
            [GeneralName::URI(uri)] => uri.strip_prefix(CHECKPOINT_URI).filter(|it| is_code(it)),
            [GeneralName::DNSName(CENTRE_NAME)] => Some("centre"),
            _ => None,
        };
        let node = node
            .ok_or_else(|| wrong("it names no checkpoint".into()))?
            .to_owned();
        Ok(Named {
            node,
            key: key_name(&it.public_key().subject_public_key.data),
        })
    }
}

fn key_name(public: &[u8]) -> String {
    blake3::hash(public).to_hex().to_string()
}

fn is_code(text: &str) -> bool {
    (1..=CHECKPOINT_BYTES).contains(&text.len())
        && text != "centre"
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it))
}

/// What the authority knows; `allowed.json`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Registry {
    checkpoints: BTreeMap<String, Enrolled>,
    codes: BTreeMap<String, OpenCode>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Enrolled {
    /// Names of the keys that may speak for it; none after a revocation.
    keys: Vec<String>,
    /// Verifier keys of its ledger, as it gave them at enrolment.
    ledger_keys: Vec<String>,
    /// What parcels for it are encrypted to, in hexadecimal.
    #[serde(default)]
    parcel_key: Option<String>,
    enrolled_at: UtcMs,
    #[serde(default)]
    revoked_at: Option<UtcMs>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OpenCode {
    /// BLAKE3 of checkpoint and secret; the secret itself is nowhere.
    hash: String,
    expires_at: UtcMs,
    attempts_left: u32,
}

/// The line that `beket enrol` takes: `<checkpoint>.<secret>.<fingerprint of the authority>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub checkpoint: String,
    pub secret: String,
    /// First 32 hexadecimal digits of the BLAKE3 of the authority's certificate.
    pub authority: String,
}

impl std::str::FromStr for Code {
    type Err = EnrolError;

    fn from_str(text: &str) -> Result<Code, EnrolError> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        match parts.as_slice() {
            [checkpoint, secret, authority] if is_code(checkpoint) => Ok(Code {
                checkpoint: (*checkpoint).to_owned(),
                secret: (*secret).to_owned(),
                authority: (*authority).to_owned(),
            }),
            _ => Err(EnrolError::NoCode),
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.checkpoint, self.secret, self.authority)
    }
}

/// First 32 hexadecimal digits of the BLAKE3 of an authority's certificate.
pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    blake3::hash(certificate)
        .to_hex()
        .chars()
        .take(32)
        .collect()
}

/// What a checkpoint asks with, over TLS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolRequest {
    pub checkpoint: String,
    pub secret: String,
    /// Certificate signing request, DER in hexadecimal.
    pub request: String,
    /// The verifier key of the checkpoint's ledger, when it has one already.
    pub ledger_key: Option<String>,
    /// What parcels for it are to be encrypted to, in hexadecimal.
    #[serde(default)]
    pub parcel_key: Option<String>,
}

/// The certificate authority, and the list of who is allowed. Cheap to clone.
#[derive(Clone)]
pub struct Ca {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    opener: Opener,
    registry: Mutex<(Registry, Option<Stamp>)>,
}

impl std::fmt::Debug for Ca {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ca")
            .field("folder", &self.inner.folder)
            .finish_non_exhaustive()
    }
}

impl Ca {
    /// A new authority with its own key in `folder`; refuses to replace one.
    pub fn create(folder: &Path, now: UtcMs) -> Result<Ca, EnrolError> {
        let path = folder.join("authority.json");
        if path.exists() {
            return Err(EnrolError::Content {
                path,
                why: "an authority is here already".into(),
            });
        }
        make_folder(folder)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params
            .distinguished_name
            .push(DnType::CommonName, "Beket authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let parcels = Opener::derive(key.serialized_der()).public();
        params.custom_extensions = vec![parcel::extension(&parcels)];
        (params.not_before, params.not_after) = validity(now, CA_DAYS)?;
        let certificate = params.self_signed(&key)?;
        let file = IdentityFile {
            node: "authority".into(),
            certificate: hex(certificate.der()),
            key: hex(key.serialized_der()),
            authority: hex(certificate.der()),
        };
        write_json(&path, &file)?;
        write_json(&folder.join("allowed.json"), &Registry::default())?;
        Ca::open(folder)
    }

    pub fn open(folder: &Path) -> Result<Ca, EnrolError> {
        let path = folder.join("authority.json");
        let file: IdentityFile = read_json(&path)?;
        let damaged = || EnrolError::Content {
            path: path.clone(),
            why: "not hexadecimal".into(),
        };
        let key = unhex(&file.key).ok_or_else(damaged)?;
        let certificate = unhex(&file.certificate).ok_or_else(damaged)?;
        let opener = Opener::derive(&key);
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key);
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_ECDSA_P256_SHA256)?;
        let der = CertificateDer::from(certificate.clone());
        let issuer = Issuer::from_ca_cert_der(&der, key)?;
        let registry = Mutex::new((Registry::default(), None));
        let folder = folder.to_owned();
        let ca = Ca {
            inner: Arc::new(Inner {
                folder,
                issuer,
                certificate,
                opener,
                registry,
            }),
        };
        drop(ca.registry()?);
        Ok(ca)
    }

    pub fn open_or_create(folder: &Path, now: UtcMs) -> Result<Ca, EnrolError> {
        if folder.join("authority.json").exists() {
            Ca::open(folder)
        } else {
            Ca::create(folder, now)
        }
    }

    /// DER.
    pub fn certificate(&self) -> &[u8] {
        &self.inner.certificate
    }

    /// What opens parcels for the centre.
    pub fn opener(&self) -> Opener {
        self.inner.opener.clone()
    }

    /// What parcels for a checkpoint are encrypted to; `None` when it is not allowed now, or was
    /// enrolled before there were parcels.
    pub fn parcel_key(&self, checkpoint: &str) -> Option<PublicKey> {
        let held = self.registry().ok()?;
        let enrolled = held.0.checkpoints.get(checkpoint)?;
        let key = enrolled
            .parcel_key
            .as_ref()
            .filter(|_| !enrolled.keys.is_empty());
        unhex(key?)?.try_into().ok()
    }

    fn allowed_path(&self) -> PathBuf {
        self.inner.folder.join("allowed.json")
    }

    /// The list, read again when another process changed it.
    fn registry(&self) -> Result<MutexGuard<'_, (Registry, Option<Stamp>)>, EnrolError> {
        let path = self.allowed_path();
        let mut held = match self.inner.registry.lock() {
            Ok(it) => it,
            Err(poisoned) => poisoned.into_inner(),
        };
        let changed = stamp(&path);
        let changed = changed.map_err(|source| EnrolError::File {
            path: path.clone(),
            source,
        })?;
        if held.1 != Some(changed) {
            *held = (read_json(&path)?, Some(changed));
        }
        Ok(held)
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Registry) -> Result<T, EnrolError>,
    ) -> Result<T, EnrolError> {
        let mut held = self.registry()?;
        let mut next = held.0.clone();
        let result = change(&mut next);
        // A refused attempt is counted too.
        write_json(&self.allowed_path(), &next)?;
        *held = (next, stamp(&self.allowed_path()).ok());
        result
    }

    /// A one-time code for a checkpoint. An earlier one that was not used is void.
    pub fn code(
        &self,
        checkpoint: &CheckpointId,
        valid_ms: i64,
        now: UtcMs,
    ) -> Result<Code, EnrolError> {
        let checkpoint = checkpoint.as_str().to_owned();
        if !is_code(&checkpoint) {
            return Err(EnrolError::Checkpoint(checkpoint));
        }
        let secret = format!("{:032x}", rand::random::<u128>());
        let hash = secret_hash(&checkpoint, &secret);
        let expires_at = now.plus_ms(valid_ms);
        self.change(|registry| {
            let open = OpenCode {
                hash,
                expires_at,
                attempts_left: CODE_ATTEMPTS,
            };
            registry.codes.insert(checkpoint.clone(), open);
            Ok(())
        })?;
        let authority = fingerprint(&self.inner.certificate);
        Ok(Code {
            checkpoint,
            secret,
            authority,
        })
    }

    /// The certificate (DER) for a request that came with a valid code. The code is used up.
    pub fn redeem(&self, request: &EnrolRequest, now: UtcMs) -> Result<Vec<u8>, EnrolError> {
        let checkpoint = request.checkpoint.as_str();
        if !is_code(checkpoint) {
            return Err(EnrolError::Checkpoint(
                checkpoint.chars().take(40).collect(),
            ));
        }
        let wrong = || EnrolError::Code(checkpoint.to_owned());
        let csr = unhex(&request.request).ok_or(EnrolError::Request("not hexadecimal".into()))?;
        if let Some(key) = &request.parcel_key
            && unhex(key).is_none_or(|it| it.len() != size_of::<PublicKey>())
        {
            return Err(EnrolError::Request("its key for parcels".into()));
        }
        if let Some(key) = &request.ledger_key {
            let key: VerifierKey = key
                .parse()
                .map_err(|e| EnrolError::Request(format!("ledger key: {e}")))?;
            if !key.name().starts_with(&format!("beket/{checkpoint}/")) {
                return Err(EnrolError::Request(
                    "the ledger key is another ledger's".into(),
                ));
            }
        }
        self.change(|registry| {
            let open = registry.codes.get_mut(checkpoint).ok_or_else(wrong)?;
            if open.expires_at < now || open.attempts_left == 0 {
                return Err(wrong());
            }
            // blake3's comparison takes the same time wherever the hashes differ.
            let given = blake3::Hash::from_hex(secret_hash(checkpoint, &request.secret));
            let right = blake3::Hash::from_hex(&open.hash);
            if !matches!((given, right), (Ok(given), Ok(right)) if given == right) {
                open.attempts_left -= 1;
                return Err(wrong());
            }
            let (certificate, key) = self.issue(checkpoint, &csr, now)?;
            registry.codes.remove(checkpoint);
            // One key at a time: enrolling again replaces what was stolen or lost.
            let ledger_keys = request.ledger_key.iter().cloned().collect();
            let enrolled = Enrolled {
                keys: vec![key],
                ledger_keys,
                parcel_key: request.parcel_key.clone(),
                enrolled_at: now,
                revoked_at: None,
            };
            registry.checkpoints.insert(checkpoint.to_owned(), enrolled);
            Ok(certificate)
        })
    }

    /// A new certificate (DER) for the key that `holder` is connected with.
    pub fn renew(&self, holder: &Named, csr: &[u8], now: UtcMs) -> Result<Vec<u8>, EnrolError> {
        if !self.allows(holder) {
            return Err(EnrolError::NotAllowed(holder.node.clone()));
        }
        let (certificate, key) = self.issue(&holder.node, csr, now)?;
        if key != holder.key {
            let why = "a renewal is for the key of the certificate in use";
            return Err(EnrolError::Request(why.into()));
        }
        Ok(certificate)
    }

    /// Takes every key of a checkpoint off the list. True when there was one.
    pub fn revoke(&self, checkpoint: &CheckpointId, now: UtcMs) -> Result<bool, EnrolError> {
        self.change(|registry| {
            registry.codes.remove(checkpoint.as_str());
            let Some(it) = registry.checkpoints.get_mut(checkpoint.as_str()) else {
                return Ok(false);
            };
            it.revoked_at = Some(now);
            Ok(!std::mem::take(&mut it.keys).is_empty())
        })
    }

    /// Whether this key may speak for this checkpoint now. No when the list cannot be read.
    pub fn allows(&self, named: &Named) -> bool {
        let Ok(held) = self.registry() else {
            return false;
        };
        held.0
            .checkpoints
            .get(&named.node)
            .is_some_and(|it| it.keys.contains(&named.key))
    }

    /// The ledger keys that came with a checkpoint's enrolment.
    pub fn ledger_keys(&self, checkpoint: &str) -> Vec<VerifierKey> {
        let Ok(held) = self.registry() else {
            return Vec::new();
        };
        let keys = held
            .0
            .checkpoints
            .get(checkpoint)
            .map(|it| it.ledger_keys.as_slice());
        keys.unwrap_or_default()
            .iter()
            .filter_map(|it| it.parse().ok())
            .collect()
    }

    /// Enrolled checkpoints, and whether each is allowed now.
    pub fn checkpoints(&self) -> Result<Vec<(CheckpointId, bool)>, EnrolError> {
        let held = self.registry()?;
        let all = held.0.checkpoints.iter();
        Ok(all
            .map(|(code, it)| (CheckpointId::new(code), !it.keys.is_empty()))
            .collect())
    }

    /// The centre's own certificate, made anew at each start.
    pub fn centre(&self, now: UtcMs) -> Result<Identity, EnrolError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![CENTRE_NAME.to_owned()])?;
        params
            .distinguished_name
            .push(DnType::CommonName, CENTRE_NAME);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity(now, CA_DAYS / 10)?;
        let certificate = params.signed_by(&key, &self.inner.issuer)?;
        Ok(Identity {
            node: "centre".into(),
            certificate: certificate.der().to_vec(),
            key: key.serialized_der().to_vec(),
            authority: self.inner.certificate.clone(),
        })
    }

    /// The same at every start; its tokens end connections and open nothing.
    pub(crate) fn reset_key(&self) -> [u8; 32] {
        let key = self.inner.issuer.key().serialized_der();
        blake3::derive_key("beket 2026 link: QUIC stateless reset", key)
    }

    /// A certificate for a checkpoint whatever the request asks for besides its key; the key's
    /// name with it.
    fn issue(
        &self,
        checkpoint: &str,
        csr: &[u8],
        now: UtcMs,
    ) -> Result<(Vec<u8>, String), EnrolError> {
        let der = CertificateSigningRequestDer::from(csr);
        let mut request = CertificateSigningRequestParams::from_der(&der)
            .map_err(|e| EnrolError::Request(e.to_string()))?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, checkpoint);
        let uri = format!("{CHECKPOINT_URI}{checkpoint}");
        params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity(now, CERTIFICATE_DAYS)?;
        request.params = params;
        let certificate = request.signed_by(&self.inner.issuer)?.der().to_vec();
        let key = Named::read(&certificate)?.key;
        Ok((certificate, key))
    }
}

/// A key and a request for `code`; the certificate that comes back makes it an [`Identity`].
pub struct Applicant {
    key: KeyPair,
    pub request: EnrolRequest,
}

impl Applicant {
    pub fn new(code: &Code, ledger_key: Option<&VerifierKey>) -> Result<Applicant, EnrolError> {
        let key = KeyPair::generate()?;
        let csr = CertificateParams::default().serialize_request(&key)?;
        let request = EnrolRequest {
            checkpoint: code.checkpoint.clone(),
            secret: code.secret.clone(),
            request: hex(csr.der()),
            ledger_key: ledger_key.map(ToString::to_string),
            parcel_key: Some(hex(&Opener::derive(key.serialized_der()).public())),
        };
        Ok(Applicant { key, request })
    }

    pub fn identity(
        self,
        certificate: Vec<u8>,
        authority: Vec<u8>,
    ) -> Result<Identity, EnrolError> {
        let named = Named::read(&certificate)?;
        let own = key_name(self.key.public_key_raw());
        if named.node != self.request.checkpoint || named.key != own {
            return Err(EnrolError::Certificate(
                "it names another node or key".into(),
            ));
        }
        let key = self.key.serialized_der().to_vec();
        Ok(Identity {
            node: named.node,
            certificate,
            key,
            authority,
        })
    }
}

/// Enrols a checkpoint in the same process, without a network: the demo and tests.
pub fn local(
    ca: &Ca,
    checkpoint: &CheckpointId,
    ledger_key: Option<&VerifierKey>,
    now: UtcMs,
) -> Result<Identity, EnrolError> {
    let code = ca.code(checkpoint, 60_000, now)?;
    let applicant = Applicant::new(&code, ledger_key)?;
    let certificate = ca.redeem(&applicant.request, now)?;
    applicant.identity(certificate, ca.certificate().to_vec())
}

fn secret_hash(checkpoint: &str, secret: &str) -> String {
    blake3::hash(format!("{checkpoint}.{secret}").as_bytes())
        .to_hex()
        .to_string()
}

fn validity(now: UtcMs, days: i64) -> Result<(OffsetDateTime, OffsetDateTime), EnrolError> {
    let at = |it: UtcMs| {
        OffsetDateTime::from_unix_timestamp(it.0.div_euclid(1000))
            .map_err(|e| EnrolError::Certificate(e.to_string()))
    };
    Ok((at(now.plus_ms(-CLOCK_MS))?, at(now.plus_ms(days * DAY_MS))?))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    pairs.map(|it| u8::from_str_radix(it?, 16).ok()).collect()
}

/// Tells one content of a file from the next: each is a new file, renamed into place.
type Stamp = (SystemTime, u64);

fn stamp(path: &Path) -> std::io::Result<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let file = fs::metadata(path)?;
    Ok((file.modified()?, file.ino()))
}

fn make_folder(folder: &Path) -> Result<(), EnrolError> {
    fs::create_dir_all(folder).map_err(|source| EnrolError::File {
        path: folder.to_owned(),
        source,
    })
}

/// Whole or not at all, for the owner only.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), EnrolError> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |source| EnrolError::File {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let bytes = serde_json::to_vec_pretty(value).map_err(|e| EnrolError::Content {
        path: path.to_owned(),
        why: e.to_string(),
    })?;
    let beside = path.with_extension(format!("tmp-{}", std::process::id()));
    let write = || {
        let options = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .to_owned();
        let mut file = options.open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(failed)
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, EnrolError> {
    let bytes = fs::read(path).map_err(|source| EnrolError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|e| EnrolError::Content {
        path: path.to_owned(),
        why: e.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_767_225_600_000);

    fn ca() -> (tempfile::TempDir, Ca) {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::create(folder.path(), NOW).unwrap();
        (folder, ca)
    }

    fn cn05() -> CheckpointId {
        CheckpointId::new("CN05")
    }

    #[test]
    fn a_code_works_once_and_the_certificate_names_the_checkpoint() {
        let (folder, ca) = ca();
        let code = ca.code(&cn05(), 60_000, NOW).unwrap();
        assert_eq!(code.to_string().parse::<Code>().unwrap(), code);
        let applicant = Applicant::new(&code, None).unwrap();
        let request = applicant.request.clone();
        let certificate = ca.redeem(&request, NOW).unwrap();
        let identity = applicant
            .identity(certificate, ca.certificate().to_vec())
            .unwrap();
        let named = Named::read(&identity.certificate).unwrap();
        assert_eq!(named.node, "CN05");
        assert!(ca.allows(&named));
        assert!(matches!(ca.redeem(&request, NOW), Err(EnrolError::Code(_))));
        // A second process sees the same list.
        assert!(Ca::open(folder.path()).unwrap().allows(&named));
        let text = fs::read_to_string(folder.path().join("allowed.json")).unwrap();
        assert!(!text.contains(&code.secret));
    }

    #[test]
    fn wrong_expired_and_guessed_codes_are_refused() {
        let (_folder, ca) = ca();
        let code = ca.code(&cn05(), 60_000, NOW).unwrap();
        let late = Applicant::new(&code, None).unwrap();
        assert!(ca.redeem(&late.request, NOW.plus_ms(60_001)).is_err());
        let other = Code {
            checkpoint: "CN06".into(),
            ..code.clone()
        };
        assert!(
            ca.redeem(&Applicant::new(&other, None).unwrap().request, NOW)
                .is_err()
        );
        let guess = Code {
            secret: "0".repeat(32),
            ..code.clone()
        };
        let guess = Applicant::new(&guess, None).unwrap();
        for _ in 0..CODE_ATTEMPTS {
            assert!(ca.redeem(&guess.request, NOW).is_err());
        }
        // The right one is void after that many guesses.
        assert!(ca.redeem(&late.request, NOW).is_err());
        assert!("CN05".parse::<Code>().is_err());
        assert!(ca.code(&CheckpointId::new("../x"), 1, NOW).is_err());
        assert!(ca.code(&CheckpointId::new("centre"), 1, NOW).is_err());
    }

    #[test]
    fn a_revoked_key_is_allowed_nothing_and_renews_nothing() {
        let (folder, ca) = ca();
        let identity = local(&ca, &cn05(), None, NOW).unwrap();
        let named = Named::read(&identity.certificate).unwrap();
        let request = identity.renewal_request().unwrap();
        let second = Ca::open(folder.path()).unwrap();
        assert!(second.revoke(&cn05(), NOW).unwrap());
        assert!(!ca.allows(&named), "revoked by another process");
        assert!(matches!(
            ca.renew(&named, &request, NOW),
            Err(EnrolError::NotAllowed(_))
        ));
        // Enrolled anew with another key, the stolen one stays out.
        let fresh = local(&ca, &cn05(), None, NOW).unwrap();
        assert!(ca.allows(&Named::read(&fresh.certificate).unwrap()));
        assert!(!ca.allows(&named));
    }

    #[test]
    fn renewed_from_the_tenth_day_for_the_same_key_only() {
        let (folder, ca) = ca();
        let identity = local(&ca, &cn05(), None, NOW).unwrap();
        assert!(!identity.is_renewal_due(NOW.plus_ms(9 * DAY_MS)));
        let later = NOW.plus_ms(10 * DAY_MS);
        assert!(identity.is_renewal_due(later));
        let named = Named::read(&identity.certificate).unwrap();
        let new = ca
            .renew(&named, &identity.renewal_request().unwrap(), later)
            .unwrap();
        let renewed = identity.renewed(new).unwrap();
        assert!(!renewed.is_renewal_due(later));
        renewed.save(folder.path()).unwrap();
        assert_eq!(Identity::load(folder.path()).unwrap(), renewed);
        let other = local(&ca, &CheckpointId::new("CN06"), None, NOW).unwrap();
        assert!(
            ca.renew(&named, &other.renewal_request().unwrap(), later)
                .is_err()
        );
        assert!(identity.renewed(other.certificate).is_err());
    }

    #[test]
    fn a_request_that_asks_for_more_gets_only_its_checkpoint() {
        let (_folder, ca) = ca();
        let code = ca.code(&cn05(), 60_000, NOW).unwrap();
        let mut applicant = Applicant::new(&code, None).unwrap();
        let mut greedy = CertificateParams::new(vec![CENTRE_NAME.to_owned()]).unwrap();
        greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let csr = greedy.serialize_request(&applicant.key).unwrap();
        applicant.request.request = hex(csr.der());
        let certificate = ca.redeem(&applicant.request, NOW).unwrap();
        assert_eq!(Named::read(&certificate).unwrap().node, "CN05");
        let (_, it) = x509_parser::parse_x509_certificate(&certificate).unwrap();
        assert!(!it.is_ca());
        let usage = it.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && !usage.server_auth);
    }
}
