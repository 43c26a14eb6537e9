//! docs/api.json says what the table of routes says, and what the answers look like.

use std::collections::BTreeSet;

use super::guard::Access;
use super::*;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../../docs/api.json")).unwrap()
}

/// `anyone`, `user`, or roles by name, sorted.
fn access(access: Access) -> Vec<String> {
    let mut names: Vec<String> = match access {
        Access::Anyone => vec!["anyone".to_owned()],
        Access::AnyUser => vec!["user".to_owned()],
        Access::Having(roles) => roles.iter().map(|it| it.as_str().to_owned()).collect(),
    };
    names.sort();
    names
}

fn described_access(operation: &Value) -> Vec<String> {
    let said = &operation["x-access"];
    let all = said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
    let mut names: Vec<String> = all.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described.insert((path.clone(), method.to_uppercase(), described_access(operation)));
        }
    }
    let routes = route::table();
    let served =
        routes.iter().map(|it| (it.path.to_owned(), it.method.to_owned(), access(it.access)));
    let served: BTreeSet<_> = served.collect();
    assert_eq!(described, served);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#").skip(1).map(|it| it.split('"').next().unwrap());
    let mut n_references = 0;
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
        n_references += 1;
    }
    assert!(n_references > 20, "{n_references}");
}

#[tokio::test(start_paused = true)]
async fn answers_have_the_fields_that_are_described() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author,security,admin").await;
    let visit = a_box.visit("lan").await;
    evidence::add_alert(&a_box, evidence::ALERT, true).await;
    let seen = format!("/api/v1/alerts/{}/picture?reason=x", evidence::ALERT);
    assert_eq!(a_box.get(&seen, Some(&visit)).await.status, StatusCode::OK);
    for (path, schema) in [
        ("me", "Me"),
        ("cameras", "Camera"),
        ("clusters", "Cluster"),
        ("places", "Places"),
        ("users", "User"),
        ("plays", "Plays"),
        ("reports/plays?by=place&period=year", "PlayReport"),
        ("cameras/cam-1/rules", "Rules"),
        ("alerts", "Alert"),
        ("views", "View"),
        ("calendar", "Calendar"),
        ("calendar/layers", "Layer"),
        ("calendar/layers/ram", "LayerDays"),
    ] {
        let answer = a_box.get(&format!("/api/v1/{path}"), Some(&visit)).await.json();
        let shown = answer.get(0).unwrap_or(&answer);
        check(shown, schema);
    }
    let refused = a_box.get("/api/v1/cameras/none/picture", Some(&visit)).await.json();
    check(&refused, "Error");
    let camera = a_box.get("/api/v1/cameras", Some(&visit)).await.json()[0].clone();
    check(&camera["proof"], "Proof");
}

/// By the real clock: sound takes its time.
#[tokio::test]
async fn answers_about_sound_have_the_fields_that_are_described() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let visit = a_box.visit("lan").await;
    let fields = [("title", "Mời họp"), ("text", "Mời bà con.")];
    let made = a_box.send(broadcasts::form(&visit, &fields)).await.json();
    check(&made, "Bulletin");
    let outline = format!("/api/v1/bulletins/{}/waveform", made["id"].as_str().unwrap());
    check(&a_box.get(&outline, Some(&visit)).await.json(), "Waveform");
    let new = json!({"name": "Mời họp", "text": "Lúc {giờ}."});
    check(&a_box.post("/api/v1/templates", Some(&visit), new).await.json(), "Template");
    let fields = [("title", "Còi"), ("kind", "alarm"), ("text", "Cháy! Cháy!")];
    let put = a_box.send(broadcasts::form_to("/api/v1/shelf", &visit, &fields)).await;
    check(&put.json(), "StoredSound");
}

fn check(shown: &Value, schema: &str) {
    let described = document()["components"]["schemas"][schema]["properties"].clone();
    let fields =
        |it: &Value| -> BTreeSet<String> { it.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(fields(shown), fields(&described), "{schema}");
}
