//! How the reference shows literals of dates, times and intervals, whatever they were written like.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{DataType, Expr, Statement, TimezoneInfo, Value, VisitMut, VisitorMut};

use super::super::text::MICROS_PER_DAY;
use super::super::time::{LocalTimestamp, Zone, parse_date, parse_timestamp};

/// Writes the literals of dates and times in the one form in which they are shown. Their values stay the same; what is
/// no date or time stays as it is, for the planner to refuse.
pub(in super::super) fn normalize(statement: &mut Statement, zone: Zone) {
    let _ = statement.visit(&mut Normal { zone });
}

struct Normal {
    zone: Zone,
}

impl VisitorMut for Normal {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::TypedString(typed) = expr
            && let Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) = &mut typed.value.value
            && let Some(normal) = self.normal(&typed.data_type, text)
        {
            *text = normal;
        }
        ControlFlow::Continue(())
    }
}

impl Normal {
    fn normal(&self, data_type: &DataType, text: &str) -> Option<String> {
        match data_type {
            DataType::Date => shown_date(text),
            DataType::Timestamp(_, TimezoneInfo::None) => shown_timestamp(text, self.zone),
            _ => None,
        }
    }
}

/// `2024-01-31`; `None` of what is no date.
pub(in super::super) fn shown_date(text: &str) -> Option<String> {
    let midnight = i64::from(parse_date(text)?) * MICROS_PER_DAY;
    LocalTimestamp(midnight).to_string().get(..10).map(str::to_owned)
}

/// The time in a zone; `None` of what is no timestamp, and in the hour that a clock change repeats, where the local time alone would be
/// another instant.
pub(in super::super) fn shown_timestamp(text: &str, zone: Zone) -> Option<String> {
    let parsed = parse_timestamp(text)?;
    let instant = parsed.zone.unwrap_or(zone).to_instant(parsed.local_micros)?;
    let local = zone.to_local(instant)?;
    (zone.to_instant(local) == Some(instant)).then(|| LocalTimestamp(local).to_string())
}

/// A local time as it is shown; `None` where the text names a zone, or is no timestamp.
pub(in super::super) fn shown_local_time(text: &str) -> Option<String> {
    let parsed = parse_timestamp(text).filter(|parsed| parsed.zone.is_none())?;
    Some(LocalTimestamp(parsed.local_micros).to_string())
}

/// `INTERVAL '3' DAY`, `INTERVAL '02' HOUR`; `None` when that takes more than the text.
pub(super) fn interval_name(interval: &datafusion::sql::sqlparser::ast::Interval) -> Option<String> {
    let (value, negative) = match interval.value.as_ref() {
        Expr::UnaryOp { op: datafusion::sql::sqlparser::ast::UnaryOperator::Minus, expr } => (expr.as_ref(), true),
        value => (value, false),
    };
    let text = match value {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.clone(),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.trim().to_owned(),
            _ => return None,
        },
        _ => return None,
    };
    let unit = interval.leading_field.as_ref()?.to_string().to_ascii_uppercase();
    let unit = unit.strip_suffix('S').unwrap_or(&unit);
    if let Some(last) = &interval.last_field {
        return Some(format!("INTERVAL '{text}' {unit} TO {}", last.to_string().to_ascii_uppercase()));
    }
    let (digits, negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, !negative),
        None => (text.as_str(), negative),
    };
    let number: i64 = digits.parse().ok()?;
    let (number, unit) = match unit {
        "WEEK" => (number.checked_mul(7)?, "DAY"),
        "QUARTER" => (number.checked_mul(3)?, "MONTH"),
        unit @ ("YEAR" | "MONTH" | "DAY" | "HOUR" | "MINUTE" | "SECOND") => (number, unit),
        _ => return None,
    };
    let sign = if negative && number != 0 { "-" } else { "" };
    Some(match unit {
        "HOUR" | "MINUTE" | "SECOND" => format!("INTERVAL '{sign}{number:02}' {unit}"),
        _ => format!("INTERVAL '{sign}{number}' {unit}"),
    })
}
