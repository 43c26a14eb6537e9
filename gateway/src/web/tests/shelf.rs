//! An alarm clip from its text to the list that clusters fetch, over HTTP.

use super::broadcasts::form_to;
use super::*;
use crate::tls::Peer;

#[tokio::test]
async fn an_alarm_is_put_approved_by_another_and_listed_for_clusters() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author,approver").await;
    a_box.add_user("lan", "approver").await;
    let (minh, lan) = (a_box.visit("minh").await, a_box.visit("lan").await);
    let wrong = [("title", "Báo cháy"), ("kind", "siren"), ("text", "Cháy!")];
    let refused = a_box.send(form_to("/api/v1/shelf", &minh, &wrong)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let fields = [("title", "Báo cháy"), ("kind", "alarm"), ("text", "Cháy! Cháy!")];
    let put = a_box.send(form_to("/api/v1/shelf", &minh, &fields)).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.json());
    let path = format!("/api/v1/shelf/{}", put.json()["id"].as_str().unwrap());
    let sound = a_box.get(&format!("{path}/audio"), Some(&lan)).await;
    assert!(sound.body.starts_with(b"OggS"));

    assert_eq!(fetched(&a_box, "loa-demo-001").await.1["sounds"], json!([]));
    let approve = format!("{path}/approve");
    let own = a_box.post(&approve, Some(&minh), json!({})).await;
    assert_eq!((own.status, own.code().as_str()), (StatusCode::FORBIDDEN, "same_person"));
    let heard = json!({"heard": put.json()["sha256"]});
    let approved = a_box.post(&approve, Some(&lan), heard).await;
    assert_eq!(approved.json()["approved_by"], "lan", "{}", approved.json());
    let (status, list) = fetched(&a_box, "loa-demo-001").await;
    assert_eq!((status, &list["sounds"][0]["sha256"]), (StatusCode::OK, &put.json()["sha256"]));
    assert_eq!(fetched(&a_box, "loa-demo-002").await.0, StatusCode::FORBIDDEN);

    assert_eq!(a_box.delete(&path, &lan).await.status, StatusCode::NO_CONTENT);
    assert_eq!(a_box.get("/api/v1/shelf", Some(&minh)).await.json(), json!([]));
    assert_eq!(a_box.n_recorded("audit.entry").await, 3);
}

/// What the content server tells a cluster.
async fn fetched(a_box: &Box, cluster: &str) -> (StatusCode, Value) {
    let clusters = ["loa-demo-001".parse().unwrap()].into();
    let router = crate::ward::content::shelf::router(a_box.store.clone(), clusters);
    let mut request = request(Method::GET, "/v1/shelf", None, None);
    request.extensions_mut().insert(Peer(cluster.parse().unwrap()));
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
