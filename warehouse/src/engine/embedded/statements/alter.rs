//! ALTER TABLE, ALTER VIEW and COMMENT ON, and what changes nothing here: caches and statistics.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, new_null_array};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::sql::sqlparser::ast::{ObjectName, Query};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::super::catalog::{Table, TableFacts, TableKind, TableName};
use super::super::rewrite::fold;
use super::super::rewrite::typed_call::type_text;
use super::super::table::StoredTable;
use super::super::tokens::{is_word, meaningful};
use super::super::{answer, errors, limits, parse, types};
use super::Run;
use super::define::{self, table_name};
use super::syntax::{CreateView, Existing};
use crate::engine::{Answer, SqlError};

/// Runs the statement when it is one of these; `None` when it is another.
pub(super) async fn run(run: &Run<'_>, sql: &str) -> Result<Option<Answer>, SqlError> {
    let tokens = parse::tokens(sql)?;
    let words: Vec<String> = meaningful(&tokens).take(3).map(|token| token.to_string().to_ascii_uppercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = {
        let mut reader = Reader { parser: parse::parser(tokens), sql };
        let asked = match words.as_slice() {
            ["ALTER", "TABLE" | "VIEW", ..] => reader.alter(words[1] == "VIEW")?,
            ["COMMENT", "ON", "TABLE" | "COLUMN" | "VIEW"] => reader.comment()?,
            ["REFRESH", "TABLE", ..] | ["CACHE" | "UNCACHE", "TABLE" | "LAZY", ..] | ["CLEAR", "CACHE", ..] => {
                reader.cache()?
            }
            ["ANALYZE", "TABLE", ..] => reader.analyze()?,
            _ => return Ok(None),
        };
        reader.end()?;
        asked
    };
    asked.run(run).await?;
    Ok(Some(answer::nothing()))
}

/// What is to happen.
enum Asked {
    Rename {
        name: ObjectName,
        new: ObjectName,
        is_view: bool,
    },
    SetProperties {
        name: ObjectName,
        properties: Vec<(String, String)>,
        is_view: bool,
    },
    UnsetProperties {
        name: ObjectName,
        keys: Vec<String>,
        is_view: bool,
    },
    AddColumns {
        name: ObjectName,
        columns: Vec<Added>,
    },
    ViewAs {
        name: ObjectName,
        text: String,
        query: Box<Query>,
    },
    Comment {
        name: ObjectName,
        comment: Option<String>,
    },
    /// A query whose rows are cached under a name.
    Cache {
        name: ObjectName,
        text: String,
        query: Box<Query>,
    },
    /// Nothing, when there is such a table.
    Known {
        name: ObjectName,
        if_exists: bool,
    },
    /// Nothing, when there is such a table and it is no view.
    KnownTable {
        name: ObjectName,
    },
    Nothing,
}

/// A column's name, type and comment.
type Added = (String, String, Option<String>);

fn is_temporary(run: &Run<'_>, name: &ObjectName) -> bool {
    let [part] = name.0.as_slice() else { return false };
    part.as_ident().is_some_and(|ident| run.view.temporary_views.contains_key(&fold(&ident.value)))
}

/// A table or view that stays, and its full name.
async fn found(run: &Run<'_>, name: &ObjectName, is_view: bool) -> Result<(TableName, Table), SqlError> {
    if is_temporary(run, name) {
        return Err(errors::unsupported("ALTER of a temporary view"));
    }
    let name = table_name(run.view, name)?;
    let table = run.session.catalogs().table(&name).await?;
    match (table.facts.kind == TableKind::View, is_view) {
        (true, false) => Err(errors::expected_table(&name)),
        (false, true) => Err(errors::expected_view(&name)),
        _ => Ok((name, table)),
    }
}

impl Asked {
    async fn run(self, run: &Run<'_>) -> Result<(), SqlError> {
        let catalogs = run.session.catalogs();
        match self {
            Self::Rename { name, new, is_view } => rename(run, &name, &new, is_view).await,
            Self::SetProperties { name, properties, is_view } => {
                let (name, _) = found(run, &name, is_view).await?;
                catalogs.change_facts(&name, |facts| facts.properties.extend(properties))
            }
            Self::UnsetProperties { name, keys, is_view } => {
                let (name, _) = found(run, &name, is_view).await?;
                catalogs.change_facts(&name, |facts| facts.properties.retain(|key, _| !keys.contains(key)))
            }
            Self::AddColumns { name, columns } => add_columns(run, &name, columns).await,
            Self::ViewAs { name, text, query } => view_as(run, name, text, query).await,
            Self::Comment { name, comment } => {
                if is_temporary(run, &name) {
                    return Err(errors::unsupported("COMMENT ON a temporary view"));
                }
                let name = table_name(run.view, &name)?;
                catalogs.change_facts(&name, |facts| facts.comment = comment)
            }
            Self::Cache { name, text, query } => {
                define::create_view(run, view(name, true, Existing::Fails, text, query)).await.map(|_| ())
            }
            Self::Known { name, if_exists } => {
                if is_temporary(run, &name) {
                    return Ok(());
                }
                match catalogs.table(&table_name(run.view, &name)?).await {
                    Err(error) if if_exists && error.class == "TABLE_OR_VIEW_NOT_FOUND" => Ok(()),
                    table => table.map(|_| ()),
                }
            }
            Self::KnownTable { name } => match found(run, &name, false).await {
                Err(error) if error.class.starts_with("EXPECT_TABLE") => {
                    Err(errors::unsupported("ANALYZE TABLE of a view"))
                }
                table => table.map(|_| ()),
            },
            Self::Nothing => Ok(()),
        }
    }
}

fn view(name: ObjectName, temporary: bool, existing: Existing, text: String, query: Box<Query>) -> CreateView {
    CreateView {
        name,
        existing,
        temporary,
        columns: vec![],
        comment: None,
        properties: vec![],
        follows: false,
        text,
        query,
    }
}

async fn view_as(run: &Run<'_>, name: ObjectName, text: String, query: Box<Query>) -> Result<(), SqlError> {
    let temporary = is_temporary(run, &name);
    let mut new = view(name.clone(), temporary, Existing::Replaced, text, query);
    if !temporary {
        let (_, table) = found(run, &name, true).await?;
        new.comment.clone_from(&table.facts.comment);
        new.properties = table.facts.properties.clone().into_iter().collect();
    }
    define::create_view(run, new).await.map(|_| ())
}

async fn rename(run: &Run<'_>, name: &ObjectName, new: &ObjectName, is_view: bool) -> Result<(), SqlError> {
    let catalogs = run.session.catalogs();
    let (name, table) = found(run, name, is_view).await?;
    let new = table_name(run.view, new)?;
    if new.schema != name.schema || new.catalog != name.catalog {
        return Err(errors::unsupported("ALTER … RENAME TO another schema"));
    }
    catalogs.create_table(&new, Arc::clone(&table.provider), table.facts.as_ref().clone())?;
    catalogs.drop_table(&name)
}

async fn add_columns(run: &Run<'_>, name: &ObjectName, columns: Vec<Added>) -> Result<(), SqlError> {
    let (name, table) = found(run, name, false).await?;
    let Some(stored) = table.provider.downcast_ref::<StoredTable>() else {
        return Err(errors::unsupported(format!("changing {name}, which is not a table of this warehouse's own,")));
    };
    let mut fields: Vec<Field> = stored.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut facts: TableFacts = table.facts.as_ref().clone();
    let before = fields.len();
    for (column, sql_type, comment) in columns {
        if fields.iter().any(|field| fold(field.name()) == fold(&column)) {
            return Err(SqlError::new(
                "FIELD_ALREADY_EXISTS",
                "42710",
                format!("Cannot add column, because `{column}` already exists in the table."),
            ));
        }
        if let Some(comment) = comment {
            facts.column_comments.insert(column.clone(), comment);
        }
        fields.push(types::column(&column, &sql_type, StoredTable::ZONE)?);
    }
    // Columns by which files are parted stay the last.
    let parted = facts.partitions.len();
    if !facts.format.eq_ignore_ascii_case("delta") && parted > 0 {
        fields[before - parted..].rotate_left(parted);
    }
    let schema = Arc::new(Schema::new(fields));
    let writer = stored.writer().await;
    let widened = |batch: &RecordBatch| {
        let column = |field: &Arc<Field>| -> ArrayRef {
            match batch.column_by_name(field.name()) {
                Some(column) => Arc::clone(column),
                None => new_null_array(field.data_type(), batch.num_rows()),
            }
        };
        Ok(RecordBatch::try_new(Arc::clone(&schema), schema.fields().iter().map(column).collect())?)
    };
    let rows = stored.rows().iter().map(widened).collect::<Result<Vec<_>, SqlError>>()?;
    run.session.catalogs().replace_table(&name, Arc::new(StoredTable::new(Arc::clone(&schema), rows)), facts)?;
    drop(writer);
    Ok(())
}

struct Reader<'a> {
    parser: Parser<'static>,
    sql: &'a str,
}

impl Reader<'_> {
    fn word(&mut self, wanted: &str) -> bool {
        let found = is_word(&self.parser.peek_token_ref().token, wanted);
        if found {
            self.parser.next_token();
        }
        found
    }

    fn words(&mut self, wanted: &[&str]) -> bool {
        let found = wanted.iter().enumerate().all(|(at, word)| is_word(&self.parser.peek_nth_token(at).token, word));
        if found {
            wanted.iter().for_each(|_| drop(self.parser.next_token()));
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

    fn name(&mut self) -> Result<ObjectName, SqlError> {
        self.no_text()?;
        Ok(self.parser.parse_object_name(false)?)
    }

    /// Texts are no names, though the parser takes them for such.
    fn no_text(&self) -> Result<(), SqlError> {
        match &self.parser.peek_token_ref().token {
            token @ (Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)) => {
                Err(errors::syntax(format!("Syntax error at or near {token}.")))
            }
            _ => Ok(()),
        }
    }

    /// A query and its text, to the end.
    fn query(&mut self) -> Result<(String, Box<Query>), SqlError> {
        let start = self.parser.peek_token().span.start;
        let query = self.parser.parse_query()?;
        limits::check(query.as_ref())?;
        let text = parse::text_from(self.sql, start).trim_end().trim_end_matches(';').trim_end();
        Ok((text.to_owned(), query))
    }

    fn alter(&mut self, is_view: bool) -> Result<Asked, SqlError> {
        self.word("ALTER");
        self.parser.next_token();
        let name = self.name()?;
        if is_view && self.word("AS") {
            let (text, query) = self.query()?;
            return Ok(Asked::ViewAs { name, text, query });
        }
        if self.words(&["RENAME", "TO"]) {
            return Ok(Asked::Rename { name, new: self.name()?, is_view });
        }
        if self.words(&["SET", "TBLPROPERTIES"]) {
            return Ok(Asked::SetProperties { name, properties: self.properties()?, is_view });
        }
        if self.words(&["UNSET", "TBLPROPERTIES"]) {
            let _ = self.parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
            return Ok(Asked::UnsetProperties { name, keys: self.keys()?, is_view });
        }
        if !is_view && (self.words(&["ADD", "COLUMNS"]) || self.words(&["ADD", "COLUMN"])) {
            return Ok(Asked::AddColumns { name, columns: self.added()? });
        }
        let words: Vec<&str> = self.sql.split_whitespace().take(4).collect();
        Err(errors::unsupported(format!("the statement {} …", words.join(" "))))
    }

    fn added(&mut self) -> Result<Vec<Added>, SqlError> {
        let in_brackets = self.parser.consume_token(&Token::LParen);
        let mut columns = Vec::new();
        loop {
            self.no_text()?;
            let column = self.parser.parse_identifier()?.value;
            if self.parser.peek_token().token == Token::Period {
                return Err(errors::unsupported("ALTER TABLE … ADD COLUMN of a field"));
            }
            let sql_type = type_text(&self.parser.parse_data_type()?);
            let comment = match self.word("COMMENT") {
                true => Some(self.parser.parse_literal_string()?),
                false => None,
            };
            columns.push((column, sql_type, comment));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        let closed = !in_brackets || self.parser.consume_token(&Token::RParen);
        if !closed || !matches!(self.parser.peek_token().token, Token::EOF | Token::SemiColon) {
            return Err(errors::unsupported("ALTER TABLE … ADD COLUMN with more than a type and a comment"));
        }
        Ok(columns)
    }

    fn comment(&mut self) -> Result<Asked, SqlError> {
        self.word("COMMENT");
        self.word("ON");
        let kind = self.parser.next_token().token;
        let name = self.name()?;
        if !self.word("IS") {
            return Err(errors::syntax(format!("Syntax error at or near '{}'.", self.parser.peek_token().token)));
        }
        let comment = match self.word("NULL") {
            true => None,
            false => Some(self.parser.parse_literal_string()?),
        };
        match is_word(&kind, "COLUMN") {
            true => Err(errors::unsupported("COMMENT ON COLUMN")),
            false => Ok(Asked::Comment { name, comment }),
        }
    }

    /// CACHE, UNCACHE, REFRESH and CLEAR CACHE: the tables are in memory as it is.
    fn cache(&mut self) -> Result<Asked, SqlError> {
        if self.words(&["CLEAR", "CACHE"]) {
            return Ok(Asked::Nothing);
        }
        let caches = self.word("CACHE");
        let uncaches = self.word("UNCACHE");
        self.word("REFRESH");
        self.word("LAZY");
        self.word("TABLE");
        let if_exists = uncaches && self.parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
        let name = self.name()?;
        if caches && self.word("OPTIONS") {
            return Err(errors::unsupported("CACHE TABLE … OPTIONS"));
        }
        let next = self.parser.peek_token().token;
        if caches && (next == Token::LParen || ["AS", "SELECT", "WITH"].iter().any(|word| is_word(&next, word))) {
            self.word("AS");
            let (text, query) = self.query()?;
            return Ok(Asked::Cache { name, text, query });
        }
        Ok(Asked::Known { name, if_exists })
    }

    /// ANALYZE TABLE: what it counts is told by nothing here.
    fn analyze(&mut self) -> Result<Asked, SqlError> {
        self.word("ANALYZE");
        self.word("TABLE");
        let name = self.name()?;
        if !self.words(&["COMPUTE", "STATISTICS"]) || self.word("FOR") {
            return Err(errors::unsupported("ANALYZE TABLE with PARTITION or FOR COLUMNS"));
        }
        self.word("NOSCAN");
        Ok(Asked::KnownTable { name })
    }

    fn key(&mut self) -> Result<String, SqlError> {
        let mut key = self.key_word()?;
        while self.parser.consume_token(&Token::Period) {
            key = format!("{key}.{}", self.key_word()?);
        }
        Ok(key)
    }

    fn key_word(&mut self) -> Result<String, SqlError> {
        match self.parser.next_token().token {
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => Ok(text),
            Token::Word(word) => Ok(word.value),
            Token::Number(text, _) => Ok(text),
            other => Err(errors::syntax(format!("Syntax error at or near '{other}'."))),
        }
    }

    fn keys(&mut self) -> Result<Vec<String>, SqlError> {
        self.parser.expect_token(&Token::LParen)?;
        let mut keys = vec![self.key()?];
        while self.parser.consume_token(&Token::Comma) {
            keys.push(self.key()?);
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(keys)
    }

    fn properties(&mut self) -> Result<Vec<(String, String)>, SqlError> {
        self.parser.expect_token(&Token::LParen)?;
        let mut properties = Vec::new();
        loop {
            let key = self.key()?;
            let _ = self.parser.consume_token(&Token::Eq);
            properties.push((key, self.key_word()?));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(properties)
    }
}
