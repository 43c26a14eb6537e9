//! Managing the users of the console: for its admins.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use base::Secret;
use tracing::info;

use super::error::ApiError;
use super::guard::Caller;
use super::login::{hashing, invalid};
use super::password::{self, PasswordDigest};
use super::role::{Role, Roles};
use super::user::{self, User, UserName};
use super::{Console, wire};

pub(super) async fn list(
    State(console): State<Arc<Console>>,
) -> Result<Json<Vec<wire::User>>, ApiError> {
    let users = console.store().read(user::list).await?;
    Ok(Json(users.into_iter().map(wire::User::from).collect()))
}

pub(super) async fn add(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    body: Result<Json<wire::NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<wire::User>), ApiError> {
    let wire::NewUser { user: name, password, roles } = body?.0;
    let name: UserName = name.parse().map_err(|err| invalid("user_name", &err))?;
    let roles: Result<Vec<Role>, _> = roles.iter().map(|it| it.parse()).collect();
    let roles = roles.and_then(Roles::new).map_err(|err| invalid("role", &err))?;
    password::check(name.as_str(), &password).map_err(|err| invalid("password", &err))?;
    let digest = hashing(&console, move || PasswordDigest::of(&Secret::new(password))).await?;
    let digest = digest.map_err(ApiError::internal)?;
    let now = console.clock().now();
    let (new, given) = (name.clone(), roles.clone());
    let (reporter, by) = (console.ward.reporter.clone(), caller.user.clone());
    let added = console.store().write(move |conn| {
        let is_added = user::add(conn, &new, &digest, &given, now)?;
        if is_added {
            reporter.record_in(conn, user::added(&new, &given, &by, now))?;
        }
        Ok(is_added)
    });
    if !added.await? {
        let message = format!("there is already a user {:?}", name.as_str());
        return Err(ApiError::conflict("user_exists", message));
    }
    info!(user = name.as_str(), %roles, by = caller.user, "user added");
    let user = User { name: name.as_str().to_owned(), roles, created_at: now };
    Ok((StatusCode::CREATED, Json(user.into())))
}
