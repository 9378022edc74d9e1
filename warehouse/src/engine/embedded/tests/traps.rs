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
    ("SELECT explode(explode(array(array(1))))", "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS 42K0E"),
    ("SELECT id, id IS NOT NULL :: STRING FROM range(1)", "PARSE_SYNTAX_ERROR 42601"),
    ("SELECT * EXCEPT id FROM range(1)", "PARSE_SYNTAX_ERROR 42601"),
    ("SELECT * FROM range(2) GROUP BY id, 1", "STAR_GROUP_BY_POS 0A000"),
    ("SELECT id, count(*) AS n FROM range(2) GROUP BY CUBE(1) ORDER BY 1", "id BIGINT, n BIGINT: NULL|2; 0|1; 1|1"),
    ("SELECT count(*) FROM VALUES (1, 2) AS t(a, b) GROUP BY GROUPING SETS ((a + b), (b + a))", HERE),
    ("SELECT count(*) FROM VALUES (1), (2) AS t(`all`) GROUP BY all", HERE),
    ("SELECT id AS `all` FROM range(2) ORDER BY all", HERE),
    ("SELECT id FROM range(1) UNION ALL SELECT id FROM range(2) ORDER BY ALL", HERE),
    ("SELECT id AS x, 2 AS id, 3 AS id FROM range(2) ORDER BY id", HERE),
    ("SELECT id, 2 AS id FROM range(2) ORDER BY id DESC", "id BIGINT, id INT: 1|2; 0|2"),
    ("SELECT sum(id) FROM range(2) GROUP BY id HAVING max(id) > 0 ORDER BY max(id)", HERE),
    ("SELECT sum(id) AS s FROM range(2) GROUP BY id HAVING sum(id) > 0 ORDER BY max(id)", "s BIGINT: 1"),
    (
        "SELECT 1 > 0.5, 0.5 >= 1, 1.5 > 0.5, '1' < 2.5",
        "(1 > 0) BOOLEAN, (0 >= 1) BOOLEAN, (1.5 > 0.5) BOOLEAN, (1 < 2.5) BOOLEAN: true|false|true|true",
    ),
    ("SELECT id > 0.5 FROM range(1)", HERE),
    ("SELECT id > 0.5 AS x FROM range(1)", "x BOOLEAN: false"),
    ("SELECT first(id, true) FROM range(1)", "first(id) BIGINT: 0"),
    ("SELECT rank(id) OVER (ORDER BY id) AS n FROM range(1)", "n INT: 1"),
    ("SELECT levenshtein('a', 'b', 1)", "levenshtein(a, b, 1) INT: 1"),
    ("SELECT interval 10 nanoseconds", "INVALID_INTERVAL_FORMAT.INVALID_UNIT 22006"),
    ("SELECT 1 AS a, 2 AS a FROM range(2) GROUP BY a", HERE),
    ("SELECT id AS a, id + 1 AS b, 3 AS b FROM range(1) ORDER BY a", "a BIGINT, b BIGINT, b INT: 0|1|3"),
    ("SELECT id, sum(count(*)) OVER () FROM range(2) GROUP BY id ORDER BY count(*)", HERE),
    ("SELECT t.*, u.* FROM range(2) t NATURAL JOIN range(1) u", "id BIGINT, id BIGINT: 0|0"),
    ("SELECT * FROM (SELECT t.*, u.* FROM range(2) t NATURAL JOIN range(1) u)", "id BIGINT, id BIGINT: 0|0"),
    ("SELECT array(interval 1 day, interval 1 hour)", HERE),
    (
        "SELECT array(interval 1 year, interval 1 month) AS a",
        "a ARRAY<INTERVAL YEAR TO MONTH>: [1 years 0 mons, 0 years 1 mons]",
    ),
    ("SELECT map(1L, 2).field", HERE),
    ("SELECT 'a'[0]", "INVALID_EXTRACT_BASE_FIELD_TYPE 42000"),
    ("SELECT 'a' AS x FROM VALUES (array(1)) AS t(x) GROUP BY x ORDER BY x[0]", HERE),
    ("SELECT id FROM range(2) GROUP BY id HAVING nope > 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"),
    ("SELECT sum(a) FROM VALUES (1, 2) AS t(a, b) GROUP BY a HAVING b > 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"),
    ("SELECT count(*) AS n FROM VALUES (1, 2) AS t(a, b) GROUP BY a + b HAVING b + a > 1", "n BIGINT: 1"),
    ("SELECT hour('10:11:12')", HERE),
    ("SELECT avg(now())", HERE),
    ("SELECT date'999999-03-18'", HERE),
    ("SELECT * FROM (SELECT t.*, u.* FROM range(1) t CROSS JOIN range(1) u) s", "id BIGINT, id BIGINT: 0|0"),
    ("SELECT * FROM (range(1) t NATURAL JOIN range(1) u) s", HERE),
    ("SELECT date'-7'", "INVALID_TYPED_LITERAL 42604"),
    ("SELECT timestamp'4294967297'", "INVALID_TYPED_LITERAL 42604"),
    ("SELECT make_date(-44, 3, 15) AS d", "d DATE: -0044-03-15"),
    ("SELECT n[0] FROM (SELECT NULL AS n)", HERE),
    ("SELECT timestamp'2024-01-01 00:00:00.000UTC+080000' AS t", "t TIMESTAMP: 2023-12-31T16:00:00Z"),
    ("SELECT make_date(999999, 3, 18)", HERE),
    ("SELECT id FROM range(1.9 + 0.2D)", "id BIGINT: 0; 1"),
    ("SET PATH = main.default", HERE),
    ("SET spark.sql.adaptive.enabled", HERE),
    ("SELECT timestamp_seconds(0.1234567)", HERE),
    ("SELECT to_timestamp('9', 'E')", HERE),
    ("SELECT to_timestamp('2020-366', 'yyyy-D') AS t", "t TIMESTAMP: 2020-12-31T00:00:00Z"),
    ("SELECT to_timestamp('2019-366', 'yyyy-D')", "CANNOT_PARSE_TIMESTAMP 22007"),
    ("SELECT to_timestamp('11-365', 'MM-D')", "CANNOT_PARSE_TIMESTAMP 22007"),
    ("SELECT to_timestamp('10', 'HH[:mm]')", HERE),
    ("SELECT (SELECT max(id) FROM range(2) u WHERE u.id = t.id) FROM range(3) t", HERE),
    ("SELECT current_date FROM VALUES (1) AS t(current_date)", HERE),
    ("SELECT 'a' LIKE 'm%a' ESCAPE '%'", "INVALID_FORMAT.ESC_IN_THE_MIDDLE 42601"),
    ("SELECT 'a' LIKE 'a#' ESCAPE '#'", "INVALID_FORMAT.ESC_AT_THE_END 42601"),
    ("SELECT posexplode(array(1)) AS (a, b)", HERE),
    ("SELECT struct(t.*) FROM range(1) t", HERE),
    ("SELECT * FROM range(1) CROSS JOIN range(2) ON true", HERE),
    ("SELECT _metadata.file_name FROM range(1)", HERE),
    ("SELECT id FROM range(2), LATERAL EXPLODE(array(1))", HERE),
    ("SELECT interval '1 25:00:00' day to second", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING 22006"),
    (
        "WITH RECURSIVE r(l) AS (VALUES 0 UNION ALL SELECT l + 1 FROM r) SELECT * FROM r",
        "RECURSION_LEVEL_LIMIT_EXCEEDED 42836",
    ),
    ("WITH RECURSIVE r(l) AS (VALUES 0 UNION ALL SELECT l + 1 FROM r) SELECT * FROM r LIMIT 2", "l INT: 0; 1"),
    ("WITH RECURSIVE r(l) AS (VALUES 0 UNION ALL SELECT l + 1 FROM r GROUP BY l) SELECT * FROM r", HERE),
    ("WITH RECURSIVE r(l) AS (VALUES 0 UNION ALL SELECT l + 1 FROM r ORDER BY 1) SELECT * FROM r", HERE),
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
    ("SELECT id FROM range(2) t RIGHT JOIN range(3) u USING (id) ORDER BY id", "id BIGINT: 0; 1; 2"),
    (
        "SELECT *, t.id, id + 1 FROM range(2) t FULL JOIN range(1, 3) u USING (id) ORDER BY id",
        "id BIGINT, id BIGINT, (id + 1) BIGINT: 0|0|1; 1|1|2; 2|NULL|3",
    ),
    ("SELECT id FROM range(3) WHERE id = 7 OR id NOT IN (SELECT id FROM range(2))", "id BIGINT: 2"),
    (
        "SELECT id FROM range(3) WHERE NOT (id > 1 AND id IN (SELECT id FROM range(2))) ORDER BY id",
        "id BIGINT: 0; 1; 2",
    ),
    (
        "SELECT a IN (SELECT b FROM VALUES (1), (NULL) AS u(b)) AS x FROM VALUES (1), (2), (NULL) AS t(a) ORDER BY a",
        "x BOOLEAN: NULL; true; NULL",
    ),
    (
        "SELECT a, EXISTS (SELECT 1 FROM range(1) WHERE id = a) AS x FROM VALUES (0), (1) AS t(a) ORDER BY a",
        "a INT, x BOOLEAN: 0|true; 1|false",
    ),
    ("SELECT a FROM VALUES (1), (1), (2) AS t(a) EXCEPT ALL SELECT 1 ORDER BY a", "a INT: 1; 2"),
    ("SELECT a FROM VALUES (1), (1), (2) AS t(a) INTERSECT ALL SELECT 1", "a INT: 1"),
    ("SELECT (SELECT 1 FROM range(0)) AS x", "x INT: NULL"),
    (
        "FROM VALUES (1, 2), (3, 4) AS t(a, b) |> WHERE a > 1 |> SELECT a + b AS c |> EXTEND c + 1 AS d",
        "c INT, d INT: 7|8",
    ),
    ("SELECT 1 AS a, a + 1 AS b", "a INT, b INT: 1|2"),
    ("SELECT 2 AS a, a + 1 AS b FROM VALUES (5) AS t(a)", "a INT, b INT: 2|6"),
    ("SELECT id FROM range(4) WHERE id IN (SELECT id FROM range(2)) OR id = 3 ORDER BY id", "id BIGINT: 0; 1; 3"),
    (
        "SELECT id, count(*) AS n FROM range(2) GROUP BY id WITH ROLLUP ORDER BY 1",
        "id BIGINT, n BIGINT: NULL|2; 0|1; 1|1",
    ),
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
    ("SELECT IDENTIFIER('id') FROM range(2)", "id BIGINT: 0; 1"),
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
    ("SELECT 1 AS x |> SELECT x + 1", "(x + 1) INT: 2"),
    ("SELECT * FROM VALUES 1, 2 AS t(x)", "x INT: 1; 2"),
    ("SELECT interval '2 seconds' * 3", HERE),
    ("SELECT extract(yrs FROM date'2024-01-01') AS y", "y INT: 2024"),
    ("SET VAR x = 1", "UNRESOLVED_VARIABLE 42883"),
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
async fn zones_have_their_summer_time_in_every_century() {
    let session = open(shared()).await;
    shown(session.as_ref(), "SET TIME ZONE 'America/New_York'").await;
    for (sql, expected) in [
        ("SELECT unix_timestamp(timestamp'2103-07-01 12:00:00') AS s", "s BIGINT: 4212748800"),
        ("SELECT hour(timestamp'2103-07-01T12:00:00Z') AS h", "h INT: 8"),
        ("SELECT hour(timestamp'2103-12-01T12:00:00Z') AS h", "h INT: 7"),
        ("SELECT cast(timestamp'2400-02-29T12:00:00Z' AS STRING) AS t", "t STRING: 2400-02-29 07:00:00"),
        ("SELECT cast(timestamp'9999-07-01T12:00:00Z' AS STRING) AS t", "t STRING: 9999-07-01 08:00:00"),
        // The first Sunday of November 2100 is the 7th.
        ("SELECT cast(timestamp'2100-11-07T05:30:00Z' AS STRING) AS t", "t STRING: 2100-11-07 01:30:00"),
        ("SELECT cast(timestamp'2100-11-07T06:30:00Z' AS STRING) AS t", "t STRING: 2100-11-07 01:30:00"),
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
