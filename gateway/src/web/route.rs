//! Every address of the console and who may use it: one table, so that none is forgotten.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use axum::{Json, Router, middleware};
use broadcast::ics;

use super::error::ApiError;
use super::guard::{self, Access};
use super::role::Role;
use super::{
    Console, account, alert, asset, bulletin, calendar, camera, cluster, live, login, place, play,
    report, rules, shelf, template, view, wire,
};

/// JSON bodies are a few hundred bytes; uploads have their own limit.
const MAX_JSON_BYTES: usize = 64 * 1024;
/// A little more than the largest recording, which the library refuses in better words.
const MAX_UPLOAD_BYTES: usize = 1_101_000_000;
/// An .ics file of the largest size inside JSON, where each line break takes two bytes.
const MAX_LAYER_BYTES: usize = 2 * ics::MAX_BYTES;

pub(super) struct Route {
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests walk over the table with it"))]
    pub(super) method: &'static str,
    pub path: &'static str,
    pub access: Access,
    handler: MethodRouter<Arc<Console>>,
}

const ADMINS: Access = Access::Having(&[Role::Admin]);
const AUTHORS: Access = Access::Having(&[Role::Author]);
const APPROVERS: Access = Access::Having(&[Role::Approver]);
const PLANNERS: Access = Access::Having(&[Role::Author, Role::Approver]);
/// Who was seen by whom, and what is kept of it: for those who guard the ward, and who answers for the box.
const WATCHERS: Access = Access::Having(&[Role::Security, Role::Admin]);
const GUARDS: Access = Access::Having(&[Role::Security]);
/// Whoever draws an area does it on the camera's picture, in which people cannot be recognised.
const SURVEYORS: Access = Access::Having(&[Role::Technician, Role::Security, Role::Admin]);
const INSTALLERS: Access = Access::Having(&[Role::Technician, Role::Admin]);

pub(super) fn table() -> Vec<Route> {
    [people(), cameras(), broadcasts(), calendars(), stock()].into_iter().flatten().collect()
}

fn people() -> Vec<Route> {
    use Access::{AnyUser, Anyone};
    vec![
        route("GET", "/healthz", Anyone, get(healthz)),
        route("POST", "/api/v1/setup", Anyone, post(login::set_up)),
        route("POST", "/api/v1/session", Anyone, post(login::log_in)),
        route("DELETE", "/api/v1/session", AnyUser, delete(login::log_out)),
        route("GET", "/api/v1/me", AnyUser, get(login::me)),
        route("GET", "/api/v1/users", ADMINS, get(account::list)),
        route("POST", "/api/v1/users", ADMINS, post(account::add)),
        route("GET", "/api/v1/events", AnyUser, get(live::events)),
    ]
}

fn cameras() -> Vec<Route> {
    use Access::AnyUser;
    vec![
        route("GET", "/api/v1/cameras", AnyUser, get(camera::list)),
        route("GET", "/api/v1/cameras/{id}/picture", SURVEYORS, get(camera::picture)),
        route("GET", "/api/v1/cameras/{id}/rules", SURVEYORS, get(rules::show)),
        route("PUT", "/api/v1/cameras/{id}/rules", INSTALLERS, put(rules::change)),
        route("DELETE", "/api/v1/cameras/{id}/rules", INSTALLERS, delete(rules::reset)),
        route("GET", "/api/v1/alerts", AnyUser, get(alert::list)),
        // In which nobody can be recognised, but for those who guard the ward and say why.
        route("GET", "/api/v1/alerts/{id}/picture", AnyUser, get(alert::picture)),
        route("GET", "/api/v1/alerts/{id}/clip", GUARDS, get(alert::clip)),
        route("POST", "/api/v1/alerts/{id}/acknowledge", GUARDS, post(alert::acknowledge)),
        route("POST", "/api/v1/alerts/{id}/hold", WATCHERS, post(alert::hold)),
        route("DELETE", "/api/v1/alerts/{id}/hold", WATCHERS, delete(alert::release)),
        route("GET", "/api/v1/views", WATCHERS, get(view::list)),
    ]
}

fn broadcasts() -> Vec<Route> {
    use Access::AnyUser;
    let upload = DefaultBodyLimit::max(MAX_UPLOAD_BYTES);
    let table = DefaultBodyLimit::max(place::MAX_TABLE_BYTES);
    vec![
        route("GET", "/api/v1/clusters", AnyUser, get(cluster::list)),
        route("GET", "/api/v1/places", AnyUser, get(place::list)),
        route("PUT", "/api/v1/places", INSTALLERS, put(place::import).layer(table)),
        route("GET", "/api/v1/places/table", AnyUser, get(place::export)),
        route("GET", "/api/v1/plays", AnyUser, get(play::list)),
        route("GET", "/api/v1/reports/plays", AnyUser, get(report::plays)),
        route("GET", "/api/v1/reports/not-played", AnyUser, get(report::not_played)),
        route("GET", "/api/v1/bulletins", AnyUser, get(bulletin::list)),
        route("POST", "/api/v1/bulletins", AUTHORS, post(bulletin::add).layer(upload)),
        route("GET", "/api/v1/bulletins/{id}", AnyUser, get(bulletin::show)),
        route("PATCH", "/api/v1/bulletins/{id}", AUTHORS, patch(bulletin::edit)),
        route("GET", "/api/v1/bulletins/{id}/audio", AnyUser, get(bulletin::audio)),
        route("GET", "/api/v1/bulletins/{id}/waveform", AnyUser, get(bulletin::waveform)),
        route("POST", "/api/v1/bulletins/{id}/submit", AUTHORS, post(bulletin::submit)),
        route("POST", "/api/v1/bulletins/{id}/approve", APPROVERS, post(bulletin::approve)),
        route("POST", "/api/v1/bulletins/{id}/reject", APPROVERS, post(bulletin::reject)),
        route("POST", "/api/v1/bulletins/{id}/schedule", PLANNERS, post(bulletin::schedule)),
        route("POST", "/api/v1/bulletins/{id}/unschedule", PLANNERS, post(bulletin::unschedule)),
    ]
}

fn calendars() -> Vec<Route> {
    use Access::AnyUser;
    let layer = DefaultBodyLimit::max(MAX_LAYER_BYTES);
    vec![
        route("GET", "/api/v1/calendar", AnyUser, get(calendar::show)),
        route("GET", "/api/v1/calendar.ics", AnyUser, get(calendar::export)),
        route("GET", "/api/v1/calendar/layers", AnyUser, get(calendar::layers)),
        route("GET", "/api/v1/calendar/layers/{name}", AnyUser, get(calendar::layer)),
        route("GET", "/api/v1/calendar/layers/{name}/ics", AnyUser, get(calendar::layer_ics)),
        route(
            "PUT",
            "/api/v1/calendar/layers/{name}",
            PLANNERS,
            put(calendar::put_layer).layer(layer),
        ),
        route("DELETE", "/api/v1/calendar/layers/{name}", PLANNERS, delete(calendar::remove_layer)),
    ]
}

fn stock() -> Vec<Route> {
    use Access::AnyUser;
    let upload = DefaultBodyLimit::max(MAX_UPLOAD_BYTES);
    vec![
        route("GET", "/api/v1/templates", AnyUser, get(template::list)),
        route("POST", "/api/v1/templates", AUTHORS, post(template::add)),
        route("PUT", "/api/v1/templates/{id}", AUTHORS, put(template::change)),
        route("DELETE", "/api/v1/templates/{id}", AUTHORS, delete(template::remove)),
        route("GET", "/api/v1/shelf", AnyUser, get(shelf::list)),
        route("POST", "/api/v1/shelf", AUTHORS, post(shelf::put).layer(upload)),
        route("GET", "/api/v1/shelf/{id}/audio", AnyUser, get(shelf::audio)),
        route("POST", "/api/v1/shelf/{id}/approve", APPROVERS, post(shelf::approve)),
        route("DELETE", "/api/v1/shelf/{id}", PLANNERS, delete(shelf::remove)),
    ]
}

pub(super) fn router(console: &Arc<Console>) -> Router {
    let mut router = Router::new();
    for Route { path, access, handler, .. } in table() {
        let guard = middleware::from_fn_with_state((Arc::clone(console), access), guard::admit);
        router = router.route(path, handler.route_layer(guard));
    }
    router
        .fallback(asset::serve)
        .method_not_allowed_fallback(|| async {
            let message = "this address does not take that method";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method", message).into_response()
        })
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(middleware::from_fn(guard::harden))
        .with_state(Arc::clone(console))
}

fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    handler: MethodRouter<Arc<Console>>,
) -> Route {
    Route { method, path, access, handler }
}

async fn healthz() -> Json<wire::Health> {
    Json(wire::Health { status: "ok" })
}
