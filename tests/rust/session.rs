//! The life of a session.

use std::time::Duration;

use arrow_schema::{DataType, TimeUnit};
use databricks_sql_kernel::{
    CallbackError, Credentials, KernelError, ProvidedToken, ResultConfig, RetryConfig, Secret, Session, TokenProvider,
};
use rstest::rstest;

use crate::support::{TOKEN, Warehouse, execute, read, rows};

#[test]
fn session_has_the_servers_id_until_it_ends_and_ends_once() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    assert_eq!(session.session_id().unwrap().len(), 36);
    session.open().unwrap();
    session.end().unwrap();
    session.end().unwrap();
    assert!(matches!(execute(&session, "SELECT 1").err().unwrap(), KernelError::InvalidStatementHandle { .. }));
    assert!(matches!(session.open().unwrap_err(), KernelError::InvalidStatementHandle { .. }));
    let requests = &warehouse.report()["requests"];
    assert_eq!((&requests["open_session"], &requests["close_session"]), (&1.into(), &1.into()));
}

#[test]
fn statement_before_open_is_an_invalid_state() {
    let warehouse = Warehouse::start();
    let session = Session::new(warehouse.config()).unwrap();
    assert!(matches!(execute(&session, "SELECT 1").err().unwrap(), KernelError::InvalidState { .. }));
}

#[test]
fn wrong_token_is_unauthenticated_and_never_shown() {
    let warehouse = Warehouse::start();
    let mut config = warehouse.config();
    config.credentials = Credentials::personal_access_token(Secret::new("wrong-token-123".to_owned())).unwrap();
    let error = Session::new(config).unwrap().open().unwrap_err();
    assert!(
        matches!(&error, KernelError::Unauthenticated { http_status: Some(401), retryable: false, .. }),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("wrong-token-123"));
}

#[rstest]
#[case::setting(|config: &mut databricks_sql_kernel::SessionConfig| drop(config.parameters.insert("NO_SUCH_SETTING".to_owned(), "1".to_owned())))]
#[case::catalog(|config: &mut databricks_sql_kernel::SessionConfig| config.catalog = Some("nowhere".to_owned()))]
fn session_that_the_server_refuses_is_an_invalid_argument(
    #[case] change: fn(&mut databricks_sql_kernel::SessionConfig),
) {
    let warehouse = Warehouse::start();
    let mut config = warehouse.config();
    change(&mut config);
    let error = Session::new(config).unwrap().open().unwrap_err();
    assert!(matches!(error, KernelError::InvalidArgument { http_status: Some(400), .. }), "{error:?}");
}

#[rstest]
#[case("memory_budget", ResultConfig { memory_budget: Some(0), ..ResultConfig::default() })]
#[case("max_chunk_bytes", ResultConfig { max_chunk_bytes: Some(-1), ..ResultConfig::default() })]
fn result_setting_of_nothing_is_refused_before_anything_is_sent(#[case] setting: &str, #[case] results: ResultConfig) {
    let warehouse = Warehouse::start();
    let mut config = warehouse.config();
    config.results = Some(results);
    let error = Session::new(config).err().unwrap();
    assert!(matches!(&error, KernelError::InvalidArgument { details, .. } if details.contains(setting)), "{error:?}");
}

#[test]
fn nobody_listening_is_a_network_error() {
    let warehouse = Warehouse::start();
    let mut config = warehouse.config();
    drop(warehouse);
    config.retry = Some(RetryConfig {
        max_attempts: Some(2),
        min_wait: Some(Duration::from_millis(1)),
        max_wait: None,
        overall_timeout: None,
    });
    let error = Session::new(config).unwrap().open().unwrap_err();
    assert!(matches!(error, KernelError::NetworkError { retryable: true, .. }), "{error:?}");
}

#[test]
fn catalog_and_schema_are_where_the_session_starts() {
    let warehouse = Warehouse::start();
    let session = warehouse.session_with(|config| {
        config.catalog = Some("samples".to_owned());
        config.schema = Some("tpch".to_owned());
    });
    assert_eq!(rows(&session, "SELECT count(*) FROM nation").unwrap(), ["25"]);
}

#[rstest]
#[case::rows("SELECT TIMESTAMP '2024-01-01 00:00:00' AS t")]
#[case::nested("SELECT array(TIMESTAMP '2024-01-01 00:00:00') AS t")]
#[case::no_rows("SELECT TIMESTAMP '2024-01-01 00:00:00' AS t WHERE 1 = 0")]
#[case::many_chunks("SELECT TIMESTAMP '2024-01-01 00:00:00' AS t FROM range(30000)")]
fn timestamps_of_a_session_that_names_no_zone_are_in_the_servers(#[case] sql: &str) {
    let warehouse =
        Warehouse::start_with(&["--zone", "America/Los_Angeles", "--chunk-rows", "10000", "--inline-bytes", "1000"]);
    let session = warehouse.session();
    for _ in 0..2 {
        let (schema, batches) = read(&execute(&session, sql).unwrap().result()).unwrap();
        assert!(format!("{:?}", schema.field(0).data_type()).contains("America/Los_Angeles"), "{schema}");
        assert!(batches.iter().all(|batch| batch.schema().field(0).data_type() == schema.field(0).data_type()));
    }
}

#[test]
fn timestamps_carry_the_sessions_zone_and_follow_set() {
    let warehouse = Warehouse::start();
    let session =
        warehouse.session_with(|config| drop(config.parameters.insert("TIMEZONE".to_owned(), "Asia/Tokyo".to_owned())));
    let zone = || {
        let (schema, _) =
            read(&execute(&session, "SELECT TIMESTAMP '2024-01-01 00:00:00' AS t").unwrap().result()).unwrap();
        match schema.field(0).data_type() {
            DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => zone.to_string(),
            other => panic!("{other}"),
        }
    };
    assert_eq!(zone(), "Asia/Tokyo");
    rows(&session, "SET TIME ZONE 'America/Los_Angeles'").unwrap();
    assert_eq!(zone(), "America/Los_Angeles");
}

/// Answers the token, and fails the first time.
struct Flaky(std::sync::atomic::AtomicUsize);

impl TokenProvider for Flaky {
    fn token(&self) -> Result<ProvidedToken, CallbackError> {
        match self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Err(CallbackError::Failed { details: "not yet".to_owned() }),
            1 => Ok(ProvidedToken { token: Secret::new("stale".to_owned()), expires_at: None, headers: Vec::new() }),
            _ => Ok(ProvidedToken { token: Secret::new(TOKEN.to_owned()), expires_at: None, headers: Vec::new() }),
        }
    }
}

#[test]
fn provider_is_asked_again_after_a_refusal_and_its_failure_is_unauthenticated() {
    let warehouse = Warehouse::start();
    let provider = std::sync::Arc::new(Flaky(0.into()));
    let mut config = warehouse.config();
    config.credentials = Credentials::from_provider(provider.clone());
    let session = Session::new(config).unwrap();
    let error = session.open().unwrap_err();
    assert!(matches!(&error, KernelError::Unauthenticated { details, .. } if details.contains("not yet")), "{error:?}");
    session.open().unwrap();
    assert_eq!(provider.0.load(std::sync::atomic::Ordering::SeqCst), 3);
}
