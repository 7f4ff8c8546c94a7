//! QUIC as the link uses it: TLS 1.3, both sides with certificates of the one authority, no
//! fallback. Says who is at the other end; whether they are still allowed is the list's business.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{HandshakeData, QuicClientConfig, QuicServerConfig};
use quinn::crypto::{CryptoError, HmacKey};
use quinn::{
    AckFrequencyConfig, ClientConfig, Connection, EndpointConfig, IdleTimeout, MtuDiscoveryConfig,
    ServerConfig, TransportConfig, VarInt,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::LinkError;
use super::congestion::ByDelay;
use crate::enrol::{Identity, Named, fingerprint};
use crate::session::{Control, Rules};

pub(super) const ALPN_LINK: &[u8] = b"beket-link/1";
pub(super) const ALPN_ENROL: &[u8] = b"beket-enrol/1";

/// The connection's budget for unacknowledged stream data. Far more than the session ever has
/// outstanding: quinn's budget is one for all streams, and a tight one lets bulk block decisions.
const SEND_WINDOW_BYTES: u64 = 16 * 1024 * 1024;

/// A connection outlives the longest outage: one that is there goes on within a round trip of the
/// line's return, a new one takes a handshake. That a link is down is told by its silence.
const IDLE: Duration = Duration::from_secs(25 * 3600);
/// How late what the centre sent may be acknowledged.
const ACK_DELAY: Duration = Duration::from_millis(500);
/// Bytes of UDP that every path carries (RFC 9000, 14.1), and that most do.
const SMALLEST_PACKET: u16 = 1_200;
const LARGEST_PACKET: u16 = 1_452;
/// Bytes of a connection's id, which stands in every packet.
const CONNECTION_ID_BYTES: usize = 4;

/// `reset_key`: a centre that was started anew must have the same, so that a checkpoint hears at its
/// next packet that the connection is gone (RFC 9000 section 10.3) and need not wait for a silence.
pub(super) fn endpoint(reset_key: Option<[u8; 32]>) -> EndpointConfig {
    let mut config = match reset_key {
        Some(key) => EndpointConfig::new(Arc::new(ResetKey(key))),
        None => EndpointConfig::default(),
    };
    config.cid_generator(|| {
        Box::new(quinn_proto::RandomConnectionIdGenerator::new(
            CONNECTION_ID_BYTES,
        ))
    });
    config
}

struct ResetKey([u8; 32]);

impl HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        signature_out.copy_from_slice(blake3::keyed_hash(&self.0, data).as_bytes());
    }

    fn signature_len(&self) -> usize {
        blake3::OUT_LEN
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let signature: [u8; blake3::OUT_LEN] = signature.try_into().map_err(|_| CryptoError)?;
        // `Hash` compares in constant time.
        let is_ours = blake3::keyed_hash(&self.0, data) == blake3::Hash::from(signature);
        is_ours.then_some(()).ok_or(CryptoError)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn roots(authority: &[u8]) -> Result<Arc<RootCertStore>, LinkError> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.to_vec()))
        .map_err(LinkError::tls)?;
    Ok(Arc::new(roots))
}

/// The chain shown: the authority goes along, so that a newcomer can pin it.
fn shown(identity: &Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = [&identity.certificate, &identity.authority];
    let chain = chain
        .into_iter()
        .map(|it| CertificateDer::from(it.clone()))
        .collect();
    (chain, PrivatePkcs8KeyDer::from(identity.key.clone()).into())
}

/// Who sends the bulk, and who only acknowledges it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Sender,
    Receiver,
}

fn transport(rules: &Rules, part: Part) -> Result<Arc<TransportConfig>, LinkError> {
    let mut transport = TransportConfig::default();
    match rules.control {
        Control::Delay => transport.congestion_controller_factory(Arc::new(ByDelay {
            cap_bps: rules.rate_cap_bps,
        })),
        Control::Cubic => transport
            .congestion_controller_factory(Arc::new(quinn::congestion::CubicConfig::default())),
    };
    // How the *other* side shall acknowledge. Bulk at once, each packet: the controller lives on it. What the
    // centre sends, late, so that it goes along with bulk and costs the full side no packet.
    let mut acknowledge = AckFrequencyConfig::default();
    match part {
        Part::Sender => acknowledge.ack_eliciting_threshold(VarInt::from_u32(0)),
        Part::Receiver => acknowledge
            .ack_eliciting_threshold(VarInt::from_u32(8))
            .max_ack_delay(Some(ACK_DELAY)),
    };
    // One probe of the largest that goes through a tunnel; a path that does not carry it stays at 1200.
    let mut larger = MtuDiscoveryConfig::default();
    larger
        .upper_bound(LARGEST_PACKET)
        .minimum_change(LARGEST_PACKET - SMALLEST_PACKET);
    transport
        .ack_frequency_config(Some(acknowledge))
        .max_idle_timeout(Some(IdleTimeout::try_from(IDLE).map_err(LinkError::tls)?))
        // Several at once would be one burst, padded to the same length.
        .enable_segmentation_offload(false)
        .max_concurrent_uni_streams(VarInt::from_u32(8))
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .send_window(SEND_WINDOW_BYTES)
        // `false` would let an interrupted bulk stream jump ahead of every priority.
        .send_fairness(true)
        // A satellite's round trip; a lower guess repeats the handshake for nothing.
        .initial_rtt(Duration::from_millis(700))
        .mtu_discovery_config(Some(larger))
        // Probes of a silent line are datagrams: nothing repeats them.
        .datagram_receive_buffer_size(Some(64))
        .datagram_send_buffer_size(64);
    Ok(Arc::new(transport))
}

/// TLS 1.3 only, both sides with certificates of the one authority.
pub(crate) fn serving(identity: &Identity) -> Result<rustls::ServerConfig, LinkError> {
    let clients =
        WebPkiClientVerifier::builder_with_provider(roots(&identity.authority)?, provider())
            // A newcomer has no certificate yet; the link itself refuses one without.
            .allow_unauthenticated()
            .build()
            .map_err(LinkError::tls)?;
    let (chain, key) = shown(identity);
    rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(LinkError::tls)?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(LinkError::tls)
}

pub(crate) fn dialling(identity: &Identity) -> Result<rustls::ClientConfig, LinkError> {
    let (chain, key) = shown(identity);
    let mut tls = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(LinkError::tls)?
        .with_root_certificates(roots(&identity.authority)?)
        .with_client_auth_cert(chain, key)
        .map_err(LinkError::tls)?;
    // A session is resumed without showing the certificate again: every dial shows it.
    tls.resumption = rustls::client::Resumption::disabled();
    Ok(tls)
}

pub(super) fn server(identity: &Identity, rules: &Rules) -> Result<ServerConfig, LinkError> {
    let mut tls = serving(identity)?;
    tls.alpn_protocols = vec![ALPN_LINK.to_vec(), ALPN_ENROL.to_vec()];
    let quic = QuicServerConfig::try_from(tls).map_err(LinkError::tls)?;
    let mut config = ServerConfig::with_crypto(Arc::new(quic));
    config.transport_config(transport(rules, Part::Receiver)?);
    Ok(config)
}

pub(super) fn client(identity: &Identity, rules: &Rules) -> Result<ClientConfig, LinkError> {
    let mut tls = dialling(identity)?;
    tls.alpn_protocols = vec![ALPN_LINK.to_vec()];
    let quic = QuicClientConfig::try_from(tls).map_err(LinkError::tls)?;
    let mut config = ClientConfig::new(Arc::new(quic));
    config.transport_config(transport(rules, Part::Sender)?);
    Ok(config)
}

/// A newcomer: believes the authority whose fingerprint stands in the code, and shows nothing.
pub(super) fn newcomer(authority: &str) -> Result<ClientConfig, LinkError> {
    let verifier = Pinned {
        fingerprint: authority.to_owned(),
        provider: provider(),
    };
    let mut tls = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(LinkError::tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN_ENROL.to_vec()];
    let quic = QuicClientConfig::try_from(tls).map_err(LinkError::tls)?;
    let mut config = ClientConfig::new(Arc::new(quic));
    config.transport_config(transport(&Rules::default(), Part::Sender)?);
    Ok(config)
}

/// What was negotiated, and the verified name of the other side if it showed one.
pub(super) fn who(connection: &Connection) -> (Vec<u8>, Option<Named>, Vec<Vec<u8>>) {
    let data = connection
        .handshake_data()
        .and_then(|it| it.downcast::<HandshakeData>().ok());
    let protocol = data.and_then(|it| it.protocol).unwrap_or_default();
    let chain = connection
        .peer_identity()
        .and_then(|it| it.downcast::<Vec<CertificateDer<'static>>>().ok())
        .map(|it| it.iter().map(|der| der.to_vec()).collect::<Vec<_>>())
        .unwrap_or_default();
    let named = chain.first().and_then(|it| Named::read(it).ok());
    (protocol, named, chain)
}

/// Verifies a server against the one authority in its chain that has the fingerprint.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = intermediates
            .iter()
            .find(|it| fingerprint(it) == self.fingerprint);
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let authority = pinned.ok_or(unknown)?.clone().into_owned();
        let mut roots = RootCertStore::empty();
        roots.add(authority)?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|e| rustls::Error::General(e.to_string()))?
            .verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("QUIC has no TLS 1.2".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signature, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
