//! The zone of TIMESTAMP columns.

use arrow_array::builder::{ListBuilder, TimestampMicrosecondBuilder};
use arrow_array::types::TimestampMicrosecondType;
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::*;

const LOS_ANGELES: &str = "America/Los_Angeles";
/// 2024-07-01 12:00 in UTC.
const NOON: i64 = 1_719_835_200_000_000;

/// A session in Tokyo that counts what it is asked and keeps what it is told.
#[derive(Default)]
struct Tokyo {
    asked: AtomicUsize,
    seen: Mutex<Vec<String>>,
}

impl SessionZone for Tokyo {
    fn seen(&self, zone: &str) {
        self.seen.lock().unwrap().push(zone.to_owned());
    }

    fn zone(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Result<String>> + Send>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok("Asia/Tokyo".to_owned()) })
    }
}

impl Tokyo {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// `noons` timestamps in `zone`, or lists of one each.
fn noons(zone: &str, noons: usize, nested: bool) -> Vec<u8> {
    let mut builder = ListBuilder::new(TimestampMicrosecondBuilder::new().with_timezone(zone));
    (0..noons).for_each(|_| builder.append_value([Some(NOON)]));
    let lists = builder.finish();
    let column: ArrayRef = if nested { Arc::new(lists) } else { Arc::clone(lists.values()) };
    let batch = RecordBatch::try_from_iter([("t", column)]).unwrap();
    ChunkData::encode(&batch.schema(), &[batch]).unwrap().stream.to_vec()
}

/// A server with a chunk of one timestamp in each of `zones`.
fn script(zones: &[&str], nested: bool) -> Arc<Script> {
    let with_chunk = |script: Script, (index, zone): (i64, &&str)| {
        let next = (index + 1 < zones.len() as i64).then_some(index + 1);
        script.chunk(index, Ok(link(index, next))).fetch(&name(index), Fetch::Body(compressed(&noons(zone, 1, nested))))
    };
    Arc::new((0..).zip(zones).fold(Script::new(), with_chunk))
}

fn timestamps(chunks: i64, type_text: &str) -> Value {
    let mut response = response(chunks, 1, if chunks == 0 { json!({}) } else { link(0, (chunks > 1).then_some(1)) });
    response["manifest"]["schema"] = json!({"columns": [{"name": "t", "type_text": type_text, "position": 0}]});
    response
}

fn open_in(
    script: &Arc<Script>,
    response: Value,
    zone: Option<&str>,
    session: &Arc<Tokyo>,
    config: &ResultConfig,
) -> ResultReader {
    let response = serde_json::from_value(response).unwrap();
    ResultReader::open(Arc::clone(script), response, config, zone, Arc::clone(session) as _, 4).unwrap()
}

fn opened(script: &Arc<Script>, response: Value, zone: Option<&str>, session: &Arc<Tokyo>) -> ResultReader {
    open_in(script, response, zone, session, &ResultConfig::default())
}

fn zoned(zone: &str) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()))
}

async fn type_of(reader: &mut ResultReader) -> DataType {
    reader.schema().await.unwrap().field(0).data_type().clone()
}

#[tokio::test]
async fn schema_has_the_zone_of_the_first_chunk_which_stays_to_be_read() {
    let (script, session) = (script(&[LOS_ANGELES, LOS_ANGELES], false), Arc::default());
    let mut reader = opened(&script, timestamps(2, "TIMESTAMP"), None, &session);
    assert!(reader.known_schema().is_none());
    assert_eq!(type_of(&mut reader).await, zoned(LOS_ANGELES));
    for _ in 0..2 {
        let chunk = reader.next_chunk().await.unwrap().unwrap();
        let batch = decode(&chunk).unwrap().remove(0);
        assert_eq!(batch.schema().field(0).data_type(), &zoned(LOS_ANGELES));
        assert_eq!(batch.column(0).as_primitive::<TimestampMicrosecondType>().value(0), NOON);
    }
    assert!(reader.next_chunk().await.unwrap().is_none());
    assert_eq!(script.count("get"), 2);
    assert_eq!((session.asked(), session.seen.lock().unwrap().as_slice()), (0, [LOS_ANGELES.to_owned()].as_slice()));
}

#[tokio::test]
async fn schema_of_an_attachment_waits_for_no_request() {
    let (script, session) = (Arc::new(Script::new()), Arc::default());
    let mut response = timestamps(1, "TIMESTAMP");
    response["result"] = json!({"chunk_index": 0, "attachment": base64(&compressed(&noons("+5:30", 1, false)))});
    let mut reader = opened(&script, response, None, &session);
    assert_eq!(type_of(&mut reader).await, zoned("+05:30"));
    assert_eq!(reader.next_chunk().await.unwrap().unwrap().row_count, 1);
    assert_eq!(script.count("get") + script.count("chunk"), 0);
}

#[tokio::test]
async fn the_clients_zone_is_that_of_every_chunk() {
    let (script, session) = (script(&[LOS_ANGELES, "Etc/UTC"], false), Arc::default());
    let mut reader = opened(&script, timestamps(2, "TIMESTAMP"), Some("Europe/Berlin"), &session);
    assert_eq!(reader.known_schema().unwrap().field(0).data_type(), &zoned("Europe/Berlin"));
    while let Some(chunk) = reader.next_chunk().await.unwrap() {
        assert_eq!(decode(&chunk).unwrap()[0].schema().field(0).data_type(), &zoned("Europe/Berlin"));
    }
    assert_eq!(session.seen.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_later_chunk_in_another_zone_is_data_loss() {
    let (script, session) = (script(&[LOS_ANGELES, LOS_ANGELES, "Etc/UTC"], false), Arc::default());
    let mut reader = opened(&script, timestamps(3, "TIMESTAMP"), None, &session);
    assert!(reader.next_chunk().await.unwrap().is_some());
    assert!(reader.next_chunk().await.unwrap().is_some());
    let error = reader.next_chunk().await.unwrap_err();
    let details = "the result begins with timestamps in the zone America/Los_Angeles, and a later chunk has Etc/UTC";
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
    assert_eq!(type_of(&mut reader).await, zoned(LOS_ANGELES));
}

#[rstest]
#[case::list("ARRAY<TIMESTAMP>")]
#[tokio::test]
async fn nested_timestamps_have_the_zone_of_their_chunk(#[case] type_text: &str) {
    let (script, session) = (script(&[LOS_ANGELES], true), Arc::default());
    let mut reader = opened(&script, timestamps(1, type_text), None, &session);
    let expected = DataType::List(Arc::new(Field::new("element", zoned(LOS_ANGELES), true)));
    assert_eq!(type_of(&mut reader).await, expected);
    let batch = decode(&reader.next_chunk().await.unwrap().unwrap()).unwrap().remove(0);
    assert_eq!(batch.schema().field(0).data_type(), &expected);
}

#[tokio::test]
async fn json_text_of_timestamps_has_the_offset_of_their_chunks_zone() {
    let (script, session) = (script(&[LOS_ANGELES], true), Arc::default());
    let config = ResultConfig { complex_types_as_json: true, ..ResultConfig::default() };
    let mut reader = open_in(&script, timestamps(1, "ARRAY<TIMESTAMP>"), None, &session, &config);
    assert_eq!(reader.known_schema().unwrap().field(0).data_type(), &DataType::Utf8);
    let batch = decode(&reader.next_chunk().await.unwrap().unwrap()).unwrap().remove(0);
    assert_eq!(batch.column(0).as_string::<i32>().value(0), r#"["2024-07-01T05:00:00-07:00"]"#);
}

#[rstest]
#[case::empty(timestamps(0, "TIMESTAMP"), 0)]
#[case::rows_of_text(
    { let mut text = timestamps(1, "TIMESTAMP");
      text["manifest"]["format"] = "JSON_ARRAY".into();
      text["result"] = json!({"chunk_index": 0, "data_array": [["2024-07-01 21:00:00"]]});
      text },
    1
)]
#[tokio::test]
async fn what_no_chunk_tells_the_session_is_asked_for_once(#[case] response: Value, #[case] rows: usize) {
    let (script, session) = (Arc::new(Script::new()), Arc::default());
    let mut reader = opened(&script, response, None, &session);
    assert_eq!(session.asked(), 0);
    let mut read = Vec::new();
    while let Some(chunk) = reader.next_chunk().await.unwrap() {
        let batch = decode(&chunk).unwrap().remove(0);
        read.push(batch.column(0).as_primitive::<TimestampMicrosecondType>().value(0));
    }
    assert_eq!((session.asked(), read), (rows, vec![NOON; rows]));
    assert_eq!(type_of(&mut reader).await, zoned("Asia/Tokyo"));
    assert_eq!(session.asked(), 1);
}

#[tokio::test]
async fn schema_after_the_end_is_in_the_sessions_zone() {
    let (script, session) = (script(&[LOS_ANGELES], false), Arc::default());
    let mut reader = opened(&script, timestamps(1, "TIMESTAMP"), None, &session);
    reader.end();
    assert_eq!(type_of(&mut reader).await, zoned("Asia/Tokyo"));
    assert_eq!(reader.next_chunk().await.unwrap_err().code, Code::InvalidStatementHandle);
    assert_eq!(script.log(), ["finished"]);
}

#[tokio::test]
async fn schema_without_timestamps_is_known_at_once() {
    let (script, session) = (Arc::new(Script::new()), Arc::default());
    let reader = opened(&script, timestamps(0, "STRUCT<a: TIMESTAMP_NTZ>"), None, &session);
    assert_eq!(reader.known_schema().map(|schema: &Arc<Schema>| schema.fields().len()), Some(1));
}

#[tokio::test]
async fn a_zone_without_bounds_is_data_loss() {
    let zone = "x".repeat(65);
    let (script, session) = (script(&[&zone], false), Arc::default());
    let mut reader = opened(&script, timestamps(1, "TIMESTAMP"), None, &session);
    let error = reader.schema().await.unwrap_err();
    let details = "chunk 0 of the result is not usable: its time zone has a name of 65 bytes";
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
}
