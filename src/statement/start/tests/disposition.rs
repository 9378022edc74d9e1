//! When a refusal changes how a host's results are asked for.

use rstest::rstest;

use super::super::*;
use crate::sea::wire::{QueryTag, StatementParameter};

fn body(statement: &str) -> ExecuteStatement {
    ExecuteStatement {
        warehouse_id: String::new(),
        session_id: String::new(),
        statement: statement.to_owned(),
        disposition: Disposition::InlineOrExternalLinks,
        format: Format::ArrowStream,
        result_compression: Compression::Lz4Frame,
        wait_timeout: None,
        on_wait_timeout: None,
        row_limit: None,
        parameters: Vec::new(),
        query_tags: Vec::new(),
    }
}

fn refused(error_code: Option<&str>, details: &str) -> Error {
    let error = Error { http_status: Some(400), ..Error::new(Code::InvalidArgument, details) };
    Error { error_code: error_code.map(str::to_owned), ..error }
}

#[rstest]
#[case::code(
    Some("INVALID_PARAMETER_VALUE"),
    "disposition INLINE_OR_EXTERNAL_LINKS is not supported",
    "SELECT 1",
    true
)]
#[case::no_code(None, "Unknown Disposition.", "SELECT 1", true)]
#[case::value_alone(Some("BAD_REQUEST"), "INLINE_OR_EXTERNAL_LINKS is not allowed", "SELECT disposition", true)]
#[case::column(Some("BAD_REQUEST"), "A column `disposition` cannot be resolved", "SELECT disposition", false)]
#[case::error_class(Some("BAD_REQUEST"), "[UNRESOLVED_COLUMN] `disposition`", "SELECT d", false)]
#[case::sql_state(Some("BAD_REQUEST"), "no disposition. SQLSTATE: 42703", "SELECT d", false)]
#[case::other_code(Some("NOT_FOUND"), "the table disposition", "SELECT d", false)]
#[case::something_else(Some("INVALID_PARAMETER_VALUE"), "wait_timeout 3s is not allowed", "SELECT 1", false)]
fn concerns_disposition_by_code_and_by_what_is_said(
    #[case] error_code: Option<&str>,
    #[case] details: &str,
    #[case] statement: &str,
    #[case] expected: bool,
) {
    assert_eq!(concerns_disposition(&refused(error_code, details), &body(statement)), expected);
}

#[test]
fn concerns_disposition_is_not_misled_by_names_of_the_callers() {
    let error = refused(Some("BAD_REQUEST"), "Parameter Disposition is not used");
    let name = Some("disposition".to_owned());
    let parameter = StatementParameter { name, ordinal: None, sql_type: "INT".to_owned(), value: None };
    assert!(!concerns_disposition(&error, &ExecuteStatement { parameters: vec![parameter], ..body("SELECT 1") }));
    let tag = QueryTag { key: "disposition".to_owned(), value: None };
    assert!(!concerns_disposition(&error, &ExecuteStatement { query_tags: vec![tag], ..body("SELECT 1") }));
    let elsewhere = Error { http_status: Some(500), ..error };
    assert!(!concerns_disposition(&elsewhere, &body("SELECT 1")));
}
