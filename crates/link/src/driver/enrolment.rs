//! Enrolment over the wire: a newcomer shows a one-time code, the centre answers with a
//! certificate. One question and one answer in one stream; the centre is known by the fingerprint
//! in the code, the newcomer by its secret.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ledger::VerifierKey;
use quinn::{Connection, Endpoint, VarInt};
use serde::{Deserialize, Serialize};

use super::{HANDSHAKE_MS, LinkError, tls, utc_now};
use crate::enrol::{
    Applicant, CENTRE_NAME, Ca, Code, EnrolError, EnrolRequest, Identity, fingerprint, hex, unhex,
};
use crate::limits::ENROL_BYTES;

#[derive(Serialize, Deserialize)]
enum Answer {
    /// DER in hexadecimal.
    Certificate(String),
    Refused(String),
}

/// Enrols this node: makes a key, shows the code at the centre, returns the identity to save.
pub async fn enrol(
    centre: SocketAddr,
    code: &Code,
    ledger_key: Option<&VerifierKey>,
) -> Result<Identity, LinkError> {
    let local: SocketAddr = match centre {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = Endpoint::client(local).map_err(|source| LinkError::Socket {
        addr: local,
        source,
    })?;
    let limit = Duration::from_millis(3 * HANDSHAKE_MS);
    let asked = tokio::time::timeout(limit, ask(&endpoint, centre, code, ledger_key)).await;
    endpoint.close(VarInt::from_u32(0), b"done");
    let late = || EnrolError::Unreachable(format!("{centre}: no answer"));
    asked.map_err(|_| late())?
}

async fn ask(
    endpoint: &Endpoint,
    centre: SocketAddr,
    code: &Code,
    ledger_key: Option<&VerifierKey>,
) -> Result<Identity, LinkError> {
    let unreachable = |why: String| EnrolError::Unreachable(format!("{centre}: {why}"));
    let connection = endpoint
        .connect_with(tls::newcomer(&code.authority)?, centre, CENTRE_NAME)
        .map_err(|e| unreachable(e.to_string()))?
        .await
        .map_err(|e| unreachable(e.to_string()))?;
    let (_, _, chain) = tls::who(&connection);
    let authority = chain
        .into_iter()
        .find(|it| fingerprint(it) == code.authority);
    let authority = authority.ok_or_else(|| unreachable("it showed no authority".into()))?;
    let applicant = Applicant::new(code, ledger_key)?;
    let question = serde_json::to_vec(&applicant.request).map_err(LinkError::tls)?;
    let (mut send, mut receive) = connection
        .open_bi()
        .await
        .map_err(|e| unreachable(e.to_string()))?;
    send.write_all(&question)
        .await
        .map_err(|e| unreachable(e.to_string()))?;
    send.finish().map_err(|e| unreachable(e.to_string()))?;
    let answer = receive
        .read_to_end(ENROL_BYTES)
        .await
        .map_err(|e| unreachable(e.to_string()))?;
    match serde_json::from_slice(&answer) {
        Ok(Answer::Certificate(text)) => {
            let certificate = unhex(&text);
            let certificate = certificate.ok_or_else(|| unreachable("an odd answer".into()))?;
            Ok(applicant.identity(certificate, authority)?)
        }
        Ok(Answer::Refused(why)) => Err(EnrolError::ByCentre(why).into()),
        Err(error) => Err(unreachable(format!("an odd answer: {error}")).into()),
    }
}

/// The centre's side of one enrolment.
pub(super) async fn answer(connection: &Connection, ca: &Ca) {
    let work = async {
        let (mut send, mut receive) = connection.accept_bi().await.ok()?;
        let question = receive.read_to_end(ENROL_BYTES).await.ok()?;
        let certificate = serde_json::from_slice::<EnrolRequest>(&question)
            .map_err(|e| EnrolError::Request(e.to_string()))
            .and_then(|request| ca.redeem(&request, utc_now()));
        let answer = match certificate {
            Ok(certificate) => Answer::Certificate(hex(&certificate)),
            Err(error) => {
                tracing::warn!(%error, from = %connection.remote_address(), "enrolment refused");
                Answer::Refused(error.to_string())
            }
        };
        send.write_all(&serde_json::to_vec(&answer).ok()?)
            .await
            .ok()?;
        send.finish().ok()?;
        send.stopped().await.ok()
    };
    let _ = tokio::time::timeout(Duration::from_millis(3 * HANDSHAKE_MS), work).await;
    connection.close(VarInt::from_u32(0), b"done");
}
