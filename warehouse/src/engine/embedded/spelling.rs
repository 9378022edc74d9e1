//! Spellings of the dialect that the parser has not, written as those that it has.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::intervals::{self, Interval};
use super::tokens::{is_word, significant};

/// The tokens with `!` as NOT, `TIMESTAMP_LTZ '…'` as TIMESTAMP, `X 'F0'` as `X'F0'`, EXTRACT as a call, and an interval of several units as one literal.
pub(super) fn spelled_alike(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut alike = Vec::with_capacity(tokens.len());
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        let wrap = |new: Token| TokenWithSpan { token: new, span: token.span };
        position += 1;
        match &token.token {
            Token::ExclamationMark => alike.push(wrap(Token::make_keyword("NOT"))),
            word if is_word(word, "TIMESTAMP_LTZ")
                && significant(&tokens, position).is_some_and(|next| text(&tokens[next].token).is_some()) =>
            {
                alike.push(wrap(Token::make_keyword("TIMESTAMP")));
            }
            word if is_word(word, "X") => {
                match significant(&tokens, position).and_then(|next| Some((next, text(&tokens[next].token)?))) {
                    Some((next, digits)) => {
                        alike.push(wrap(Token::HexStringLiteral(digits.to_owned())));
                        position = next + 1;
                    }
                    None => alike.push(token.clone()),
                }
            }
            word if is_word(word, "EXTRACT") => match extracted(&tokens, position) {
                // A call keeps the field as it was written.
                Some((field, end)) => {
                    alike.push(wrap(Token::Word(Word {
                        value: "extract".to_owned(),
                        quote_style: None,
                        keyword: Keyword::NoKeyword,
                    })));
                    alike.extend([Token::LParen, Token::SingleQuotedString(field), Token::Comma].map(wrap));
                    position = end;
                }
                None => alike.push(token.clone()),
            },
            word if is_word(word, "INTERVAL") => {
                alike.push(token.clone());
                if let Some((interval, end)) = several_units(&tokens, position) {
                    alike.push(wrap(Token::SingleQuotedString(interval.to_string())));
                    let fields = interval.fields();
                    alike.extend(fields.split(' ').map(|word| wrap(Token::make_keyword(word))));
                    position = end;
                }
            }
            _ => alike.push(token.clone()),
        }
    }
    alike
}

/// The field of `EXTRACT (field FROM`, and where that ends.
fn extracted(tokens: &[TokenWithSpan], start: usize) -> Option<(String, usize)> {
    let open = significant(tokens, start).filter(|at| tokens[*at].token == Token::LParen)?;
    let field = significant(tokens, open + 1)?;
    let from = significant(tokens, field + 1).filter(|at| is_word(&tokens[*at].token, "FROM"))?;
    match &tokens[field].token {
        Token::Word(word) if word.quote_style.is_none() => Some((word.value.clone(), from + 1)),
        _ => None,
    }
}

/// The interval of at least two values, each with its unit, and where it ends.
fn several_units(tokens: &[TokenWithSpan], start: usize) -> Option<(Interval, usize)> {
    let mut values = Vec::new();
    let mut end = start;
    while let Some((value, unit, behind)) = value_and_unit(tokens, end) {
        values.push((value, unit));
        end = behind;
    }
    if values.len() < 2 {
        return None;
    }
    let values: Vec<(&str, &str)> = values.iter().map(|(value, unit)| (value.as_str(), unit.as_str())).collect();
    Some((Interval::of_units(&values)?, end))
}

fn value_and_unit(tokens: &[TokenWithSpan], start: usize) -> Option<(String, String, usize)> {
    let mut at = significant(tokens, start)?;
    let negative = tokens[at].token == Token::Minus;
    if matches!(tokens[at].token, Token::Minus | Token::Plus) {
        at = significant(tokens, at + 1)?;
    }
    let value = match &tokens[at].token {
        Token::Number(digits, false) => digits.clone(),
        other => text(other)?.trim().to_owned(),
    };
    let value = match value.strip_prefix('-') {
        Some(digits) if negative => digits.to_owned(),
        None if negative => format!("-{value}"),
        _ => value,
    };
    let at = significant(tokens, at + 1)?;
    let Token::Word(Word { value: unit, quote_style: None, .. }) = &tokens[at].token else { return None };
    let unit = intervals::unit(unit);
    const UNITS: [&str; 9] = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"];
    UNITS.contains(&unit.as_str()).then_some((value, unit, at + 1))
}

fn text(token: &Token) -> Option<&str> {
    match token {
        Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::parse;
    use super::*;

    #[rstest]
    #[case::bang("SELECT !a, b ! IN (1), c IS ! NULL", "SELECT NOTa, b NOT IN (1), c IS NOT NULL")]
    #[case::unequal("SELECT a != b", "SELECT a <> b")]
    #[case::timestamp("SELECT timestamp_ltz '2024-01-01'", "SELECT TIMESTAMP '2024-01-01'")]
    #[case::bytes("SELECT X 'F0', x.a, x", "SELECT X'F0', x.a, x")]
    #[case::type_name("SELECT CAST(a AS timestamp_ltz)", "SELECT CAST(a AS timestamp_ltz)")]
    #[case::one_unit("SELECT interval 2 years", "SELECT interval 2 years")]
    #[case::years("SELECT interval 2 years 4 months", "SELECT interval'2-4'YEARTOMONTH")]
    #[case::signs("SELECT interval -1 day 1 hour - 1 minute", "SELECT interval'-0 23:01'DAYTOMINUTE")]
    #[case::texts("SELECT interval '1' day '-2' days AS x", "SELECT interval'-1'DAY AS x")]
    #[case::then_arithmetic("SELECT interval 1 day 2 hours - a", "SELECT interval'1 02'DAYTOHOUR - a")]
    #[case::of_both("SELECT interval 1 year 1 day", "SELECT interval 1 year 1 day")]
    fn spelled_as_the_parser_reads(#[case] sql: &str, #[case] expected: &str) {
        let tokens = spelled_alike(parse::tokens(sql).unwrap());
        let text: String = tokens.iter().map(|token| token.token.to_string()).filter(|token| token != "EOF").collect();
        assert_eq!(text, expected);
    }
}
