//! `DESCRIBE [TABLE] [EXTENDED] t [column]`

use std::sync::Arc;

use arrow_schema::SchemaRef;

use super::details;
use super::rows::{Cell, Heading, answer};
use super::scope::Found;
use crate::engine::embedded::catalog::name::quoted;
use crate::engine::embedded::catalog::{Catalogs, TableFacts, TableName};
use crate::engine::embedded::sql_type::simple_type_text;
use crate::engine::{Answer, SqlError};

const HEADINGS: [Heading; 3] =
    [Heading::text("col_name"), Heading::text("data_type"), Heading::text("comment").nullable()];

/// The columns of a table, and with `extended` what else is known of it.
pub(super) async fn run(found: &Found, extended: bool, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let opened = Opened::new(found, catalogs).await?;
    let mut rows: Vec<Vec<Cell>> = opened
        .columns
        .fields()
        .iter()
        .map(|field| vec![field.name().into(), simple_type_text(field).into(), opened.comment(field.name()).into()])
        .collect();
    let parted = opened.facts.iter().flat_map(|(_, facts)| &facts.partitions);
    let parted: Vec<_> = parted.filter_map(|name| opened.columns.field_with_name(name).ok()).collect();
    if !parted.is_empty() {
        rows.push(line("# Partition Information", ""));
        rows.push(vec!["# col_name".into(), "data_type".into(), "comment".into()]);
        rows.extend(parted.into_iter().map(|field| {
            vec![field.name().into(), simple_type_text(field).into(), opened.comment(field.name()).into()]
        }));
    }
    if extended && let Some((name, facts)) = &opened.facts {
        let constraints = details::constraints(facts);
        rows.extend(section("# Detailed Table Information"));
        rows.extend(details::facts(name, facts, catalogs.owner()).into_iter().map(|(key, value)| line(key, &value)));
        if !constraints.is_empty() {
            rows.extend(section("# Constraints"));
            rows.extend(constraints.into_iter().map(|(name, text)| line(&name, &text)));
        }
    }
    answer(&HEADINGS, &rows)
}

/// One column of a table.
pub(super) async fn column(
    found: &Found,
    wanted: &str,
    extended: bool,
    catalogs: &Catalogs,
) -> Result<Answer, SqlError> {
    let opened = Opened::new(found, catalogs).await?;
    let field = opened.columns.fields().iter().find(|field| field.name().to_lowercase() == wanted.to_lowercase());
    let field = field.ok_or_else(|| {
        let known: Vec<_> = opened.columns.fields().iter().map(|field| quoted(field.name())).collect();
        SqlError::new(
            "UNRESOLVED_COLUMN.WITH_SUGGESTION",
            "42703",
            format!(
                "A column, variable, or function parameter with name {} cannot be resolved. \
                 Did you mean one of the following? [{}].",
                quoted(wanted),
                known.join(", ")
            ),
        )
    })?;
    let comment = opened.comment(field.name()).unwrap_or("NULL");
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["col_name".into(), field.name().into()],
        vec!["data_type".into(), simple_type_text(field).into()],
        vec!["comment".into(), comment.into()],
    ];
    if extended {
        // Nothing counts them here.
        const COUNTED: [&str; 7] =
            ["min", "max", "num_nulls", "distinct_count", "avg_col_len", "max_col_len", "histogram"];
        rows.extend(COUNTED.map(|name| vec![name.into(), "NULL".into()]));
    }
    answer(&[Heading::text("info_name"), Heading::text("info_value")], &rows)
}

/// A table's columns and facts; a temporary view has no facts.
struct Opened {
    columns: SchemaRef,
    facts: Option<(TableName, Arc<TableFacts>)>,
}

impl Opened {
    async fn new(found: &Found, catalogs: &Catalogs) -> Result<Self, SqlError> {
        match found {
            Found::Temporary { columns, .. } => Ok(Self { columns: Arc::clone(columns), facts: None }),
            Found::Table(name) => {
                let table = catalogs.table(name).await?;
                Ok(Self { columns: table.provider.schema(), facts: Some((name.clone(), table.facts)) })
            }
        }
    }

    fn comment(&self, column: &str) -> Option<&str> {
        let (_, facts) = self.facts.as_ref()?;
        facts.column_comments.get(column).map(String::as_str)
    }
}

fn section(title: &str) -> [Vec<Cell>; 2] {
    [line("", ""), line(title, "")]
}

fn line(name: &str, value: &str) -> Vec<Cell> {
    vec![name.into(), value.into(), "".into()]
}
