//! A camera that comes and goes leaves nothing behind. A process of its own: what it holds is counted.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

mod bench;

use std::time::Duration;

use bench::{clip, connect, server, settings};
use media::{RtspSettings, RtspTransport};

/// Threads, open files and resident MiB of this process.
fn held() -> (usize, usize, u64) {
    let n_in = |dir: &str| std::fs::read_dir(dir).unwrap().count();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    (n_in("/proc/self/task"), n_in("/proc/self/fd"), kib / 1024)
}

async fn reconnect(settings: &RtspSettings, n_times: usize) {
    for _ in 0..n_times {
        connect(settings).next().await.unwrap();
    }
}

/// Teardowns run in the background, on threads that linger.
async fn settled(most_threads: usize, most_files: usize) -> (usize, usize, u64) {
    for _ in 0..250 {
        let now = held();
        if now.0 <= most_threads && now.1 <= most_files {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    held()
}

#[tokio::test]
async fn thirty_reconnects_leave_nothing_behind() {
    let server = server(clip(), vec![], None);
    for transport in [RtspTransport::Tcp, RtspTransport::Udp] {
        let settings = RtspSettings { transport, ..settings(server.url("/street")) };
        // Pools and plug-ins are there after the first ones.
        reconnect(&settings, 5).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let before = held();
        reconnect(&settings, 30).await;
        let after = settled(before.0 + 2, before.1 + 2).await;
        println!("{transport:?}: {before:?}, after 30 reconnects {after:?}");
        assert!(after.0 <= before.0 + 2, "threads: {before:?} -> {after:?}");
        assert!(after.1 <= before.1 + 2, "files: {before:?} -> {after:?}");
        assert!(after.2 <= before.2 + 30, "MiB: {before:?} -> {after:?}");
    }
}
