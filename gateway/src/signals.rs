//! When the operator, or systemd, wants the daemon to stop.

use std::future::pending;

use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

/// Resolves at the first SIGTERM or SIGINT.
pub async fn interrupted() {
    let name = tokio::select! {
        () = received(SignalKind::terminate()) => "SIGTERM",
        () = received(SignalKind::interrupt()) => "SIGINT",
    };
    info!(signal = name, "asked to stop");
}

async fn received(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(err) => {
            // The other signal, or a kill, still stops us.
            warn!(error = %err, "a signal cannot be waited for");
            pending::<()>().await;
        }
    }
}
