//! `IDENTIFIER(text)`: a constant text in the place of a name.

use std::borrow::Cow;
use std::ops::ControlFlow;

use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value, visit_expressions};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::super::rewrite::fold;
use super::super::settings::LEGACY_IDENTIFIER_CLAUSE;
use super::super::tokens::{is_word, significant};
use super::super::{errors, functions, parse};
use super::{Run, query};
use crate::engine::SqlError;

/// The statement with the names in the places of all `IDENTIFIER(…)`.
pub(super) async fn spelled_out<'a>(run: &Run<'_>, sql: &'a str) -> Result<Cow<'a, str>, SqlError> {
    if !sql.to_ascii_uppercase().contains("IDENTIFIER") {
        return Ok(Cow::Borrowed(sql));
    }
    let tokens = parse::tokens(sql)?;
    if tokens.iter().any(|token| is_hint_of_name(&token.token)) {
        return Err(errors::unsupported("IDENTIFIER(…) in a hint"));
    }
    let legacy = run.view.settings.is_on(LEGACY_IDENTIFIER_CLAUSE);
    let mut spelled = String::with_capacity(sql.len());
    let mut copied = 0;
    let mut before: Option<&Token> = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let open = significant(&tokens, at + 1).filter(|open| tokens[*open].token == Token::LParen);
        let (true, Some(open)) = (is_word(&token.token, "IDENTIFIER"), open) else {
            if !matches!(token.token, Token::Whitespace(_)) {
                before = Some(&token.token);
            }
            at += 1;
            continue;
        };
        let Some(close) = closing(&tokens, open) else {
            return Err(errors::syntax("Syntax error at or near 'IDENTIFIER'."));
        };
        let behind = significant(&tokens, close + 1).map(|next| &tokens[next].token);
        if is_part_of_more(before, behind) || legacy && !before.is_some_and(names_object) {
            return Err(errors::unsupported("IDENTIFIER(…) in this place"));
        }
        in_place_of_unit(&tokens[..at])?;
        let inner: Vec<TokenWithSpan> = tokens[open + 1..close].to_vec();
        let parts = parts(&text(run, inner).await?)?;
        spelled.push_str(&sql[copied..parse::offset(sql, token.span.start)]);
        spelled.push_str(&name(run, &parts, before, behind)?);
        copied = parse::offset(sql, tokens[close].span.end);
        before = Some(&tokens[close].token);
        at = close + 1;
    }
    spelled.push_str(&sql[copied..]);
    Ok(Cow::Owned(spelled))
}

/// Where the bracket at `open` closes.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (open..tokens.len()).find(|at| {
        match tokens[*at].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// Whether it is a part of a longer name or of a marker, or a word of a function's own syntax.
fn is_part_of_more(before: Option<&Token>, behind: Option<&Token>) -> bool {
    let joined = |token: &Token| matches!(token, Token::Period | Token::Colon | Token::Placeholder(_));
    before.is_some_and(joined) || behind == Some(&Token::Period)
}

/// What comes of it where a function has the unit of time, which is a word and no name.
fn in_place_of_unit(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let mut back = tokens.iter().rev().map(|token| &token.token).filter(|t| !matches!(t, Token::Whitespace(_)));
    let (Some(Token::LParen), Some(function)) = (back.next(), back.next()) else { return Ok(()) };
    let is_one_of = |names: &[&str]| names.iter().any(|name| is_word(function, name));
    if is_one_of(&["TIMESTAMPADD", "TIMESTAMPDIFF"]) {
        return Err(functions::no_routine(&function.to_string()));
    }
    match is_one_of(&["DATEADD", "DATEDIFF", "DATE_ADD", "DATE_DIFF"]) {
        true => Err(errors::unsupported("IDENTIFIER(…) in this place")),
        false => Ok(()),
    }
}

fn is_hint_of_name(token: &Token) -> bool {
    matches!(token, Token::Whitespace(Whitespace::MultiLineComment(text))
        if text.starts_with('+') && text.to_ascii_uppercase().contains("IDENTIFIER"))
}

/// Whether what stands behind is the name of a table, schema, column or function.
fn names_object(before: &Token) -> bool {
    const WORDS: [&str; 17] = [
        "SELECT",
        "FROM",
        "JOIN",
        "INTO",
        "TABLE",
        "VIEW",
        "SCHEMA",
        "EXISTS",
        "IN",
        "USE",
        "DESCRIBE",
        "DESC",
        "EXTENDED",
        "FORMATTED",
        "UPDATE",
        "TBLPROPERTIES",
        "USING",
    ];
    WORDS.iter().any(|word| is_word(before, word))
}

/// The text that an expression comes to.
async fn text(run: &Run<'_>, inner: Vec<TokenWithSpan>) -> Result<String, SqlError> {
    let expr = expression(inner)?;
    if let Expr::Value(value) = &expr
        && let Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) = &value.value
    {
        return Ok(text.clone());
    }
    let not_constant = || not_a_text("NOT_CONSTANT", "the expression has to be constant");
    let mut ordinal = false;
    let found = visit_expressions(&expr, |part| {
        match part {
            Expr::Value(value) if matches!(&value.value, Value::Placeholder(marker) if marker == "?") => ordinal = true,
            Expr::Subquery(query) if query.to_string().matches(',').count() > 0 => {
                return ControlFlow::Break(errors::unsupported("a subquery in IDENTIFIER(…)"));
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                return ControlFlow::Break(not_constant());
            }
            Expr::Function(function)
                if ["rand", "random", "randn", "uuid"].contains(&fold(&function.name.to_string()).as_str()) =>
            {
                return ControlFlow::Break(not_constant());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if let ControlFlow::Break(error) = found {
        return Err(error);
    }
    if ordinal {
        return Err(errors::unsupported("IDENTIFIER(…) of a marker without a name"));
    }
    let mut values =
        query::values(run, vec![expr]).await.map_err(|error| match error.class.starts_with("UNRESOLVED_COLUMN") {
            true => not_constant(),
            false => error,
        })?;
    match values.pop() {
        Some(ScalarValue::Utf8(Some(text))) => Ok(text),
        Some(ScalarValue::Utf8(None)) => Err(not_a_text("NULL", "the expression evaluates to NULL")),
        _ => Err(not_a_text("WRONG_TYPE", "the data type of the expression is not STRING")),
    }
}

fn not_a_text(class: &str, why: &str) -> SqlError {
    SqlError::new(
        &format!("NOT_A_CONSTANT_STRING.{class}"),
        "42601",
        format!("The expression used for IDENTIFIER must be a constant STRING which is NOT NULL: {why}."),
    )
}

/// An expression, or several side by side, which are one text.
fn expression(mut inner: Vec<TokenWithSpan>) -> Result<Expr, SqlError> {
    inner.push(TokenWithSpan::wrap(Token::EOF));
    let mut parser: Parser<'_> = parse::parser(inner);
    let mut whole = parser.parse_expr()?;
    while parser.peek_token().token != Token::EOF {
        let more = parser.parse_prefix()?;
        whole = Expr::BinaryOp { left: Box::new(whole), op: BinaryOperator::StringConcat, right: Box::new(more) };
    }
    Ok(whole)
}

/// The parts of a name that a text has, with the quotes taken off.
fn parts(text: &str) -> Result<Vec<String>, SqlError> {
    if text.is_empty() {
        return Err(SqlError::new("PARSE_EMPTY_STATEMENT", "42617", "Syntax error, unexpected empty statement."));
    }
    let unread = || errors::syntax(format!("Syntax error: '{text}' is not a name."));
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        if let Some(quoted) = rest.strip_prefix('`') {
            let mut part = String::new();
            let mut inner = quoted;
            loop {
                let end = inner.find('`').ok_or_else(unread)?;
                part.push_str(&inner[..end]);
                inner = &inner[end + 1..];
                match inner.strip_prefix('`') {
                    Some(more) => (part, inner) = (part + "`", more),
                    None => break,
                }
            }
            parts.push(part);
            rest = inner;
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                return Err(unread());
            }
            parts.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None if rest.is_empty() => return Ok(parts),
            None => return Err(unread()),
        }
    }
}

/// The name as it stands in the statement. That of a function is not quoted: it is shown as it is written.
fn name(run: &Run<'_>, parts: &[String], before: Option<&Token>, behind: Option<&Token>) -> Result<String, SqlError> {
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_single = before.is_some_and(|token| ["AS", "OVER", "WINDOW"].iter().any(|word| is_word(token, word)));
    let is_column = before.is_some_and(|token| *token == Token::Comma || is_word(token, "SELECT"));
    match parts {
        [part] if is_column && run.view.variables.contains_key(&fold(part)) => {
            Err(errors::unsupported("IDENTIFIER(…) of a session variable"))
        }
        // A column of this name is called by its last part, a field by all of them.
        [_, _, ..] if is_column && behind != Some(&Token::LParen) => {
            Err(errors::unsupported("IDENTIFIER(…) of a name with several parts in a select list"))
        }
        [part] if behind == Some(&Token::LParen) && plain(part) => Ok(part.clone()),
        [_, _, ..] if is_single => Err(SqlError::new(
            "IDENTIFIER_TOO_MANY_NAME_PARTS",
            "42601",
            format!("{} is not a valid identifier as it has more than 1 name part.", errors::quote(parts)),
        )),
        [catalog, _, _, ..] if run.session.catalogs().require_catalog(catalog).is_err() => {
            Err(errors::unsupported("IDENTIFIER(…) of a name in a catalog that is not there"))
        }
        parts => Ok(errors::quote(parts)),
    }
}
