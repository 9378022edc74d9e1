//! The catalogs of another engine, from what it tells of them: they can be shown and described, not read.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use async_trait::async_trait;
use chrono::Utc;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use serde::Deserialize;

use super::schema::{Entry, Schema};
use super::{Catalogs, ForeignKey, MAIN, PrimaryKey, SAMPLES, SYSTEM, TableFacts, TableKind, TableName};
use crate::engine::SqlError;
use crate::engine::embedded::sql_type::SQL_TYPE_KEY;
use crate::engine::embedded::{errors, types};

/// The zone that a column's timestamps are declared in; none of them is ever read.
const ZONE: &str = "Etc/UTC";

/// What Spark keeps among a table's properties and SHOW TBLPROPERTIES does not tell.
const RESERVED: [&str; 8] =
    ["collation", "comment", "external", "is_managed_location", "location", "owner", "provider", "table_type"];

/// A schema's fact when it has no name, else a table's or view's.
#[derive(Debug, Deserialize)]
struct Fact {
    catalog: String,
    schema: String,
    comment: Option<String>,
    name: Option<String>,
    #[serde(default)]
    columns: Vec<ColumnFact>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    view: Option<String>,
    #[serde(default)]
    mounted: bool,
    location: Option<String>,
    primary_key: Option<KeyFact>,
    #[serde(default)]
    foreign_keys: Vec<ForeignKeyFact>,
}

#[derive(Debug, Deserialize)]
struct ColumnFact {
    name: String,
    #[serde(rename = "type")]
    sql_type: String,
    nullable: bool,
    comment: Option<String>,
}

#[derive(Debug, Deserialize)]
struct KeyFact {
    name: String,
    columns: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct ForeignKeyFact {
    name: String,
    columns: Vec<String>,
    parent: Vec<String>,
    parent_columns: Vec<String>,
}

/// A schema's facts together.
#[derive(Debug, Default)]
struct SchemaFacts {
    comment: Option<String>,
    tables: Vec<(String, Entry)>,
}

/// What another engine tells of its catalogs.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    facts: Vec<Fact>,
}

impl Facts {
    /// Reads one JSON text for each schema, table and view.
    pub(crate) fn read(texts: &[String]) -> Result<Self, SqlError> {
        let facts = texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>();
        Ok(Self { facts: facts.map_err(|error| errors::internal(&format!("a fact does not parse: {error}")))? })
    }

    /// The catalogs that these are the facts of.
    pub(crate) fn catalogs(self) -> Arc<Catalogs> {
        let mut schemas: BTreeMap<(String, String), SchemaFacts> = BTreeMap::new();
        for fact in self.facts {
            // What the other engine tells its facts through is not one of its schemas.
            if fact.catalog == SYSTEM {
                continue;
            }
            let schema = schemas.entry((fact.catalog.clone(), fact.schema.clone())).or_default();
            match fact.name.clone() {
                None => schema.comment.clone_from(&fact.comment),
                Some(name) => schema.tables.push((name, entry(fact))),
            }
        }
        let named = |catalog: &str| {
            let found = schemas.iter().filter(|((of, _), _)| of == catalog);
            let schema = |((_, name), facts): (&(String, String), &SchemaFacts)| {
                let schema = Schema::new(catalog, name, facts.comment.clone(), catalog != MAIN);
                (name.clone(), schema.with_tables(facts.tables.clone()))
            };
            found.map(schema).collect::<Vec<_>>()
        };
        Catalogs::of(named(MAIN), named(SAMPLES))
    }
}

fn entry(fact: Fact) -> Entry {
    let (is_view, place) = (fact.view.is_some(), (fact.catalog.clone(), fact.schema.clone()));
    let name = TableName::new(&fact.catalog, &fact.schema, fact.name.as_deref().unwrap_or_default());
    let field = |column: &ColumnFact| {
        let plain = |data_type| Field::new(&column.name, data_type, column.nullable);
        match types::parse(&column.sql_type, ZONE) {
            Ok(data_type) => plain(data_type),
            Err(_) => plain(DataType::Utf8)
                .with_metadata([(SQL_TYPE_KEY.to_owned(), column.sql_type.clone())].into_iter().collect()),
        }
    };
    let schema = Arc::new(ArrowSchema::new(fact.columns.iter().map(field).collect::<Vec<_>>()));
    let comments = fact.columns.into_iter().filter_map(|column| Some((column.name, column.comment?)));
    let parent = |parts: &[String]| match parts {
        [table] => TableName::new(&place.0, &place.1, table),
        [schema, table] => TableName::new(&place.0, schema, table),
        [catalog, schema, table, ..] => TableName::new(catalog, schema, table),
        [] => TableName::new(&place.0, &place.1, ""),
    };
    let foreign_keys = fact.foreign_keys.into_iter().map(|key| ForeignKey {
        parent: parent(&key.parent),
        name: key.name,
        columns: key.columns,
        parent_columns: key.parent_columns,
    });
    let kind = match (is_view, fact.mounted && place.0 == MAIN) {
        (true, _) => TableKind::View,
        (false, true) => TableKind::External,
        (false, false) => TableKind::Managed,
    };
    let is_shown = |key: &str| !RESERVED.contains(&key) && !key.starts_with("option.");
    let facts = TableFacts {
        kind,
        comment: fact.properties.get("comment").cloned(),
        column_comments: comments.collect(),
        primary_key: fact.primary_key.map(|key| PrimaryKey { name: key.name, columns: key.columns }),
        foreign_keys: foreign_keys.collect(),
        format: if is_view { String::new() } else { fact.properties.get("provider").cloned().unwrap_or_default() },
        partitions: Vec::new(),
        properties: fact.properties.into_iter().filter(|(key, _)| is_shown(key)).collect(),
        view_text: fact.view,
        location: if kind == TableKind::External { fact.location } else { None },
        created: Utc::now(),
    };
    Entry::open(Arc::new(Elsewhere { name, schema }), facts)
}

/// A table whose rows another engine has.
#[derive(Debug)]
struct Elsewhere {
    name: TableName,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for Elsewhere {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        Err(errors::carried(SqlError::new(
            "UNSUPPORTED_FEATURE.INFORMATION_SCHEMA",
            "0A000",
            format!("The feature is not supported: a query of both information_schema and {}.", self.name),
        )))
    }
}
