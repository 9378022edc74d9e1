use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use rstest::rstest;

use super::*;
use crate::error::{Code, Error, Result};

mod answers;

/// A server's answer with columns of text: values between `;`, and `-` for NULL.
fn answer(columns: &str, rows: &[&str]) -> RecordBatch {
    let names: Vec<&str> = columns.split(' ').collect();
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split(';').collect()).collect();
    let column = |at: usize| -> ArrayRef {
        Arc::new(cells.iter().map(|row| (row[at] != "-").then_some(row[at])).collect::<StringArray>())
    };
    RecordBatch::try_from_iter_with_nullable(names.iter().enumerate().map(|(at, name)| (*name, column(at), true)))
        .unwrap()
}

/// The rows of a shape, `-` for NULL.
fn lines(batch: &RecordBatch) -> Vec<String> {
    let mut shaped = super::answer::Answer::default();
    shaped.add(None, vec![batch.clone()]);
    let schema = batch.schema();
    let columns: Vec<_> = schema.fields().iter().map(|field| shaped.column(&[field.name()])).collect();
    let line = |row| {
        columns
            .iter()
            .map(|column| column.text(row).map_or("-".to_owned(), |text| text.into_owned()))
            .collect::<Vec<_>>()
            .join(";")
    };
    shaped.rows().into_iter().map(line).collect()
}

/// Asks a server that answers each statement as `server` says; also what it was asked.
async fn ask(
    query: &MetadataQuery,
    server: impl Fn(&str) -> Result<Vec<RecordBatch>>,
) -> (Result<RecordBatch>, Vec<Request>) {
    let asked = Mutex::new(Vec::new());
    let result = fetch(query, |request: Request| {
        let answer = server(&request.sql);
        asked.lock().unwrap().push(request);
        async move { answer }
    })
    .await;
    (result, asked.into_inner().unwrap())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn schemas(catalog: Option<&str>, pattern: Option<&str>) -> MetadataQuery {
    MetadataQuery::Schemas { catalog: catalog.map(str::to_owned), schema_pattern: pattern.map(str::to_owned) }
}

fn tables(catalog: Option<&str>, schema: Option<&str>, table: Option<&str>, types: Option<&[&str]>) -> MetadataQuery {
    let types = types.map(|types| types.iter().map(|name| (*name).to_owned()).collect());
    let [catalog_pattern, schema_pattern, table_pattern] = [catalog, schema, table].map(|text| text.map(str::to_owned));
    MetadataQuery::Tables { catalog_pattern, schema_pattern, table_pattern, table_types: types }
}

fn columns(catalog: Option<&str>, pattern: Option<&str>) -> MetadataQuery {
    let pattern = pattern.map(str::to_owned);
    MetadataQuery::Columns {
        catalog: catalog.map(str::to_owned),
        schema_pattern: pattern.clone(),
        table_pattern: pattern.clone(),
        column_pattern: pattern,
    }
}

fn functions(catalog: Option<&str>, pattern: Option<&str>) -> MetadataQuery {
    let pattern = pattern.map(str::to_owned);
    MetadataQuery::Functions {
        catalog: catalog.map(str::to_owned),
        schema_pattern: pattern.clone(),
        function_pattern: pattern,
    }
}

fn procedures(catalog: Option<&str>, pattern: Option<&str>) -> MetadataQuery {
    let pattern = pattern.map(str::to_owned);
    MetadataQuery::Procedures {
        catalog: catalog.map(str::to_owned),
        schema_pattern: pattern.clone(),
        procedure_pattern: pattern,
    }
}

fn primary_keys(catalog: &str, schema: &str, table: &str) -> MetadataQuery {
    MetadataQuery::PrimaryKeys { catalog: catalog.to_owned(), schema: schema.to_owned(), table: table.to_owned() }
}

fn foreign_keys(parents: [Option<&str>; 3], table: &str) -> MetadataQuery {
    let [parent_catalog, parent_schema, parent_table] = parents.map(|name| name.map(str::to_owned));
    MetadataQuery::ForeignKeys {
        parent_catalog,
        parent_schema,
        parent_table,
        foreign_catalog: "main".to_owned(),
        foreign_schema: "s".to_owned(),
        foreign_table: table.to_owned(),
    }
}

/// What stands in a name or pattern when somebody means harm, or has an odd taste.
const ODD: &str = r"o'k`%\_x\\y|z.;--";

#[tokio::test]
async fn fetch_asks_with_quoted_names_and_its_headers() {
    let queries = [
        MetadataQuery::Catalogs,
        schemas(None, None),
        schemas(Some("main"), Some("s%")),
        schemas(Some(ODD), Some(ODD)),
        tables(None, None, None, None),
        tables(Some("%"), Some("%"), Some("a_b"), Some(&["view"])),
        tables(Some(r"my\_catalog"), None, Some("t"), None),
        tables(Some(r"o'k`\%\_x\\y"), Some(ODD), Some(ODD), None),
        columns(None, None),
        columns(Some(ODD), Some(ODD)),
        MetadataQuery::TableTypes,
        MetadataQuery::TypeInfo,
        primary_keys(ODD, ODD, ODD),
        foreign_keys([some("main").as_deref(), None, Some(ODD)], ODD),
        functions(Some("main"), None),
        functions(Some(ODD), Some(ODD)),
        functions(None, Some("f%")),
        procedures(None, None),
        procedures(Some(ODD), Some(ODD)),
    ];
    let mut text = String::new();
    for query in &queries {
        let (result, asked) = ask(query, |sql| match sql {
            "SELECT CURRENT_CATALOG()" => Ok(vec![answer("current_catalog()", &["it`s"])]),
            _ => Ok(Vec::new()),
        })
        .await;
        result.unwrap();
        text.push_str(&format!("{query:?}\n"));
        for Request { sql, headers } in asked {
            text.push_str(&format!("    {sql}\n"));
            headers.iter().for_each(|(name, value)| text.push_str(&format!("        {name}: {value}\n")));
        }
    }
    insta::assert_snapshot!("requests", text);
}

#[rstest]
#[case::schemas(schemas(Some(""), Some("")), schemas(None, Some("%")))]
#[case::tables(tables(Some(""), Some(""), Some(""), None), tables(None, Some("%"), Some("%"), None))]
#[case::columns(columns(Some(""), Some("")), columns(None, Some("%")))]
#[case::functions(functions(Some(""), Some("")), functions(None, Some("%")))]
#[case::procedures(procedures(Some(""), Some("")), procedures(None, Some("%")))]
#[tokio::test]
async fn fetch_of_an_empty_pattern_asks_for_all(#[case] empty: MetadataQuery, #[case] all: MetadataQuery) {
    let ((_, asked), (_, expected)) = (ask(&empty, |_| Ok(Vec::new())).await, ask(&all, |_| Ok(Vec::new())).await);
    assert_eq!(asked, expected);
    assert!(!asked.is_empty());
}

#[tokio::test]
async fn fetch_of_no_table_types_asks_nothing_and_has_no_rows() {
    let (result, asked) = ask(&tables(None, None, None, Some(&[])), |_| Ok(Vec::new())).await;
    assert_eq!((result.unwrap().num_rows(), asked), (0, Vec::new()));
}

#[rstest]
#[case(schemas(Some(" "), None), "`catalog` is blank; leave it out for all")]
#[case(schemas(None, Some("\t")), "`schema_pattern` is blank; leave it out for all")]
#[case(tables(Some("a\0"), None, None, None), "`catalog` contains a NUL character")]
#[case(tables(None, None, Some(" "), None), "`table_pattern` is blank; leave it out for all")]
#[case(columns(Some(&"x".repeat(256)), None), "`catalog` is longer than 255 bytes")]
#[case(functions(Some("main"), Some(" ")), "`schema_pattern` is blank; leave it out for all")]
#[case(procedures(None, Some("\0")), "`schema_pattern` contains a NUL character")]
#[case(primary_keys("", "s", "t"), "`catalog` is empty; give the exact name")]
#[case(primary_keys("main", "s", " "), "`table` is blank; leave it out for all")]
#[case(foreign_keys([None; 3], ""), "`foreign_table` is empty; give the exact name")]
#[case(foreign_keys([None, Some(""), None], "t"), "`parent_schema` is empty; give the exact name")]
#[tokio::test]
async fn fetch_an_impossible_name_is_refused(#[case] query: MetadataQuery, #[case] details: &str) {
    let (result, asked) = ask(&query, |_| Ok(Vec::new())).await;
    let error = result.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, details));
    assert_eq!(asked, Vec::new());
}

fn failure(sql_state: Option<&str>, message: &str) -> Error {
    Error { sql_state: sql_state.map(str::to_owned), ..Error::new(Code::SqlError, message) }
}

#[rstest]
#[case(Some("42704"), "unknown object")]
#[case(None, "[SCHEMA_NOT_FOUND] The schema `x` cannot be found")]
#[case(Some("42P01"), "[TABLE_OR_VIEW_NOT_FOUND] The table `t` cannot be found")]
#[case(None, "NO_SUCH_CATALOG_EXCEPTION: Catalog 'x' was not found")]
#[tokio::test]
async fn fetch_what_does_not_exist_has_no_rows(#[case] sql_state: Option<&str>, #[case] message: &str) {
    let queries =
        [schemas(Some("x"), None), columns(Some("x"), None), primary_keys("x", "s", "t"), procedures(Some("x"), None)];
    for query in queries {
        let (result, _) = ask(&query, |_| Err(failure(sql_state, message))).await;
        let batch = result.unwrap();
        assert_eq!(batch.num_rows(), 0, "{query:?}");
        assert!(batch.num_columns() > 0, "{query:?}");
    }
}

#[rstest]
#[case(Some("42501"), "[INSUFFICIENT_PERMISSIONS] denied")]
#[case(Some("42P01"), "another class")]
#[case(Some("42601"), "[PARSE_SYNTAX_ERROR] at SHOW")]
#[tokio::test]
async fn fetch_another_failure_is_passed_on(#[case] sql_state: Option<&str>, #[case] message: &str) {
    let (result, _) = ask(&tables(None, None, None, None), |_| Err(failure(sql_state, message))).await;
    let error = result.unwrap_err();
    assert_eq!((error.sql_state.as_deref(), error.details.as_str()), (sql_state, message));
}

#[tokio::test]
async fn fetch_tables_of_matching_catalogs_asks_each_and_merges() {
    let (result, asked) = ask(&tables(Some("dev_%"), None, None, None), |sql| match sql {
        "SHOW CATALOGS" => Ok(vec![answer("catalog", &["dev_b", "DEV_a", "devs", "dev_gone", "prod"])]),
        "SHOW TABLES IN CATALOG `dev_b`" => {
            Ok(vec![answer("namespace tableName tableType", &["s;t2;TABLE", "s;v;VIEW"])])
        }
        "SHOW TABLES IN CATALOG `DEV_a`" => Ok(vec![answer("namespace tableName tableType", &["s;t1;TABLE"])]),
        "SHOW TABLES IN CATALOG `devs`" => Ok(Vec::new()),
        "SHOW TABLES IN CATALOG `dev_gone`" => Err(failure(Some("42704"), "gone")),
        other => Err(failure(None, other)),
    })
    .await;
    assert_eq!(
        lines(&result.unwrap()),
        ["DEV_a;s;t1;TABLE;;-;-;-;-;-", "dev_b;s;t2;TABLE;;-;-;-;-;-", "dev_b;s;v;VIEW;;-;-;-;-;-"]
    );
    assert_eq!(asked.len(), 5, "`prod` does not match and is not asked: {asked:?}");
}
