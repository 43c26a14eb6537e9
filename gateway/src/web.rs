//! The console's server: log-in, API, live events and the embedded page, over HTTPS.

mod account;
mod asset;
mod error;
mod guard;
mod live;
mod login;
mod password;
mod role;
mod route;
mod session;
pub mod setup;
mod throttle;
mod token;
mod user;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use base::{Clock, DeviceId, Secret};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use live::{Live, Topic};

use crate::store::Store;
use crate::tls::{self, Door};
use error::ApiError;
use password::PasswordDigest;
use throttle::Throttle;
use token::Token;

/// The tables of this folder, a step of the box's schema.
pub const SCHEMA: &str = include_str!("web/schema.sql");

/// A dozen open pages with six connections each, and room for the command line.
const MAX_CONNECTIONS: usize = 100;

/// What the page says about the box it is served from.
#[derive(Clone, Debug)]
pub struct About {
    pub device: DeviceId,
    /// The path of the ward in the tree of places.
    pub site: String,
    /// An IANA name; every time is shown in it.
    pub timezone: String,
}

/// What the console needs of the ward box.
pub struct Ward {
    pub about: About,
    pub clock: Arc<dyn Clock>,
    /// The box's own database.
    pub store: Store,
    pub live: Live,
}

/// The state behind every handler.
struct Console {
    ward: Ward,
    throttle: Mutex<Throttle>,
    /// One password hash at a time.
    hash_turn: Arc<Semaphore>,
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
    let router = route::router(&Console::new(ward, stop.clone())?);
    let door = Door { listener, tls, max_connections: MAX_CONNECTIONS };
    tls::serve(door, router, stop).await.context("serving the console")
}

impl Console {
    fn new(ward: Ward, stop: CancellationToken) -> anyhow::Result<Arc<Self>> {
        let nobody = Token::random::<32>()?;
        let decoy = PasswordDigest::of(&Secret::new(nobody.expose_secret().to_owned()))?;
        Ok(Arc::new(Self {
            ward,
            throttle: Mutex::default(),
            hash_turn: Arc::new(Semaphore::new(1)),
            decoy,
            stop,
        }))
    }

    /// Refuses while any of `keys` has to wait, else counts one more attempt for each.
    fn count_attempt(&self, keys: &[String]) -> Result<(), ApiError> {
        let now = self.ward.clock.now();
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
