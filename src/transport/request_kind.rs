//! The requests that the kernel sends, each classified once: its endpoint, and when it may be sent again.

use reqwest::Method;

use super::retry::Cause;

/// A request of the kernel's. What may be done after a failure follows from the kind alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// Opens a session. Sent again although a lost reply leaves one session behind: it holds nothing, and expires.
    CreateSession,
    DeleteSession,
    /// Runs the user's SQL: the one request that must not be sent again once it may have arrived.
    Execute,
    /// Runs a metadata statement, which changes nothing.
    MetadataExecute,
    Poll,
    Chunk,
    Cancel,
    CloseStatement,
    /// Downloads from a presigned link.
    Link,
    /// Asks for a link to write, read or remove a file of a volume; the link itself changes nothing.
    UploadUrl,
    DownloadUrl,
    DeleteUrl,
    /// Lists a folder of a volume.
    ListFolder,
    /// Writes a file to a presigned link: what was there before is gone after the first time.
    Upload,
    /// Removes the file behind a presigned link.
    Remove,
    /// Asks a host where to sign in.
    Discovery,
    /// Signs in with what can be used again.
    Token,
    /// Signs in with what is used up by it: a code, a refresh token.
    Grant,
    /// Asks an Azure workspace for its tenant, which it names by a redirect.
    Tenant,
    /// Asks this machine's own services for a token.
    Identity,
}

impl RequestKind {
    /// Whether running it twice does the same as running it once.
    pub(crate) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Execute | Self::Upload | Self::Remove | Self::Grant)
    }

    /// What a user must know when the reply to a request that is not idempotent is lost.
    pub(super) fn may_have_happened(self) -> &'static str {
        match self {
            Self::Execute => "; the statement may have run",
            Self::Upload => "; the file may have been written",
            Self::Remove => "; the file may have been removed",
            Self::Grant => "; what it signed in with may be used up",
            _ => "",
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Self::CreateSession
            | Self::Execute
            | Self::MetadataExecute
            | Self::Cancel
            | Self::UploadUrl
            | Self::DownloadUrl
            | Self::DeleteUrl
            | Self::Token
            | Self::Grant => Method::POST,
            Self::Poll
            | Self::Chunk
            | Self::Link
            | Self::ListFolder
            | Self::Discovery
            | Self::Tenant
            | Self::Identity => Method::GET,
            Self::DeleteSession | Self::CloseStatement | Self::Remove => Method::DELETE,
            Self::Upload => Method::PUT,
        }
    }

    /// The endpoint as logs and errors name it, without ids.
    pub(crate) fn path_template(self) -> &'static str {
        match self {
            Self::CreateSession => "/api/2.0/sql/sessions",
            Self::DeleteSession => "/api/2.0/sql/sessions/{id}",
            Self::Execute | Self::MetadataExecute => "/api/2.0/sql/statements",
            Self::Poll | Self::CloseStatement => "/api/2.0/sql/statements/{id}",
            Self::Chunk => "/api/2.0/sql/statements/{id}/result/chunks/{index}",
            Self::Cancel => "/api/2.0/sql/statements/{id}/cancel",
            Self::UploadUrl => "/api/2.0/fs/create-upload-url",
            Self::DownloadUrl => "/api/2.0/fs/create-download-url",
            Self::DeleteUrl => "/api/2.0/fs/create-delete-url",
            Self::ListFolder => "/api/2.0/fs/list",
            Self::Link | Self::Upload | Self::Remove => "{presigned link}",
            Self::Discovery => "{document of the sign-in}",
            Self::Token | Self::Grant => "{token endpoint}",
            Self::Tenant => "/aad/auth",
            Self::Identity => "{identity service}",
        }
    }

    /// The most bytes that a reply may have, unpacked: what it can hold, and room for what servers may add.
    pub(super) fn reply_limit(self) -> u64 {
        match self {
            // A result of 25 MiB, of which JSON may write each byte as an escape of six, and the list of its chunks.
            Self::Execute | Self::MetadataExecute | Self::Poll | Self::Chunk => 160 << 20,
            // A page of names.
            Self::ListFolder => 16 << 20,
            // An id, a link or a token; or nothing.
            Self::CreateSession
            | Self::Discovery
            | Self::Token
            | Self::Grant
            | Self::Tenant
            | Self::Identity
            | Self::DeleteSession
            | Self::Cancel
            | Self::CloseStatement
            | Self::UploadUrl
            | Self::DownloadUrl
            | Self::DeleteUrl => 1 << 20,
            // The content is passed on as it comes; these are the store's words about it.
            Self::Link | Self::Upload | Self::Remove => 16 << 10,
        }
    }

    /// Whether a reply of this status is what was asked for. A part of a reply, or one that says that there is none, is no answer to a call.
    pub(super) fn is_answer(self, status: u16) -> bool {
        matches!(status, 200..=204) || (self == Self::Tenant && matches!(status, 301..=303 | 307 | 308))
    }

    /// Whether the request may be sent again after `cause`.
    pub(crate) fn may_repeat_after(self, cause: &Cause) -> bool {
        match *cause {
            Cause::Final => false,
            // A machine has the service or not.
            Cause::NotConnected { .. } => self != Self::Identity,
            Cause::ReplyLost => self.is_idempotent(),
            Cause::Status { status: 429, .. } => true,
            Cause::Status { status: 503, retry_after } => self.is_idempotent() || retry_after.is_some(),
            Cause::Status { status: 408 | 500 | 502..=599, .. } => self.is_idempotent(),
            Cause::Status { .. } => false,
        }
    }
}

impl std::fmt::Display for RequestKind {
    /// Method and endpoint.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method(), self.path_template())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    const AFTER: Option<Duration> = Some(Duration::from_secs(1));

    fn status(status: u16) -> Cause {
        Cause::Status { status, retry_after: None }
    }

    #[rstest]
    #[case::never_connected(Cause::NotConnected { unreachable: false }, true, true)]
    #[case::refused(Cause::NotConnected { unreachable: true }, true, true)]
    #[case::reply_lost(Cause::ReplyLost, false, true)]
    #[case::hopeless(Cause::Final, false, false)]
    #[case::bad_request(status(400), false, false)]
    #[case::unauthenticated(status(401), false, false)]
    #[case::forbidden(status(403), false, false)]
    #[case::not_found(status(404), false, false)]
    #[case::method_not_allowed(status(405), false, false)]
    #[case::request_timeout(status(408), false, true)]
    #[case::conflict(status(409), false, false)]
    #[case::gone(status(410), false, false)]
    #[case::too_large(status(413), false, false)]
    #[case::range(status(416), false, false)]
    #[case::rate_limited(status(429), true, true)]
    #[case::rate_limited_with_a_time(Cause::Status { status: 429, retry_after: AFTER }, true, true)]
    #[case::server_error(status(500), false, true)]
    #[case::server_error_with_a_time(Cause::Status { status: 500, retry_after: AFTER }, false, true)]
    #[case::not_implemented(status(501), false, false)]
    #[case::bad_gateway(status(502), false, true)]
    #[case::unavailable(status(503), false, true)]
    #[case::unavailable_with_a_time(Cause::Status { status: 503, retry_after: AFTER }, true, true)]
    #[case::gateway_timeout(status(504), false, true)]
    #[case::redirect(status(307), false, false)]
    fn a_request_is_repeated_only_when_that_is_safe(
        #[case] cause: Cause,
        #[case] execute: bool,
        #[case] idempotent: bool,
    ) {
        for kind in [RequestKind::Execute, RequestKind::Upload, RequestKind::Remove, RequestKind::Grant] {
            assert_eq!(kind.may_repeat_after(&cause), execute, "{kind:?}");
        }
        for kind in [
            RequestKind::CreateSession,
            RequestKind::DeleteSession,
            RequestKind::MetadataExecute,
            RequestKind::Poll,
            RequestKind::Chunk,
            RequestKind::Cancel,
            RequestKind::CloseStatement,
            RequestKind::Link,
            RequestKind::UploadUrl,
            RequestKind::DownloadUrl,
            RequestKind::DeleteUrl,
            RequestKind::ListFolder,
            RequestKind::Discovery,
            RequestKind::Token,
            RequestKind::Tenant,
        ] {
            assert_eq!(kind.may_repeat_after(&cause), idempotent, "{kind:?}");
        }
    }
}
