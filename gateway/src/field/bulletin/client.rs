//! The console's API as a client sees it: a session, a CSRF token, JSON, and refusals in words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base::{Secret, SystemClock};
use jiff::Timestamp;
use provisioning::{CertificateTime, console_client_config};
use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// An hour of sound takes the box seconds to encode; a weak one half a minute.
const ANSWER_WITHIN: Duration = Duration::from_mins(3);
/// No answer of the API is nearly as long; more is not from our console.
const LONGEST_ANSWER_BYTES: u64 = 8 << 20;

pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    csrf: String,
}

pub(crate) struct NewBulletin {
    pub title: String,
    /// `all`, or cluster ids with commas between.
    pub targets: String,
    pub priority: String,
    /// Without one, it stays for ever.
    pub expires_at: Option<Timestamp>,
    /// Without them, what is usual for the priority.
    pub resume: Option<String>,
    pub catch_up: Option<Duration>,
    pub sound: Sound,
}

pub(crate) enum Sound {
    File(PathBuf),
    Speech { text: String, voice: String },
    Template { id: String, values: BTreeMap<String, String>, voice: Option<String> },
}

impl Client {
    pub(crate) fn connect(console: &str, ca: &Path) -> anyhow::Result<Self> {
        if !console.starts_with("https://") {
            bail!("--console {console}: must start with https://");
        }
        // A person's tool: the system's clock, and no last good time of its own.
        let time = Arc::new(CertificateTime::new(Arc::new(SystemClock), PathBuf::new()));
        let tls =
            console_client_config(ca, time).with_context(|| format!("--ca {}", ca.display()))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .cookie_store(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .build()
            .context("the HTTP client cannot be set up")?;
        let base = format!("{}/api/v1", console.trim_end_matches('/'));
        Ok(Self { http, base, csrf: String::new() })
    }

    pub(crate) async fn log_in(
        &mut self,
        user: &str,
        password: &Secret<String>,
    ) -> anyhow::Result<()> {
        let body = json!({ "user": user, "password": password.expose_secret() });
        let request = self.request(Method::POST, "session").json(&body);
        let session = answer(request).await.with_context(|| format!("logging in as {user}"))?;
        let csrf = session["csrf"].as_str().context("the console gave no csrf token")?;
        csrf.clone_into(&mut self.csrf);
        Ok(())
    }

    pub(crate) async fn log_out(&self) -> anyhow::Result<()> {
        answer(self.request(Method::DELETE, "session")).await.map(|_| ())
    }

    pub(crate) async fn add(&self, new: NewBulletin) -> anyhow::Result<Value> {
        let mut form = Form::new()
            .text("title", new.title)
            .text("targets", new.targets)
            .text("priority", new.priority);
        if let Some(expires_at) = new.expires_at {
            form = form.text("expires_at", expires_at.to_string());
        }
        if let Some(resume) = new.resume {
            form = form.text("resume", resume);
        }
        if let Some(catch_up) = new.catch_up {
            form = form.text("catch_up_ms", catch_up.as_millis().to_string());
        }
        let form = match new.sound {
            Sound::File(path) => {
                let part = Part::file(&path).await;
                form.part("file", part.with_context(|| format!("reading {}", path.display()))?)
            }
            Sound::Speech { text, voice } => form.text("text", text).text("voice", voice),
            Sound::Template { id, values, voice } => {
                let id = checked(&id)?.to_string();
                let form = form.text("template", id).text("values", json!(values).to_string());
                match voice {
                    Some(voice) => form.text("voice", voice),
                    None => form,
                }
            }
        };
        answer(self.request(Method::POST, "bulletins").multipart(form)).await
    }

    pub(crate) async fn step(&self, id: &str, step: &str, body: &Value) -> anyhow::Result<Value> {
        let id = checked(id)?;
        answer(self.request(Method::POST, &format!("bulletins/{id}/{step}")).json(body)).await
    }

    pub(super) async fn edit(&self, id: &str, changes: &Value) -> anyhow::Result<Value> {
        let path = format!("bulletins/{}", checked(id)?);
        answer(self.request(Method::PATCH, &path).json(changes)).await
    }

    pub(crate) async fn list(&self) -> anyhow::Result<Value> {
        answer(self.request(Method::GET, "bulletins")).await
    }

    pub(crate) async fn show(&self, id: &str) -> anyhow::Result<Value> {
        let id = checked(id)?;
        answer(self.request(Method::GET, &format!("bulletins/{id}"))).await
    }

    pub(super) async fn templates(&self) -> anyhow::Result<Value> {
        answer(self.request(Method::GET, "templates")).await
    }

    pub(super) async fn save_template(
        &self,
        id: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let request = match id {
            Some(id) => self.request(Method::PUT, &format!("templates/{}", checked(id)?)),
            None => self.request(Method::POST, "templates"),
        };
        answer(request.json(body)).await
    }

    pub(super) async fn remove_template(&self, id: &str) -> anyhow::Result<Value> {
        answer(self.request(Method::DELETE, &format!("templates/{}", checked(id)?))).await
    }

    /// What the API says at `path`.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        answer(self.request(Method::GET, path)).await
    }

    /// What the API answers to `body` at `path`.
    #[cfg(feature = "sim")]
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// A file, as the console gives it.
    pub(crate) async fn download(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        bytes(self.request(Method::GET, path)).await
    }

    pub(crate) async fn put_table(&self, path: &str, table: Vec<u8>) -> anyhow::Result<Value> {
        let request = self.request(Method::PUT, path).header(CONTENT_TYPE, "text/csv").body(table);
        answer(request).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/{path}", self.base));
        if self.csrf.is_empty() { request } else { request.header("X-CSRF-Token", &self.csrf) }
    }
}

/// An id becomes part of an address, so it is one before it is sent.
fn checked(id: &str) -> anyhow::Result<uuid::Uuid> {
    id.parse().with_context(|| format!("{id:?} is not an id: `list` shows them"))
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Value> {
    match bytes(request).await?.as_slice() {
        [] => Ok(Value::Null),
        some => serde_json::from_slice(some).context("the console's answer is not JSON"),
    }
}

async fn bytes(request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
    let response = request.send().await.context("the console cannot be reached")?;
    let status = response.status();
    let body = body(response).await?;
    if status.is_success() {
        return Ok(body);
    }
    bail!("{}", refusal(status, &body))
}

async fn body(mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.context("the console's answer broke off")? {
        body.extend_from_slice(&piece);
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > LONGEST_ANSWER_BYTES {
            bail!("the console's answer is longer than any it gives");
        }
    }
    Ok(body)
}

/// What the console says against it, in its own words where it has some.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let said = serde_json::from_slice::<Value>(body).ok();
    let message = said.as_ref().and_then(|it| it["error"]["message"].as_str());
    let message = message.map_or_else(|| format!("the console answered {status}"), str::to_owned);
    let problems = said.as_ref().and_then(|it| it["error"]["problems"].as_array());
    let lines = problems.into_iter().flatten().map(problem_line);
    std::iter::once(message).chain(lines).collect::<Vec<_>>().join("\n")
}

/// People count from 1.
fn problem_line(problem: &Value) -> String {
    let nth = problem["at"].as_u64().unwrap_or_default() + 1;
    let text = |field: &str| problem[field].as_str().unwrap_or_default();
    match text("key") {
        "" => format!("  {nth}: {}", text("message")),
        key => format!("  {nth}: {key}: {}", text("message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_consoles_words() {
        let body = br#"{"error":{"code":"own_work","message":"somebody else must approve it"}}"#;
        assert_eq!(refusal(StatusCode::FORBIDDEN, body), "somebody else must approve it");
        let table = br#"{"error":{"code":"places","message":"1 problem","problems":[{"at":4,"key":"code","message":"x"}]}}"#;
        assert_eq!(refusal(StatusCode::BAD_REQUEST, table), "1 problem\n  5: code: x");
        let proxy = refusal(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(proxy, "the console answered 502 Bad Gateway");
    }

    #[test]
    fn an_id_is_an_id_and_not_a_path() {
        assert!(checked("../users").is_err());
        assert!(checked("0198a2b4-0000-7000-8000-000000000001").is_ok());
    }

    #[test]
    fn plain_http_is_refused() {
        let refused = Client::connect("http://127.0.0.1:8443", Path::new("ca.pem"));
        assert!(refused.err().unwrap().to_string().contains("https://"));
    }
}
