use std::fs::{self, File};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array};
use datafusion::parquet::arrow::ArrowWriter;
use rstest::rstest;
use tempfile::TempDir;

use super::super::tests::rows;
use super::super::{Catalogs, TableName};
use super::*;
use crate::engine::embedded::EngineConfig;
use crate::engine::embedded::sql_type::sql_type_text;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(&folder, name, text.as_bytes());
    }
    folder
}

fn write(folder: &TempDir, name: &str, content: &[u8]) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn write_parquet(folder: &TempDir, name: &str, columns: Vec<(&str, ArrayRef)>) {
    write(folder, name, b"");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(folder.path().join(name)).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn mount(folder: &TempDir) -> Result<Arc<Catalogs>, SqlError> {
    Catalogs::new(&EngineConfig { data_dir: Some(folder.path().to_owned()), scale_factor: 0.01 })
}

async fn columns(catalogs: &Catalogs, schema: &str, table: &str) -> Vec<String> {
    let table = catalogs.table(&TableName::new("main", schema, table)).await.unwrap();
    let schema = table.provider.schema();
    schema.fields().iter().map(|field| format!("{} {}", field.name(), sql_type_text(field))).collect()
}

#[tokio::test]
async fn csv_file_is_a_table_with_the_types_of_all_its_rows() {
    let late_float: String = (0..2000).map(|n| format!("{n},x,2024-01-02,true,2024-01-02 03:04:05\n")).collect();
    let text = format!("n,s,d,b,t\n{late_float}0.5,\"a,\nb\",2024-01-03,false,2024-01-03 00:00:00\n");
    let folder = folder(&[("Numbers.csv", &text)]);
    let catalogs = mount(&folder).unwrap();
    assert_eq!(
        columns(&catalogs, "default", "numbers").await,
        ["n DOUBLE", "s STRING", "d DATE", "b BOOLEAN", "t TIMESTAMP_NTZ"]
    );
    let sql = "SELECT n, s, d, b, t FROM numbers WHERE NOT b";
    assert_eq!(rows(&catalogs, sql).await, ["0.5|a,\nb|2024-01-03|false|2024-01-03T00:00:00"]);
    assert_eq!(rows(&catalogs, "SELECT count(*) FROM main.default.numbers").await, ["2001"]);
}

#[rstest]
#[case("events.json")]
#[case("events.ndjson")]
#[case("events.JSONL")]
#[tokio::test]
async fn json_lines_file_is_a_table(#[case] name: &str) {
    let text = "{\"id\": 1, \"tags\": [\"a\"]}\n{\"id\": 2, \"at\": {\"x\": 1.5}}\n";
    let folder = folder(&[(name, text)]);
    let catalogs = mount(&folder).unwrap();
    let columns = columns(&catalogs, "default", "events").await;
    assert_eq!(columns, ["id BIGINT", "tags ARRAY<STRING>", "at STRUCT<x: DOUBLE>"]);
    assert_eq!(rows(&catalogs, "SELECT id, at['x'] FROM events ORDER BY id").await, ["1|", "2|1.5"]);
}

#[tokio::test]
async fn parquet_file_in_a_folder_is_a_table_of_a_schema_in_sql_types() {
    let folder = tempfile::tempdir().unwrap();
    write_parquet(
        &folder,
        "Sales/orders.parquet",
        vec![
            ("id", Arc::new(UInt64Array::from(vec![1, u64::MAX]))),
            ("name", Arc::new(StringArray::from(vec![Some("a"), None]))),
            (
                "at",
                Arc::new(TimestampNanosecondArray::from(vec![1_700_000_000_000_001_999, 0]).with_timezone("+02:00")),
            ),
        ],
    );
    let catalogs = mount(&folder).unwrap();
    assert_eq!(columns(&catalogs, "sales", "orders").await, ["id DECIMAL(20,0)", "name STRING", "at TIMESTAMP"]);
    let sql = "SELECT id, name, arrow_typeof(at), at FROM sales.orders ORDER BY id";
    assert_eq!(
        rows(&catalogs, sql).await,
        [
            "1|a|Timestamp(µs, \"Etc/UTC\")|2023-11-14T22:13:20.000001Z",
            "18446744073709551615||Timestamp(µs, \"Etc/UTC\")|1970-01-01T00:00:00Z",
        ]
    );
}

#[rstest]
#[case::ending("parts.parquet", "default")]
#[case::part_names("parts", "default")]
#[case::inside_a_schema("s/parts", "s")]
#[tokio::test]
async fn folder_of_part_files_is_one_table(#[case] path: &str, #[case] schema: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (part, value) in [(0, 1), (1, 2)] {
        let name = format!("{path}/part-0000{part}.parquet");
        write_parquet(&folder, &name, vec![("n", Arc::new(Int32Array::from(vec![value])))]);
    }
    write(&folder, &format!("{path}/_SUCCESS"), b"");
    write(&folder, &format!("{path}/.part-00000.parquet.crc"), b"x");
    let catalogs = mount(&folder).unwrap();
    let sql = format!("SELECT count(*), sum(n) FROM main.{schema}.parts");
    assert_eq!(rows(&catalogs, &sql).await, ["2|3"]);
    let facts = catalogs.facts(&TableName::new("main", schema, "parts")).unwrap();
    assert_eq!((facts.kind, facts.format.as_str()), (TableKind::External, "parquet"));
    assert_eq!(facts.location.as_deref(), Some(folder.path().join(path).to_str().unwrap()));
}

#[tokio::test]
async fn file_names_with_characters_that_mean_something_in_urls_and_globs_are_read() {
    let names = ["a b", "c%20d", "e#f", "g?h", "i[j]*", "ünï"];
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        write(&folder, &format!("odd {name}/{name}.csv"), format!("name\n{name}\n").as_bytes());
    }
    let catalogs = mount(&folder).unwrap();
    for name in names {
        let sql = format!("SELECT name FROM main.\"odd {name}\".\"{name}\"");
        assert_eq!(rows(&catalogs, &sql).await, [name]);
    }
}

#[tokio::test]
async fn mounted_tables_are_read_only_but_can_be_dropped_and_leave_their_files() {
    let folder = folder(&[("t.csv", "n\n1\n")]);
    let catalogs = mount(&folder).unwrap();
    let name = TableName::new("main", "default", "t");
    let state = datafusion::prelude::SessionContext::new().state();
    let provider = catalogs.table(&name).await.unwrap().provider;
    let plan = provider.scan(&state, None, &[], None).await.unwrap();
    let refused = provider.insert_into(&state, plan, datafusion::logical_expr::dml::InsertOp::Append).await;
    let refused = SqlError::from(refused.unwrap_err());
    assert_eq!((refused.class.as_str(), refused.sql_state.as_str()), ("INSUFFICIENT_PERMISSIONS", "42501"));
    catalogs.drop_table(&name).unwrap();
    assert_eq!(catalogs.facts(&name).unwrap_err().sql_state, "42P01");
    assert!(folder.path().join("t.csv").exists());
}

#[tokio::test]
async fn broken_file_fails_when_read_and_names_the_table_and_file() {
    let folder = folder(&[("broken.parquet", "not parquet"), ("fine.csv", "n\n1\n")]);
    let catalogs = mount(&folder).unwrap();
    let error = catalogs.table(&TableName::new("main", "default", "broken")).await.unwrap_err();
    assert_eq!((error.class.as_str(), error.sql_state.as_str()), ("FAILED_READ_FILE.NO_HINT", "KD001"));
    assert!(error.text.contains("`main`.`default`.`broken`") && error.text.contains("broken.parquet"), "{error}");
    let sql = "SELECT table_name FROM main.information_schema.columns WHERE table_schema = 'default'";
    assert_eq!(rows(&catalogs, sql).await, ["fine"]);
}

#[rstest]
#[case::same_table(&[("t.csv", "n"), ("T.json", "{}")], "is the same table default.t")]
#[case::mixed_formats(&[("t/part-0.csv", "n"), ("t/part-1.json", "{}")], "the other files of its table are csv")]
#[case::delta(&[("t/_delta_log/0.json", "{}"), ("t/part-0.parquet", "")], "a Delta table can't be mounted")]
#[case::partitioned(&[("s/t/year=2024/part-0.csv", "n")], "partitioned tables")]
#[case::reserved_schema(&[("information_schema/t.csv", "n")], "information_schema")]
fn folder_that_cannot_be_mounted_is_refused(#[case] files: &[(&str, &str)], #[case] mentions: &str) {
    let error = mount(&folder(files)).unwrap_err();
    assert_eq!((error.class.as_str(), error.sql_state.as_str()), ("INVALID_DATA_DIRECTORY", "22023"));
    assert!(error.text.contains(mentions), "{error}");
}

#[test]
fn missing_folder_is_refused_by_name() {
    let data_dir = Some(PathBuf::from("/no/such/folder"));
    let error = Catalogs::new(&EngineConfig { data_dir, scale_factor: 0.01 }).unwrap_err();
    assert!(error.text.contains("/no/such/folder"), "{error}");
}

#[test]
fn other_files_are_left_alone() {
    let catalogs = mount(&folder(&[("README.md", "#"), ("notes/a.txt", "x"), (".hidden.csv", "n")])).unwrap();
    let tables = catalogs.schemas("main").unwrap();
    let tables: Vec<_> = tables.iter().map(|(name, schema)| (name.as_str(), schema.entries().len())).collect();
    assert_eq!(tables[0], ("default", 0));
    assert!(tables.iter().all(|(name, _)| *name != "notes"));
}

#[rstest]
#[case::a_file("t.csv", "t.csv")]
#[case::a_schema("s", "s/t.csv")]
fn link_that_leads_out_of_the_folder_is_refused(#[case] link: &str, #[case] mentions: &str) {
    let outside = folder(&[("t.csv", "a\n1\n")]);
    let folder = tempfile::tempdir().unwrap();
    let target = if link == "s" { outside.path().to_owned() } else { outside.path().join("t.csv") };
    std::os::unix::fs::symlink(target, folder.path().join(link)).unwrap();
    let error = mount(&folder).err().unwrap();
    assert_eq!(error.class, "INVALID_DATA_DIRECTORY");
    assert!(error.text.contains(mentions) && error.text.contains("leads out of the folder"), "{error}");
}
