//! SQL text to tokens: literals of text and numbers as the dialect writes them.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};

use super::parse::{WarehouseDialect, offset};
use super::{errors, limits};
use crate::engine::SqlError;

/// The tokens of a text, with the number literals of the dialect (`1L`, `2.5BD`) as one token each.
pub(super) fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    let tokens = raw(sql)?;
    let mut merged: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for mut token in tokens {
        let raw = merged.last().is_some_and(|previous| announces_raw(previous, &token));
        match &mut token.token {
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) if raw => {
                // The tokenizer takes a quote behind a backslash for a part of the text, the dialect for its end.
                if text.contains(['\'', '"']) {
                    return Err(errors::unsupported("a raw string literal r'…' with quotes in it"));
                }
                merged.pop();
            }
            Token::SingleQuotedString(text) => *text = unescaped(text, '\''),
            Token::DoubleQuotedString(text) => *text = unescaped(text, '"'),
            Token::Word(word) if word.quote_style == Some('`') => word.value = word.value.replace("``", "`"),
            _ => {}
        }
        if let Some(previous) = merged.last_mut()
            && previous.span.end == token.span.start
            && let Some(number) = suffixed_number(&previous.token, &token.token)
        {
            previous.token = number;
            previous.span.end = token.span.end;
            continue;
        }
        // Literals side by side are one text.
        if let Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) = &token.token
            && let Some(before) = merged.iter().rposition(|t| !matches!(t.token, Token::Whitespace(_)))
            && let Token::SingleQuotedString(whole) | Token::DoubleQuotedString(whole) = &mut merged[before].token
        {
            whole.push_str(text);
            continue;
        }
        if let Token::Word(word) = &token.token
            && word.quote_style.is_none()
            && let Some(number) = number_word(word)
        {
            token.token = number;
        }
        merged.push(token);
    }
    limits::check_tokens(&merged)?;
    Ok(merged)
}

fn raw(sql: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    let tokens = Tokenizer::new(&WarehouseDialect, sql).with_unescape(false).tokenize_with_location();
    tokens.map_err(|error| match error.to_string() {
        text if text.contains("multi-line comment") => SqlError::new(
            "UNCLOSED_BRACKETED_COMMENT",
            "42601",
            "Found an unclosed bracketed comment. Please, append */ at the end of the comment.",
        ),
        text => errors::syntax(format!("Syntax error: {text}.")),
    })
}

/// The text with names in backticks in the places of those in double quotes.
pub(super) fn with_backticks(sql: &str) -> Result<String, SqlError> {
    let mut text = String::with_capacity(sql.len());
    let mut copied = 0;
    for token in raw(sql)? {
        let Token::DoubleQuotedString(name) = &token.token else { continue };
        let (start, end) = (offset(sql, token.span.start), offset(sql, token.span.end));
        text.push_str(&sql[copied..start]);
        text.push_str(&errors::quote(&[name.replace("\"\"", "\"")]));
        copied = end;
    }
    text.push_str(&sql[copied..]);
    Ok(text)
}

/// The tokens that mean something: without white space.
pub(super) fn meaningful(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &Token> {
    tokens.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_)))
}

/// The first token from `position` on that is no white space.
pub(super) fn significant(tokens: &[TokenWithSpan], position: usize) -> Option<usize> {
    (position..tokens.len()).find(|at| !matches!(tokens[*at].token, Token::Whitespace(_)))
}

/// Whether a token is this word, in any case and without quotes.
pub(super) fn is_word(token: &Token, expected: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(expected))
}

/// Whether an `r` stands directly before a string literal, so that its backslashes are backslashes.
fn announces_raw(previous: &TokenWithSpan, token: &TokenWithSpan) -> bool {
    previous.span.end == token.span.start
        && matches!(&previous.token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("r"))
        && matches!(token.token, Token::SingleQuotedString(_) | Token::DoubleQuotedString(_))
}

/// The text of a literal between quotes: a doubled quote is one, `\n`, `\101`, `\u20AC` and `\U0001F600` are characters;
/// `\%` and `\_` keep their backslash for LIKE.
fn unescaped(literal: &str, quote: char) -> String {
    if !literal.contains(['\\', quote]) {
        return literal.to_owned();
    }
    let mut units: Vec<u16> = Vec::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first == quote {
            rest = rest.strip_prefix(quote).unwrap_or(rest);
        }
        if first != '\\' {
            units.extend(first.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        if let Some((unit, length)) = numbered(rest) {
            match unit {
                0x1_0000.. => units.extend(char::from_u32(unit).unwrap_or('?').encode_utf16(&mut [0; 2]).iter()),
                unit => units.push(u16::try_from(unit).unwrap_or_default()),
            }
            rest = &rest[length..];
            continue;
        }
        let Some(escaped) = rest.chars().next() else { break };
        rest = &rest[escaped.len_utf8()..];
        let character = match escaped {
            '0' => '\0',
            'b' => '\u{8}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'Z' => '\u{1a}',
            wildcard @ ('%' | '_') => {
                units.push(u16::from(b'\\'));
                wildcard
            }
            other => other,
        };
        units.extend(character.encode_utf16(&mut [0; 2]).iter());
    }
    char::decode_utf16(units).map(|unit| unit.unwrap_or('?')).collect()
}

/// The code that an escape's digits tell, and the bytes that they take: three of octal, `u` and four, `U` and eight.
fn numbered(escape: &str) -> Option<(u32, usize)> {
    let number = |from: usize, length: usize, radix: u32| {
        let digits = escape.get(from..from + length)?;
        let all = digits.chars().all(|digit| digit.is_digit(radix));
        all.then(|| u32::from_str_radix(digits, radix).ok().map(|code| (code, from + length)))?
    };
    match escape.as_bytes().first()? {
        b'u' => number(1, 4, 16),
        b'U' => number(1, 8, 16),
        b'0' | b'1' => number(0, 3, 8),
        _ => None,
    }
}

/// The suffixes that give a number literal its type.
const SUFFIXES: [&str; 6] = ["BD", "L", "S", "Y", "D", "F"];

fn suffixed_number(number: &Token, suffix: &Token) -> Option<Token> {
    let (Token::Number(digits, false), Token::Word(Word { value, quote_style: None, .. })) = (number, suffix) else {
        return None;
    };
    let suffix = SUFFIXES.iter().find(|s| s.eq_ignore_ascii_case(value))?;
    Some(Token::Number(format!("{digits}{suffix}"), false))
}

fn number_word(word: &Word) -> Option<Token> {
    let upper = word.value.to_ascii_uppercase();
    let suffix = SUFFIXES.iter().find(|s| upper.ends_with(*s))?;
    let digits = upper.strip_suffix(suffix)?;
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok();
    is_number.then(|| Token::Number(upper.clone(), false))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r"plain", "plain")]
    #[case(r"it''s", "it's")]
    #[case(r"\u20AC \101 \U0001F600", "\u{20AC} A \u{1F600}")]
    #[case(r"\uD83D\uDE00", "\u{1F600}")]
    #[case(r"a\\b\'c\nd\%e\_f", "a\\b'c\nd\\%e\\_f")]
    #[case(r"\q\u12\9\477", "qu129477")]
    #[case(r"\0x", "\0x")]
    fn unescaped_text_is_as_the_dialect_reads_it(#[case] literal: &str, #[case] text: &str) {
        assert_eq!(unescaped(literal, '\''), text);
    }
}
