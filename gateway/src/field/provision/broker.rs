//! The two files of a Mosquitto broker: how it listens and stores, and who may say what.

use std::path::Path;

use base::DeviceId;

/// A broker in `folder` (absolute) on the loopback address. Debian's Mosquitto 2.0.11 reads it.
pub(super) fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "# A broker of a development fleet: loopback only, TLS 1.3, every client by its certificate.

# Started as root, Mosquitto would become the user `mosquitto`, who may not read this folder.
# Started as anybody else, it stays who it is and ignores this line.
user root

listener {port} 127.0.0.1
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
tls_version tlsv1.3
require_certificate true
# The common name, which is the device id, is the user name that the ACL sees ...
use_identity_as_username true
# ... and the client id, so that no device can push another one off the broker.
use_username_as_clientid true
allow_anonymous false
acl_file {folder}/acl

# What was acknowledged must survive kill -9. With the default interval of 30 minutes it did not.
persistence true
persistence_location {folder}/data/
autosave_on_changes true
autosave_interval 1
# Nothing of ours relies on a session; a replaced device must not leave one behind for ever.
persistent_client_expiration 1d

# The contract allows payloads of 64 KiB; a signed command and its headers fit well.
max_packet_size 262144
set_tcp_nodelay true

log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
log_timestamp_format %Y-%m-%dT%H:%M:%S
"
    )
}

/// Who may read and write which topics on the broker of `owner`.
pub(super) fn acl(owner: &DeviceId) -> String {
    format!(
        "# Every device: its own topics, as a box and as a cluster under any box.
pattern readwrite vong/v1/%u/#
pattern readwrite vong/v1/+/loa/%u/#

# The owner of this broker: everything. It receives, acknowledges and commands.
user {owner}
topic readwrite vong/v1/#
"
    )
}
