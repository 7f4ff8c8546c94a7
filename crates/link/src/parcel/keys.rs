//! The keys a parcel is encrypted to: HPKE (RFC 9180) with X25519, HKDF-SHA256 and
//! ChaCha20-Poly1305. Each is derived from the secret key its owner was enrolled with, so there is
//! nothing more to keep; the key that signs is never itself used for agreement.
//!
//! A checkpoint's public key goes along when it enrols. The centre's stands in the authority's
//! certificate, which every checkpoint keeps. Why so: `docs/decisions/0005-parcels.md`.

use hpke::aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender};

use super::ParcelError;

/// A raw X25519 public key.
pub type PublicKey = [u8; 32];

pub(super) type Sealing = AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
pub(super) type Opening = AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;

/// Object identifier of the certificate extension that holds the public key: arc 2.25 of ITU-T
/// X.667, which needs no registration.
const EXTENSION: &[u64] = &[2, 25, 7_233_162_840_135];

pub(crate) fn extension(key: &PublicKey) -> rcgen::CustomExtension {
    rcgen::CustomExtension::from_oid_content(EXTENSION, key.to_vec())
}

/// The key in a certificate (DER), if it has one.
pub(crate) fn read_extension(certificate: &[u8]) -> Option<PublicKey> {
    let (_, it) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let ours = x509_parser::der_parser::oid::Oid::from(EXTENSION).ok()?;
    let found = it.extensions().iter().find(|it| it.oid == ours)?;
    found.value.try_into().ok()
}

/// What opens parcels addressed to its owner.
#[derive(Clone)]
pub struct Opener {
    secret: [u8; 32],
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener")
    }
}

impl Opener {
    /// From the secret key (PKCS#8) that its owner was enrolled with.
    pub(crate) fn derive(secret_key: &[u8]) -> Opener {
        Opener {
            secret: blake3::derive_key("beket 2026-11 parcel X25519", secret_key),
        }
    }

    /// What others encrypt to.
    pub fn public(&self) -> PublicKey {
        let (_, public) = X25519HkdfSha256::derive_keypair(&self.secret);
        public.to_bytes().into()
    }

    pub(super) fn open(&self, encapsulated: &[u8], info: &[u8]) -> Result<Opening, ParcelError> {
        let (secret, _) = X25519HkdfSha256::derive_keypair(&self.secret);
        let damaged = |_| ParcelError::Damaged("its key".into());
        let encapsulated =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated).map_err(damaged)?;
        setup_receiver(&OpModeR::Base, &secret, &encapsulated, info).map_err(damaged)
    }
}

/// A context that encrypts to `to`, and what the receiver needs for its own.
pub(super) fn seal(to: &PublicKey, info: &[u8]) -> Result<(Vec<u8>, Sealing), ParcelError> {
    let wrong = |_| ParcelError::Refused("the receiver's key is no key".into());
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to).map_err(wrong)?;
    let (encapsulated, sealing) =
        setup_sender::<_, _, X25519HkdfSha256>(&OpModeS::Base, &to, info).map_err(wrong)?;
    Ok((encapsulated.to_bytes().to_vec(), sealing))
}
