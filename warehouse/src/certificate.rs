//! A certificate for one run, with an authority of its own.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tempfile::TempDir;

/// A server certificate and its key, and the file of the authority that signed it. The file goes with the value.
pub(crate) struct Certificate {
    pub(crate) chain_pem: Vec<u8>,
    pub(crate) key_pem: Vec<u8>,
    ca_file: PathBuf,
    _folder: TempDir,
}

impl Certificate {
    /// Makes a certificate for `localhost` and `127.0.0.1`.
    pub(crate) fn make() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "local-warehouse authority");
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        // Strict verifiers, such as Python's from 3.13 on, want the signer's key named.
        server.use_authority_key_identifier_extension = true;
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let server = server.signed_by(&key, &authority)?;
        let folder = tempfile::Builder::new().prefix("local-warehouse-").tempdir()?;
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, authority.pem())?;
        Ok(Self {
            chain_pem: server.pem().into_bytes(),
            key_pem: key.serialize_pem().into_bytes(),
            ca_file,
            _folder: folder,
        })
    }

    /// Where the authority's certificate lies, PEM.
    pub(crate) fn ca_file(&self) -> &Path {
        &self.ca_file
    }
}
