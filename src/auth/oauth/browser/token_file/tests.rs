use rstest::rstest;

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

fn file(directory: &Path, passphrase: Option<&str>) -> TokenFile {
    let storage = TokenStorage {
        directory: Some(directory.to_str().unwrap().to_owned()),
        passphrase: passphrase.map(|text| Secret::new(text.to_owned())),
    };
    TokenFile::new(&storage, &["https://h.example/", "app", "sql"].map(str::to_owned)).unwrap()
}

fn stored(access: &str) -> Stored {
    Stored {
        access: Some(Secret::new(access.to_owned())),
        refresh: Some(Secret::new("refresh-1".to_owned())),
        expires_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000)),
    }
}

fn texts(stored: &Stored) -> (Option<&str>, Option<&str>, Option<SystemTime>) {
    let text = |secret: &Option<Arc<Secret>>| secret.as_ref().map(|secret| secret.expose().to_owned().leak() as &str);
    (text(&stored.access), text(&stored.refresh), stored.expires_at)
}

#[rstest]
#[case::open(None)]
#[case::sealed(Some("open sesame"))]
#[tokio::test]
async fn what_is_written_is_read_again(#[case] passphrase: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("new").join("folder");
    let locked = file(&directory, passphrase);
    let locked = locked.lock(PATIENCE).await.unwrap();
    assert!(locked.read().await.is_none());
    for access in ["access-1", "access-2"] {
        locked.write(stored(access)).await;
        assert_eq!(texts(&locked.read().await.unwrap()), texts(&stored(access)));
    }
    drop(locked);
    let again = file(&directory, passphrase);
    let again = again.lock(PATIENCE).await.unwrap();
    assert_eq!(texts(&again.read().await.unwrap()), texts(&stored("access-2")));
    let content = fs::read_to_string(again.file.path("json")).unwrap();
    assert_eq!(content.contains("refresh-1"), passphrase.is_none(), "{content}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "no temporary file is left");
    again.remove();
    again.remove();
    assert!(again.read().await.is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("own");
    let file = file(&directory, None);
    file.lock(PATIENCE).await.unwrap().write(stored("access-1")).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&directory), mode(&file.path("json")), mode(&file.path("lock"))), (0o700, 0o600, 0o600));
}

#[rstest]
#[case::other_passphrase(Some("one"), Some("another"))]
#[case::no_passphrase(Some("one"), None)]
#[tokio::test]
async fn what_was_sealed_otherwise_is_not_read(#[case] wrote: Option<&str>, #[case] reads: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), wrote).lock(PATIENCE).await.unwrap().write(stored("access-1")).await;
    assert!(file(folder.path(), reads).lock(PATIENCE).await.unwrap().read().await.is_none());
}

#[rstest]
#[case::no_json("{")]
#[case::list("[]")]
#[case::empty("")]
#[case::bad_base64(r#"{"salt": "?", "nonce": "?", "sealed": "?"}"#)]
#[case::short(r#"{"salt": "", "nonce": "", "sealed": ""}"#)]
#[tokio::test]
async fn a_damaged_file_is_as_if_there_was_none(#[case] content: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), Some("open sesame"));
    fs::write(file.path("json"), content).unwrap();
    assert!(file.lock(PATIENCE).await.unwrap().read().await.is_none());
}

#[tokio::test]
async fn one_program_at_a_time_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (file(folder.path(), None), file(folder.path(), None));
    let locked = one.lock(PATIENCE).await.unwrap();
    let error = other.lock(Duration::from_millis(1)).await.err().unwrap();
    assert_eq!(error.code, Code::Unauthenticated);
    drop(locked);
    assert!(other.lock(Duration::from_millis(1)).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("a file");
    fs::write(&taken, "").unwrap();
    let file = file(&taken, None);
    let locked = file.lock(PATIENCE).await.unwrap();
    locked.write(stored("access-1")).await;
    assert!(locked.read().await.is_none());
}
