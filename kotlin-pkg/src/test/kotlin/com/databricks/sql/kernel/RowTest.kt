package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.math.BigDecimal
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.Period
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(LocalWarehouseExtension::class)
class RowTest(private val session: Session) {
    private class Case(val sql: String, val value: Any?, val getter: (Row, String) -> Any?)

    private val cases = listOf(
        Case("CAST(7 AS TINYINT)", 7, Row::getInt),
        Case("CAST(-7 AS SMALLINT)", -7, Row::getInt),
        Case("CAST(-70000 AS INT)", -70000, Row::getInt),
        Case("CAST(9223372036854775807 AS BIGINT)", Long.MAX_VALUE, Row::getLong),
        Case("CAST(1.5 AS FLOAT)", 1.5f, Row::getFloat),
        Case("CAST(1.5 AS DOUBLE)", 1.5, Row::getDouble),
        Case("CAST(-12.30 AS DECIMAL(10,2))", BigDecimal("-12.30"), Row::getBigDecimal),
        Case("CAST('-12345678901234567890123456.789' AS DECIMAL(38,3))", BigDecimal("-12345678901234567890123456.789"), Row::getBigDecimal),
        Case("true", true, Row::getBoolean),
        Case("'grün \uD83D\uDE00'", "grün \uD83D\uDE00", Row::getString),
        Case("''", "", Row::getString),
        Case("DATE '1969-12-31'", LocalDate.of(1969, 12, 31), Row::getLocalDate),
        Case("TIMESTAMP '2024-02-29 12:34:56.123456'", Instant.parse("2024-02-29T12:34:56.123456Z"), Row::getInstant),
        Case("TIMESTAMP '1960-01-01 00:00:00.000001'", Instant.parse("1960-01-01T00:00:00.000001Z"), Row::getInstant),
        Case("TIMESTAMP_NTZ '1969-12-31 23:59:59.5'", LocalDateTime.of(1969, 12, 31, 23, 59, 59, 500_000_000), Row::getLocalDateTime),
        Case("INTERVAL '-1-2' YEAR TO MONTH", Period.of(-1, -2, 0), Row::getPeriod),
        Case("INTERVAL '-1 02:03:04.5' DAY TO SECOND", Duration.parse("-P1DT2H3M4.5S"), Row::getDuration),
        Case("array(1, 2, CAST(NULL AS INT))", listOf(1, 2, null), Row::getList),
        Case("array(array('a'), CAST(NULL AS ARRAY<STRING>))", listOf(listOf("a"), null), Row::getList),
        Case("map('a', 1, 'b', CAST(NULL AS INT))", mapOf("a" to 1, "b" to null), Row::getMap),
        Case("named_struct('x', 1, 'y', named_struct('z', 'deep'))", mapOf("x" to 1, "y" to mapOf("z" to "deep"))) { row, name -> row.getRow(name).toMap() },
    )

    @Test
    fun eachType_isTheNearestJavaType_byGetAndByItsGetter() {
        for (case in cases) {
            session.execute("SELECT 0 AS other, ${case.sql} AS v").use { result ->
                val row = result.rows().single()
                assertEquals(case.value, row["v"], case.sql)
                assertEquals(case.value, case.getter(row, "v"), case.sql)
                assertFalse(row.isNull("v"), case.sql)
            }
        }
    }

    @Test
    fun eachType_hasNulls() {
        for (case in cases) {
            // The value stands beside the NULL, so that the column has a validity bitmap.
            session.execute("SELECT IF(id = 0, ${case.sql}, NULL) AS v FROM range(2) ORDER BY id").use { result ->
                assertEquals(listOf(case.value, null), result.toList().map { it.single() }, case.sql)
            }
        }
        session.execute("SELECT NULL AS v").use { assertEquals(listOf<Any?>(null), it.toList().single()) }
    }

    @Test
    fun binary_isCopied() {
        session.execute("SELECT X'00FF' AS v").use { result ->
            val row = result.rows().single()
            assertArrayEquals(byteArrayOf(0, -1), row.getBytes(0))
            assertArrayEquals(byteArrayOf(0, -1), row["v"] as ByteArray)
        }
    }

    @Test
    fun gettersOrNull_answerNull_andTheOthersThrow() {
        session.execute("SELECT CAST(NULL AS STRING) AS s, CAST(NULL AS INT) AS n").use { result ->
            val row = result.rows().single()
            assertNull(row.getStringOrNull("s"))
            assertNull(row.getIntOrNull(1))
            assertTrue(row.isNull(0))
            assertEquals("column s is NULL here: use the getter that ends in OrNull", failure<KernelException.InvalidArgument> { row.getString("s") }.message)
            failure<KernelException.InvalidArgument> { row.getInt(1) }
        }
    }

    @Test
    fun numbers_areRead_asAnyTypeThatHoldsThem() {
        session.execute("SELECT 5 AS n, CAST(3000000000 AS BIGINT) AS big, CAST(1.25 AS DECIMAL(5,2)) AS d").use { result ->
            val row = result.rows().single()
            assertEquals(5L, row.getLong("n"))
            assertEquals(5.0, row.getDouble("n"))
            assertEquals(BigDecimal("5"), row.getBigDecimal("n"))
            assertEquals(1.25, row.getDouble("d"))
            assertTrue(failure<KernelException.InvalidArgument> { row.getInt("big") }.message!!.contains("getLong"))
            failure<KernelException.InvalidArgument> { row.getLong("d") }
        }
    }

    @Test
    fun columns_areFound_byTheirName_inAnyLetterCase_theExactOneFirst() {
        session.execute("SELECT 1 AS N, 2 AS n, 3 AS other").use { result ->
            val row = result.rows().single()
            assertEquals(listOf(1, 2, 3), listOf(row["N"], row["n"], row["OTHER"]))
            assertTrue(failure<KernelException.InvalidArgument> { row["absent"] }.message!!.contains("N, n, other"))
            assertEquals("there is no column 3; there are 3, counted from 0", failure<KernelException.InvalidArgument> { row[3] }.message)
            assertEquals("column other is INT, not text; get() answers any type", failure<KernelException.InvalidArgument> { row.getString("other") }.message)
            assertEquals(listOf("N INT", "n INT", "other INT"), result.schema.columns.map { it.toString() })
        }
    }

    @Test
    fun nestedRows_areReadInPlace() {
        session.execute("SELECT array(named_struct('x', 1), named_struct('x', 2), NULL) AS a").use { result ->
            val rows = result.rows().single().getRows("a")
            assertEquals(listOf(1, 2, null), rows.map { it?.getInt("x") })
        }
    }

    @Test
    fun row_isGone_whenTheNextIsAskedFor_andWhenTheResultIsClosed() {
        session.execute("SELECT id, named_struct('x', id) AS s FROM range(2) ORDER BY id").use { result ->
            val rows = result.rows().iterator()
            val first = rows.next()
            val nested = first.getRow("s")
            assertEquals(0L, first.getLong(0))
            assertEquals(true, rows.hasNext())
            assertEquals(0L, first.getLong(0))
            val second = rows.next()
            for (gone in listOf(first, nested)) failure<KernelException.InvalidStatementHandle> { gone.getLong(0) }
            assertEquals(1L, second.getLong(0))
            result.close()
            failure<KernelException.InvalidStatementHandle> { second.getLong(0) }
            failure<KernelException.InvalidStatementHandle> { rows.hasNext() }
        }
    }

    @Test
    fun rows_goOnWhereTheLastLoopStopped() {
        session.execute("SELECT id FROM range(5) ORDER BY id").use { result ->
            assertEquals(0L, result.rows().first().getLong(0))
            assertEquals(listOf(1L, 2L), result.rows().asSequence().take(2).map { it.getLong(0) }.toList())
            assertEquals(listOf<List<Any?>>(listOf(3L), listOf(4L)), result.toList())
            assertEquals(emptyList<Any?>(), result.toList())
            assertEquals(5L, result.totalRowCount)
            failure<KernelException.InvalidState> { result.columns() }
        }
    }

    @Test
    fun largeResult_arrivesWhole_inASmallHeap() {
        assertTrue(Runtime.getRuntime().maxMemory() <= 128L shl 20)
        session.execute("SELECT l_orderkey, l_extendedprice, l_shipdate, l_comment FROM samples.tpch.lineitem").use { result ->
            val expected = result.totalRowCount!!
            var rows = 0L
            var keys = 0L
            for (row in result.rows()) {
                rows++
                keys += row.getLong("l_orderkey")
                check(row.getString(3).isNotEmpty() && row.getBigDecimal(1).scale() == 2)
            }
            assertEquals(expected, rows)
            assertEquals(keys, session.execute("SELECT sum(l_orderkey) FROM samples.tpch.lineitem").use { it.toList().single().single() })
        }
    }

    @Test
    fun shortResult_isDataLoss(warehouse: LocalWarehouse) {
        warehouse.planFaults("""[{"on": "result", "do": {"result": {"total_rows": {"add": 5}}}}]""")
        failure<KernelException.DataLoss> { session.execute("SELECT id FROM range(10)").use { it.toList() } }
    }
}
