//! A disk that is really full: a small tmpfs in a mount namespace of its own, so that nothing is
//! left behind. Where a namespace cannot be made it says so; the quota test in `ledger.rs` covers
//! the ledger's own part everywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use domain::fact::Fact;
use domain::unit::UtcMs;
use ledger::{Class, Draft, Error, Ledger, Options, Space};
use tempfile::TempDir;

const FOLDER: &str = "BEKET_LEDGER_SMALL_DISK";

fn drafts(count: usize) -> Vec<Draft> {
    let fact = Fact::Disregarded {
        input: "x".repeat(400),
        reason: "test".to_owned(),
    };
    vec![
        Draft {
            at: UtcMs(0),
            passage: None,
            fact
        };
        count
    ]
}

fn options() -> Options {
    Options {
        low_water_bytes: 256 << 10,
        reserve_bytes: 1 << 20,
        ..Options::default()
    }
}

async fn fill(folder: &Path) -> (Ledger, u64, u64) {
    let (ledger, _) = Ledger::open(folder, "CN05", options()).await.unwrap();
    let (mut kept, mut on_reserve) = (0, 0);
    loop {
        match ledger.append(drafts(20)).await {
            Ok(records) => kept += records.len() as u64,
            Err(error) => {
                assert!(matches!(error, Error::DiskFull(_)), "{error}");
                assert_eq!(error.class(), Class::Retry);
                return (ledger, kept, on_reserve);
            }
        }
        on_reserve += 20 * u64::from(matches!(ledger.space().unwrap(), Space::Reserve { .. }));
    }
}

/// Not a test by itself: runs on the small disk that the one below makes.
#[tokio::test]
async fn child_on_a_small_disk() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let disk = PathBuf::from(folder);
    let folder = disk.join("ledger");
    std::fs::write(disk.join("filler"), vec![1; 4 << 20]).unwrap();
    let (ledger, kept, on_reserve) = fill(&folder).await;
    assert!(
        kept > 100 && on_reserve > 100,
        "{kept} records, {on_reserve} of them on the reserve"
    );
    assert_eq!(ledger.status()[0].size, kept, "never half a batch");
    assert!(matches!(
        ledger.put_blob(b"x-ray").await,
        Err(Error::DiskLow { .. })
    ));
    assert!(ledger.append(drafts(20)).await.is_err());

    // Somebody makes room: the same handle goes on, and the reserve is laid by again.
    std::fs::remove_file(disk.join("filler")).unwrap();
    let more = ledger.append(drafts(20)).await.unwrap();
    assert_eq!(more[0].sequence, kept);
    ledger.close().await.unwrap();
    drop(ledger);
    let report = ledger::verify::verify(&folder, None).await.unwrap();
    assert!(report.is_valid(), "{report}");
    assert_eq!(report.records, kept + 20);
    let (ledger, _) = Ledger::open(&folder, "CN05", options()).await.unwrap();
    assert_eq!(
        ledger.append(drafts(1)).await.unwrap()[0].sequence,
        kept + 20
    );
    println!("small disk: {kept} records, {on_reserve} on the reserve");
}

#[test]
fn a_full_disk_stops_cleanly_and_the_reserve_is_used_first() {
    let folder = TempDir::new().unwrap();
    let mount = format!(
        "mount -t tmpfs -o size=10m tmpfs {}",
        folder.path().display()
    );
    let inside = |script: String| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
        command.env(FOLDER, folder.path()).output()
    };
    if !inside(mount.clone()).is_ok_and(|it| it.status.success()) {
        eprintln!("skipped: no mount namespace to be had here");
        return;
    }
    let this = std::env::current_exe().unwrap();
    let run = format!(
        "{mount} && exec {} --exact child_on_a_small_disk --nocapture",
        this.display()
    );
    let output = inside(run).unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("small disk: "),
        "{text}"
    );
}
