use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use datafusion::datasource::MemTable;
use futures::TryStreamExt;
use rstest::{fixture, rstest};

use super::*;
use crate::engine::SessionOptions;
use crate::engine::embedded::EngineConfig;
use crate::engine::embedded::catalog::{ForeignKey, PrimaryKey, TableFacts, TableName};
use crate::engine::embedded::execute::Executor;
use crate::engine::embedded::session::Session;
use crate::engine::embedded::view::View;

struct Warehouse {
    catalogs: Arc<Catalogs>,
    session: SessionView,
}

fn schema(fields: &[(&str, DataType, bool)]) -> Arc<Schema> {
    Arc::new(Schema::new(
        fields.iter().map(|(n, t, nullable)| Field::new(*n, t.clone(), *nullable)).collect::<Vec<_>>(),
    ))
}

fn view(text: &str) -> View {
    let shape = schema(&[("n", DataType::Int64, true)]);
    let written = shape.fields().iter().map(|field| field.name().clone()).collect();
    View { text: text.into(), catalog: "main".into(), schema: "default".into(), follows: false, written, shape }
}

/// `main.default` with tables `customers` and `orders` with keys, a view and a table of an odd name; a schema of an
/// odd name with one table; the temporary view `recent`.
#[fixture]
fn warehouse() -> Warehouse {
    let catalogs = Catalogs::new(&EngineConfig { data_dir: None, scale_factor: 0.01 }).unwrap();
    let create = |name: &TableName, fields: &[(&str, DataType, bool)], change: &dyn Fn(&mut TableFacts)| {
        let mut facts = TableFacts::table();
        facts.created = "2026-01-02T03:04:05Z".parse().unwrap();
        change(&mut facts);
        let table = MemTable::try_new(schema(fields), vec![vec![]]).unwrap();
        catalogs.create_table(name, Arc::new(table), facts).unwrap();
    };
    let customers = TableName::new("main", "default", "customers");
    create(&customers, &[("id", DataType::Int64, false), ("name", DataType::Utf8, true)], &|facts| {
        facts.comment = Some("who buys".into());
        facts.column_comments = [("name".to_owned(), "it's a name".to_owned())].into();
        facts.primary_key = Some(PrimaryKey::new(None, &customers, vec!["id".into()]));
        facts.properties = [("team".to_owned(), "sales".to_owned())].into();
    });
    let orders = TableName::new("main", "default", "orders");
    let fields = [
        ("id", DataType::Int64, false),
        ("line", DataType::Int32, false),
        ("customer", DataType::Int64, true),
        ("amount", DataType::Decimal128(10, 2), true),
        ("tags", DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))), true),
    ];
    create(&orders, &fields, &|facts| {
        facts.primary_key = Some(PrimaryKey::new(Some("order_key".into()), &orders, vec!["id".into(), "line".into()]));
        let parent = vec!["id".to_owned()];
        facts.foreign_keys = vec![ForeignKey::new(None, &orders, vec!["customer".into()], customers.clone(), parent)];
    });
    create(&TableName::new("main", "default", "It's `odd` 100%"), &[("a b", DataType::Boolean, true)], &|_| {});
    catalogs
        .create_table(
            &TableName::new("main", "default", "totals"),
            Arc::new(view("SELECT count(*) AS n FROM orders")),
            TableFacts {
                created: "2026-01-02T03:04:05Z".parse().unwrap(),
                ..TableFacts::view("SELECT count(*) AS n FROM orders")
            },
        )
        .unwrap();
    catalogs.create_schema("main", "My Schema", Some("mine".into())).unwrap();
    create(&TableName::new("main", "My Schema", "t"), &[("x", DataType::Date32, true)], &|_| {});

    let session = Session::open(Arc::clone(&catalogs), Arc::new(Executor::new()), SessionOptions::default()).unwrap();
    let mut session = session.view();
    session.temporary_views.insert("recent".into(), Arc::new(view("SELECT 1 AS n")));
    Warehouse { catalogs, session }
}

impl Warehouse {
    async fn answer(&self, sql: &str) -> Result<Answer, SqlError> {
        run(sql, &self.session, &self.catalogs).await.unwrap_or_else(|| panic!("not answered: {sql}"))
    }

    /// Whoever runs the tests owns everything.
    fn owned(&self, text: &str) -> String {
        text.replace("$OWNER", self.catalogs.owner())
    }

    /// The answer's rows, with the cells joined by bars; NULL is `~`.
    async fn rows(&self, sql: &str) -> Vec<String> {
        let answer = self.answer(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut rows = Vec::new();
        for batch in answer.batches.try_collect::<Vec<_>>().await.unwrap() {
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter().map(|cells| match cells.is_null(row) {
                    true => "~".to_owned(),
                    false => arrow_cast::display::array_value_to_string(cells, row).unwrap(),
                });
                rows.push(cells.collect::<Vec<_>>().join("|"));
            }
        }
        rows
    }
}

#[rstest]
#[case::catalogs("SHOW CATALOGS", &["main", "samples", "system"])]
#[case::catalogs_like("show catalogs like 'S*';", &["samples", "system"])]
#[case::catalogs_alternatives("SHOW CATALOGS LIKE 'main|sam*'", &["main", "samples"])]
#[case::catalogs_no_match("SHOW CATALOGS LIKE 'x'", &[])]
#[case::catalogs_empty_pattern("SHOW CATALOGS LIKE ''", &[])]
#[case::schemas("SHOW SCHEMAS LIKE '[d]*|*schema'", &["information_schema", "my schema"])]
#[case::schemas_current("SHOW SCHEMAS LIKE 'd*'", &["default"])]
#[case::databases("SHOW DATABASES IN samples LIKE 't...'", &["tpch"])]
#[case::schemas_quoted("SHOW SCHEMAS FROM `SAMPLES` LIKE '*pch'", &["tpch"])]
#[case::schemas_comments("/* which */ SHOW -- schemas\n SCHEMAS IN CATALOG samples 'tpch' ;; ", &["tpch"])]
#[case::schemas_everywhere(
    "SHOW SCHEMAS IN ALL CATALOGS LIKE 'default|tpch'", &["default|main", "tpch|samples"]
)]
#[case::tables("SHOW TABLES", &[
    "default|customers|false", "default|it's `odd` 100%|false", "default|orders|false", "|recent|true",
    "default|totals|false",
])]
#[case::tables_of_a_schema("SHOW TABLES FROM samples.tpch LIKE 'part*'", &[
    "tpch|part|false", "tpch|partsupp|false",
])]
#[case::tables_odd_schema("SHOW TABLES IN `my schema` 't'", &["my schema|t|false"])]
#[case::tables_odd_name(r"SHOW TABLES LIKE 'it''s `odd` 100%'", &["default|it's `odd` 100%|false"])]
#[case::tables_of_a_catalog("SHOW TABLES IN CATALOG `main` SCHEMA LIKE 'default' LIKE 'c*|t*'", &[
    "default|customers|false|~|main|TABLE|who buys", "default|totals|false|~|main|VIEW|~",
])]
#[case::tables_of_a_catalog_escaped(r"SHOW TABLES IN CATALOG main LIKE '*100\%'", &[
    "default|it's `odd` 100%|false|~|main|TABLE|~",
])]
#[case::tables_everywhere("SHOW TABLES IN ALL CATALOGS LIKE 'REGION|t'", &[
    "my schema|t|false|~|main|TABLE|~", "tpch|region|false|~|samples|TABLE|~",
])]
#[case::views("SHOW VIEWS", &["|recent|true|false", "default|totals|false|false"])]
#[case::views_of_a_schema("SHOW VIEWS IN main.default LIKE 'tot*'", &["default|totals|false|false"])]
#[case::columns_of_a_table("SHOW COLUMNS IN customers", &["id", "name"])]
#[case::columns_of_a_temporary_view("SHOW COLUMNS IN recent", &["n"])]
#[case::columns_of_a_table_in_a_schema("SHOW COLUMNS FROM t FROM `My Schema`", &["x"])]
#[case::columns_of_a_catalog("SHOW COLUMNS IN CATALOG `main` SCHEMA LIKE 'default' TABLE LIKE 'orders'", &[
    "id|main|default|orders|BIGINT|19|0|10|false|~|1|NO|NO",
    "line|main|default|orders|INT|10|0|10|false|~|2|NO|NO",
    "customer|main|default|orders|BIGINT|19|0|10|true|~|3|NO|NO",
    "amount|main|default|orders|DECIMAL(10,2)|10|2|10|true|~|4|NO|NO",
    "tags|main|default|orders|ARRAY<STRING>|~|~|~|true|~|5|NO|NO",
])]
#[case::columns_everywhere("SHOW COLUMNS IN ALL CATALOGS TABLE LIKE 'customers|customer' LIKE '*name'", &[
    "name|main|default|customers|STRING|~|~|~|true|it's a name|2|NO|NO",
    "c_name|samples|tpch|customer|STRING|~|~|~|true|~|2|NO|NO",
])]
#[case::functions_of_a_catalog("SHOW FUNCTIONS IN CATALOG `main` SCHEMA LIKE 'x' LIKE 'y'", &[])]
#[case::functions("SHOW FUNCTIONS LIKE 'sum|date_add'", &["date_add", "sum"])]
#[case::functions_of_users("SHOW USER FUNCTIONS", &[])]
#[case::functions_of_the_system("SHOW SYSTEM FUNCTIONS LIKE 'coun.'", &["count"])]
#[case::keys("SHOW KEYS IN CATALOG `main` IN SCHEMA `default` IN TABLE `orders`", &[
    "main|default|orders|id|1|order_key", "main|default|orders|line|2|order_key",
])]
#[case::keys_by_name("SHOW KEYS IN customers", &["main|default|customers|id|1|customers_pk"])]
#[case::keys_without("SHOW KEYS IN CATALOG samples IN SCHEMA tpch IN TABLE nation", &[])]
#[case::foreign_keys("SHOW FOREIGN KEYS IN CATALOG `main` IN SCHEMA `default` IN TABLE `orders`", &[
    "main|default|customers|id|main|default|orders|customer|1|3|3|orders_customers_fk|7",
])]
#[case::foreign_keys_without("SHOW FOREIGN KEYS IN CATALOG main IN SCHEMA default IN TABLE customers", &[])]
#[case::properties("SHOW TBLPROPERTIES customers", &["team|sales"])]
#[case::one_property("SHOW TBLPROPERTIES customers ('team')", &["team|sales"])]
#[case::missing_property("SHOW TBLPROPERTIES customers (a.b)", &[
    "a.b|Table main.default.customers does not have property: a.b",
])]
#[case::describe("DESCRIBE customers", &["id|bigint|~", "name|string|it's a name"])]
#[case::describe_table("desc table main.default.orders;", &[
    "id|bigint|~", "line|int|~", "customer|bigint|~", "amount|decimal(10,2)|~", "tags|array<string>|~",
])]
#[case::describe_odd_name("DESCRIBE TABLE `IT'S ``odd`` 100%`", &["a b|boolean|~"])]
#[case::describe_temporary_view("DESCRIBE TABLE EXTENDED recent", &["n|bigint|~"])]
#[case::describe_column("DESCRIBE customers NAME", &["col_name|name", "data_type|string", "comment|it's a name"])]
#[case::describe_catalog("DESCRIBE CATALOG main", &[
    "Catalog Name|main", "Comment|Tables of this warehouse, kept in memory", "Owner|$OWNER",
])]
#[case::describe_schema("DESCRIBE SCHEMA EXTENDED `my schema`", &[
    "Catalog Name|main", "Namespace Name|my schema", "Comment|mine", "Location|", "Owner|$OWNER", "Properties|",
])]
#[tokio::test]
async fn show_and_describe_rows_table(warehouse: Warehouse, #[case] sql: &str, #[case] expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|line| warehouse.owned(line)).collect();
    assert_eq!(warehouse.rows(sql).await, expected, "{sql}");
}

#[rstest]
#[case("SHOW CATALOGS", "catalog")]
#[case("SHOW SCHEMAS", "databaseName")]
#[case("SHOW SCHEMAS IN ALL CATALOGS", "databaseName catalog")]
#[case("SHOW TABLES", "database tableName isTemporary")]
#[case("SHOW TABLES IN ALL CATALOGS", "namespace tableName isTemporary information? catalogName tableType remarks?")]
#[case("SHOW TABLE EXTENDED LIKE 'x'", "database tableName isTemporary information")]
#[case("SHOW VIEWS", "namespace viewName isTemporary isMaterialized")]
#[case("SHOW COLUMNS IN orders", "col_name")]
#[case(
    "SHOW COLUMNS IN CATALOG main",
    "col_name catalogName namespace tableName columnType columnSize? decimalDigits? radix? isNullable remarks? \
     ordinalPosition isAutoIncrement isGenerated"
)]
#[case("SHOW FUNCTIONS", "function")]
#[case("SHOW FUNCTIONS IN CATALOG main", "functionName namespace catalogName remarks? functionType specificName")]
#[case("SHOW KEYS IN orders", "catalogName namespace tableName col_name keySeq constraintName")]
#[case(
    "SHOW FOREIGN KEYS IN orders",
    "parentCatalogName parentNamespace parentTableName parentColName catalogName namespace tableName col_name keySeq \
     updateRule deleteRule constraintName deferrability"
)]
#[case("SHOW TBLPROPERTIES orders", "key value")]
#[case("SHOW CREATE TABLE orders", "createtab_stmt")]
#[case("DESCRIBE orders", "col_name data_type comment?")]
#[case("DESCRIBE orders id", "info_name info_value")]
#[case("DESCRIBE EXTENDED orders AS JSON", "json_metadata")]
#[case("DESCRIBE SCHEMA default", "database_description_item database_description_value")]
#[case("DESCRIBE CATALOG main", "info_name info_value")]
#[tokio::test]
async fn show_and_describe_columns_table(warehouse: Warehouse, #[case] sql: &str, #[case] expected: &str) {
    let columns = warehouse.answer(sql).await.unwrap().columns;
    let names = columns.iter().map(|c| format!("{}{}", c.name, if c.nullable { "?" } else { "" }));
    assert_eq!(names.collect::<Vec<_>>().join(" "), expected);
}

#[rstest]
#[case("SHOW NONSENSE", "PARSE_SYNTAX_ERROR", "42601", "'NONSENSE'")]
#[case("SHOW", "PARSE_SYNTAX_ERROR", "42601", "end of statement")]
#[case("SHOW CATALOGS x", "PARSE_SYNTAX_ERROR", "42601", "'x'")]
#[case("SHOW CATALOGS LIKE x", "PARSE_SYNTAX_ERROR", "42601", "'x'")]
#[case("SHOW TABLE TYPES", "PARSE_SYNTAX_ERROR", "42601", "'TABLE'")]
#[case("SHOW TABLES IN a.b.c", "IDENTIFIER_TOO_MANY_NAME_PARTS", "42601", "`a`.`b`.`c`")]
#[case("SHOW COLUMNS IN CATALOG main TABLE 'x'", "PARSE_SYNTAX_ERROR", "42601", "'x'")]
#[case("SHOW GRANTS ON main", "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE", "0A000", "SHOW GRANTS")]
#[case("SHOW SCHEMAS IN nope", "NO_SUCH_CATALOG_EXCEPTION", "42704", "'nope'")]
#[case("SHOW TABLES IN CATALOG `no pe`", "NO_SUCH_CATALOG_EXCEPTION", "42704", "'no pe'")]
#[case("SHOW TABLES IN nope", "SCHEMA_NOT_FOUND", "42704", "`main`.`nope`")]
#[case("SHOW TABLES IN nope.default", "NO_SUCH_CATALOG_EXCEPTION", "42704", "'nope'")]
#[case("SHOW VIEWS IN `no``pe`", "SCHEMA_NOT_FOUND", "42704", "`main`.`no``pe`")]
#[case("SHOW COLUMNS IN nope", "TABLE_OR_VIEW_NOT_FOUND", "42P01", "`main`.`default`.`nope`")]
#[case("SHOW KEYS IN CATALOG main IN SCHEMA nope IN TABLE t", "SCHEMA_NOT_FOUND", "42704", "`main`.`nope`")]
#[case("SHOW FOREIGN KEYS IN CATALOG main IN SCHEMA default IN TABLE t", "TABLE_OR_VIEW_NOT_FOUND", "42P01", "`t`")]
#[case("SHOW CREATE TABLE recent", "TABLE_OR_VIEW_NOT_FOUND", "42P01", "`recent`")]
#[case("DESCRIBE nope", "TABLE_OR_VIEW_NOT_FOUND", "42P01", "`main`.`default`.`nope`")]
#[case("DESCRIBE customers nope", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", "[`id`, `name`]")]
#[case("DESCRIBE SCHEMA nope", "SCHEMA_NOT_FOUND", "42704", "`main`.`nope`")]
#[case("DESCRIBE CATALOG nope", "NO_SUCH_CATALOG_EXCEPTION", "42704", "'nope'")]
#[case("DESCRIBE customers AS JSON", "DESCRIBE_JSON_NOT_EXTENDED", "0A000", "EXTENDED")]
#[case("DESCRIBE HISTORY customers", "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE", "0A000", "DESCRIBE HISTORY")]
#[case("SHOW TABLES LIKE 'open", "PARSE_SYNTAX_ERROR", "42601", "does not end")]
#[tokio::test]
async fn show_and_describe_errors_table(
    warehouse: Warehouse,
    #[case] sql: &str,
    #[case] class: &str,
    #[case] state: &str,
    #[case] mentions: &str,
) {
    let error = warehouse.answer(sql).await.map(|answer| answer.columns).unwrap_err();
    assert_eq!((error.class.as_str(), error.sql_state.as_str()), (class, state), "{error}");
    assert!(error.text.contains(mentions), "{error}");
}

#[rstest]
#[case("SELECT 1")]
#[case("CREATE TABLE show (describe INT)")]
#[case("DESCRIBE QUERY SELECT 1")]
#[case("desc select 1")]
#[case("DESCRIBE (SELECT 1)")]
#[case("DESCRIBE WITH x AS (SELECT 1) SELECT * FROM x")]
#[case("-- only a comment")]
#[tokio::test]
async fn statements_of_another_kind_are_left_to_others(warehouse: Warehouse, #[case] sql: &str) {
    assert!(run(sql, &warehouse.session, &warehouse.catalogs).await.is_none());
}

#[rstest]
#[tokio::test]
async fn describe_extended_tells_all_facts_and_constraints(warehouse: Warehouse) {
    let rows = warehouse.rows("DESCRIBE TABLE EXTENDED orders").await;
    assert_eq!(
        rows[5..],
        [
            "||",
            "# Detailed Table Information||",
            "Catalog|main|",
            "Database|default|",
            "Table|orders|",
            "Created Time|Fri Jan 02 03:04:05 UTC 2026|",
            "Last Access|UNKNOWN|",
            "Created By|$OWNER|",
            "Type|MANAGED|",
            "Provider|delta|",
            "Owner|$OWNER|",
            "||",
            "# Constraints||",
            "order_key|PRIMARY KEY (`id`, `line`)|",
            "orders_customers_fk|FOREIGN KEY (`customer`) REFERENCES `main`.`default`.`customers` (`id`)|",
        ]
        .map(|line| warehouse.owned(line))
    );
}

#[rstest]
#[tokio::test]
async fn describe_extended_of_a_view_tells_its_query(warehouse: Warehouse) {
    let rows = warehouse.rows("DESCRIBE EXTENDED totals").await;
    assert!(rows.contains(&"Type|VIEW|".to_owned()), "{rows:?}");
    assert!(rows.contains(&"View Text|SELECT count(*) AS n FROM orders|".to_owned()), "{rows:?}");
}

#[rstest]
#[tokio::test]
async fn describe_as_json_gives_columns_types_and_constraints(warehouse: Warehouse) {
    let rows = warehouse.rows("DESC TABLE EXTENDED `main`.`default`.`orders` AS JSON").await;
    let object: serde_json::Value = serde_json::from_str(&rows[0]).unwrap();
    let expected = serde_json::json!({
        "table_name": "orders",
        "catalog_name": "main",
        "namespace": ["default"],
        "schema_name": "default",
        "columns": [
            {"name": "id", "type": {"name": "bigint"}, "nullable": false},
            {"name": "line", "type": {"name": "int"}, "nullable": false},
            {"name": "customer", "type": {"name": "bigint"}, "nullable": true},
            {"name": "amount", "type": {"name": "decimal", "precision": 10, "scale": 2}, "nullable": true},
            {"name": "tags", "nullable": true, "type": {
                "name": "array", "element_type": {"name": "string"}, "element_nullable": true,
            }},
        ],
        "owner": warehouse.catalogs.owner(),
        "created_by": warehouse.catalogs.owner(),
        "created_time": "2026-01-02T03:04:05Z",
        "type": "MANAGED",
        "provider": "delta",
        "table_constraints": "[(order_key, PRIMARY KEY (`id`, `line`)), (orders_customers_fk, FOREIGN KEY (`customer`) \
                              REFERENCES `main`.`default`.`customers` (`id`))]",
    });
    assert_eq!(object, expected);
}

#[rstest]
#[case(
    "customers",
    "CREATE TABLE main.default.customers (
  id BIGINT NOT NULL,
  name STRING COMMENT 'it\\'s a name',
  CONSTRAINT `customers_pk` PRIMARY KEY (`id`))
USING delta
COMMENT 'who buys'
TBLPROPERTIES (
  'team' = 'sales')
"
)]
#[case(
    "totals",
    "CREATE VIEW main.default.totals (
  n)
WITH SCHEMA COMPENSATION
AS SELECT count(*) AS n FROM orders
"
)]
#[case(
    "`it's ``odd`` 100%`",
    "CREATE TABLE main.default.`it's ``odd`` 100%` (
  `a b` BOOLEAN)
USING delta
"
)]
#[tokio::test]
async fn show_create_table_gives_a_statement_that_makes_it_anew(
    warehouse: Warehouse,
    #[case] name: &str,
    #[case] expected: &str,
) {
    assert_eq!(warehouse.rows(&format!("SHOW CREATE TABLE {name}")).await, [expected]);
}

#[rstest]
#[tokio::test]
async fn show_table_extended_gives_the_facts_as_text(warehouse: Warehouse) {
    let rows = warehouse.rows("SHOW TABLE EXTENDED IN main.default LIKE 'cust*|rec*'").await;
    let expected = "default|customers|false|Catalog: main
Database: default
Table: customers
Created Time: Fri Jan 02 03:04:05 UTC 2026
Last Access: UNKNOWN
Created By: $OWNER
Type: MANAGED
Comment: who buys
Provider: delta
Owner: $OWNER
Table Properties: [team=sales]
Schema: root
 |-- id: bigint (nullable = false)
 |-- name: string (nullable = true)
";
    let expected = warehouse.owned(expected);
    assert_eq!(rows, [expected.as_str(), "|recent|true|Schema: root\n |-- n: bigint (nullable = true)\n"]);
}

#[rstest]
#[tokio::test]
async fn names_like_keywords_are_names(mut warehouse: Warehouse) {
    warehouse.catalogs.create_schema("main", "catalog", None).unwrap();
    let table = MemTable::try_new(schema(&[("x", DataType::Int8, true)]), vec![vec![]]).unwrap();
    let name = TableName::new("main", "catalog", "extended");
    warehouse.catalogs.create_table(&name, Arc::new(table), TableFacts::table()).unwrap();
    warehouse.session.schema = "catalog".into();
    assert_eq!(warehouse.rows("SHOW TABLES IN catalog LIKE 'e*'").await, ["catalog|extended|false"]);
    assert_eq!(warehouse.rows("DESCRIBE extended").await, ["x|tinyint|~"]);
    assert_eq!(warehouse.rows("DESCRIBE TABLE EXTENDED extended").await[0], "x|tinyint|~");
}
