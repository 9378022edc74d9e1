package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import java.math.BigDecimal
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionTest {
    private lateinit var warehouse: LocalWarehouse
    private lateinit var session: Session

    @BeforeAll
    fun start() {
        warehouse = LocalWarehouse()
        session = Session.connect(warehouse.config())
    }

    @AfterAll
    fun stop() {
        session.close()
        warehouse.close()
    }

    private fun value(expression: String): Any? = session.execute("SELECT $expression AS v").use { it.toList().single().single() }

    @Test
    fun values_ofEachType_areTheNearestJavaType() {
        val cases = mapOf(
            "CAST(7 AS TINYINT)" to 7,
            "CAST(-7 AS INT)" to -7,
            "CAST(9223372036854775807 AS BIGINT)" to Long.MAX_VALUE,
            "CAST(1.5 AS DOUBLE)" to 1.5,
            "CAST(-12.30 AS DECIMAL(10,2))" to BigDecimal("-12.30"),
            "CAST('12345678901234567890123456.789' AS DECIMAL(38,3))" to BigDecimal("12345678901234567890123456.789"),
            "true" to true,
            "'grün'" to "grün",
            "CAST(NULL AS INT)" to null,
            "NULL" to null,
            "DATE '1969-12-31'" to LocalDate.of(1969, 12, 31),
            "TIMESTAMP '2024-02-29 12:34:56.123456'" to Instant.parse("2024-02-29T12:34:56.123456Z"),
            "TIMESTAMP_NTZ '1969-12-31 23:59:59.5'" to LocalDateTime.of(1969, 12, 31, 23, 59, 59, 500_000_000),
            "array(1, 2, CAST(NULL AS INT))" to listOf(1, 2, null),
            "map('a', 1)" to mapOf("a" to 1),
            "named_struct('x', 1, 'y', 'z')" to mapOf("x" to 1, "y" to "z"),
        )
        for ((expression, expected) in cases) assertEquals(expected, value(expression), expression)
    }

    @Test
    fun getters_byIndexAndName_answerTheValue_andRefuseNullAndOtherTypes() {
        session.execute("SELECT 5 AS n, CAST(NULL AS STRING) AS s, named_struct('x', 1) AS r").use { result ->
            val row = result.rows().first()
            assertEquals(5, row.getInt(0))
            assertEquals(5, row["N"])
            assertEquals(1L, row.getRow(2).getLong(0))
            assertEquals("column s is NULL here: ask isNull() first, or use get()", assertThrows(KernelException.InvalidArgument::class.java) { row.getString(1) }.message)
            assertThrows(KernelException.InvalidArgument::class.java) { row.getString(0) }
            assertThrows(KernelException.InvalidArgument::class.java) { row["absent"] }
            result.close()
            assertThrows(KernelException.InvalidStatementHandle::class.java) { row.getInt(0) }
        }
    }

    @Test
    fun parameters_byPositionAndByName_reachTheServer() {
        session.statement("SELECT ? + 1").bind(1, "41", "INT").execute().use { assertEquals(listOf(listOf<Any?>(42)), it.toList()) }
        session.statement("SELECT :a").bind("a", "x", "STRING").execute().use { assertEquals(listOf(listOf<Any?>("x")), it.toList()) }
    }

    @Test
    fun execute_ofAnUnknownColumn_failsWithFields() {
        val error = assertThrows(KernelException.SqlError::class.java) { session.execute("SELECT colour FROM samples.tpch.part") }
        assertEquals("42703", error.sqlState)
        assertEquals("SqlError", error.code)
    }

    @Test
    fun statement_cancelledBeforehand_isCancelled() {
        val statement = session.statement("SELECT 1")
        statement.cancel()
        assertThrows(KernelException.Cancelled::class.java) { statement.execute() }
    }

    @Test
    fun tokenProvider_thatThrowsAnError_failsTheCall() {
        val config = SessionConfig(warehouse.url, "/sql/1.0/warehouses/local").apply { tokenProvider = TokenProvider { throw AssertionError("no token") } }
        assertEquals("the token provider failed: no token", assertThrows(KernelException.Unauthenticated::class.java) { Session.connect(config) }.message)
    }

    @Test
    fun lineitem_streamsInASmallHeap() = runBlocking {
        val expected = value("(SELECT count(*) FROM samples.tpch.lineitem)")
        session.executeAsync("SELECT * FROM samples.tpch.lineitem").use { assertEquals(expected, it.rowFlow().count().toLong()) }
        session.executeAsync("SELECT l_orderkey FROM samples.tpch.lineitem ORDER BY 1").use { assertEquals(1L, it.rowFlow().map { row -> row.getLong(0) }.first()) }
    }
}
