//! CREATE FUNCTION and DROP FUNCTION: functions whose body is SQL.

mod check;
mod read;

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{ObjectName, ObjectNamePart};

use self::read::{Reader, Written};
use super::super::rewrite::fold;
use super::super::tokens::meaningful;
use super::super::{answer, errors, parse};
use super::Run;
use crate::engine::{Answer, SqlError};

/// Runs the statement when it is one of these; `None` when it is another.
pub(super) async fn run(run: &Run<'_>, sql: &str) -> Result<Option<Answer>, SqlError> {
    let tokens = parse::tokens(sql)?;
    let words: Vec<String> = meaningful(&tokens).take(5).map(|token| token.to_string().to_ascii_uppercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rest = match words.as_slice() {
        ["CREATE", "OR", "REPLACE", rest @ ..] => rest,
        ["CREATE" | "DROP", rest @ ..] => rest,
        _ => return Ok(None),
    };
    if !matches!(rest, ["FUNCTION", ..] | ["TEMPORARY" | "TEMP", "FUNCTION", ..]) {
        return Ok(None);
    }
    let asked = {
        let mut reader = Reader { parser: parse::parser(tokens) };
        match reader.word("DROP") {
            true => reader.read_drop()?,
            false => reader.read_create()?,
        }
    };
    match asked {
        Asked::Drop { temporary, if_exists, name } => dropped(run, temporary, if_exists, &name)?,
        Asked::Create { replace, if_not_exists, written } => created(run, replace, if_not_exists, *written).await?,
    }
    Ok(Some(answer::nothing()))
}

/// What is to happen to a function.
enum Asked {
    Drop { temporary: bool, if_exists: bool, name: ObjectName },
    Create { replace: bool, if_not_exists: bool, written: Box<Written> },
}

fn dropped(run: &Run<'_>, temporary: bool, if_exists: bool, name: &ObjectName) -> Result<(), SqlError> {
    let (session, view) = (run.session, run.view);
    let parts = parts(name)?;
    let found = match (temporary, parts.as_slice()) {
        (true, [.., name]) => session.change_routines(|routines| routines.remove(name)).is_some(),
        (false, [name]) => session.catalogs().drop_routine(&view.catalog, &view.schema, name)?,
        (false, [schema, name]) => session.catalogs().drop_routine(&view.catalog, schema, name)?,
        (false, [catalog, schema, name]) => session.catalogs().drop_routine(catalog, schema, name)?,
        _ => return Err(errors::syntax(format!("Syntax error: {name} has too many parts for a function."))),
    };
    match found || if_exists {
        true => Ok(()),
        false => Err(SqlError::new(
            "ROUTINE_NOT_FOUND",
            "42883",
            format!(
                "The routine {} cannot be found. Verify the spelling and correctness of the schema and catalog.",
                errors::quote(&parts)
            ),
        )),
    }
}

async fn created(run: &Run<'_>, replace: bool, if_not_exists: bool, written: Written) -> Result<(), SqlError> {
    let temporary = written.temporary;
    let routine = Arc::new(check::made(run, written).await?);
    let added = match temporary {
        true => run.session.change_routines(|routines| {
            let goes = replace || !routines.contains_key(&routine.name);
            if goes {
                routines.insert(routine.name.clone(), Arc::clone(&routine));
            }
            goes
        }),
        false => {
            let catalogs = run.session.catalogs();
            catalogs.create_routine(&routine.catalog, &routine.schema, Arc::clone(&routine), replace)?
        }
    };
    match added || if_not_exists {
        true => Ok(()),
        false => Err(SqlError::new(
            "ROUTINE_ALREADY_EXISTS",
            "42723",
            format!("Cannot create the routine {} because a routine of that name already exists.", routine.shown),
        )),
    }
}

fn parts(name: &ObjectName) -> Result<Vec<String>, SqlError> {
    let part = |part: &ObjectNamePart| {
        part.as_ident().map(|ident| fold(&ident.value)).ok_or_else(|| errors::unsupported(format!("the name {name}")))
    };
    name.0.iter().map(part).collect()
}
