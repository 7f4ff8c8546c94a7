//! `cargo xtask test`: everything that must pass. What each part is and needs; how parts run is in
//! `parts.rs`.

use crate::parts::{self, Part};
use crate::{browser, demo, faults, root, run, setup};

/// These keep every core busy.
const FIRST: &[Part] = &[
    Part {
        name: "format",
        what: "formatting",
        needs: nothing,
        work: || cargo(&["fmt", "--all", "--check"]),
    },
    Part {
        name: "web",
        what: "the workstation builds, its types and strings hold",
        needs: nothing,
        work: || {
            let web = setup::web()?;
            run(&web, "npm", &["run", "check"])?;
            run(&web, "npm", &["test"])
        },
    },
    Part {
        name: "lints",
        what: "clippy finds nothing",
        needs: nothing,
        work: || {
            let all = ["clippy", "--quiet", "--workspace", "--all-targets"];
            cargo(&[&all[..], &["--", "-D", "warnings"]].concat())
        },
    },
];

/// These mostly wait: for trucks, for lines, for a browser. The longest first.
const BESIDE: &[Part] = &[
    Part {
        name: "browser",
        what: "six bodies decide in a real browser, and the barrier opens",
        needs: chromium,
        work: browser::demo,
    },
    Part {
        name: "kills",
        what: "the demo, its processes killed fifty times",
        needs: nothing,
        work: faults::killed,
    },
    Part {
        name: "cut",
        what: "the demo, its narrow line cut for an hour",
        needs: nothing,
        work: faults::cut,
    },
    Part {
        name: "rust",
        what: "Rust, on SQLite and PostgreSQL",
        needs: || setup::debian(setup::postgres, "PostgreSQL", "postgresql"),
        work: || cargo(&["test", "--workspace", "--no-fail-fast"]),
    },
    Part {
        name: "demo",
        what: "the demo without a person; its ledgers, whole and changed",
        needs: nothing,
        work: demo::once,
    },
    Part {
        name: "country",
        what: "ledgers over failing simulated disks; every planted mistake is found",
        needs: nothing,
        work: faults::country,
    },
    Part {
        name: "states",
        what: "the pages by themselves in a real browser",
        needs: chromium,
        work: browser::states,
    },
];

pub fn everything(wanted: &[String]) -> Result<(), String> {
    parts::run(FIRST, build, BESIDE, wanted)
}

/// All that the parts side by side would otherwise build at the same time.
fn build() -> Result<(), String> {
    setup::beket()?;
    cargo(&["test", "--workspace", "--no-run", "--quiet"])
}

fn nothing() -> Result<(), String> {
    Ok(())
}

fn chromium() -> Result<(), String> {
    setup::debian(setup::chromium, "Chromium", "chromium")
}

fn cargo(words: &[&str]) -> Result<(), String> {
    run(&root(), "cargo", words)
}
