//! Stands before every handler: who calls, may they, and did our own page ask for it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use base::Sha256;

use super::Console;
use super::error::ApiError;
use super::role::{Role, Roles};
use super::session;
use super::token::Token;

/// `__Host-` makes browsers insist on Secure, on this host alone and on the whole path.
pub(super) const COOKIE: &str = "__Host-vong";
pub(super) const CSRF_HEADER: &str = "x-csrf-token";

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Anyone,
    AnyUser,
    Having(&'static [Role]),
}

/// The logged-in user behind a request.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub user: String,
    pub roles: Roles,
    pub session: Sha256,
    pub csrf: String,
}

pub(super) async fn admit(
    State((console, access)): State<(Arc<Console>, Access)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if access != Access::Anyone {
        let caller = identify(&console, request.headers()).await?;
        if !is_reading(request.method()) {
            let sent = request.headers().get(CSRF_HEADER).map(HeaderValue::as_bytes);
            // Compared as digests: the time taken tells nothing about the token itself.
            if sent.map(Sha256::of) != Some(Sha256::of(caller.csrf.as_bytes())) {
                let message = "send the csrf token of the session in X-CSRF-Token";
                return Err(ApiError::forbidden("csrf", message));
            }
        }
        if let Access::Having(roles) = access
            && !caller.roles.has_any(roles)
        {
            let names: Vec<&str> = roles.iter().map(|it| it.as_str()).collect();
            let message = format!("this needs the role {}", names.join(" or "));
            return Err(ApiError::forbidden("role", message));
        }
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}

/// Headers that every answer carries, pages and API alike.
pub(super) async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HARDENING {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // Pictures and lists are of one session: no shared PC keeps them.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

const HARDENING: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
         media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Counts as a use of the session.
async fn identify(console: &Console, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let token = cookie(headers).ok_or_else(ApiError::unauthenticated)?;
    let (id, now) = (token.digest(), console.clock().now());
    let found = console.store().read(move |conn| session::find(conn, &id, now)).await?;
    let found = found.ok_or_else(ApiError::unauthenticated)?;
    if found.wants_touch(now) {
        console.store().write(move |conn| session::touch(conn, &id, now)).await?;
    }
    Ok(Caller { user: found.user, roles: found.roles, session: id, csrf: token.csrf() })
}

fn cookie(headers: &HeaderMap) -> Option<Token> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = sent.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| Token::claimed(value))
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}
