//! CREATE FUNCTION and DROP FUNCTION as they are written.

use datafusion::sql::sqlparser::ast::{Expr, ObjectName};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::super::super::rewrite::typed_call::type_text;
use super::super::super::routines::{Body, Parameter, Returns};
use super::super::super::tokens::is_word;
use super::super::super::{errors, limits};
use super::Asked;
use crate::engine::SqlError;

pub(super) struct Reader {
    pub(super) parser: Parser<'static>,
}

/// What a function is made of, as it is written.
pub(super) struct Written {
    pub(super) temporary: bool,
    pub(super) name: ObjectName,
    pub(super) parameters: Vec<Parameter>,
    pub(super) returns: Returns,
    /// Whether it says that it reads tables.
    pub(super) reads: Option<bool>,
    pub(super) body: Body,
}

pub(super) fn user_error(class: &str, text: &str) -> SqlError {
    SqlError::new(
        &format!("USER_DEFINED_FUNCTIONS.{class}"),
        "42601",
        format!("User defined function is invalid: {text}."),
    )
}

impl Reader {
    pub(super) fn word(&mut self, wanted: &str) -> bool {
        let found = is_word(&self.parser.peek_token_ref().token, wanted);
        if found {
            self.parser.next_token();
        }
        found
    }

    fn end(&mut self) -> Result<(), SqlError> {
        while self.parser.consume_token(&Token::SemiColon) {}
        match self.parser.peek_token().token {
            Token::EOF => Ok(()),
            token => Err(errors::syntax(format!("Syntax error at or near '{token}'."))),
        }
    }

    pub(super) fn read_drop(&mut self) -> Result<Asked, SqlError> {
        let temporary = self.word("TEMPORARY") || self.word("TEMP");
        self.word("FUNCTION");
        let if_exists = self.parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
        let name = self.parser.parse_object_name(false)?;
        self.end()?;
        Ok(Asked::Drop { temporary, if_exists, name })
    }

    pub(super) fn read_create(&mut self) -> Result<Asked, SqlError> {
        self.word("CREATE");
        let replace = self.parser.parse_keywords(&[Keyword::OR, Keyword::REPLACE]);
        let temporary = self.word("TEMPORARY") || self.word("TEMP");
        self.word("FUNCTION");
        let if_not_exists = self.parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
        let written = Box::new(self.written(temporary)?);
        Ok(Asked::Create { replace, if_not_exists, written })
    }

    fn written(&mut self, temporary: bool) -> Result<Written, SqlError> {
        let name = self.parser.parse_object_name(false)?;
        if is_word(&self.parser.peek_token_ref().token, "AS") {
            return Err(errors::unsupported("CREATE FUNCTION of a class"));
        }
        let parameters = self.parameters()?;
        let returns = match self.word("RETURNS") {
            true if is_word(&self.parser.peek_token_ref().token, "TABLE") => {
                self.parser.next_token();
                Returns::Table(self.columns()?)
            }
            true => Returns::Value(Some(type_text(&self.parser.parse_data_type()?))),
            false => Returns::Value(None),
        };
        let mut reads = None;
        loop {
            if self.word("LANGUAGE") {
                if !self.word("SQL") {
                    return Err(errors::unsupported("CREATE FUNCTION in another language than SQL"));
                }
            } else if self.word("COMMENT") {
                self.parser.parse_literal_string()?;
            } else if self.word("CONTAINS") {
                self.word("SQL");
                reads = Some(false);
            } else if self.word("READS") {
                self.word("SQL");
                self.word("DATA");
                reads = Some(true);
            } else if self.word("SQL") {
                self.word("SECURITY");
                if !self.word("DEFINER") {
                    return Err(errors::unsupported("SQL SECURITY INVOKER"));
                }
            } else if self.word("DETERMINISTIC") || self.parser.parse_keywords(&[Keyword::NOT, Keyword::DETERMINISTIC])
            {
            } else {
                break;
            }
        }
        if !self.word("RETURN") {
            return Err(errors::syntax(format!("Syntax error at or near '{}'.", self.parser.peek_token().token)));
        }
        let starts = |parser: &Parser<'_>, word| is_word(&parser.peek_token_ref().token, word);
        let is_query = ["SELECT", "WITH", "VALUES", "TABLE", "FROM"].iter().any(|word| starts(&self.parser, word));
        let body = match is_query {
            true => Body::Query(self.parser.parse_query()?),
            false => match self.parser.parse_expr()? {
                Expr::Subquery(query) => Body::Query(query),
                expr => Body::Expr(Box::new(expr)),
            },
        };
        self.end()?;
        match &body {
            Body::Expr(expr) => limits::check(expr)?,
            Body::Query(query) => limits::check(query.as_ref())?,
        }
        Ok(Written { temporary, name, parameters, returns, reads, body })
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, SqlError> {
        self.parser.expect_token(&Token::LParen)?;
        let mut parameters: Vec<Parameter> = Vec::new();
        if self.parser.consume_token(&Token::RParen) {
            return Ok(parameters);
        }
        loop {
            let name = self.parser.parse_identifier()?.value;
            let sql_type = type_text(&self.parser.parse_data_type()?);
            let mut parameter = Parameter { name, sql_type, default: None };
            loop {
                if self.word("DEFAULT") {
                    parameter.default = Some(self.parser.parse_expr()?);
                } else if self.word("COMMENT") {
                    self.parser.parse_literal_string()?;
                } else if self.parser.parse_keywords(&[Keyword::NOT, Keyword::NULL]) {
                    return Err(user_error("NOT_NULL_ON_FUNCTION_PARAMETERS", "a parameter cannot be NOT NULL"));
                } else if self.word("GENERATED") {
                    return Err(SqlError::new(
                        "INVALID_SQL_SYNTAX.CREATE_FUNC_WITH_GENERATED_COLUMNS_AS_PARAMETERS",
                        "42000",
                        "Invalid SQL syntax: CREATE FUNCTION with generated columns as parameters is not allowed.",
                    ));
                } else if ["UNIQUE", "CHECK", "PRIMARY", "REFERENCES", "CONSTRAINT"].iter().any(|word| self.word(word))
                {
                    return Err(SqlError::new(
                        "INVALID_SQL_SYNTAX.CREATE_FUNC_WITH_COLUMN_CONSTRAINTS",
                        "42000",
                        "Invalid SQL syntax: CREATE FUNCTION with constraints on parameters is not allowed.",
                    ));
                } else {
                    break;
                }
            }
            parameters.push(parameter);
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(parameters)
    }

    /// The columns of RETURNS TABLE; `None` when they are those of the query.
    fn columns(&mut self) -> Result<Option<Vec<(String, String)>>, SqlError> {
        if !self.parser.consume_token(&Token::LParen) {
            return Ok(None);
        }
        let mut columns = Vec::new();
        loop {
            let name = self.parser.parse_identifier()?.value;
            let sql_type = type_text(&self.parser.parse_data_type()?);
            if self.parser.parse_keywords(&[Keyword::NOT, Keyword::NULL]) {
                return Err(user_error("NOT_NULL_ON_FUNCTION_PARAMETERS", "a column cannot be NOT NULL"));
            }
            if self.word("COMMENT") {
                self.parser.parse_literal_string()?;
            }
            columns.push((name, sql_type));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(Some(columns))
    }
}
