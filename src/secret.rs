//! A text that is never printed.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret text: a token, a password, a private key. Its `Debug`, `str()` and `toString` hide it, and its memory is
/// wiped when it is freed.
#[derive(uniffi::Object)]
#[uniffi::export(Debug, Display)]
pub struct Secret(Zeroizing<String>);

#[uniffi::export]
impl Secret {
    /// Keeps `value`.
    #[uniffi::constructor]
    pub fn new(value: String) -> Arc<Self> {
        Arc::new(Self(Zeroizing::new(value)))
    }
}

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}
