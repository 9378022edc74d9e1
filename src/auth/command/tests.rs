use std::sync::Mutex;

use rstest::rstest;

use super::*;

/// A runner that notes what it is asked to run and prints the same each time.
struct Printing(Mutex<Vec<String>>, Result<&'static str, &'static str>);

impl CommandRunner for Printing {
    fn run(&self, command: Vec<String>) -> Result<String, CallbackError> {
        *self.0.lock().unwrap() = command;
        self.1.map(str::to_owned).map_err(|details| CallbackError::Failed { details: details.to_owned() })
    }
}

fn printing(output: Result<&'static str, &'static str>) -> Arc<Printing> {
    Arc::new(Printing(Mutex::default(), output))
}

// As `az account get-access-token` of 2.54 and later prints it.
const AZURE: &str = r#"{"accessToken": "azure-token", "expiresOn": "2100-01-01 00:00:00.000000", "expires_on": 4102444800,
    "subscription": "s", "tenant": "t", "tokenType": "Bearer"}"#;
// As `databricks auth token` prints it.
const DATABRICKS: &str = r#"{"access_token": "cli-token", "token_type": "Bearer", "expiry": "2100-01-01T01:00:00.123456+01:00", "expires_in": 3600}"#;

#[rstest]
#[case::alone(None, None, "")]
#[case::tenant(None, Some("contoso.onmicrosoft.com"), " --tenant contoso.onmicrosoft.com")]
#[case::subscription(
    Some("/subscriptions/sub-1/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w"),
    Some("t"),
    " --subscription sub-1"
)]
#[tokio::test]
async fn the_azure_cli_is_asked_for_a_token(
    #[case] resource_id: Option<&str>,
    #[case] tenant: Option<&str>,
    #[case] further: &str,
) {
    let runner = printing(Ok(AZURE));
    let command = Command::azure(Arc::clone(&runner) as Arc<dyn CommandRunner>, resource_id, tenant).unwrap();
    let token = command.token().await.unwrap();
    assert_eq!(token.headers.authorization.expose(), "Bearer azure-token");
    assert!(matches!(token.life, Life::For(life) if life > Duration::from_secs(1_000_000_000)), "{:?}", token.life);
    let usual = "az account get-access-token --resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d --output json";
    assert_eq!(runner.0.lock().unwrap().join(" "), format!("{usual}{further}"));
}

#[rstest]
#[case::host(None, None, "databricks auth token --host https://h.example")]
#[case::profile(Some("dev"), Some("/opt/databricks"), "/opt/databricks auth token --profile dev")]
#[tokio::test]
async fn the_databricks_cli_is_asked_for_a_token(
    #[case] profile: Option<&str>,
    #[case] program: Option<&str>,
    #[case] expected: &str,
) {
    let runner = printing(Ok(DATABRICKS));
    let runner_of_it = Arc::clone(&runner) as Arc<dyn CommandRunner>;
    let token =
        Command::databricks(runner_of_it, "https://h.example", profile, program).unwrap().token().await.unwrap();
    assert_eq!(token.headers.authorization.expose(), "Bearer cli-token");
    assert!(matches!(token.life, Life::For(life) if life > Duration::from_secs(1_000_000_000)), "{:?}", token.life);
    assert_eq!(runner.0.lock().unwrap().join(" "), expected);
}

#[rstest]
#[case::failed(Err("ERROR: Please run 'az login' to setup account."), "failed: ERROR: Please run 'az login'")]
#[case::page(Ok("<html>"), "printed no token as JSON")]
#[case::other_json(Ok("{}"), "printed no token as JSON")]
#[case::no_token(Ok(r#"{"accessToken": "a b"}"#), "the token that was printed has blanks")]
#[tokio::test]
async fn a_command_that_fails_is_named_with_the_way_out(
    #[case] output: Result<&'static str, &'static str>,
    #[case] why: &str,
) {
    let error = Command::azure(printing(output), None, None).unwrap().token().await.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(error.details.starts_with("`az account get-access-token "), "{}", error.details);
    assert!(error.details.contains(why) && error.details.ends_with("sign in with `az login`"), "{}", error.details);
}

#[rstest]
#[case::option(None, Some("--debug"))]
#[case::no_resource(Some("sub-1"), None)]
#[case::no_subscription(Some("/subscriptions/"), None)]
#[case::empty(None, Some(""))]
#[case::shell(None, Some("t & calc"))]
fn what_is_no_argument_is_refused(#[case] resource_id: Option<&str>, #[case] tenant: Option<&str>) {
    let error = Command::azure(printing(Ok(AZURE)), resource_id, tenant).err().unwrap();
    assert_eq!(error.code, Code::InvalidArgument);
}
