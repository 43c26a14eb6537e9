//! The console's server: log-in, API, live events and the embedded page, over HTTPS.

mod account;
mod alert;
mod asset;
mod bulletin;
mod calendar;
mod camera;
mod cluster;
mod error;
mod feed;
mod guard;
mod live;
mod login;
mod password;
mod place;
mod play;
mod report;
mod role;
mod route;
mod rules;
mod session;
pub mod setup;
mod shelf;
mod template;
mod throttle;
mod token;
mod user;
mod view;
mod wire;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use base::{Clock, DeviceId, Secret};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Cluster;
use crate::report::Reporter;
use crate::store::Store;
use crate::tls::{self, Door};
use crate::ward::broadcast::{Agenda, Bulletins, PlaceBook};
use crate::ward::camera::CameraHandle;
use crate::ward::clusters::ClusterViews;
use crate::ward::proof::Proofs;
use crate::ward::rules::RuleBook;
use error::ApiError;
use live::{Live, Topic};
use password::PasswordDigest;
use throttle::Throttle;
use token::Token;

/// The tables of this folder, a step of the box's schema.
pub const SCHEMA: &str = include_str!("web/schema.sql");

/// A dozen open pages with six connections each, and room for the command line.
const MAX_CONNECTIONS: usize = 100;
/// Recordings that may come in at once.
const N_UPLOADS: usize = 2;

/// What the console needs of the ward box.
pub struct Ward {
    /// Who the box is, its clock and its database.
    pub reporter: Reporter,
    pub data_dir: PathBuf,
    /// An IANA name; every time is shown in it.
    pub timezone: String,
    pub cameras: Vec<CameraHandle>,
    /// How their last test alarms went.
    pub proofs: watch::Receiver<Proofs>,
    pub rules: RuleBook,
    pub clusters: Vec<Cluster>,
    pub cluster_views: watch::Receiver<ClusterViews>,
    pub bulletins: Bulletins,
    pub agenda: Agenda,
    pub places: PlaceBook,
}

/// The state behind every handler.
struct Console {
    ward: Ward,
    live: Live,
    throttle: Mutex<Throttle>,
    /// One password hash at a time.
    hash_turn: Arc<Semaphore>,
    upload_turn: Semaphore,
    /// One picture at a time is made unrecognisable: the cameras need the processor more.
    blur_turn: Arc<Semaphore>,
    /// Hashed when the user is unknown, so that the answer takes as long.
    decoy: PasswordDigest,
    stop: CancellationToken,
}

/// Serves until `stop`. `tls` is the box's own certificate; no client certificate is asked for,
/// because a ward PC has none.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    ward: Ward,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let console = Console::new(ward, stop.clone())?;
    let router = route::router(&console);
    let door = Door { listener, tls, max_connections: MAX_CONNECTIONS };
    tokio::select! {
        served = tls::serve(door, router, stop) => served.context("serving the console"),
        () = feed::run(&console) => Ok(()),
    }
}

impl Console {
    fn new(ward: Ward, stop: CancellationToken) -> anyhow::Result<Arc<Self>> {
        let nobody = Token::random::<32>()?;
        let decoy = PasswordDigest::of(&Secret::new(nobody.expose_secret().to_owned()))?;
        Ok(Arc::new(Self {
            ward,
            live: Live::default(),
            throttle: Mutex::default(),
            hash_turn: Arc::new(Semaphore::new(1)),
            upload_turn: Semaphore::new(N_UPLOADS),
            blur_turn: Arc::new(Semaphore::new(1)),
            decoy,
            stop,
        }))
    }

    fn store(&self) -> &Store {
        self.ward.reporter.store()
    }

    fn clock(&self) -> &dyn Clock {
        &**self.ward.reporter.clock()
    }

    fn cluster_name(&self, id: &DeviceId) -> String {
        let cluster = self.ward.clusters.iter().find(|it| it.id == *id);
        cluster.map_or_else(|| id.to_string(), |it| it.name.clone())
    }

    fn camera_name(&self, id: &str) -> String {
        let camera = self.ward.cameras.iter().find(|it| it.id.as_str() == id);
        camera.map_or_else(|| id.to_owned(), |it| it.name.clone())
    }

    fn ward_changed(&self, topic: Topic, data: &serde_json::Value) {
        self.live.tell(topic, data);
    }

    /// Refuses while any of `keys` has to wait, else counts one more attempt for each.
    fn count_attempt(&self, keys: &[String]) -> Result<(), ApiError> {
        let now = self.clock().now();
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = keys.iter().filter_map(|it| throttle.wait(it, now)).max() {
            return Err(ApiError::too_many_attempts(wait));
        }
        for key in keys {
            throttle.tried(key, now);
        }
        Ok(())
    }

    fn forgive(&self, keys: &[String]) {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            throttle.succeeded(key);
        }
    }
}
