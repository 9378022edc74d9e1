//! The row that a statement about a file answers.

use arrow_array::builder::{MapBuilder, StringBuilder};
use arrow_array::{ArrayRef, BooleanArray, NullArray, RecordBatch, StringArray};

use super::*;
use crate::result::ResultReader;

fn text(text: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![text]))
}

fn map(pairs: &[(&str, &str)]) -> ArrayRef {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for (name, value) in pairs {
        map.keys().append_value(name);
        map.values().append_value(value);
    }
    map.append(true).unwrap();
    Arc::new(map.finish())
}

async fn read(servers: &Servers, columns: Vec<(&str, ArrayRef)>) -> Result<FileOperation> {
    let mut reader = ResultReader::from_batch(&RecordBatch::try_from_iter(columns).unwrap()).unwrap();
    let operation = FileOperation::read(&servers.client, &mut reader).await;
    assert!(reader.next_chunk().await.unwrap().is_none(), "nobody else sees the link");
    operation
}

#[rstest]
#[case::map(map(&[("x-own", "v")]), Some("v"))]
#[case::empty_map(map(&[]), None)]
#[case::json(text(r#"{"x-own": "v"}"#), Some("v"))]
#[case::json_in_a_list(text(r#"[{"x-own": "v"}]"#), Some("v"))]
#[case::empty_list(text("[]"), None)]
#[case::empty(text(""), None)]
#[case::null(Arc::new(StringArray::from(vec![None::<&str>])), None)]
#[case::void(Arc::new(NullArray::new(1)), None)]
#[tokio::test]
async fn headers_of_an_operation_are_sent_in_whatever_form_they_come(
    #[case] headers: ArrayRef,
    #[case] sent: Option<&str>,
) {
    let servers = Servers::start(&[], [Answer::new(204, &[], "")]).await;
    let url = format!("{}/f?sig=s3cret", servers.store.url());
    let columns = vec![("operation", text("REMOVE")), ("presignedUrl", text(&url)), ("headers", headers)];
    let operation = read(&servers, columns).await.unwrap();
    assert_eq!((operation.kind, operation.local_path), (VolumeOperationKind::Remove, None));
    remove(operation.remote).await.unwrap();
    assert_eq!(servers.store.request().header("x-own"), sent);
}

#[rstest]
#[case::put("PUT", "/tmp/local", VolumeOperationKind::Put, Some("/tmp/local"))]
#[case::get("get", "__input_stream__", VolumeOperationKind::Get, Some("__input_stream__"))]
#[case::remove("Remove", "", VolumeOperationKind::Remove, None)]
#[tokio::test]
async fn operation_and_local_file_are_read_by_the_names_of_their_columns(
    #[case] operation: &str,
    #[case] local: &str,
    #[case] kind: VolumeOperationKind,
    #[case] local_path: Option<&str>,
) {
    let servers = Servers::start(&[], []).await;
    let columns = vec![("LOCALFILE", text(local)), ("PresignedURL", text("u")), ("Operation", text(operation))];
    let operation = read(&servers, columns).await.unwrap();
    assert_eq!((operation.kind, operation.local_path.as_deref()), (kind, local_path));
}

#[rstest]
#[case::other_operation(vec![("operation", text("COPY")), ("presignedUrl", text("s3cret"))], "names none of PUT, GET and REMOVE")]
#[case::no_operation(vec![("presignedUrl", text("s3cret"))], "names none of PUT, GET and REMOVE")]
#[case::no_link(vec![("operation", text("PUT"))], "has no link")]
#[case::null_link(vec![("operation", text("PUT")), ("presignedUrl", Arc::new(NullArray::new(1)) as ArrayRef)], "has no link")]
#[case::other_headers(
    vec![("operation", text("PUT")), ("presignedUrl", text("s3cret")), ("headers", Arc::new(BooleanArray::from(vec![true])))],
    "has headers of an unknown form"
)]
#[case::two_rows(
    vec![("operation", Arc::new(StringArray::from(vec!["PUT", "PUT"])) as ArrayRef)],
    "does not have one row"
)]
#[case::no_rows(vec![("operation", Arc::new(StringArray::from(Vec::<&str>::new())) as ArrayRef)], "does not have one row")]
#[tokio::test]
async fn an_operation_that_cannot_be_carried_out_is_refused(
    #[case] columns: Vec<(&str, ArrayRef)>,
    #[case] words: &str,
) {
    let error = read(&Servers::start(&[], []).await, columns).await.err().unwrap();
    assert_eq!(error.code, Code::Internal);
    assert_eq!(error.details, format!("the server's answer about a file of a volume {words}"));
}
