//! One way to make an HTTP client. Everything here is loopback without TLS; the library wants a
//! provider of cryptography all the same.

use std::time::Duration;

use reqwest::ClientBuilder;

/// With a limit on connecting; time for answers is the caller's.
pub fn builder() -> ClientBuilder {
    // Installed already: just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().connect_timeout(Duration::from_secs(3))
}
