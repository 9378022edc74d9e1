//! Parameters: values for a statement's markers, checked when bound.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::sea::wire::StatementParameter;
use crate::sql_text::most_markers;

mod decimal;
mod geospatial;
mod interval;
mod sql_type;
#[cfg(test)]
mod tests;
mod time;

use sql_type::SqlType;

/// The values bound so far: all by position or all by name, because a statement's markers are of one kind.
#[derive(Clone, Default)]
pub(crate) enum Parameters {
    #[default]
    None,
    Positional(BTreeMap<i32, Bound>),
    Named(BTreeMap<String, Bound>),
}

/// A checked value as it is sent. No `Debug`: values may be secrets.
#[derive(Clone)]
pub(crate) struct Bound {
    sql_type: String,
    value: Option<String>,
}

impl Parameters {
    /// Binds the value of the `ordinal`-th `?`, counted from 1; a value bound before is replaced. After an error nothing has changed.
    pub(crate) fn bind(&mut self, ordinal: i32, value: Option<&str>, sql_type: &str) -> Result<()> {
        if ordinal < 1 {
            return Err(Error::invalid_argument(format!("parameter {ordinal}: positions are counted from 1")));
        }
        let bound = Bound::check(value, sql_type).map_err(|error| of_parameter(&ordinal.to_string(), error))?;
        match self {
            Self::None => *self = Self::Positional(BTreeMap::from([(ordinal, bound)])),
            Self::Positional(values) => drop(values.insert(ordinal, bound)),
            Self::Named(_) => return Err(of_parameter(&ordinal.to_string(), mixed("name", "position"))),
        }
        Ok(())
    }

    /// Binds the value of `:name`, given without its colon; a value bound before is replaced. After an error nothing has changed.
    pub(crate) fn bind_named(&mut self, name: &str, value: Option<&str>, sql_type: &str) -> Result<()> {
        if name.is_empty() {
            return Err(Error::invalid_argument("a parameter's name is empty; use `bind` for `?` markers"));
        }
        let marker = format!(":{name}");
        if let Some(bare) = name.strip_prefix(':') {
            return Err(of_parameter(
                name,
                Error::invalid_argument(format!("give the name without its colon, as {bare:?}")),
            ));
        }
        let bound = Bound::check(value, sql_type).map_err(|error| of_parameter(&marker, error))?;
        match self {
            Self::None => *self = Self::Named(BTreeMap::from([(name.to_owned(), bound)])),
            Self::Named(values) => drop(values.insert(name.to_owned(), bound)),
            Self::Positional(_) => return Err(of_parameter(&marker, mixed("position", "name"))),
        }
        Ok(())
    }

    /// The request's `parameters` for a statement, by position or sorted by name. Errors: `InvalidArgument` when a
    /// position between 1 and the last was left out, or when the statement has fewer markers, which no server says.
    pub(crate) fn to_wire(&self, sql: &str) -> Result<Vec<StatementParameter>> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Positional(values) if values.len() > most_markers(sql) => Err(Error::invalid_argument(format!(
                "{} values are bound by position, more than the {} `?` of the statement; bind one value for each `?`",
                values.len(),
                most_markers(sql)
            ))),
            Self::Positional(values) => (1..)
                .zip(values)
                .map(|(expected, (ordinal, bound))| {
                    if *ordinal == expected {
                        return Ok(bound.to_wire(None, Some(expected)));
                    }
                    let details =
                        format!("parameter {expected} is not bound, but a later one is; bind NULL explicitly");
                    Err(Error::invalid_argument(details))
                })
                .collect(),
            Self::Named(values) => {
                Ok(values.iter().map(|(name, bound)| bound.to_wire(Some(name.clone()), None)).collect())
            }
        }
    }
}

impl Bound {
    fn check(value: Option<&str>, sql_type: &str) -> Result<Self> {
        check_parameter(value, sql_type).map(|(sql_type, value)| Self { sql_type, value })
    }

    fn to_wire(&self, name: Option<String>, ordinal: Option<i32>) -> StatementParameter {
        StatementParameter { name, ordinal, sql_type: self.sql_type.clone(), value: self.value.clone() }
    }
}

/// The type and the value as they are sent, from a value's text (none for NULL) and the name of its type.
///
/// Types in any letter case: VOID (NULL only); BOOLEAN or BOOL (`true`, `false`, `1`, `0`); TINYINT, SMALLINT, INT or INTEGER, BIGINT or LONG; FLOAT
/// and DOUBLE (also `NaN` and `Infinity`); STRING, VARCHAR and CHAR, the last two with or without a length; DATE; TIMESTAMP, TIMESTAMP_NTZ and
/// TIMESTAMP_LTZ (microseconds at most, zone as an offset or `Z`); INTERVAL with or without its fields; DECIMAL(p) and DECIMAL(p,s), and DECIMAL for the
/// narrowest that holds the value; GEOGRAPHY and GEOMETRY with or without an SRID (WKT or EWKT, sent as the text of the WKT).
///
/// A zone is kept as the instant that it names; TIMESTAMP_NTZ, which has no instants, keeps the wall clock and drops the zone.
/// Errors: `InvalidArgument` with the type and what it takes, never the value.
pub(crate) fn check_parameter(value: Option<&str>, sql_type: &str) -> Result<(String, Option<String>)> {
    let sql_type = SqlType::parse(sql_type, value)?;
    let Some(value) = value else { return Ok((sql_type.wire_name(), None)) };
    let (wire_type, value) = sql_type.check(value).map_err(|expected| {
        Error::invalid_argument(format!("the value does not parse as {sql_type}, which takes {expected}"))
    })?;
    Ok((wire_type, Some(value)))
}

fn of_parameter(marker: &str, mut error: Error) -> Error {
    error.details = format!("parameter {marker}: {}", error.details);
    error
}

fn mixed(before: &str, now: &str) -> Error {
    Error::invalid_argument(format!("others were bound by {before} and this one by {now}; a statement takes one kind"))
}
