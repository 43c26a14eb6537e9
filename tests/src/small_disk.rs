//! A disk that a test can fill: a tmpfs in a mount namespace of its own, which goes with its process.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// Runs `program` with `size_mib` of memory mounted on the folder `at`. Arguments are the caller's.
pub fn command(at: &Path, size_mib: u32, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    // Who is not root gets a user namespace, in which he may mount.
    command.args(if is_root() { ["-m", "--"] } else { ["-rm", "--"] });
    let mount = format!("mount -t tmpfs -o size={size_mib}m tmpfs \"$0\" && exec \"$@\"");
    command.args(["sh", "-c", &mount]).arg(at).arg(program);
    command
}

/// The folder `at` as the process sees it: `/proc/<pid>/root` leads into its namespace.
pub fn inside(process: &Child, at: &Path) -> PathBuf {
    let root = Path::new("/proc").join(process.id().to_string()).join("root");
    root.join(at.strip_prefix("/").expect("an absolute path"))
}

/// Appends to `path` until nothing more fits.
pub fn fill(path: &Path) {
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    for size in [1 << 20, 1 << 12] {
        let block = vec![0; size];
        while file.write_all(&block).is_ok() {}
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}
