//! The statements about volumes, read out of SQL text.

use std::iter::Peekable;
use std::str::Chars;

use crate::engine::SqlError;

/// A statement about a volume.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum VolumeStatement {
    /// `PUT 'LOCAL' INTO 'PATH' [OVERWRITE]`
    Put { local: String, path: String, overwrite: bool },
    /// `GET 'PATH' TO 'LOCAL'`
    Get { path: String, local: String },
    /// `REMOVE 'PATH'`
    Remove { path: String },
    /// `LIST 'PATH' [LIMIT n]`
    List { path: String, limit: Option<usize> },
    /// `SHOW VOLUMES [IN schema] [[LIKE] 'pattern']`
    Show { schema: Vec<String>, pattern: Option<String> },
    /// `CREATE VOLUME [IF NOT EXISTS] name [COMMENT 'text']`
    Create { name: Vec<String>, if_not_exists: bool },
    /// `DROP VOLUME [IF EXISTS] name`
    Drop { name: Vec<String>, if_exists: bool },
}

/// Reads a statement if it is about a volume; `None` when it is another, whatever else may be wrong with that.
pub(crate) fn parse(sql: &str) -> Result<Option<VolumeStatement>, SqlError> {
    let mut words = Words { chars: sql.chars().peekable() };
    let Ok(Some(Token::Word(verb))) = words.next() else { return Ok(None) };
    let verb = verb.to_ascii_uppercase();
    let statement = match verb.as_str() {
        "PUT" => Reader::of(words)?.put()?,
        "GET" => Reader::of(words)?.get()?,
        "REMOVE" => VolumeStatement::Remove { path: Reader::of(words)?.only_literal()? },
        "LIST" => Reader::of(words)?.list()?,
        "SHOW" | "CREATE" | "DROP" => {
            let Ok(Some(Token::Word(mut kind))) = words.next() else { return Ok(None) };
            let external = kind.eq_ignore_ascii_case("EXTERNAL") && verb == "CREATE";
            if external {
                let Ok(Some(Token::Word(next))) = words.next() else { return Ok(None) };
                kind = next;
            }
            match (verb.as_str(), kind.to_ascii_uppercase().as_str()) {
                ("CREATE", "VOLUME") if external => return Err(unsupported("CREATE EXTERNAL VOLUME")),
                ("SHOW", "VOLUMES") => Reader::of(words)?.show()?,
                ("CREATE", "VOLUME") => Reader::of(words)?.create()?,
                ("DROP", "VOLUME") => Reader::of(words)?.drop()?,
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(statement))
}

fn syntax_error(text: impl std::fmt::Display) -> SqlError {
    SqlError::new("PARSE_SYNTAX_ERROR", "42601", format!("Syntax error {text}."))
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new("UNSUPPORTED_FEATURE.LOCAL_WAREHOUSE", "0A000", format!("The local warehouse does not have {what}."))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Literal(String),
    Symbol(char),
}

struct Words<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Words<'_> {
    fn next(&mut self) -> Result<Option<Token>, SqlError> {
        self.skip_blank()?;
        let Some(first) = self.chars.next() else { return Ok(None) };
        Ok(Some(match first {
            '\'' | '"' => Token::Literal(self.until(first, true)?),
            '`' => Token::Quoted(self.until(first, false)?),
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = self.chars.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            other => Token::Symbol(other),
        }))
    }

    /// White space and comments.
    fn skip_blank(&mut self) -> Result<(), SqlError> {
        loop {
            while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
            let mut ahead = self.chars.clone();
            match (ahead.next(), ahead.next()) {
                (Some('-'), Some('-')) => while self.chars.next_if(|c| *c != '\n').is_some() {},
                (Some('/'), Some('*')) => {
                    self.chars = ahead;
                    let mut depth = 1;
                    while depth > 0 {
                        match (self.chars.next(), self.chars.peek()) {
                            (Some('*'), Some('/')) => depth -= 1,
                            (Some('/'), Some('*')) => depth += 1,
                            (None, _) => return Err(syntax_error("in a comment: it does not end")),
                            _ => continue,
                        }
                        self.chars.next();
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// What stands before the closing quote, which doubled stands for itself.
    fn until(&mut self, quote: char, escapes: bool) -> Result<String, SqlError> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                Some('\\') if escapes => text.extend(self.chars.next()),
                Some(c) if c == quote && self.chars.next_if_eq(&quote).is_some() => text.push(quote),
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
                None => return Err(syntax_error(format!("in a text: it does not end with {quote}"))),
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Reader {
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Reader {
    fn of(mut words: Words<'_>) -> Result<Self, SqlError> {
        let mut tokens = Vec::new();
        while let Some(token) = words.next()? {
            tokens.push(token);
        }
        Ok(Self { tokens: tokens.into_iter().peekable() })
    }

    fn put(mut self) -> Result<VolumeStatement, SqlError> {
        let local = self.literal()?;
        self.expect("INTO")?;
        let path = self.literal()?;
        let overwrite = self.accept("OVERWRITE");
        self.end(VolumeStatement::Put { local, path, overwrite })
    }

    fn get(mut self) -> Result<VolumeStatement, SqlError> {
        let path = self.literal()?;
        self.expect("TO")?;
        let local = self.literal()?;
        self.end(VolumeStatement::Get { path, local })
    }

    fn only_literal(mut self) -> Result<String, SqlError> {
        let path = self.literal()?;
        self.end(path)
    }

    fn list(mut self) -> Result<VolumeStatement, SqlError> {
        let path = self.literal()?;
        let limit = match self.accept("LIMIT") {
            true => Some(self.word()?.parse().map_err(|_| syntax_error("behind LIMIT"))?),
            false => None,
        };
        self.end(VolumeStatement::List { path, limit })
    }

    fn show(mut self) -> Result<VolumeStatement, SqlError> {
        let schema = if self.accept("IN") || self.accept("FROM") { self.names()? } else { Vec::new() };
        let wants_pattern = self.accept("LIKE");
        let pattern = match self.tokens.peek() {
            Some(Token::Literal(_)) => Some(self.literal()?),
            _ if wants_pattern => return Err(self.unexpected()),
            _ => None,
        };
        self.end(VolumeStatement::Show { schema, pattern })
    }

    fn create(mut self) -> Result<VolumeStatement, SqlError> {
        let if_not_exists = self.accept("IF");
        if if_not_exists {
            self.expect("NOT")?;
            self.expect("EXISTS")?;
        }
        let name = self.names()?;
        if self.accept("COMMENT") {
            self.literal()?;
        }
        if self.accept("LOCATION") {
            return Err(unsupported("CREATE VOLUME … LOCATION"));
        }
        self.end(VolumeStatement::Create { name, if_not_exists })
    }

    fn drop(mut self) -> Result<VolumeStatement, SqlError> {
        let if_exists = self.accept("IF");
        if if_exists {
            self.expect("EXISTS")?;
        }
        let name = self.names()?;
        self.end(VolumeStatement::Drop { name, if_exists })
    }

    fn accept(&mut self, keyword: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))).is_some()
    }

    fn expect(&mut self, keyword: &str) -> Result<(), SqlError> {
        if self.accept(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn literal(&mut self) -> Result<String, SqlError> {
        match self.tokens.next_if(|token| matches!(token, Token::Literal(_))) {
            Some(Token::Literal(text)) => Ok(text),
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self) -> Result<String, SqlError> {
        match self.tokens.next_if(|token| matches!(token, Token::Word(_) | Token::Quoted(_))) {
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(text),
            _ => Err(self.unexpected()),
        }
    }

    fn names(&mut self) -> Result<Vec<String>, SqlError> {
        let mut names = vec![self.word()?];
        while self.tokens.next_if_eq(&Token::Symbol('.')).is_some() {
            names.push(self.word()?);
        }
        Ok(names)
    }

    fn end<T>(mut self, statement: T) -> Result<T, SqlError> {
        while self.tokens.next_if_eq(&Token::Symbol(';')).is_some() {}
        if self.tokens.peek().is_none() { Ok(statement) } else { Err(self.unexpected()) }
    }

    fn unexpected(&mut self) -> SqlError {
        match self.tokens.peek() {
            None => syntax_error("at the end of the statement"),
            Some(Token::Word(text) | Token::Quoted(text) | Token::Literal(text)) => {
                syntax_error(format!("at or near '{text}'"))
            }
            Some(Token::Symbol(symbol)) => syntax_error(format!("at or near '{symbol}'")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[rstest]
    #[case("PUT '/tmp/it''s' INTO '/Volumes/a'", VolumeStatement::Put { local: text("/tmp/it's"), path: text("/Volumes/a"), overwrite: false })]
    #[case("-- up\n/* now */ put \"/tmp/a\" into '/Volumes/a' overwrite;", VolumeStatement::Put { local: text("/tmp/a"), path: text("/Volumes/a"), overwrite: true })]
    #[case("GET '/Volumes/a' TO '/tmp/a'", VolumeStatement::Get { path: text("/Volumes/a"), local: text("/tmp/a") })]
    #[case(r"REMOVE '/Volumes/it\'s'", VolumeStatement::Remove { path: text("/Volumes/it's") })]
    #[case("LIST '/Volumes/a' LIMIT 3", VolumeStatement::List { path: text("/Volumes/a"), limit: Some(3) })]
    #[case("SHOW VOLUMES", VolumeStatement::Show { schema: vec![], pattern: None })]
    #[case("show volumes in `main`.x like 'a*'", VolumeStatement::Show { schema: vec![text("main"), text("x")], pattern: Some(text("a*")) })]
    #[case("CREATE VOLUME IF NOT EXISTS main.default.v COMMENT 'c'", VolumeStatement::Create { name: vec![text("main"), text("default"), text("v")], if_not_exists: true })]
    #[case("DROP VOLUME IF EXISTS v", VolumeStatement::Drop { name: vec![text("v")], if_exists: true })]
    fn statement_is_read(#[case] sql: &str, #[case] expected: VolumeStatement) {
        assert_eq!(parse(sql).unwrap(), Some(expected));
    }

    #[rstest]
    #[case("SELECT 'PUT'")]
    #[case("SHOW TABLES")]
    #[case("CREATE TABLE volume (n INT)")]
    #[case("DROP TABLE 'open")]
    #[case("")]
    #[case("/* open")]
    fn other_statements_are_left_alone(#[case] sql: &str) {
        assert_eq!(parse(sql).unwrap(), None);
    }

    #[rstest]
    #[case("PUT '/tmp/a' '/Volumes/a'", "42601")]
    #[case("PUT /tmp/a INTO '/Volumes/a'", "42601")]
    #[case("GET '/Volumes/a' TO", "42601")]
    #[case("GET '/Volumes/a' TO '/tmp/a' OVERWRITE", "42601")]
    #[case("REMOVE '/Volumes/a", "42601")]
    #[case("CREATE VOLUME v LOCATION 's3://b'", "0A000")]
    #[case("CREATE EXTERNAL VOLUME v LOCATION 's3://b'", "0A000")]
    #[case("LIST '/Volumes/a' LIMIT x", "42601")]
    fn statement_that_does_not_parse_says_where(#[case] sql: &str, #[case] sql_state: &str) {
        assert_eq!(parse(sql).unwrap_err().sql_state, sql_state);
    }
}
