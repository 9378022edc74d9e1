//! TLS: whom to trust, and who the client is.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::config::TlsConfig;
use crate::error::{Error, Result};

/// TLS for the server, which may ask for the client's certificate, and for the store, which gets no credential.
pub(crate) struct TlsClients {
    pub(crate) server: ClientConfig,
    pub(crate) store: ClientConfig,
}

impl TlsClients {
    /// Checks the settings and loads the system's authorities (on Unix `SSL_CERT_FILE` and `SSL_CERT_DIR` name others).
    /// The cryptography is the kernel's own, whatever another library of the process has installed as its default.
    pub(crate) fn new(config: Option<&TlsConfig>) -> Result<Self> {
        let config = config.cloned().unwrap_or_default();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut store = trust(&config, Arc::clone(&provider))?.with_no_client_auth();
        // One request at a time on a connection: a long reply delays no other, and what was sent is never in doubt.
        store.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut server = store.clone();
        if let Some(identity) = identity(&config, &provider)? {
            server.client_auth_cert_resolver = Arc::new(identity);
        }
        Ok(Self { server, store })
    }
}

type Trusting = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn trust(config: &TlsConfig, provider: Arc<CryptoProvider>) -> Result<Trusting> {
    let authorities = match &config.ca_certificates {
        Some(pem) => certificates(pem, "ca_certificates")?,
        None => Vec::new(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("TLS could not be set up").because(error))?;
    if config.skip_verification {
        return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Lenient { chain: None, provider })));
    }
    let has_authorities = !authorities.is_empty();
    let verifier = match Verifier::new_with_extra_roots(authorities, Arc::clone(&provider)) {
        Ok(verifier) => verifier,
        Err(error) if has_authorities => {
            let details = "the TLS setting ca_certificates has a certificate that is not usable";
            return Err(Error::invalid_argument(details).because(error));
        }
        // A system without authorities can still reach a plain HTTP server; every TLS connection will be refused.
        Err(error) => {
            tracing::debug!(%error, "the system has no certificate authorities");
            return Ok(builder.with_root_certificates(RootCertStore::empty()));
        }
    };
    let verifier: Arc<dyn ServerCertVerifier> = if config.skip_hostname_verification {
        Arc::new(Lenient { chain: Some(verifier), provider })
    } else {
        Arc::new(verifier)
    };
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
}

fn identity(config: &TlsConfig, provider: &CryptoProvider) -> Result<Option<SingleCertAndKey>> {
    let (chain, key) = match (&config.client_certificate, &config.client_key) {
        (None, None) => return Ok(None),
        (Some(chain), Some(key)) => (chain, key),
        _ => {
            return Err(Error::invalid_argument(
                "the TLS settings client_certificate and client_key need each other: pass both",
            ));
        }
    };
    let chain = certificates(chain, "client_certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| {
        Error::invalid_argument("the TLS setting client_key has no private key in PEM; decrypt an encrypted key first")
    })?;
    let certified = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        Error::invalid_argument("the TLS settings client_certificate and client_key cannot be used together")
            .because(error)
    })?;
    Ok(Some(SingleCertAndKey::from(certified)))
}

fn certificates(pem: &[u8], setting: &str) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| {
        Error::invalid_argument(format!("the TLS setting {setting} has a certificate that is not PEM")).because(error)
    })?;
    if certificates.is_empty() {
        return Err(Error::invalid_argument(format!("the TLS setting {setting} has no certificate in PEM")));
    }
    Ok(certificates)
}

/// Checks less than it should: the chain but not the name, or neither. The handshake's signatures are always checked.
#[derive(Debug)]
struct Lenient {
    chain: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is the last thing that is checked: nothing else is wrong.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
pub(super) mod tests;
