//! Files of volumes: through the API's links and through SQL, from local files and from streams, and when things go wrong.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use databricks_sql_kernel::{
    HttpConfig, KernelError, Session, TransferProgress, Volume, VolumeFile, VolumeOperationKind,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Warehouse, execute, rows};

const FOLDER: &str = "/Volumes/main/default/v";
const PATH: &str = "/Volumes/main/default/v/a b/ü'.bin";

/// A warehouse with a volume, and the folder that its files lie in.
struct Files {
    warehouse: Warehouse,
    session: Arc<Session>,
    volume: Arc<Volume>,
    local: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let warehouse = Warehouse::start();
        let session = warehouse.session_with(|config| {
            let stall_timeout = Some(Duration::from_millis(500));
            config.http = Some(HttpConfig { stall_timeout, ..HttpConfig::default() });
        });
        execute(&session, "CREATE VOLUME main.default.v").unwrap();
        let volume = session.volume();
        Self { warehouse, session, volume, local: tempfile::tempdir().unwrap() }
    }

    fn local(&self, name: &str) -> String {
        self.local.path().join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, content: &[u8]) -> Result<i64, KernelError> {
        std::fs::write(self.local("source"), content).unwrap();
        self.volume.put_file(self.local("source"), PATH.to_owned(), true)?.run()
    }

    fn get(&self) -> Result<Vec<u8>, KernelError> {
        self.volume.get_file(PATH.to_owned(), self.local("target"), true)?.run()?;
        Ok(std::fs::read(self.local("target")).unwrap())
    }

    fn list(&self, path: &str) -> Vec<VolumeFile> {
        self.volume.list(path.to_owned()).unwrap().fetch().unwrap()
    }
}

/// Bytes that repeat nowhere soon.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[rstest]
#[case::empty(0)]
#[case::small(1)]
#[case::large(9 * 1024 * 1024 + 7)]
fn file_comes_back_as_it_went(#[case] length: usize) {
    let files = Files::new();
    let content = content(length);
    std::fs::write(files.local("source"), &content).unwrap();
    let transfer = files.volume.put_file(files.local("source"), PATH.to_owned(), false).unwrap();
    assert_eq!(transfer.run().unwrap(), length as i64);
    let whole = TransferProgress { transferred_bytes: length as i64, total_bytes: Some(length as i64) };
    assert_eq!(transfer.progress(), whole);
    assert_eq!(files.get().unwrap(), content);
    let [folder] = &files.list(FOLDER)[..] else { panic!("one folder") };
    assert_eq!((folder.name.as_str(), folder.is_folder, folder.size_bytes), ("a b", true, None));
    let [file] = &files.list(&folder.path)[..] else { panic!("one file") };
    assert_eq!((file.path.as_str(), file.is_folder, file.size_bytes), (PATH, false, Some(length as i64)));
    assert!(file.modified_at.unwrap().elapsed().unwrap() < Duration::from_secs(60));
    files.volume.remove(PATH.to_owned()).unwrap().run().unwrap();
    assert!(files.list(&folder.path).is_empty());
    let error = files.get().unwrap_err();
    assert!(matches!(error, KernelError::NotFound { http_status: Some(404), .. }), "{error:?}");
}

#[test]
fn stream_comes_back_as_it_went_piece_by_piece() {
    let files = Files::new();
    let content = content(20 * 1024 * 1024 + 3);
    let writer = files.volume.put(PATH.to_owned(), content.len() as i64, false).unwrap();
    for piece in content.chunks(3_000_000) {
        writer.write(piece.to_vec()).unwrap();
    }
    writer.finish().unwrap();
    let reader = files.volume.get(PATH.to_owned()).unwrap();
    let (mut all, mut most) = (Vec::new(), 0);
    while let Some(piece) = reader.next().unwrap() {
        most = most.max(piece.len());
        all.extend(piece);
    }
    assert!(all == content && most < 2 * 1024 * 1024);
    assert_eq!(reader.progress().total_bytes, Some(content.len() as i64));
    reader.end();
    assert!(matches!(reader.next().unwrap_err(), KernelError::InvalidStatementHandle { .. }));
    assert!(matches!(writer.write(vec![1]).unwrap_err(), KernelError::InvalidStatementHandle { .. }));
}

#[test]
fn every_way_to_wait_does_the_same() {
    let files = Files::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let writer = files.volume.put(PATH.to_owned(), 4, false).unwrap();
        writer.write_async(b"text".to_vec()).await.unwrap();
        writer.finish_async().await.unwrap();
        let reader = files.volume.get(PATH.to_owned()).unwrap();
        assert_eq!(reader.next_async().await.unwrap(), Some(b"text".to_vec()));
        assert_eq!(reader.next_async().await.unwrap(), None);
        let transfer = files.volume.get_file(PATH.to_owned(), files.local("target"), false).unwrap();
        assert_eq!(transfer.run_async().await.unwrap(), 4);
        assert_eq!(files.volume.list(FOLDER.to_owned()).unwrap().fetch_async().await.unwrap().len(), 1);
    });
    files.warehouse.plan(&json!([{"on": "download", "do": {"delay": {"milliseconds": 300}}}]));
    let transfer = files.volume.get_file(PATH.to_owned(), files.local("target"), true).unwrap();
    let mut slices = 1;
    while transfer.run_within(Duration::from_millis(50)).unwrap().is_none() {
        slices += 1;
    }
    assert!(slices > 2);
}

#[rstest]
#[case::short(5, &["four"])]
#[case::long(5, &["four", "more"])]
fn stream_of_another_length_is_an_error_and_writes_nothing(#[case] length: i64, #[case] pieces: &[&str]) {
    let files = Files::new();
    let writer = files.volume.put(PATH.to_owned(), length, false).unwrap();
    let written: Result<Vec<_>, _> = pieces.iter().map(|piece| writer.write(piece.as_bytes().to_vec())).collect();
    written.and_then(|_| writer.finish()).unwrap_err();
    assert!(files.list(FOLDER).is_empty());
}

#[test]
fn existing_files_are_replaced_only_when_that_is_asked_for() {
    let files = Files::new();
    files.put(b"old").unwrap();
    for refused in [
        files.volume.put_file(files.local("source"), PATH.to_owned(), false).unwrap().run().err(),
        files.volume.put(PATH.to_owned(), 0, false).unwrap().finish().err(),
        files.volume.get_file(PATH.to_owned(), files.local("source"), false).unwrap().run().err(),
    ] {
        assert!(matches!(refused, Some(KernelError::InvalidState { .. })), "{refused:?}");
    }
    files.put(b"new").unwrap();
    assert_eq!(files.get().unwrap(), b"new");
}

#[rstest]
#[case::link_broken("download_url", json!({"status": {"code": 500}}))]
#[case::busy("download", json!({"status": {"code": 503}}))]
#[case::link_ended("download", json!({"status": {"code": 403, "body": "<Error><Code>ExpiredToken</Code></Error>"}}))]
#[case::cut("download", json!("cut_before"))]
#[case::body_cut("download", json!({"truncate": {"at": 3_000_000}}))]
#[case::stalled("download", json!({"stall": {"at": 3_000_000}}))]
fn download_is_whole_all_the_same(#[case] on: &str, #[case] action: Value) {
    let files = Files::new();
    let content = content(5_000_000);
    files.put(&content).unwrap();
    files.warehouse.plan(&json!([{"on": on, "do": action}]));
    assert!(files.get().unwrap() == content);
    assert_eq!(files.warehouse.report()["rules"], json!([]), "the whole plan was met");
}

#[test]
fn download_that_never_succeeds_leaves_no_part_of_a_file_and_the_old_one_untouched() {
    let files = Files::new();
    files.put(&content(100_000)).unwrap();
    std::fs::write(files.local("target"), "old").unwrap();
    files.warehouse.plan(&json!([{"on": "download", "times": 100, "do": {"truncate": {"at": 0}}}]));
    let error = files.get().unwrap_err();
    assert!(matches!(error, KernelError::NetworkError { .. }), "{error:?}");
    assert_eq!(std::fs::read(files.local("target")).unwrap(), b"old");
    assert_eq!(names(files.local.path()), ["source", "target"]);
}

#[rstest]
#[case::refused_with_a_time(json!({"status": {"code": 503, "retry_after": "0"}}), 2, true)]
#[case::too_many(json!({"status": {"code": 429, "retry_after": "0"}}), 2, true)]
#[case::link_ended(json!({"status": {"code": 403}}), 2, true)]
#[case::refused(json!({"status": {"code": 503}}), 1, false)]
#[case::broken(json!({"status": {"code": 500}}), 1, false)]
#[case::request_lost(json!("cut_before"), 1, false)]
#[case::reply_lost(json!("cut_after"), 1, false)]
fn upload_is_sent_again_only_when_it_certainly_was_not_carried_out(
    #[case] action: Value,
    #[case] requests: u64,
    #[case] succeeds: bool,
) {
    let files = Files::new();
    files.warehouse.plan(&json!([{"on": "upload", "do": action}]));
    assert_eq!(files.put(b"text").is_ok(), succeeds);
    assert_eq!(files.warehouse.report()["requests"]["upload"], json!(requests));
}

#[test]
fn interrupted_transfer_ends_at_once_and_leaves_nothing() {
    let files = Files::new();
    files.put(&content(100_000)).unwrap();
    files.warehouse.plan(&json!([{"on": "download", "do": {"stall": {"at": 50_000}}}, {"on": "upload", "do": "hang"}]));
    let transfer = files.volume.get_file(PATH.to_owned(), files.local("target"), false).unwrap();
    while transfer.progress().transferred_bytes == 0 {
        assert_eq!(transfer.run_within(Duration::from_millis(10)).unwrap(), None);
    }
    assert_eq!(transfer.progress(), TransferProgress { transferred_bytes: 50_000, total_bytes: Some(100_000) });
    transfer.interrupt();
    drop(transfer);
    let upload = files.volume.put_file(files.local("source"), format!("{FOLDER}/new"), false).unwrap();
    while files.warehouse.report()["requests"].get("upload").is_none() {
        assert_eq!(upload.run_within(Duration::from_millis(10)).unwrap(), None);
    }
    upload.interrupt();
    // What a dropped download had on disk goes when its task has ended, a moment later.
    while names(files.local.path()) != ["source"] {
        std::thread::yield_now();
    }
    assert_eq!(files.list(FOLDER).len(), 1);
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn statement_asks_for_a_transfer_and_the_caller_carries_it_out() {
    let files = Files::new();
    std::fs::write(files.local("source"), "text").unwrap();
    let (source, target) = (files.local("source"), files.local("target"));
    let sql_path = PATH.replace('\'', "''");

    let put = execute(&files.session, &format!("PUT '{source}' INTO '{sql_path}'")).unwrap();
    let operation = put.volume_operation().unwrap();
    assert_eq!((operation.kind(), operation.local_path()), (VolumeOperationKind::Put, Some(source.clone())));
    assert!(put.result().next_chunk().unwrap().is_none(), "the link stays inside");
    assert!(matches!(operation.get().err(), Some(KernelError::InvalidState { .. })));
    operation.put_file(source.clone()).unwrap().run().unwrap();

    let error = execute(&files.session, &format!("PUT '{source}' INTO '{sql_path}'")).err().unwrap();
    assert!(matches!(&error, KernelError::SqlError { sql_state: Some(state), .. } if state == "42K04"), "{error:?}");
    let put = execute(&files.session, &format!("PUT '__input_stream__' INTO '{sql_path}' OVERWRITE")).unwrap();
    let writer = put.volume_operation().unwrap().put(3).unwrap();
    writer.write(b"new".to_vec()).unwrap();
    writer.finish().unwrap();

    let get = execute(&files.session, &format!("GET '{sql_path}' TO '{target}'")).unwrap();
    let operation = get.volume_operation().unwrap();
    assert_eq!((operation.kind(), operation.local_path()), (VolumeOperationKind::Get, Some(target.clone())));
    operation.get_file(target.clone(), false).unwrap().run().unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"new");
    assert_eq!(operation.get().unwrap().next().unwrap(), Some(b"new".to_vec()));

    let remove = execute(&files.session, &format!("REMOVE '{sql_path}'")).unwrap();
    assert_eq!(remove.volume_operation().unwrap().local_path(), None);
    remove.volume_operation().unwrap().remove().unwrap().run().unwrap();
    assert!(files.list("/Volumes/main/default/v/a b").is_empty());
    assert!(execute(&files.session, "SELECT 1").unwrap().volume_operation().is_none());
}

#[test]
fn link_of_a_statement_has_its_headers_and_is_not_replaced_when_it_has_ended() {
    let files = Files::new();
    files.put(b"text").unwrap();
    let get = |fault: Value| {
        files.warehouse.plan(&json!([{"on": "result", "do": {"result": fault}}]));
        let sql = format!("GET '{}' TO '/tmp/x'", PATH.replace('\'', "''"));
        execute(&files.session, &sql).unwrap().volume_operation().unwrap().get().unwrap().next()
    };
    assert_eq!(get(json!({"required_headers": {"x-key": "k1"}})).unwrap(), Some(b"text".to_vec()));
    let error = get(json!({"expired_links": {"count": 1}})).unwrap_err();
    assert!(
        matches!(&error, KernelError::PermissionDenied { error_code: Some(code), .. } if code == "ExpiredToken"),
        "{error:?}"
    );
}

#[test]
fn volumes_are_made_shown_listed_and_dropped_in_sql() {
    let files = Files::new();
    files.put(b"text").unwrap();
    let sql = |sql: &str| rows(&files.session, sql);
    sql("CREATE VOLUME IF NOT EXISTS v").unwrap();
    sql("CREATE VOLUME other").unwrap();
    assert_eq!(sql("SHOW VOLUMES").unwrap(), ["default|other", "default|v"]);
    assert_eq!(sql("SHOW VOLUMES IN main.default LIKE 'o*'").unwrap(), ["default|other"]);
    let listed = sql("LIST '/Volumes/main/default/v/a b'").unwrap();
    assert!(listed[0].starts_with(&format!("{PATH}|ü'.bin|4|")), "{listed:?}");
    sql("DROP VOLUME main.default.other").unwrap();
    sql("DROP VOLUME IF EXISTS main.default.other").unwrap();
    for (statement, sql_state) in [
        ("CREATE VOLUME v", "42710"),
        ("DROP VOLUME none", "42704"),
        ("CREATE VOLUME none.v", "42704"),
        ("CREATE EXTERNAL VOLUME e LOCATION 's3://b'", "0A000"),
        ("LIST '/Volumes/main/default/none'", "42704"),
    ] {
        let error = sql(statement).unwrap_err();
        assert!(
            matches!(&error, KernelError::SqlError { sql_state: Some(state), .. } if state == sql_state),
            "{error:?}"
        );
    }
}
