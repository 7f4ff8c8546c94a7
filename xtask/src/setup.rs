//! What must be on the machine, and the builds that others stand on.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{root, run};

/// `npm ci` when the lock file changed, `npm run build` when anything of the web changed.
pub fn web() -> Result<PathBuf, String> {
    let web = packages()?;
    let sources = [
        "src",
        "static",
        "package-lock.json",
        "svelte.config.js",
        "vite.config.ts",
    ];
    let hash = hash_of(sources.iter().map(|it| web.join(it)));
    let stamp = web.join("build/.stamp");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(&hash) {
        run(&web, "npm", &["run", "build"])?;
        fs::write(&stamp, &hash).map_err(|why| format!("{}: {why}", stamp.display()))?;
    }
    Ok(web)
}

/// The web's packages, as its lock file names them.
pub fn packages() -> Result<PathBuf, String> {
    if !answers("node", "--version") || !answers("npm", "--version") {
        return Err(
            "Node.js 20 or later with npm is missing: install it from nodejs.org or your \
                    distribution, then run this again"
                .to_owned(),
        );
    }
    let web = root().join("web");
    let stamp = web.join("node_modules/.stamp");
    let hash = hash_of([web.join("package-lock.json")].into_iter());
    if fs::read_to_string(&stamp).ok().as_deref() != Some(&hash) {
        run(&web, "npm", &["ci", "--no-audit", "--no-fund"])?;
        fs::write(&stamp, &hash).map_err(|why| format!("{}: {why}", stamp.display()))?;
    }
    Ok(web)
}

/// Builds the executable, with the workstation inside, and says where it is.
pub fn beket() -> Result<PathBuf, String> {
    web()?;
    run(
        &root(),
        "cargo",
        &["build", "--quiet", "--package", "beket"],
    )?;
    Ok(target().join("debug/beket"))
}

pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), PathBuf::from)
}

/// The program, from one of these Debian packages where it can be installed.
pub fn debian(found: impl Fn() -> bool, what: &str, package: &str) -> Result<(), String> {
    if found() {
        return Ok(());
    }
    let ask = format!("{what} is missing: apt-get install {package}");
    if !Path::new("/usr/bin/apt-get").exists() || !is_root() {
        return Err(ask);
    }
    eprintln!("==> installing {package} for {what}");
    let quiet = |words: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(words)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        apt.status().is_ok_and(|it| it.success())
    };
    let install = ["install", "-y", "-q", "--no-install-recommends", package];
    if !(quiet(&install) || quiet(&["update", "-q"]) && quiet(&install)) || !found() {
        return Err(ask);
    }
    Ok(())
}

pub fn chromium() -> bool {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
        .iter()
        .any(|it| Path::new(it).exists())
}

/// `initdb` and `postgres`: on the path, or where Debian keeps them.
pub fn postgres() -> bool {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    answers("initdb", "--version")
        || debian
            .into_iter()
            .any(|it| it.path().join("bin/initdb").exists())
}

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output();
    said.is_ok_and(|it| it.stdout.starts_with(b"0\n"))
}

fn answers(program: &str, question: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg(question)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|it| it.success())
}

/// One hash over the contents of all files below these paths.
fn hash_of(paths: impl Iterator<Item = PathBuf>) -> String {
    let mut hasher = DefaultHasher::new();
    paths.for_each(|it| hash_into(&it, &mut hasher));
    format!("{:016x}", hasher.finish())
}

fn hash_into(path: &Path, hasher: &mut DefaultHasher) {
    if let Ok(entries) = fs::read_dir(path) {
        let mut below: Vec<PathBuf> = entries.flatten().map(|it| it.path()).collect();
        below.sort();
        below.iter().for_each(|it| hash_into(it, hasher));
    } else if let Ok(bytes) = fs::read(path) {
        path.hash(hasher);
        bytes.hash(hasher);
    }
}
