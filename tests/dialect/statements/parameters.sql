-- ? TINYINT = -128
-- ? SMALLINT = 32767
-- ? INT = -2147483648
-- ? BIGINT = 9223372036854775807
SELECT ? AS a, ? AS b, ? AS c, ? AS d;
-- :f FLOAT = 1.5
-- :d DOUBLE = -0.1
-- :n DOUBLE = NaN
-- :i FLOAT = -Infinity
SELECT :f AS f, :d AS d, :n AS n, :i AS i;
-- :a DECIMAL(38,18) = -12345678901234567890.123456789012345678
-- :b DECIMAL(5,0) = 99999
-- :c DECIMAL = 7
SELECT :a AS a, :b AS b, :c AS c, :b + :b AS e;
-- :s STRING = it's "quoted" — 漢字 🎉
-- :e STRING =
SELECT :s AS s, :e AS e, length(:s) AS n, :e = '' AS empty;
-- :t BOOLEAN = true
-- :f BOOLEAN = false
SELECT :t AS t, :f AS f, :t AND NOT :f AS both;
-- :a DATE = 0001-01-01
-- :b DATE = 9999-12-31
SELECT :a AS a, :b AS b, datediff(:b, :a) AS days;
-- :a TIMESTAMP = 2024-02-29 12:34:56.123456
-- :b TIMESTAMP = 2024-03-31T01:30:00+02:00
-- :c TIMESTAMP_NTZ = 1969-12-31 23:59:59.999999
SELECT :a AS a, :b AS b, :c AS c, :a > :b AS later;
SET TIME ZONE 'America/St_Johns';
-- :a TIMESTAMP = 2024-07-01 12:00:00
-- :b TIMESTAMP_NTZ = 2024-07-01 12:00:00
SELECT :a AS a, cast(:a AS STRING) AS s, :b AS b, hour(:a) AS h;
SET TIME ZONE 'Etc/UTC';
-- :b BINARY = 00ff
SELECT :b AS b;
-- :m INTERVAL MONTH = 14
SELECT :m AS m;
-- :y INTERVAL YEAR TO MONTH = 1-2
SELECT :y AS y, date'2024-01-31' + :y AS d;
-- :d INTERVAL DAY TO SECOND = 1 02:03:04.5
SELECT :d AS d, timestamp'2024-01-01 00:00:00' + :d AS t;
-- :v VOID = NULL
SELECT :v AS v, :v IS NULL AS n;
-- :a INT = NULL
-- :b STRING = NULL
-- :c DECIMAL(10,2) = NULL
-- :d TIMESTAMP = NULL
-- :e BOOLEAN = NULL
-- :f DATE = NULL
SELECT :a AS a, :b AS b, :c AS c, :d AS d, :e AS e, :f AS f;
-- :low INT = 2
-- :high INT = 4
SELECT id FROM range(10) WHERE id BETWEEN :low AND :high AND :low < :high ORDER BY id;
-- ? STRING = b
-- ? INT = 2
SELECT k, v FROM VALUES ('a', 1), ('b', 2), ('b', 3) AS t(k, v) WHERE k = ? AND v = ?;
-- ? INT = 1
-- ? STRING = low
-- ? STRING = high
-- ? INT = 2
-- ? BIGINT = 0
-- ? BIGINT = 5
-- ? BIGINT = 1
-- ? INT = 2
SELECT CASE WHEN a.id % 2 = ? THEN ? ELSE ? END AS c, count(*) AS n FROM range(9) a JOIN range(9) b ON a.id = b.id * ? WHERE a.id BETWEEN ? AND ? GROUP BY 1 HAVING count(*) > ? ORDER BY 1 LIMIT ?;
-- :n INT = 3
SELECT id FROM range(10) ORDER BY id LIMIT :n;
-- :n INT = 1
SELECT :n + 1 AS x, :n || 'x' AS y, array(:n, :n) AS z, typeof(:n) AS t;
-- :k STRING = two
WITH pairs AS (SELECT * FROM VALUES (1, 'one'), (2, 'two') AS t(n, word)) SELECT n FROM pairs WHERE word = :k;
CREATE TABLE p (i INT, s STRING, d DECIMAL(10,2), t TIMESTAMP, b BOOLEAN, day DATE);
-- :i INT = 1
-- :s STRING = it's
-- :d DECIMAL(10,2) = 12.50
-- :t TIMESTAMP = 2024-02-29 12:34:56
-- :b BOOLEAN = true
-- :day DATE = 2024-02-29
INSERT INTO p VALUES (:i, :s, :d, :t, :b, :day);
-- ? STRING = changed
-- ? INT = 1
UPDATE p SET s = ? WHERE i = ?;
SELECT * FROM p;
-- :i INT = 1
DELETE FROM p WHERE i = :i;
SELECT :missing AS m;
-- :a INT = 1
SELECT :a AS a, :b AS b;
-- ? INT = 1
SELECT ? AS a, ? AS b;
-- :i STRING = x
SELECT cast(:i AS INT) AS i;
