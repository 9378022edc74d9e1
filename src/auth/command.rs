//! Tokens of programs that somebody has signed in with: the command lines of Azure and of Databricks.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::azure::DATABRICKS_RESOURCE;
use super::cache::{Life, Token};
use super::oauth::life;
use super::{AuthHeaders, pat::bearer};
use crate::callback::CallbackError;
use crate::error::{Code, Error, Result};
use crate::shutdown::callbacks_have_ended;

/// Runs programs, implemented in the caller's language.
#[uniffi::export(rust, foreign)]
pub trait CommandRunner: Send + Sync {
    /// Runs `command`, a program and its arguments, without a shell, and answers what it wrote to its standard output. Called on a thread
    /// that may wait. Errors: the program is not there, took too long, or failed; with what it wrote to its standard error.
    fn run(&self, command: Vec<String>) -> Result<String, CallbackError>;
}

/// A program that prints a token.
pub(crate) struct Command {
    runner: Arc<dyn CommandRunner>,
    command: Vec<String>,
    /// What to do when it fails.
    advice: &'static str,
}

/// What the programs print, by the names of both.
#[derive(Deserialize)]
struct Printed {
    #[serde(alias = "accessToken")]
    access_token: String,
    /// Azure: seconds since 1970. Its older programs write the time of a clock on the wall alone, under another name.
    expires_on: Option<f64>,
    /// Databricks: RFC 3339.
    expiry: Option<String>,
}

impl Command {
    pub(crate) fn azure(
        runner: Arc<dyn CommandRunner>,
        resource_id: Option<&str>,
        tenant_id: Option<&str>,
    ) -> Result<Self> {
        let mut command =
            vec!["az", "account", "get-access-token", "--resource", DATABRICKS_RESOURCE, "--output", "json"];
        match (resource_id.map(subscription), tenant_id) {
            (Some(Some(subscription)), _) => {
                command.extend(["--subscription", plain("azure_workspace_resource_id", subscription)?])
            }
            (Some(None), _) => {
                return Err(Error::invalid_argument(
                    "azure_workspace_resource_id is not one: it begins with /subscriptions/",
                ));
            }
            (None, Some(tenant)) => command.extend(["--tenant", plain("azure_tenant_id", tenant)?]),
            (None, None) => {}
        }
        let command = command.into_iter().map(str::to_owned).collect();
        Ok(Self { runner, command, advice: "sign in with `az login`" })
    }

    pub(crate) fn databricks(
        runner: Arc<dyn CommandRunner>,
        host: &str,
        profile: Option<&str>,
        program: Option<&str>,
    ) -> Result<Self> {
        let program = program.filter(|program| !program.is_empty()).unwrap_or("databricks");
        let whose = match profile {
            Some(profile) => ["--profile", plain("the profile", profile)?],
            None => ["--host", plain("host", host)?],
        };
        let command = [program, "auth", "token"].into_iter().chain(whose).map(str::to_owned).collect();
        Ok(Self { runner, command, advice: "sign in with `databricks auth login`" })
    }

    /// The program's token. Errors: `Unauthenticated`.
    async fn token(&self) -> Result<Token> {
        let failed = |details: String| {
            let details = format!("`{}` {details}; {}", self.command.join(" "), self.advice);
            Error::new(Code::Unauthenticated, details).redacted()
        };
        if callbacks_have_ended() {
            return Err(failed("cannot be run any more".to_owned()));
        }
        let (runner, command) = (Arc::clone(&self.runner), self.command.clone());
        let ran = tokio::task::spawn_blocking(move || runner.run(command)).await;
        let output = ran.map_err(|error| failed("did not end".to_owned()).because(error))?;
        let output = Zeroizing::new(output.map_err(|error| failed(format!("failed: {error}")))?);
        let printed: Printed =
            serde_json::from_str(&output).map_err(|_| failed("printed no token as JSON".to_owned()))?;
        printed.into_token(SystemTime::now()).map_err(|error| failed(error.details))
    }
}

/// The token of the first program that somebody is signed in to. Errors: `Unauthenticated`, what each of them said.
pub(super) async fn token(programs: &[Command]) -> Result<Token> {
    let mut failures = Vec::new();
    for program in programs {
        match program.token().await {
            Ok(token) => return Ok(token),
            Err(error) => failures.push(error),
        }
    }
    let details = failures.iter().map(|error| error.details.as_str()).collect::<Vec<_>>().join("; or ");
    Err(Error::new(Code::Unauthenticated, details))
}

impl Printed {
    fn into_token(self, now: SystemTime) -> Result<Token> {
        let text = Zeroizing::new(self.access_token);
        let authorization = bearer(&text, "the token that was printed")?;
        let since_epoch = |at: f64| SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(at).ok()?);
        let written = |at: &str| chrono::DateTime::parse_from_rfc3339(at).ok().map(SystemTime::from);
        let ends = self.expires_on.and_then(since_epoch).or_else(|| written(self.expiry.as_deref()?));
        let life = match ends.map(|ends| ends.duration_since(now).unwrap_or_default()) {
            Some(left) => Life::For(left),
            None => life(None, &text, now),
        };
        Ok(Token { headers: AuthHeaders::of(authorization), life })
    }
}

/// The subscription of an Azure resource.
fn subscription(resource_id: &str) -> Option<&str> {
    resource_id.strip_prefix("/subscriptions/")?.split('/').next().filter(|subscription| !subscription.is_empty())
}

/// An argument of a command, which no program takes for an option and no shell for anything else.
fn plain<'a>(name: &str, value: &'a str) -> Result<&'a str> {
    let is_plain = |character: char| character.is_alphanumeric() || "-._:/@ ".contains(character);
    if value.is_empty() || value.starts_with('-') || !value.chars().all(is_plain) {
        return Err(Error::invalid_argument(format!("{name} {value:?} cannot be an argument of a command")));
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
