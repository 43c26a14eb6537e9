//! `Range: bytes=...` (RFC 9110 section 14), as much of it as a resumed download and a player that
//! seeks need. Files are streamed from the disk; nothing is held in memory.

use std::io::{self, SeekFrom};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, Take};
use tokio_util::io::ReaderStream;

/// Read and sent at a time, a connection.
const CHUNK_BYTES: usize = 32 << 10;

/// Which bytes to send. `Part` is inclusive at both ends, as in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    Whole,
    Part { from: u64, to: u64 },
}

impl Range {
    /// What `headers` ask of a file of `n_bytes`, as [`Self::parse`].
    pub(crate) fn asked(headers: &HeaderMap, n_bytes: u64) -> Option<Self> {
        let text = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
        text.map_or(Some(Self::Whole), |text| Self::parse(text, n_bytes))
    }

    pub(crate) fn begins_at_start(self) -> bool {
        matches!(self, Self::Whole | Self::Part { from: 0, .. })
    }

    /// Of a file of `n_bytes`. `None`: it lies outside, which is 416. Another unit, several ranges
    /// and nonsense are the whole file, which section 14.2 allows.
    pub(crate) fn parse(text: &str, n_bytes: u64) -> Option<Self> {
        let Some((from, to)) = text.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else {
            return Some(Self::Whole);
        };
        let last = n_bytes.checked_sub(1)?;
        match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
            (Ok(from), Ok(to)) if from <= to => {
                (from <= last).then_some(Self::Part { from, to: to.min(last) })
            }
            (Ok(from), Err(_)) if to.trim().is_empty() => {
                (from <= last).then_some(Self::Part { from, to: last })
            }
            (Err(_), Ok(n_last)) if from.trim().is_empty() => {
                let from = n_bytes.saturating_sub(n_last);
                (n_last > 0).then_some(Self::Part { from, to: last })
            }
            _ => Some(Self::Whole),
        }
    }
}

/// The answer to a range that lies outside.
pub(crate) fn not_satisfiable(n_bytes: u64) -> Response {
    let of = [(header::CONTENT_RANGE, format!("bytes */{n_bytes}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, of).into_response()
}

/// `range` of a file of `n_bytes`: 200 for all of it, 206 for a part.
pub(crate) async fn respond(
    file: File,
    n_bytes: u64,
    range: Range,
    media_type: &'static str,
) -> io::Result<Response> {
    let body = |file| Body::from_stream(ReaderStream::with_capacity(file, CHUNK_BYTES));
    respond_in(file, n_bytes, range, media_type, body).await
}

/// As [`respond`], with the file's part as `body` sends it.
pub(crate) async fn respond_in(
    mut file: File,
    n_bytes: u64,
    range: Range,
    media_type: &'static str,
    body: impl FnOnce(Take<File>) -> Body,
) -> io::Result<Response> {
    let (status, from, length) = match range {
        Range::Whole => (StatusCode::OK, 0, n_bytes),
        Range::Part { from, to } => (StatusCode::PARTIAL_CONTENT, from, to - from + 1),
    };
    file.seek(SeekFrom::Start(from)).await?;
    let mut response = (status, body(file.take(length))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Range::Part { from, to } = range {
        let part = HeaderValue::try_from(format!("bytes {from}-{to}/{n_bytes}"));
        headers.insert(header::CONTENT_RANGE, part.map_err(io::Error::other)?);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let part = |from, to| Some(Range::Part { from, to });
        assert_eq!(Range::parse("bytes=0-", 10), part(0, 9));
        assert_eq!(Range::parse("bytes=4-6", 10), part(4, 6));
        assert_eq!(Range::parse("bytes=4-600", 10), part(4, 9));
        assert_eq!(Range::parse("bytes=-3", 10), part(7, 9));
        assert_eq!(Range::parse("bytes=-30", 10), part(0, 9));
        assert_eq!(Range::parse("bytes=9-", 10), part(9, 9));
        assert_eq!(Range::parse("bytes=10-", 10), None);
        assert_eq!(Range::parse("bytes=-0", 10), None);
        assert_eq!(Range::parse("bytes=0-", 0), None);
        for whole in ["lines=1-2", "bytes=0-1,4-5", "bytes=6-4", "bytes=a-b", "nonsense"] {
            assert_eq!(Range::parse(whole, 10), Some(Range::Whole), "{whole}");
        }
    }
}
