//! The statements that define things, read here because their clauses are the dialect's own.

use datafusion::sql::sqlparser::ast::{ObjectName, Query, Statement};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::super::rewrite::typed_call::type_text;
use super::super::tokens::meaningful;
use super::super::{errors, limits, parse};
use crate::engine::SqlError;

/// A statement that defines something.
#[derive(Debug)]
pub(super) enum Definition {
    /// CREATE SCHEMA
    CreateSchema { name: ObjectName, if_not_exists: bool, comment: Option<String> },
    /// CREATE TABLE
    CreateTable(Box<CreateTable>),
    /// CREATE VIEW
    CreateView(Box<CreateView>),
    /// DROP SCHEMA
    DropSchema { name: ObjectName, if_exists: bool, cascade: bool },
    /// DROP TABLE
    DropTable { name: ObjectName, if_exists: bool },
    /// DROP VIEW
    DropView { name: ObjectName, if_exists: bool },
    /// TRUNCATE TABLE
    Truncate { name: ObjectName },
    /// DESCRIBE QUERY
    DescribeQuery(Box<Query>),
}

/// What happens to an object of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// The statement fails.
    Fails,
    /// It stays and nothing happens.
    Stays,
    /// It is replaced.
    Replaced,
}

/// CREATE TABLE.
#[derive(Debug)]
pub(super) struct CreateTable {
    pub(super) name: ObjectName,
    pub(super) existing: Existing,
    pub(super) columns: Vec<ColumnSyntax>,
    pub(super) primary_key: Option<(Option<String>, Vec<String>)>,
    pub(super) foreign_keys: Vec<ForeignKeySyntax>,
    pub(super) comment: Option<String>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) partitions: Vec<String>,
    pub(super) format: Option<String>,
    pub(super) query: Option<Box<Query>>,
}

/// A column of CREATE TABLE.
#[derive(Debug)]
pub(super) struct ColumnSyntax {
    pub(super) name: String,
    pub(super) sql_type: String,
    pub(super) nullable: bool,
    pub(super) comment: Option<String>,
}

/// `FOREIGN KEY (columns) REFERENCES parent (parent_columns)`.
#[derive(Debug)]
pub(super) struct ForeignKeySyntax {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) parent: ObjectName,
    pub(super) parent_columns: Vec<String>,
}

/// CREATE VIEW.
#[derive(Debug)]
pub(super) struct CreateView {
    pub(super) name: ObjectName,
    pub(super) existing: Existing,
    pub(super) temporary: bool,
    pub(super) columns: Vec<(String, Option<String>)>,
    pub(super) comment: Option<String>,
    pub(super) properties: Vec<(String, String)>,
    /// Whether it says what happens when its query gives other columns.
    pub(super) follows: bool,
    pub(super) text: String,
    pub(super) query: Box<Query>,
}

/// Reads the statement when it is a definition; `None` when it is another.
pub(super) fn definition(sql: &str) -> Result<Option<Definition>, SqlError> {
    let tokens = parse::tokens(sql)?;
    let words: Vec<String> = meaningful(&tokens).take(2).map(|token| token.to_string().to_ascii_uppercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if !matches!(
        words.as_slice(),
        ["CREATE" | "DROP" | "TRUNCATE", ..] | ["DESCRIBE" | "DESC", "QUERY" | "SELECT" | "WITH" | "VALUES"]
    ) {
        return Ok(None);
    }
    let mut parser = parse::parser(tokens);
    let definition = Reader { parser: &mut parser, sql }.statement()?;
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token().token {
        Token::EOF => Ok(Some(definition)),
        token => Err(errors::syntax(format!("Syntax error at or near '{token}'."))),
    }
}

/// Collations that a column may have, though nothing reads it then.
const COLLATIONS: [&str; 6] = ["UTF8_BINARY", "UTF8_LCASE", "UNICODE", "UNICODE_CI", "UNICODE_AI", "UNICODE_CI_AI"];

struct Reader<'a, 'b> {
    parser: &'a mut Parser<'b>,
    sql: &'a str,
}

impl From<ParserError> for SqlError {
    fn from(error: ParserError) -> Self {
        parse::syntax(error)
    }
}

impl Reader<'_, '_> {
    fn statement(&mut self) -> Result<Definition, SqlError> {
        if self.word("TRUNCATE") {
            self.expect("TABLE")?;
            let name = self.object_name()?;
            if self.word("PARTITION") {
                return Err(errors::unsupported("TRUNCATE TABLE … PARTITION"));
            }
            return Ok(Definition::Truncate { name });
        }
        if self.word("DROP") {
            return self.drop();
        }
        if self.word("CREATE") {
            return self.create();
        }
        self.parser.next_token();
        self.word("QUERY");
        Ok(Definition::DescribeQuery(self.query()?))
    }

    // Texts are no names, though the parser takes them for such.
    fn object_name(&mut self) -> Result<ObjectName, SqlError> {
        match self.parser.peek_token().token {
            token @ (Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)) => {
                Err(errors::syntax(format!("Syntax error at or near {token}.")))
            }
            _ => Ok(self.parser.parse_object_name(false)?),
        }
    }

    fn query(&mut self) -> Result<Box<Query>, SqlError> {
        let query = self.parser.parse_query()?;
        limits::check(query.as_ref())?;
        Ok(query)
    }

    fn drop(&mut self) -> Result<Definition, SqlError> {
        let kind = self.parser.next_token().to_string().to_ascii_uppercase();
        if !matches!(kind.as_str(), "SCHEMA" | "DATABASE" | "TABLE" | "VIEW") {
            return Err(errors::unsupported(format!("DROP {kind}")));
        }
        let if_exists = self.parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
        let name = self.object_name()?;
        Ok(match kind.as_str() {
            "TABLE" => {
                self.word("PURGE");
                Definition::DropTable { name, if_exists }
            }
            "VIEW" => Definition::DropView { name, if_exists },
            _ => {
                let cascade = self.word("CASCADE");
                if !cascade {
                    self.word("RESTRICT");
                }
                Definition::DropSchema { name, if_exists, cascade }
            }
        })
    }

    fn create(&mut self) -> Result<Definition, SqlError> {
        let replace = self.parser.parse_keywords(&[Keyword::OR, Keyword::REPLACE]);
        let temporary = self.word("TEMPORARY") || self.word("TEMP");
        let kind = self.parser.next_token().to_string().to_ascii_uppercase();
        match kind.as_str() {
            "SCHEMA" | "DATABASE" if !replace && !temporary => self.create_schema(),
            "TABLE" if !temporary => self.create_table(replace),
            "VIEW" => self.create_view(replace, temporary),
            _ => Err(errors::unsupported(format!("CREATE {}{kind}", if temporary { "TEMPORARY " } else { "" }))),
        }
    }

    fn create_schema(&mut self) -> Result<Definition, SqlError> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let mut comment = None;
        loop {
            if self.word("COMMENT") {
                comment = Some(self.text()?);
            } else if self.word("WITH") {
                self.word("DBPROPERTIES");
                self.properties()?;
            } else if let Some(refused) = self.refused(&["LOCATION", "MANAGED", "DEFAULT"]) {
                return Err(errors::unsupported(format!("CREATE SCHEMA … {refused}")));
            } else {
                return Ok(Definition::CreateSchema { name, if_not_exists, comment });
            }
        }
    }

    fn create_table(&mut self, replace: bool) -> Result<Definition, SqlError> {
        let if_not_exists = self.if_not_exists();
        let mut table = CreateTable {
            name: self.object_name()?,
            existing: existing(replace, if_not_exists)?,
            columns: vec![],
            primary_key: None,
            foreign_keys: vec![],
            comment: None,
            properties: vec![],
            partitions: vec![],
            format: None,
            query: None,
        };
        if self.parser.consume_token(&Token::LParen) {
            loop {
                self.table_element(&mut table)?;
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
            self.parser.expect_token(&Token::RParen)?;
        }
        loop {
            if self.word("USING") {
                table.format = Some(self.parser.parse_identifier()?.value);
            } else if self.word("COMMENT") {
                table.comment = Some(self.text()?);
            } else if self.word("TBLPROPERTIES") {
                table.properties.extend(self.properties()?);
            } else if self.word("PARTITIONED") {
                self.expect("BY")?;
                self.partition_columns(&mut table)?;
            } else if self.word("CLUSTER") {
                self.expect("BY")?;
                if !(self.word("AUTO") || self.word("NONE")) {
                    self.names()?;
                }
            } else if let Some(refused) =
                self.refused(&["LOCATION", "OPTIONS", "LIKE", "CLONE", "SHALLOW", "DEEP", "CLUSTERED", "ROW", "STORED"])
            {
                return Err(errors::unsupported(format!("CREATE TABLE … {refused}")));
            } else {
                break;
            }
        }
        let parenthesized = self.parser.peek_token().token == Token::LParen;
        if self.word("AS") || parenthesized || self.starts_query() {
            table.query = Some(self.query()?);
        }
        Ok(Definition::CreateTable(Box::new(table)))
    }

    /// `(a, b)` of columns that there are, or `(a INT, b STRING)` of further ones.
    fn partition_columns(&mut self, table: &mut CreateTable) -> Result<(), SqlError> {
        self.parser.expect_token(&Token::LParen)?;
        loop {
            let name = self.parser.parse_identifier()?.value;
            match self.parser.peek_token().token {
                Token::Comma | Token::RParen => table.partitions.push(name),
                Token::LParen => return Err(errors::unsupported("PARTITIONED BY with a function")),
                _ => {
                    let sql_type = type_text(&self.parser.parse_data_type()?);
                    table.partitions.push(name.clone());
                    table.columns.push(ColumnSyntax { name, sql_type, nullable: true, comment: None });
                }
            }
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(())
    }

    fn table_element(&mut self, table: &mut CreateTable) -> Result<(), SqlError> {
        let constraint = match self.word("CONSTRAINT") {
            true => Some(self.parser.parse_identifier()?.value),
            false => None,
        };
        if self.parser.parse_keywords(&[Keyword::PRIMARY, Keyword::KEY]) {
            table.primary_key = Some((constraint, self.names()?));
            return self.key_options();
        }
        if self.parser.parse_keywords(&[Keyword::FOREIGN, Keyword::KEY]) {
            let columns = self.names()?;
            let key = self.references(constraint, columns)?;
            table.foreign_keys.push(key);
            return Ok(());
        }
        if constraint.is_some() || self.word("CHECK") {
            return Err(errors::unsupported("CHECK constraints"));
        }
        let name = self.parser.parse_identifier()?.value;
        let mut column =
            ColumnSyntax { name, sql_type: type_text(&self.parser.parse_data_type()?), nullable: true, comment: None };
        loop {
            if self.parser.parse_keywords(&[Keyword::NOT, Keyword::NULL]) {
                column.nullable = false;
            } else if self.word("NULL") {
                column.nullable = true;
            } else if self.word("COMMENT") {
                column.comment = Some(self.text()?);
            } else if self.word("CONSTRAINT") {
                let name = self.parser.parse_identifier()?.value;
                self.column_key(table, &column, Some(name))?;
            } else if self.peeks("PRIMARY") || self.peeks("REFERENCES") || self.peeks("FOREIGN") {
                self.column_key(table, &column, None)?;
            } else if self.word("COLLATE") {
                let collation = self.parser.parse_identifier()?.value.to_ascii_uppercase();
                if !COLLATIONS.contains(&collation.trim_end_matches("_RTRIM")) || column.sql_type != "STRING" {
                    return Err(errors::unsupported("COLLATE on a column"));
                }
                column.sql_type = format!("STRING COLLATE {collation}");
            } else if let Some(refused) = self.refused(&["DEFAULT", "GENERATED", "CHECK", "MASK"]) {
                return Err(errors::unsupported(format!("{refused} on a column")));
            } else {
                break;
            }
        }
        table.columns.push(column);
        Ok(())
    }

    fn column_key(
        &mut self,
        table: &mut CreateTable,
        column: &ColumnSyntax,
        name: Option<String>,
    ) -> Result<(), SqlError> {
        if self.parser.parse_keywords(&[Keyword::PRIMARY, Keyword::KEY]) {
            table.primary_key = Some((name, vec![column.name.clone()]));
            return self.key_options();
        }
        let _ = self.parser.parse_keywords(&[Keyword::FOREIGN, Keyword::KEY]);
        let key = self.references(name, vec![column.name.clone()])?;
        table.foreign_keys.push(key);
        Ok(())
    }

    fn references(&mut self, name: Option<String>, columns: Vec<String>) -> Result<ForeignKeySyntax, SqlError> {
        self.expect("REFERENCES")?;
        let parent = self.object_name()?;
        let parent_columns = match self.parser.peek_token().token {
            Token::LParen => self.names()?,
            _ => columns.clone(),
        };
        self.key_options()?;
        Ok(ForeignKeySyntax { name, columns, parent, parent_columns })
    }

    // Keys are informational; their options change nothing.
    fn key_options(&mut self) -> Result<(), SqlError> {
        while self.word("RELY")
            || self.word("NORELY")
            || self.parser.parse_keywords(&[Keyword::NOT, Keyword::ENFORCED])
            || self.word("DEFERRABLE")
        {}
        if self.peeks("ON") || self.peeks("MATCH") {
            return Err(errors::unsupported("actions of foreign keys"));
        }
        Ok(())
    }

    fn create_view(&mut self, replace: bool, temporary: bool) -> Result<Definition, SqlError> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let mut columns = Vec::new();
        if self.parser.consume_token(&Token::LParen) {
            loop {
                let column = self.parser.parse_identifier()?.value;
                let comment = match self.word("COMMENT") {
                    true => Some(self.text()?),
                    false => None,
                };
                let next = self.parser.peek_token().token;
                if temporary && !matches!(next, Token::Comma | Token::RParen) {
                    return Err(errors::unsupported("CREATE TEMPORARY VIEW … USING"));
                }
                columns.push((column, comment));
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
            self.parser.expect_token(&Token::RParen)?;
        }
        let mut comment = None;
        let (mut properties, mut follows) = (Vec::new(), false);
        loop {
            if self.word("COMMENT") {
                comment = Some(self.text()?);
            } else if self.word("TBLPROPERTIES") {
                properties.extend(self.properties()?);
            } else if !temporary && self.word("WITH") {
                self.expect("SCHEMA")?;
                follows = self.word("BINDING") || self.word("COMPENSATION") || {
                    self.word("TYPE");
                    self.word("EVOLUTION")
                };
                if !follows {
                    return Err(errors::unsupported("CREATE VIEW … WITH SCHEMA of another kind"));
                }
            } else if let Some(refused) = self.refused(&["SCHEMA", "WITH", "USING", "DEFAULT"]) {
                return Err(errors::unsupported(format!("CREATE VIEW … {refused}")));
            } else {
                break;
            }
        }
        self.expect("AS")?;
        let start = self.parser.peek_token().span.start;
        let query = self.query()?;
        let text = parse::text_from(self.sql, start).trim_end().trim_end_matches(';').trim_end().to_owned();
        let existing = existing(replace, if_not_exists)?;
        Ok(Definition::CreateView(Box::new(CreateView {
            name,
            existing,
            temporary,
            columns,
            comment,
            properties,
            follows,
            text,
            query,
        })))
    }

    /// `('key' = 'value', key.part = value, …)`
    fn properties(&mut self) -> Result<Vec<(String, String)>, SqlError> {
        self.parser.expect_token(&Token::LParen)?;
        let mut properties = Vec::new();
        loop {
            let mut key = self.property_word()?;
            while self.parser.consume_token(&Token::Period) {
                key = format!("{key}.{}", self.property_word()?);
            }
            let _ = self.parser.consume_token(&Token::Eq);
            properties.push((key, self.property_word()?));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(properties)
    }

    /// A text; a name is none, though the parser takes it for one.
    fn text(&mut self) -> Result<String, SqlError> {
        match self.parser.next_token().token {
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => Ok(text),
            other => Err(errors::syntax(format!("Syntax error at or near '{other}'."))),
        }
    }

    fn property_word(&mut self) -> Result<String, SqlError> {
        match self.parser.next_token().token {
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => Ok(text),
            Token::Word(word) => Ok(word.value),
            Token::Number(text, _) => Ok(text),
            other => Err(errors::syntax(format!("Syntax error at or near '{other}'."))),
        }
    }

    fn names(&mut self) -> Result<Vec<String>, SqlError> {
        self.parser.expect_token(&Token::LParen)?;
        let names = self.parser.parse_comma_separated(Parser::parse_identifier)?;
        self.parser.expect_token(&Token::RParen)?;
        Ok(names.into_iter().map(|n| n.value).collect())
    }

    fn if_not_exists(&mut self) -> bool {
        self.parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS])
    }

    fn starts_query(&mut self) -> bool {
        self.peeks("SELECT") || self.peeks("WITH") || self.peeks("VALUES") || self.peeks("FROM")
    }

    fn refused(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|w| self.peeks(w))
    }

    fn peeks(&self, wanted: &str) -> bool {
        match &self.parser.peek_token_ref().token {
            Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted),
            _ => false,
        }
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = self.peeks(wanted);
        if found {
            self.parser.next_token();
        }
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), SqlError> {
        if self.word(wanted) {
            return Ok(());
        }
        Err(errors::syntax(format!("Syntax error at or near '{}': {wanted} was expected.", self.parser.peek_token())))
    }
}

fn existing(replace: bool, if_not_exists: bool) -> Result<Existing, SqlError> {
    match (replace, if_not_exists) {
        (true, true) => Err(errors::syntax("Syntax error: OR REPLACE and IF NOT EXISTS exclude each other.")),
        (true, false) => Ok(Existing::Replaced),
        (false, true) => Ok(Existing::Stays),
        (false, false) => Ok(Existing::Fails),
    }
}

/// A query as a statement, for the stages that take statements.
pub(super) fn as_statement(query: Box<Query>) -> Statement {
    Statement::Query(query)
}
