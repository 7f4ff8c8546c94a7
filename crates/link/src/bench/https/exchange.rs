//! HTTP/1.1 over one TLS connection, as much of it as the peer needs: a length before each body,
//! connections kept alive, a repetition with the same key after a failure.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::enrol::CENTRE_NAME;

/// Bytes of a message's lines before its body, and of its body.
const HEAD_BYTES: usize = 4_096;
const BODY_BYTES: usize = 4 * 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_secs(1);

pub struct Message {
    /// The first line: of a request its method and path.
    pub first: String,
    pub body: Vec<u8>,
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// `None` when the other side closed between two messages.
pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Message>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match from.read_u8().await {
            Ok(byte) if head.len() < HEAD_BYTES => head.push(byte),
            Ok(_) => return Err(broken("too long a head")),
            Err(why) if head.is_empty() && why.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(None);
            }
            Err(why) => return Err(why),
        }
    }
    let head = String::from_utf8(head).map_err(|_| broken("a head that is no text"))?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let length = lines
        .filter_map(|it| it.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse::<usize>().ok())
        .filter(|it| *it <= BODY_BYTES)
        .ok_or_else(|| broken("no length"))?;
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(Some(Message { first, body }))
}

pub async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    first: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<()> {
    let length = body.len();
    let mut all = format!("{first}\r\n{headers}Content-Length: {length}\r\n\r\n").into_bytes();
    all.extend_from_slice(body);
    to.write_all(&all).await?;
    to.flush().await
}

/// A connection that is kept alive, and made anew when it fails.
pub struct Client {
    pub centre: SocketAddr,
    pub tls: Arc<rustls::ClientConfig>,
    /// For one exchange.
    pub patience: Duration,
    pub stream: Option<BufReader<TlsStream<TcpStream>>>,
}

impl Client {
    pub async fn connect(&mut self) -> io::Result<&mut BufReader<TlsStream<TcpStream>>> {
        if self.stream.is_none() {
            let name = ServerName::try_from(CENTRE_NAME).map_err(io::Error::other)?;
            let opened = async {
                let tcp = TcpStream::connect(self.centre).await?;
                tcp.set_nodelay(true)?;
                TlsConnector::from(self.tls.clone())
                    .connect(name, tcp)
                    .await
            };
            let opened = tokio::time::timeout(CONNECT, opened).await;
            let opened = opened.map_err(|_| broken("no answer"))??;
            self.stream = Some(BufReader::new(opened));
        }
        self.stream.as_mut().ok_or_else(|| broken("no connection"))
    }

    /// Repeats until it was answered with success; the other side knows repetitions by their path.
    pub async fn send(&mut self, first: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        loop {
            let patience = self.patience;
            let once = async {
                let stream = self.connect().await?;
                let headers = format!("Host: {CENTRE_NAME}\r\n{headers}");
                write(stream, &format!("{first} HTTP/1.1"), &headers, body).await?;
                match read(stream).await? {
                    Some(it) if it.first.starts_with("HTTP/1.1 2") => Ok(it.body),
                    Some(it) => Err(broken(&it.first)),
                    None => Err(broken("closed")),
                }
            };
            match tokio::time::timeout(patience, once).await {
                Ok(Ok(body)) => return body,
                failed => {
                    let why = failed.map(|it| it.map(drop));
                    tracing::debug!(first, ?why, "sent again");
                    self.stream = None;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
