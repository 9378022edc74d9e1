//! What the statements about volumes do.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use futures::TryStreamExt;
use regex::Regex;

use super::rows::{self, Transfer};
use super::syntax::VolumeStatement;
use super::{VolumeError, Volumes};
use crate::engine::{Answer, EngineSession, SqlError, Statement};
use crate::faults::ResultFault;
use crate::links::{Access, FileLink, Links};

/// What a statement about a volume came to.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    /// Whether its row tells the client what to transfer.
    pub(crate) is_volume_operation: bool,
}

/// Where links of a transfer differ from the usual, as faults want it.
#[derive(Default)]
pub(crate) struct LinkFaults {
    pub(crate) expired: bool,
    pub(crate) headers: BTreeMap<String, String>,
}

impl LinkFaults {
    /// Takes those out of a statement's faults that are about the link of a transfer.
    pub(crate) fn take(faults: &mut Vec<ResultFault>) -> Self {
        let mut taken = Self::default();
        faults.retain(|fault| match fault {
            ResultFault::RequiredHeaders(headers) => {
                taken.headers.extend(headers.clone());
                false
            }
            ResultFault::ExpiredLinks { count } => {
                taken.expired = *count > 0;
                false
            }
            _ => true,
        });
        taken
    }
}

/// Runs a statement about a volume.
pub(crate) async fn run(
    statement: VolumeStatement,
    volumes: &Volumes,
    links: &Links,
    session: &dyn EngineSession,
    faults: LinkFaults,
) -> Result<Outcome, SqlError> {
    let plain = |answer| Ok(Outcome { answer, is_volume_operation: false });
    let transfer = |access: Access, path: &str, local: Option<&str>| {
        let FileLink { url, headers } = links.sign_file(access, path, &faults.headers, faults.expired);
        let answer = rows::transfer(Transfer { operation: access.operation(), url, headers, local })?;
        Ok(Outcome { answer, is_volume_operation: true })
    };
    match statement {
        VolumeStatement::Put { local, path, overwrite } => {
            let place = volumes.locate_file(&path)?;
            if place.is_dir() {
                return Err(VolumeError::Kind(path).into());
            }
            if place.exists() && !overwrite {
                return Err(VolumeError::Exists(path).into());
            }
            transfer(Access::Write, &path, Some(&local))
        }
        VolumeStatement::Get { path, local } => {
            require_file(volumes, &path)?;
            transfer(Access::Read, &path, Some(&local))
        }
        VolumeStatement::Remove { path } => {
            require_file(volumes, &path)?;
            transfer(Access::Remove, &path, None)
        }
        VolumeStatement::List { path, limit } => {
            let mut files = volumes.list(&path)?;
            files.truncate(limit.unwrap_or(usize::MAX));
            plain(rows::listing(&files)?)
        }
        VolumeStatement::Show { schema, pattern } => {
            let [catalog, schema] = schema_of(session, schema).await?;
            let pattern = pattern.as_deref().map(matcher).transpose()?;
            let mut names = volumes.names(&catalog, &schema)?;
            names.retain(|name| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name)));
            plain(rows::volumes(&schema, &names)?)
        }
        VolumeStatement::Create { name, if_not_exists } => {
            match volumes.create(&volume_of(session, name).await?) {
                Err(VolumeError::VolumeExists(_)) if if_not_exists => {}
                created => created?,
            }
            plain(rows::nothing())
        }
        VolumeStatement::Drop { name, if_exists } => {
            match volumes.drop_volume(&volume_of(session, name).await?) {
                Err(VolumeError::NoVolume(_)) if if_exists => {}
                dropped => dropped?,
            }
            plain(rows::nothing())
        }
    }
}

fn require_file(volumes: &Volumes, path: &str) -> Result<(), VolumeError> {
    let place = volumes.locate_file(path)?;
    match place.is_dir() {
        true => Err(VolumeError::Kind(path.to_owned())),
        false if !place.exists() => Err(VolumeError::NotFound(path.to_owned())),
        false => Ok(()),
    }
}

/// A volume's full name. Errors: its schema is missing.
async fn volume_of(session: &dyn EngineSession, mut name: Vec<String>) -> Result<[String; 3], SqlError> {
    let volume = name.pop().unwrap_or_default();
    let [catalog, schema] = schema_of(session, name).await?;
    Ok([catalog, schema, volume])
}

/// A schema's full name, by default the session's. Errors: it is missing.
async fn schema_of(session: &dyn EngineSession, name: Vec<String>) -> Result<[String; 2], SqlError> {
    let name: [String; 2] = match name.as_slice() {
        [catalog, schema] => [catalog.clone(), schema.clone()],
        [schema] => [ask(session, "SELECT current_catalog()").await?, schema.clone()],
        [] => [ask(session, "SELECT current_catalog()").await?, ask(session, "SELECT current_schema()").await?],
        _ => {
            let text = format!("The name {} has too many parts.", name.join("."));
            return Err(SqlError::new("PARSE_SYNTAX_ERROR", "42601", text));
        }
    };
    let [catalog, schema] = name.each_ref().map(|part| format!("`{}`", part.replace('`', "``")));
    let described = execute(session, format!("DESCRIBE SCHEMA {catalog}.{schema}")).await?;
    described.batches.try_collect::<Vec<_>>().await?;
    Ok(name)
}

/// The one text that a query answers.
async fn ask(session: &dyn EngineSession, sql: &str) -> Result<String, SqlError> {
    let batches: Vec<_> = execute(session, sql.to_owned()).await?.batches.try_collect().await?;
    let text = batches.first().and_then(|batch| batch.columns().first()?.as_string_opt::<i32>().map(|c| c.value(0)));
    text.map(str::to_owned).ok_or_else(|| SqlError::new("INTERNAL_ERROR", "XX000", format!("{sql} answers no text.")))
}

async fn execute(session: &dyn EngineSession, sql: String) -> Result<Answer, SqlError> {
    session.execute(Statement { sql, parameters: Vec::new() }).await
}

/// A pattern of SHOW: `*` is any text and `|` is or, in any letter case.
fn matcher(pattern: &str) -> Result<Regex, SqlError> {
    let parts: Vec<_> = pattern.split('|').map(|part| regex::escape(part.trim()).replace(r"\*", ".*")).collect();
    Regex::new(&format!("(?i)^(?:{})$", parts.join("|")))
        .map_err(|error| SqlError::new("INVALID_PATTERN", "22023", format!("The pattern cannot be used: {error}.")))
}
