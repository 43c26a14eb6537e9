//! Who gets where: every route of the table, csrf, roles, headers and paths.

use super::guard::Access;
use super::*;

/// A path with something in place of `{id}`.
fn filled(path: &str) -> String {
    path.replace("{id}", "0190f000-0000-7000-8000-000000000000")
}

#[tokio::test]
async fn every_route_that_is_not_public_wants_a_session() {
    let a_box = a_box().await;
    for it in route::table().iter().filter(|it| it.access != Access::Anyone) {
        let method = Method::from_bytes(it.method.as_bytes()).unwrap();
        let answer = a_box.send(request(method, &filled(it.path), None, None)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {}", it.method, it.path);
        assert_eq!(answer.code(), "unauthenticated");
    }
}

#[tokio::test]
async fn every_change_wants_the_csrf_token() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author,approver,security,technician,admin").await;
    let mut visit = a_box.visit("lan").await;
    visit.csrf = "0".repeat(64);
    let changes = route::table().into_iter().filter(|it| it.method != "GET");
    for it in changes.filter(|it| it.access != Access::Anyone) {
        let method = Method::from_bytes(it.method.as_bytes()).unwrap();
        let answer = a_box.send(request(method, &filled(it.path), Some(&visit), None)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {}", it.method, it.path);
        assert_eq!(answer.code(), "csrf");
    }
    assert_eq!(a_box.get("/api/v1/me", Some(&visit)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_route_refuses_the_roles_it_does_not_name() {
    let a_box = a_box().await;
    for role in role::Role::ALL {
        a_box.add_user(role.as_str(), role.as_str()).await;
        let visit = a_box.visit(role.as_str()).await;
        for it in route::table() {
            let Access::Having(roles) = it.access else { continue };
            if roles.contains(&role) {
                continue;
            }
            let method = Method::from_bytes(it.method.as_bytes()).unwrap();
            let answer = a_box.send(request(method, &filled(it.path), Some(&visit), None)).await;
            assert_eq!(answer.code(), "role", "{role:?} {} {}", it.method, it.path);
        }
    }
}

#[tokio::test]
async fn an_admin_adds_users_who_can_log_in() {
    let a_box = a_box().await;
    a_box.add_user("lan", "admin").await;
    let visit = a_box.visit("lan").await;
    let minh = json!({"user": "minh", "password": PASSWORD, "roles": ["approver"]});
    let added = a_box.post("/api/v1/users", Some(&visit), minh.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.json());
    assert_eq!(a_box.post("/api/v1/users", Some(&visit), minh).await.code(), "user_exists");
    let unknown = json!({"user": "hoa", "password": PASSWORD, "roles": ["root"]});
    assert_eq!(a_box.post("/api/v1/users", Some(&visit), unknown).await.code(), "role");
    let users = a_box.get("/api/v1/users", Some(&visit)).await.json();
    assert_eq!(users[1]["user"], "minh");
    assert!(!users.to_string().contains("argon2"));
    let minh = a_box.visit("minh").await;
    assert_eq!(a_box.get("/api/v1/users", Some(&minh)).await.code(), "role");
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let a_box = a_box().await;
    for path in ["/", "/healthz", "/api/v1/me", "/no/such.file"] {
        let answer = a_box.get(path, None).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_ne!(answer.header(header::CACHE_CONTROL), "", "{path}");
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() {
    let a_box = a_box().await;
    for path in [
        "/../Cargo.toml",
        "/..%2fCargo.toml",
        "/assets/../../package.json",
        "/assets/%2e%2e/%2e%2e/package.json",
        "//etc/passwd.d",
        "/etc/passwd.",
    ] {
        let answer = a_box.get(path, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_of_the_api_are_told_so_in_json() {
    let a_box = a_box().await;
    let answer = a_box.get("/api/v1/nothing", None).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let answer = a_box.get("/api/v1/session", None).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method"));
    assert_eq!(a_box.get("/healthz", None).await.json(), json!({"status": "ok"}));
}

#[tokio::test]
async fn a_page_without_a_web_build_says_how_to_make_one() {
    let a_box = a_box().await;
    let page = a_box.get("/bulletins", None).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("scripts/build-web.sh") || text.contains("<div id=\"app\">"), "{text}");
}
