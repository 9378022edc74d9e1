use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use tokio::sync::mpsc;

use super::*;
use crate::auth::Credentials;
use crate::error::{Code, Error, Result};
use crate::sea::client::SeaClient;
use crate::secret::Secret;
use crate::session::SessionConfig;
use crate::transport::test_server::{Answer, TestServer};
use crate::transport::{HttpConfig, RetryConfig};

mod operation;

const PATH: &str = "/Volumes/main/default/v/a b.csv";

/// The server and the store, each with the answers it gives; `{store}` in the server's stands for the store's address.
struct Servers {
    api: TestServer,
    store: TestServer,
    client: Arc<SeaClient>,
}

impl Servers {
    async fn start(api: &[(u16, &str)], store: impl IntoIterator<Item = Answer>) -> Self {
        let limit = Some(Duration::from_millis(500));
        let http = HttpConfig { request_timeout: limit, stall_timeout: limit, ..HttpConfig::default() };
        let retry = RetryConfig { min_wait: Some(Duration::from_millis(1)), ..RetryConfig::default() };
        Self::start_with(api, store, http, retry).await
    }

    async fn start_with(
        api: &[(u16, &str)],
        store: impl IntoIterator<Item = Answer>,
        http: HttpConfig,
        retry: RetryConfig,
    ) -> Self {
        let store = TestServer::start(store).await;
        let answers: Vec<_> =
            api.iter().map(|(status, body)| Answer::json(*status, &body.replace("{store}", &store.url()))).collect();
        let api = TestServer::start(answers).await;
        let config = SessionConfig {
            host: api.url(),
            http_path: "/sql/1.0/warehouses/w1".to_owned(),
            credentials: Credentials::personal_access_token(Secret::new("dapi123".to_owned())).unwrap(),
            catalog: None,
            schema: None,
            parameters: Default::default(),
            tls: None,
            proxy: None,
            http: Some(http),
            retry: Some(retry),
            results: None,
            client_name: None,
        };
        let client = Arc::new(SeaClient::new(&config).unwrap());
        Self { api, store, client }
    }

    fn remote(&self) -> Remote {
        Remote::at_path(Arc::clone(&self.client), VolumePath::file(PATH).unwrap())
    }

    async fn download(&self) -> Result<Vec<u8>> {
        let mut download = Download::new(self.remote(), Progress::new());
        let mut all = Vec::new();
        while let Some(bytes) = download.next().await? {
            all.extend_from_slice(&bytes);
        }
        assert_eq!(download.next().await.unwrap(), None);
        Ok(all)
    }

    async fn put_text(&self, text: &str, overwrite: bool) -> (Result<u64>, Arc<Progress>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("local");
        std::fs::write(&file, text).unwrap();
        let progress = Progress::new();
        (put_file(self.remote(), file, overwrite, Arc::clone(&progress)).await, progress)
    }

    /// The ranges that the store was asked for.
    fn ranges(&self) -> Vec<Option<String>> {
        self.store.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

const LINK: (u16, &str) = (200, r#"{"url": "{store}/f?sig=s3cret", "headers": [{"name": "x-own", "value": "v"}]}"#);

#[tokio::test]
async fn upload_asks_for_a_link_and_sends_its_headers_alone_to_the_store() {
    let servers = Servers::start(&[LINK], [Answer::new(201, &[], "")]).await;
    let (outcome, progress) = servers.put_text("content", true).await;
    assert_eq!(outcome.unwrap(), 7);
    assert_eq!(progress.report(), TransferProgress { transferred_bytes: 7, total_bytes: Some(7) });
    let asked = servers.api.request();
    assert_eq!(
        (asked.line(), asked.body.as_str()),
        ("POST /api/2.0/fs/create-upload-url", r#"{"path":"/Volumes/main/default/v/a b.csv"}"#)
    );
    assert_eq!(asked.header("authorization"), Some("Bearer dapi123"));
    let sent = servers.store.request();
    assert_eq!((sent.line(), sent.body.as_str()), ("PUT /f?sig=s3cret", "content"));
    assert_eq!(sent.header_names(), ["accept", "content-length", "host", "x-own"]);
    assert_eq!((sent.header("x-own"), sent.header("content-length")), (Some("v"), Some("7")));
}

#[tokio::test]
async fn empty_file_is_uploaded_with_its_length() {
    let servers = Servers::start(&[LINK], [Answer::new(200, &[], "")]).await;
    assert_eq!(servers.put_text("", true).await.0.unwrap(), 0);
    assert_eq!(servers.store.request().header("content-length"), Some("0"));
}

#[rstest]
#[case::too_many(Answer::new(429, &[], ""))]
#[case::unavailable_with_a_time(Answer::new(503, &[("retry-after", "0")], ""))]
#[tokio::test]
async fn upload_that_certainly_was_not_carried_out_is_sent_again(#[case] first: Answer) {
    let servers = Servers::start(&[LINK], [first, Answer::new(201, &[], "")]).await;
    assert_eq!(servers.put_text("content", true).await.0.unwrap(), 7);
    let bodies: Vec<_> = servers.store.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["content", "content"]);
}

#[rstest]
#[case::reply_lost(Answer::nothing(), Code::NetworkError, "; the file may have been written")]
#[case::no_reply(Answer::stalled(""), Code::Timeout, "; the file may have been written")]
#[case::broken(Answer::new(500, &[], ""), Code::Internal, "the store answered HTTP 500")]
#[case::unavailable_without_a_time(Answer::new(503, &[], ""), Code::Unavailable, "the store answered HTTP 503")]
#[tokio::test]
async fn upload_that_may_have_been_carried_out_is_not_sent_again(
    #[case] answer: Answer,
    #[case] code: Code,
    #[case] words: &str,
) {
    let servers = Servers::start(&[LINK], [answer]).await;
    let error = servers.put_text("content", true).await.0.unwrap_err();
    assert_eq!((error.code, error.retryable), (code, false), "{error:?}");
    assert!(error.details.contains(words), "{}", error.details);
    assert_eq!(servers.store.requests().len(), 1);
}

#[rstest]
#[case::expired(403)]
#[case::malformed(400)]
#[tokio::test]
async fn link_that_has_ended_is_replaced_once(#[case] status: u16) {
    let refusal = || Answer::new(status, &[], "<Error><Code>ExpiredToken</Code></Error>");
    let servers = Servers::start(&[LINK, LINK], [refusal(), Answer::new(201, &[], "")]).await;
    assert_eq!(servers.put_text("content", true).await.0.unwrap(), 7);
    assert_eq!(servers.api.requests().len(), 2);

    let servers = Servers::start(&[LINK, LINK], [refusal(), refusal()]).await;
    let error = servers.download().await.unwrap_err();
    assert_eq!((error.http_status, error.error_code.as_deref()), (Some(i32::from(status)), Some("ExpiredToken")));
    assert!(!format!("{error:?}").contains("s3cret"));

    let servers = Servers::start(&[LINK, LINK], [refusal(), Answer::new(204, &[], "")]).await;
    remove(servers.remote()).await.unwrap();
    assert_eq!(servers.store.lines(), ["DELETE /f?sig=s3cret", "DELETE /f?sig=s3cret"]);
}

#[tokio::test]
async fn removal_whose_reply_is_lost_is_not_sent_again_and_says_so() {
    let servers = Servers::start(&[LINK], [Answer::nothing()]).await;
    let error = remove(servers.remote()).await.unwrap_err();
    assert!(error.details.ends_with("; the file may have been removed"), "{}", error.details);
    assert_eq!(servers.store.requests().len(), 1);
}

#[rstest]
#[case::there(r#"{"files": [{"path": "/Volumes/main/default/v/a b.csv", "name": "a b.csv"}]}"#, true)]
#[case::others(r#"{"files": [{"path": "/Volumes/main/default/v/b.csv", "name": "b.csv"}]}"#, false)]
#[case::empty("{}", false)]
#[tokio::test]
async fn existing_file_is_refused_before_anything_is_uploaded(#[case] listing: &str, #[case] refused: bool) {
    let servers = Servers::start(&[(200, listing), LINK], [Answer::new(201, &[], "")]).await;
    let outcome = servers.put_text("content", false).await.0;
    assert_eq!(servers.api.lines()[0], "GET /api/2.0/fs/list?path=%2FVolumes%2Fmain%2Fdefault%2Fv");
    assert_eq!(outcome.map_err(|error| error.code), if refused { Err(Code::InvalidState) } else { Ok(7) });
    assert_eq!(servers.store.requests().is_empty(), refused);
}

#[tokio::test]
async fn list_follows_its_pages_and_refuses_to_go_round() {
    let first = r#"{"files": [{"path": "/Volumes/main/default/v/a", "file_size": 1, "modification_time": 1000}], "next_page_token": "t 1"}"#;
    let last = r#"{"files": [{"path": "/Volumes/main/default/v/d/", "name": "d", "is_dir": true, "file_size": 0}]}"#;
    let servers = Servers::start(&[(200, first), (200, last)], []).await;
    let files = list(&servers.client, "/Volumes/main/default/v").await.unwrap();
    let modified_at = std::time::SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1));
    let path = |name: &str| format!("/Volumes/main/default/v/{name}");
    assert_eq!(
        files,
        [
            VolumeFile { path: path("a"), name: "a".to_owned(), is_folder: false, size_bytes: Some(1), modified_at },
            VolumeFile { path: path("d"), name: "d".to_owned(), is_folder: true, size_bytes: None, modified_at: None },
        ]
    );
    assert!(servers.api.lines()[1].ends_with("&page_token=t%201"));

    let servers = Servers::start(&[(200, first), (200, first)], []).await;
    assert_eq!(list(&servers.client, "/Volumes/main/default/v").await.unwrap_err().code, Code::Internal);
}

#[rstest]
#[case::last_that_every_language_has(253_402_300_799_999, true)]
#[case::year_10000(253_402_300_800_000, false)]
#[case::year_300_million(i64::MAX, false)]
#[case::before_1970(-1, false)]
#[tokio::test]
async fn list_tells_times_that_every_language_can_hold(#[case] milliseconds: i64, #[case] told: bool) {
    let page = format!(r#"{{"files": [{{"path": "/Volumes/a/b/c/d", "modification_time": {milliseconds}}}]}}"#);
    let servers = Servers::start(&[(200, page.as_str())], []).await;
    let files = list(&servers.client, "/Volumes/a/b/c").await.unwrap();
    assert_eq!(files[0].modified_at.is_some(), told);
}

#[tokio::test]
async fn list_reads_past_empty_pages_and_refuses_a_list_of_nothing_else() {
    let empty: Vec<_> = (0..150).map(|page| format!(r#"{{"files": [], "next_page_token": "{page}"}}"#)).collect();
    let empty: Vec<_> = empty.iter().map(|page| (200, page.as_str())).collect();
    let full = r#"{"files": [{"path": "/Volumes/main/default/v/a", "file_size": -1}], "next_page_token": "full"}"#;
    let servers = Servers::start(&[&empty[..99], &[(200, full)], &empty[99..], &[(200, "{}")]].concat(), []).await;
    let files = list(&servers.client, "/Volumes/main/default/v").await.unwrap();
    assert_eq!(files.iter().map(|file| (file.name.as_str(), file.size_bytes)).collect::<Vec<_>>(), [("a", None)]);

    let servers = Servers::start(&empty, []).await;
    let error = list(&servers.client, "/Volumes/main/default/v").await.unwrap_err();
    assert_eq!((error.code, servers.api.lines().len()), (Code::Internal, 100));
}

fn cut(length: usize, tag: &str, part: &str) -> Answer {
    Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\netag: {tag}\r\n\r\n{part}"))
}

#[rstest]
#[case::by_range(Answer::new(206, &[("content-range", "bytes 4-9/10"), ("etag", "\"1\"")], "456789"))]
#[case::without_ranges(Answer::new(200, &[("etag", "\"1\"")], "0123456789"))]
#[tokio::test]
async fn download_goes_on_where_it_broke_off(#[case] second: Answer) {
    let servers = Servers::start(&[LINK], [cut(10, "\"1\"", "0123"), second]).await;
    assert_eq!(servers.download().await.unwrap(), b"0123456789");
    assert_eq!(servers.ranges(), [None, Some("bytes=4-9".to_owned())]);
    assert_eq!(servers.api.requests().len(), 1, "the link is still good");
    assert_eq!(servers.store.requests()[1].header("authorization"), None);
}

#[rstest]
#[case::other_tag(Answer::new(206, &[("content-range", "bytes 4-9/10"), ("etag", "\"2\"")], "456789"))]
#[case::other_length(Answer::new(206, &[("content-range", "bytes 4-10/11"), ("etag", "\"1\"")], "456789x"))]
#[case::other_place(Answer::new(206, &[("content-range", "bytes 5-9/10"), ("etag", "\"1\"")], "56789"))]
#[tokio::test]
async fn file_that_changed_meanwhile_is_data_loss(#[case] second: Answer) {
    let servers = Servers::start(&[LINK], [cut(10, "\"1\"", "0123"), second]).await;
    let error = servers.download().await.unwrap_err();
    assert_eq!(
        (error.code, error.details.as_str()),
        (Code::DataLoss, "the file changed while it was downloaded: download it again")
    );
}

#[tokio::test]
async fn link_that_ends_during_a_download_is_replaced_and_the_download_goes_on() {
    let rest = Answer::new(206, &[("content-range", "bytes 4-9/10"), ("etag", "\"1\"")], "456789");
    let servers = Servers::start(&[LINK, LINK], [cut(10, "\"1\"", "0123"), Answer::new(403, &[], ""), rest]).await;
    assert_eq!(servers.download().await.unwrap(), b"0123456789");
    assert_eq!(servers.api.requests().len(), 2);
}

#[tokio::test]
async fn body_whose_end_is_not_marked_is_refused() {
    let servers = Servers::start(&[LINK], [Answer::raw("HTTP/1.1 200 OK\r\n\r\n0123")]).await;
    let error = servers.download().await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::DataLoss, false));
}

#[tokio::test]
async fn download_that_always_breaks_off_is_an_error_and_leaves_no_file() {
    let cuts = (0..20).map(|_| cut(10, "\"1\"", ""));
    let servers = Servers::start(&[LINK], cuts).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("local");
    let error = get_file(servers.remote(), target, false, Progress::new()).await.unwrap_err();
    assert_eq!(error.code, Code::NetworkError);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[rstest]
#[case::folder(|folder: &std::path::Path| folder.to_owned(), Code::InvalidArgument, "is a folder")]
#[case::missing_folder(|folder: &std::path::Path| folder.join("no/file"), Code::InvalidArgument, "could not be written")]
#[case::existing(|folder: &std::path::Path| folder.join("there"), Code::InvalidState, "exists already")]
#[case::device(|_: &std::path::Path| "/dev/null".into(), Code::InvalidArgument, "is not a regular file")]
#[tokio::test]
async fn local_file_that_cannot_be_written_is_refused_before_anything_is_asked(
    #[case] target: fn(&std::path::Path) -> std::path::PathBuf,
    #[case] code: Code,
    #[case] words: &str,
) {
    let servers = Servers::start(&[], []).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("there"), "old").unwrap();
    let error = get_file(servers.remote(), target(folder.path()), false, Progress::new()).await.unwrap_err();
    assert_eq!(error.code, code);
    assert!(error.details.contains(words), "{}", error.details);
    assert!(servers.api.requests().is_empty());
    assert_eq!(std::fs::read(folder.path().join("there")).unwrap(), b"old");
}

#[tokio::test]
async fn downloaded_file_replaces_another_in_one_step_and_through_a_link() {
    let servers = Servers::start(&[LINK], [Answer::new(200, &[], "new")]).await;
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert_eq!(get_file(servers.remote(), link.clone(), true, Progress::new()).await.unwrap(), 3);
    assert_eq!(std::fs::read(&target).unwrap(), b"new");
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// Writes these pieces, then ends.
async fn put_pieces(servers: &Servers, pieces: &[&'static [u8]], length: u64) -> Result<()> {
    let (sender, receiver) = mpsc::channel(1);
    let writing = async move {
        for piece in pieces {
            if sender.send(Bytes::from_static(piece)).await.is_err() {
                return;
            }
        }
    };
    let (outcome, ()) = tokio::join!(put(servers.remote(), receiver, length, true, Progress::new()), writing);
    outcome
}

const LARGE: &[u8] = &[b'x'; 5 * 1024 * 1024];

#[rstest]
#[case::held(&[&b"con"[..], b"tent"], 7)]
#[case::passed_on(&[LARGE, LARGE, b"end"], 10 * 1024 * 1024 + 3)]
#[tokio::test]
async fn stream_arrives_whole(#[case] pieces: &[&'static [u8]], #[case] length: u64) {
    let servers = Servers::start(&[LINK], [Answer::new(201, &[], "")]).await;
    put_pieces(&servers, pieces, length).await.unwrap();
    assert_eq!(servers.store.request().body.as_bytes(), pieces.concat());
}

#[rstest]
#[case::held_short(&[&b"con"[..]], 7)]
#[case::held_long(&[&b"content"[..], b"more"], 7)]
#[case::short(&[LARGE, LARGE], 10 * 1024 * 1024 + 3)]
#[case::long(&[LARGE, LARGE, b"end", b"more"], 10 * 1024 * 1024 + 3)]
#[tokio::test]
async fn stream_of_another_length_is_an_error_and_never_complete_at_the_store(
    #[case] pieces: &[&'static [u8]],
    #[case] length: u64,
) {
    let servers = Servers::start(&[LINK], [Answer::new(201, &[], "")]).await;
    let error = put_pieces(&servers, pieces, length).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidState, "{error:?}");
    assert!(servers.store.requests().is_empty(), "only whole requests are recorded");
}

#[tokio::test]
async fn stream_that_was_passed_on_is_not_sent_again_and_a_held_one_is() {
    let busy = || Answer::new(429, &[], "");
    let servers = Servers::start(&[LINK], [busy(), Answer::new(201, &[], "")]).await;
    let error = put_pieces(&servers, &[LARGE, LARGE], 10 * 1024 * 1024).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert_eq!(servers.store.requests().len(), 1);

    let servers = Servers::start(&[LINK], [busy(), Answer::new(201, &[], "")]).await;
    put_pieces(&servers, &[&b"content"[..]], 7).await.unwrap();
    assert_eq!(servers.store.requests().len(), 2);
}

#[tokio::test]
async fn file_that_is_missing_is_refused_by_name() {
    let servers = Servers::start(&[], []).await;
    let error: Error = put_file(servers.remote(), "/no/such/file".into(), true, Progress::new()).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.details.starts_with("the local file /no/such/file could not be read: "), "{}", error.details);
}

fn quick(max_attempts: i32) -> RetryConfig {
    RetryConfig { max_attempts: Some(max_attempts), min_wait: Some(Duration::from_millis(1)), ..RetryConfig::default() }
}

#[rstest]
#[case::expired(Answer::new(403, &[], ""))]
#[case::busy(Answer::new(429, &[], ""))]
#[case::broken(cut(10, "\"1\"", "0123"))]
#[tokio::test]
async fn transfers_ask_the_store_as_often_as_the_caller_set(#[case] answer: Answer, #[values(1, 2)] attempts: i32) {
    let api = [LINK; 20];
    let start = || Servers::start_with(&api, vec![answer.clone(); 20], HttpConfig::default(), quick(attempts));
    let servers = start().await;
    servers.download().await.unwrap_err();
    assert_eq!(servers.store.requests().len(), attempts as usize);

    let servers = start().await;
    let failed = servers.put_text("content", true).await.0.is_err();
    assert!(
        servers.store.requests().len() <= attempts as usize && (failed || attempts == 1 || servers.ranges().len() == 1)
    );

    let servers = start().await;
    let _ = remove(servers.remote()).await;
    assert!(servers.store.requests().len() <= attempts as usize);
}

#[tokio::test]
async fn longest_settings_are_no_limits() {
    let limit = Some(Duration::MAX);
    let http = HttpConfig {
        connect_timeout: limit,
        request_timeout: limit,
        stall_timeout: limit,
        max_connections: Some(i32::MAX),
        ..HttpConfig::default()
    };
    let retry = RetryConfig { max_wait: limit, overall_timeout: limit, ..quick(i32::MAX) };
    let busy = || Answer::new(429, &[("retry-after", "0")], "");
    let answers = [busy(), Answer::new(201, &[], ""), busy(), Answer::new(200, &[], "content")];
    let servers = Servers::start_with(&[LINK, LINK], answers, http, retry).await;
    assert_eq!(servers.put_text("content", true).await.0.unwrap(), 7);
    assert_eq!(servers.download().await.unwrap(), b"content");
}

#[rstest]
#[case::temporary(307)]
#[case::permanent(308)]
#[tokio::test]
async fn upload_is_sent_on_to_where_the_store_takes_it(#[case] status: u16) {
    let moved = Answer::new(status, &[("location", "/g?sig=2")], "");
    let servers = Servers::start(&[LINK], [moved, Answer::new(201, &[], "")]).await;
    assert_eq!(servers.put_text("content", true).await.0.unwrap(), 7);
    assert_eq!(servers.store.lines(), ["PUT /f?sig=s3cret", "PUT /g?sig=2"]);
    let second = &servers.store.requests()[1];
    assert_eq!((second.body.as_str(), second.header("content-length")), ("content", Some("7")));
}

#[rstest]
#[tokio::test]
async fn upload_that_a_redirect_would_change_is_an_error(#[values(301, 302, 303)] status: u16) {
    let servers = Servers::start(&[LINK], [Answer::new(status, &[("location", "/g?sig=2")], "")]).await;
    let error = servers.put_text("content", true).await.0.unwrap_err();
    assert_eq!(error.http_status, Some(i32::from(status)));
    assert!(error.details.ends_with("; nothing was stored"), "{}", error.details);
    assert_eq!(servers.store.requests().len(), 1);
}
