//! The table of places over the API: imported, shown for a day, exported, refused line by line.

use super::*;

const PATH: &str = "/api/v1/places";
const TABLE: &str = "code,kind,name,parent,valid_from,valid_to,population,successors\n\
                     20227,ward,Thanh Bình,,2000-01-01,2025-07-01,18000,20242\n\
                     20242,ward,Hải Châu,,2025-07-01,,131427,\n";

async fn put(a_box: &Box, visit: &Visit, table: impl Into<Body>) -> Answer {
    let mut request = request(Method::PUT, PATH, Some(visit), None);
    request.headers_mut().insert(header::CONTENT_TYPE, "text/csv".parse().unwrap());
    *request.body_mut() = table.into();
    a_box.send(request).await
}

async fn installed() -> (Box, Visit) {
    let a_box = a_box().await;
    a_box.add_user("ky-thuat", "technician").await;
    let visit = a_box.visit("ky-thuat").await;
    (a_box, visit)
}

#[tokio::test]
async fn a_table_is_imported_shown_for_a_day_and_given_back() {
    let (a_box, visit) = installed().await;
    let before = a_box.get(PATH, Some(&visit)).await.json();
    // The configuration names a ward that no table knows yet.
    assert_eq!((&before["revision"], &before["unplaced"]), (&json!(0), &json!(["loa-demo-001"])));

    let made = put(&a_box, &visit, TABLE).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    let now = made.json();
    assert_eq!((&now["revision"], &now["imported_by"]), (&json!(1), &json!("ky-thuat")));
    assert_eq!((&now["on"], &now["unplaced"]), (&json!("2027-01-15"), &json!([])));
    let hai_chau = json!({
        "code": "20242", "kind": "ward", "name": "Hải Châu", "parent": null,
        "valid_from": "2025-07-01", "valid_to": null, "population": 131_427, "successors": [],
        "n_clusters": 1,
    });
    assert_eq!(now["places"], json!([hai_chau]));
    assert_eq!(now["changes"], json!(["2000-01-01", "2025-07-01"]));
    assert_eq!(a_box.n_recorded("places.import").await, 1);

    let then = a_box.get("/api/v1/places?on=2025-06-30", Some(&visit)).await.json();
    assert_eq!(
        (&then["places"][0]["code"], &then["unplaced"]),
        (&json!("20227"), &json!(["loa-demo-001"]))
    );
    let wrong = a_box.get("/api/v1/places?on=30/06/2025", Some(&visit)).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::BAD_REQUEST, "invalid"));

    let table = a_box.get("/api/v1/places/table?delimiter=semicolon", Some(&visit)).await;
    assert_eq!(table.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert_eq!(table.header(header::CONTENT_DISPOSITION), "attachment; filename=\"places.csv\"");
    assert!(table.body.starts_with("\u{feff}code;kind".as_bytes()));
    assert_eq!(put(&a_box, &visit, table.body).await.json()["places"], now["places"]);
}

#[tokio::test]
async fn every_mistake_comes_with_its_line_and_nothing_changes() {
    let (a_box, visit) = installed().await;
    put(&a_box, &visit, TABLE).await;
    let bad =
        format!("{TABLE}48,town,Đà Nẵng,,1997-01-01,,,\nto-1,zone,Tổ 1,20299,2025-07-01,,,\n");
    let refused = put(&a_box, &visit, bad).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "places"));
    let problems = &refused.json()["error"]["problems"];
    assert_eq!((&problems[0]["at"], &problems[0]["key"]), (&json!(3), &json!("kind")));
    assert_eq!(problems[1]["message"], "20299 is not in the table");
    assert_eq!(a_box.get(PATH, Some(&visit)).await.json()["revision"], 1);

    let huge = put(&a_box, &visit, vec![b'a'; ::broadcast::place::MOST_BYTES + 1]).await;
    assert_eq!(huge.code(), "places");
    let larger = put(&a_box, &visit, vec![b'a'; place::MAX_TABLE_BYTES + 1]).await;
    assert_eq!(larger.status, StatusCode::PAYLOAD_TOO_LARGE);
    a_box.add_user("lan", "author").await;
    let author = a_box.visit("lan").await;
    assert_eq!(put(&a_box, &author, TABLE).await.status, StatusCode::FORBIDDEN);
}
