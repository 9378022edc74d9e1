//! Functions by area: what queries of them answer.

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
