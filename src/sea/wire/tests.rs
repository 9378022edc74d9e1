//! Replies in the shapes that the service sends them in.

use rstest::rstest;

use super::*;

fn response(json: &str) -> StatementResponse {
    serde_json::from_str(json).unwrap()
}

#[test]
fn external_links() {
    let response = response(
        r#"{
        "statement_id": "01f0aa12", "status": {"state": "SUCCEEDED"},
        "manifest": {
            "format": "ARROW_STREAM",
            "schema": {"column_count": 2, "columns": [
                {"name": "id", "type_text": "BIGINT", "type_name": "LONG", "position": 0},
                {"name": "amount", "type_text": "DECIMAL(10,2)", "type_name": "DECIMAL", "position": 1,
                 "type_precision": 10, "type_scale": 2}]},
            "total_chunk_count": 2,
            "chunks": [
                {"chunk_index": 0, "row_offset": 0, "row_count": 40000, "byte_count": 960000},
                {"chunk_index": 1, "row_offset": 40000, "row_count": 10000, "byte_count": 240000}],
            "total_row_count": 50000, "total_byte_count": 1200000, "truncated": false, "result_compression": "LZ4_FRAME"},
        "result": {"external_links": [{
            "chunk_index": 0, "row_offset": 0, "row_count": 40000, "byte_count": 311204, "next_chunk_index": 1,
            "next_chunk_internal_link": "/api/2.0/sql/statements/01f0aa12/result/chunks/1",
            "external_link": "https://store.example/r/8f3c?sig=%2F", "expiration": "2026-09-01T12:15:00.000Z"}]}}"#,
    );
    let manifest = response.manifest.unwrap();
    assert_eq!(manifest.format, Some(Format::ArrowStream));
    assert_eq!(manifest.result_compression, Some(Compression::Lz4Frame));
    assert_eq!((manifest.total_chunk_count, manifest.total_row_count), (Some(2), Some(50_000)));
    assert_eq!(manifest.total_byte_count, Some(1_200_000));
    assert!(!manifest.truncated);
    let decimal = ColumnInfo {
        name: "amount".to_owned(),
        type_text: "DECIMAL(10,2)".to_owned(),
        type_name: "DECIMAL".to_owned(),
        position: Some(1),
        type_precision: Some(10),
        type_scale: Some(2),
        type_interval_type: None,
    };
    assert_eq!(manifest.schema.columns[1], decimal);
    let last = &manifest.chunks[1];
    assert_eq!((last.chunk_index, last.row_count, last.byte_count), (Some(1), Some(10_000), Some(240_000)));
    assert_eq!(last.row_offset, Some(40_000));
    let [link] = &response.result.unwrap().external_links[..] else { panic!("one link") };
    assert_eq!((link.chunk_index, link.row_count, link.next_chunk_index), (Some(0), Some(40_000), Some(1)));
    assert_eq!(link.external_link, "https://store.example/r/8f3c?sig=%2F");
    assert_eq!(link.expiration.as_deref(), Some("2026-09-01T12:15:00.000Z"));
    assert_eq!((link.row_offset, &link.http_headers), (Some(0), &None));
}

#[test]
fn small_hybrid_attachment() {
    let response = response(
        r#"{"statement_id": "s", "status": {"state": "CLOSED"}, "manifest": {"format": "ARROW_STREAM"},
        "result": {"chunk_index": 0, "row_offset": 0, "row_count": 10, "byte_count": 1480, "attachment": "BCJNGGBw"}}"#,
    );
    let result = response.result.unwrap();
    assert_eq!((result.chunk_index, result.row_offset, result.row_count), (Some(0), Some(0), Some(10)));
    assert_eq!(result.attachment.as_deref(), Some("BCJNGGBw"));
    assert!(result.external_links.is_empty());
    // Without the key, results are not compressed.
    assert_eq!(response.manifest.unwrap().result_compression, None);
}

#[test]
fn large_hybrid_links_with_headers() {
    let result: ResultData = serde_json::from_str(
        r#"{"external_links": [
            {"chunk_index": 0, "external_link": "https://store.example/0", "http_headers": {"x-key": "k"}},
            {"chunk_index": 1, "external_link": "https://store.example/1", "http_headers": null, "next_chunk_index": 2}]}"#,
    )
    .unwrap();
    let [first, last] = &result.external_links[..] else { panic!("two links") };
    assert_eq!(first.http_headers, Some(HashMap::from([("x-key".to_owned(), "k".to_owned())])));
    assert_eq!((last.next_chunk_index, &last.http_headers), (Some(2), &None));
}

#[test]
fn inline_rows() {
    let response = response(
        r#"{"statement_id": "s", "status": {"state": "SUCCEEDED"},
        "manifest": {"format": "JSON_ARRAY", "schema": {"column_count": 2},
            "total_chunk_count": 1, "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": 2}],
            "total_row_count": 2, "truncated": true},
        "result": {"chunk_index": 0, "row_offset": 0, "row_count": 2, "data_array": [["1", "a"], ["2", null]]}}"#,
    );
    let manifest = response.manifest.unwrap();
    assert_eq!((manifest.format, manifest.truncated), (Some(Format::JsonArray), true));
    assert_eq!((manifest.total_byte_count, manifest.chunks[0].byte_count), (None, None));
    let cell = |text: &str| Some(text.to_owned());
    let rows = vec![vec![cell("1"), cell("a")], vec![cell("2"), None]];
    assert_eq!(response.result.unwrap().data_array.unwrap().0, rows);
}

#[rstest]
#[case::ddl(r#""schema": {"column_count": 0}"#, 0)]
#[case::no_rows(r#""schema": {"column_count": 1, "columns": [{"name": "a", "position": 0}]}"#, 1)]
#[case::no_schema(r#""truncated": false"#, 0)]
fn empty_results(#[case] schema: &str, #[case] columns: usize) {
    let response = response(&format!(
        r#"{{"statement_id": "s", "status": {{"state": "SUCCEEDED"}}, "result": {{}},
        "manifest": {{{schema}, "total_chunk_count": 0, "total_row_count": 0, "result_compression": "LZ4_FRAME"}}}}"#
    ));
    let manifest = response.manifest.unwrap();
    assert_eq!((manifest.schema.columns.len(), manifest.chunks.len()), (columns, 0));
    let result = response.result.unwrap();
    assert!(result.external_links.is_empty() && result.attachment.is_none() && result.data_array.is_none());
}

#[test]
fn not_finished() {
    let response = response(r#"{"statement_id": "s", "status": {"state": "PENDING"}}"#);
    assert_eq!((response.statement_id.as_str(), response.status.state.as_str()), ("s", "PENDING"));
    assert!(response.manifest.is_none() && response.result.is_none() && response.status.error.is_none());
}

#[rstest]
#[case::beside_the_error(
    r#""error": {"error_code": "BAD_REQUEST", "message": "m"}, "sql_state": "42601""#,
    Some("BAD_REQUEST"),
    Some("42601"),
    None
)]
#[case::inside_the_error(
    r#""error": {"error_code": "BAD_REQUEST", "message": "m", "sql_state": "42601"}"#,
    Some("BAD_REQUEST"),
    None,
    Some("42601")
)]
#[case::nowhere(r#""error": {"error_code": "BAD_REQUEST", "message": "m"}"#, Some("BAD_REQUEST"), None, None)]
#[case::number(r#""error": {"error_code": 400, "message": "m"}"#, Some("400"), None, None)]
#[case::message_alone(r#""error": {"message": "m"}"#, None, None, None)]
fn failed(
    #[case] status: &str,
    #[case] error_code: Option<&str>,
    #[case] beside: Option<&str>,
    #[case] inside: Option<&str>,
) {
    let response = response(&format!(r#"{{"statement_id": "s", "status": {{"state": "FAILED", {status}}}}}"#));
    let error = response.status.error.unwrap();
    assert_eq!(error.message.as_deref(), Some("m"));
    assert_eq!(error.error_code.as_deref(), error_code);
    assert_eq!((response.status.sql_state.as_deref(), error.sql_state.as_deref()), (beside, inside));
}

#[rstest]
#[case::number("7", Some(7))]
#[case::text("\"7\"", Some(7))]
#[case::negative("-1", Some(-1))]
#[case::large("\"9007199254740993\"", Some(9_007_199_254_740_993))]
#[case::null("null", None)]
fn numbers_may_be_text(#[case] json: &str, #[case] expected: Option<i64>) {
    let manifest: Manifest = serde_json::from_str(&format!(
        r#"{{"total_row_count": {json}, "total_chunk_count": {json}, "total_byte_count": {json}}}"#
    ))
    .unwrap();
    assert_eq!(manifest.total_row_count, expected);
    assert_eq!(manifest.total_chunk_count, expected);
    assert_eq!(manifest.total_byte_count, expected);
    let chunk: ChunkInfo = serde_json::from_str(&format!(r#"{{"row_count": {json}}}"#)).unwrap();
    assert_eq!(chunk.row_count, expected);
}

#[rstest]
#[case::words("\"many\"")]
#[case::fraction("1.5")]
#[case::beyond("9223372036854775808")]
fn what_is_no_number_is_an_error(#[case] json: &str) {
    assert!(serde_json::from_str::<Manifest>(&format!(r#"{{"total_row_count": {json}}}"#)).is_err());
}

#[test]
fn unknown_keys_and_names_are_read_over() {
    let response = response(
        r#"{"statement_id": "s", "status": {"state": "SLEEPING", "dreams": []}, "extra": {"deep": [1]},
        "manifest": {"format": "PARQUET", "result_compression": "ZSTD", "is_volume_operation": true}}"#,
    );
    assert_eq!(response.status.state, "SLEEPING");
    let manifest = response.manifest.unwrap();
    assert_eq!((manifest.format, manifest.result_compression), (Some(Format::Other), Some(Compression::Other)));
}

#[rstest]
#[case::number(r#""expiration": 1788264900"#, None)]
#[case::object(r#""expiration": {"seconds": 1788264900}"#, None)]
#[case::null(r#""expiration": null"#, None)]
#[case::absent(r#""chunk_index": 0"#, None)]
#[case::text(r#""expiration": "soon""#, Some("soon"))]
fn an_expiration_that_is_no_text_says_nothing(#[case] key: &str, #[case] expected: Option<&str>) {
    let link: ExternalLink = serde_json::from_str(&format!(r#"{{"external_link": "u", {key}}}"#)).unwrap();
    assert_eq!(link.expiration.as_deref(), expected);
}

#[test]
fn what_may_be_absent_may_be_null() {
    let response = response(
        r#"{"statement_id": "s", "status": {"state": "SUCCEEDED", "error": null, "sql_state": null}, "manifest": {"format": null,
        "schema": {"column_count": null, "columns": [{"name": null, "type_text": null, "type_name": null, "position": null,
            "type_precision": null, "type_scale": null, "type_interval_type": null}]},
        "total_chunk_count": null, "chunks": [{"chunk_index": null, "row_offset": null, "row_count": null, "byte_count": null}],
        "truncated": null, "result_compression": null, "is_volume_operation": null},
        "result": {"external_links": [{"external_link": null, "http_headers": null}], "attachment": null, "data_array": null}}"#,
    );
    let manifest = response.manifest.unwrap();
    assert_eq!(manifest.schema.columns, [ColumnInfo::default()]);
    assert!(!manifest.truncated && !manifest.is_volume_operation);
    assert_eq!(response.result.unwrap().external_links[0].external_link, "");
    let empty: StatementResponse = serde_json::from_str(
        r#"{"statement_id": "s", "status": {"state": "SUCCEEDED"}, "manifest": {"schema": null, "chunks": null}, "result": {"external_links": null}}"#,
    )
    .unwrap();
    assert!(empty.manifest.unwrap().chunks.is_empty() && empty.result.unwrap().external_links.is_empty());
}

#[rstest]
#[case::no_id(r#"{"status": {"state": "PENDING"}}"#)]
#[case::no_status(r#"{"statement_id": "s"}"#)]
#[case::no_state(r#"{"statement_id": "s", "status": {}}"#)]
fn an_id_and_a_state_are_required(#[case] json: &str) {
    assert!(serde_json::from_str::<StatementResponse>(json).is_err());
}

#[rstest]
#[case::columns(r#"{"schema": {"columns": [*]}}"#, "{}", MOST_COLUMNS)]
#[case::chunks(r#"{"chunks": [*]}"#, "{}", MOST_CHUNKS)]
fn a_manifest_has_as_many_elements_as_a_result_can_have(
    #[case] manifest: &str,
    #[case] element: &str,
    #[case] most: usize,
) {
    let of = |count| serde_json::from_str::<Manifest>(&manifest.replace('*', &vec![element; count].join(",")));
    of(most).unwrap();
    let error = of(most + 1).unwrap_err().to_string();
    assert!(error.starts_with(&format!("a list has more than {most} elements")), "{error}");
}

#[rstest]
#[case::links(&format!("\"external_links\": [{}]", vec![r#"{"external_link": ""}"#; MOST_LINKS + 1].join(",")), "65536 elements")]
#[case::headers(&many_headers(101), "100 headers")]
#[case::cells(&format!("\"data_array\": [[{}]]", vec!["null"; MOST_COLUMNS + 1].join(",")), "65536 elements")]
#[case::rows(&format!("\"data_array\": [{}]", vec!["[]"; (256 << 20) / 40 + 1].join(",")), "its rows need more than")]
fn a_result_has_no_more_than_its_memory_may_hold(#[case] result: &str, #[case] says: &str) {
    let error = serde_json::from_str::<ResultData>(&format!("{{{result}}}")).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_link_may_have_many_headers_or_none() {
    let of = |text: &str| serde_json::from_str::<ResultData>(&format!("{{{text}}}")).unwrap().external_links.remove(0);
    assert_eq!(of(&many_headers(100)).http_headers.unwrap().len(), 100);
    assert_eq!(of(r#""external_links": [{"external_link": "", "http_headers": null}]"#).http_headers, None);
    assert_eq!(of(r#""external_links": [{"external_link": ""}]"#).http_headers, None);
}

fn many_headers(count: usize) -> String {
    let headers: Vec<_> = (0..count).map(|number| format!("\"x-{number}\": \"\"")).collect();
    format!(r#""external_links": [{{"external_link": "", "http_headers": {{{}}}}}]"#, headers.join(","))
}

#[test]
fn debug_shows_neither_links_nor_data() {
    let result: ResultData = serde_json::from_str(
        r#"{"external_links": [{"external_link": "https://store.example/r?sig=s3cret", "http_headers": {"x-key": "s3cret"}}],
            "attachment": "s3cret", "data_array": [["s3cret"]]}"#,
    )
    .unwrap();
    let shown = format!("{result:?}");
    assert!(shown.contains("ResultData") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_session_is_created_with_what_is_set() {
    let empty = CreateSession { warehouse_id: "w".to_owned(), ..CreateSession::default() };
    assert_eq!(serde_json::to_string(&empty).unwrap(), r#"{"warehouse_id":"w"}"#);
}
