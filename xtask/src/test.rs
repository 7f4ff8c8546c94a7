//! `cargo xtask test`: everything that must pass, cheapest first.

use crate::parts::Parts;
use crate::{browser, demo, faults, root, run, setup};

pub fn everything(wanted: &[String]) -> Result<(), String> {
    let mut parts = Parts::new(wanted);
    let nothing = || Ok(());

    parts.part("rust", "formatting", nothing, || {
        run_cargo(&["fmt", "--all", "--check"])
    });
    parts.part(
        "web",
        "the workstation builds, its types and strings hold",
        nothing,
        || {
            let web = setup::web()?;
            run(&web, "npm", &["run", "check"])?;
            run(&web, "npm", &["test"])
        },
    );
    parts.part("rust", "lints", nothing, || {
        run_cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    });
    let postgres = || setup::debian(setup::postgres, "PostgreSQL", "postgresql");
    parts.part("rust", "Rust, on SQLite and PostgreSQL", postgres, || {
        run_cargo(&["test", "--workspace"])
    });
    let nothing = || Ok(());
    parts.part(
        "demo",
        "the demo without a person; its ledgers, whole and changed",
        nothing,
        || {
            setup::web()?;
            demo::once()
        },
    );
    let chromium = || setup::debian(setup::chromium, "Chromium", "chromium");
    parts.part(
        "browser",
        "the workstation in a real browser",
        chromium,
        browser::run,
    );
    killed_and_cut(&mut parts);
    parts.close()
}

fn run_cargo(words: &[&str]) -> Result<(), String> {
    run(&root(), "cargo", words)
}

fn killed_and_cut(parts: &mut Parts) {
    parts.part(
        "faults",
        "the demo killed fifty times, and its line cut",
        || Ok(()),
        || {
            setup::web()?;
            faults::killed_and_cut()
        },
    );
}
