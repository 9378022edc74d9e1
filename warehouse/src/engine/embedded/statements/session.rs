//! SET, RESET and USE.

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::sql::sqlparser::tokenizer::Token;
use std::sync::Arc;

use super::super::session::Session;
use super::super::{answer, errors, parse};
use crate::engine::{Answer, SqlError};

/// Runs the statement when it is one of these and the new value of a setting is `allowed`; `None` when it is another.
pub(super) fn run(
    session: &Session,
    sql: &str,
    allowed: impl Fn(&str, &str) -> Result<(), SqlError>,
) -> Result<Option<Answer>, SqlError> {
    let word = first_word(sql);
    match word.as_str() {
        "SET" => set(session, sql, allowed).map(Some),
        "RESET" => reset(session, sql).map(Some),
        "USE" => use_something(session, sql).map(Some),
        _ => Ok(None),
    }
}

fn first_word(sql: &str) -> String {
    let tokens = parse::tokens(sql).unwrap_or_default();
    let first = tokens.into_iter().map(|t| t.token).find(|t| !matches!(t, Token::Whitespace(_)));
    match first {
        Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
        _ => String::new(),
    }
}

/// The tokens after the first word, without spaces, comments and the last semicolon.
fn tokens_after_first(sql: &str) -> Result<Vec<Token>, SqlError> {
    let mut tokens: Vec<Token> = parse::tokens(sql)?
        .into_iter()
        .map(|t| t.token)
        .filter(|t| !matches!(t, Token::Whitespace(_) | Token::EOF))
        .skip(1)
        .collect();
    while tokens.last() == Some(&Token::SemiColon) {
        tokens.pop();
    }
    Ok(tokens)
}

fn set(session: &Session, sql: &str, allowed: impl Fn(&str, &str) -> Result<(), SqlError>) -> Result<Answer, SqlError> {
    let tokens = tokens_after_first(sql)?;
    let words: Vec<String> = tokens.iter().map(|t| t.to_string().to_ascii_uppercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => return key_values(session.change_settings(|s| s.all()).into_iter().collect()),
        ["PATH", "=", ..] => return Err(errors::unsupported("SET PATH")),
        ["VAR" | "VARIABLE", ..] => return Err(errors::unsupported("SET VARIABLE")),
        ["TIME", "ZONE", ..] => {
            if matches!(tokens.get(2), Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("INTERVAL")) {
                return Err(errors::unsupported("SET TIME ZONE INTERVAL"));
            }
            let value = text_of(&tokens[2..])?;
            let value = if value.eq_ignore_ascii_case("LOCAL") { "Etc/UTC".to_owned() } else { value };
            session.change_settings(|s| s.set("TIMEZONE", &value))?;
            return key_values(vec![("spark.sql.session.timeZone".to_owned(), value)]);
        }
        _ => {}
    }
    let Some(equals) = tokens.iter().position(|t| *t == Token::Eq) else {
        let name = name_of(&tokens)?;
        let value = session.change_settings(|s| s.get(&name))?;
        return key_values(vec![(name, value)]);
    };
    let name = name_of(&tokens[..equals])?;
    let value = raw_value(sql);
    allowed(&name, &value)?;
    session.change_settings(|s| s.set(&name, &value))?;
    key_values(vec![(name, value)])
}

fn reset(session: &Session, sql: &str) -> Result<Answer, SqlError> {
    let tokens = tokens_after_first(sql)?;
    session.change_settings(|settings| match tokens.as_slice() {
        [] => {
            *settings = Default::default();
            Ok(())
        }
        tokens => settings.reset(&name_of(tokens)?),
    })?;
    Ok(answer::nothing())
}

fn use_something(session: &Session, sql: &str) -> Result<Answer, SqlError> {
    let mut tokens = tokens_after_first(sql)?;
    let keyword = match tokens.first() {
        Some(Token::Word(word)) if word.quote_style.is_none() && tokens.len() > 1 => word.value.to_ascii_uppercase(),
        _ => String::new(),
    };
    let keyword = match keyword.as_str() {
        keyword @ ("CATALOG" | "SCHEMA" | "DATABASE" | "NAMESPACE") => {
            tokens.remove(0);
            keyword
        }
        _ => "",
    };
    let name = parts_of(&tokens)?;
    match (keyword, name.as_slice()) {
        ("CATALOG", [catalog]) => session.use_catalog(catalog)?,
        ("CATALOG", _) => return Err(errors::syntax("Syntax error: USE CATALOG takes one name.")),
        (_, [schema]) => session.use_schema(None, schema)?,
        (_, [catalog, schema]) => session.use_schema(Some(catalog), schema)?,
        _ => return Err(errors::syntax("Syntax error: USE takes a schema, or a catalog and a schema.")),
    }
    Ok(answer::nothing())
}

/// The parts of a name `a.b`, each with or without backticks.
fn parts_of(tokens: &[Token]) -> Result<Vec<String>, SqlError> {
    let mut parts = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) if position % 2 == 0 => parts.push(word.value.clone()),
            Token::SingleQuotedString(text) if position % 2 == 0 => parts.push(text.clone()),
            Token::Period if position % 2 == 1 => {}
            other => return Err(errors::syntax(format!("Syntax error at or near '{other}'."))),
        }
    }
    if parts.is_empty() || tokens.len().is_multiple_of(2) {
        return Err(errors::syntax("Syntax error: a name was expected at the end of the statement."));
    }
    Ok(parts)
}

fn name_of(tokens: &[Token]) -> Result<String, SqlError> {
    parts_of(tokens).map(|parts| parts.join("."))
}

fn text_of(tokens: &[Token]) -> Result<String, SqlError> {
    match tokens {
        [Token::SingleQuotedString(text) | Token::DoubleQuotedString(text)] => Ok(text.clone()),
        [Token::Word(word)] => Ok(word.value.clone()),
        _ => Err(errors::syntax("Syntax error: SET TIME ZONE takes one quoted name.")),
    }
}

/// What stands after the first `=`, without the quotes around it.
fn raw_value(sql: &str) -> String {
    let value = sql.split_once('=').map_or("", |(_, value)| value);
    let value = value.trim().trim_end_matches(';').trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    value.to_owned()
}

fn key_values(rows: Vec<(String, String)>) -> Result<Answer, SqlError> {
    let field = |name| Field::new(name, DataType::Utf8, false);
    let schema = Arc::new(Schema::new(vec![field("key"), field("value")]));
    let column = |values: Vec<String>| Arc::new(StringArray::from(values)) as ArrayRef;
    let (keys, values) = rows.into_iter().unzip();
    let batch = RecordBatch::try_new(schema, vec![column(keys), column(values)])?;
    answer::whole(batch, "Etc/UTC")
}
