//! EXECUTE IMMEDIATE: a statement whose text is the value of an expression.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{Expr, Statement, visit_expressions};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::super::parameters::Bindings;
use super::super::rewrite::fold;
use super::super::tokens::{is_word, meaningful};
use super::super::{answer, errors, limits, parse, unread, variables};
use super::{Run, executed, query, variable};
use crate::engine::{Answer, SqlError};

type Argument = (Option<String>, Expr);

/// The statement's text, the variables that take its row, and the values of its markers.
type Asked = (Expr, Vec<String>, Vec<Argument>);

/// Runs the statement when it is an EXECUTE IMMEDIATE; `None` when it is another.
pub(super) async fn run(run: &Run<'_>, sql: &str) -> Result<Option<Answer>, SqlError> {
    let Some((text, targets, arguments)) = read(sql)? else { return Ok(None) };
    let text = told(run, text).await?;
    let arguments = evaluated(run, arguments).await?;
    let bindings = Bindings::of_arguments(arguments);
    if targets.is_empty() {
        return executed(run.session, &text, &bindings, run.depth + 1).await.map(Some);
    }
    into(run, &text, &bindings, &targets).await?;
    Ok(Some(answer::nothing()))
}

fn read(sql: &str) -> Result<Option<Asked>, SqlError> {
    let tokens = parse::tokens(sql)?;
    let words: Vec<bool> =
        meaningful(&tokens).zip(["EXECUTE", "IMMEDIATE"]).map(|(token, word)| is_word(token, word)).collect();
    if words != [true, true] {
        return Ok(None);
    }
    let mut parser = parse::parser(tokens);
    parser.next_token();
    parser.next_token();
    let text = parser.parse_expr()?;
    let mut targets = Vec::new();
    if parser.parse_keyword(Keyword::INTO) {
        targets.push(variable::target(&mut parser)?);
        while parser.consume_token(&Token::Comma) {
            targets.push(variable::target(&mut parser)?);
        }
    }
    let arguments = match parser.parse_keyword(Keyword::USING) {
        true => arguments(&mut parser)?,
        false => vec![],
    };
    while parser.consume_token(&Token::SemiColon) {}
    if parser.peek_token().token != Token::EOF {
        return Err(errors::syntax(format!("Syntax error at or near '{}'.", parser.peek_token().token)));
    }
    limits::check(&text)?;
    Ok(Some((text, targets, arguments)))
}

async fn into(run: &Run<'_>, text: &str, bindings: &Bindings<'_>, targets: &[String]) -> Result<(), SqlError> {
    let inner = Run { parameters: bindings, depth: run.depth + 1, ..*run };
    let first = parse::tokens(text)?;
    let first = meaningful(&first).next().map(|token| token.to_string().to_ascii_uppercase()).unwrap_or_default();
    if ["INSERT", "SET", "CREATE", "DROP", "UPDATE", "DELETE", "ALTER", "USE"].contains(&first.as_str()) {
        return Err(SqlError::new(
            "INVALID_STATEMENT_FOR_EXECUTE_INTO",
            "07501",
            "The INTO clause of EXECUTE IMMEDIATE is only valid for queries but the given statement is not a query.",
        ));
    }
    if let Some(feature) = unread::not_here(text) {
        return Err(errors::unsupported(feature));
    }
    let statement @ Statement::Query(_) = parse::statement(text)? else {
        return Err(errors::unsupported("EXECUTE IMMEDIATE … INTO of this statement"));
    };
    variable::check_targets(run, targets)?;
    let (schema, rows) = query::collect(&inner, statement).await?;
    variable::assign(run, targets, &schema, &rows)
}

fn no_subqueries(expr: &Expr) -> Result<(), SqlError> {
    let is_query = |expr: &Expr| matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. });
    let found = visit_expressions(expr, |part| match is_query(part) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    match found.is_break() {
        true => Err(SqlError::new(
            "UNSUPPORTED_EXPR_FOR_PARAMETER",
            "42K0E",
            "A query parameter contains unsupported expression. Parameters can either be variables, literals or constant expressions.",
        )),
        false => Ok(()),
    }
}

/// The statement's text.
async fn told(run: &Run<'_>, text: Expr) -> Result<String, SqlError> {
    no_subqueries(&text)?;
    match query::values(run, vec![text]).await?.pop() {
        Some(ScalarValue::Utf8(Some(text))) => Ok(text),
        Some(ScalarValue::Utf8(None) | ScalarValue::Null) => Err(SqlError::new(
            "NULL_QUERY_STRING_EXECUTE_IMMEDIATE",
            "22004",
            "Execute immediate requires a non-null variable as the query string, but the provided variable is null.",
        )),
        _ => Err(SqlError::new(
            "INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE",
            "42K09",
            "Expression type must be string type for EXECUTE IMMEDIATE.",
        )),
    }
}

/// `value [AS name], …`, in brackets or not.
fn arguments(parser: &mut Parser<'_>) -> Result<Vec<Argument>, SqlError> {
    let in_brackets = parser.maybe_parse(|parser| {
        parser.expect_token(&Token::LParen)?;
        let list = parser.parse_comma_separated(argument)?;
        parser.expect_token(&Token::RParen)?;
        match parser.peek_token().token {
            Token::EOF | Token::SemiColon => Ok(list),
            _ => parser.expected("the end", parser.peek_token()),
        }
    })?;
    match in_brackets {
        Some(list) => Ok(list),
        None => Ok(parser.parse_comma_separated(argument)?),
    }
}

fn argument(parser: &mut Parser<'_>) -> Result<Argument, datafusion::sql::sqlparser::parser::ParserError> {
    let value = parser.parse_expr()?;
    let named = parser.parse_keyword(Keyword::AS) || matches!(parser.peek_token().token, Token::Word(_));
    let name = match (named, &value) {
        (true, _) => Some(parser.parse_identifier()?.value),
        // A variable is an argument of its own name.
        (false, Expr::Identifier(name)) => Some(name.value.clone()),
        _ => None,
    };
    Ok((name, value))
}

/// The arguments, in which no name is a column's: those that can be worked out, and once.
async fn evaluated(run: &Run<'_>, arguments: Vec<Argument>) -> Result<Vec<Argument>, SqlError> {
    let mut seen = HashSet::new();
    let mut evaluated = Vec::with_capacity(arguments.len());
    for (name, mut value) in arguments {
        if let Some(name) = &name
            && !seen.insert(fold(name))
        {
            return Err(SqlError::new(
                "EXEC_IMMEDIATE_DUPLICATE_ARGUMENT_ALIASES",
                "42701",
                format!(
                    "The USING clause of this EXECUTE IMMEDIATE command contained multiple arguments with same alias ({name})."
                ),
            ));
        }
        limits::check(&value)?;
        no_subqueries(&value)?;
        variables::put(&mut value, run.view)?;
        evaluated.push((name, value));
    }
    let values: Vec<Expr> = evaluated.iter().map(|(_, value)| value.clone()).collect();
    if values.iter().any(|value| value.to_string().to_lowercase().contains("rand")) {
        return Err(errors::unsupported("a random argument of EXECUTE IMMEDIATE"));
    }
    if !values.is_empty() {
        query::values(run, values).await?;
    }
    Ok(evaluated)
}
