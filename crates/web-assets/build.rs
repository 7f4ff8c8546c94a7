//! Makes a release build notice a new `web/build`. Never runs npm: whoever wants the workstation in
//! the binary builds it first (`cargo xtask demo` does).
//!
//! A debug build reads the files when they are asked for, so it has nothing to notice; telling cargo
//! about a folder that may be absent would rebuild everything above this crate each time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::rerun-if-changed=../../web/build");
    }
}
