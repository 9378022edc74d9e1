//! Queries by area: what they answer.

/// Literals and their types.
pub(super) const LITERALS: &[(&str, &str, &[&str])] = &[
    ("SELECT 1", "1 INT", &["1"]),
    ("SELECT 2147483648", "2147483648 BIGINT", &["2147483648"]),
    ("SELECT -2147483648", "-2147483648 INT", &["-2147483648"]),
    ("SELECT 1L, 2S, 3Y", "1 BIGINT, 2 SMALLINT, 3 TINYINT", &["1|2|3"]),
    ("SELECT 1.5, .05, 10.", "1.5 DECIMAL(2,1), 0.05 DECIMAL(2,2), 10 DECIMAL(2,0)", &["1.5|0.05|10"]),
    ("SELECT 2.5BD, 1.5D, 1.5F", "2.5 DECIMAL(2,1), 1.5 DOUBLE, 1.5 FLOAT", &["2.5|1.5|1.5"]),
    ("SELECT 1e3", "1000.0 DOUBLE", &["1000.0"]),
    ("SELECT -1BD, -4e3BD", "-1 DECIMAL(1,0), -4000 DECIMAL(4,0)", &["-1|-4000"]),
    ("SELECT 0.00001, 0.0000001", "0.00001 DECIMAL(5,5), 1E-7 DECIMAL(7,7)", &["0.00001|0.0000001"]),
    ("SELECT x'ff'", "X'FF' BINARY", &["ff"]),
    (
        "SELECT timestamp_ltz'2024-07-01 12:00:00'",
        "TIMESTAMP '2024-07-01 12:00:00' TIMESTAMP",
        &["2024-07-01T12:00:00Z"],
    ),
    ("SELECT interval 2 years 4 months", "INTERVAL '2-4' YEAR TO MONTH INTERVAL YEAR TO MONTH", &["2 years 4 mons"]),
    ("SELECT interval 1 day -2 hours", "INTERVAL '0 22' DAY TO HOUR INTERVAL DAY TO HOUR", &["PT79200S"]),
    (
        "SELECT interval -'-1 2:3:4' day to second",
        "INTERVAL '1 02:03:04' DAY TO SECOND INTERVAL DAY TO SECOND",
        &["PT93784S"],
    ),
    ("SELECT interval 1.5 second", "INTERVAL '01.5' SECOND INTERVAL SECOND", &["PT1.5S"]),
    ("SELECT 'it''s', \"double quoted\"", "it's STRING, double quoted STRING", &["it's|double quoted"]),
    ("SELECT 'a\\tb'", "a\tb STRING", &["a\tb"]),
    ("SELECT NULL", "NULL VOID", &["NULL"]),
    ("SELECT true, FALSE", "true BOOLEAN, false BOOLEAN", &["true|false"]),
    ("SELECT X'1F2B'", "X'1F2B' BINARY", &["1f2b"]),
    ("SELECT date'2024-02-29'", "DATE '2024-02-29' DATE", &["2024-02-29"]),
    ("SELECT date'2024-2-9'", "DATE '2024-02-09' DATE", &["2024-02-09"]),
    ("SELECT timestamp'2024-07-01 12:00:00'", "TIMESTAMP '2024-07-01 12:00:00' TIMESTAMP", &["2024-07-01T12:00:00Z"]),
    (
        "SELECT timestamp'2024-07-01T12:00:00.123456+02:00'",
        "TIMESTAMP '2024-07-01 10:00:00.123456' TIMESTAMP",
        &["2024-07-01T10:00:00.123456Z"],
    ),
    (
        "SELECT timestamp_ntz'2024-07-01 12:00:00'",
        "TIMESTAMP_NTZ '2024-07-01 12:00:00' TIMESTAMP_NTZ",
        &["2024-07-01T12:00:00"],
    ),
    (
        "SELECT timestamp'0001-01-01 00:00:00', timestamp'9999-12-31 23:59:59.999999'",
        "TIMESTAMP '0001-01-01 00:00:00' TIMESTAMP, TIMESTAMP '9999-12-31 23:59:59.999999' TIMESTAMP",
        &["0001-01-01T00:00:00Z|9999-12-31T23:59:59.999999Z"],
    ),
    ("SELECT interval 3 day", "INTERVAL '3' DAY INTERVAL DAY", &["PT259200S"]),
    ("SELECT interval '1-2' year to month", "INTERVAL '1-2' YEAR TO MONTH INTERVAL YEAR TO MONTH", &["1 years 2 mons"]),
    (
        "SELECT interval '1 02:03:04.5' day to second",
        "INTERVAL '1 02:03:04.5' DAY TO SECOND INTERVAL DAY TO SECOND",
        &["PT93784.5S"],
    ),
    ("SELECT interval 90 minute", "INTERVAL '90' MINUTE INTERVAL MINUTE", &["PT5400S"]),
    ("SELECT 1 AS a, 2 AS A", "a INT, A INT", &["1|2"]),
    ("SELECT 1, 1", "1 INT, 1 INT", &["1|1"]),
    ("SELECT `weird name` FROM (SELECT 1 AS `weird name`)", "weird name INT", &["1"]),
];

/// Operators.
pub(super) const ARITHMETIC: &[(&str, &str, &[&str])] = &[
    ("SELECT 1 + 1", "(1 + 1) INT", &["2"]),
    ("SELECT 1 / 2", "(1 / 2) DOUBLE", &["0.5"]),
    (
        "SELECT 7 DIV 2, 7 % 3, -7 % 3, -7 DIV 2",
        "(7 div 2) BIGINT, (7 % 3) INT, (-7 % 3) INT, (-7 div 2) BIGINT",
        &["3|1|-1|-3"],
    ),
    ("SELECT 10 DIV 3 + 1", "((10 div 3) + 1) BIGINT", &["4"]),
    (
        "SELECT 1.5 + 2, 1.5 - 2.25, 1.5 * 1.5",
        "(1.5 + 2) DECIMAL(3,1), (1.5 - 2.25) DECIMAL(4,2), (1.5 * 1.5) DECIMAL(5,2)",
        &["3.5|-0.75|2.25"],
    ),
    ("SELECT 1.0 / 3", "(1.0 / 3) DECIMAL(7,6)", &["0.333333"]),
    ("SELECT 1.5 / 0.3", "(1.5 / 0.3) DECIMAL(8,6)", &["5.000000"]),
    ("SELECT 5 % 3.5", "(5 % 3.5) DECIMAL(2,1)", &["1.5"]),
    (
        "SELECT cast(1 AS DECIMAL(38,10)) * cast(1 AS DECIMAL(38,10))",
        "(CAST(1 AS DECIMAL(38,10)) * CAST(1 AS DECIMAL(38,10))) DECIMAL(38,6)",
        &["1.000000"],
    ),
    (
        "SELECT cast(1 AS DECIMAL(38,18)) / 3",
        "(CAST(1 AS DECIMAL(38,18)) / 3) DECIMAL(38,18)",
        &["0.333333333333333333"],
    ),
    ("SELECT 1 + 1L, 1 + 1.0D, 1.5 + 1.0D", "(1 + 1) BIGINT, (1 + 1.0) DOUBLE, (1.5 + 1.0) DOUBLE", &["2|2.0|2.5"]),
    ("SELECT '5' + 3, '1.5' + 1.0, '2' * 3L", "(5 + 3) BIGINT, (1.5 + 1.0) DOUBLE, (2 * 3) BIGINT", &["8|2.5|6"]),
    ("SELECT 1 + NULL", "(1 + NULL) INT", &["NULL"]),
    ("SELECT -(-3), +4, - 1.5", "(- -3) INT, (+ 4) INT, -1.5 DECIMAL(2,1)", &["3|4|-1.5"]),
    ("SELECT 5 & 3, 5 | 3, 5 ^ 3", "(5 & 3) INT, (5 | 3) INT, (5 ^ 3) INT", &["1|7|6"]),
    ("SELECT pmod(-7, 3), mod(7, 4)", "pmod(-7, 3) INT, mod(7, 4) INT", &["2|3"]),
    (
        "SELECT try_divide(1, 0), try_add(2147483647, 1), try_multiply(2, 3)",
        "try_divide(1, 0) DOUBLE, try_add(2147483647, 1) INT, try_multiply(2, 3) INT",
        &["NULL|NULL|6"],
    ),
    ("SELECT date'2024-01-31' + interval 1 month", "DATE '2024-01-31' + INTERVAL '1' MONTH DATE", &["2024-02-29"]),
    (
        "SELECT date'1998-12-01' - interval '90' day",
        "date_add(DATE '1998-12-01', (- extractansiintervaldays(INTERVAL '90' DAY))) DATE",
        &["1998-09-02"],
    ),
    (
        "SELECT date'2024-01-01' + 5, date'2024-01-10' - 3",
        "date_add(DATE '2024-01-01', 5) DATE, date_sub(DATE '2024-01-10', 3) DATE",
        &["2024-01-06|2024-01-07"],
    ),
    (
        "SELECT date'2024-03-01' - date'2024-02-01'",
        "(DATE '2024-03-01' - DATE '2024-02-01') INTERVAL DAY",
        &["PT2505600S"],
    ),
    (
        "SELECT timestamp'2024-01-01 00:00:00' + interval 90 minute",
        "TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '90' MINUTE TIMESTAMP",
        &["2024-01-01T01:30:00Z"],
    ),
    (
        "SELECT date'2024-01-01' + interval 2 hour",
        "DATE '2024-01-01' + INTERVAL '02' HOUR TIMESTAMP",
        &["2024-01-01T02:00:00Z"],
    ),
    (
        "SELECT 1 = 1.0, '2' < 10, 'a' < 'b', 1 <=> NULL, NULL <=> NULL",
        "(1 = 1.0) BOOLEAN, (2 < 10) BOOLEAN, (a < b) BOOLEAN, (1 <=> NULL) BOOLEAN, (NULL <=> NULL) BOOLEAN",
        &["true|true|true|false|true"],
    ),
    (
        "SELECT 1 == 1, 1 != 2, 1 <> 1, !true",
        "(1 = 1) BOOLEAN, (NOT (1 = 2)) BOOLEAN, (NOT (1 = 1)) BOOLEAN, (NOT true) BOOLEAN",
        &["true|true|false|false"],
    ),
    (
        "SELECT NULL = 1, NULL AND false, NULL OR true",
        "(NULL = 1) BOOLEAN, (NULL AND false) BOOLEAN, (NULL OR true) BOOLEAN",
        &["NULL|false|true"],
    ),
    (
        "SELECT 5 BETWEEN 1 AND 10, 3 IN (1, 2.0, 3), 3 NOT IN (1, NULL)",
        "between(5, 1, 10) BOOLEAN, (3 IN (1, 2.0, 3)) BOOLEAN, (NOT (3 IN (1, NULL))) BOOLEAN",
        &["true|true|NULL"],
    ),
    (
        "SELECT 'abc' LIKE 'a%', 'a_c' LIKE 'a\\_c', 'abc' LIKE 'a\\_c', 'ABC' ILIKE 'abc', 'abc' RLIKE '^a.c$'",
        "abc LIKE a% BOOLEAN, a_c LIKE a\\_c BOOLEAN, abc LIKE a\\_c BOOLEAN, ilike(ABC, abc) BOOLEAN, RLIKE(abc, ^a.c$) BOOLEAN",
        &["true|true|false|true|true"],
    ),
    ("SELECT 'a' || 'b' || 1", "concat(concat(a, b), 1) STRING", &["ab1"]),
    (
        "SELECT date'2024-01-01' = '2024-01-01', timestamp'2024-01-01 00:00:00' > '2023-12-31', date'2024-01-01' < timestamp'2024-01-01 00:00:01'",
        "(DATE '2024-01-01' = 2024-01-01) BOOLEAN, (TIMESTAMP '2024-01-01 00:00:00' > 2023-12-31) BOOLEAN, (DATE '2024-01-01' < TIMESTAMP '2024-01-01 00:00:01') BOOLEAN",
        &["true|true|true"],
    ),
    (
        "SELECT 5 div 2 * 2, 2 * 5 div 3, 7 - 2 - 1",
        "((5 div 2) * 2) BIGINT, ((2 * 5) div 3) BIGINT, ((7 - 2) - 1) INT",
        &["4|3|4"],
    ),
    (
        "SELECT not 1 = 2, not true and false, 1 + 2 = 3 and true",
        "(NOT (1 = 2)) BOOLEAN, ((NOT true) AND false) BOOLEAN, (((1 + 2) = 3) AND true) BOOLEAN",
        &["true|false|true"],
    ),
    (
        "SELECT timestamp'2024-01-02 00:00:00' - timestamp'2024-01-01 00:00:00'",
        "(TIMESTAMP '2024-01-02 00:00:00' - TIMESTAMP '2024-01-01 00:00:00') INTERVAL DAY TO SECOND",
        &["PT86400S"],
    ),
];

/// Casts.
pub(super) const CASTS: &[(&str, &str, &[&str])] = &[
    (
        "SELECT float('1.5') AS f, smallint(2) AS s, tinyint('3') AS t, decimal(4.5) AS d, binary('a') AS b",
        "f FLOAT, s SMALLINT, t TINYINT, d DECIMAL(10,0), b BINARY",
        &["1.5|2|3|5|61"],
    ),
    (
        "SELECT cast('12' AS INT), ' 12 '::BIGINT, try_cast('x' AS INT)",
        "CAST(12 AS INT) INT, CAST( 12  AS BIGINT) BIGINT, TRY_CAST(x AS INT) INT",
        &["12|12|NULL"],
    ),
    (
        "SELECT cast(3.99 AS INT), cast(-3.99D AS INT), cast(2.5 AS DECIMAL(2,0)), cast(-2.5 AS DECIMAL(2,0))",
        "CAST(3.99 AS INT) INT, CAST(-3.99 AS INT) INT, CAST(2.5 AS DECIMAL(2,0)) DECIMAL(2,0), CAST(-2.5 AS DECIMAL(2,0)) DECIMAL(2,0)",
        &["3|-3|3|-3"],
    ),
    (
        "SELECT cast('1.005' AS DECIMAL(3,2)), cast(1.005D AS DECIMAL(3,2)), cast('1e2' AS DECIMAL(5,1))",
        "CAST(1.005 AS DECIMAL(3,2)) DECIMAL(3,2), CAST(1.005 AS DECIMAL(3,2)) DECIMAL(3,2), CAST(1e2 AS DECIMAL(5,1)) DECIMAL(5,1)",
        &["1.01|1.01|100.0"],
    ),
    (
        "SELECT cast(1e10 AS STRING), cast(1.0D AS STRING), cast(0.0001D AS STRING), cast(123456.5F AS STRING), cast(1.50 AS STRING)",
        "CAST(1.0E10 AS STRING) STRING, CAST(1.0 AS STRING) STRING, CAST(1.0E-4 AS STRING) STRING, CAST(123456.5 AS STRING) STRING, CAST(1.50 AS STRING) STRING",
        &["1.0E10|1.0|1.0E-4|123456.5|1.50"],
    ),
    (
        "SELECT cast(true AS STRING), cast(date'2024-01-02' AS STRING), cast(timestamp'2024-01-02 03:04:05.600' AS STRING)",
        "CAST(true AS STRING) STRING, CAST(DATE '2024-01-02' AS STRING) STRING, CAST(TIMESTAMP '2024-01-02 03:04:05.6' AS STRING) STRING",
        &["true|2024-01-02|2024-01-02 03:04:05.6"],
    ),
    (
        "SELECT cast('t' AS BOOLEAN), cast('no' AS BOOLEAN), cast(0 AS BOOLEAN), cast(true AS INT)",
        "CAST(t AS BOOLEAN) BOOLEAN, CAST(no AS BOOLEAN) BOOLEAN, CAST(0 AS BOOLEAN) BOOLEAN, CAST(true AS INT) INT",
        &["true|false|false|1"],
    ),
    (
        "SELECT cast('2024-01-02' AS DATE), cast('2024-01-02 03:04:05' AS DATE), cast(timestamp'2024-01-02 23:00:00' AS DATE)",
        "CAST(2024-01-02 AS DATE) DATE, CAST(2024-01-02 03:04:05 AS DATE) DATE, CAST(TIMESTAMP '2024-01-02 23:00:00' AS DATE) DATE",
        &["2024-01-02|2024-01-02|2024-01-02"],
    ),
    (
        "SELECT cast('2024-01-02 03:04' AS TIMESTAMP), cast(date'2024-01-02' AS TIMESTAMP), cast('2024-01-02T03:04:05Z' AS TIMESTAMP)",
        "CAST(2024-01-02 03:04 AS TIMESTAMP) TIMESTAMP, CAST(DATE '2024-01-02' AS TIMESTAMP) TIMESTAMP, CAST(2024-01-02T03:04:05Z AS TIMESTAMP) TIMESTAMP",
        &["2024-01-02T03:04:00Z|2024-01-02T00:00:00Z|2024-01-02T03:04:05Z"],
    ),
    (
        "SELECT cast(timestamp'1970-01-01 00:00:01.5' AS BIGINT), cast(timestamp'1970-01-01 00:00:01.5' AS DOUBLE), cast(86400 AS TIMESTAMP)",
        "CAST(TIMESTAMP '1970-01-01 00:00:01.5' AS BIGINT) BIGINT, CAST(TIMESTAMP '1970-01-01 00:00:01.5' AS DOUBLE) DOUBLE, CAST(86400 AS TIMESTAMP) TIMESTAMP",
        &["1|1.5|1970-01-02T00:00:00Z"],
    ),
    (
        "SELECT cast('NaN' AS DOUBLE), cast('inf' AS DOUBLE), cast('1.5' AS FLOAT)",
        "CAST(NaN AS DOUBLE) DOUBLE, CAST(inf AS DOUBLE) DOUBLE, CAST(1.5 AS FLOAT) FLOAT",
        &["NaN|inf|1.5"],
    ),
    (
        "SELECT cast(NULL AS INT), cast(NULL AS STRUCT<a: INT, b: STRING>) AS s, cast(NULL AS MAP<STRING, ARRAY<INT>>) AS m",
        "CAST(NULL AS INT) INT, s STRUCT<a: INT, b: STRING>, m MAP<STRING, ARRAY<INT>>",
        &["NULL|NULL|NULL"],
    ),
    (
        "SELECT cast(array(1, 2) AS ARRAY<STRING>), cast(named_struct('a', 1) AS STRUCT<b: BIGINT>)",
        "array(1, 2) ARRAY<STRING>, named_struct(a, 1) STRUCT<b: BIGINT>",
        &["[1, 2]|{b: 1}"],
    ),
    (
        "SELECT cast('abc' AS BINARY), cast(cast('abc' AS BINARY) AS STRING)",
        "CAST(abc AS BINARY) BINARY, CAST(CAST(abc AS BINARY) AS STRING) STRING",
        &["616263|abc"],
    ),
    (
        "SELECT typeof(1), typeof(1.5), typeof('a'), typeof(array(1L)), typeof(map('a', 1))",
        "typeof(1) STRING, typeof(1.5) STRING, typeof(a) STRING, typeof(array(1)) STRING, typeof(map(a, 1)) STRING",
        &["int|decimal(2,1)|string|array<bigint>|map<string,int>"],
    ),
];

/// Functions of text.
pub(super) const TEXT: &[(&str, &str, &[&str])] = &[
    (
        "SELECT 'ab' LIKE ALL ('a%', '%b') AS a, 'ab' LIKE ANY ('x', 'ab') AS b, 'ab' NOT ILIKE ALL ('X', 'AB') AS c, 'ab' LIKE SOME ('x') AS d, 'ab' LIKE ALL ('a%', NULL) AS e",
        "a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN",
        &["true|true|false|false|NULL"],
    ),
    (
        "SELECT 'h%' LIKE 'h#%' ESCAPE '#' AS a, 'hx' LIKE 'h#%' ESCAPE '#' AS b, 'a_b' ILIKE 'A__B' ESCAPE '_' AS c, 'a\\\\b' LIKE 'a\\\\b' ESCAPE '#' AS d",
        "a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN",
        &["true|false|true|true"],
    ),
    (
        "SELECT 1 ! IN (2) AS a, !true = false AS b, NULL IS ! NULL AS c",
        "a BOOLEAN, b BOOLEAN, c BOOLEAN",
        &["true|true|false"],
    ),
    ("SELECT regexp_extract_all('1a 14', '(\\\\d+)?') AS a", "a ARRAY<STRING>", &["[1, , , 14, ]"]),
    (
        "SELECT regexp_replace('abab', 'b?', 'X') AS a, regexp_replace('abab', 'a', 'X', 2) AS b",
        "a STRING, b STRING",
        &["XaXXaXX|abXb"],
    ),
    ("SELECT regexp_count('ab', 'b?') AS a", "a INT", &["3"]),
    (
        "SELECT substr('abc' from 2), regexp_like('a', 'a'), position('b', 'abc')",
        "substring(abc, 2, 2147483647) STRING, REGEXP_LIKE(a, a) BOOLEAN, position(b, abc, 1) INT",
        &["bc|true|2"],
    ),
    (
        "SELECT upper('aé'), lower('AÉ'), initcap('hello wORLD-x'), length('héé'), char_length('abc')",
        "upper(aé) STRING, lower(AÉ) STRING, initcap(hello wORLD-x) STRING, length(héé) INT, char_length(abc) INT",
        &["AÉ|aé|Hello World-x|3|3"],
    ),
    (
        "SELECT concat('a', 1, true), concat('a', NULL), concat_ws('-', 'a', NULL, 'b')",
        "concat(a, 1, true) STRING, concat(a, NULL) STRING, concat_ws(-, a, NULL, b) STRING",
        &["a1true|NULL|a-b"],
    ),
    (
        "SELECT substring('hello', 2, 3), substr('hello', -3), substring('hello', 0, 2), substring('hello' FROM 2 FOR 2), substring('hi', 5)",
        "substring(hello, 2, 3) STRING, substr(hello, -3, 2147483647) STRING, substring(hello, 0, 2) STRING, substring(hello, 2, 2) STRING, substring(hi, 5, 2147483647) STRING",
        &["ell|llo|he|el|"],
    ),
    (
        "SELECT left('hello', 2), right('hello', 2), left('hello', -1)",
        "left(hello, 2) STRING, right(hello, 2) STRING, left(hello, -1) STRING",
        &["he|lo|"],
    ),
    (
        "SELECT trim('  x '), ltrim('  x '), rtrim('  x '), trim(BOTH 'x' FROM 'xxaxx'), trim(LEADING 'x' FROM 'xxaxx'), btrim('xax', 'x')",
        "trim(  x ) STRING, ltrim(  x ) STRING, rtrim(  x ) STRING, TRIM(BOTH x FROM xxaxx) STRING, TRIM(LEADING x FROM xxaxx) STRING, btrim(xax, x) STRING",
        &["x|x |  x|a|axx|a"],
    ),
    (
        "SELECT lpad('x', 5, 'ab'), rpad('x', 3), lpad('abcdef', 3, '-')",
        "lpad(x, 5, ab) STRING, rpad(x, 3,  ) STRING, lpad(abcdef, 3, -) STRING",
        &["ababx|x  |abc"],
    ),
    (
        "SELECT replace('aXbX', 'X', '-'), replace('abc', 'b'), replace('abc', '', 'x'), translate('abc', 'ab', 'x'), repeat('ab', 3), reverse('abc')",
        "replace(aXbX, X, -) STRING, replace(abc, b, ) STRING, replace(abc, , x) STRING, translate(abc, ab, x) STRING, repeat(ab, 3) STRING, reverse(abc) STRING",
        &["a-b-|ac|abc|xc|ababab|cba"],
    ),
    (
        "SELECT instr('hello', 'l'), locate('l', 'hello', 4), position('z' IN 'hello'), ascii('A')",
        "instr(hello, l) INT, locate(l, hello, 4) INT, locate(z, hello, 1) INT, ascii(A) INT",
        &["3|4|0|65"],
    ),
    (
        "SELECT split('a,b,,c', ','), split('abc', ''), split('a1b2c', '[0-9]', 2), split_part('a.b.c', '.', -1)",
        "split(a,b,,c, ,, -1) ARRAY<STRING>, split(abc, , -1) ARRAY<STRING>, split(a1b2c, [0-9], 2) ARRAY<STRING>, split_part(a.b.c, ., -1) STRING",
        &["[a, b, , c]|[a, b, c]|[a, b2c]|c"],
    ),
    (
        "SELECT contains('hello', 'ell'), startswith('hello', 'he'), endswith('hello', 'he')",
        "contains(hello, ell) BOOLEAN, startswith(hello, he) BOOLEAN, endswith(hello, he) BOOLEAN",
        &["true|true|false"],
    ),
    (
        "SELECT regexp_replace('abc123', '([a-z]+)([0-9]+)', '$2-$1'), regexp_extract('foo-42', '(\\\\w+)-(\\\\d+)', 2), regexp_extract('x', 'y', 0)",
        "regexp_replace(abc123, ([a-z]+)([0-9]+), $2-$1, 1) STRING, regexp_extract(foo-42, (\\w+)-(\\d+), 2) STRING, regexp_extract(x, y, 0) STRING",
        &["123-abc|42|"],
    ),
    (
        "SELECT regexp_like('abc', 'b'), regexp_count('banana', 'an'), regexp_extract_all('a1b22', '([0-9]+)')",
        "REGEXP_LIKE(abc, b) BOOLEAN, regexp_count(banana, an) INT, regexp_extract_all(a1b22, ([0-9]+), 1) ARRAY<STRING>",
        &["true|2|[1, 22]"],
    ),
    (
        "SELECT substring_index('a.b.c', '.', 2), substring_index('a.b.c', '.', -1), levenshtein('kitten', 'sitting'), md5('a')",
        "substring_index(a.b.c, ., 2) STRING, substring_index(a.b.c, ., -1) STRING, levenshtein(kitten, sitting) INT, md5(a) STRING",
        &["a.b|c|3|0cc175b9c0f1b6a831c399e269772661"],
    ),
];

/// Functions of dates.
pub(super) const DATES: &[(&str, &str, &[&str])] = &[
    (
        "SELECT date'2024-03-01' - '2024-02-01' AS d, '2024-03-01' - date'2024-02-01' AS e",
        "d INTERVAL DAY, e INTERVAL DAY",
        &["PT2505600S|PT2505600S"],
    ),
    ("SELECT timestamp'2024-01-02 00:00:00' - '2024-01-01' AS d", "d INTERVAL DAY TO SECOND", &["PT86400S"]),
    ("SELECT 7 + date'2024-01-01'", "date_add(DATE '2024-01-01', 7) DATE", &["2024-01-08"]),
    (
        "SELECT to_timestamp('2024-01-02 03:04:05.12', 'yyyy-MM-dd HH:mm:ss.SSSSSS') AS t",
        "t TIMESTAMP",
        &["2024-01-02T03:04:05.120Z"],
    ),
    (
        "SELECT year(date'2024-05-06'), quarter(date'2024-05-06'), month('2024-05-06'), day(date'2024-05-06'), dayofyear(date'2024-05-06')",
        "year(DATE '2024-05-06') INT, quarter(DATE '2024-05-06') INT, month(2024-05-06) INT, day(DATE '2024-05-06') INT, dayofyear(DATE '2024-05-06') INT",
        &["2024|2|5|6|127"],
    ),
    (
        "SELECT dayofweek(date'2024-05-06'), weekday(date'2024-05-06'), weekofyear(date'2024-12-30'), last_day(date'2024-02-03')",
        "dayofweek(DATE '2024-05-06') INT, weekday(DATE '2024-05-06') INT, weekofyear(DATE '2024-12-30') INT, last_day(DATE '2024-02-03') DATE",
        &["2|0|1|2024-02-29"],
    ),
    (
        "SELECT hour(timestamp'2024-05-06 07:08:09'), minute(timestamp'2024-05-06 07:08:09'), second(timestamp'2024-05-06 07:08:09')",
        "hour(TIMESTAMP '2024-05-06 07:08:09') INT, minute(TIMESTAMP '2024-05-06 07:08:09') INT, second(TIMESTAMP '2024-05-06 07:08:09') INT",
        &["7|8|9"],
    ),
    (
        "SELECT extract(YEAR FROM date'2024-05-06') AS y, extract(HOUR FROM timestamp'2024-05-06 07:08:09') AS h, date_part('month', date'2024-05-06')",
        "y INT, h INT, date_part(month, DATE '2024-05-06') INT",
        &["2024|7|5"],
    ),
    (
        "SELECT date_add(date'2024-01-31', 1), date_sub(date'2024-01-01', 1), datediff(date'2024-03-01', date'2024-02-01'), add_months(date'2024-01-31', 1)",
        "date_add(DATE '2024-01-31', 1) DATE, date_sub(DATE '2024-01-01', 1) DATE, datediff(DATE '2024-03-01', DATE '2024-02-01') INT, add_months(DATE '2024-01-31', 1) DATE",
        &["2024-02-01|2023-12-31|29|2024-02-29"],
    ),
    (
        "SELECT next_day(date'2024-05-06', 'MON'), make_date(2024, 2, 29), trunc(date'2024-05-06', 'QUARTER'), trunc(date'2024-05-06', 'WEEK')",
        "next_day(DATE '2024-05-06', MON) DATE, make_date(2024, 2, 29) DATE, trunc(DATE '2024-05-06', QUARTER) DATE, trunc(DATE '2024-05-06', WEEK) DATE",
        &["2024-05-13|2024-02-29|2024-04-01|2024-05-06"],
    ),
    (
        "SELECT date_trunc('MONTH', timestamp'2024-05-06 07:08:09'), date_trunc('HOUR', timestamp'2024-05-06 07:08:09')",
        "date_trunc(MONTH, TIMESTAMP '2024-05-06 07:08:09') TIMESTAMP, date_trunc(HOUR, TIMESTAMP '2024-05-06 07:08:09') TIMESTAMP",
        &["2024-05-01T00:00:00Z|2024-05-06T07:00:00Z"],
    ),
    (
        "SELECT date_format(timestamp'2024-05-06 07:08:09.123', 'yyyy/MM/dd HH:mm:ss.SSS'), date_format(date'2024-05-06', 'EEE d MMM yy')",
        "date_format(TIMESTAMP '2024-05-06 07:08:09.123', yyyy/MM/dd HH:mm:ss.SSS) STRING, date_format(DATE '2024-05-06', EEE d MMM yy) STRING",
        &["2024/05/06 07:08:09.123|Mon 6 May 24"],
    ),
    (
        "SELECT to_date('06.05.2024', 'dd.MM.yyyy'), to_timestamp('2024-05-06 7', 'yyyy-MM-dd H'), to_date('2024-05-06')",
        "to_date(06.05.2024, dd.MM.yyyy) DATE, to_timestamp(2024-05-06 7, yyyy-MM-dd H) TIMESTAMP, to_date(2024-05-06) DATE",
        &["2024-05-06|2024-05-06T07:00:00Z|2024-05-06"],
    ),
    (
        "SELECT unix_timestamp(timestamp'1970-01-01 00:00:10'), from_unixtime(10), timestamp_millis(1500), unix_date(date'1970-01-03')",
        "unix_timestamp(TIMESTAMP '1970-01-01 00:00:10', yyyy-MM-dd HH:mm:ss) BIGINT, from_unixtime(10, yyyy-MM-dd HH:mm:ss) STRING, timestamp_millis(1500) TIMESTAMP, unix_date(DATE '1970-01-03') INT",
        &["10|1970-01-01 00:00:10|1970-01-01T00:00:01.500Z|2"],
    ),
    (
        "SELECT current_date() <= cast(now() AS DATE), current_timestamp() = now()",
        "(current_date() <= CAST(now() AS DATE)) BOOLEAN, (current_timestamp() = now()) BOOLEAN",
        &["true|true"],
    ),
];

/// Functions of numbers.
pub(super) const MATH: &[(&str, &str, &[&str])] = &[
    (
        "SELECT abs(-5), abs(-1.5), ceil(1.2), floor(-1.5), ceil(1.5D), floor(7)",
        "abs(-5) INT, abs(-1.5) DECIMAL(2,1), CEIL(1.2) DECIMAL(2,0), FLOOR(-1.5) DECIMAL(2,0), CEIL(1.5) BIGINT, FLOOR(7) BIGINT",
        &["5|1.5|2|-2|2|7"],
    ),
    (
        "SELECT round(2.5), round(-2.5), round(1.005D, 2), round(2.455, 2), round(5)",
        "round(2.5, 0) DECIMAL(2,0), round(-2.5, 0) DECIMAL(2,0), round(1.005, 2) DOUBLE, round(2.455, 2) DECIMAL(4,2), round(5, 0) INT",
        &["3|-3|1.01|2.46|5"],
    ),
    (
        "SELECT sqrt(4), power(2, 10), exp(0), ln(0), ln(e()), log(2, 8), log10(1000), sign(-2)",
        "SQRT(4) DOUBLE, POWER(2, 10) DOUBLE, EXP(0) DOUBLE, ln(0) DOUBLE, ln(E()) DOUBLE, LOG(2, 8) DOUBLE, LOG10(1000) DOUBLE, sign(-2) DOUBLE",
        &["2.0|1024.0|1.0|NULL|1.0|3.0|3.0|-1.0"],
    ),
    (
        "SELECT greatest(1, 2.5, NULL), least(3, 2), isnan(cast('NaN' AS DOUBLE)), pi()",
        "greatest(1, 2.5, NULL) DECIMAL(11,1), least(3, 2) INT, isnan(CAST(NaN AS DOUBLE)) BOOLEAN, PI() DOUBLE",
        &["2.5|2|true|3.141592653589793"],
    ),
    (
        "SELECT ifnull(NULL, 1), nvl2(1, 'a', 'b'), isnull(1), isnotnull(1), equal_null(NULL, NULL)",
        "ifnull(NULL, 1) INT, nvl2(1, a, b) STRING, (1 IS NULL) BOOLEAN, (1 IS NOT NULL) BOOLEAN, equal_null(NULL, NULL) BOOLEAN",
        &["1|a|false|true|true"],
    ),
    (
        "SELECT double(1), string(2), int('3'), date('2024-01-01')",
        "1 DOUBLE, 2 STRING, 3 INT, 2024-01-01 DATE",
        &["1.0|2|3|2024-01-01"],
    ),
];

/// Arrays, maps, structs.
pub(super) const NESTED: &[(&str, &str, &[&str])] = &[
    (
        "SELECT array(1, 2)[0], array(1, 2.5), array(), array(1, NULL)",
        "array(1, 2)[0] INT, array(1, 2.5) ARRAY<DECIMAL(11,1)>, array() ARRAY<VOID>, array(1, NULL) ARRAY<INT>",
        &["1|[1.0, 2.5]|[]|[1, NULL]"],
    ),
    (
        "SELECT map('a', 1)['a'], map('a', 1)['b'], map(1, 'x', 2, 'y')",
        "map(a, 1)[a] INT, map(a, 1)[b] INT, map(1, x, 2, y) MAP<INT, STRING>",
        &["1|NULL|{1: x, 2: y}"],
    ),
    (
        "SELECT named_struct('A', 1, 'b', 'x').a, struct(1 AS p, 'x' AS q)",
        "named_struct(A, 1, b, x).a INT, struct(1 AS p, x AS q) STRUCT<p: INT, q: STRING>",
        &["1|{p: 1, q: x}"],
    ),
    (
        "SELECT element_at(array(1, 2, 3), -1), element_at(map('a', 1), 'a')",
        "element_at(array(1, 2, 3), -1) INT, element_at(map(a, 1), a) INT",
        &["3|1"],
    ),
    (
        "SELECT size(array(1, 2)), size(map('a', 1)), size(cast(NULL AS ARRAY<INT>)) AS n",
        "size(array(1, 2)) INT, size(map(a, 1)) INT, n INT",
        &["2|1|NULL"],
    ),
    (
        "SELECT array_contains(array(1, 2), 2), array_distinct(array(1, 1, 2)), array_max(array(1, 3, 2)), array_min(array(2, 1))",
        "array_contains(array(1, 2), 2) BOOLEAN, array_distinct(array(1, 1, 2)) ARRAY<INT>, array_max(array(1, 3, 2)) INT, array_min(array(2, 1)) INT",
        &["true|[1, 2]|3|1"],
    ),
    (
        "SELECT array_join(array('a', 'b'), ','), concat(array(1), array(2)), flatten(array(array(1), array(2)))",
        "array_join(array(a, b), ,) STRING, concat(array(1), array(2)) ARRAY<INT>, flatten(array(array(1), array(2))) ARRAY<INT>",
        &["a,b|[1, 2]|[1, 2]"],
    ),
    (
        "SELECT map_keys(map('a', 1)), map_values(map('a', 1))",
        "map_keys(map(a, 1)) ARRAY<STRING>, map_values(map(a, 1)) ARRAY<INT>",
        &["[a]|[1]"],
    ),
    ("SELECT s.Inner.x FROM (SELECT named_struct('inner', named_struct('X', 7)) AS s)", "x INT", &["7"]),
    ("SELECT explode(array(1, 2, 3)) AS x, 'a' AS c", "x INT, c STRING", &["1|a", "2|a", "3|a"]),
    ("SELECT explode(array('a'))", "col STRING", &["a"]),
    (
        "SELECT named_struct('a', 1) = named_struct('a', 1), array(1) = array(1)",
        "(named_struct(a, 1) = named_struct(a, 1)) BOOLEAN, (array(1) = array(1)) BOOLEAN",
        &["true|true"],
    ),
];

/// Queries.
pub(super) const QUERIES: &[(&str, &str, &[&str])] = &[
    (
        "SELECT a, sum(b) AS s FROM VALUES (1, 2) AS t(a, b) NATURAL JOIN VALUES (1, 2) AS u(a, b) GROUP BY a HAVING sum(b) > 1",
        "a INT, s BIGINT",
        &["1|2"],
    ),
    ("SELECT a + 1 AS x FROM VALUES (1, 2) AS t(a, b) JOIN VALUES (1) AS u(a) USING (a)", "x INT", &["2"]),
    (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT CASE WHEN n < 3 THEN n + 1 END FROM r WHERE n < 3) SELECT * FROM r",
        "n INT",
        &["1", "2", "3"],
    ),
    ("SELECT any_value(id) OVER (ORDER BY id) AS a FROM range(2)", "a BIGINT", &["0", "0"]),
    (
        "SELECT max(l) AS m FROM (WITH RECURSIVE r(l) AS (VALUES 0 UNION ALL SELECT l + 1 FROM r WHERE l < 99) SELECT * FROM r)",
        "m INT",
        &["99"],
    ),
    (
        "SELECT cast(ID AS STRING), t.id::INT, cast(id + 1 AS INT) FROM range(1) t",
        "ID STRING, id INT, CAST((id + 1) AS INT) INT",
        &["0|0|1"],
    ),
    ("SELECT * FROM (SELECT 1 + ID FROM range(1))", "(1 + ID) BIGINT", &["1"]),
    ("SELECT * FROM range(3)", "id BIGINT", &["0", "1", "2"]),
    ("SELECT ID, id AS Other FROM range(1, 10, 4)", "ID BIGINT, Other BIGINT", &["1|1", "5|5", "9|9"]),
    ("SELECT id FROM range(3, 0, -1)", "id BIGINT", &["3", "2", "1"]),
    ("SELECT * FROM VALUES (1, 'a'), (2, NULL)", "col1 INT, col2 STRING", &["1|a", "2|NULL"]),
    ("SELECT * FROM VALUES (1), (2.5), (NULL) AS t(x)", "x DECIMAL(11,1)", &["1.0", "2.5", "NULL"]),
    ("SELECT Y FROM VALUES (1, 'a'), (2, 'b') AS t(X, y) ORDER BY x DESC", "Y STRING", &["b", "a"]),
    (
        "WITH c AS (SELECT 1 AS A UNION ALL SELECT 2) SELECT sum(a), max(A), count(*) FROM c",
        "sum(a) BIGINT, max(A) INT, count(1) BIGINT",
        &["3|2|2"],
    ),
    ("SELECT x FROM VALUES (2), (NULL), (1) AS t(x) ORDER BY x", "x INT", &["NULL", "1", "2"]),
    ("SELECT x FROM VALUES (2), (NULL), (1) AS t(x) ORDER BY x DESC", "x INT", &["2", "1", "NULL"]),
    ("SELECT x FROM VALUES (2), (NULL), (1) AS t(x) ORDER BY x DESC NULLS FIRST", "x INT", &["NULL", "2", "1"]),
    (
        "SELECT id % 2 AS p, count(*), sum(id), avg(id) FROM range(10) GROUP BY id % 2 HAVING count(*) > 1 ORDER BY p",
        "p BIGINT, count(1) BIGINT, sum(id) BIGINT, avg(id) DOUBLE",
        &["0|5|20|4.0", "1|5|25|5.0"],
    ),
    (
        "SELECT id % 2 AS p, count(*) AS c FROM range(10) GROUP BY ROLLUP(id % 2) ORDER BY p",
        "p BIGINT, c BIGINT",
        &["NULL|10", "0|5", "1|5"],
    ),
    (
        "SELECT id % 2, id % 3, count(*) FROM range(6) GROUP BY GROUPING SETS ((id % 2), (id % 3)) ORDER BY 1, 2",
        "(id % 2) BIGINT, (id % 3) BIGINT, count(1) BIGINT",
        &["NULL|0|2", "NULL|1|2", "NULL|2|2", "0|NULL|3", "1|NULL|3"],
    ),
    (
        "SELECT sum(x), avg(x), min(x), max(x) FROM VALUES (1.10), (2.25), (2.26) AS t(x)",
        "sum(x) DECIMAL(13,2), avg(x) DECIMAL(7,6), min(x) DECIMAL(3,2), max(x) DECIMAL(3,2)",
        &["5.61|1.870000|1.10|2.26"],
    ),
    ("SELECT avg(x) FROM VALUES (1.00), (2.00), (2.00) AS t(x)", "avg(x) DECIMAL(7,6)", &["1.666667"]),
    (
        "SELECT count(x), count(DISTINCT x), count_if(x > 1) FROM VALUES (1), (1), (2), (NULL) AS t(x)",
        "count(x) BIGINT, count(DISTINCT x) BIGINT, count_if((x > 1)) BIGINT",
        &["3|2|1"],
    ),
    ("SELECT sum(id), count(*) FROM range(0)", "sum(id) BIGINT, count(1) BIGINT", &["NULL|0"]),
    (
        "SELECT bool_and(id > 0), bool_or(id > 0), stddev(id), var_pop(id) FROM range(3)",
        "bool_and((id > 0)) BOOLEAN, bool_or((id > 0)) BOOLEAN, stddev(id) DOUBLE, var_pop(id) DOUBLE",
        &["false|true|1.0|0.6666666666666666"],
    ),
    ("SELECT sum(id) FILTER (WHERE id > 1) FROM range(4)", "sum(id) FILTER (WHERE (id > 1)) BIGINT", &["5"]),
    (
        "SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM range(4) ORDER BY id",
        "id BIGINT, s BIGINT",
        &["0|0", "1|1", "2|3", "3|5"],
    ),
    (
        "SELECT id, row_number() OVER (ORDER BY id DESC) AS rn, rank() OVER (ORDER BY id DIV 2) AS rk, lag(id) OVER (ORDER BY id) AS l FROM range(3) ORDER BY id",
        "id BIGINT, rn INT, rk INT, l BIGINT",
        &["0|3|1|NULL", "1|2|1|0", "2|1|3|1"],
    ),
    ("SELECT a.id, b.id FROM range(2) a JOIN range(1, 3) b ON a.id = b.id", "id BIGINT, id BIGINT", &["1|1"]),
    (
        "SELECT a.id, b.id FROM range(2) a LEFT JOIN range(1, 3) b ON a.id = b.id ORDER BY a.id",
        "id BIGINT, id BIGINT",
        &["0|NULL", "1|1"],
    ),
    ("SELECT id FROM range(2) a JOIN range(1, 3) b USING (id)", "id BIGINT", &["1"]),
    (
        "SELECT id FROM range(3) a WHERE EXISTS (SELECT 1 FROM range(2) b WHERE b.id = a.id) ORDER BY id",
        "id BIGINT",
        &["0", "1"],
    ),
    ("SELECT id FROM range(5) WHERE id IN (SELECT id FROM range(2)) ORDER BY id DESC", "id BIGINT", &["1", "0"]),
    ("SELECT id FROM range(3) WHERE id NOT IN (SELECT id FROM range(1)) ORDER BY id", "id BIGINT", &["1", "2"]),
    ("SELECT (SELECT max(id) FROM range(4)) AS m", "m BIGINT", &["3"]),
    ("SELECT 1 UNION SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1", "1 DECIMAL(11,1)", &["1.0", "2.5"]),
    ("SELECT id FROM range(4) EXCEPT SELECT id FROM range(2) ORDER BY id", "id BIGINT", &["2", "3"]),
    ("SELECT id FROM range(4) INTERSECT SELECT id FROM range(2) ORDER BY id", "id BIGINT", &["0", "1"]),
    ("SELECT DISTINCT id % 2 AS x FROM range(5) ORDER BY x", "x BIGINT", &["0", "1"]),
    ("SELECT id FROM range(5) ORDER BY id LIMIT 2 OFFSET 1", "id BIGINT", &["1", "2"]),
    (
        "SELECT CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END, CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, coalesce(NULL, 3), if(true, 1, 2), nvl(NULL, 'x'), nullif(1, 1)",
        "CASE WHEN (1 = 1) THEN 1 ELSE 2.5 END DECIMAL(11,1), CASE WHEN (2 = 1) THEN a WHEN (2 = 2) THEN b END STRING, coalesce(NULL, 3) INT, (IF(true, 1, 2)) INT, nvl(NULL, x) STRING, nullif(1, 1) INT",
        &["1.0|b|3|1|x|NULL"],
    ),
    ("SELECT * EXCEPT (id) FROM (SELECT id, 1 AS one FROM range(1))", "one INT", &["1"]),
    ("SELECT id AS x FROM range(2) GROUP BY ALL ORDER BY x", "x BIGINT", &["0", "1"]),
    (
        "SELECT current_catalog(), current_schema(), current_database()",
        "current_catalog() STRING, current_schema() STRING, current_schema() STRING",
        &["main|default|default"],
    ),
    ("SELECT r.id FROM range(1) AS R WHERE R.ID = 0", "id BIGINT", &["0"]),
    (
        "SELECT n_name FROM samples.tpch.nation WHERE n_regionkey = 3 ORDER BY n_name LIMIT 2",
        "n_name STRING",
        &["FRANCE", "GERMANY"],
    ),
    (
        "SELECT Nation.N_Name FROM SAMPLES.TPCH.Nation ORDER BY nation.n_nationkey LIMIT 1",
        "N_Name STRING",
        &["ALGERIA"],
    ),
    ("SELECT id FROM range(10) QUALIFY row_number() OVER (ORDER BY id DESC) = 1", "id BIGINT", &["9"]),
    ("SELECT * FROM (SELECT 1 AS Foo)", "Foo INT", &["1"]),
    (
        "WITH c AS (SELECT id % 2 AS Par, sum(id) AS Total FROM range(4) GROUP BY PAR) SELECT *, Total + 1 AS More FROM c ORDER BY TOTAL",
        "Par BIGINT, Total BIGINT, More BIGINT",
        &["0|2|3", "1|4|5"],
    ),
    (
        "SELECT id % 2 AS Par, count(*) AS N FROM range(4) GROUP BY Par ORDER BY par",
        "Par BIGINT, N BIGINT",
        &["0|2", "1|2"],
    ),
    ("SELECT Foo FROM (SELECT 1 AS foo) UNION ALL SELECT 2 AS Bar ORDER BY 1", "Foo INT", &["1", "2"]),
    ("SELECT 1 UNION ALL SELECT '2' ORDER BY 1", "1 BIGINT", &["1", "2"]),
    ("SELECT 1.5 UNION ALL SELECT 2 UNION ALL SELECT 3.25 ORDER BY 1", "1.5 DECIMAL(12,2)", &["1.50", "2.00", "3.25"]),
    (
        "SELECT date'2024-01-01' UNION ALL SELECT timestamp'2024-01-01 00:00:00'",
        "DATE '2024-01-01' TIMESTAMP",
        &["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"],
    ),
    ("SELECT sum(Foo) AS S FROM (SELECT id AS Foo FROM range(3)) HAVING S > 1", "S BIGINT", &["3"]),
    ("SELECT count(*) OVER () AS c FROM range(2)", "c BIGINT", &["2", "2"]),
    ("SELECT sum(id) OVER w AS s FROM range(3) WINDOW w AS (ORDER BY id) ORDER BY id", "s BIGINT", &["0", "1", "3"]),
    (
        "SELECT ntile(2) OVER (ORDER BY id) AS n, dense_rank() OVER (ORDER BY id) AS d, first_value(id) OVER (ORDER BY id) AS f FROM range(3) ORDER BY id",
        "n INT, d INT, f BIGINT",
        &["1|1|0", "1|2|0", "2|3|0"],
    ),
    (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r",
        "n INT",
        &["1", "2", "3"],
    ),
    ("SELECT * FROM range(2) a LEFT SEMI JOIN range(1) b ON a.id = b.id", "id BIGINT", &["0"]),
    ("SELECT * FROM range(2) a LEFT ANTI JOIN range(1) b ON a.id = b.id", "id BIGINT", &["1"]),
    (
        "SELECT * FROM range(2) a FULL OUTER JOIN range(1, 3) b ON a.id = b.id ORDER BY 1, 2",
        "id BIGINT, id BIGINT",
        &["NULL|2", "0|NULL", "1|1"],
    ),
    ("SELECT 1 AS a, 2 AS a UNION ALL SELECT 3, 4 ORDER BY 1", "a INT, a INT", &["1|2", "3|4"]),
    (
        "SELECT if(id = 0, 'zero', 'more') AS k, count(*) FROM range(3) GROUP BY k ORDER BY k",
        "k STRING, count(1) BIGINT",
        &["more|2", "zero|1"],
    ),
    ("SELECT stddev(x) FROM VALUES (1) AS t(x)", "stddev(x) DOUBLE", &["NULL"]),
    ("SELECT sum(id + 1) / count(*) FROM range(3)", "(sum((id + 1)) / count(1)) DOUBLE", &["2.0"]),
    ("SELECT min(id) + max(id) * 2 AS x FROM range(3)", "x BIGINT", &["4"]),
    ("SELECT id AS `a.b` FROM range(1)", "a.b BIGINT", &["0"]),
    (
        "SELECT avg(l_quantity), sum(l_extendedprice * (1 - l_discount)) FROM samples.tpch.lineitem",
        "avg(l_quantity) DECIMAL(22,6), sum((l_extendedprice * (1 - l_discount))) DECIMAL(38,4)",
        &["25.527661|2045134942.0939"],
    ),
    (
        "DESCRIBE QUERY SELECT 1 AS a, array(1.5) AS b",
        "col_name STRING, data_type STRING, comment STRING",
        &["a|int|NULL", "b|array<decimal(2,1)>|NULL"],
    ),
];
