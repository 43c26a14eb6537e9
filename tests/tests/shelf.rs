//! Chimes and alarm clips on real parts: on every cluster before anybody orders them, and still there when a
//! bulletin needs the room.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base::Sha256;
use e2e::reporting::wait_for;
use e2e::small_ward::{CLUSTERS, SmallWard};
use reqwest::multipart::Form;
use serde_json::{Value, json};

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const CACHE_BYTES: usize = 1 << 20;

/// A cache with room for little, and a ward that does not take minutes to spread itself.
fn make_small(running: &SmallWard, cluster: &str) {
    let config = running.folder(cluster).join("vong.toml");
    let mut config = OpenOptions::new().append(true).open(config).unwrap();
    write!(config, "\n[cache]\nmax_bytes = {CACHE_BYTES}\n\n[prefetch]\nspread = \"0s\"\n")
        .unwrap();
}

fn cached(running: &SmallWard, cluster: &str, sha256: &str) -> PathBuf {
    running.folder(cluster).join(format!("data/cache/{sha256}.opus"))
}

/// Fills the cache with what nobody wants, though it is the newest.
fn fill(running: &SmallWard, cluster: &str) -> PathBuf {
    let junk = vec![7; CACHE_BYTES - (32 << 10)];
    let path = cached(running, cluster, &Sha256::of(&junk).to_string());
    fs::write(&path, junk).unwrap();
    path
}

/// What was on the shelf first is the oldest that there is.
fn make_old(path: &PathBuf) {
    let long_ago = SystemTime::now() - Duration::from_secs(86_400);
    File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chime_is_on_every_cluster_ahead_of_time_and_makes_way_for_no_bulletin() {
    let mut running = SmallWard::start(VONG, 22_200..22_300);
    let (lan, minh) = running.make_users().await;
    let form = |kind: &'static str, text: &'static str| {
        Form::new().text("title", text).text("kind", kind).text("text", text)
    };
    let chime = lan.ask(lan.post("shelf").multipart(form("chime", "Xin chào bà con."))).await;
    let unheard = lan.ask(lan.post("shelf").multipart(form("alarm", "Cháy! Cháy!"))).await;
    let (id, sha256) = (chime["id"].as_str().unwrap(), chime["sha256"].as_str().unwrap());
    let approve = minh.post(&format!("shelf/{id}/approve")).json(&json!({ "heard": sha256 }));
    minh.ask(approve).await;

    for cluster in CLUSTERS {
        make_small(&running, cluster);
    }
    running.start_clusters();
    wait_for("the chime is on every cluster", 60, || {
        CLUSTERS.iter().all(|it| cached(&running, it, sha256).exists())
    });
    for cluster in CLUSTERS {
        let found = Sha256::of(&fs::read(cached(&running, cluster, sha256)).unwrap());
        assert_eq!(found.to_string(), sha256);
        assert!(!cached(&running, cluster, unheard["sha256"].as_str().unwrap()).exists());
        make_old(&cached(&running, cluster, sha256));
    }
    let junk = CLUSTERS.map(|it| fill(&running, it));

    let say = "Mời bà con trong phường tối nay ra nhà văn hóa nghe phổ biến kế hoạch. ".repeat(3);
    let add = ["bulletin", "add", "--title", "Lịch họp", "--to", "all", "--json", "--say", &say];
    let made: Value = serde_json::from_str(&running.vong("lan", &add)).unwrap();
    let id = made["id"].as_str().unwrap();
    running.vong("lan", &["bulletin", "submit", id]);
    running.vong("minh", &["bulletin", "approve", id]);
    running.vong("minh", &["bulletin", "schedule", id, "--at", "+12s"]);
    wait_for("the bulletin's receipts", 90, || {
        let total = &running.report(&["--by", "place", "--period", "year"])["total"];
        total["requested"] == 3 && total["open"] == 0
    });
    let report = running.report(&["--by", "place", "--period", "year"]);
    assert_eq!(report["total"]["played"], 3, "{report}");
    for (cluster, junk) in CLUSTERS.into_iter().zip(junk) {
        assert!(!junk.exists(), "{cluster} made room");
        assert!(cached(&running, cluster, sha256).exists(), "{cluster} kept the shelf");
    }
}
