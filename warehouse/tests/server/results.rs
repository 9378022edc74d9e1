//! The shapes of results.

use local_warehouse::Config;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Warehouse, batches, config, decompress, ids, path, state};

#[tokio::test]
async fn result_beyond_the_memory_is_read_back_from_disk() {
    let warehouse = Warehouse::start(Config { memory_bytes: 1, inline_bytes: 1, ..config() }).await;
    let (_, reply) = warehouse.execute("ROWS 1050", json!({"disposition": "EXTERNAL_LINKS"})).await;
    assert_eq!(reply["manifest"]["total_chunk_count"], 11);
    assert_eq!(warehouse.ids_by_chunk(&reply).await, (0..1050).collect::<Vec<_>>());
    let fields = json!({"disposition": "INLINE", "format": "JSON_ARRAY", "result_compression": null});
    let (_, reply) = warehouse.execute("ROWS 2", fields).await;
    assert_eq!(reply["result"]["data_array"], json!([["0", "text of the row 0"], ["1", "text of the row 1"]]));
}

#[rstest]
#[case("ARROW_STREAM", json!("LZ4_FRAME"), Some("LZ4_FRAME"))]
#[case("ARROW_STREAM", json!("NONE"), Some("NONE"))]
#[case("JSON_ARRAY", json!("NONE"), None)]
#[case("CSV", json!("NONE"), None)]
#[tokio::test]
async fn links_carry_every_format_with_its_sizes(
    #[case] format: &str,
    #[case] compression: Value,
    #[case] reported: Option<&str>,
) {
    let warehouse = Warehouse::start(config()).await;
    let fields = json!({"disposition": "EXTERNAL_LINKS", "format": format, "result_compression": compression});
    let (_, reply) = warehouse.execute("ROWS 150", fields).await;
    let manifest = &reply["manifest"];
    assert_eq!(manifest.get("result_compression").and_then(Value::as_str), reported);
    assert_eq!(reply["result"]["external_links"].as_array().unwrap().len(), 1);
    let sizes: Vec<u64> =
        manifest["chunks"].as_array().unwrap().iter().map(|chunk| chunk["byte_count"].as_u64().unwrap()).collect();
    assert_eq!(manifest["total_byte_count"], sizes.iter().sum::<u64>());
    let body = warehouse.fetch(&reply["result"]["external_links"][0]).await.bytes().await.unwrap();
    let body = if reported == Some("LZ4_FRAME") { decompress(&body) } else { body.to_vec() };
    assert_eq!(body.len() as u64, sizes[0]);
    match format {
        "ARROW_STREAM" => assert_eq!(ids(&batches(&body)), (0..100).collect::<Vec<_>>()),
        "CSV" => assert!(body.starts_with(b"id,text\r\n0,text of the row 0\r\n")),
        _ => assert!(body.starts_with(br#"[["0","text of the row 0"],"#)),
    }
}

#[tokio::test]
async fn inline_rows_have_no_sizes_and_no_compression() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 150", json!({"disposition": "INLINE", "format": "JSON_ARRAY"})).await;
    let manifest = &reply["manifest"];
    assert_eq!(
        manifest["chunks"],
        json!([{"chunk_index": 0, "row_offset": 0, "row_count": 100}, {"chunk_index": 1, "row_offset": 100, "row_count": 50}])
    );
    assert_eq!((manifest.get("total_byte_count"), manifest.get("result_compression")), (None, None));
    assert_eq!(reply["result"]["next_chunk_index"], 1);
    let (_, next) = warehouse.get(reply["result"]["next_chunk_internal_link"].as_str().unwrap()).await;
    assert_eq!(next["data_array"][49], json!(["149", "text of the row 149"]));
    assert_eq!(next.get("next_chunk_index"), None);
}

#[tokio::test]
async fn inline_rows_beyond_25_mib_fail() {
    let warehouse = Warehouse::start(Config::default()).await;
    let (status, reply) = warehouse
        .execute("ROWS 1000000", json!({"disposition": "INLINE", "format": "JSON_ARRAY", "wait_timeout": "50s"}))
        .await;
    assert_eq!((status, state(&reply)), (StatusCode::OK, "FAILED"));
    assert_eq!(reply["status"]["sql_state"], "54000");
    assert!(reply["status"]["error"]["message"].as_str().unwrap().contains("EXTERNAL_LINKS"));
    assert_eq!(reply.get("manifest"), None);
}

#[rstest]
#[case(json!({"row_limit": 299}), 299, true)]
#[case(json!({"row_limit": 300}), 300, false)]
#[case(json!({"row_limit": 301}), 300, false)]
#[case(json!({"byte_limit": 1}), 1, true)]
#[case(json!({"byte_limit": 1_000_000}), 300, false)]
#[tokio::test]
async fn limits_truncate_and_say_so(#[case] fields: Value, #[case] rows: u64, #[case] truncated: bool) {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 300", fields).await;
    assert_eq!(reply["manifest"]["total_row_count"], rows);
    assert_eq!(reply["manifest"]["truncated"], truncated);
    warehouse.words.runs(0).await;
}

#[tokio::test]
async fn limit_stops_an_endless_answer() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ENDLESS", json!({"row_limit": 10})).await;
    assert_eq!((state(&reply), &reply["manifest"]["truncated"]), ("SUCCEEDED", &json!(true)));
    warehouse.words.runs(0).await;
}

#[tokio::test]
async fn nothing_is_answered_without_columns_and_no_rows_with_them() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("NOTHING", json!({})).await;
    assert_eq!(reply["manifest"]["schema"], json!({"column_count": 0}));
    assert_eq!(reply["result"], json!({}));
    let (_, reply) = warehouse.execute("ROWS 0", json!({})).await;
    assert_eq!(reply["manifest"]["schema"]["column_count"], 2);
    assert_eq!((reply["manifest"].get("chunks"), &reply["result"]), (None, &json!({})));
    assert_eq!(
        (&reply["manifest"]["total_chunk_count"], &reply["manifest"]["total_byte_count"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn hybrid_links_come_in_groups_that_lead_on() {
    let warehouse = Warehouse::start(Config { chunk_rows: 10, ..Config::default() }).await;
    let (_, reply) = warehouse.execute("ROWS 400", json!({})).await;
    let first = reply["result"]["external_links"].as_array().unwrap();
    assert_eq!((first.len(), &first[31]["next_chunk_index"]), (32, &json!(32)));
    let next = first[31]["next_chunk_internal_link"].as_str().unwrap();
    assert_eq!(next, format!("{}/result/chunks/32", path(&reply)));
    let (_, rest) = warehouse.get(next).await;
    let rest = rest["external_links"].as_array().unwrap();
    assert_eq!((rest.len(), &rest[7]["chunk_index"], rest[7].get("next_chunk_index")), (8, &json!(39), None));
}
