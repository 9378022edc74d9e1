//! What becomes of each form of reply to a statement.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use rstest::rstest;
use serde_json::{Value, json};

use super::super::zone::tests::{server, session};
use super::*;
use crate::result::decode;
use crate::transport::test_server::TestServer;

fn state(state: &str) -> Value {
    json!({"statement_id": "s", "status": {"state": state}})
}

/// A result of one column of text, in one chunk of several.
fn rows(state: &str, rows: &[&str], total_chunk_count: i64) -> Value {
    let rows: Vec<_> = rows.iter().map(|cell| json!([cell])).collect();
    json!({"statement_id": "s", "status": {"state": state},
        "manifest": {"format": "JSON_ARRAY", "total_chunk_count": total_chunk_count,
            "schema": {"column_count": 1, "columns": [{"name": "c", "type_name": "STRING", "type_text": "STRING", "position": 0}]}},
        "result": {"chunk_index": 0, "row_offset": 0, "row_count": rows.len(), "data_array": rows}})
}

fn with(mut reply: Value, at: &str, value: Value) -> Value {
    *reply.pointer_mut(at).unwrap() = value;
    reply
}

/// The rows of a statement, and whether its result is cut.
async fn run(session: &Arc<SessionCore>) -> Result<(Vec<String>, bool)> {
    let spec = StatementSpec::of_user("SELECT 1".to_owned());
    let mut executed = execute(Arc::clone(session), spec, Cancellation::new()).await?;
    let mut cells = Vec::new();
    while let Some(chunk) = executed.reader.next_chunk().await? {
        for batch in decode(&chunk)? {
            let column = batch.column(0).as_string::<i32>();
            cells.extend((0..column.len()).map(|row| column.value(row).to_owned()));
        }
    }
    executed.handle.close().await?;
    Ok((cells, executed.reader.truncated()))
}

/// The requests about the statement, without its address.
fn asked(server: &TestServer) -> Vec<String> {
    let about = |line: String| Some(line.replace("/api/2.0/sql/statements", "")).filter(|line| !line.contains("/sql/"));
    server.lines().into_iter().filter_map(about).collect()
}

#[rstest]
#[case::succeeded(&[rows("SUCCEEDED", &["a", "b"], 1)], &["a", "b"], &["POST ", "DELETE /s"])]
#[case::delivered_and_closed(&[rows("CLOSED", &["a", "b"], 1)], &["a", "b"], &["POST "])]
#[case::polled(
    &[state("PENDING"), state("RUNNING"), rows("SUCCEEDED", &["a"], 1)],
    &["a"],
    &["POST ", "GET /s", "GET /s", "DELETE /s"]
)]
#[case::closed_while_it_is_polled(&[state("PENDING"), rows("CLOSED", &["a"], 1)], &["a"], &["POST ", "GET /s"])]
#[case::chunk_calls(
    &[rows("SUCCEEDED", &["a"], 2), json!({"chunk_index": 1, "row_offset": 1, "row_count": 1, "data_array": [["b"]]})],
    &["a", "b"],
    &["POST ", "GET /s/result/chunks/1", "DELETE /s"]
)]
#[tokio::test(flavor = "multi_thread")]
async fn execute_reads_what_the_server_delivers_and_closes_what_it_has_not_closed(
    #[case] replies: &[Value],
    #[case] expected: &[&str],
    #[case] requests: &[&str],
) {
    let mut replies = replies.to_vec();
    replies.push(json!({}));
    let server = server(&replies).await;
    // Dropped, it would be a request of its own.
    let session = session(&server, &[]).await;
    let (cells, is_truncated) = run(&session).await.unwrap();
    assert_eq!(cells, expected);
    assert!(!is_truncated);
    server.received(requests.len() + 1).await;
    assert_eq!(asked(&server), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn execute_says_of_a_cut_result_that_it_is_cut() {
    let mut cut = rows("CLOSED", &["a"], 1);
    cut["manifest"]["truncated"] = true.into();
    let server = server(&[cut]).await;
    let session = session(&server, &[]).await;
    assert_eq!(run(&session).await.unwrap(), (vec!["a".to_owned()], true));
}

#[rstest]
#[case::gone(state("CLOSED"), Code::InvalidStatementHandle, "the statement was closed, its result is gone")]
#[case::cancelled(state("CANCELED"), Code::Cancelled, "the statement was cancelled")]
#[case::cancelled_with_two_l(state("CANCELLED"), Code::Cancelled, "the statement was cancelled")]
#[case::failed_for_no_reason(state("FAILED"), Code::SqlError, "the statement failed; the server gave no reason")]
#[case::failed_with_a_result(
    { let mut failed = rows("FAILED", &["a"], 1); failed["status"]["error"] = json!({"message": "no"}); failed },
    Code::SqlError,
    "no"
)]
#[case::other_letters(rows("Succeeded", &["a"], 1), Code::Unknown, "the server named the unknown statement state \"Succeeded\"")]
#[case::foreign(rows("FINISHED", &["a"], 1), Code::Unknown, "the server named the unknown statement state \"FINISHED\"")]
#[case::empty(state(""), Code::Unknown, "the server named the unknown statement state \"\"")]
#[case::result_without_a_manifest(
    with(rows("CLOSED", &["a"], 1), "/manifest", Value::Null),
    Code::Internal,
    "the server says that the statement succeeded and sent no manifest of its result"
)]
#[case::manifest_without_columns(
    with(rows("CLOSED", &["a"], 1), "/manifest/schema", Value::Null),
    Code::DataLoss,
    "chunk 0 of the result is not usable: its row 0 has 1 columns, the manifest has 0"
)]
#[case::closed_before_the_end(
    rows("CLOSED", &["a"], 2),
    Code::DataLoss,
    "the server closed the statement before chunk 1 of 2 was read"
)]
#[case::foreign_offset(
    with(rows("CLOSED", &["a"], 1), "/result/row_offset", 7.into()),
    Code::DataLoss,
    "chunk 0 of the result begins at row 7 as the server says, and 0 rows came before it"
)]
#[case::cells_that_are_no_text(
    with(rows("CLOSED", &["a"], 1), "/result/data_array", json!([[1]])),
    Code::Internal,
    "the server's reply does not have the shape that the protocol gives it"
)]
#[case::file_without_a_row(
    { let mut file = rows("CLOSED", &[], 1); file["manifest"]["is_volume_operation"] = true.into(); file },
    Code::Internal,
    "the server's answer about a file of a volume does not have one row"
)]
#[tokio::test(flavor = "multi_thread")]
async fn execute_of_what_is_no_result_is_an_error(#[case] reply: Value, #[case] code: Code, #[case] details: &str) {
    let server = server(&[reply]).await;
    let session = session(&server, &[]).await;
    let error = run(&session).await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (code, details));
}
