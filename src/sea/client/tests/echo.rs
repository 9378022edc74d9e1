//! A server that repeats what it was sent, wherever it can write: the session's token appears in nothing that leaves the kernel.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::error::KernelError;

/// The replies of such a server to one request each.
fn replies(token: &str) -> Vec<Answer> {
    let text = format!("no such thing as {token}, or {}", STANDARD.encode(format!("user:{token}")));
    let error =
        json!({"error_code": text, "message": text, "details": [{"reason": text, "metadata": {text.as_str(): text}}]});
    let headers = [("x-request-id", &*text), ("x-databricks-reason-phrase", &*text), ("retry-after", "0")];
    vec![
        Answer::new(400, &headers, error.to_string()),
        Answer::new(403, &headers, ""),
        Answer::new(404, &headers, format!("<html>{text}</html>")),
        Answer::new(302, &[("location", &format!("https://{}/", text.len())), headers[0]], ""),
        Answer::new(200, &headers, format!("<html>{text}</html>")),
        Answer::new(200, &headers, json!({"statement_id": {"a": text}, "status": text}).to_string()),
        Answer::new(200, &headers, json!({"statement_id": "s", "status": {"state": [text]}}).to_string()),
        Answer::new(200, &[("content-encoding", &*text), headers[0]], "{}"),
        Answer::new(503, &headers, error.to_string()),
    ]
}

/// All that a caller, a log and a print of the error get to see.
fn shown(error: Error) -> String {
    let statement = Error {
        sql_state: Some(error.details.clone()),
        error_code: Some(error.details.clone()),
        ..Error::new(Code::SqlError, error.details.clone())
    };
    let errors = [KernelError::from(error), KernelError::from(statement.of_query("q"))];
    errors.iter().map(|error| format!("{error} {error:?}")).collect()
}

/// In capitals or not: a secret in small letters is half of it.
fn holds(text: &str, token: &str) -> bool {
    text.to_ascii_lowercase().contains(&token.to_ascii_lowercase())
}

#[test]
fn token_that_a_server_echoes_is_redacted_everywhere() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lines = Lines::default();
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let config_of = |server: &TestServer, token: &str| SessionConfig {
        credentials: Credentials::personal_access_token(Secret::new(token.to_owned())).unwrap(),
        retry: Some(RetryConfig { max_attempts: Some(1), ..RetryConfig::default() }),
        ..config(server)
    };
    let tokens = "[a-z][A-Za-z0-9.+/=_\"-]{10,40}[a-z]";
    proptest!(ProptestConfig::with_cases(20), |(token in tokens)| {
        runtime.block_on(async {
            let replies = replies(&token);
            let count = replies.len();
            let server = TestServer::start(replies).await;
            let client = SeaClient::new(&config_of(&server, &token)).unwrap();
            for reply in 0..count {
                let error = client.statement("s-1").await.unwrap_err();
                // The error may outlive its session: it is clean already.
                prop_assert!(!holds(&format!("{error}"), &token), "reply {reply}: {error}");
                let shown = shown(error);
                prop_assert!(!holds(&shown, &token), "reply {reply}: {shown}");
                let encoded = STANDARD.encode(format!("user:{token}"));
                prop_assert!(!shown.contains(&encoded[8..encoded.len() - 4]), "reply {reply}: {shown}");
            }
            let lines: Vec<_> = lines.0.lock().unwrap().drain(..).collect();
            prop_assert!(lines.len() >= count, "the log tells of each request");
            for line in lines {
                prop_assert!(!holds(&line, &token), "{line}");
            }
            Ok(())
        })?;
    });
    drop(logging);
}
