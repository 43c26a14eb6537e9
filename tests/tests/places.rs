//! A bulletin for a ward, on real parts: heard by the clusters that hang there, by no other, and counted.

use std::fs;

use e2e::reporting::wait_for;
use e2e::small_ward::{CLUSTERS, SmallWard};
use serde_json::{Value, json};

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
/// One ward with two of the three clusters, one with the third.
const TABLE: &str = "\
code;kind;name;parent;valid_from;valid_to;population;successors
20242;ward;Hải Châu;;01/07/2025;;131427;
20257;ward;Hòa Cường;;01/07/2025;;;
to-1;zone;Tổ 1;20242;01/07/2025;;;
loa-demo-001;cluster;Cụm loa 1;to-1;01/09/2025;;;
loa-demo-002;cluster;Cụm loa 2;20242;01/09/2025;;;
loa-demo-003;cluster;Cụm loa 3;20257;01/09/2025;;;
";

#[tokio::test(flavor = "multi_thread")]
async fn a_bulletin_for_a_ward_is_heard_in_its_streets_and_counted() {
    let mut running = SmallWard::start(VONG, 22_100..22_200);
    running.start_clusters();
    running.make_users().await;
    fs::write(running.dir.path().join("wrong.csv"), TABLE.replace("to-1;zone", "to-1;street"))
        .unwrap();
    fs::write(running.dir.path().join("wards.csv"), TABLE).unwrap();
    let refused = running.try_vong("lan", &["places", "import", "wrong.csv"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("4: kind: \"street\""), "{said}");
    let imported = running.vong("lan", &["places", "import", "wards.csv"]);
    assert_eq!(imported, "revision 1, 6 places today\n");
    let exported = running.vong("minh", &["places", "export"]);
    assert!(exported.starts_with("\u{feff}code,kind,name"));

    let title = ["--title", "=Lịch họp", "--to", "place:20242", "--json"];
    let add = [&["bulletin", "add", "--say", "Mời bà con nghe thông báo."], &title[..]].concat();
    let made: Value = serde_json::from_str(&running.vong("lan", &add)).unwrap();
    assert_eq!((&made["places"], &made["all_clusters"]), (&json!(["20242"]), &json!(false)));
    let id = made["id"].as_str().unwrap();
    running.vong("lan", &["bulletin", "submit", id]);
    running.vong("minh", &["bulletin", "approve", id]);
    running.vong("minh", &["bulletin", "schedule", id, "--at", "+12s"]);

    let tomorrow = ["--by", "place", "--period", "year"];
    wait_for("both clusters' receipts", 90, || {
        let total = &running.report(&tomorrow)["total"];
        total["requested"] == 2 && total["open"] == 0
    });
    let report = running.report(&tomorrow);
    let row = &report["rows"][0];
    assert_eq!((&row["code"], &row["name"]), (&json!("20242"), &json!("Hải Châu")));
    assert_eq!((&row["played"], &row["played_percent"]), (&json!(2), &json!(100.0)), "{report}");
    assert_eq!(report["rows"].as_array().unwrap().len(), 1);
    let by_cluster = running.report(&["--by", "cluster", "--period", "month"]);
    let clusters: Vec<&str> = by_cluster["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(clusters, ["loa-demo-001", "loa-demo-002"]);

    // The sound itself: in the files of two clusters, and of no third.
    let heard = |cluster: &str| {
        let files = fs::read_dir(running.folder(cluster).join("heard")).map(Iterator::count);
        files.unwrap_or_default() > 0
    };
    let heard = CLUSTERS.map(heard);
    assert_eq!(heard, [true, true, false]);
}
