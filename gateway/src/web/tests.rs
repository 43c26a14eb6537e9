//! The console over in-process requests: no socket, no browser, a real database.

mod access;
mod api;
mod broadcasts;
mod calendar;
mod evidence;
mod login;
mod places;
mod proofs;
mod reports;
mod rules;
mod setup;
mod shelf;
mod sights;
mod templates;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::broadcast::Volume;
use ::broadcast::bulletin::{ApprovalRules, NormalHours, Validity};
use ::broadcast::plan::Tie;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use base::SimClock;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use models::Manifest;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::role::Roles;
use super::user::UserName;
use super::*;
use crate::clock_trust::ClockTrust;
use crate::config::rules_from_json;
use crate::report::ReporterSettings;
use crate::report::rows::Bound;
use crate::ward::SCHEMA_STEPS;
use crate::ward::broadcast::{self, BulletinsSettings, Ingest, Speakers, Wake};
use crate::ward::camera::{CameraOrders, CameraView, PictureDesk};
use crate::ward::clusters::ClusterView;
use crate::ward::rules::FileRules;

/// Shorter than a session may be idle.
const PROOF_EVERY: Duration = Duration::from_mins(10);
const PASSWORD: &str = "cầu tre sáng sớm";

/// A console with a database of its own.
struct Box {
    router: Router,
    console: Arc<Console>,
    parts: Parts,
    store: Store,
    clock: Arc<SimClock>,
    folder: tempfile::TempDir,
}

/// What cameras and clusters write to.
struct Parts {
    view: watch::Sender<CameraView>,
    desk: PictureDesk,
    proofs: watch::Sender<Proofs>,
    cluster_views: watch::Sender<ClusterViews>,
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

async fn a_box() -> Box {
    let folder = tempfile::tempdir().unwrap();
    let (store, thread) = Store::open(&folder.path().join("ward.db"), SCHEMA_STEPS).unwrap();
    let clock = Arc::new(SimClock::new(Timestamp::from_second(1_800_000_000).unwrap()));
    let settings = ReporterSettings {
        device: "box-demo-1".parse().unwrap(),
        site: "da-nang/hai-chau/cau-tre".into(),
        clock: Arc::<SimClock>::clone(&clock),
        trust: ClockTrust::new(true),
        bound: Bound { n_rows: 1_000, n_bytes: 1_000_000 },
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    let (ward, parts) = ward(reporter, folder.path()).await;
    let console = Console::new(ward, CancellationToken::new()).unwrap();
    let router = route::router(&console);
    Box { router, console, parts, store, clock, folder }
}

/// The parts as app.rs would hand them over, without a camera behind the camera.
async fn ward(reporter: Reporter, data_dir: &Path) -> (Ward, Parts) {
    let now = reporter.clock().now();
    let cluster: DeviceId = "loa-demo-001".parse().unwrap();
    let zone = "Asia/Ho_Chi_Minh".to_owned();
    let configured = configured(cluster.clone());
    let (own, tz) = ([configured.clone()], TimeZone::get(&zone).unwrap());
    let places = PlaceBook::open(reporter.clone(), &own, tz, Wake::default()).await.unwrap();
    let broadcasts = broadcast::Ward {
        clusters: vec![broadcast::Cluster {
            id: cluster.clone(),
            volume: Volume::FULL,
            can_duck: false,
        }],
        quiet: None,
        quotas: Vec::new(),
        ties: vec![Tie::Earlier],
        zone: zone.clone(),
        approval: ApprovalRules {
            hours: NormalHours::day(TimeZone::get(&zone).unwrap()),
            validity: Validity::default(),
        },
        lead: broadcast::SHORTEST_LEAD,
        places: places.atlas(),
    };
    let settings = BulletinsSettings { data_dir: data_dir.to_owned(), ward: broadcasts };
    let ingest = Ingest::start(data_dir.join("content"), Speakers::default()).unwrap();
    let agenda = Agenda::new(settings.ward.clone(), reporter.clone(), Wake::default());
    let bulletins = Bulletins::new(settings, reporter.clone(), ingest, Wake::default());
    let (view, seen) = watch::channel(CameraView::new(now));
    let desk = PictureDesk::default();
    let id = "cam-1".parse().unwrap();
    let camera = CameraHandle {
        id,
        name: "Ngã tư Cầu Tre".into(),
        purpose: "An toàn giao thông".into(),
        has_masks: true,
        view: seen,
        figures: Arc::default(),
        desk: desk.clone(),
        orders: CameraOrders::default(),
    };
    let rules = rule_book(&reporter, &camera);
    let views = ClusterViews::from([(cluster.clone(), ClusterView::default())]);
    let (cluster_views, clusters_seen) = watch::channel(views);
    let (proofs, proofs_seen) = watch::channel(Proofs::new(Some(PROOF_EVERY), now));
    let ward = Ward {
        reporter,
        data_dir: data_dir.to_owned(),
        timezone: zone,
        cameras: vec![camera],
        proofs: proofs_seen,
        rules,
        clusters: vec![configured],
        cluster_views: clusters_seen,
        bulletins,
        agenda,
        places,
    };
    (ward, Parts { view, desk, proofs, cluster_views })
}

/// As the configuration has it.
fn configured(id: DeviceId) -> Cluster {
    Cluster {
        id,
        name: "Chợ Cầu Tre".into(),
        n_horns: 2,
        volume: Volume::FULL,
        place: Some("20242".parse().unwrap()),
    }
}

/// With one rule in the file.
fn rule_book(reporter: &Reporter, camera: &CameraHandle) -> RuleBook {
    let model = Manifest::built_in().unwrap().entry("yolox-nano").unwrap().clone();
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let rule = json!({ "id": "long-duong", "area": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] });
    let rules = rules_from_json(&[rule], &model, &zone).unwrap();
    let from_file = FileRules::from([(camera.id.clone(), rules)]);
    RuleBook::new(reporter.clone(), model, zone, from_file, std::slice::from_ref(camera))
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

    async fn open_events(&self, visit: &Visit) -> Page {
        let request = request(Method::GET, "/api/v1/events", Some(visit), None);
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Page(response.into_body().into_data_stream())
    }

    async fn get(&self, path: &str, visit: Option<&Visit>) -> Answer {
        self.send(request(Method::GET, path, visit, None)).await
    }

    async fn post(&self, path: &str, visit: Option<&Visit>, body: Value) -> Answer {
        self.send(request(Method::POST, path, visit, Some(body))).await
    }

    async fn put(&self, path: &str, visit: &Visit, body: Value) -> Answer {
        self.send(request(Method::PUT, path, Some(visit), Some(body))).await
    }

    async fn delete(&self, path: &str, visit: &Visit) -> Answer {
        self.send(request(Method::DELETE, path, Some(visit), None)).await
    }

    /// How many events of this kind wait for the centre.
    async fn n_recorded(&self, kind: &str) -> u64 {
        let count = "SELECT count(*) FROM outbox WHERE CAST(envelope AS TEXT) LIKE ?1";
        let like = format!("%\"{kind}\"%");
        let counted = self.store.read(move |conn| conn.query_row(count, [like], |row| row.get(0)));
        counted.await.unwrap()
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

/// The stream of an open page.
struct Page(axum::body::BodyDataStream);

impl Page {
    /// One event or keep-alive; nothing once the stream has ended.
    async fn next(&mut self) -> String {
        let piece = self.0.next().await.map(Result::unwrap);
        String::from_utf8(piece.unwrap_or_default().to_vec()).unwrap()
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
