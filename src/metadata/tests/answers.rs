//! From the server's answers to the shapes.

use super::*;

#[tokio::test]
async fn fetch_shapes_are_the_same_with_and_without_rows() {
    let queries = [
        MetadataQuery::Catalogs,
        schemas(None, None),
        tables(None, None, None, None),
        columns(None, None),
        MetadataQuery::TableTypes,
        MetadataQuery::TypeInfo,
        primary_keys("main", "s", "t"),
        foreign_keys([None; 3], "t"),
        functions(Some("main"), None),
        procedures(None, None),
    ];
    let mut text = String::new();
    for query in &queries {
        let (batch, _) = ask(query, |_| Ok(Vec::new())).await;
        let schema = batch.unwrap().schema();
        assert!(schema.metadata().is_empty());
        text.push_str(&format!("{query:?}\n"));
        for field in schema.fields() {
            assert!(field.metadata().is_empty());
            let null = if field.is_nullable() { "" } else { " NOT NULL" };
            text.push_str(&format!("    {} {}{null}\n", field.name(), field.data_type()));
        }
    }
    insta::assert_snapshot!("shapes", text);
}

#[tokio::test]
async fn fetch_catalogs_are_sorted() {
    let (batch, _) = ask(&MetadataQuery::Catalogs, |_| {
        Ok(vec![answer("catalog", &["zeta", "main"]), answer("CATALOG", &["alpha"])])
    })
    .await;
    assert_eq!(lines(&batch.unwrap()), ["alpha", "main", "zeta"]);
}

#[rstest]
#[case::one_catalog(schemas(Some("main"), None), "databaseName", &["b", "a"], &["a;main", "b;main"])]
#[case::all_catalogs(schemas(None, None), "databaseName catalog", &["b;main", "z;alpha", "a;main"], &["z;alpha", "a;main", "b;main"])]
#[case::matched_again(schemas(Some("main"), Some("a\\_b%")), "namespace", &["a_b", "A_B|", "axb", "a_c"], &["A_B|;main", "a_b;main"])]
#[tokio::test]
async fn fetch_schemas_table(
    #[case] query: MetadataQuery,
    #[case] names: &str,
    #[case] rows: &[&str],
    #[case] expected: &[&str],
) {
    let (batch, _) = ask(&query, |_| Ok(vec![answer(names, rows)])).await;
    assert_eq!(lines(&batch.unwrap()), expected);
}

const TABLES: &str = "namespace tableName isTemporary information catalogName tableType remarks";

#[rstest]
#[case::all(tables(Some("main"), None, None, None), &["main;r;t1;TABLE;", "main;s;t2;TABLE;", "main;s;v_1;VIEW;r", "main;s;vx1;VIEW;"])]
#[case::types_in_any_case(tables(Some("main"), None, None, Some(&["view", "NOPE"])), &["main;s;v_1;VIEW;r", "main;s;vx1;VIEW;"])]
#[case::untyped_is_table(tables(Some("main"), None, None, Some(&["Table"])), &["main;r;t1;TABLE;", "main;s;t2;TABLE;"])]
#[case::matched_again(tables(Some("main"), Some("S"), Some("V\\_%"), None), &["main;s;v_1;VIEW;r"])]
#[tokio::test]
async fn fetch_tables_table(#[case] query: MetadataQuery, #[case] expected: &[&str]) {
    let rows =
        ["s;vx1;false;-;main;VIEW;-", "s;v_1;false;-;main;VIEW;r", "s;t2;false;-;main;-;-", "r;t1;false;-;main;;"];
    let (batch, _) = ask(&query, |_| Ok(vec![answer(TABLES, &rows)])).await;
    let expected: Vec<String> = expected.iter().map(|line| format!("{line};-;-;-;-;-")).collect();
    assert_eq!(lines(&batch.unwrap()), expected);
}

/// One column a case; `sizes` are COLUMN_SIZE, DECIMAL_DIGITS and NUM_PREC_RADIX as derived from the type.
#[rstest]
#[case("TINYINT", -6, "3;0;10")]
#[case("SMALLINT", 5, "5;0;10")]
#[case("int", 4, "10;0;10")]
#[case("BIGINT", -5, "19;0;10")]
#[case("FLOAT", 6, "7;-;10")]
#[case("DOUBLE", 8, "15;-;10")]
#[case("DECIMAL(20,5)", 3, "20;5;10")]
#[case("decimal( 7 )", 3, "7;0;10")]
#[case("DECIMAL", 3, "10;0;10")]
#[case("BOOLEAN", 16, "1;-;-")]
#[case("STRING", 12, "-;-;-")]
#[case("STRING COLLATE UTF8_LCASE", 12, "-;-;-")]
#[case("VARCHAR(20)", 12, "20;-;-")]
#[case("CHAR(3)", 1, "3;-;-")]
#[case("BINARY", -2, "-;-;-")]
#[case("DATE", 91, "10;-;-")]
#[case("TIMESTAMP", 93, "29;-;-")]
#[case("TIMESTAMP_NTZ", 93, "29;-;-")]
#[case("ARRAY<DECIMAL(5,1)>", 2003, "-;-;-")]
#[case("MAP<STRING,INT>", 2000, "-;-;-")]
#[case("STRUCT<a:INT>", 2002, "-;-;-")]
#[case("INTERVAL DAY TO SECOND", 1111, "-;-;-")]
#[case("VARIANT", 1111, "-;-;-")]
#[case("GEOMETRY(4326)", 1111, "-;-;-")]
#[case("VOID", 12, "-;-;-")]
#[tokio::test]
async fn fetch_columns_types_table(#[case] type_text: &str, #[case] code: i32, #[case] sizes: &str) {
    let row = format!("t;c;{type_text}");
    let (batch, _) =
        ask(&columns(Some("main"), None), |_| Ok(vec![answer("tableName col_name columnType", &[&row])])).await;
    let [size, digits, radix] = sizes.split(';').collect::<Vec<_>>()[..] else { panic!("{sizes}") };
    let expected = format!("main;-;t;c;{code};{type_text};{size};-;{digits};{radix};2;;-;-;-;-;-;;-;-;-;-;NO");
    assert_eq!(lines(&batch.unwrap()), [expected]);
}

#[tokio::test]
async fn fetch_columns_take_the_servers_word_and_go_by_position() {
    let server = answer(
        "col_name catalogName namespace tableName columnType columnSize decimalDigits radix isNullable remarks ordinalPosition isAutoIncrement isGenerated",
        &[
            "k;main;s;t;BIGINT;20;1;2;false;key;10;YES;NO",
            "a;main;s;t;INT;-;-;-;true;-;2;NO;NO",
            "b;main;r;t;INT;-;-;-;TRUE;;3;-;NO",
            "not_t;main;r;u;INT;-;-;-;true;-;1;NO;NO",
        ],
    );
    let query = MetadataQuery::Columns {
        catalog: some("main"),
        schema_pattern: None,
        table_pattern: some("T"),
        column_pattern: None,
    };
    let (batch, _) = ask(&query, |_| Ok(vec![server.clone()])).await;
    assert_eq!(
        lines(&batch.unwrap()),
        [
            "main;r;t;b;4;INT;10;-;0;10;1;;-;-;-;-;3;YES;-;-;-;-;NO",
            "main;s;t;a;4;INT;10;-;0;10;1;;-;-;-;-;2;YES;-;-;-;-;NO",
            "main;s;t;k;-5;BIGINT;20;-;1;2;0;key;-;-;-;-;10;NO;-;-;-;-;YES",
        ]
    );
}

#[tokio::test]
async fn fetch_primary_keys_go_by_column_name() {
    let server = answer(
        "catalogName namespace tableName col_name keySeq constraintName",
        &["main;s;t;b;1;pk", "main;s;t;a;2;pk"],
    );
    let (batch, _) = ask(&primary_keys("main", "s", "t"), |_| Ok(vec![server.clone()])).await;
    assert_eq!(lines(&batch.unwrap()), ["main;s;t;a;2;pk", "main;s;t;b;1;pk"]);
}

#[rstest]
#[case::all([None; 3], &["q;x", "p;a", "p;b"])]
#[case::parent_table([None, None, Some("P")], &["p;a", "p;b"])]
#[case::parent_in_full([Some("main"), Some("s"), Some("q")], &[])]
#[case::parent_schema([None, Some("R"), None], &["q;x"])]
#[tokio::test]
async fn fetch_foreign_keys_table(#[case] parents: [Option<&str>; 3], #[case] expected: &[&str]) {
    let server = answer(
        "parentCatalogName parentNamespace parentTableName parentColName catalogName namespace tableName col_name constraintName keySeq updateRule deleteRule deferrability",
        &[
            "main;s;p;b;main;s;t;tb;fk;2;3;3;7",
            "main;s;p;a;main;s;t;ta;fk;1;3;3;7",
            "main;r;q;x;main;s;t;tx;fk2;1;-;-;-",
        ],
    );
    let (batch, _) = ask(&foreign_keys(parents, "t"), |_| Ok(vec![server.clone()])).await;
    let full = |short: &&str| match *short {
        "p;a" => "main;s;p;a;main;s;t;ta;1;3;3;fk;-;7",
        "p;b" => "main;s;p;b;main;s;t;tb;2;3;3;fk;-;7",
        _ => "main;r;q;x;main;s;t;tx;1;-;-;fk2;-;-",
    };
    assert_eq!(lines(&batch.unwrap()), expected.iter().map(full).collect::<Vec<_>>());
}

#[tokio::test]
async fn fetch_functions_are_matched_again_and_sorted() {
    let server = answer(
        "functionName namespace catalogName remarks functionType specificName",
        &["f_2;s;main;r;1;spec", "f_1;s;main;-;2;-", "fx1;s;main;-;-;-"],
    );
    let (batch, _) = ask(&functions(Some("main"), Some(r"%\_%")), |_| Ok(vec![server.clone()])).await;
    assert_eq!(lines(&batch.unwrap()), [""; 0], "the schema `s` holds no `_`");
    let query =
        MetadataQuery::Functions { catalog: some("main"), schema_pattern: None, function_pattern: some(r"f\_%") };
    let (batch, _) = ask(&query, |_| Ok(vec![server.clone()])).await;
    assert_eq!(lines(&batch.unwrap()), ["main;s;f_1;-;2;-", "main;s;f_2;r;1;spec"]);
}

#[tokio::test]
async fn fetch_procedures_are_sorted() {
    let server = answer(
        "routine_catalog routine_schema routine_name comment specific_name",
        &["main;s;p2;r;sp2", "main;s;p1;-;sp1"],
    );
    let (batch, _) = ask(&procedures(None, None), |_| Ok(vec![server.clone()])).await;
    assert_eq!(lines(&batch.unwrap()), ["main;s;p1;-;-;-;-;1;sp1", "main;s;p2;-;-;-;r;1;sp2"]);
}

#[rstest]
#[case(MetadataQuery::Catalogs, "no column catalog or catalogName")]
#[case(tables(Some("main"), None, None, None), "no column tableName")]
#[case(columns(Some("main"), None), "no column tableName")]
#[tokio::test]
async fn fetch_an_answer_without_names_is_data_loss(#[case] query: MetadataQuery, #[case] ending: &str) {
    let (result, _) = ask(&query, |_| Ok(vec![answer("other", &["x"])])).await;
    let error = result.unwrap_err();
    let details = format!("the server's answer about metadata has {ending}");
    assert_eq!((error.code, error.details), (Code::DataLoss, details));
}

#[tokio::test]
async fn fetch_static_tables_need_no_server() {
    let mut text = String::new();
    for query in [MetadataQuery::TableTypes, MetadataQuery::TypeInfo] {
        let (batch, asked) = ask(&query, |_| Ok(Vec::new())).await;
        assert_eq!(asked, Vec::new());
        text.push_str(&format!("{query:?}\n    {}\n", lines(&batch.unwrap()).join("\n    ")));
    }
    insta::assert_snapshot!("static_tables", text);
}
