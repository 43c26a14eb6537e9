//! The JSON of the console's API. Frozen with `/api/v1`: docs/api.json describes it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Console;
use super::role::{Role, Roles};
use super::user;

#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    error: RefusalBody,
}

#[derive(Debug, Serialize)]
struct RefusalBody {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
}

/// What is wrong with one of a list of things.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    /// Its place in the list, from 0.
    pub at: usize,
    /// Empty where the thing as a whole is meant.
    pub key: String,
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogIn {
    pub user: String,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetUp {
    pub token: String,
    pub user: String,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    pub user: String,
    pub password: String,
    pub roles: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Me {
    user: String,
    roles: Vec<&'static str>,
    csrf: String,
    device: String,
    site: String,
    /// An IANA zone: the console shows every time in it, wherever the browser stands.
    timezone: String,
    version: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct User {
    #[serde(rename = "user")]
    name: String,
    roles: Vec<&'static str>,
    created_at: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Health {
    pub status: &'static str,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: String, problems: Vec<Problem>) -> Self {
        Self { error: RefusalBody { code, message, problems } }
    }
}

impl Me {
    pub(super) fn new(user: &str, roles: &Roles, csrf: String, console: &Console) -> Self {
        Self {
            user: user.to_owned(),
            roles: names(roles),
            csrf,
            device: console.ward.reporter.device().to_string(),
            site: console.ward.reporter.site().to_owned(),
            timezone: console.ward.timezone.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl From<user::User> for User {
    fn from(user: user::User) -> Self {
        let user::User { name, roles, created_at } = user;
        Self { name, roles: names(&roles), created_at: instant(created_at) }
    }
}

/// RFC 3339, UTC, milliseconds.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub(super) fn length_ms(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

fn names(roles: &Roles) -> Vec<&'static str> {
    roles.iter().map(Role::as_str).collect()
}
