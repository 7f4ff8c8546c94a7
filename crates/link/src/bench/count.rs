//! What arrived, from the files of both ends alone. Uses nothing of the link: what it would count
//! wrongly, this would too.

use std::collections::BTreeMap;
use std::path::Path;

use ledger::RawRecord;

/// What is missing at the receiver, and what it has twice.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub lost: u64,
    pub duplicated: u64,
    pub compared: u64,
}

/// Every record that `origin` wrote in `from` against the copies in `to`.
pub async fn records(from: &Path, to: &Path, origin: &str) -> Result<Count, ledger::Error> {
    let written = of(ledger::replay::records(from).await?, origin);
    let copied = of(ledger::replay::records(to).await?, origin);
    Ok(compare(&written, &copied))
}

fn of(records: Vec<RawRecord>, origin: &str) -> Vec<Vec<u8>> {
    let own = records.into_iter().filter(|it| it.origin == origin);
    own.map(|it| it.bytes).collect()
}

pub(super) fn compare(written: &[Vec<u8>], copied: &[Vec<u8>]) -> Count {
    let mut times: BTreeMap<&[u8], u64> = BTreeMap::new();
    for bytes in copied {
        *times.entry(bytes).or_default() += 1;
    }
    let mut count = Count {
        compared: written.len() as u64,
        ..Count::default()
    };
    for bytes in written {
        match times.remove(bytes.as_slice()) {
            None => count.lost += 1,
            Some(often) => count.duplicated += often - 1,
        }
    }
    // What was never written did not come from there: a falsified record is a loss of the true one,
    // counted above, and one too many here.
    count.duplicated += times.values().sum::<u64>();
    count
}

/// Blobs that a folder's facts name and hold, missing or different at the other end.
pub fn blobs(from: &Path, to: &Path) -> std::io::Result<u64> {
    let mut lost = 0;
    for file in files(from)? {
        let Ok(under) = file.strip_prefix(from) else {
            continue;
        };
        let here = std::fs::read(&file)?;
        let there = std::fs::read(to.join(under)).unwrap_or_default();
        lost += u64::from(here != there);
    }
    Ok(lost)
}

fn files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_none() {
            // A mark beside a blob (`.delivered`) is this end's own.
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_twice_or_foreign_is_counted() {
        let it = |texts: &[&str]| {
            texts
                .iter()
                .map(|it| it.as_bytes().to_vec())
                .collect::<Vec<_>>()
        };
        let written = it(&["a", "b", "c"]);
        let count = |copied: &[&str]| {
            let count = compare(&written, &it(copied));
            (count.lost, count.duplicated)
        };
        assert_eq!(count(&["a", "b", "c"]), (0, 0));
        assert_eq!(count(&["a", "c"]), (1, 0));
        assert_eq!(count(&["a", "b", "b", "c"]), (0, 1));
        assert_eq!(count(&["a", "x", "c"]), (1, 1));
    }
}
