//! What `vong centre` is told.

use std::path::{Path, PathBuf};

use base::DeviceId;

use super::problems::{Problems, Reader};
use super::raw;
use super::sections::{self, Broker, ClockTrust};

/// The operations centre.
#[derive(Clone, Debug)]
pub struct Centre {
    pub device: DeviceId,
    pub site: String,
    pub data_dir: PathBuf,
    pub identity_dir: PathBuf,
    pub broker: Broker,
    pub clock: ClockTrust,
}

impl Centre {
    pub(super) fn believe(raw: raw::Centre, folder: &Path) -> Result<Self, Problems> {
        let mut reader = Reader::new(folder);
        let believed = Self::section(&mut reader, raw);
        reader.finish(believed)
    }

    fn section(reader: &mut Reader<'_>, raw: raw::Centre) -> Option<Self> {
        reader.unknown("", &raw.unknown);
        let device = reader.optional("device", raw.device).unwrap_or_else(|| "centre".to_owned());
        let device: Option<DeviceId> = reader.parsed("device", Some(device));
        let site = reader.optional("site", raw.site).unwrap_or_default();
        let data_dir = sections::data_dir(reader, raw.data_dir);
        let identity_dir = sections::identity_dir(reader, raw.identity);
        let broker = sections::broker(reader, "broker", raw.broker, device.clone());
        let clock = sections::clock_trust(reader, raw.clock);
        Some(Self {
            device: device?,
            site,
            data_dir: data_dir?,
            identity_dir: identity_dir?,
            broker: broker?,
            clock: clock?,
        })
    }
}
