//! The cameras of a box, and the zones that they watch.

use std::time::Duration;

use base::{DeviceId, Secret};
use models::Entry;

use super::problems::{Field, Reader};
use super::{raw, sections};

#[derive(Clone, Debug)]
pub struct Camera {
    pub id: DeviceId,
    pub name: String,
    /// `rtsp://…` without credentials.
    pub url: String,
    pub username: Option<String>,
    pub password: Option<Secret<String>>,
    pub transport: Transport,
    /// Ids unique.
    pub zones: Vec<Zone>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// A part of the picture that raises an alert when somebody enters it.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    pub id: DeviceId,
    pub name: String,
    /// Three or more corners, each coordinate 0 to 1 of the picture's width or height.
    pub polygon: Vec<[f32; 2]>,
    /// Never empty, and the model knows each.
    pub labels: Vec<String>,
    pub cooldown: Duration,
    pub severity: Severity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// `model`: `None` when the file names one that does not exist, so that no label can be wrong.
pub(super) fn cameras(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
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
        cameras.extend(camera(reader, model, &key, id, raw));
    }
    cameras
}

fn camera(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    key: &str,
    id: Option<DeviceId>,
    raw: raw::Camera,
) -> Option<Camera> {
    reader.unknown(key, &raw.unknown);
    let name = reader.optional(&format!("{key}.name"), raw.name);
    let url = reader.required(&format!("{key}.url"), raw.url);
    if let Some(url) = &url {
        check_url(reader, &format!("{key}.url"), url);
    }
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
    let zones = zones(reader, model, &format!("{key}.zone"), raw.zone);
    let id = id?;
    Some(Camera {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        url: url?,
        username,
        password,
        transport: transport?,
        zones,
    })
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

fn zones(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    list: &str,
    field: Field<Vec<raw::Zone>>,
) -> Vec<Zone> {
    let mut zones = Vec::new();
    let mut taken = Vec::new();
    for (index, mut raw) in reader.optional(list, field).unwrap_or_default().into_iter().enumerate()
    {
        let id = std::mem::take(&mut raw.id);
        let (key, id) = sections::id_of(reader, list, index, id, &taken);
        taken.extend(id.clone());
        zones.extend(zone(reader, model, &key, id, raw));
    }
    zones
}

fn zone(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    key: &str,
    id: Option<DeviceId>,
    raw: raw::Zone,
) -> Option<Zone> {
    reader.unknown(key, &raw.unknown);
    let name = reader.optional(&format!("{key}.name"), raw.name);
    let polygon_key = format!("{key}.polygon");
    let polygon = reader.required(&polygon_key, raw.polygon);
    if let Some(corners) = &polygon {
        if corners.len() < 3 {
            reader.problem(&polygon_key, "needs at least three corners");
        }
        if corners.iter().flatten().any(|it| !(0.0..=1.0).contains(it)) {
            reader.problem(&polygon_key, "coordinates are parts of the picture, 0 to 1");
        }
    }
    let labels = labels(reader, model, &format!("{key}.labels"), raw.labels);
    let cooldown = sections::duration(
        reader,
        &format!("{key}.cooldown"),
        raw.cooldown,
        Duration::from_secs(30),
        Duration::from_hours(24),
    );
    let severity_key = format!("{key}.severity");
    let severity = match reader.optional(&severity_key, raw.severity).as_deref() {
        Some("info") => Some(Severity::Info),
        None | Some("warning") => Some(Severity::Warning),
        Some("critical") => Some(Severity::Critical),
        Some(other) => {
            reader.problem(&severity_key, format!("{other:?} is not info, warning or critical"));
            None
        }
    };
    let id = id?;
    Some(Zone {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        polygon: polygon?,
        labels,
        cooldown: cooldown?,
        severity: severity?,
    })
}

fn labels(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    key: &str,
    field: Field<Vec<String>>,
) -> Vec<String> {
    let labels = reader.optional(key, field).unwrap_or_else(|| vec!["person".to_owned()]);
    if labels.is_empty() {
        reader.problem(key, "names nothing to look for");
    }
    let Some(Entry { name, labels: known, .. }) = model else { return labels };
    for label in labels.iter().filter(|it| known.find(it).is_none()) {
        let near = known.near(label);
        let hint = match near.as_slice() {
            [] => format!("it knows {}", known.names().join(", ")),
            near => format!("did you mean {}?", near.join(" or ")),
        };
        reader.problem(key, format!("{name} knows no {label:?}: {hint}"));
    }
    labels
}
