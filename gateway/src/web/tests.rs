//! The console over in-process requests: no socket, no browser, a real database.

mod access;
mod login;
mod setup;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use base::SimClock;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::role::Roles;
use super::user::UserName;
use super::*;

const STEPS: &[&str] = &[SCHEMA];
const PASSWORD: &str = "cầu tre sáng sớm";

/// A console with a database of its own.
struct Box {
    router: Router,
    store: Store,
    clock: Arc<SimClock>,
    _folder: tempfile::TempDir,
}

/// What came back, read to the end.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

/// A log-in of one user.
struct Visit {
    cookie: String,
    csrf: String,
}

fn a_box() -> Box {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&folder.path().join("ward.db"), STEPS).unwrap();
    let clock = Arc::new(SimClock::new(Timestamp::from_second(1_800_000_000).unwrap()));
    let ward = ward(store.clone(), Arc::clone(&clock), folder.path());
    let console = Console::new(ward, CancellationToken::new()).unwrap();
    Box { router: route::router(&console), store, clock, _folder: folder }
}

fn ward(store: Store, clock: Arc<SimClock>, _folder: &Path) -> Ward {
    let about = About {
        device: "box-demo-1".parse().unwrap(),
        site: "da-nang/hai-chau/cau-tre".into(),
        timezone: "Asia/Ho_Chi_Minh".into(),
    };
    Ward { about, clock, store, live: Live::default() }
}

impl Box {
    async fn send(&self, mut request: Request<Body>) -> Answer {
        let from: SocketAddr = "192.0.2.7:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(from));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str, visit: Option<&Visit>) -> Answer {
        self.send(request(Method::GET, path, visit, None)).await
    }

    async fn post(&self, path: &str, visit: Option<&Visit>, body: Value) -> Answer {
        self.send(request(Method::POST, path, visit, Some(body))).await
    }

    async fn add_user(&self, name: &str, roles: &str) {
        let (name, roles): (UserName, Roles) = (name.parse().unwrap(), roles.parse().unwrap());
        let digest = PasswordDigest::of(&Secret::new(PASSWORD.into())).unwrap();
        let now = self.clock.now();
        let added = self.store.write(move |conn| user::add(conn, &name, &digest, &roles, now));
        assert!(added.await.unwrap());
    }

    async fn log_in(&self, user: &str, password: &str) -> Answer {
        self.post("/api/v1/session", None, json!({"user": user, "password": password})).await
    }

    async fn visit(&self, user: &str) -> Visit {
        let answer = self.log_in(user, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        answer.visit()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn visit(&self) -> Visit {
        let cookie = self.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
        Visit { cookie, csrf: self.json()["csrf"].as_str().unwrap().to_owned() }
    }
}

fn request(
    method: Method,
    path: &str,
    visit: Option<&Visit>,
    body: Option<Value>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(visit) = visit {
        request =
            request.header(header::COOKIE, &visit.cookie).header(guard::CSRF_HEADER, &visit.csrf);
    }
    match body {
        Some(json) => request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json.to_string()))
            .unwrap(),
        None => request.body(Body::empty()).unwrap(),
    }
}
