//! Numbers and other values in formats: `format_string`, `format_number`.

use std::iter::Peekable;
use std::str::Chars;

use datafusion::arrow::array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::DataType;

use super::super::{errors, text};
use super::row::{Row, Value};
use crate::engine::SqlError;

/// One directive, such as `%-5d`.
#[derive(Debug, Default)]
struct Directive {
    /// Which argument, counted from one, where it is told.
    position: Option<usize>,
    flags: String,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

impl Directive {
    fn read(rest: &mut Peekable<Chars<'_>>) -> Option<Self> {
        let number = |rest: &mut Peekable<Chars<'_>>| {
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            digits
        };
        let mut directive = Self::default();
        let mut ahead = rest.clone();
        let digits = number(&mut ahead);
        if !digits.is_empty() && ahead.next_if_eq(&'$').is_some() {
            directive.position = digits.parse().ok();
            *rest = ahead;
        }
        while let Some(flag) = rest.next_if(|c| "-+ 0,(#".contains(*c)) {
            directive.flags.push(flag);
        }
        directive.width = match number(rest).as_str() {
            "" => 0,
            digits => digits.parse().ok()?,
        };
        if rest.next_if_eq(&'.').is_some() {
            directive.precision = Some(number(rest).parse().ok()?);
        }
        directive.conversion = rest.next()?;
        Some(directive)
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// The digits of a number with its sign, separators and zeros before it.
    fn number(&self, digits: &str) -> String {
        let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
        let digits = if self.has(',') { grouped(digits) } else { digits.to_owned() };
        let (sign, end) = match negative {
            true if self.has('(') => ("(", ")"),
            true => ("-", ""),
            false if self.has('+') => ("+", ""),
            false if self.has(' ') => (" ", ""),
            false => ("", ""),
        };
        let zeros = if self.has('0') { self.width.saturating_sub(sign.len() + digits.len() + end.len()) } else { 0 };
        format!("{sign}{}{digits}{end}", "0".repeat(zeros))
    }

    fn padded(&self, text: String) -> String {
        let missing = " ".repeat(self.width.saturating_sub(text.chars().count()));
        if self.has('-') { text + &missing } else { missing + &text }
    }
}

fn invalid(format: &str) -> SqlError {
    SqlError::new("INTERNAL_ERROR_FORMAT", "22023", format!("The format '{format}' does not fit its arguments."))
}

/// Java's formats, for numbers and text.
pub(super) fn format_string(row: &Row<'_>) -> Result<Value, SqlError> {
    if row.is_null(0) {
        return Ok(Value::Null);
    }
    let format = row.text(0);
    let mut result = String::new();
    let mut rest = format.chars().peekable();
    let mut next = 1;
    while let Some(c) = rest.next() {
        if c != '%' {
            result.push(c);
            continue;
        }
        let directive = Directive::read(&mut rest).ok_or_else(|| invalid(format))?;
        match directive.conversion {
            '%' => result.push_str(&directive.padded("%".to_owned())),
            'n' => result.push('\n'),
            _ => {
                let position = directive.position.unwrap_or(next);
                next += usize::from(directive.position.is_none());
                if !(1..row.len()).contains(&position) {
                    return Err(invalid(format));
                }
                result.push_str(&formatted(row, position, &directive, format)?);
            }
        }
    }
    Ok(result.into())
}

fn formatted(row: &Row<'_>, position: usize, directive: &Directive, format: &str) -> Result<String, SqlError> {
    let (column, at) = row.column(position);
    let upper = directive.conversion.is_ascii_uppercase();
    let conversion = directive.conversion.to_ascii_lowercase();
    let null = row.is_null(position);
    let refused =
        || errors::unsupported(format!("the directive '{conversion}' of the format '{format}' with this type"));
    let text = match (conversion, column.data_type()) {
        ('b', DataType::Boolean) if !null => row.bool(position).to_string(),
        ('b', _) => (!null).to_string(),
        ('s' | 'd' | 'x' | 'o' | 'f' | 'e' | 'g' | 'c', _) if null => "null".to_owned(),
        ('s', data_type) => {
            if directive.has('#') {
                return Err(refused());
            }
            match data_type {
                // What the reference holds for them.
                DataType::Date32 => column.as_primitive::<Date32Type>().value(at).to_string(),
                DataType::Timestamp(..) => column.as_primitive::<TimestampMicrosecondType>().value(at).to_string(),
                DataType::Binary | DataType::Interval(_) | DataType::Duration(_) => return Err(refused()),
                _ => text::render(column.as_ref(), at, row.zone).ok_or_else(refused)?,
            }
        }
        ('d' | 'x' | 'o', data_type) if data_type.is_integer() => {
            if directive.precision.is_some() || conversion != 'd' && directive.flags.contains(['+', ' ', ',', '(', '#'])
            {
                return Err(invalid(format));
            }
            let value = integer(column.as_ref(), at).ok_or_else(refused)?;
            let digits = match (conversion, data_type) {
                ('d', _) => value.to_string(),
                ('x', DataType::Int64) => format!("{value:x}"),
                ('o', DataType::Int64) => format!("{value:o}"),
                ('x', DataType::Int32) => format!("{:x}", value as i32),
                ('o', DataType::Int32) => format!("{:o}", value as i32),
                _ => return Err(refused()),
            };
            return Ok(cased(directive.padded(directive.number(&digits)), upper));
        }
        ('f' | 'e', DataType::Float32 | DataType::Float64) => {
            let value = double(column.as_ref(), at);
            if !value.is_finite() {
                return Err(refused());
            }
            let precision = directive.precision.unwrap_or(6);
            let digits = match conversion {
                'f' => rounded(value, precision),
                _ => exponent(value, precision),
            };
            return Ok(cased(directive.padded(directive.number(&digits)), upper));
        }
        ('g', DataType::Float32 | DataType::Float64) => return Err(refused()),
        ('c', DataType::Int32) => {
            let code = u32::try_from(column.as_primitive::<Int32Type>().value(at)).ok();
            code.and_then(char::from_u32).ok_or_else(|| invalid(format))?.to_string()
        }
        ('h' | 'a' | 't', _) => return Err(refused()),
        _ => return Err(invalid(format)),
    };
    let text = match directive.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    };
    Ok(cased(directive.padded(text), upper))
}

fn cased(text: String, upper: bool) -> String {
    if upper { text.to_uppercase() } else { text }
}

fn integer(column: &dyn Array, at: usize) -> Option<i64> {
    Some(match column.data_type() {
        DataType::Int8 => column.as_primitive::<Int8Type>().value(at).into(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(at).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(at).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(at),
        _ => return None,
    })
}

fn double(column: &dyn Array, at: usize) -> f64 {
    match column.data_type() {
        DataType::Float32 => column.as_primitive::<Float32Type>().value(at).into(),
        _ => column.as_primitive::<Float64Type>().value(at),
    }
}

/// The shortest digits of a number, rounded half up.
fn rounded(value: f64, precision: usize) -> String {
    let digits = format!("{value}");
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    if fraction.len() <= precision {
        let point = if precision == 0 { "" } else { "." };
        return format!("{whole}{point}{fraction:0<precision$}");
    }
    let up = fraction.as_bytes()[precision] >= b'5';
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let kept = format!("{whole}{}", &fraction[..precision]);
    let kept = if up { incremented(&kept) } else { kept };
    let (whole, fraction) = kept.split_at(kept.len() - precision);
    let point = if precision == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// A number of decimal digits, and one.
pub(super) fn incremented(digits: &str) -> String {
    let mut bytes = digits.as_bytes().to_vec();
    for byte in bytes.iter_mut().rev() {
        if *byte == b'9' {
            *byte = b'0';
        } else {
            *byte += 1;
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    format!("1{}", String::from_utf8_lossy(&bytes))
}

fn exponent(value: f64, precision: usize) -> String {
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let mut mantissa = rounded(mantissa.parse().unwrap_or(value), precision);
    let mut exponent: i32 = exponent.parse().unwrap_or(0);
    if mantissa.trim_start_matches('-').starts_with("10") {
        mantissa = mantissa.replacen("10", "1", 1);
        exponent += 1;
    }
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// Digits with a comma before each three.
pub(super) fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut result = String::new();
    for (at, c) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            result.push(',');
        }
        result.push(c);
    }
    match fraction {
        Some(fraction) => format!("{result}.{fraction}"),
        None => result,
    }
}

/// `#,###.##` with so many decimal places, a half rounded to the even digit. Patterns of other forms are refused.
pub(super) fn format_number(row: &Row<'_>) -> Result<Value, SqlError> {
    let (column, at) = row.column(0);
    let places = match row.column(1).0.data_type() {
        DataType::Int32 if row.int(1) < 0 => return Ok(Value::Null),
        DataType::Int32 => {
            let places = super::string::count(row.int(1));
            Places { least: places, most: places, groups: true, least_whole: 1 }
        }
        _ => match Places::read(row.text(1)) {
            Some(places) => places,
            None => return Err(errors::unsupported(format!("the pattern '{}' of format_number", row.text(1)))),
        },
    };
    let digits = match column.data_type() {
        DataType::Float32 | DataType::Float64 => {
            let value = double(column.as_ref(), at);
            match value {
                value if value.is_nan() => return Ok("NaN".to_owned().into()),
                value if value.is_infinite() => return Ok(if value > 0.0 { "∞" } else { "-∞" }.to_owned().into()),
                value => format!("{value:.*}", places.most),
            }
        }
        DataType::Decimal128(_, scale) => {
            let value = column.as_primitive::<Decimal128Type>().value(at);
            even(&text::decimal(value, *scale), places.most)
        }
        _ => match integer(column.as_ref(), at) {
            Some(value) => even(&value.to_string(), places.most),
            None => return Err(errors::internal("format_number of other than a number")),
        },
    };
    Ok(places.shown(&digits).into())
}

/// How many digits a number is shown with.
struct Places {
    least: usize,
    most: usize,
    groups: bool,
    least_whole: usize,
}

impl Places {
    /// `##0.0#`, also with a comma before three digits; an empty pattern is that of INT.
    fn read(pattern: &str) -> Option<Self> {
        if pattern.is_empty() {
            return Some(Self { least: 0, most: 0, groups: true, least_whole: 1 });
        }
        let (whole, fraction) = pattern.split_once('.').unwrap_or((pattern, ""));
        let plain = whole.replace(',', "");
        let whole_is_fine = plain.trim_start_matches('#').chars().all(|c| c == '0');
        let fraction_is_fine = fraction.trim_start_matches('0').chars().all(|c| c == '#');
        let groups = whole.contains(',');
        if !whole_is_fine || !fraction_is_fine || plain.is_empty() || groups && whole.len() - whole.rfind(',')? != 4 {
            return None;
        }
        Some(Self {
            least: fraction.chars().filter(|c| *c == '0').count(),
            most: fraction.len(),
            groups,
            least_whole: plain.chars().filter(|c| *c == '0').count().max(1),
        })
    }

    fn shown(&self, digits: &str) -> String {
        let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut fraction = fraction.to_owned();
        while fraction.len() > self.least && fraction.ends_with('0') {
            fraction.pop();
        }
        let whole = whole.trim_start_matches('0');
        let whole = format!("{whole:0>width$}", width = self.least_whole);
        let whole = if self.groups { grouped(&whole) } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{whole}{point}{fraction}", if negative { "-" } else { "" })
    }
}

/// Decimal digits with so many places, a half rounded to the even digit.
fn even(digits: &str, places: usize) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let point = if places == 0 { "" } else { "." };
    if fraction.len() <= places {
        return format!("{sign}{whole}{point}{fraction:0<places$}");
    }
    let (kept, rest) = fraction.split_at(places);
    let kept = format!("{whole}{kept}");
    let odd = kept.ends_with(['1', '3', '5', '7', '9']);
    let up = match rest.as_bytes() {
        [b'5', zeros @ ..] if zeros.iter().all(|zero| *zero == b'0') => odd,
        [first, ..] => *first >= b'5',
        [] => false,
    };
    let kept = if up { incremented(&kept) } else { kept };
    let (whole, fraction) = kept.split_at(kept.len() - places);
    format!("{sign}{whole}{point}{fraction}")
}
