//! How the reference shows literals of dates, times and intervals, whatever they were written like.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{DataType, Expr, Statement, TimezoneInfo, Value, VisitMut, VisitorMut};

use super::super::intervals::{self, Interval};
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

/// `INTERVAL '3' DAY`, `INTERVAL '02' HOUR`; `None` of one that is not written as a literal.
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
    let text = with_sign(text, negative);
    let fields = [interval.leading_field.as_ref(), interval.last_field.as_ref()];
    let units: Vec<String> = fields.into_iter().flatten().map(|field| intervals::unit(&field.to_string())).collect();
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    // What is no interval has any name, and fails when it is planned.
    Some(match Interval::read(&units, &text) {
        Some(interval) => format!("INTERVAL '{interval}' {}", interval.fields()),
        None => format!("INTERVAL '{text}' {}", units.join(" TO ")),
    })
}

/// The text of an interval with the sign that stands before its quotes.
pub(super) fn with_sign(text: String, negative: bool) -> String {
    match (negative, text.strip_prefix('-'), text.strip_prefix('+')) {
        (false, ..) => text,
        (true, Some(digits), _) => digits.to_owned(),
        (true, None, digits) => format!("-{}", digits.unwrap_or(&text)),
    }
}
