//! Makes a release build notice a new `web/build`. Never runs npm: whoever wants the workstation in
//! the binary builds it first (`cargo xtask demo` does).
//!
//! A debug build reads the files when they are asked for, so it has nothing to notice; telling cargo
//! about a folder that may be absent would rebuild everything above this crate each time. The folder
//! itself is made here: a crate that was compiled without it would never look into it again.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(why) = std::fs::create_dir_all("../../web/build") {
        println!("cargo::warning=web/build: {why}");
    }
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::rerun-if-changed=../../web/build");
    }
}
