//! `DESCRIBE TABLE EXTENDED t AS JSON`

use arrow_schema::{DataType, Field, IntervalUnit};
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::details;
use super::rows::{Heading, answer};
use super::scope::Found;
use crate::engine::embedded::catalog::{Catalogs, Table, TableName};
use crate::engine::embedded::sql_type::simple_type_text;
use crate::engine::{Answer, SqlError};

/// One cell: the table as a JSON object.
pub(super) async fn run(found: &Found, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let object = match found {
        Found::Table(name) => described(name, &catalogs.table(name).await?, catalogs.owner()),
        Found::Temporary { name, columns } => {
            let columns: Vec<_> = columns.fields().iter().map(|field| column(field, None)).collect();
            json!({"table_name": name, "columns": columns, "type": "VIEW"})
        }
    };
    answer(&[Heading::text("json_metadata")], &[vec![object.to_string().into()]])
}

fn described(name: &TableName, table: &Table, owner: &str) -> Value {
    let facts = &table.facts;
    let schema = table.provider.schema();
    let columns: Vec<_> =
        schema.fields().iter().map(|field| column(field, facts.column_comments.get(field.name()))).collect();
    let mut object = Map::from_iter([
        ("table_name".to_owned(), json!(name.table)),
        ("catalog_name".to_owned(), json!(name.catalog)),
        ("namespace".to_owned(), json!([name.schema])),
        ("schema_name".to_owned(), json!(name.schema)),
        ("columns".to_owned(), json!(columns)),
        ("owner".to_owned(), json!(owner)),
        ("created_by".to_owned(), json!(owner)),
        ("created_time".to_owned(), json!(facts.created.to_rfc3339_opts(SecondsFormat::Secs, true))),
        ("type".to_owned(), json!(facts.kind.word())),
    ]);
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    if let Some(comment) = &facts.comment {
        put("comment", json!(comment));
    }
    if let Some(text) = &facts.view_text {
        put("view_text", json!(text));
    }
    if !facts.format.is_empty() {
        put("provider", json!(facts.format));
    }
    if let Some(location) = &facts.location {
        put("location", json!(location));
    }
    if !facts.properties.is_empty() {
        put("table_properties", json!(facts.shown_properties()));
    }
    let constraints = details::constraints(facts);
    if !constraints.is_empty() {
        let texts: Vec<_> = constraints.into_iter().map(|(name, text)| format!("({name}, {text})")).collect();
        put("table_constraints", json!(format!("[{}]", texts.join(", "))));
    }
    Value::Object(object)
}

fn column(field: &Field, comment: Option<&String>) -> Value {
    let mut object = Map::from_iter([
        ("name".to_owned(), json!(field.name())),
        ("type".to_owned(), data_type(field)),
        ("nullable".to_owned(), json!(field.is_nullable())),
    ]);
    if let Some(comment) = comment {
        object.insert("comment".to_owned(), json!(comment));
    }
    Value::Object(object)
}

fn data_type(field: &Field) -> Value {
    match field.data_type() {
        DataType::Decimal128(precision, scale) => json!({"name": "decimal", "precision": precision, "scale": scale}),
        DataType::List(item) => {
            json!({"name": "array", "element_type": data_type(item), "element_nullable": item.is_nullable()})
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => json!({
                "name": "map",
                "key_type": data_type(&pair[0]),
                "value_type": data_type(&pair[1]),
                "value_nullable": pair[1].is_nullable(),
            }),
            _ => json!({"name": "map"}),
        },
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields.iter().map(|field| column(field, None)).collect();
            json!({"name": "struct", "fields": fields})
        }
        DataType::Timestamp(_, Some(_)) => json!({"name": "timestamp_ltz"}),
        DataType::Interval(IntervalUnit::YearMonth) => {
            json!({"name": "interval", "start_unit": "year", "end_unit": "month"})
        }
        DataType::Duration(_) => json!({"name": "interval", "start_unit": "day", "end_unit": "second"}),
        _ => json!({"name": simple_type_text(field)}),
    }
}
