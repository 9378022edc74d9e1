//! Files of volumes: the calls that make links, the store behind them, and the statements that ask for a transfer.

use std::time::Duration;

use local_warehouse::Config;
use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Warehouse, config};

const PATH: &str = "/Volumes/main/default/v/a b.txt";

/// A warehouse with the volume `main.default.v` in a folder that lives as long.
async fn warehouse(change: impl FnOnce(&mut Config)) -> (Warehouse, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("main/default/v")).unwrap();
    let mut config = Config { volumes: Some(folder.path().to_owned()), ..config() };
    change(&mut config);
    (Warehouse::start(config).await, folder)
}

async fn link(warehouse: &Warehouse, kind: &str, path: &str) -> (StatusCode, Value) {
    let body = json!({"path": path});
    warehouse.call(Method::POST, &format!("/api/2.0/fs/create-{kind}-url"), Some(body)).await
}

/// A request to a link as the client should make it.
async fn follow(warehouse: &Warehouse, method: Method, link: &Value, body: &str) -> Response {
    let mut request = warehouse.http.request(method, link["url"].as_str().unwrap()).body(body.to_owned());
    for header in link["headers"].as_array().into_iter().flatten() {
        request = request.header(header["name"].as_str().unwrap(), header["value"].as_str().unwrap());
    }
    request.send().await.unwrap()
}

async fn put(warehouse: &Warehouse, path: &str, text: &str) {
    let (_, link) = link(warehouse, "upload", path).await;
    assert_eq!(follow(warehouse, Method::PUT, &link, text).await.status(), StatusCode::CREATED);
}

async fn list(warehouse: &Warehouse, path: &str) -> (StatusCode, Value) {
    warehouse.get(&format!("/api/2.0/fs/list?path={path}")).await
}

#[tokio::test]
async fn file_is_written_listed_read_in_parts_and_removed() {
    let (warehouse, folder) = warehouse(|_| ()).await;
    assert_eq!(list(&warehouse, "/Volumes/main/default/v").await, (StatusCode::OK, json!({})));
    put(&warehouse, PATH, "0123456789").await;
    assert_eq!(std::fs::read(folder.path().join("main/default/v/a b.txt")).unwrap(), b"0123456789");
    let (_, listed) = list(&warehouse, "/Volumes/main/default/v").await;
    let file = &listed["files"][0];
    assert_eq!(
        (&file["path"], &file["name"], &file["is_dir"], &file["file_size"]),
        (&json!(PATH), &json!("a b.txt"), &json!(false), &json!(10))
    );
    assert!(file["modification_time"].as_i64().unwrap() > 1_500_000_000_000);

    let (_, read) = link(&warehouse, "download", PATH).await;
    assert_eq!(follow(&warehouse, Method::GET, &read, "").await.text().await.unwrap(), "0123456789");
    let part = warehouse.http.get(read["url"].as_str().unwrap()).header(RANGE, "bytes=4-").send().await.unwrap();
    assert_eq!(
        (part.status(), part.headers()[CONTENT_RANGE].to_str().unwrap()),
        (StatusCode::PARTIAL_CONTENT, "bytes 4-9/10")
    );
    assert_eq!(part.text().await.unwrap(), "456789");

    let (_, remove) = link(&warehouse, "delete", PATH).await;
    assert_eq!(follow(&warehouse, Method::DELETE, &remove, "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(follow(&warehouse, Method::DELETE, &remove, "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(follow(&warehouse, Method::GET, &read, "").await.status(), StatusCode::NOT_FOUND);
}

#[rstest]
#[case::missing_volume("/Volumes/main/default/none/a", StatusCode::NOT_FOUND, "NOT_FOUND")]
#[case::above("/Volumes/main/default/v/../../../../etc/passwd", StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE")]
#[case::volume_itself("/Volumes/main/default/v", StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE")]
#[case::elsewhere("/tmp/a", StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE")]
#[tokio::test]
async fn path_that_is_no_file_of_a_volume_gets_no_link(
    #[case] path: &str,
    #[case] status: StatusCode,
    #[case] code: &str,
) {
    let (warehouse, _folder) = warehouse(|_| ()).await;
    for kind in ["upload", "download", "delete"] {
        let (found, body) = link(&warehouse, kind, path).await;
        assert_eq!((found, &body["error_code"]), (status, &json!(code)));
    }
}

#[tokio::test]
async fn missing_folder_cannot_be_listed() {
    let (warehouse, _folder) = warehouse(|_| ()).await;
    let (status, body) = list(&warehouse, "/Volumes/main/default/v/none").await;
    assert_eq!((status, &body["error_code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn store_takes_no_credentials_no_other_file_and_no_upload_without_its_headers() {
    let (warehouse, folder) = warehouse(|_| ()).await;
    put(&warehouse, PATH, "old").await;
    let (_, link) = link(&warehouse, "upload", PATH).await;
    let url = link["url"].as_str().unwrap();
    let code = |response: Response| async move { (response.status(), response.text().await.unwrap()) };

    let (status, body) = code(warehouse.http.put(url).body("new").send().await.unwrap()).await;
    assert!(status == StatusCode::FORBIDDEN && body.contains("AccessDenied"), "{body}");
    let with_token = warehouse.http.put(url).header("x-ms-blob-type", "BlockBlob").header(AUTHORIZATION, "Bearer t");
    let (status, body) = code(with_token.body("new").send().await.unwrap()).await;
    assert!(status == StatusCode::BAD_REQUEST && body.contains("InvalidArgument"), "{body}");
    let other = warehouse.http.put(url.replace("a%20b", "b")).header("x-ms-blob-type", "BlockBlob");
    let (status, body) = code(other.body("new").send().await.unwrap()).await;
    assert!(status == StatusCode::FORBIDDEN && body.contains("SignatureDoesNotMatch"), "{body}");
    assert_eq!(follow(&warehouse, Method::DELETE, &link, "").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(std::fs::read(folder.path().join("main/default/v/a b.txt")).unwrap(), b"old");
}

#[tokio::test]
async fn link_to_a_file_ends() {
    let (warehouse, _folder) = warehouse(|config| config.link_ttl = Duration::ZERO).await;
    let (_, link) = link(&warehouse, "upload", PATH).await;
    let response = follow(&warehouse, Method::PUT, &link, "text").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.text().await.unwrap().contains("ExpiredToken"));
}

#[tokio::test]
async fn statement_answers_one_row_that_says_what_to_transfer() {
    let (warehouse, _folder) = warehouse(|_| ()).await;
    put(&warehouse, PATH, "old").await;
    for (sql, operation, local) in [
        (format!("PUT '/tmp/x' INTO '{PATH}' OVERWRITE"), "PUT", Some("/tmp/x")),
        (format!("GET '{PATH}' TO '/tmp/x'"), "GET", Some("/tmp/x")),
        (format!("REMOVE '{PATH}'"), "REMOVE", None),
    ] {
        let fields = json!({"disposition": "INLINE", "format": "JSON_ARRAY", "result_compression": "NONE"});
        let (_, reply) = warehouse.execute(&sql, fields).await;
        assert_eq!(
            (&reply["manifest"]["is_volume_operation"], &reply["manifest"]["total_row_count"]),
            (&json!(true), &json!(1))
        );
        let row = reply["result"]["data_array"][0].as_array().unwrap();
        assert_eq!((row[0].as_str(), row.get(3).and_then(Value::as_str)), (Some(operation), local));
        assert!(row[1].as_str().unwrap().contains("/_files/Volumes/main/default/v/a%20b.txt?"));
        let names: Vec<_> = reply["manifest"]["schema"]["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, &["operation", "presignedUrl", "headers", "localFile"][..row.len()]);
    }
    let (_, reply) = warehouse.execute("ROWS 1", json!({})).await;
    assert_eq!(reply["manifest"].get("is_volume_operation"), None);
}

#[rstest]
#[case::existing(&format!("PUT '/tmp/x' INTO '{PATH}'"), "42K04")]
#[case::missing("GET '/Volumes/main/default/v/none' TO '/tmp/x'", "42K03")]
#[case::missing_removed("REMOVE '/Volumes/main/default/v/none'", "42K03")]
#[case::no_volume("PUT '/tmp/x' INTO '/Volumes/main/default/none/a'", "42704")]
#[case::syntax("PUT '/tmp/x' '/Volumes/main/default/v/a'", "42601")]
#[case::escape("GET '/Volumes/main/default/v/../../../../etc/passwd' TO '/tmp/x'", "22023")]
#[tokio::test]
async fn statement_that_cannot_be_carried_out_fails_with_its_state(#[case] sql: &str, #[case] sql_state: &str) {
    let (warehouse, _folder) = warehouse(|_| ()).await;
    put(&warehouse, PATH, "old").await;
    let (_, reply) = warehouse.execute(sql, json!({})).await;
    assert_eq!(
        (&reply["status"]["state"], &reply["status"]["sql_state"]),
        (&json!("FAILED"), &json!(sql_state)),
        "{reply}"
    );
}
