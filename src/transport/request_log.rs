//! One line of the log for each attempt of a request: never a URL, a header or a body.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::error_map::request_id;
use super::request_kind::RequestKind;
use super::retry::Failure;

/// An attempt under way.
pub(super) struct Attempt {
    kind: RequestKind,
    count: u32,
    started: Instant,
}

impl Attempt {
    /// The attempt number `count` of a request begins.
    pub(super) fn begin(kind: RequestKind, count: u32) -> Self {
        Self { kind, count, started: Instant::now() }
    }

    pub(super) fn kind(&self) -> RequestKind {
        self.kind
    }

    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap) {
        tracing::debug!(
            method = %self.kind.method(),
            path = self.kind.path_template(),
            status = status.as_u16(),
            attempt = self.count,
            elapsed = ?self.started.elapsed(),
            request_id = request_id(headers),
            "request answered"
        );
    }

    /// Ends with no whole reply.
    pub(super) fn failed(&self, failure: Failure) -> Failure {
        tracing::debug!(
            method = %self.kind.method(),
            path = self.kind.path_template(),
            attempt = self.count,
            elapsed = ?self.started.elapsed(),
            error = %failure.error,
            "request not answered"
        );
        failure
    }
}
