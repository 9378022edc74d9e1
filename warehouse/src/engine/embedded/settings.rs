//! Session parameters.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;

use super::errors;
use crate::engine::SqlError;

/// The parameters that every session has, with their defaults.
const PARAMETERS: [(&str, &str); 10] = [
    ("ANSI_MODE", "true"),
    ("ENABLE_PHOTON", "true"),
    ("LEGACY_TIME_PARSER_POLICY", "EXCEPTION"),
    ("MAX_FILE_PARTITION_BYTES", "128m"),
    ("QUERY_TAGS", ""),
    ("READ_ONLY_EXTERNAL_METASTORE", "false"),
    ("STATEMENT_TIMEOUT", DEFAULT_TIMEOUT),
    ("TIMEZONE", "Etc/UTC"),
    ("USE_CACHED_RESULT", "true"),
    ("LC_TIME", "en-US"),
];

/// Settings that would change what is answered, with the values under which this engine answers as it does.
const APPLIED: [(&str, &[&str]); 33] = [
    ("ansi_mode", &["true"]),
    ("lc_time", &["en-us"]),
    ("legacy_time_parser_policy", &["exception", "corrected"]),
    ("spark.sql.ansi.doublequotedidentifiers", &["true", "false"]),
    ("spark.sql.ansi.enabled", &["true"]),
    ("spark.sql.ansi.enforcereservedkeywords", &["false"]),
    ("spark.sql.ansi.relationprecedence", &["false"]),
    ("spark.sql.casesensitive", &["false"]),
    ("spark.sql.charasvarchar", &["false"]),
    ("spark.sql.crossjoin.enabled", &["true"]),
    ("spark.sql.decimaloperations.allowprecisionloss", &["true"]),
    ("spark.sql.defaultcatalog", &["spark_catalog"]),
    ("spark.sql.function.concatbinaryasstring", &["false"]),
    ("spark.sql.function.eltoutputasstring", &["false"]),
    ("spark.sql.groupbyaliases", &["true"]),
    ("spark.sql.groupbyordinal", &["true"]),
    ("spark.sql.lateralcolumnalias.enableimplicitresolution", &["true"]),
    ("spark.sql.legacy.codingerroraction", &["false"]),
    ("spark.sql.legacy.identifierclause", &["true", "false"]),
    ("spark.sql.legacy.interval.enabled", &["false"]),
    ("spark.sql.legacy.javacharsets", &["false"]),
    ("spark.sql.legacy.parser.havingwithoutgroupbyaswhere", &["false"]),
    ("spark.sql.legacy.timeparserpolicy", &["exception", "corrected"]),
    ("spark.sql.mapkeydeduppolicy", &["exception"]),
    ("spark.sql.orderbyordinal", &["true"]),
    ("spark.sql.parser.escapedstringliterals", &["false"]),
    ("spark.sql.parser.quotedregexcolumnnames", &["false"]),
    ("spark.sql.preservecharvarchartypeinfo", &["false"]),
    ("spark.sql.prioritizeordinalresolutioninsort.enabled", &["true"]),
    ("spark.sql.runsqlonfiles", &["true"]),
    ("spark.sql.storeassignmentpolicy", &["ansi"]),
    ("spark.sql.timestamptype", &["timestamp_ltz"]),
    ("spark.sql.variable.substitute", &["true", "false"]),
];

/// Refuses a setting that would change what is answered: this engine would only keep it.
pub(super) fn check_applied(name: &str, value: &str) -> Result<(), SqlError> {
    let (lower, value) = (name.to_lowercase(), value.trim().to_lowercase());
    let applied = match APPLIED.iter().find(|(known, _)| *known == lower) {
        Some((_, values)) => values.contains(&value.as_str()),
        None => !["spark.sql.ansi.", "spark.sql.legacy."].iter().any(|kind| lower.starts_with(kind)),
    };
    match applied {
        true => Ok(()),
        false => Err(errors::unsupported(format!("the setting {name} with the value '{value}'"))),
    }
}

/// Whether texts in double quotes are names.
pub(super) const DOUBLE_QUOTED_IDENTIFIERS: &str = "spark.sql.ansi.doubleQuotedIdentifiers";

/// Whether IDENTIFIER(…) stands for tables, columns and functions alone.
pub(super) const LEGACY_IDENTIFIER_CLAUSE: &str = "spark.sql.legacy.identifierClause";

/// Seconds; also the most that STATEMENT_TIMEOUT may be.
const DEFAULT_TIMEOUT: &str = "172800";
const MAX_TIMEOUT: u64 = 172_800;

/// The parameters of one session: those of the fixed list by their upper-case name, `spark.*` as written.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    values: BTreeMap<String, String>,
    zone: String,
    timeout: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { values: BTreeMap::new(), zone: "Etc/UTC".to_owned(), timeout: None }
    }
}

impl Settings {
    /// The session's time zone, spelled as it was set.
    pub(super) fn zone(&self) -> &str {
        &self.zone
    }

    /// The longest time a statement may run, when the session limits it.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether a setting is on that is off where nobody set it.
    pub(super) fn is_on(&self, name: &str) -> bool {
        let value =
            self.values.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The value of a parameter, its default when it was not set.
    pub(super) fn get(&self, name: &str) -> Result<String, SqlError> {
        let name = Self::known(name)?;
        if let Some(value) = self.values.get(&name) {
            return Ok(value.clone());
        }
        match PARAMETERS.iter().find(|(known, _)| *known == name) {
            Some((_, default)) => Ok((*default).to_owned()),
            None if name.to_lowercase().starts_with("spark.sql.") => {
                Err(errors::unsupported(format!("the default of the setting {name}")))
            }
            None => Err(SqlError::new(
                "SQL_CONF_NOT_FOUND",
                "42K0I",
                format!("The SQL config \"{name}\" cannot be found. Please verify that the config exists."),
            )),
        }
    }

    /// Sets a parameter; its name and value are checked.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        let name = Self::known(name)?;
        match name.as_str() {
            "TIMEZONE" => self.zone = checked_zone(value)?,
            "STATEMENT_TIMEOUT" => self.timeout = checked_timeout(value)?,
            "ANSI_MODE" | "ENABLE_PHOTON" | "READ_ONLY_EXTERNAL_METASTORE" | "USE_CACHED_RESULT" => {
                checked_boolean(&name, value)?;
            }
            _ => {}
        }
        self.values.insert(name, value.to_owned());
        Ok(())
    }

    /// Takes a parameter back to its default.
    pub(super) fn reset(&mut self, name: &str) -> Result<(), SqlError> {
        let name = Self::known(name)?;
        let default = Self::default();
        match name.as_str() {
            "TIMEZONE" => self.zone = default.zone,
            "STATEMENT_TIMEOUT" => self.timeout = default.timeout,
            _ => {}
        }
        self.values.remove(&name);
        Ok(())
    }

    /// All parameters with their values, by name.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> =
            PARAMETERS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        all.extend(self.values.clone());
        all
    }

    fn known(name: &str) -> Result<String, SqlError> {
        let upper = name.to_ascii_uppercase();
        if PARAMETERS.iter().any(|(known, _)| *known == upper) {
            Ok(upper)
        } else if upper == "SPARK.SQL.SESSION.TIMEZONE" {
            Ok("TIMEZONE".to_owned())
        } else if upper == "SPARK.SQL.ANSI.ENABLED" {
            Ok("ANSI_MODE".to_owned())
        } else if upper.starts_with("SPARK.") {
            Ok(name.to_owned())
        } else {
            Err(SqlError::new("CONFIG_NOT_AVAILABLE", "42K0I", format!("Configuration {name} is not available.")))
        }
    }
}

fn checked_zone(value: &str) -> Result<String, SqlError> {
    let known = value.parse::<Tz>().is_ok() || super::time::parse_offset(value).is_some();
    if known {
        return Ok(value.to_owned());
    }
    Err(SqlError::new(
        "INVALID_CONF_VALUE.TIME_ZONE",
        "22022",
        format!("The value '{value}' in the config \"TIMEZONE\" is invalid. Cannot resolve the given timezone."),
    ))
}

fn checked_timeout(value: &str) -> Result<Option<Duration>, SqlError> {
    match value.trim().parse::<u64>() {
        Ok(0) => Ok(None),
        Ok(seconds) if seconds <= MAX_TIMEOUT => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(invalid("STATEMENT_TIMEOUT", value, &format!("whole seconds between 0 and {MAX_TIMEOUT}"))),
    }
}

fn checked_boolean(name: &str, value: &str) -> Result<(), SqlError> {
    match value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        true => Ok(()),
        false => Err(invalid(name, value, "true or false")),
    }
}

fn invalid(name: &str, value: &str, wanted: &str) -> SqlError {
    SqlError::new(
        "INVALID_CONF_VALUE.TYPE_MISMATCH",
        "22022",
        format!("The value '{value}' in the config \"{name}\" is invalid: it must be {wanted}."),
    )
}
