//! What goes wrong before or while a video is read, by what the caller does next.

use std::path::PathBuf;

use crate::element::MissingElement;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("GStreamer does not start: check that its libraries are whole")]
    Library { source: BoxError },
}

#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    #[error("{path}: no such file", path = .path.display())]
    NotFound { path: PathBuf },
    #[error("{path}: cannot be read", path = .path.display())]
    Unreadable { path: PathBuf, source: BoxError },
    #[error("{path}: not a video ({why})", path = .path.display())]
    NotAVideo { path: PathBuf, why: String },
    #[error("{path}: no decoder for {codec}; use H.264, or install the codec", path = .path.display())]
    UnsupportedCodec { path: PathBuf, codec: String },
    #[error("{path}: more than {mib} MiB encoded, which is too long to loop: cut it", path = .path.display(), mib = .most_bytes / (1024 * 1024))]
    TooLong { path: PathBuf, most_bytes: usize },
    #[error(transparent)]
    MissingElement(#[from] MissingElement),
}
