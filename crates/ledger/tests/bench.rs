//! The bench runs, and what it counts is what the ledger holds.

use std::time::Duration;

use ledger::{Ledger, Options, bench};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bench_counts_what_is_durable() {
    let folder = TempDir::new().unwrap();
    let span = std::env::var("BEKET_BENCH_MS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(60);
    let report = bench::append(folder.path(), Duration::from_millis(span))
        .await
        .unwrap();
    eprintln!("{report}");
    assert_eq!(report.rows.len(), 4);
    let (ledger, _) = Ledger::open(&folder.path().join("ledger-64"), "CN05", Options::default())
        .await
        .unwrap();
    assert_eq!(ledger.status()[0].size, report.rows[3].records);
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.records > 0 && row.per_second() > 0.0)
    );
}
