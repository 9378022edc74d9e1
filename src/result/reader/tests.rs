use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array};
use bytes::Bytes;
use lz4_flex::frame::FrameEncoder;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};

use super::super::decode;
use super::*;
use crate::result::decode::check::tests::{batch, stream};
use crate::sea::wire::{ExternalLink, ResultData};
use crate::transport::{Attempts, ByteRange, Failure, LineRecord, ReplyBody, RetryConfig, RetryPolicy, SentRange};

mod limits;
mod zone;

/// What the store answers to one request for a link.
#[derive(Clone)]
enum Fetch {
    Body(Vec<u8>),
    /// These bytes, and then the connection breaks.
    Broken(Vec<u8>),
    Status(i32),
}

/// A server and a store that answer from a script; the last answer for a link or chunk repeats.
#[derive(Default)]
struct Script {
    chunks: Mutex<HashMap<i64, VecDeque<Result<Value, Code>>>>,
    fetches: Mutex<HashMap<String, VecDeque<Fetch>>>,
    /// What was asked, in order: `chunk 1`, `get b`, `finished`.
    log: Mutex<Vec<String>>,
    logged: Notify,
    calls: AtomicUsize,
    /// Lets bodies through, one a permit; all of them when absent.
    gate: Option<Semaphore>,
    /// How long a first byte takes.
    latency: Duration,
    retry: RetryPolicy,
}

impl Script {
    fn new() -> Self {
        Self::default()
    }

    fn gated() -> Self {
        Self { gate: Some(Semaphore::new(0)), ..Self::default() }
    }

    fn chunk(self, index: i64, answer: Result<Value, Code>) -> Self {
        self.chunks.lock().unwrap().entry(index).or_default().push_back(answer);
        self
    }

    fn fetch(self, url: &str, answer: Fetch) -> Self {
        self.fetches.lock().unwrap().entry(url.to_owned()).or_default().push_back(answer);
        self
    }

    /// Links `a` to `z` for the chunks from 0 on, each with one body of the same rows.
    fn with_links(self, count: i64, rows: i64) -> Self {
        (0..count).fold(self, |script, index| {
            let next = (index + 1 < count).then_some(index + 1);
            let body = Fetch::Body(compressed(&chunk(index * rows, rows)));
            script.chunk(index, Ok(link(index, next))).fetch(&name(index), body)
        })
    }

    fn write(&self, line: String) {
        self.log.lock().unwrap().push(line);
        self.logged.notify_one();
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.log().iter().filter(|logged| logged.starts_with(line)).count()
    }

    /// Waits until `count` lines begin with `line`.
    async fn until(&self, line: &str, count: usize) {
        while self.count(line) < count {
            self.logged.notified().await;
        }
    }

    fn open_gate(&self, bodies: usize) {
        self.gate.as_ref().unwrap().add_permits(bodies);
    }
}

impl Backend for Script {
    type Body = ScriptedBody;

    async fn chunk(&self, index: i64) -> Result<ResultData> {
        assert_eq!(self.calls.fetch_add(1, Ordering::SeqCst), 0, "one call at a time");
        self.write(format!("chunk {index}"));
        tokio::task::yield_now().await;
        self.calls.fetch_sub(1, Ordering::SeqCst);
        let mut chunks = self.chunks.lock().unwrap();
        let answer = chunks.get_mut(&index).map(next_answer).unwrap_or(Err(Code::NotFound));
        answer.map(|value| serde_json::from_value(value).unwrap()).map_err(|code| Error::new(code, "scripted"))
    }

    async fn open(&self, link: &ExternalLink, _range: Option<ByteRange>, _: u32) -> Result<ScriptedBody, Failure> {
        let url = &link.external_link;
        self.write(format!("get {url}"));
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        match next_answer(self.fetches.lock().unwrap().get_mut(url).unwrap()) {
            Fetch::Body(bytes) => Ok(ScriptedBody { length: bytes.len(), rest: bytes, breaks: false }),
            Fetch::Broken(bytes) => Ok(ScriptedBody { length: bytes.len() + 1, rest: bytes, breaks: true }),
            Fetch::Status(status) => {
                Err(Error { http_status: Some(status), ..Error::new(Code::PermissionDenied, "scripted") }.into())
            }
        }
    }

    fn attempts(&self) -> Attempts {
        Attempts::new(&self.retry)
    }

    fn line(&self) -> Arc<Mutex<LineRecord>> {
        Arc::default()
    }

    fn finished(&self) {
        self.write("finished".to_owned());
    }
}

/// A session that is never asked.
struct NoZone;

impl SessionZone for NoZone {
    fn seen(&self, _: &str) {}

    fn zone(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Result<String>> + Send>> {
        Box::pin(async { panic!("the session was asked for its zone") })
    }
}

fn next_answer<T: Clone>(answers: &mut VecDeque<T>) -> T {
    if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
}

struct ScriptedBody {
    rest: Vec<u8>,
    length: usize,
    breaks: bool,
}

impl ReplyBody for ScriptedBody {
    fn content_length(&self) -> Option<u64> {
        Some(self.length as u64)
    }

    fn sent_range(&self) -> Option<SentRange> {
        None
    }

    fn takes_ranges(&self) -> bool {
        false
    }

    fn version(&self) -> Option<&[u8]> {
        None
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.rest.is_empty() {
            let broken = || Err(Error::new(Code::NetworkError, "the connection broke"));
            return if self.breaks { broken() } else { Ok(None) };
        }
        let piece = self.rest.drain(..self.rest.len().min(100)).collect::<Vec<u8>>();
        Ok(Some(piece.into()))
    }
}

/// The name of a chunk's link.
fn name(index: i64) -> String {
    char::from(b'a' + index as u8).to_string()
}

fn link(index: i64, next: Option<i64>) -> Value {
    link_named(index, &name(index), next)
}

fn link_named(index: i64, url: &str, next: Option<i64>) -> Value {
    let mut link = json!({"chunk_index": index, "external_link": url, "expiration": "2999-01-01T00:00:00Z"});
    if let Some(next) = next {
        link["next_chunk_index"] = next.into();
    }
    json!({"external_links": [link]})
}

/// An Arrow stream of one BIGINT column that counts from `first`.
fn chunk(first: i64, rows: i64) -> Vec<u8> {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + rows));
    let batch = RecordBatch::try_from_iter([("other_name", numbers)]).unwrap();
    ChunkData::encode(&batch.schema(), &[batch]).unwrap().stream.to_vec()
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A statement that succeeded with `chunks` chunks of `rows` rows each.
fn response(chunks: i64, rows: i64, result: Value) -> Value {
    let listed: Vec<Value> = (0..chunks)
        .map(|index| json!({"chunk_index": index, "row_offset": index * rows, "row_count": rows, "byte_count": 1000}))
        .collect();
    json!({
        "statement_id": "id", "status": {"state": "SUCCEEDED"}, "result": result,
        "manifest": {
            "format": "ARROW_STREAM", "result_compression": "LZ4_FRAME",
            "schema": {"columns": [{"name": "n", "type_name": "LONG", "type_text": "BIGINT", "position": 0}]},
            "total_chunk_count": chunks, "total_row_count": chunks * rows, "chunks": listed,
        },
    })
}

fn open_with(
    script: &Arc<Script>,
    response: Value,
    memory_budget: Option<i64>,
    downloads: usize,
) -> Result<ResultReader> {
    let config = ResultConfig { memory_budget, ..ResultConfig::default() };
    let response = serde_json::from_value(response).unwrap();
    ResultReader::open(Arc::clone(script), response, &config, None, Arc::new(NoZone), downloads)
}

fn open(script: &Arc<Script>, response: Value) -> ResultReader {
    open_with(script, response, None, 4).unwrap()
}

fn numbers(chunk: &ChunkData) -> Vec<i64> {
    let batches = decode(chunk).unwrap();
    assert!(batches.iter().all(|batch| batch.schema().field(0).name() == "n"));
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

/// The numbers of every chunk.
async fn read_all(reader: &mut ResultReader) -> Result<Vec<Vec<i64>>> {
    let mut all = Vec::new();
    while let Some(chunk) = reader.next_chunk().await? {
        all.push(numbers(&chunk));
    }
    Ok(all)
}

#[rstest]
#[case::one_link_a_reply(link(0, Some(1)))]
#[case::no_link_yet(json!({}))]
#[tokio::test]
async fn next_chunk_gives_every_chunk_of_every_link_in_order(#[case] result: Value) {
    let script = Arc::new(Script::new().with_links(9, 10));
    let mut reader = open(&script, response(9, 10, result));
    let expected: Vec<Vec<i64>> = (0..9).map(|index| (index * 10..index * 10 + 10).collect()).collect();
    assert_eq!(read_all(&mut reader).await.unwrap(), expected);
    assert!(reader.next_chunk().await.unwrap().is_none());
    assert_eq!(script.count("get"), 9);
    assert_eq!(script.log().last().unwrap(), "finished");
    drop(reader);
    assert_eq!(script.count("finished"), 1);
}

#[tokio::test]
async fn next_chunk_reads_attachments_and_goes_on_with_chunk_calls() {
    let attachment = |index: i64, next: Option<i64>| {
        let mut reply =
            json!({"chunk_index": index, "row_count": 2, "attachment": base64(&compressed(&chunk(index * 2, 2)))});
        if let Some(next) = next {
            reply["next_chunk_index"] = next.into();
        }
        reply
    };
    let script = Arc::new(Script::new().chunk(1, Ok(attachment(1, Some(2)))).chunk(2, Ok(attachment(2, None))));
    let mut reader = open(&script, response(3, 2, attachment(0, Some(1))));
    assert_eq!(read_all(&mut reader).await.unwrap(), [[0, 1], [2, 3], [4, 5]]);
    assert_eq!(script.log(), ["chunk 1", "chunk 2", "finished"]);
}

#[tokio::test]
async fn next_chunk_reads_rows_of_text_and_goes_on_with_chunk_calls() {
    let second = json!({"chunk_index": 1, "data_array": [["30"]]});
    let script = Arc::new(Script::new().chunk(1, Ok(second)));
    let first = json!({"chunk_index": 0, "next_chunk_index": 1, "data_array": [["10"], ["20"]]});
    let mut response = response(0, 0, first);
    response["manifest"] = json!({
        "format": "JSON_ARRAY", "schema": response["manifest"]["schema"], "total_chunk_count": 2, "total_row_count": 3,
    });
    assert_eq!(read_all(&mut open(&script, response)).await.unwrap(), [vec![10, 20], vec![30]]);
    assert_eq!(script.log(), ["chunk 1", "finished"]);
}

#[tokio::test]
async fn next_chunk_reads_rows_of_text_behind_links() {
    let script = Arc::new(Script::new().fetch("a", Fetch::Body(b"[[\"7\"]]".to_vec())));
    let mut response = response(1, 1, link(0, None));
    response["manifest"]["format"] = "JSON_ARRAY".into();
    response["manifest"]["result_compression"] = "NONE".into();
    assert_eq!(read_all(&mut open(&script, response)).await.unwrap(), [[7]]);
}

#[rstest]
#[case::no_rows(response(0, 0, json!({})), 1)]
#[case::ddl(json!({"statement_id": "id", "status": {"state": "SUCCEEDED"}, "manifest": {"schema": {"column_count": 0}}, "result": {}}), 0)]
#[case::ddl_of_a_closed_statement(json!({"statement_id": "id", "status": {"state": "CLOSED"}, "manifest": {"schema": {}}}), 0)]
#[case::no_rows_uncounted(json!({"statement_id": "id", "status": {"state": "SUCCEEDED"}, "result": {}, "manifest":
    {"schema": {"columns": [{"name": "n", "type_text": "BIGINT"}]}, "total_row_count": 0}}), 1)]
#[tokio::test]
async fn next_chunk_of_an_empty_result_is_none(#[case] response: Value, #[case] columns: usize) {
    let script = Arc::new(Script::new());
    let mut reader = open(&script, response);
    assert_eq!(reader.schema().await.unwrap().fields().len(), columns);
    assert!(reader.next_chunk().await.unwrap().is_none());
    assert_eq!(script.log(), ["finished"]);
}

#[tokio::test]
async fn next_chunk_leaves_out_chunks_without_rows() {
    let script = Script::new()
        .fetch("a", Fetch::Body(compressed(&chunk(0, 0))))
        .fetch("b", Fetch::Body(compressed(&chunk(5, 1))))
        .chunk(1, Ok(link(1, None)));
    let mut response = response(2, 0, link(0, Some(1)));
    response["manifest"]["chunks"][1]["row_count"] = 1.into();
    response["manifest"]["total_row_count"] = 1.into();
    assert_eq!(read_all(&mut open(&Arc::new(script), response)).await.unwrap(), [[5]]);
}

#[rstest]
#[case::no_manifest(json!({"statement_id": "id", "status": {"state": "SUCCEEDED"}, "result": {}}), Code::Internal)]
#[case::neither_counts_nor_chunks(
    json!({"statement_id": "id", "status": {"state": "SUCCEEDED"}, "result": {}, "manifest":
        {"schema": {"columns": [{"name": "n", "type_text": "BIGINT"}]}}}),
    Code::DataLoss
)]
#[case::manifest_that_contradicts_itself(
    { let mut other = response(2, 10, link(0, Some(1))); other["manifest"]["total_row_count"] = 21.into(); other },
    Code::DataLoss
)]
fn open_of_a_reply_that_cannot_be_a_result_is_an_error(#[case] response: Value, #[case] code: Code) {
    let error = open_with(&Arc::new(Script::new()), response, None, 4).err().unwrap();
    assert_eq!(error.code, code, "{error}");
}

/// A result whose length is told by its rows alone.
fn uncounted(rows: i64, result: Value) -> Value {
    let mut uncounted = response(0, 0, result);
    uncounted["manifest"] = json!({"format": "ARROW_STREAM", "result_compression": "LZ4_FRAME",
        "schema": uncounted["manifest"]["schema"], "total_row_count": rows});
    uncounted
}

#[tokio::test]
async fn next_chunk_fetches_nothing_beyond_the_announced_rows() {
    let script = Arc::new(Script::new().with_links(20, 10));
    assert_eq!(read_all(&mut open(&script, uncounted(0, link(0, Some(1))))).await.unwrap(), [[0_i64; 0]; 0]);
    assert_eq!(script.count("get"), 0);
    let mut counted_links = link(0, Some(1));
    counted_links["external_links"][0]["row_count"] = 10.into();
    assert_eq!(read_all(&mut open(&script, uncounted(10, counted_links))).await.unwrap().concat().len(), 10);
    assert_eq!(script.count("get"), 1);
    // Where links do not say how many rows are behind them, those are begun that are read ahead.
    assert_eq!(read_all(&mut open(&script, uncounted(20, link(0, Some(1))))).await.unwrap().concat().len(), 20);
    assert!(script.count("get") <= 1 + 20 / 10 + 4, "{}", script.count("get"));
}

#[tokio::test]
async fn next_chunk_with_more_rows_than_announced_is_data_loss_at_once() {
    let script = Arc::new(Script::new().with_links(20, 10));
    let mut many = response(20, 10, link(0, Some(1)));
    many["manifest"]["chunks"] = json!([]);
    many["manifest"]["total_row_count"] = 15.into();
    let mut reader = open(&script, many);
    assert_eq!(reader.next_chunk().await.unwrap().unwrap().row_count, 10);
    let error = reader.next_chunk().await.unwrap_err();
    let details = "the result has 15 rows, the server delivered 20";
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
}

#[rstest]
#[case::broken(Fetch::Broken(compressed(&chunk(0, 10))[..50].to_vec()))]
#[case::cut_off(Fetch::Body(compressed(&chunk(0, 10))[..50].to_vec()))]
#[case::not_lz4(Fetch::Body(b"<html>".to_vec()))]
#[case::short(Fetch::Body(compressed(&chunk(0, 9))))]
#[case::cut_between_frames(Fetch::Body(compressed(&chunk(0, 10)[..100])))]
#[tokio::test(start_paused = true)]
async fn next_chunk_fetches_a_damaged_chunk_again(#[case] damaged: Fetch) {
    let whole = Fetch::Body(compressed(&chunk(0, 10)));
    let script = Arc::new(Script::new().fetch("a", damaged.clone()).fetch("a", damaged).fetch("a", whole));
    let rows = read_all(&mut open(&script, response(1, 10, link(0, None)))).await.unwrap();
    assert_eq!(rows, [(0..10).collect::<Vec<_>>()]);
    assert_eq!(script.log(), ["get a", "get a", "get a", "finished"]);
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn next_chunk_asks_for_a_fresh_link_when_the_store_refuses_one(#[values(400, 403, 404)] status: i32) {
    let script = Script::new()
        .fetch("old", Fetch::Status(status))
        .fetch("new", Fetch::Body(compressed(&chunk(0, 1))))
        .chunk(0, Ok(link_named(0, "new", None)));
    let script = Arc::new(script);
    let mut reader = open(&script, response(1, 1, link_named(0, "old", None)));
    assert_eq!(read_all(&mut reader).await.unwrap(), [[0]]);
    assert_eq!(script.log(), ["get old", "chunk 0", "get new", "finished"]);
}

#[tokio::test]
async fn next_chunk_asks_for_a_fresh_link_before_one_expires() {
    let script =
        Script::new().fetch("new", Fetch::Body(compressed(&chunk(0, 1)))).chunk(0, Ok(link_named(0, "new", None)));
    let script = Arc::new(script);
    let mut expired = link_named(0, "old", None);
    expired["external_links"][0]["expiration"] = "2020-01-01T00:00:00Z".into();
    assert_eq!(read_all(&mut open(&script, response(1, 1, expired))).await.unwrap(), [[0]]);
    assert_eq!(script.log(), ["chunk 0", "get new", "finished"]);
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn next_chunk_gives_up_after_as_many_attempts_as_the_caller_set_and_then_always_fails(
    #[values(1, 2, 6)] attempts: i32,
) {
    let retry = RetryConfig { max_attempts: Some(attempts), ..RetryConfig::default() };
    let script = Script { retry: RetryPolicy::new(Some(&retry)).unwrap(), ..Script::new() };
    let script = Arc::new(script.fetch("a", Fetch::Body(compressed(&chunk(0, 9)))));
    let mut reader = open(&script, response(1, 10, link(0, None)));
    for _ in 0..2 {
        let error = reader.next_chunk().await.unwrap_err();
        let details = "chunk 0 of the result is not usable: it has 9 rows, 10 were announced";
        assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
    }
    assert_eq!(script.count("get"), attempts as usize);
    assert_eq!(script.count("finished"), 1);
}

#[rstest]
#[case::foreign_schema(
    Script::new().fetch("a", Fetch::Body(compressed(&stream(&[batch(1)])))),
    response(1, 1, link(0, None)),
    "chunk 0 of the result is not usable: it has 8 columns, the manifest has 1"
)]
#[case::chunk_gone(
    Script::new().with_links(1, 10),
    response(2, 10, link(0, Some(1))),
    "chunk 1 of 2 of the result is not on the server any more"
)]
#[case::no_link(
    Script::new().with_links(1, 10).chunk(1, Ok(json!({"external_links": []}))),
    response(2, 10, link(0, Some(1))),
    "the server has no link for chunk 1 of 2"
)]
#[case::closed(
    Script::new().with_links(1, 10),
    { let mut closed = response(2, 10, link(0, Some(1))); closed["status"]["state"] = "CLOSED".into(); closed },
    "the server closed the statement before chunk 1 of 2 was read"
)]
#[case::short_total(
    Script::new().with_links(2, 10),
    { let mut short = response(2, 10, link(0, Some(1)));
      (short["manifest"]["total_row_count"], short["manifest"]["chunks"]) = (21.into(), json!([])); short },
    "the result has 21 rows, the server delivered 20"
)]
#[case::rows_left_out(
    Script::new().chunk(1, Ok({ let mut later = link(1, None); later["external_links"][0]["row_offset"] = 11.into(); later })).with_links(2, 10),
    { let mut uncounted = response(2, 10, link(0, Some(1)));
      (uncounted["manifest"]["total_row_count"], uncounted["manifest"]["chunks"]) = (Value::Null, json!([])); uncounted },
    "chunk 1 of the result begins at row 11 as the server says, and 10 rows came before it"
)]
#[case::damaged_attachment(
    Script::new(),
    response(1, 1, json!({"chunk_index": 0, "attachment": "%"})),
    "chunk 0 of the result is not usable: its base64 is damaged: Invalid symbol 37, offset 0."
)]
#[tokio::test]
async fn next_chunk_of_an_incomplete_result_is_data_loss(
    #[case] script: Script,
    #[case] response: Value,
    #[case] details: &str,
) {
    let script = Arc::new(script);
    let error = read_all(&mut open(&script, response)).await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
    assert_eq!(script.count("finished"), 1);
}

#[tokio::test]
async fn next_chunk_cuts_rows_that_were_not_announced() {
    let script = Arc::new(Script::new().fetch("a", Fetch::Body(compressed(&chunk(0, 100)))));
    assert_eq!(read_all(&mut open(&script, response(1, 3, link(0, None)))).await.unwrap(), [[0, 1, 2]]);
}

#[tokio::test]
async fn next_chunk_delivers_what_is_whole_before_it_fails() {
    let script = Arc::new(Script::new().with_links(3, 10).fetch("b", Fetch::Status(500)));
    // The first answer for `b` is used up by nobody else: make it the failing one.
    script.fetches.lock().unwrap().get_mut("b").unwrap().pop_front();
    let mut reader = open(&script, response(3, 10, link(0, Some(1))));
    assert_eq!(numbers(&reader.next_chunk().await.unwrap().unwrap()).len(), 10);
    assert_eq!(reader.next_chunk().await.unwrap_err().http_status, Some(500));
}

#[tokio::test]
async fn drop_stops_the_downloads_and_finishes_once() {
    let script = Arc::new(Script::gated().with_links(10, 10));
    let mut reader = open(&script, response(10, 10, link(0, Some(1))));
    tokio::select! {
        biased;
        _ = reader.next_chunk() => panic!("no body was sent"),
        () = script.until("get", 4) => {}
    }
    assert_eq!(script.count("finished"), 0);
    drop(reader);
    script.until("finished", 1).await;
    script.open_gate(10);
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!((script.count("get"), script.count("finished")), (4, 1));
}

#[tokio::test]
async fn drop_of_a_result_that_was_not_read_downloads_nothing() {
    let script = Arc::new(Script::new().with_links(2, 10));
    drop(open(&script, response(2, 10, link(0, Some(1)))));
    assert_eq!(script.log(), ["finished"]);
}

#[tokio::test]
async fn put_back_makes_a_chunk_the_next_again() {
    let script = Arc::new(Script::new().with_links(2, 1));
    let mut reader = open(&script, response(2, 1, link(0, Some(1))));
    let first = reader.next_chunk().await.unwrap().unwrap();
    reader.put_back(first);
    assert_eq!(read_all(&mut reader).await.unwrap(), [[0], [1]]);
}

#[rstest]
#[case(0, &[])]
#[case(2, &[2])]
#[tokio::test]
async fn from_batch_reads_the_batch(#[case] rows: i64, #[case] expected: &[usize]) {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
    let mut reader = ResultReader::from_batch(&batch).unwrap();
    assert_eq!((reader.schema().await.unwrap(), reader.total_row_count()), (batch.schema(), Some(rows)));
    let lengths: Vec<_> = read_all(&mut reader).await.unwrap().iter().map(Vec::len).collect();
    assert_eq!(lengths, expected);
}

#[test]
fn open_refuses_a_budget_of_nothing() {
    let error = open_with(&Arc::new(Script::new()), response(0, 0, json!({})), Some(0), 1).err().unwrap();
    assert_eq!(error.code, Code::InvalidArgument);
}

#[rstest]
#[case("format", "CSV")]
#[case("result_compression", "GZIP")]
fn open_refuses_what_was_not_asked_for(#[case] key: &str, #[case] value: &str) {
    let mut response = response(1, 1, link(0, None));
    response["manifest"][key] = value.into();
    let error = open_with(&Arc::new(Script::new()), response, None, 1).err().unwrap();
    assert_eq!(error.code, Code::Unknown);
}
