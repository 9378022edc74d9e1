//! A server for a test, and a plain client for it.

use std::io::Read;
use std::sync::{Arc, Once};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use local_warehouse::engine::Engine;
use local_warehouse::{Config, Server};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::engine::Words;

pub(crate) struct Warehouse {
    pub(crate) server: Server,
    pub(crate) words: Words,
    pub(crate) http: reqwest::Client,
}

/// Chunks of a hundred rows.
pub(crate) fn config() -> Config {
    Config { chunk_rows: 100, ..Config::default() }
}

impl Warehouse {
    pub(crate) async fn start(config: Config) -> Self {
        Self::start_with(config, |words| Arc::new(words)).await
    }

    /// Over the engine that `engine` makes.
    pub(crate) async fn start_with(config: Config, engine: impl FnOnce(Words) -> Arc<dyn Engine>) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let words = Words::new();
        let server = Server::start(config, engine(words.clone())).await.unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { server, words, http }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Response> {
        let request = self.http.request(method, format!("{}{path}", self.server.url()));
        let request = request.bearer_auth(self.server.token());
        body.into_iter().fold(request, |request, body| request.json(&body)).send().await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let response = self.send(method, path, body).await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    /// Executes hybrid Arrow LZ4, with these fields on top.
    pub(crate) async fn execute(&self, sql: &str, fields: Value) -> (StatusCode, Value) {
        let mut body = json!({"warehouse_id": "w", "statement": sql, "disposition": "INLINE_OR_EXTERNAL_LINKS",
            "format": "ARROW_STREAM", "result_compression": "LZ4_FRAME"});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.call(Method::POST, "/api/2.0/sql/statements", Some(body)).await
    }

    /// Sets a plan of one rule for the next result.
    pub(crate) async fn fault_result(&self, fault: Value) {
        self.plan(json!([{"on": "result", "do": {"result": fault}}])).await;
    }

    pub(crate) async fn plan(&self, rules: Value) {
        assert_eq!(self.call(Method::POST, "/_faults", Some(rules)).await, (StatusCode::OK, json!({})));
    }

    /// Fetches a link as the client should: no credentials, exactly its headers.
    pub(crate) async fn fetch(&self, link: &Value) -> Response {
        let mut request = self.http.get(link["external_link"].as_str().unwrap());
        for (name, value) in link["http_headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap());
        }
        request.send().await.unwrap()
    }

    /// The ids of all rows, every chunk asked for by its own call and fetched through its link.
    pub(crate) async fn ids_by_chunk(&self, reply: &Value) -> Vec<i64> {
        let mut ids = Vec::new();
        for index in 0..reply["manifest"]["total_chunk_count"].as_u64().unwrap() {
            let (_, chunk) = self.get(&format!("{}/result/chunks/{index}", path(reply))).await;
            let body = self.fetch(&chunk["external_links"][0]).await.bytes().await.unwrap();
            ids.extend(self::ids(&batches(&decompress(&body))));
        }
        ids
    }
}

/// The statement's path.
pub(crate) fn path(reply: &Value) -> String {
    format!("/api/2.0/sql/statements/{}", reply["statement_id"].as_str().unwrap())
}

pub(crate) fn state(reply: &Value) -> &str {
    reply["status"]["state"].as_str().unwrap()
}

/// Decodes all LZ4 frames.
pub(crate) fn decompress(body: &[u8]) -> Vec<u8> {
    let (mut rest, mut decoded) = (body, Vec::new());
    while !rest.is_empty() {
        lz4_flex::frame::FrameDecoder::new(&mut rest).read_to_end(&mut decoded).unwrap();
    }
    decoded
}

pub(crate) fn batches(stream: &[u8]) -> Vec<RecordBatch> {
    StreamReader::try_new(stream, None).unwrap().collect::<Result<_, _>>().unwrap()
}

pub(crate) fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}
