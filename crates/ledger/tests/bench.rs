//! The bench runs, and what it counts is what the ledger holds.

use ledger::bench::{self, Until};
use ledger::{Ledger, Options};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bench_counts_what_is_durable() {
    let folder = TempDir::new().unwrap();
    let report = bench::append(folder.path(), Until::Records(3))
        .await
        .unwrap();
    eprintln!("{report}");
    let counts: Vec<u64> = report.rows.iter().map(|row| row.records).collect();
    assert_eq!(counts, [3, 64, 3, 3 * 64]);
    let (ledger, _) = Ledger::open(&folder.path().join("ledger-64"), "CN05", Options::default())
        .await
        .unwrap();
    assert_eq!(ledger.status()[0].size, report.rows[3].records);
    assert!(report.rows.iter().all(|row| row.per_second() > 0.0));
}
