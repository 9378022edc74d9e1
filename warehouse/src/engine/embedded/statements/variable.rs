//! DECLARE, SET VARIABLE and DROP TEMPORARY VARIABLE.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr, Statement, Value, visit_expressions};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::super::cast::{self, Failure};
use super::super::rewrite::typed_call;
use super::super::table::StoredTable;
use super::super::tokens::{is_word, meaningful};
use super::super::variables::{Variable, own_name, told_type};
use super::super::{answer, errors, limits, parse, types};
use super::{Run, query};
use crate::engine::{Answer, SqlError};

/// What is to happen to variables.
enum Asked {
    Declare { replace: bool, names: Vec<String>, sql_type: Option<String>, default: Option<Box<Expr>> },
    Set { names: Vec<String>, values: Vec<Expr> },
    SetRow { names: Vec<String>, query: Box<Query> },
    Drop { name: String, if_exists: bool },
}

/// Runs the statement when it is one of these; `None` when it is another.
pub(super) async fn run(run: &Run<'_>, sql: &str) -> Result<Option<Answer>, SqlError> {
    match read(sql)? {
        None => return Ok(None),
        Some(Asked::Declare { replace, names, sql_type, default }) => {
            declare(run, replace, names, sql_type, default.map(|default| *default)).await?;
        }
        Some(Asked::Set { names, values }) => set(run, names, values).await?,
        Some(Asked::SetRow { names, query }) => set_row(run, &names, query).await?,
        Some(Asked::Drop { name, if_exists }) => drop(run, &name, if_exists)?,
    }
    Ok(Some(answer::nothing()))
}

fn read(sql: &str) -> Result<Option<Asked>, SqlError> {
    let tokens = parse::tokens(sql)?;
    let words: Vec<String> = meaningful(&tokens).take(3).map(|token| token.to_string().to_ascii_uppercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut parser = parse::parser(tokens);
    let asked = match words.as_slice() {
        ["DECLARE", ..] => read_declare(&mut parser)?,
        ["SET", "VAR" | "VARIABLE", third] if *third != "=" => read_set(&mut parser)?,
        ["DROP", "TEMPORARY" | "TEMP", "VARIABLE" | "VAR"] => {
            skip(&mut parser, 3);
            let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
            Asked::Drop { name: target(&mut parser)?, if_exists }
        }
        ["DROP", "VARIABLE" | "VAR", ..] => {
            return Err(errors::syntax("Syntax error: DROP VARIABLE without TEMPORARY."));
        }
        _ => return Ok(None),
    };
    end(&mut parser)?;
    Ok(Some(asked))
}

fn word(parser: &mut Parser<'_>, wanted: &str) -> bool {
    let found = is_word(&parser.peek_token_ref().token, wanted);
    if found {
        parser.next_token();
    }
    found
}

fn end(parser: &mut Parser<'_>) -> Result<(), SqlError> {
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token().token {
        Token::EOF => Ok(()),
        token => Err(errors::syntax(format!("Syntax error at or near '{token}'."))),
    }
}

fn parts(parser: &mut Parser<'_>) -> Result<Vec<Ident>, SqlError> {
    let mut parts = vec![parser.parse_identifier()?];
    while parser.consume_token(&Token::Period) {
        parts.push(parser.parse_identifier()?);
    }
    Ok(parts)
}

/// A variable's name, with or without `system.session` before it.
pub(super) fn target(parser: &mut Parser<'_>) -> Result<String, SqlError> {
    let parts = parts(parser)?;
    own_name(&parts).ok_or_else(|| unresolved(&parts))
}

fn unresolved(parts: &[Ident]) -> SqlError {
    let parts: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
    SqlError::new(
        "UNRESOLVED_VARIABLE",
        "42883",
        format!("Cannot resolve variable {} on search path `SYSTEM`.`SESSION`.", errors::quote(&parts)),
    )
}

fn checked(expr: Expr) -> Result<Expr, SqlError> {
    limits::check(&expr)?;
    Ok(expr)
}

fn read_declare(parser: &mut Parser<'_>) -> Result<Asked, SqlError> {
    skip(parser, 1);
    let replace = parser.parse_keywords(&[Keyword::OR, Keyword::REPLACE]);
    let next = parser.peek_nth_token(1).token;
    if !matches!(next, Token::Eq | Token::EOF | Token::Comma) && !is_word(&next, "DEFAULT") {
        let _ = word(parser, "VARIABLE") || word(parser, "VAR");
    }
    let mut names = vec![target(parser)?];
    while parser.consume_token(&Token::Comma) {
        names.push(target(parser)?);
    }
    let is_default = |parser: &mut Parser<'_>| word(parser, "DEFAULT") || parser.consume_token(&Token::Eq);
    let mut has_default = is_default(parser);
    let sql_type = match has_default || matches!(parser.peek_token().token, Token::EOF | Token::SemiColon) {
        true => None,
        false => Some(typed_call::type_text(&parser.parse_data_type()?)),
    };
    has_default = has_default || is_default(parser);
    let default = if has_default { Some(Box::new(checked(parser.parse_expr()?)?)) } else { None };
    Ok(Asked::Declare { replace, names, sql_type, default })
}

async fn declare(
    run: &Run<'_>,
    replace: bool,
    names: Vec<String>,
    sql_type: Option<String>,
    default: Option<Expr>,
) -> Result<(), SqlError> {
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(SqlError::new(
            "DUPLICATE_VARIABLE_NAME_INSIDE_DECLARE",
            "42734",
            format!("Found duplicate variable `{twice}` in the declare variable list."),
        ));
    }
    if !replace && let Some(known) = names.iter().find(|name| run.view.variables.contains_key(*name)) {
        return Err(SqlError::new(
            "VARIABLE_ALREADY_EXISTS",
            "42723",
            format!("Cannot create the variable `system`.`session`.`{known}` because it already exists."),
        ));
    }
    let (sql_type, value) = declared(run, sql_type, default.clone()).await?;
    let variable = Arc::new(Variable { sql_type, default, value });
    run.session.change_variables(|variables| {
        for name in names {
            variables.insert(name, Arc::clone(&variable));
        }
    });
    Ok(())
}

async fn declared(
    run: &Run<'_>,
    sql_type: Option<String>,
    default: Option<Expr>,
) -> Result<(String, ScalarValue), SqlError> {
    let is_query = |expr: &Expr| matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. });
    if default.as_ref().is_some_and(|default| has(default, is_query)) {
        return Err(SqlError::new(
            "INVALID_DEFAULT_VALUE.SUBQUERY_EXPRESSION",
            "42623",
            "Failed to execute DECLARE VARIABLE command because its DEFAULT value contains subquery expressions.",
        ));
    }
    match (sql_type, default) {
        (None, None) => Err(SqlError::new(
            "INVALID_SQL_SYNTAX.VARIABLE_TYPE_OR_DEFAULT_REQUIRED",
            "42000",
            "Invalid SQL syntax: The definition of a SQL variable requires either a datatype or a DEFAULT clause.",
        )),
        (None, Some(default)) => {
            let value = value(run, default).await?;
            Ok((told_type(&value.data_type())?, value))
        }
        (Some(sql_type), None) => {
            let data_type = types::parse(&sql_type, StoredTable::ZONE)?;
            let null = ScalarValue::try_new_null(&data_type)?;
            Ok((sql_type, null))
        }
        (Some(sql_type), Some(default)) => {
            types::parse(&sql_type, StoredTable::ZONE)?;
            let value = value(run, typed_call::cast(&sql_type, default)).await?;
            Ok((sql_type, value))
        }
    }
}

async fn value(run: &Run<'_>, expr: Expr) -> Result<ScalarValue, SqlError> {
    let value = query::values(run, vec![expr]).await?.pop();
    value.ok_or_else(|| errors::internal("an expression without a value"))
}

fn has(expr: &Expr, wanted: impl Fn(&Expr) -> bool) -> bool {
    visit_expressions(expr, |part| match wanted(part) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    })
    .is_break()
}

fn drop(run: &Run<'_>, name: &str, if_exists: bool) -> Result<(), SqlError> {
    match run.session.change_variables(|variables| variables.remove(name)) {
        None if !if_exists => Err(SqlError::new(
            "VARIABLE_NOT_FOUND",
            "42883",
            format!(
                "The variable `system`.`session`.`{name}` cannot be found. Verify the spelling and correctness of the schema and catalog."
            ),
        )),
        _ => Ok(()),
    }
}

fn skip(parser: &mut Parser<'_>, words: usize) {
    for _ in 0..words {
        parser.next_token();
    }
}

fn read_set(parser: &mut Parser<'_>) -> Result<Asked, SqlError> {
    skip(parser, 2);
    let mut names = Vec::new();
    if parser.consume_token(&Token::LParen) {
        if parser.consume_token(&Token::RParen) {
            return Err(SqlError::new("INVALID_SET_SYNTAX", "42000", "SET VARIABLE needs the names of variables."));
        }
        names.push(target(parser)?);
        while parser.consume_token(&Token::Comma) {
            names.push(target(parser)?);
        }
        parser.expect_token(&Token::RParen)?;
        parser.expect_token(&Token::Eq)?;
        parser.expect_token(&Token::LParen)?;
        let query = parser.parse_query()?;
        parser.expect_token(&Token::RParen)?;
        limits::check(query.as_ref())?;
        return Ok(Asked::SetRow { names, query });
    }
    let mut values = Vec::new();
    loop {
        names.push(target(parser)?);
        parser.expect_token(&Token::Eq)?;
        values.push(checked(parser.parse_expr()?)?);
        if !parser.consume_token(&Token::Comma) {
            return Ok(Asked::Set { names, values });
        }
    }
}

async fn set_row(run: &Run<'_>, names: &[String], query: Box<Query>) -> Result<(), SqlError> {
    check_targets(run, names)?;
    if has_default(&query) {
        return Err(errors::unsupported("DEFAULT in a query of SET VARIABLE"));
    }
    let (schema, rows) = query::collect(run, Statement::Query(query)).await?;
    assign(run, names, &schema, &rows)
}

async fn set(run: &Run<'_>, names: Vec<String>, values: Vec<Expr>) -> Result<(), SqlError> {
    check_targets(run, &names)?;
    let mut assigned = Vec::with_capacity(values.len());
    for (name, value) in names.iter().zip(values) {
        let variable = variable(run, name)?;
        let value = match is_default_word(&value) {
            true => variable.default.clone().unwrap_or_else(|| Expr::value(Value::Null)),
            false if has(&value, is_default_word) => return Err(misplaced_default()),
            false => value,
        };
        assigned.push(typed_call::cast(&variable.sql_type, value));
    }
    let values = query::values(run, assigned).await?;
    store(run, &names, values)
}

fn is_default_word(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("DEFAULT"))
}

fn has_default(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return query.to_string().contains("DEFAULT") };
    select.projection.iter().any(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => has(expr, is_default_word),
        _ => false,
    })
}

fn misplaced_default() -> SqlError {
    SqlError::new(
        "DEFAULT_PLACEMENT_INVALID",
        "42608",
        "A DEFAULT keyword in a SET VARIABLE command could not be directly assigned to the target because it was part of an expression.",
    )
}

fn variable(run: &Run<'_>, name: &str) -> Result<Arc<Variable>, SqlError> {
    run.view.variables.get(name).cloned().ok_or_else(|| unresolved(&[Ident::new(name)]))
}

/// Whether the targets are there, each once.
pub(super) fn check_targets(run: &Run<'_>, names: &[String]) -> Result<(), SqlError> {
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(SqlError::new(
            "DUPLICATE_ASSIGNMENTS",
            "42701",
            format!("The columns or variables `{twice}` appear more than once as assignment targets."),
        ));
    }
    names.iter().try_for_each(|name| variable(run, name).map(|_| ()))
}

/// Assigns the values of a query's only row, or NULL where it has none.
pub(super) fn assign(
    run: &Run<'_>,
    names: &[String],
    schema: &SchemaRef,
    rows: &[RecordBatch],
) -> Result<(), SqlError> {
    if schema.fields().len() != names.len() {
        return Err(SqlError::new(
            "ASSIGNMENT_ARITY_MISMATCH",
            "42802",
            format!(
                "The number of columns or variables assigned or aliased: {} does not match the number of source expressions: {}.",
                names.len(),
                schema.fields().len()
            ),
        ));
    }
    if rows.iter().map(RecordBatch::num_rows).sum::<usize>() > 1 {
        return Err(SqlError::new(
            "ROW_SUBQUERY_TOO_MANY_ROWS",
            "21000",
            "More than one row returned by a subquery used as a row.",
        ));
    }
    let row = rows.iter().find(|batch| batch.num_rows() > 0);
    let mut values = Vec::with_capacity(names.len());
    for (position, name) in names.iter().enumerate() {
        let to = types::parse(&variable(run, name)?.sql_type, StoredTable::ZONE)?;
        values.push(match row {
            Some(batch) => {
                let value = cast::convert(batch.column(position), &to, run.view.zone(), Failure::Error)?;
                ScalarValue::try_from_array(&value, 0)?
            }
            None => ScalarValue::try_new_null(&to)?,
        });
    }
    store(run, names, values)
}

fn store(run: &Run<'_>, names: &[String], values: Vec<ScalarValue>) -> Result<(), SqlError> {
    run.session.change_variables(|variables| {
        for (name, value) in names.iter().zip(values) {
            if let Some(variable) = variables.get_mut(name) {
                let (sql_type, default) = (variable.sql_type.clone(), variable.default.clone());
                *variable = Arc::new(Variable { sql_type, default, value });
            }
        }
    });
    Ok(())
}
