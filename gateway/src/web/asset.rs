//! The console's own files, embedded in the program at build time.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;

/// What `npm run build` left in web/dist; empty when it was not run (see build.rs).
#[derive(rust_embed::RustEmbed)]
#[folder = "../web/dist"]
struct Built;

/// Shown where there is no web build. It has no style: the policy allows no inline one.
const NOT_BUILT: &str = include_str!("asset/not_built.html");

/// Vite puts a hash of the content into these names.
const HASHED: &str = "assets/";

pub(super) async fn serve(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::not_found("address").into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match Built::get(path) {
        Some(file) if !path.is_empty() => answer(path, file),
        // The page itself finds its way by path; a missing file is a missing file.
        Some(_) | None if !path.contains('.') => index(),
        Some(_) | None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn index() -> Response {
    if let Some(file) = Built::get("index.html") {
        return answer("index.html", file);
    }
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, html)], NOT_BUILT).into_response()
}

fn answer(path: &str, file: rust_embed::EmbeddedFile) -> Response {
    let kept =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(path))),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
    ];
    (headers, Body::from(file.data.into_owned())).into_response()
}

/// What a Vite build consists of.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" | "webmanifest" => "application/json",
        _ => "application/octet-stream",
    }
}
