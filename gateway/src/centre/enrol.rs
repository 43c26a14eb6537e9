//! The first start: a centre without an identity makes the fleet's authority and enrols itself.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use provisioning::{Authority, Identity, Reach, Role, RosterKey};
use tracing::info;

use crate::config;

/// Loads the identity; where its folder is absent, makes it first.
pub(super) fn identity(config: &config::Centre, now: Timestamp) -> anyhow::Result<Identity> {
    if !config.identity_dir.exists() {
        begin_fleet(config, now).context("the fleet's authority could not be made")?;
    }
    let identity = Identity::load(&config.identity_dir, now)?;
    anyhow::ensure!(
        *identity.device() == config.device,
        "the certificate in {} is for {}, but `device` says {}: correct one of them",
        config.identity_dir.display(),
        identity.device(),
        config.device,
    );
    Ok(identity)
}

fn begin_fleet(config: &config::Centre, now: Timestamp) -> anyhow::Result<()> {
    let dir = config.data_dir.join("authority");
    let authority = Authority::open_or_create(&dir, now)?;
    let names = [config.broker.host.as_str(), "localhost"];
    let own = authority.issue(&config.device, Role::Station, &names, now)?;
    let broker = authority.issue(&config.device, Role::Broker, &names, now)?;
    write_broker(&config.data_dir.join("broker"), &broker)?;
    let (signer, command_key) = authority.new_command_key()?;
    let key = RosterKey {
        owner: config.device.clone(),
        public: signer.public_key(),
        may_command: Reach::EveryDevice,
    };
    let roster = authority.sign_roster(&[key], now);
    // Last, because its presence means that all of this was done.
    own.write(&config.identity_dir, &roster, Some(&command_key))?;
    info!(authority = %dir.display(), identity = %config.identity_dir.display(),
        "made the fleet's authority: keep a copy of its folder offline");
    Ok(())
}

fn write_broker(dir: &Path, issued: &provisioning::Issued) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    base::write_atomic(&dir.join("ca.pem"), issued.authority_pem.as_bytes())?;
    base::write_atomic(&dir.join("broker.pem"), issued.certificate_pem.as_bytes())?;
    base::write_private(&dir.join("broker.key"), issued.key_pem.expose_secret().as_bytes())?;
    Ok(())
}
