//! Private keys in PEM: RFC 7468.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::SecretDocument;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A key as its bytes.
pub(super) enum Der {
    /// RSA alone.
    Pkcs1(Zeroizing<Vec<u8>>),
    Pkcs8(Zeroizing<Vec<u8>>),
}

impl Der {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Pkcs1(bytes) | Self::Pkcs8(bytes) => bytes,
        }
    }
}

/// The first key of a PEM text. Errors: `InvalidArgument`, with what to do; nothing of the key or the passphrase is in it.
pub(super) fn read(pem: &str, passphrase: Option<&str>) -> Result<Der> {
    let invalid = |details: &str| Err(Error::invalid_argument(details));
    if pem.contains("Proc-Type: 4,ENCRYPTED") {
        return invalid(
            "the private key is encrypted in OpenSSL's old form: convert it, `openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem`",
        );
    }
    if let Some(begin) = pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        let Some(passphrase) = passphrase else {
            return invalid("the private key is encrypted: pass its passphrase");
        };
        return decrypted(&pem[begin..], passphrase);
    }
    if passphrase.is_some() {
        return invalid("a passphrase was passed, and the private key is not encrypted");
    }
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(key)) => Ok(Der::Pkcs8(Zeroizing::new(key.secret_pkcs8_der().to_vec()))),
        Ok(PrivateKeyDer::Pkcs1(key)) => Ok(Der::Pkcs1(Zeroizing::new(key.secret_pkcs1_der().to_vec()))),
        Ok(_) => invalid(
            "the private key is of a form that is not read: convert it, `openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out NEW.pem`",
        ),
        Err(_) => {
            invalid("the private key is not PEM: pass the text of a file that has -----BEGIN PRIVATE KEY----- in it")
        }
    }
}

fn decrypted(pem: &str, passphrase: &str) -> Result<Der> {
    let damaged =
        || Error::invalid_argument("the encrypted private key is damaged, or encrypted in another way than PBES2");
    let (_, document) = SecretDocument::from_pem(pem).map_err(|_| damaged())?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| damaged())?;
    let key = encrypted.decrypt(passphrase).map_err(|_| {
        Error::invalid_argument(
            "the private key could not be decrypted: the passphrase is wrong, or the way of encryption is not known",
        )
    })?;
    Ok(Der::Pkcs8(Zeroizing::new(key.as_bytes().to_vec())))
}
