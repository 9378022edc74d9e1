//! Numbers in formats such as `99G999D9S`: `to_char`, `to_number`.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::Expr;

use super::super::{errors, text};
use super::registry::{Call, Function, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] =
    &[planned("to_char to_varchar", 2..=2, to_char), planned("to_number try_to_number", 2..=2, to_number)];

/// Where the sign of a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Nowhere.
    None,
    /// `S` and `MI`, in front or behind.
    Mark { always: bool, behind: bool },
    /// `PR`: in angle brackets.
    Brackets,
}

/// A format that was read.
#[derive(Debug)]
struct Format {
    sign: Sign,
    dollar: bool,
    /// Digits and commas before the point.
    whole: Vec<char>,
    point: bool,
    /// How many digits stand behind the point.
    places: usize,
}

impl Format {
    fn read(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase().replace('G', ",").replace('D', ".");
        let mut rest = upper.as_str();
        let mut sign = Sign::None;
        for (mark, always) in [("MI", false), ("S", true)] {
            if let Some(after) = rest.strip_prefix(mark) {
                (rest, sign) = (after, Sign::Mark { always, behind: false });
            } else if let Some(before) = rest.strip_suffix(mark).filter(|_| sign == Sign::None) {
                (rest, sign) = (before, Sign::Mark { always, behind: true });
            }
        }
        if let Some(before) = rest.strip_suffix("PR").filter(|_| sign == Sign::None) {
            (rest, sign) = (before, Sign::Brackets);
        }
        let (dollar, rest) = rest.strip_prefix('$').map_or((false, rest), |rest| (true, rest));
        let (whole, places, point) =
            rest.split_once('.').map_or((rest, "", false), |(whole, places)| (whole, places, true));
        let is_fine =
            whole.chars().all(|c| matches!(c, '0' | '9' | ',')) && places.chars().all(|c| c == '0' || c == '9');
        let commas_are_fine = !whole.starts_with(',') && !whole.ends_with(',') && !whole.contains(",,");
        let digits = whole.chars().filter(|c| *c != ',').count();
        if !is_fine || !commas_are_fine || digits + places.len() == 0 || digits + places.len() > 38 {
            return None;
        }
        Some(Self { sign, dollar, whole: whole.chars().collect(), point, places: places.len() })
    }

    fn digits(&self) -> usize {
        self.whole.iter().filter(|c| **c != ',').count()
    }

    /// A number's digits in this form; `#` where they do not fit.
    fn shown(&self, digits: &str) -> String {
        let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        // A zero stands before the point.
        let whole = if whole.is_empty() && self.places > 0 && self.digits() > 0 { "0" } else { whole };
        let fits = whole.len() <= self.digits() && fraction.len() <= self.places;
        let mut result = String::new();
        let missing = self.digits().saturating_sub(whole.len());
        let (mut at, mut begun) = (0, false);
        for c in &self.whole {
            if *c == ',' {
                result.push(if begun && fits { ',' } else { ' ' });
                continue;
            }
            let digit = if at < missing { None } else { whole.chars().nth(at - missing) };
            begun |= digit.is_some() || *c == '0';
            result.push(match digit {
                _ if !fits => '#',
                Some(digit) => digit,
                None if begun => '0',
                None => ' ',
            });
            at += 1;
        }
        if self.point {
            let fraction =
                if fits { format!("{fraction:0<width$}", width = self.places) } else { "#".repeat(self.places) };
            let point = if self.places == 0 { " ".to_owned() } else { format!(".{fraction}") };
            result.push_str(&point);
        }
        if self.dollar {
            result.insert(0, '$');
        }
        match self.sign {
            Sign::None => result,
            Sign::Mark { always, behind } => {
                let mark = match (negative, always) {
                    (true, _) => "-",
                    (false, true) => "+",
                    (false, false) => " ",
                };
                if behind { result + mark } else { self.signed(&result, mark) }
            }
            Sign::Brackets if negative => self.signed(&result, "<") + ">",
            Sign::Brackets => result + "  ",
        }
    }

    /// A sign directly before the digits, or before the dollar.
    fn signed(&self, text: &str, sign: &str) -> String {
        let blanks = text.len() - text.trim_start_matches(' ').len();
        format!("{}{sign}{}", &text[..blanks], &text[blanks..])
    }

    /// The digits of a text of this form, as a number of its places.
    fn parsed(&self, text: &str) -> Option<i128> {
        let text = text.trim_matches(' ');
        let (negative, rest) = match self.sign {
            Sign::None => (false, text),
            Sign::Mark { always, behind } => {
                let cut = |mark: char| if behind { text.strip_suffix(mark) } else { text.strip_prefix(mark) };
                match (cut('-'), cut('+')) {
                    (Some(rest), _) => (true, rest),
                    (None, Some(rest)) if always => (false, rest),
                    _ => (false, text),
                }
            }
            Sign::Brackets => match text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
                Some(rest) => (true, rest),
                None => (false, text),
            },
        };
        let rest = if self.dollar { rest.strip_prefix('$')? } else { rest };
        let (whole, fraction) = match rest.split_once('.') {
            Some(parts) if self.point => parts,
            Some(_) => return None,
            None => (rest, ""),
        };
        let digits: String = whole.chars().filter(|c| *c != ',').collect();
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let exact = self.whole.first() == Some(&'0');
        // Between commas there are no more digits than in the form.
        let groups: String = self.whole.iter().collect();
        let mut wanted = groups.rsplit(',');
        let fits = |group: &str| wanted.next().is_some_and(|wanted| group.len() <= wanted.len());
        if !whole.rsplit(',').all(fits) {
            return None;
        }
        if !plain(&digits)
            || !plain(fraction)
            || fraction.len() > self.places
            || digits.len() > self.digits()
            || exact && digits.len() != self.digits()
            || digits.is_empty() && fraction.is_empty()
        {
            return None;
        }
        format!("{digits}{fraction:0<width$}", width = self.places)
            .parse::<i128>()
            .ok()
            .map(|value| if negative { -value } else { value })
    }
}

fn format_of(call: &Call<'_>) -> DfResult<String> {
    match super::super::constant::constant(call.args[1].clone()) {
        Some(ScalarValue::Utf8(Some(format))) => Ok(format),
        _ => Err(errors::carried(errors::unsupported(format!("{} in a format that is not a literal", call.name)))),
    }
}

/// A number, a date or bytes as text.
fn to_char(call: Call<'_>) -> DfResult<Expr> {
    let found = call.type_of(0)?;
    match &found {
        DataType::Date32 | DataType::Timestamp(..) if matches!(call.args[0], Expr::Literal(..)) => {
            return super::plan("date_format", call.args, call.typed);
        }
        DataType::Date32 | DataType::Timestamp(..) => {
            let feature = format!("{} of a date that is not a literal; date_format", call.name);
            return Err(errors::carried(errors::unsupported(feature)));
        }
        DataType::Binary if !super::string::shows_bytes(&call.args[0]) => {
            return Err(errors::carried(errors::unsupported(format!("{} of a BINARY column", call.name))));
        }
        DataType::Binary => {
            let value = call.args[0].clone();
            return match format_of(&call)?.to_lowercase().as_str() {
                "base64" => super::plan("base64", vec![value], call.typed),
                "hex" => super::plan("hex", vec![value], call.typed),
                "utf-8" | "utf8" => {
                    super::plan("decode", vec![value, datafusion::logical_expr::lit("utf-8")], call.typed)
                }
                _ => Err(errors::carried(errors::unsupported(format!("{} of BINARY in such a format", call.name)))),
            };
        }
        found if found.is_integer() || matches!(found, DataType::Decimal128(..)) => {}
        _ => {
            return Err(errors::carried(errors::unsupported(format!(
                "{} of other than whole numbers and DECIMAL",
                call.name
            ))));
        }
    }
    let format = format_of(&call)?;
    if Format::read(&format).is_none() {
        return Err(errors::carried(errors::unsupported(format!("the number format '{format}'"))));
    }
    let body: Body = |row| {
        let (column, at) = row.column(0);
        let digits = text::render(column.as_ref(), at, row.zone).unwrap_or_default();
        Ok(Format::read(row.text(1)).map(|format| format.shown(&digits)).into())
    };
    Each::new(&[Takes::Any, Takes::Text], Gives::Text, body).call(call.name, call.args, call.typed)
}

/// A text as a number.
fn to_number(call: Call<'_>) -> DfResult<Expr> {
    let text = format_of(&call)?;
    let Some(format) = Format::read(&text) else {
        return Err(errors::carried(errors::unsupported(format!("the number format '{text}'"))));
    };
    let precision = u8::try_from(format.digits() + format.places).unwrap_or(38);
    let gives = Gives::Decimal(precision, i8::try_from(format.places).unwrap_or(0));
    fn value(row: &Row<'_>) -> Option<i128> {
        Format::read(row.text(1))?.parsed(row.text(0))
    }
    let body: Body = match call.name.starts_with("try_") {
        true => |row| Ok(value(row).map_or(Value::Null, Value::Decimal)),
        false => |row| {
            value(row).map(Value::Decimal).ok_or_else(|| {
                SqlError::new(
                    "INVALID_FORMAT.MISMATCH_INPUT",
                    "42601",
                    format!(
                        "The format is invalid: {}. The input \"STRING\" {} does not match the format.",
                        row.text(1),
                        row.text(0)
                    ),
                )
            })
        },
    };
    Each::new(&[Takes::Text, Takes::Text], gives, body).call(call.name, call.args, call.typed)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::blanks_before("999", "45", " 45")]
    #[case::zeros_before("0,000", "5", "0,005")]
    #[case::commas_before("9,999", "5", "    5")]
    #[case::too_many_digits("99.99", "78.126", "##.##")]
    #[case::too_many_digits_between_commas("9G9G9", "123456", "# # #")]
    #[case::no_places("99.", "78", "78 ")]
    #[case::nothing("999", "0", "   ")]
    #[case::nothing_before_the_point("99.9", "0.5", " 0.5")]
    #[case::a_sign_in_front("S999", "-45", " -45")]
    #[case::a_sign_before_the_dollar("S$99.9", "-5.5", "-$ 5.5")]
    #[case::a_minus_behind("$99.9MI", "-5.5", "$ 5.5-")]
    #[case::no_minus_behind("999MI", "45", " 45 ")]
    #[case::brackets("999PR", "-45", " <45>")]
    #[case::no_brackets("999PR", "45", " 45  ")]
    fn number_in_a_format(#[case] format: &str, #[case] digits: &str, #[case] expected: &str) {
        assert_eq!(Format::read(format).map(|format| format.shown(digits)).as_deref(), Some(expected));
    }
}
