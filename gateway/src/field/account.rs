//! Whose account a command uses on which console.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use base::Secret;

use super::bulletin::client::Client;

const DEFAULT_CONSOLE: &str = "https://127.0.0.1:8443";

#[derive(Debug, clap::Args)]
pub(super) struct Account {
    /// Address of the box's console [default: $`VONG_CONSOLE`, else this machine, port 8443].
    #[arg(long, value_name = "URL", global = true)]
    console: Option<String>,
    /// The fleet's authority, the only thing that is trusted: ca.pem of any identity folder
    /// [default: $`VONG_CA`, else ca.pem].
    #[arg(long, value_name = "FILE", global = true)]
    ca: Option<PathBuf>,
    /// Account name [default: $`VONG_USER`].
    #[arg(long, global = true)]
    user: Option<String>,
    /// File with the password. $`VONG_PASSWORD` is used without it.
    #[arg(long, value_name = "FILE", global = true)]
    password_file: Option<PathBuf>,
}

impl Account {
    /// `None`, and said so, where nobody is named.
    pub(super) async fn log_in(self) -> anyhow::Result<Option<Client>> {
        let Some(user) = self.user.or_else(|| variable("VONG_USER")) else {
            tracing::error!("whose account? give --user, or set VONG_USER");
            return Ok(None);
        };
        let console = self.console.or_else(|| variable("VONG_CONSOLE"));
        let console = console.unwrap_or_else(|| DEFAULT_CONSOLE.to_owned());
        let ca = self.ca.or_else(|| variable("VONG_CA").map(PathBuf::from));
        let password = password(self.password_file.as_ref())?;
        let mut client = Client::connect(&console, &ca.unwrap_or_else(|| "ca.pem".into()))?;
        client.log_in(&user, &password).await?;
        Ok(Some(client))
    }
}

fn password(file: Option<&PathBuf>) -> anyhow::Result<Secret<String>> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the password file {} cannot be read", file.display()))?;
        return Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    match variable("VONG_PASSWORD") {
        Some(password) => Ok(Secret::new(password)),
        None => bail!("no password: give --password-file, or set VONG_PASSWORD"),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
