//! Definitions and changes, statement after statement in one session.

use rstest::rstest;

use super::{engine, open, shown};

#[rstest]
#[case::insert(&[
    ("CREATE TABLE t (Id INT NOT NULL, name STRING, d DECIMAL(10,2), at TIMESTAMP) USING DELTA COMMENT 'c' TBLPROPERTIES ('a' = 'b')", ""),
    ("INSERT INTO t VALUES (1, 'a', 1.5, timestamp'2024-01-01 00:00:00'), (2, 'b', 2.255, NULL)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 2|2"),
    ("INSERT INTO t (ID, Name) SELECT id, 'r' || id FROM range(10, 12)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 2|2"),
    ("SELECT * FROM t ORDER BY id", "Id INT, name STRING, d DECIMAL(10,2), at TIMESTAMP: 1|a|1.50|2024-01-01T00:00:00Z; 2|b|2.26|NULL; 10|r10|NULL|NULL; 11|r11|NULL|NULL"),
    ("INSERT INTO t (name) VALUES ('x')", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED 23502"),
    ("INSERT INTO t (id) VALUES ('x')", "CAST_INVALID_INPUT 22018"),
    ("INSERT INTO t (id, at) VALUES (true, NULL)", "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST KD000"),
    ("INSERT INTO t (id) VALUES (3000000000)", "CAST_OVERFLOW_IN_TABLE_INSERT 22003"),
    ("INSERT INTO t VALUES (1)", "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS 21S01"),
    ("INSERT INTO t (id) VALUES (1, 2)", "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS 21S01"),
    ("INSERT INTO t (nope) VALUES (1)", "UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"),
    ("INSERT INTO t (id) SELECT 1 / (id - 1) FROM range(3)", "DIVIDE_BY_ZERO 22012"),
    ("SELECT count(*) FROM t", "count(1) BIGINT: 4"),
    ("INSERT OVERWRITE t (id) VALUES (7)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT id FROM t", "id INT: 7"),
    ("TRUNCATE TABLE t", ""),
    ("SELECT count(*) FROM t", "count(1) BIGINT: 0"),
])]
#[case::update_and_delete(&[
    ("CREATE TABLE t AS SELECT id, cast(id AS STRING) AS s FROM range(5)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 5|5"),
    ("UPDATE t SET s = s || '!', id = id + 10 WHERE id > 2", "num_affected_rows BIGINT: 2"),
    ("SELECT * FROM t ORDER BY id", "id BIGINT, s STRING: 0|0; 1|1; 2|2; 13|3!; 14|4!"),
    ("UPDATE t SET s = NULL WHERE id < 2", "num_affected_rows BIGINT: 2"),
    ("UPDATE t SET id = cast('x' AS INT)", "CAST_INVALID_INPUT 22018"),
    ("DELETE FROM t WHERE id IN (SELECT id FROM range(2))", "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE 0A000"),
    ("UPDATE t SET nope = 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"),
    ("DELETE FROM t WHERE s IS NULL OR id = 13", "num_affected_rows BIGINT: 3"),
    ("SELECT * FROM t ORDER BY id", "id BIGINT, s STRING: 2|2; 14|4!"),
    ("DELETE FROM t WHERE NULL", "num_affected_rows BIGINT: 0"),
    ("DELETE FROM t", "num_affected_rows BIGINT: 2"),
    ("UPDATE samples.tpch.nation SET n_name = 'x'", "INSUFFICIENT_PERMISSIONS 42501"),
])]
#[case::partitions(&[
    ("CREATE TABLE p (a INT, b STRING, c INT) USING parquet PARTITIONED BY (a)", ""),
    ("INSERT INTO p VALUES ('x', 2, 1)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT * FROM p", "b STRING, c INT, a INT: x|2|1"),
    ("SHOW CREATE TABLE p", "createtab_stmt STRING: CREATE TABLE main.default.p (\n  b STRING,\n  c INT,\n  a INT)\nUSING parquet\nPARTITIONED BY (a)\n"),
    ("CREATE TABLE d (a INT, b STRING) PARTITIONED BY (a)", ""),
    ("SELECT * FROM d", "a INT, b STRING: "),
    ("CREATE TABLE e (a INT) USING parquet PARTITIONED BY (b STRING)", ""),
    ("SELECT * FROM e", "a INT, b STRING: "),
    ("CREATE TABLE f (a INT) PARTITIONED BY (nope)", "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE 0A000"),
    ("CREATE VIEW v TBLPROPERTIES ('k' = 'v', 'password' = 'x') AS SELECT * FROM d", ""),
    ("SHOW TBLPROPERTIES v", "key STRING, value STRING: k|v; password|*********(redacted)"),
    ("CREATE TEMPORARY VIEW w(a INT) USING parquet", "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE 0A000"),
])]
#[case::tables(&[
    ("CREATE TABLE t (id INT PRIMARY KEY, p INT REFERENCES t (id), CONSTRAINT k FOREIGN KEY (p) REFERENCES t (id)) PARTITIONED BY (p)", ""),
    ("INSERT INTO t VALUES (NULL, 1)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED 23502"),
    ("CREATE TABLE t (id INT)", "TABLE_OR_VIEW_ALREADY_EXISTS 42P07"),
    ("CREATE TABLE IF NOT EXISTS t (other STRING)", ""),
    ("CREATE OR REPLACE TABLE t AS SELECT 1 AS One", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT * FROM T", "One INT: 1"),
    ("CREATE TABLE n (a ARRAY<STRUCT<x: INT, y: MAP<STRING, DOUBLE>>>)", ""),
    ("INSERT INTO n SELECT array(named_struct('x', 1, 'y', map('k', 1.5D)))", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT a[0].Y['k'] AS v FROM n", "v DOUBLE: 1.5"),
    ("DROP VIEW t", "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE 42809"),
    ("DROP TABLE t", ""),
    ("DROP TABLE t", "TABLE_OR_VIEW_NOT_FOUND 42P01"),
    ("DROP TABLE IF EXISTS t", ""),
])]
#[case::views(&[
    ("CREATE TABLE t (a INT, b INT)", ""),
    ("CREATE VIEW v (Total COMMENT 'sum', b) COMMENT 'x' AS SELECT sum(a), b FROM t GROUP BY b", ""),
    ("CREATE VIEW v AS SELECT 1", "TABLE_OR_VIEW_ALREADY_EXISTS 42P07"),
    ("INSERT INTO t VALUES (1, 1), (2, 1)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 2|2"),
    ("SELECT * FROM v", "Total BIGINT, b INT: 3|1"),
    ("SELECT TOTAL + 1 AS x FROM v WHERE total > 0", "x BIGINT: 4"),
    ("CREATE OR REPLACE TABLE t AS SELECT 5 AS a, 6 AS b", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT * FROM v", "Total BIGINT, b INT: 5|6"),
    ("CREATE OR REPLACE VIEW v AS SELECT 'new' AS n", ""),
    ("SELECT * FROM v", "n STRING: new"),
    ("CREATE VIEW w AS SELECT nope FROM t", "UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"),
    ("DROP TABLE v", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE 42809"),
    ("DROP VIEW v", ""),
    ("SELECT * FROM v", "TABLE_OR_VIEW_NOT_FOUND 42P01"),
])]
#[case::schemas(&[
    ("CREATE SCHEMA s COMMENT 'c'", ""),
    ("CREATE SCHEMA s", "SCHEMA_ALREADY_EXISTS 42P06"),
    ("CREATE DATABASE IF NOT EXISTS s", ""),
    ("USE s", ""),
    ("CREATE TABLE t AS SELECT 1 AS x", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT x FROM main.s.t", "x INT: 1"),
    ("SELECT current_schema()", "current_schema() STRING: s"),
    ("DROP SCHEMA s", "SCHEMA_NOT_EMPTY 2BP01"),
    ("DROP SCHEMA s CASCADE", ""),
    ("DROP SCHEMA s", "SCHEMA_NOT_FOUND 42704"),
    ("DROP SCHEMA IF EXISTS s", ""),
])]
#[case::temporary_views(&[
    ("CREATE TABLE t AS SELECT 1 AS x", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("CREATE TEMPORARY VIEW t AS SELECT 'temp' AS x", ""),
    ("SELECT x FROM t", "x STRING: temp"),
    ("SELECT x FROM default.t", "x INT: 1"),
    ("CREATE TEMP VIEW t AS SELECT 2 AS x", "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS 42P07"),
    ("CREATE OR REPLACE TEMP VIEW t AS SELECT 2 AS x", ""),
    ("SELECT x FROM T", "x INT: 2"),
    ("DROP VIEW t", ""),
    ("SELECT x FROM t", "x INT: 1"),
])]
#[case::variables(&[
    ("DECLARE a INT DEFAULT 2", ""),
    ("DECLARE a INT", "VARIABLE_ALREADY_EXISTS 42723"),
    ("SELECT a, a + 1 AS b", "a INT, b INT: 2|3"),
    ("SELECT a AS x FROM VALUES (7) AS t(a)", "x INT: 7"),
    ("SELECT session.a AS x FROM VALUES (7) AS t(a)", "x INT: 2"),
    ("SELECT a + 1", "(variablereference(system.session.a=2) + 1) INT: 3"),
    ("SET VAR a = a + 1, b = 1", "UNRESOLVED_VARIABLE 42883"),
    ("SET VAR a = (SELECT max(id) FROM range(5))", ""),
    ("SELECT a", "a INT: 4"),
    ("SET VAR a = DEFAULT", ""),
    ("EXECUTE IMMEDIATE 'SELECT ? + :x' USING 1, 2 AS x", "INVALID_QUERY_MIXED_QUERY_PARAMETERS 42613"),
    ("EXECUTE IMMEDIATE 'SELECT :x + 1 AS y' INTO a USING a AS x", ""),
    ("SELECT a", "a INT: 3"),
    ("EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE \\'SELECT 1 AS y\\''", "y INT: 1"),
    ("CREATE VIEW v AS SELECT a AS x", "INVALID_TEMP_OBJ_REFERENCE 42K0F"),
    ("DROP TEMPORARY VARIABLE a", ""),
    ("SELECT a", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION 42703"),
])]
#[case::functions(&[
    ("CREATE FUNCTION twice(a INT) RETURNS BIGINT RETURN a * 2", ""),
    ("SELECT twice(2)", "main.default.twice(2) BIGINT: 4"),
    ("SELECT twice(sum(a)) AS x FROM VALUES (1), (2) AS t(a)", "x BIGINT: 6"),
    ("SELECT twice('x')", "CAST_INVALID_INPUT 22018"),
    ("SELECT twice()", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION 42605"),
    ("CREATE FUNCTION four(a INT DEFAULT 1) RETURN twice(twice(a))", ""),
    ("SELECT four() AS a, four(2) AS b", "a BIGINT, b BIGINT: 4|8"),
    ("CREATE OR REPLACE FUNCTION twice(a INT) RETURN four(a)", "CYCLIC_FUNCTION_REFERENCE 42887"),
    ("CREATE FUNCTION below(n INT) RETURNS TABLE (i INT) RETURN SELECT id FROM range(5) WHERE id < n", ""),
    ("SELECT i FROM below(2) ORDER BY i", "i INT: 0; 1"),
    ("SELECT * FROM twice(1)", "NOT_A_TABLE_FUNCTION 42887"),
    ("CREATE FUNCTION twice(a INT) RETURN a", "ROUTINE_ALREADY_EXISTS 42723"),
    ("DROP FUNCTION twice", ""),
    ("SELECT twice(1)", "UNRESOLVED_ROUTINE 42883"),
])]
#[case::names_as_texts(&[
    ("CREATE TABLE IDENTIFIER('t' || 1)(IDENTIFIER('`a b`') INT, c STRING COLLATE UNICODE)", ""),
    ("INSERT INTO t1 VALUES (1, 'x')", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("SELECT 1 FROM t1", "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE 0A000"),
    ("SELECT IDENTIFIER('ab' || 's')(-1) AS x", "x INT: 1"),
    ("SELECT IDENTIFIER(1)", "NOT_A_CONSTANT_STRING.WRONG_TYPE 42601"),
])]
#[case::altered_tables(&[
    ("CREATE TABLE t (a INT)", ""),
    ("INSERT INTO t VALUES (1)", "num_affected_rows BIGINT, num_inserted_rows BIGINT: 1|1"),
    ("CREATE VIEW v AS SELECT * FROM t", ""),
    ("ALTER TABLE t ADD COLUMN b STRING COMMENT 'more'", ""),
    ("SELECT a, b FROM t", "a INT, b STRING: 1|NULL"),
    ("SELECT * FROM v", "a INT: 1"),
    ("ALTER TABLE t ADD COLUMNS (A INT)", "FIELD_ALREADY_EXISTS 42710"),
    ("ALTER TABLE t RENAME TO u", ""),
    ("SELECT a FROM u", "a INT: 1"),
    ("ALTER VIEW v AS SELECT b FROM u", ""),
    ("SELECT * FROM v", "b STRING: NULL"),
])]
#[tokio::test]
async fn statements_in_turn_show_what_is_stated(#[case] script: &[(&str, &str)]) {
    let engine = engine();
    let session = open(&engine).await;
    for (sql, expected) in script {
        assert_eq!(shown(session.as_ref(), sql).await, *expected, "{sql}");
    }
}

#[tokio::test]
async fn sessions_share_tables_but_not_temporary_views() {
    let engine = engine();
    let (one, two) = (open(&engine).await, open(&engine).await);
    assert_eq!(shown(one.as_ref(), "CREATE TABLE t (x INT)").await, "");
    assert_eq!(shown(one.as_ref(), "CREATE TEMP VIEW v AS SELECT 1").await, "");
    shown(two.as_ref(), "INSERT INTO t VALUES (1)").await;
    assert_eq!(shown(one.as_ref(), "SELECT x FROM t").await, "x INT: 1");
    assert_eq!(shown(two.as_ref(), "SELECT * FROM v").await, "TABLE_OR_VIEW_NOT_FOUND 42P01");
}

#[tokio::test]
async fn concurrent_inserts_all_arrive() {
    let engine = engine();
    shown(open(&engine).await.as_ref(), "CREATE TABLE t (x BIGINT)").await;
    let inserts = (0..8).map(|_| async {
        let session = open(&engine).await;
        shown(session.as_ref(), "INSERT INTO t SELECT id FROM range(10)").await
    });
    futures::future::join_all(inserts).await;
    let session = open(&engine).await;
    assert_eq!(
        shown(session.as_ref(), "SELECT count(*), sum(x) FROM t").await,
        "count(1) BIGINT, sum(x) BIGINT: 80|360"
    );
}
