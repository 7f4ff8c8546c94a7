//! One file a subcommand.

pub mod bench;
pub mod decode;
pub mod demo;
pub mod enrol;
pub mod feed;
pub mod filter;
pub mod link;
pub mod measure;
pub mod openapi;
pub mod people;
pub mod prove;
pub mod serve;
pub mod sim;
pub mod twin;

/// Logs as JSON lines on stderr; `RUST_LOG` chooses, warnings by default.
pub fn log_to_stderr(default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let set = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    if let Err(why) = set {
        eprintln!("beket: no log: {why}");
    }
}
