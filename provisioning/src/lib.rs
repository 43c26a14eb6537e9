//! Who a device is, and proof of it: the fleet's authority, identity folders, TLS between our own
//! parts, and signed commands. No MQTT, no HTTP, no configuration file.

mod authority;
mod certificate;
mod command;
mod identity;
mod jws;
mod key_file;
mod roster;
mod time;
mod tls;
mod wire;

pub use authority::{Authority, AuthorityError, Issued};
pub use certificate::{Role, peer_device_id};
pub use command::{Command, CommandRefused, CommandSigner, MAX_COMMAND_BYTES};
pub use identity::{Identity, Validity};
pub use key_file::{FileError, FileFault};
pub use roster::{Reach, Roster, RosterError, RosterKey};
pub use time::{CertificateTime, RELEASED_AT};
pub use tls::{ClientAuth, console_client_config};
