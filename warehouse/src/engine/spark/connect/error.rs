//! Failures of calls in the words and codes of Spark.

use prost::Message;
use tonic::{Code, Status};

use super::protocol::{ErrorInfo, FetchErrorDetailsResponse, RpcStatus};
use crate::engine::SqlError;

/// Under which name the server keeps an error's details, if it does.
pub(super) fn error_id(status: &Status) -> Option<String> {
    info(status)?.metadata.remove("errorId")
}

fn info(status: &Status) -> Option<ErrorInfo> {
    let details = RpcStatus::decode(status.details()).ok()?.details;
    let info = details.iter().find(|detail| detail.type_url.ends_with("google.rpc.ErrorInfo"))?;
    ErrorInfo::decode(info.value.as_slice()).ok()
}

/// A call's failure, from what it carries itself.
pub(super) fn from_status(status: &Status) -> SqlError {
    let metadata = info(status).map(|info| info.metadata).unwrap_or_default();
    match (metadata.get("errorClass"), status.code()) {
        (Some(class), _) => named(class, metadata.get("sqlState"), status.message()),
        (None, Code::Unavailable | Code::Unauthenticated | Code::PermissionDenied) => SqlError::new(
            "CONNECT",
            "08000",
            format!("The Spark Connect server does not answer: {}.", status.message()),
        ),
        (None, _) => in_message(status.message()),
    }
}

/// The same from the details that the server kept: the first error in the chain of causes that has a class.
pub(super) fn from_details(details: &FetchErrorDetailsResponse) -> Option<SqlError> {
    let mut next = details.root_error_idx;
    // A chain has no more links than there are errors.
    for _ in 0..details.errors.len() {
        let error = details.errors.get(usize::try_from(next?).ok()?)?;
        if let Some(throwable) = &error.spark_throwable
            && let Some(class) = &throwable.error_class
        {
            return Some(named(class, throwable.sql_state.as_ref(), &error.message));
        }
        next = error.cause_idx;
    }
    None
}

fn named(class: &str, sql_state: Option<&String>, message: &str) -> SqlError {
    let found = in_message(message);
    let sql_state = sql_state.filter(|state| !state.is_empty()).cloned().unwrap_or(found.sql_state);
    // Classes of old take their number from the code that raised them.
    let class = if class.starts_with("_LEGACY_ERROR_TEMP") { "SPARK_ERROR" } else { class };
    SqlError { class: class.to_owned(), sql_state, text: found.text }
}

/// `[CLASS] text SQLSTATE: 22012` and what may follow: where in the statement, and a plan, which is left out.
fn in_message(message: &str) -> SqlError {
    let (class, text) = match message.trim().strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((class, text)) if !class.contains(' ') => (class, text),
        _ => ("INTERNAL_ERROR", message.trim()),
    };
    let (text, sql_state) = match text.split_once(" SQLSTATE: ") {
        Some((text, rest)) => {
            let (state, rest) = rest.split_at_checked(5).unwrap_or((rest, ""));
            (format!("{text}{}", without_plan(rest)), state)
        }
        None => (without_plan(text).to_owned(), "XX000"),
    };
    SqlError::new(class, sql_state, text.trim_end())
}

/// Spark shows the plan behind `; line 1 pos 14;`.
fn without_plan(text: &str) -> &str {
    let end = text.find(";\n").or_else(|| text.find("\n\nJVM stacktrace"));
    end.map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012\n== SQL ==\n1/0",
        "DIVIDE_BY_ZERO",
        "22012",
        "Division by zero.\n== SQL ==\n1/0"
    )]
    #[case(
        "[A.B] No table. SQLSTATE: 42P01; line 1 pos 14;\n'Project [*]\n+- x",
        "A.B",
        "42P01",
        "No table.; line 1 pos 14"
    )]
    #[case("Something broke", "INTERNAL_ERROR", "XX000", "Something broke")]
    fn message_is_taken_apart(#[case] message: &str, #[case] class: &str, #[case] sql_state: &str, #[case] text: &str) {
        assert_eq!(in_message(message), SqlError::new(class, sql_state, text));
    }
}
