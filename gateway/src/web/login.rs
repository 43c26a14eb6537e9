//! Logging in and out, and the first user.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::Secret;
use tokio::time::timeout;
use tracing::{info, warn};

use super::error::ApiError;
use super::guard::{COOKIE, Caller};
use super::password::{self, PasswordDigest};
use super::role::Roles;
use super::token::Token;
use super::user::{self, UserName};
use super::{Console, session, setup, wire};

/// A log-in that waits longer than this for its turn at the hash is told to come back.
const HASH_QUEUE: Duration = Duration::from_secs(5);

pub(super) async fn log_in(
    State(console): State<Arc<Console>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Result<Json<wire::LogIn>, JsonRejection>,
) -> Result<Response, ApiError> {
    let wire::LogIn { user: name, password } = body?.0;
    let name: String = name.chars().take(64).collect();
    console.count_attempt(&[address_key(from), user_key(&name)])?;
    let wanted = name.clone();
    let found = console
        .store()
        .read(move |conn| Ok(user::digest(conn, &wanted)?.zip(user::roles(conn, &wanted)?)));
    let found = found.await?;
    let (digest, roles) = match found {
        Some((digest, roles)) => (digest, Some(roles)),
        // An unknown name takes as long as a wrong password, and is told the same.
        None => (console.decoy.clone(), None),
    };
    let is_right = hashing(&console, move || digest.matches(&Secret::new(password))).await?;
    let Some(roles) = roles.filter(|_| is_right) else {
        // Not what was typed: people put their password into the wrong field.
        warn!(%from, "log-in refused");
        let message = "wrong user name or password";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_password", message));
    };
    console.forgive(&[address_key(from), user_key(&name)]);
    info!(user = name, %from, "logged in");
    start_session(&console, name, &roles, StatusCode::OK).await
}

pub(super) async fn log_out(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, ApiError> {
    console.store().write(move |conn| session::end(conn, &caller.session)).await?;
    let gone = cookie("", Duration::ZERO)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

pub(super) async fn me(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
) -> Json<wire::Me> {
    Json(wire::Me::new(&caller.user, &caller.roles, caller.csrf, &console))
}

/// Makes the first user out of the set-up code, and logs them in.
pub(super) async fn set_up(
    State(console): State<Arc<Console>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Result<Json<wire::SetUp>, JsonRejection>,
) -> Result<Response, ApiError> {
    let wire::SetUp { token, user: name, password } = body?.0;
    console.count_attempt(&[address_key(from)])?;
    let (code, now) = (Token::claimed(&token), console.clock().now());
    let asked = code.clone();
    let is_valid = console.store().read(move |conn| setup::is_valid(conn, &asked, now));
    if !is_valid.await? {
        warn!(%from, "set-up refused");
        return Err(spent());
    }
    let name: UserName = name.parse().map_err(|err| invalid("user_name", &err))?;
    password::check(name.as_str(), &password).map_err(|err| invalid("password", &err))?;
    let digest = hashing(&console, move || PasswordDigest::of(&Secret::new(password))).await?;
    let digest = digest.map_err(ApiError::internal)?;
    let first = name.clone();
    let reporter = console.ward.reporter.clone();
    let made = console.store().write(move |conn| {
        let is_made = setup::spend(conn, &code, &first, &digest, now)?;
        if is_made {
            reporter.record_in(conn, user::added(&first, &Roles::all(), first.as_str(), now))?;
        }
        Ok(is_made)
    });
    if !made.await? {
        return Err(spent());
    }
    console.forgive(&[address_key(from)]);
    info!(user = name.as_str(), %from, "set-up done");
    start_session(&console, name.as_str().to_owned(), &Roles::all(), StatusCode::CREATED).await
}

/// Runs one hash at a time, off the async threads: hashes cost 19 MiB each, and a box has little.
pub(super) async fn hashing<T: Send + 'static>(
    console: &Console,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let turn = timeout(HASH_QUEUE, Arc::clone(&console.hash_turn).acquire_owned()).await;
    let turn = turn.map_err(|_| ApiError::busy())?.map_err(ApiError::internal)?;
    let hashed = tokio::task::spawn_blocking(move || {
        // Given back when the hash is done, not when an impatient client hangs up.
        let _turn = turn;
        job()
    });
    hashed.await.map_err(ApiError::internal)
}

pub(super) fn invalid(code: &'static str, err: &dyn std::error::Error) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, err.to_string())
}

async fn start_session(
    console: &Console,
    user: String,
    roles: &Roles,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let token = Token::random::<32>().map_err(ApiError::internal)?;
    let (started, now) = (token.clone(), console.clock().now());
    let name = user.clone();
    console.store().write(move |conn| session::start(conn, &started, &name, now)).await?;
    let kept = cookie(token.expose_secret(), session::LONGEST.unsigned_abs())?;
    let me = wire::Me::new(&user, roles, token.csrf(), console);
    Ok((status, [(header::SET_COOKIE, kept)], Json(me)).into_response())
}

fn cookie(value: &str, max_age: Duration) -> Result<HeaderValue, ApiError> {
    let seconds = max_age.as_secs();
    let text =
        format!("{COOKIE}={value}; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age={seconds}");
    HeaderValue::try_from(text).map_err(ApiError::internal)
}

fn spent() -> ApiError {
    let message = "this set-up link is not valid: it was used, has expired, or a newer one was \
                   printed; restart the service for a new one";
    ApiError::forbidden("setup_code", message)
}

/// IPv6 hosts choose their last 64 bits freely, so that half is not asked for.
fn address_key(from: SocketAddr) -> String {
    match from.ip().to_canonical() {
        IpAddr::V4(ip) => format!("address {ip}"),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("address {a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

fn user_key(name: &str) -> String {
    format!("user {name}")
}
