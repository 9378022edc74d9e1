//! Statements that the engine's planner alone would answer otherwise than the reference.

use super::{engine, open, shared, shown};

const HERE: &str = "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE 0A000";

/// Statement, what it shows.
const TRAPS: &[(&str, &str)] = &[
    ("SELECT pmod(-7, 3) AS a, pmod(7, -3) AS b, pmod(-7, -3) AS c", "a INT, b INT, c INT: 2|1|-1"),
    ("SELECT pmod(-7.5, 3) AS a, pmod(-7.5D, 3) AS b", "a DECIMAL(2,1), b DOUBLE: 1.5|1.5"),
    ("SELECT -9223372036854775808L % -1 AS r", "r BIGINT: 0"),
    ("SELECT abs(-9223372036854775808L)", "ARITHMETIC_OVERFLOW 22003"),
    ("SELECT avg(cast(1.5 AS DECIMAL(38,18))) AS a", "a DECIMAL(38,22): 1.5000000000000000000000"),
    (
        "SELECT sum(d) FROM VALUES (99999999999999999999999999999999999999BD), (1BD) AS t(d)",
        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION 22003",
    ),
    (
        "SELECT avg(d) FROM VALUES (99999999999999999999999999999999999999BD), (1BD) AS t(d)",
        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION 22003",
    ),
    ("SELECT isnan(power(1, double('NaN'))) AS n", "n BOOLEAN: true"),
    ("SELECT '1' + '1'", "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE 42K09"),
    ("SELECT +'1' AS p", "p DOUBLE: 1.0"),
    ("SELECT date_add(date'2024-01-01', 1.9)", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE 42K09"),
    ("SELECT date_add(date'2024-01-01', 1L)", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE 42K09"),
    ("SELECT row_number() OVER () FROM range(3)", "WINDOW_FUNCTION_FRAME_NOT_ORDERED 42601"),
    ("SELECT sum(id) OVER (w) FROM range(3)", "MISSING_WINDOW_SPECIFICATION 42P20"),
    ("SELECT sum(id) OVER (w) AS s FROM range(2) WINDOW w AS (PARTITION BY id) ORDER BY 1", "s BIGINT: 0; 1"),
    ("SELECT stddev(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM range(3)", HERE),
    ("SELECT explode(array(1, 2)), explode(array(3, 4))", HERE),
    ("SELECT explode(array(1, 2)) + 1", "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS 42K0E"),
    ("SELECT explode(array(1, 2)), count(*) OVER ()", HERE),
    ("SELECT DISTINCT map(1, 2)", "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE 0A000"),
    ("SELECT m FROM (SELECT map(1, 2) AS m) GROUP BY m", HERE),
    ("SELECT map() AS m", "m MAP<VOID, VOID>: {}"),
    ("SELECT 1 LIMIT CAST(NULL AS INT)", "INVALID_LIMIT_LIKE_EXPRESSION.IS_NULL 42K0E"),
    ("SELECT 1 LIMIT 1.5", "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE 42K0E"),
    ("SELECT 1 LIMIT -1", "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE 42K0E"),
    ("SELECT 1 AS x LIMIT 1 + 1", "x INT: 1"),
    ("SELECT 1 INTERSECT SELECT 1.0", HERE),
    ("SELECT a.id FROM main.s.a, main.t.a", HERE),
    ("SELECT other.range.id FROM range", HERE),
    ("SELECT r'a\\n' AS a, '\\101\\u20AC' AS b", "a STRING, b STRING: a\\n|A\u{20AC}"),
    ("SELECT greatest('1', 2)", "DATATYPE_MISMATCH.DATA_DIFF_TYPES 42K09"),
    ("SELECT greatest('1', array(2))", "DATATYPE_MISMATCH.DATA_DIFF_TYPES 42K09"),
    ("SELECT id FROM range(2) t RIGHT JOIN range(3) u USING (id)", HERE),
    ("SELECT id FROM range(3) WHERE id = 7 OR id NOT IN (SELECT id FROM range(2))", HERE),
    ("SELECT id FROM range(3) WHERE NOT (id > 1 AND id IN (SELECT id FROM range(2)))", HERE),
    ("SELECT id FROM range(4) WHERE id IN (SELECT id FROM range(2)) OR id = 3 ORDER BY id", "id BIGINT: 0; 1; 3"),
    ("SELECT id, count(*) FROM range(2) GROUP BY id WITH ROLLUP", HERE),
    ("SELECT id, count(*) FROM range(2) GROUP BY GROUPING SETS ((id), ())", HERE),
    ("SELECT 1 FROM range(2) HAVING max(id) > 0", HERE),
    ("SELECT id FROM range(3) t WHERE EXISTS (SELECT count(*) FROM range(2) u WHERE u.id = t.id)", HERE),
    ("SELECT id FROM range(3) t WHERE EXISTS (SELECT 1 FROM range(2) u WHERE u.id = t.id OFFSET 1)", HERE),
    ("SELECT id FROM range(3) t WHERE EXISTS (SELECT 1 FROM range(1) u WHERE u.id = t.id LIMIT 1)", "id BIGINT: 0"),
    ("SELECT id FROM range(3) t WHERE id IN (SELECT count(*) FROM range(2) u WHERE u.id = t.id)", HERE),
    ("SELECT (SELECT count(*) IS NULL FROM range(2) u WHERE u.id = t.id) FROM range(3) t", HERE),
    (
        "SELECT (SELECT count(*) FROM range(2) u WHERE u.id = t.id) AS n FROM range(3) t ORDER BY id",
        "n BIGINT: 1; 1; 0",
    ),
    ("WITH r AS (SELECT rand() AS x) SELECT a.x = b.x FROM r a, r b", HERE),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t", HERE),
    ("SELECT IDENTIFIER('id') FROM range(2)", HERE),
    ("SELECT '${x}'", HERE),
    ("SET ansi_mode = false", HERE),
    ("SET spark.sql.caseSensitive = true", HERE),
    ("SET spark.sql.legacy.allowHashOnMapType = true", HERE),
    ("SET spark.sql.groupByOrdinal = true", "key STRING, value STRING: spark.sql.groupByOrdinal|true"),
    (
        "SELECT named_struct('a b', 1, '1', 2, 'c', 3) AS s",
        "s STRUCT<`a b`: INT, `1`: INT, c: INT>: {a b: 1, 1: 2, c: 3}",
    ),
    ("SELECT x FROM VALUES (1e-20D), (1.25) AS t(x)", "x DOUBLE: 1e-20; 1.25"),
    ("SELECT x FROM VALUES (1), (1.25), (NULL) AS t(x)", "x DECIMAL(12,2): 1.00; 1.25; NULL"),
    ("SELECT x FROM VALUES (1.5), (10.25) AS t(x)", "x DECIMAL(4,2): 1.50; 10.25"),
    ("SELECT cast(1 AS DECIMAL(3,0)) / cast(1 AS INT) AS q", "q DECIMAL(14,11): 1.00000000000"),
    ("SELECT current_date AS d FROM (SELECT 1 AS current_date)", "d INT: 1"),
    ("SELECT get_json_object('{}', '$'), reflect('a', 'b'), uniform(1, 2)", HERE),
    ("SELECT cast(X'61' AS STRING) AS s", "s STRING: a"),
    ("SELECT cast(X'61FF' AS STRING)", HERE),
    ("SELECT 1 AS x |> SELECT x + 1", HERE),
    ("SELECT * FROM VALUES 1, 2 AS t(x)", "x INT: 1; 2"),
    ("SELECT interval '2 seconds' * 3", HERE),
    ("SELECT extract(yrs FROM date'2024-01-01')", HERE),
    ("SET VAR x = 1", HERE),
    ("SELECT a + b AS c FROM (VALUES (1, 2), (3, 4) AS t(a, b)) ORDER BY c", "c INT: 3; 7"),
    ("CREATE SCHEMA \"s\"", "PARSE_SYNTAX_ERROR 42601"),
];

#[tokio::test]
async fn statement_that_the_planner_would_take_otherwise_is_answered_as_stated_or_refused() {
    let mut wrong = Vec::new();
    for (sql, expected) in TRAPS {
        let session = open(shared()).await;
        let found = shown(session.as_ref(), sql).await;
        if found != *expected {
            wrong.push(format!("{sql}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn table_with_timestamps_and_capitals_is_grouped_in_every_zone() {
    let engine = engine();
    let session = open(&engine).await;
    let run = async |sql: &str| shown(session.as_ref(), sql).await;
    run("CREATE TABLE o AS SELECT 'new' AS Status, timestamp'2024-01-01 00:00:00' AS At, 1.5 AS amount").await;
    for zone in ["Etc/UTC", "America/Los_Angeles", "+05:30"] {
        run(&format!("SET TIME ZONE '{zone}'")).await;
        for (sql, expected) in [
            ("SELECT status, count(*) AS n FROM o GROUP BY status", "status STRING, n BIGINT: new|1"),
            ("SELECT count(DISTINCT at) AS n, sum(amount) AS s FROM o", "n BIGINT, s DECIMAL(12,1): 1|1.5"),
            ("SELECT max(at) = timestamp'2024-01-01 00:00:00Z' AS same FROM o", "same BOOLEAN: true"),
            ("SELECT count(*) AS n FROM (SELECT DISTINCT at, status FROM o)", "n BIGINT: 1"),
        ] {
            assert_eq!(run(sql).await, expected, "{sql} in {zone}");
        }
    }
}

#[tokio::test]
async fn days_over_a_clock_change_are_counted_on_the_wall_clock() {
    let session = open(shared()).await;
    shown(session.as_ref(), "SET TIME ZONE 'America/Los_Angeles'").await;
    for (sql, expected) in [
        (
            "SELECT cast(timestamp'2024-03-09 12:00:00' + interval 1 day AS STRING) AS t",
            "t STRING: 2024-03-10 12:00:00",
        ),
        (
            "SELECT cast(timestamp'2024-03-09 12:00:00' + interval '1 01' day to hour AS STRING) AS t",
            "t STRING: 2024-03-10 13:00:00",
        ),
        (
            "SELECT timestamp'2024-03-10 12:00:00' - timestamp'2024-03-09 12:00:00' = interval 1 day AS same",
            "same BOOLEAN: true",
        ),
    ] {
        assert_eq!(shown(session.as_ref(), sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn view_that_stays_reads_no_temporary_view() {
    let engine = engine();
    let session = open(&engine).await;
    shown(session.as_ref(), "CREATE TEMPORARY VIEW passing AS SELECT 1 AS x").await;
    let found = shown(session.as_ref(), "CREATE VIEW stays AS SELECT * FROM passing").await;
    assert_eq!(found, "INVALID_TEMP_OBJ_REFERENCE 42K0F");
}
