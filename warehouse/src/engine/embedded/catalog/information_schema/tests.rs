use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use datafusion::datasource::MemTable;
use rstest::rstest;

use super::super::tests::{catalogs, rows};
use super::super::{ForeignKey, PrimaryKey, TableFacts, TableName};
use super::*;

fn with_keys() -> Arc<Catalogs> {
    let catalogs = catalogs(0.01);
    let create = |name: &TableName, fields: Vec<Field>, facts: TableFacts| {
        let table = MemTable::try_new(Arc::new(ArrowSchema::new(fields)), vec![vec![]]).unwrap();
        catalogs.create_table(name, Arc::new(table), facts).unwrap();
    };
    let parent = TableName::new("main", "default", "parent");
    let key = PrimaryKey::new(None, &parent, vec!["id".into()]);
    create(
        &parent,
        vec![Field::new("id", DataType::Int64, false)],
        TableFacts { comment: Some("the parent".into()), primary_key: Some(key), ..TableFacts::table() },
    );
    let child = TableName::new("main", "default", "child");
    let key = ForeignKey::new(None, &child, vec!["parent_id".into()], parent, vec!["id".into()]);
    create(
        &child,
        vec![
            Field::new("parent_id", DataType::Int64, true),
            Field::new("price", DataType::Decimal128(10, 2), true),
            Field::new("note", DataType::Utf8, true),
        ],
        TableFacts { foreign_keys: vec![key], ..TableFacts::table() },
    );
    catalogs
}

#[rstest]
#[case("SELECT catalog_name FROM system.information_schema.catalogs ORDER BY 1", &["main", "samples", "system"])]
#[case("SELECT catalog_name FROM main.information_schema.catalogs", &["main"])]
#[case("SELECT catalog_name FROM samples.information_schema.information_schema_catalog_name", &["samples"])]
#[case(
    "SELECT catalog_name, schema_name FROM system.information_schema.schemata ORDER BY 1, 2",
    &["main|default", "main|information_schema", "samples|information_schema", "samples|tpch",
      "system|information_schema"],
)]
#[case(
    "SELECT table_name, table_type, comment, data_source_format FROM main.information_schema.tables \
     WHERE table_schema = 'default' ORDER BY 1",
    &["child|MANAGED||DELTA", "parent|MANAGED|the parent|DELTA"],
)]
#[case("SELECT count(*) FROM system.information_schema.tables WHERE table_schema = 'tpch'", &["8"])]
#[case("SELECT count(*) FROM main.information_schema.tables WHERE table_schema = 'tpch'", &["0"])]
#[case(
    "SELECT column_name, ordinal_position, is_nullable, full_data_type, data_type, numeric_precision, \
     numeric_precision_radix, numeric_scale FROM main.information_schema.columns \
     WHERE table_name IN ('child', 'parent') ORDER BY table_name, ordinal_position",
    &["parent_id|1|YES|bigint|BIGINT|64|2|0", "price|2|YES|decimal(10,2)|DECIMAL|10|10|2", "note|3|YES|string|STRING|||",
      "id|1|NO|bigint|BIGINT|64|2|0"],
)]
#[case(
    "SELECT constraint_name, table_name, constraint_type, enforced FROM main.information_schema.table_constraints \
     ORDER BY 1",
    &["child_parent_fk|child|FOREIGN KEY|NO", "parent_pk|parent|PRIMARY KEY|NO"],
)]
#[case(
    "SELECT constraint_name, table_name, column_name, ordinal_position, position_in_unique_constraint \
     FROM main.information_schema.key_column_usage ORDER BY 1",
    &["child_parent_fk|child|parent_id|1|1", "parent_pk|parent|id|1|"],
)]
#[case(
    "SELECT constraint_name, unique_constraint_name FROM main.information_schema.referential_constraints",
    &["child_parent_fk|parent_pk"],
)]
#[case(
    "SELECT constraint_name, table_name, column_name FROM main.information_schema.constraint_column_usage ORDER BY 1",
    &["child_parent_fk|parent|id", "parent_pk|parent|id"],
)]
#[case("SELECT count(*) FROM system.information_schema.routines", &["0"])]
#[case("SELECT count(*) FROM system.information_schema.parameters", &["0"])]
#[case("SELECT count(*) FROM main.information_schema.row_filters", &["0"])]
#[case(
    "SELECT count(*) FROM main.information_schema.views WHERE table_schema = 'information_schema' \
     AND table_name = 'columns'",
    &["1"],
)]
#[tokio::test]
async fn information_schema_answers_table(#[case] sql: &str, #[case] expected: &[&str]) {
    assert_eq!(rows(&with_keys(), sql).await, expected);
}

#[test]
fn information_schema_tables_are_in_the_order_of_their_names_and_their_columns_differ() {
    assert!(RELATIONS.is_sorted_by(|a, b| a.name < b.name));
    for relation in RELATIONS {
        let schema = columns(relation);
        let mut names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), schema.fields().len(), "{}", relation.name);
    }
}

#[tokio::test]
async fn every_row_uses_columns_that_its_table_has() {
    let catalogs = with_keys();
    for relation in RELATIONS {
        let schema = columns(relation);
        for row in rows::of(relation.name, &catalogs, None).await.unwrap() {
            for (column, _) in row.0 {
                assert!(schema.index_of(column).is_ok(), "{}.{column}", relation.name);
            }
        }
    }
}
