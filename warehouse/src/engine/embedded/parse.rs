//! SQL text to syntax tree.

use std::any::TypeId;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Statement};
use datafusion::sql::sqlparser::dialect::{DatabricksDialect, Dialect, Precedence};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::inline_tables::spelled_out;
use super::pipes::nested;
use super::spelling::spelled_alike;
use super::tokens::meaningful;
pub(super) use super::tokens::tokens;
use super::{errors, limits};
use crate::engine::SqlError;

/// Parses exactly one statement; a trailing semicolon is allowed.
pub(super) fn statement(sql: &str) -> Result<Statement, SqlError> {
    let tokens = tokens(sql)?;
    if tokens.iter().all(|t| matches!(t.token, Token::Whitespace(_) | Token::SemiColon | Token::EOF)) {
        return Err(errors::syntax("Syntax error, unexpected empty statement."));
    }
    if excepts_without_brackets(&tokens) {
        return Err(errors::syntax("Syntax error: EXCEPT behind * takes its columns in brackets."));
    }
    let mut parser = parser(tokens);
    let statement = parser.parse_statement().map_err(syntax)?;
    limits::check(&statement)?;
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token().token {
        Token::EOF => Ok(statement),
        token => Err(errors::syntax(format!("Syntax error at or near '{token}'."))),
    }
}

/// A parser of the dialect over these tokens.
pub(super) fn parser(tokens: Vec<TokenWithSpan>) -> Parser<'static> {
    Parser::new(&WarehouseDialect)
        .with_recursion_limit(limits::NESTING)
        .with_tokens_with_locations(spelled_out(spelled_alike(nested(tokens))))
}

/// Whether an identifier stands in a text, outside its literals and comments.
pub(super) fn mentions(sql: &str, name: &str) -> bool {
    let is_it =
        |token: &TokenWithSpan| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case(name));
    tokens(sql).is_ok_and(|tokens| tokens.iter().any(is_it))
}

/// Whether names stand behind `* EXCEPT` without brackets, which is a set operation to nobody and to the parser a list.
fn excepts_without_brackets(tokens: &[TokenWithSpan]) -> bool {
    let tokens: Vec<&Token> = meaningful(tokens).collect();
    tokens.windows(3).any(|window| match window {
        [Token::Mul, Token::Word(except), Token::Word(next)] => {
            except.keyword == Keyword::EXCEPT
                && !matches!(
                    next.keyword,
                    Keyword::SELECT
                        | Keyword::ALL
                        | Keyword::DISTINCT
                        | Keyword::VALUES
                        | Keyword::TABLE
                        | Keyword::FROM
                        | Keyword::WITH
                )
        }
        _ => false,
    })
}

/// The text from a token's start to the end.
pub(super) fn text_from(sql: &str, start: Location) -> &str {
    &sql[offset(sql, start)..]
}

/// Where a place stands in a text, in bytes.
pub(super) fn offset(sql: &str, start: Location) -> usize {
    let line_start = match start.line {
        0 | 1 => 0,
        line => {
            let breaks = sql.match_indices('\n').nth(usize::try_from(line).unwrap_or(usize::MAX) - 2);
            breaks.map_or(sql.len(), |(at, _)| at + 1)
        }
    };
    let column = usize::try_from(start.column).unwrap_or(1).saturating_sub(1);
    let line = &sql[line_start..];
    line_start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
}

/// A parser's error in the words of the reference.
pub(super) fn syntax(error: ParserError) -> SqlError {
    match error {
        // The dialect has more forms of these than the parser.
        ParserError::ParserError(text) if text.contains("INTERVAL requires a unit") => {
            errors::unsupported("an interval of several units, or without one,")
        }
        ParserError::ParserError(text) if text.contains("Expected: date/time field") => {
            errors::unsupported("this field of extract")
        }
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
            errors::syntax(format!("Syntax error: {text}."))
        }
        ParserError::RecursionLimitExceeded => {
            errors::too_complex("it is nested too deeply to be parsed; split it into smaller parts")
        }
    }
}

/// Databricks SQL as the parser is to read it.
#[derive(Debug)]
pub(super) struct WarehouseDialect;

impl Dialect for WarehouseDialect {
    // The parser asks for the dialect by its type in places that have no switch.
    fn dialect(&self) -> TypeId {
        TypeId::of::<DatabricksDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    // `\\%` and `\\_` keep their backslash for LIKE.
    fn ignores_wildcard_escapes(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }

    fn supports_order_by_all(&self) -> bool {
        true
    }

    fn supports_table_versioning(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_select_wildcard_except(&self) -> bool {
        true
    }

    fn supports_select_wildcard_replace(&self) -> bool {
        true
    }

    fn require_interval_qualifier(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_bang_not_operator(&self) -> bool {
        true
    }

    fn supports_cte_without_as(&self) -> bool {
        true
    }

    fn supports_create_table_using(&self) -> bool {
        true
    }

    fn supports_long_type_as_bigint(&self) -> bool {
        true
    }

    fn supports_map_literal_with_angle_brackets(&self) -> bool {
        true
    }

    fn supports_struct_literal(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    // `DIV` binds as tightly as `*`, and to the left; `<<`, `>>` and `>>>` looser than `+`, and tighter than `&`.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::Word(word) if word.keyword == Keyword::DIV => Some(Ok(self.prec_value(Precedence::MulDivModOp))),
            Token::ShiftLeft | Token::ShiftRight => Some(Ok(self.prec_value(Precedence::Ampersand) + 1)),
            _ => None,
        }
    }

    fn parse_infix(&self, parser: &mut Parser, expr: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let op = match () {
            () if parser.parse_keyword(Keyword::DIV) => BinaryOperator::MyIntegerDivide,
            () if parser.consume_token(&Token::ShiftLeft) => BinaryOperator::PGBitwiseShiftLeft,
            () if parser.consume_token(&Token::ShiftRight) => match parser.consume_token(&Token::Gt) {
                true => BinaryOperator::Custom(">>>".to_owned()),
                false => BinaryOperator::PGBitwiseShiftRight,
            },
            () => return None,
        };
        Some(parser.parse_subexpr(precedence).map(|right| Expr::BinaryOp {
            left: Box::new(expr.clone()),
            op,
            right: Box::new(right),
        }))
    }
}
