//! What the caller's own code may answer when the kernel calls it.

/// Why a callback of the caller's failed.
#[derive(Debug, Clone, thiserror::Error, uniffi::Error)]
pub enum CallbackError {
    /// It failed; `details` says why.
    #[error("{details}")]
    Failed {
        /// The reason, for people; without secrets.
        details: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CallbackError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { details: error.reason }
    }
}
