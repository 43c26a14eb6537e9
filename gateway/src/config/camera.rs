//! The cameras of a box.

use base::{DeviceId, Secret};
use jiff::tz::TimeZone;
use models::{Entry, Polygon};

use super::problems::{Field, Reader};
use super::rule::{self, Rule};
use super::{raw, sections};

#[derive(Clone, Debug)]
pub struct Camera {
    pub id: DeviceId,
    pub name: String,
    /// `rtsp://…` without credentials: the stream that is looked at.
    pub url: String,
    /// The stream that clips are cut from, where it is another one.
    pub main_url: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret<String>>,
    pub transport: Transport,
    /// What it is for, in the ward's words; empty where nobody said.
    pub purpose: String,
    /// What nobody may see. Each is a polygon in parts of the picture.
    pub masks: Vec<Polygon>,
    /// Ids unique.
    pub rules: Vec<Rule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// `zone`: what the hours of rules are told in.
pub(super) fn cameras(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    zone: Option<&TimeZone>,
    field: Field<Vec<raw::Camera>>,
) -> Vec<Camera> {
    let mut cameras: Vec<Camera> = Vec::new();
    let mut taken = Vec::new();
    for (index, mut raw) in
        reader.optional("camera", field).unwrap_or_default().into_iter().enumerate()
    {
        let id = std::mem::take(&mut raw.id);
        let (key, id) = sections::id_of(reader, "camera", index, id, &taken);
        taken.extend(id.clone());
        cameras.extend(camera(reader, model, zone, &key, id, raw));
    }
    cameras
}

fn camera(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    zone: Option<&TimeZone>,
    key: &str,
    id: Option<DeviceId>,
    mut raw: raw::Camera,
) -> Option<Camera> {
    if raw.unknown.remove("zone").is_some() {
        let now = "is now called rule, and polygon is called area";
        reader.problem(&format!("{key}.zone"), now);
    }
    reader.unknown(key, &raw.unknown);
    let name = reader.optional(&format!("{key}.name"), raw.name);
    let url = reader.required(&format!("{key}.url"), raw.url);
    if let Some(url) = &url {
        check_url(reader, &format!("{key}.url"), url);
    }
    let main_key = format!("{key}.main_url");
    let main_url = reader.optional(&main_key, raw.main_url);
    if let Some(url) = &main_url {
        check_url(reader, &main_key, url);
    }
    let purpose = reader.optional(&format!("{key}.purpose"), raw.purpose).unwrap_or_default();
    let masks = masks(reader, &format!("{key}.masks"), raw.masks);
    let username = reader.optional(&format!("{key}.username"), raw.username);
    let password_key = format!("{key}.password_file");
    let password = reader
        .optional(&password_key, raw.password_file)
        .and_then(|it| sections::secret_file(reader, &password_key, it.as_ref()))
        .map(Secret::new);
    let transport_key = format!("{key}.transport");
    let transport = match reader.optional(&transport_key, raw.transport).as_deref() {
        None | Some("tcp") => Some(Transport::Tcp),
        Some("udp") => Some(Transport::Udp),
        Some(other) => {
            reader.problem(&transport_key, format!("{other:?} is neither \"tcp\" nor \"udp\""));
            None
        }
    };
    let rules = rule::rules(reader, model, zone, &format!("{key}.rule"), raw.rule);
    let id = id?;
    Some(Camera {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        url: url?,
        main_url,
        username,
        password,
        transport: transport?,
        purpose,
        masks,
        rules,
    })
}

fn masks(reader: &mut Reader<'_>, key: &str, field: Field<Vec<Vec<[f32; 2]>>>) -> Vec<Polygon> {
    let mut masks = Vec::new();
    for (index, corners) in reader.optional(key, field).unwrap_or_default().into_iter().enumerate()
    {
        match Polygon::new(corners) {
            Ok(mask) => masks.push(mask),
            Err(err) => reader.problem(&format!("{key}[{}]", index + 1), err),
        }
    }
    masks
}

fn check_url(reader: &mut Reader<'_>, key: &str, url: &str) {
    let Some(rest) = url.strip_prefix("rtsp://") else {
        reader.problem(key, "must start with rtsp://");
        return;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        reader.problem(key, "must not hold a user or password: use username and password_file");
    } else if authority.is_empty() {
        reader.problem(key, "names no host");
    }
}
