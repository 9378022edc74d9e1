//! Errors: a rich one inside the kernel, a public one at its edge, and the single map between them.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::transport::redact::redact;

/// Declares the public error and its codes from one list, so that every variant carries the same fields.
macro_rules! kernel_errors {
    ($($(#[$doc:meta])* $code:ident,)+) => {
        /// Why a call failed. The variant answers "what should I do?"; its fields are the same in every variant.
        ///
        /// `details` is the message for people: the server's own words where it has spoken, with tokens and
        /// presigned URLs removed. `sql_state` is the five-character SQLSTATE, `error_code` the server's code as text,
        /// `vendor_code` a numeric code of the server, `http_status` the status of the reply that failed, `query_id` the statement's id.
        /// `retryable` says that the same call may succeed later and that making it runs no statement twice. `diagnostic_info` is the chain of causes,
        /// `error_details_json` the `details` of the server's reply as JSON. What is not known is absent.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
        #[uniffi::export(Display)]
        pub enum KernelError {
            $(
                $(#[$doc])*
                #[error("{details}")]
                #[expect(missing_docs, reason = "the fields are described once, at the enum")]
                $code {
                    details: String,
                    sql_state: Option<String>,
                    error_code: Option<String>,
                    vendor_code: Option<i32>,
                    http_status: Option<i32>,
                    retryable: bool,
                    query_id: Option<String>,
                    diagnostic_info: Option<String>,
                    error_details_json: Option<String>,
                },
            )+
        }

        /// The variants of the public error, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[$doc])* $code,)+
        }

        impl From<Error> for KernelError {
            /// The one place where an internal error becomes public: redacted and logged.
            fn from(error: Error) -> Self {
                let error = error.redacted();
                tracing::debug!(code = ?error.code, query_id = error.query_id, http_status = error.http_status, "call failed");
                let diagnostic_info = error.causes();
                let Error { code, details, sql_state, error_code, vendor_code, http_status, retryable, query_id, error_details_json, .. } = error;
                match code {
                    $(Code::$code => Self::$code {
                        details, sql_state, error_code, vendor_code, http_status, retryable, query_id, diagnostic_info, error_details_json,
                    },)+
                }
            }
        }
    };
}

kernel_errors! {
    /// An argument, a setting or a parameter is not usable; nothing was sent. Correct it.
    InvalidArgument,
    /// The server does not know who is calling. Renew the credential.
    Unauthenticated,
    /// The caller may not do this.
    PermissionDenied,
    /// The server does not know the session, statement, warehouse or path.
    NotFound,
    /// A limit of the server was reached. Try later or ask for less.
    ResourceExhausted,
    /// The server cannot answer at present. Try later.
    Unavailable,
    /// A time limit ran out.
    Timeout,
    /// The statement or the call was cancelled.
    Cancelled,
    /// A result is short, damaged or of another shape than announced. Run the query again.
    DataLoss,
    /// The kernel or the server broke a rule of their own. Report it.
    Internal,
    /// The object was closed, or its statement is gone.
    InvalidStatementHandle,
    /// The call is not possible in the object's present state.
    InvalidState,
    /// The network failed before an answer arrived.
    NetworkError,
    /// The server ran the statement and it failed. `sql_state` says how.
    SqlError,
    /// The server answered in a way that fits nothing else.
    Unknown,
}

/// The error inside the kernel: the public fields, and the cause that they came from.
#[derive(Debug, thiserror::Error)]
#[error("{details}")]
pub(crate) struct Error {
    pub(crate) code: Code,
    pub(crate) details: String,
    pub(crate) sql_state: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) vendor_code: Option<i32>,
    pub(crate) http_status: Option<i32>,
    pub(crate) retryable: bool,
    pub(crate) query_id: Option<String>,
    pub(crate) error_details_json: Option<String>,
    #[source]
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The cause of an error that several got.
#[derive(Debug)]
struct SharedCause(Arc<Error>);

impl fmt::Display for SharedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.as_ref().map_or(Ok(()), |cause| cause.fmt(f))
    }
}

impl StdError for SharedCause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref()?.source()
    }
}

/// What every fallible function of the kernel returns.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(code: Code, details: impl Into<String>) -> Self {
        Self {
            code,
            details: details.into(),
            sql_state: None,
            error_code: None,
            vendor_code: None,
            http_status: None,
            retryable: false,
            query_id: None,
            error_details_json: None,
            source: None,
        }
    }

    pub(crate) fn invalid_argument(details: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, details)
    }

    pub(crate) fn data_loss(details: impl Into<String>) -> Self {
        Self::new(Code::DataLoss, details)
    }

    pub(crate) fn internal(details: impl Into<String>) -> Self {
        Self::new(Code::Internal, details)
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The error once more, for another who waited for the same thing.
    pub(crate) fn shared(error: &Arc<Self>) -> Self {
        Self {
            code: error.code,
            details: error.details.clone(),
            sql_state: error.sql_state.clone(),
            error_code: error.error_code.clone(),
            vendor_code: error.vendor_code,
            http_status: error.http_status,
            retryable: error.retryable,
            query_id: error.query_id.clone(),
            error_details_json: error.error_details_json.clone(),
            source: error.source.as_ref().map(|_| Box::new(SharedCause(Arc::clone(error))) as _),
        }
    }

    /// Names the statement, unless a deeper layer has.
    pub(crate) fn of_query(mut self, id: &str) -> Self {
        self.query_id.get_or_insert_with(|| id.to_owned());
        self
    }

    /// The messages of the causes, outermost first.
    fn causes(&self) -> Option<String> {
        let mut texts = Vec::new();
        let mut next = self.source.as_deref().map(|source| source as &dyn StdError);
        while let Some(cause) = next {
            texts.push(shown(&cause.to_string()));
            next = cause.source();
        }
        (!texts.is_empty()).then(|| texts.join(": "))
    }

    /// Without secrets in what the server sent, and without texts of a length that nobody reads.
    pub(crate) fn redacted(mut self) -> Self {
        self.details = shown(&self.details);
        self.error_code = self.error_code.map(|code| shown(&code));
        self.sql_state = self.sql_state.map(|state| shown(&state));
        self.query_id = self.query_id.map(|id| shown(&id));
        self.error_details_json = self.error_details_json.map(|json| match json.len() {
            length if length > LONGEST_JSON => format!("\"{length} bytes of details were left out\""),
            _ => redact(&json),
        });
        self
    }
}

/// The longest text of a server's that is handed on, in bytes; what is behind it is only counted.
const LONGEST_TEXT: usize = 16 << 10;
/// No secret is longer: so much at the end of what was cut may be half of one.
const LONGEST_SECRET: usize = 8 << 10;
/// The longest details in JSON: cut they would be none.
const LONGEST_JSON: usize = 64 << 10;

/// `text` without secrets, and cut where it is too long.
fn shown(text: &str) -> String {
    let read = text.floor_char_boundary(LONGEST_TEXT + LONGEST_SECRET);
    let shown = redact(&text[..read]);
    let uncertain = if read < text.len() { LONGEST_SECRET } else { 0 };
    let end = shown.floor_char_boundary(LONGEST_TEXT.min(shown.len().saturating_sub(uncertain)));
    if end == shown.len() {
        return shown;
    }
    format!("{} … ({} bytes in all)", &shown[..end], text.len())
}

/// The SQLSTATE that older servers put in the message alone: `SQLSTATE: 42P01`.
pub(crate) fn sql_state_in(message: &str) -> Option<&str> {
    let (_, tail) = message.rsplit_once("SQLSTATE: ")?;
    tail.get(..5).filter(|state| state.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
