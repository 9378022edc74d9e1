//! DECIMAL values: exact, written out, never rounded.

use std::fmt;

use super::sql_type::Checked;

const MOST_DIGITS: usize = 38;

/// The `(p,s)` of a DECIMAL: how many digits, and how many of them after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Precision {
    digits: usize,
    scale: usize,
}

impl Precision {
    /// Reads `p` or `p,s`.
    pub(super) fn parse(arguments: &str) -> Option<Self> {
        let (digits, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
        let (digits, scale) = (digits.trim().parse().ok()?, scale.trim().parse().ok()?);
        (1..=MOST_DIGITS).contains(&digits).then_some(Self { digits, scale }).filter(|_| scale <= digits)
    }
}

/// Whether `p,s` is what a client gets that counts the characters of a value's text: its sign and exponent among them,
/// they may be more than a DECIMAL has digits.
pub(super) fn counts_characters(arguments: &str, value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let characters = |text: &str| text.chars().count();
    arguments.replace(' ', "") == format!("{},{}", characters(whole) + characters(fraction), characters(fraction))
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DECIMAL({},{})", self.digits, self.scale)
    }
}

/// The value written out, as the declared type if it fits.
///
/// A value with an exponent that does not fit gets the narrowest type that holds it: see `counts_characters`.
pub(super) fn check(value: &str, declared: Option<Precision>) -> Checked {
    let Some(number) = Number::parse(value) else { return Err("a decimal number, such as -12.50 or 1E+3".into()) };
    if let Some(precision) = declared
        && let Some(text) = number.clone().fit(precision)
    {
        return Ok((precision.to_string(), text));
    }
    match declared {
        Some(Precision { digits, scale }) if !number.has_exponent => {
            Err(format!("at most {} digits before and {scale} after the point", digits - scale).into())
        }
        _ => number
            .fit_narrowest()
            .ok_or_else(|| format!("at most {MOST_DIGITS} digits, before and after the point together").into()),
    }
}

/// `digits` times ten to the power of minus `scale`.
#[derive(Clone)]
struct Number {
    is_negative: bool,
    /// Without leading zeros; empty for zero.
    digits: String,
    scale: i64,
    has_exponent: bool,
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent.parse::<i32>().ok()?)),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = digits.trim_start_matches('0').to_owned();
        Some(Self {
            is_negative: text.starts_with('-') && !digits.is_empty(),
            digits,
            scale: i64::try_from(fraction.len()).ok()? - i64::from(exponent.unwrap_or(0)),
            has_exponent: exponent.is_some(),
        })
    }

    fn fit(mut self, Precision { digits, scale }: Precision) -> Option<String> {
        self.drop_zeros(scale)?;
        let whole = self.digits.len().saturating_sub(usize::try_from(self.scale).ok()?);
        (whole <= digits - scale).then(|| self.write())
    }

    fn fit_narrowest(mut self) -> Option<(String, String)> {
        self.drop_zeros(MOST_DIGITS)?;
        if self.digits.len() > MOST_DIGITS {
            let surplus = self.digits.len() - MOST_DIGITS;
            self.drop_zeros(usize::try_from(self.scale).ok()?.checked_sub(surplus)?)?;
        }
        let scale = usize::try_from(self.scale).ok()?;
        let digits = self.digits.len().max(scale).max(1);
        (digits <= MOST_DIGITS).then(|| (Precision { digits, scale }.to_string(), self.write()))
    }

    /// Brings the scale to between 0 and `most`, which only zeros at the end can give way to.
    fn drop_zeros(&mut self, most: usize) -> Option<()> {
        let most = i64::try_from(most).ok()?;
        if self.digits.is_empty() {
            self.scale = self.scale.clamp(0, most);
        }
        while self.scale > most {
            self.digits.pop().filter(|digit| *digit == '0')?;
            self.scale -= 1;
        }
        if self.scale < 0 {
            let zeros = usize::try_from(-self.scale).ok().filter(|zeros| *zeros <= MOST_DIGITS)?;
            self.digits.push_str(&"0".repeat(zeros));
            self.scale = 0;
        }
        Some(())
    }

    fn write(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let digits = format!("{:0>1$}", self.digits, scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}
