//! Reading a statement's state out of the server's reply.

use super::{StatementHandle, StatementState};
use crate::error::{Code, Error, Result, sql_state_in};
use crate::sea::wire::StatementResponse;

/// The state that a reply names. Errors: `Unknown` for a state that the protocol does not have.
pub(super) fn state(response: &StatementResponse) -> Result<StatementState> {
    Ok(match response.status.state.as_str() {
        "PENDING" => StatementState::Pending,
        "RUNNING" => StatementState::Running,
        "SUCCEEDED" => StatementState::Succeeded,
        "FAILED" => StatementState::Failed,
        "CANCELED" | "CANCELLED" => StatementState::Cancelled,
        "CLOSED" => StatementState::Closed,
        other => {
            return Err(Error::new(Code::Unknown, format!("the server named the unknown statement state {other:?}"))
                .of_query(&response.statement_id));
        }
    })
}

/// Whether a terminal reply brings a result; the error that it stands for otherwise.
pub(super) fn succeeded(response: &StatementResponse, handle: &StatementHandle) -> Result<()> {
    match state(response)? {
        StatementState::Succeeded => Ok(()),
        // Delivered with the reply: the server has closed the statement and serves no further chunk.
        StatementState::Closed if response.manifest.is_some() || response.result.is_some() => {
            handle.closed_by_server();
            Ok(())
        }
        StatementState::Closed => {
            Err(Error::new(Code::InvalidStatementHandle, "the statement was closed, its result is gone")
                .of_query(&handle.id))
        }
        StatementState::Failed | StatementState::Cancelled => Err(failure(response)),
        StatementState::Pending | StatementState::Running => {
            Err(Error::new(Code::InvalidState, "the statement has not ended yet").of_query(&handle.id))
        }
    }
}

/// The error of a statement that failed or was cancelled.
pub(super) fn failure(response: &StatementResponse) -> Error {
    let status = &response.status;
    let reported = status.error.as_ref();
    let message = reported.and_then(|error| error.message.clone());
    let sql_state = status
        .sql_state
        .clone()
        .or_else(|| reported.and_then(|error| error.sql_state.clone()))
        .or_else(|| message.as_deref().and_then(sql_state_in).map(str::to_owned));
    let error_code = reported.and_then(|error| error.error_code.clone());
    let cancelled = matches!(status.state.as_str(), "CANCELED" | "CANCELLED");
    let (code, retryable) =
        if cancelled { (Code::Cancelled, false) } else { classify(error_code.as_deref(), sql_state.is_some()) };
    let fallback =
        if cancelled { "the statement was cancelled" } else { "the statement failed; the server gave no reason" };
    let mut error = Error::new(code, message.unwrap_or_else(|| fallback.to_owned())).of_query(&response.statement_id);
    error.sql_state = sql_state;
    error.error_code = error_code;
    error.retryable = retryable;
    error
}

/// What the caller should do. A failure with an SQLSTATE is the query's own.
fn classify(error_code: Option<&str>, has_sql_state: bool) -> (Code, bool) {
    match error_code {
        Some("CANCELLED") => (Code::Cancelled, false),
        Some("DEADLINE_EXCEEDED") => (Code::Timeout, false),
        _ if has_sql_state => (Code::SqlError, false),
        Some("TEMPORARILY_UNAVAILABLE" | "SERVICE_UNDER_MAINTENANCE" | "WORKSPACE_TEMPORARILY_UNAVAILABLE") => {
            (Code::Unavailable, true)
        }
        Some("RESOURCE_EXHAUSTED") => (Code::ResourceExhausted, true),
        Some("UNAUTHENTICATED") => (Code::Unauthenticated, false),
        _ => (Code::SqlError, false),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn reply(status: serde_json::Value) -> StatementResponse {
        serde_json::from_value(json!({"statement_id": "01f0", "status": status})).unwrap()
    }

    #[rstest]
    #[case::sibling(json!({"state": "FAILED", "sql_state": "42P01", "error": {"error_code": "BAD_REQUEST", "message": "no table"}}), Some("42P01"))]
    #[case::inside(json!({"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": "no table", "sql_state": "42703"}}), Some("42703"))]
    #[case::in_the_text(json!({"state": "FAILED", "error": {"message": "[X] no. SQLSTATE: 42601 (line 1, pos 0)"}}), Some("42601"))]
    #[case::nowhere(json!({"state": "FAILED", "error": {"message": "SQLSTATE: lower"}}), None)]
    #[case::short_text(json!({"state": "FAILED", "error": {"message": "SQLSTATE: 42"}}), None)]
    fn sql_state_is_read_from_all_three_places(#[case] status: serde_json::Value, #[case] expected: Option<&str>) {
        let error = failure(&reply(status));
        assert_eq!(error.sql_state.as_deref(), expected);
        assert_eq!(error.code, Code::SqlError);
        assert_eq!(error.query_id.as_deref(), Some("01f0"));
    }

    #[rstest]
    #[case("TEMPORARILY_UNAVAILABLE", Code::Unavailable, true)]
    #[case("RESOURCE_EXHAUSTED", Code::ResourceExhausted, true)]
    #[case("DEADLINE_EXCEEDED", Code::Timeout, false)]
    #[case("CANCELLED", Code::Cancelled, false)]
    #[case("UNAUTHENTICATED", Code::Unauthenticated, false)]
    #[case("SERVICE_UNDER_MAINTENANCE", Code::Unavailable, true)]
    #[case("WORKSPACE_TEMPORARILY_UNAVAILABLE", Code::Unavailable, true)]
    #[case("UNKNOWN", Code::SqlError, false)]
    #[case("INTERNAL_ERROR", Code::SqlError, false)]
    #[case("IO_ERROR", Code::SqlError, false)]
    #[case("BAD_REQUEST", Code::SqlError, false)]
    #[case("ABORTED", Code::SqlError, false)]
    #[case("NOT_FOUND", Code::SqlError, false)]
    #[case("ALREADY_EXISTS", Code::SqlError, false)]
    #[case("SOMETHING_NEW", Code::SqlError, false)]
    fn failures_without_sql_state_follow_the_error_code(
        #[case] error_code: &str,
        #[case] code: Code,
        #[case] retryable: bool,
    ) {
        let error = failure(&reply(json!({"state": "FAILED", "error": {"error_code": error_code, "message": "m"}})));
        assert_eq!((error.code, error.retryable, error.error_code.as_deref()), (code, retryable, Some(error_code)));
    }

    #[test]
    fn cancelled_statement_is_cancelled_whatever_it_says() {
        let error = failure(&reply(json!({"state": "CANCELED", "sql_state": "57014"})));
        assert_eq!((error.code, error.details.as_str()), (Code::Cancelled, "the statement was cancelled"));
    }

    #[test]
    fn unknown_state_is_named() {
        let error = state(&reply(json!({"state": "DREAMING"}))).unwrap_err();
        assert_eq!(error.code, Code::Unknown);
        assert!(error.details.contains("DREAMING"));
    }
}
