//! TLS between our own parts: 1.3 only, ring only, the fleet's authority as the only trust.
//!
//! Our parts ask for each other **by device id**, not by address: a box may get a new IP address
//! from its router, and a certificate must not have to know. So the host in a URL or in a broker
//! setting only says where to dial; the certificate at the other end must name the device id.

use std::path::Path;
use std::sync::Arc;

use base::DeviceId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig,
    SignatureScheme, version,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::key_file::{self, FileError, FileFault};
use crate::{Identity, peer_device_id};

const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&version::TLS13];
const HAS_TLS13: &str = "ring has the cipher suites of TLS 1.3";

/// Whom a server lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// Only holders of a certificate of this fleet: content, time keys.
    Required,
    /// Anybody: the console, which asks for a password.
    None,
}

impl Identity {
    /// To connect to the fleet's device `peer`, or to the broker that serves in its name, with our
    /// own certificate. The host name or address that is dialled does not matter.
    pub fn client_config(&self, peer: &DeviceId, time: Arc<dyn TimeProvider>) -> Arc<ClientConfig> {
        let verifier =
            NamedPeer { peer: peer.clone(), roots: self.roots.clone(), provider: ring() };
        let mut config = ClientConfig::builder_with_details(ring(), time)
            .with_protocol_versions(VERSIONS)
            .expect(HAS_TLS13)
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(self.key.clone())));
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }

    /// To serve with our own certificate. No session is resumed: each connection proves again that
    /// it holds its key, and that its certificate has not expired.
    pub fn server_config(
        &self,
        clients: ClientAuth,
        time: Arc<dyn TimeProvider>,
    ) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_details(ring(), time)
            .with_protocol_versions(VERSIONS)
            .expect(HAS_TLS13);
        let builder = match clients {
            ClientAuth::Required => {
                builder.with_client_cert_verifier(client_verifier(self.roots.clone()))
            }
            ClientAuth::None => builder.with_no_client_auth(),
        };
        let own = Arc::new(SingleCertAndKey::from(self.key.clone()));
        let mut config = builder.with_cert_resolver(own);
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Arc::new(config)
    }
}

/// To connect to a console as a person's tool does: no certificate of our own, trust in the fleet's
/// authority in the file `ca`, and the usual check of the host name.
pub fn console_client_config(
    ca: &Path,
    time: Arc<dyn TimeProvider>,
) -> Result<ClientConfig, FileError> {
    let authority = key_file::read_certificates(ca)?.swap_remove(0);
    let roots = trust(&authority).map_err(|fault| fault.of(ca))?;
    Ok(ClientConfig::builder_with_details(ring(), time)
        .with_protocol_versions(VERSIONS)
        .expect(HAS_TLS13)
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The one authority, as the only thing to trust.
pub(crate) fn trust(authority: &CertificateDer<'_>) -> Result<Arc<RootCertStore>, FileFault> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone().into_owned()).map_err(|_| FileFault::NotPem("certificate"))?;
    Ok(Arc::new(roots))
}

pub(crate) fn client_verifier(roots: Arc<RootCertStore>) -> Arc<dyn ClientCertVerifier> {
    WebPkiClientVerifier::builder_with_provider(roots, ring())
        .build()
        .expect("there is one root, and there are no revocation lists to misread")
}

/// Passed by name everywhere: a process-wide default could be set by any library.
fn ring() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Accepts the server that the authority calls by the device id we want, wherever it is.
#[derive(Debug)]
struct NamedPeer {
    peer: DeviceId,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for NamedPeer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        if peer_device_id(end_entity).as_ref() == Some(&self.peer) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is never offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
