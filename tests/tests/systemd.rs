//! What the daemons tell systemd: that they are ready, that they go on, that they stop; and that each
//! ends in order when it is asked to.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::reporting::{Process, wait_for};
use e2e::street::Street;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");

/// Collects what is said until `text` is among it.
fn until(socket: &UnixDatagram, text: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut said = String::new();
    let mut buffer = [0; 512];
    while !said.contains(text) {
        assert!(Instant::now() < deadline, "{text} is not in {said:?}");
        if let Ok(n) = socket.recv(&mut buffer) {
            said.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
    }
    said
}

#[test]
fn a_daemon_says_that_it_is_ready_goes_on_and_stops() {
    let street = Street::new(1);
    let config = street.plan.folder.join(street.plan.clusters[0].as_str()).join("vong.toml");
    let path = street.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut speaker = Process(
        // systemd names the process that is to feed the watchdog.
        Command::new("sh")
            .args(["-c", "WATCHDOG_PID=$$ exec \"$@\"", "sh", VONG, "speaker", "--config"])
            .arg(config)
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "600000")
            .spawn()
            .unwrap(),
    );
    until(&socket, "READY=1");
    for _ in 0..3 {
        until(&socket, "WATCHDOG=1");
    }
    let asked = Command::new("kill").arg(speaker.0.id().to_string()).status().unwrap();
    assert!(asked.success());
    until(&socket, "STOPPING=1");
    let mut ended = None;
    wait_for("an orderly end", 15, || {
        ended = speaker.0.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0));
}
