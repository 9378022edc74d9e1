//! The words of a SHOW or DESCRIBE statement.

use std::iter::Peekable;
use std::str::Chars;

use crate::engine::SqlError;
use crate::engine::embedded::errors::syntax;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A keyword or an identifier without quotes.
    Word(String),
    /// An identifier in backticks, without them.
    Quoted(String),
    /// A string literal's value.
    Literal(String),
    /// Any other character.
    Symbol(char),
}

/// Reads a statement from left to right.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    tokens: Vec<Token>,
    at: usize,
}

impl Cursor {
    /// The statement's tokens; an error when a quote or a comment does not end.
    pub(super) fn new(text: &str) -> Result<Self, SqlError> {
        let mut chars = text.chars().peekable();
        let mut tokens = Vec::new();
        while skip_blank(&mut chars)? {
            tokens.extend(token(&mut chars)?);
        }
        Ok(Self { tokens, at: 0 })
    }

    /// Takes these keywords if they stand here, all or none.
    pub(super) fn accept(&mut self, keywords: &[&str]) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let found = rest.len() >= keywords.len()
            && keywords
                .iter()
                .zip(rest)
                .all(|(keyword, token)| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)));
        if found {
            self.at += keywords.len();
        }
        found
    }

    /// Takes one of these keywords if it stands here.
    pub(super) fn accept_any(&mut self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.accept(&[keyword]))
    }

    /// Takes a keyword if it stands here and an identifier follows: `CATALOG c`, but not a schema named `catalog`.
    pub(super) fn accept_before_name(&mut self, keyword: &str) -> bool {
        let next = self.tokens.get(self.at + 1);
        let named = match next {
            Some(Token::Quoted(_)) => true,
            Some(Token::Word(word)) => !["LIKE", "AS"].iter().any(|k| word.eq_ignore_ascii_case(k)),
            _ => false,
        };
        named && self.accept(&[keyword])
    }

    /// Takes a keyword if it stands here and the statement goes on behind it, other than with a dot.
    pub(super) fn accept_before_more(&mut self, keyword: &str) -> bool {
        let more = !matches!(self.tokens.get(self.at + 1), None | Some(Token::Symbol('.' | ';')));
        more && self.accept(&[keyword])
    }

    pub(super) fn expect(&mut self, keywords: &[&str]) -> Result<(), SqlError> {
        if self.accept(keywords) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn accept_symbol(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: char) -> Result<(), SqlError> {
        if self.accept_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// One identifier.
    pub(super) fn name(&mut self) -> Result<String, SqlError> {
        match self.tokens.get(self.at) {
            Some(Token::Word(name) | Token::Quoted(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Identifiers joined by dots.
    pub(super) fn names(&mut self) -> Result<Vec<String>, SqlError> {
        let mut names = vec![self.name()?];
        while self.accept_symbol('.') {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// A string literal's value, if one stands here.
    pub(super) fn literal(&mut self) -> Option<String> {
        match self.tokens.get(self.at) {
            Some(Token::Literal(value)) => {
                let value = value.clone();
                self.at += 1;
                Some(value)
            }
            _ => None,
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.tokens[self.at..].iter().all(|token| *token == Token::Symbol(';'))
    }

    /// Requires that nothing follows but semicolons.
    pub(super) fn end(&self) -> Result<(), SqlError> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The error that the token here does not belong here.
    pub(super) fn unexpected(&self) -> SqlError {
        match self.tokens.get(self.at) {
            None | Some(Token::Symbol(';')) => syntax("Syntax error, unexpected end of statement."),
            Some(Token::Word(word)) => syntax(format!("Syntax error at or near '{word}'.")),
            Some(Token::Quoted(name)) => syntax(format!("Syntax error at or near '`{}`'.", name.replace('`', "``"))),
            Some(Token::Literal(value)) => syntax(format!("Syntax error at or near ''{value}''.")),
            Some(Token::Symbol(symbol)) => syntax(format!("Syntax error at or near '{symbol}'.")),
        }
    }
}

/// The first word of a statement, whatever comments stand before it; `None` when something else stands there.
pub(super) fn first_word(text: &str) -> Option<String> {
    let mut chars = text.chars().peekable();
    match skip_blank(&mut chars) {
        Ok(true) => Some(word(&mut chars)).filter(|word| !word.is_empty()),
        _ => None,
    }
}

/// Skips white space and comments; whether anything follows.
fn skip_blank(chars: &mut Peekable<Chars<'_>>) -> Result<bool, SqlError> {
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut ahead = chars.clone();
        match (ahead.next(), ahead.next()) {
            (None, _) => return Ok(false),
            (Some('-'), Some('-')) => while chars.next_if(|c| *c != '\n').is_some() {},
            (Some('/'), Some('*')) => {
                *chars = ahead;
                skip_block_comment(chars)?;
            }
            _ => return Ok(true),
        }
    }
}

fn skip_block_comment(chars: &mut Peekable<Chars<'_>>) -> Result<(), SqlError> {
    let mut depth = 1;
    while depth > 0 {
        match (chars.next(), chars.peek()) {
            (Some('*'), Some('/')) => depth -= 1,
            (Some('/'), Some('*')) => depth += 1,
            (None, _) => return Err(syntax("Syntax error: a comment does not end; close it with */.")),
            _ => continue,
        }
        chars.next();
    }
    Ok(())
}

fn token(chars: &mut Peekable<Chars<'_>>) -> Result<Option<Token>, SqlError> {
    let Some(&first) = chars.peek() else { return Ok(None) };
    let mut ahead = chars.clone();
    ahead.next();
    Ok(Some(match first {
        '`' => {
            chars.next();
            Token::Quoted(quoted_name(chars)?)
        }
        '\'' | '"' => {
            chars.next();
            Token::Literal(literal(chars, first)?)
        }
        'r' | 'R' if matches!(ahead.peek(), Some('\'' | '"')) => {
            chars.next();
            Token::Literal(raw_literal(chars)?)
        }
        c if is_word(c) => Token::Word(word(chars)),
        other => {
            chars.next();
            Token::Symbol(other)
        }
    }))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|c| is_word(*c)) {
        word.push(c);
    }
    word
}

fn quoted_name(chars: &mut Peekable<Chars<'_>>) -> Result<String, SqlError> {
    let mut name = String::new();
    loop {
        match chars.next() {
            Some('`') if chars.next_if_eq(&'`').is_some() => name.push('`'),
            Some('`') if name.is_empty() => return Err(syntax("Syntax error: an identifier in backticks is empty.")),
            Some('`') => return Ok(name),
            Some(c) => name.push(c),
            None => return Err(syntax("Syntax error: an identifier does not end; close it with a backtick.")),
        }
    }
}

fn literal(chars: &mut Peekable<Chars<'_>>, quote: char) -> Result<String, SqlError> {
    let mut value = String::new();
    loop {
        match chars.next() {
            Some('\\') => escape(chars, &mut value),
            Some(c) if c == quote && chars.next_if_eq(&quote).is_some() => value.push(quote),
            Some(c) if c == quote => return Ok(value),
            Some(c) => value.push(c),
            None => return Err(endless_literal(quote)),
        }
    }
}

fn raw_literal(chars: &mut Peekable<Chars<'_>>) -> Result<String, SqlError> {
    let quote = chars.next().unwrap_or('\'');
    let mut value = String::new();
    loop {
        match chars.next() {
            Some(c) if c == quote => return Ok(value),
            Some(c) => value.push(c),
            None => return Err(endless_literal(quote)),
        }
    }
}

fn endless_literal(quote: char) -> SqlError {
    syntax(format!("Syntax error: a string literal does not end; close it with {quote}."))
}

/// Reads what follows a backslash. `\%` and `\_` keep it: they are escapes of the pattern, not of the literal.
fn escape(chars: &mut Peekable<Chars<'_>>, value: &mut String) {
    let coded = match chars.peek() {
        Some('u') => code_point(chars, 1, 4, 16),
        Some('U') => code_point(chars, 1, 8, 16),
        Some('0' | '1') => code_point(chars, 0, 3, 8),
        _ => None,
    };
    if let Some((c, length)) = coded {
        value.push(c);
        chars.nth(length - 1);
        return;
    }
    match chars.next() {
        Some('0') => value.push('\0'),
        Some('b') => value.push('\u{8}'),
        Some('n') => value.push('\n'),
        Some('r') => value.push('\r'),
        Some('t') => value.push('\t'),
        Some('Z') => value.push('\u{1a}'),
        Some(c @ ('%' | '_')) => value.extend(['\\', c]),
        Some(c) => value.push(c),
        None => {}
    }
}

/// The character whose code stands in `count` digits after `skip` characters, and the length of it all.
fn code_point(chars: &Peekable<Chars<'_>>, skip: usize, count: usize, radix: u32) -> Option<(char, usize)> {
    let digits: String = chars.clone().skip(skip).take(count).collect();
    if digits.chars().count() < count || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let c = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32)?;
    Some((c, skip + count))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("'plain'", "plain")]
    #[case(r"'it''s'", "it's")]
    #[case(r"'it\'s'", "it's")]
    #[case(r#""say \"hi\"""#, "say \"hi\"")]
    #[case(r"'a\\b'", r"a\b")]
    #[case(r"'100\%'", r"100\%")]
    #[case(r"'a\_b'", r"a\_b")]
    #[case(r"'\u00e9\U0001F600\101\n\q'", "\u{e9}\u{1F600}A\nq")]
    #[case(r"'\u00'", "u00")]
    #[case(r"r'raw\n'", r"raw\n")]
    fn literal_is_unescaped_as_sql_does(#[case] text: &str, #[case] value: &str) {
        let mut cursor = Cursor::new(text).unwrap();
        assert_eq!(cursor.literal().as_deref(), Some(value));
        cursor.end().unwrap();
    }

    #[rstest]
    #[case("a . `b c`.`d``e`", &["a", "b c", "d`e"])]
    #[case("1st.2024_sales", &["1st", "2024_sales"])]
    #[case("/* one /* two */ */ münchen -- three", &["münchen"])]
    fn names_are_read_bare_and_quoted(#[case] text: &str, #[case] names: &[&str]) {
        let mut cursor = Cursor::new(text).unwrap();
        assert_eq!(cursor.names().unwrap(), names);
        cursor.end().unwrap();
    }

    #[rstest]
    #[case("'open")]
    #[case("`open")]
    #[case("``")]
    #[case("/* open")]
    fn text_that_does_not_end_is_a_syntax_error(#[case] text: &str) {
        let error = Cursor::new(text).unwrap_err();
        assert_eq!((error.class.as_str(), error.sql_state.as_str()), ("PARSE_SYNTAX_ERROR", "42601"));
    }

    #[rstest]
    #[case("-- a\n /* b */ ShOw tables", Some("ShOw"))]
    #[case("  (select 1)", None)]
    #[case("/* open", None)]
    #[case("", None)]
    fn first_word_stands_behind_comments(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(first_word(text).as_deref(), expected);
    }
}
