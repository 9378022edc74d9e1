use arrow_array::Int64Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use rstest::rstest;

use super::*;
use crate::engine::embedded::sql_type::sql_type_text;

pub(super) fn catalogs(scale_factor: f64) -> Arc<Catalogs> {
    Catalogs::new(&EngineConfig { data_dir: None, scale_factor }).unwrap()
}

fn context(catalogs: &Arc<Catalogs>) -> SessionContext {
    let config = SessionConfig::new()
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(MAIN, DEFAULT_SCHEMA);
    let context = SessionContext::new_with_config(config);
    context.register_catalog_list(Arc::clone(catalogs) as Arc<dyn CatalogProviderList>);
    context
}

/// The answer as lines of text, cells joined by a bar.
pub(super) async fn rows(catalogs: &Arc<Catalogs>, sql: &str) -> Vec<String> {
    let batches = context(catalogs).sql(sql).await.unwrap().collect().await.unwrap();
    let mut lines = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|c| arrow_cast::display::array_value_to_string(c, row).unwrap());
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    lines
}

fn numbers() -> Arc<dyn TableProvider> {
    let schema = Arc::new(ArrowSchema::new(vec![Field::new("n", DataType::Int64, false)]));
    let batch =
        arrow_array::RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
    Arc::new(MemTable::try_new(schema, vec![vec![batch]]).unwrap())
}

#[rstest]
#[case("region", 5)]
#[case("nation", 25)]
#[case("customer", 1_500)]
#[case("supplier", 100)]
#[case("part", 2_000)]
#[case("partsupp", 8_000)]
#[case("orders", 15_000)]
#[case("lineitem", 60_175)]
#[tokio::test]
async fn tpch_at_scale_factor_one_hundredth_has_the_rows_of_the_benchmark(#[case] table: &str, #[case] count: usize) {
    let sql = format!("SELECT count(*) FROM Samples.TPCH.{table}");
    assert_eq!(rows(&catalogs(0.01), &sql).await, [count.to_string()]);
}

#[rstest]
#[case::kept(0.01)]
#[case::streamed(0.11)]
#[tokio::test]
async fn tpch_first_line_item_has_the_values_of_the_benchmark(#[case] scale_factor: f64) {
    let sql = "SELECT l_linenumber, l_quantity, l_discount, l_returnflag, l_shipdate, l_shipmode \
               FROM samples.tpch.lineitem WHERE l_orderkey = 1 AND l_linenumber = 1";
    assert_eq!(rows(&catalogs(scale_factor), sql).await, ["1|17.00|0.04|N|1996-03-13|TRUCK"]);
}

#[tokio::test]
async fn tpch_beyond_the_cache_counts_and_limits_like_within_it() {
    let catalogs = catalogs(0.11);
    assert_eq!(rows(&catalogs, "SELECT count(*) FROM samples.tpch.supplier").await, ["1100"]);
    assert_eq!(rows(&catalogs, "SELECT s_suppkey FROM samples.tpch.supplier LIMIT 3").await.len(), 3);
}

#[tokio::test]
async fn tpch_columns_have_the_published_types() {
    let name = TableName::new("samples", "tpch", "LineItem");
    let table = catalogs(0.01).table(&name).await.unwrap();
    let schema = table.provider.schema();
    let columns: Vec<_> = schema.fields().iter().map(|f| (f.name().as_str(), sql_type_text(f))).collect();
    let expected = [
        ("l_orderkey", "BIGINT"),
        ("l_partkey", "BIGINT"),
        ("l_suppkey", "BIGINT"),
        ("l_linenumber", "INT"),
        ("l_quantity", "DECIMAL(18,2)"),
        ("l_extendedprice", "DECIMAL(18,2)"),
        ("l_discount", "DECIMAL(18,2)"),
        ("l_tax", "DECIMAL(18,2)"),
        ("l_returnflag", "STRING"),
        ("l_linestatus", "STRING"),
        ("l_shipdate", "DATE"),
        ("l_commitdate", "DATE"),
        ("l_receiptdate", "DATE"),
        ("l_shipinstruct", "STRING"),
        ("l_shipmode", "STRING"),
        ("l_comment", "STRING"),
    ];
    assert_eq!(columns, expected.map(|(name, text)| (name, text.to_owned())));
    assert!(schema.fields().iter().all(|f| f.is_nullable()));
}

#[tokio::test]
async fn tpch_strings_are_plain_utf8() {
    let batches = context(&catalogs(0.01)).sql("SELECT r_name FROM samples.tpch.region ORDER BY r_regionkey").await;
    let batches = batches.unwrap().collect().await.unwrap();
    assert_eq!(batches[0].column(0).as_string::<i32>().value(0), "AFRICA");
}

#[rstest]
#[case(0.0)]
#[case(-1.0)]
#[case(f64::NAN)]
fn catalogs_with_an_impossible_scale_factor_are_refused(#[case] scale_factor: f64) {
    let error = Catalogs::new(&EngineConfig { data_dir: None, scale_factor }).unwrap_err();
    assert_eq!((error.class.as_str(), error.sql_state.as_str()), ("INVALID_PARAMETER_VALUE", "22023"));
}

#[tokio::test]
async fn tables_are_created_replaced_changed_and_dropped_under_any_letter_case() {
    let catalogs = catalogs(0.01);
    let name = TableName::new("MAIN", "Default", "Numbers");
    catalogs.create_table(&name, numbers(), TableFacts::table()).unwrap();
    assert_eq!(rows(&catalogs, "SELECT sum(n) FROM NUMBERS").await, ["3"]);
    let again = catalogs.create_table(&name, numbers(), TableFacts::table()).unwrap_err();
    assert_eq!((again.class.as_str(), again.sql_state.as_str()), ("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"));

    catalogs.change_facts(&name, |facts| facts.comment = Some("two of them".into())).unwrap();
    assert_eq!(catalogs.facts(&name).unwrap().comment.as_deref(), Some("two of them"));
    catalogs.replace_table(&name, numbers(), TableFacts::table()).unwrap();
    assert_eq!(catalogs.facts(&name).unwrap().comment, None);

    catalogs.drop_table(&name).unwrap();
    let missing = catalogs.drop_table(&name).unwrap_err();
    assert_eq!((missing.class.as_str(), missing.sql_state.as_str()), ("TABLE_OR_VIEW_NOT_FOUND", "42P01"));
    assert!(missing.text.contains("`main`.`default`.`numbers`"), "{missing}");
}

#[tokio::test]
async fn schemas_are_created_and_dropped_with_their_tables_only_on_demand() {
    let catalogs = catalogs(0.01);
    catalogs.create_schema("main", "Sales", Some("what we sell".into())).unwrap();
    let again = catalogs.create_schema("main", "sales", None).unwrap_err();
    assert_eq!((again.class.as_str(), again.sql_state.as_str()), ("SCHEMA_ALREADY_EXISTS", "42P06"));
    catalogs.create_table(&TableName::new("main", "sales", "n"), numbers(), TableFacts::table()).unwrap();
    let full = catalogs.drop_schema("main", "sales", false).unwrap_err();
    assert_eq!((full.class.as_str(), full.sql_state.as_str()), ("SCHEMA_NOT_EMPTY", "2BP01"));
    catalogs.drop_schema("main", "SALES", true).unwrap();
    let missing = catalogs.require_schema("main", "sales").unwrap_err();
    assert_eq!((missing.class.as_str(), missing.sql_state.as_str()), ("SCHEMA_NOT_FOUND", "42704"));
}

#[test]
fn names_that_are_missing_are_named_by_what_is_missing() {
    let catalogs = catalogs(0.01);
    let class = |catalog: &str, schema: &str, table: &str| {
        catalogs.facts(&TableName::new(catalog, schema, table)).unwrap_err().class
    };
    assert_eq!(class("nope", "default", "t"), "NO_SUCH_CATALOG_EXCEPTION");
    assert_eq!(class("main", "nope", "t"), "SCHEMA_NOT_FOUND");
    assert_eq!(class("main", "default", "nope"), "TABLE_OR_VIEW_NOT_FOUND");
}

#[test]
fn read_only_catalogs_refuse_every_change() {
    let catalogs = catalogs(0.01);
    let nation = TableName::new("samples", "tpch", "nation");
    let results = [
        catalogs.create_schema("samples", "mine", None),
        catalogs.drop_schema("samples", "tpch", true),
        catalogs.create_table(&TableName::new("samples", "tpch", "mine"), numbers(), TableFacts::table()),
        catalogs.replace_table(&nation, numbers(), TableFacts::table()),
        catalogs.drop_table(&nation),
        catalogs.change_facts(&nation, |facts| facts.comment = None),
        catalogs.require_writable("samples", "tpch"),
        catalogs.create_schema("system", "mine", None),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert_eq!((error.class.as_str(), error.sql_state.as_str()), ("INSUFFICIENT_PERMISSIONS", "42501"));
        assert!(error.text.contains("is read-only"), "{error}");
    }
}
