//! Lets the console's web build be absent: `cargo build` needs no Node.

use std::fs;
use std::io;

fn main() -> io::Result<()> {
    // rust-embed wants the folder; empty, it makes the console a page that says how to build it.
    fs::create_dir_all("../web/dist")?;
    println!("cargo::rerun-if-changed=../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
