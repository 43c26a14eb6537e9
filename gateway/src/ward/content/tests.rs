//! The router without its TLS: the peer is put where the handshake would.

use axum::body::to_bytes;
use axum::http::Request;
use tower::ServiceExt as _;

use super::*;
use crate::timekeeping::wire::HandedOut;

struct Shop {
    _dir: tempfile::TempDir,
    router: Router,
    sha256: Sha256,
}

fn shop() -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let sha256 = Sha256::of(b"0123456789");
    std::fs::write(dir.path().join(format!("{sha256}.opus")), b"0123456789").unwrap();
    std::fs::write(dir.path().join("secret"), b"not content").unwrap();
    let clusters = BTreeSet::from(["loa-1".parse().unwrap()]);
    let rate_limit = Some("32Mbit/s".parse().unwrap());
    let settings = ContentSettings { dir: dir.path().to_owned(), clusters, rate_limit };
    Shop { router: router(settings, Timekeeper::default()), sha256, _dir: dir }
}

impl Shop {
    async fn ask(&self, who: &str, method: &str, path: &str, range: &str) -> (StatusCode, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        if !range.is_empty() {
            request = request.header(header::RANGE, range);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if !who.is_empty() {
            request.extensions_mut().insert(Peer(who.parse().unwrap()));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), 1000).await.unwrap().to_vec())
    }

    async fn get(&self, range: &str) -> (StatusCode, Vec<u8>) {
        self.ask("loa-1", "GET", &format!("/v1/content/{}", self.sha256), range).await
    }
}

#[tokio::test]
async fn content_is_served_whole_and_in_ranges() {
    let shop = shop();
    assert_eq!(shop.get("").await, (StatusCode::OK, b"0123456789".to_vec()));
    assert_eq!(shop.get("bytes=4-").await, (StatusCode::PARTIAL_CONTENT, b"456789".to_vec()));
    assert_eq!(shop.get("bytes=2-3").await, (StatusCode::PARTIAL_CONTENT, b"23".to_vec()));
    assert_eq!(shop.get("bytes=10-").await.0, StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn nobody_else_and_nothing_else_is_served() {
    let shop = shop();
    let path = format!("/v1/content/{}", shop.sha256);
    assert_eq!(shop.ask("loa-2", "GET", &path, "").await.0, StatusCode::FORBIDDEN);
    assert_eq!(shop.ask("", "GET", &path, "").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(shop.ask("loa-2", "POST", "/v1/time-key", "").await.0, StatusCode::FORBIDDEN);
    let absent = format!("/v1/content/{}", Sha256::of(b"absent"));
    for path in [absent.as_str(), "/v1/content/secret", "/v1/content/..%2Fsecret"] {
        assert_eq!(shop.ask("loa-1", "GET", path, "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_cluster_gets_a_time_key() {
    let (status, body) = shop().ask("loa-1", "POST", "/v1/time-key", "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(HandedOut::from_json(&body).unwrap().expires_in_s, 86_400);
}
