package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.math.BigDecimal
import java.math.BigInteger
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.Period
import java.time.ZoneId
import java.time.ZoneOffset
import java.time.ZonedDateTime
import java.time.temporal.ChronoUnit.MICROS
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(LocalWarehouseExtension::class)
class StatementTest(private val session: Session) {
    private fun Statement.answer(): Any? = execute().use { it.toList().single().single() }

    @Test
    fun values_areBoundAsTheirType_byPositionAndByName() {
        val moment = Instant.parse("2024-02-29T12:34:56.123456Z")
        val cases = listOf<Triple<Any?, Any?, String>>(
            Triple(null, null, "void"),
            Triple(true, true, "boolean"),
            Triple(1.toByte(), 1, "tinyint"),
            Triple((-2).toShort(), -2, "smallint"),
            Triple(3, 3, "int"),
            Triple(4L, 4L, "bigint"),
            Triple(1.5f, 1.5f, "float"),
            Triple(-2.5, -2.5, "double"),
            Triple(BigDecimal("12.50"), BigDecimal("12.50"), "decimal(4,2)"),
            Triple(BigInteger("12345678901234567890"), BigDecimal("12345678901234567890"), "decimal(20,0)"),
            Triple("grün ' ? :x", "grün ' ? :x", "string"),
            Triple('c', "c", "string"),
            Triple(LocalDate.of(2024, 2, 29), LocalDate.of(2024, 2, 29), "date"),
            Triple(moment, moment, "timestamp"),
            Triple(OffsetDateTime.parse("2024-02-29T13:34:56.123456+01:00"), moment, "timestamp"),
            Triple(ZonedDateTime.parse("2024-02-29T13:34:56.123456+01:00[Europe/Berlin]"), moment, "timestamp"),
            Triple(LocalDateTime.of(2024, 2, 29, 12, 0), LocalDateTime.of(2024, 2, 29, 12, 0), "timestamp_ntz"),
        )
        for ((value, expected, type) in cases) {
            assertEquals(expected, session.statement("SELECT ?").bind(1, value).answer(), type)
            assertEquals(expected, session.statement("SELECT :v").bind("v", value).answer(), type)
            assertEquals(type, session.statement("SELECT typeof(:v)").bind("v", value).answer(), type)
        }
        assertEquals(BigDecimal("1.50"), session.statement("SELECT ?").bind(1, "1.5", "DECIMAL(10,2)").answer())
    }

    /** The local warehouse has no intervals as parameters; the kernel checks their text when they are bound. */
    @Test
    fun intervals_areWrittenAsSqlWritesThem() {
        val cases = mapOf<Any, String>(
            Duration.parse("-P1DT2H3M4.5S") to "-1 02:03:04.5",
            Duration.ofDays(400) to "400 00:00:00",
            Duration.ofNanos(1_000) to "0 00:00:00.000001",
            Duration.ofNanos(-1_000_999) to "-0 00:00:00.001",
            Duration.ofNanos(-999) to "0 00:00:00",
            Duration.of(Long.MAX_VALUE, MICROS) to "106751991 04:00:54.775807",
            Duration.of(Long.MIN_VALUE + 1, MICROS) to "-106751991 04:00:54.775807",
            Period.of(-1, -2, 0) to "-1-2",
            Period.ofMonths(30) to "2-6",
        )
        for ((value, text) in cases) {
            assertEquals(text, Parameter.of(value).text)
            session.statement("SELECT ?").bind(1, value)
        }
    }

    /** The clock has nanoseconds, SQL's time has microseconds. */
    @Test
    fun times_areCutToMicroseconds() {
        val fine = Instant.parse("2024-02-29T12:34:56.123456789Z")
        val cut = Instant.parse("2024-02-29T12:34:56.123456Z")
        val cases = mapOf<Any, Any>(
            fine to cut,
            OffsetDateTime.ofInstant(fine, ZoneOffset.ofHours(2)) to cut,
            ZonedDateTime.ofInstant(fine, ZoneId.of("Asia/Tokyo")) to cut,
            LocalDateTime.ofInstant(fine, ZoneOffset.UTC) to LocalDateTime.ofInstant(cut, ZoneOffset.UTC),
            Instant.parse("1969-12-31T23:59:59.999999999Z") to Instant.parse("1969-12-31T23:59:59.999999Z"),
        )
        for ((value, expected) in cases) assertEquals(expected, session.statement("SELECT ?").bind(1, value).answer())
        for (now in listOf(Instant.now(), LocalDateTime.now(), OffsetDateTime.now(), ZonedDateTime.now())) session.statement("SELECT ?").bind(1, now).answer()
    }

    /** Neither the sign nor the exponent is a digit. */
    @Test
    fun decimals_atTheEnds_areBound() {
        val most = BigDecimal("9".repeat(38))
        val cases = mapOf(
            most to "decimal(38,0)",
            most.negate() to "decimal(38,0)",
            most.negate().movePointLeft(3) to "decimal(38,3)",
            most.negate().movePointLeft(38) to "decimal(38,38)",
            BigDecimal("1E+3") to "decimal(4,0)",
            BigDecimal("1E-38") to "decimal(38,38)",
            BigDecimal("-1E+37") to "decimal(38,0)",
            BigDecimal("0E+1000000000") to "decimal(1,0)",
            BigDecimal("-0.00") to "decimal(2,2)",
        )
        for ((value, type) in cases) {
            assertEquals(0, value.compareTo(session.statement("SELECT ?").bind(1, value).answer() as BigDecimal), "$value")
            assertEquals(type, session.statement("SELECT typeof(?)").bind(1, value).answer(), "$value")
        }
        for (refused in listOf(BigDecimal("1E+38"), BigDecimal("1E-39"), BigDecimal("1E+1000000000"), BigDecimal("1E-1000000000"), BigDecimal.valueOf(1, Int.MIN_VALUE))) {
            failure<KernelException.InvalidArgument> { session.statement("SELECT ?").bind(1, refused) }
        }
    }

    @Test
    fun valuesThatDoNotFit_areRefusedWhenBound() {
        val statement = session.statement("SELECT ?")
        for (bind in listOf<() -> Any>(
            { statement.bind(1, "abc", "INT") },
            { statement.bind("n", "1", "NO_SUCH_TYPE") },
            { statement.bind(1, Any()) },
            { statement.bind(1, Period.of(1, 0, 3)) },
            { statement.bind(1, Duration.ofSeconds(Long.MIN_VALUE)) },
            { statement.bind(1, Duration.ofSeconds(Long.MAX_VALUE)) },
            { statement.bind(1, BigInteger.TEN.pow(38)) },
            { statement.bind(1, Instant.MAX) },
            { statement.bind(1, LocalDateTime.MIN) },
            { statement.rowLimit(-1) },
            { statement.timeout(Duration.ofSeconds(-1)) },
        )) {
            failure<KernelException.InvalidArgument> { bind() }
        }
    }

    @Test
    fun statement_runsAgain() {
        val statement = session.statement("SELECT 1")
        statement.execute().use { first -> statement.execute().use { second -> assertNotEquals(first.statementId, second.statementId) } }
    }

    @Test
    fun rowLimit_cutsAndSaysSo() {
        session.statement("SELECT id FROM range(100)").rowLimit(7).execute().use { result ->
            assertTrue(result.truncated)
            assertEquals(7, result.toList().size)
        }
    }

    @Test
    fun queryTags_areTaken() {
        assertEquals(1, session.statement("SELECT 1").queryTags(mapOf("team" to "a", "bare" to null)).answer())
        failure<KernelException.InvalidArgument> { session.statement("SELECT 1").queryTags(mapOf("" to "a")) }
    }

    @Test
    fun modifiedRows_areCounted() {
        session.execute("CREATE TABLE main.default.kotlin_counted (n INT)").use { assertNull(it.modifiedRowCount) }
        try {
            session.execute("INSERT INTO main.default.kotlin_counted VALUES (1), (2), (3)").use { assertEquals(3L, it.modifiedRowCount) }
        } finally {
            session.execute("DROP TABLE main.default.kotlin_counted").close()
        }
    }

    @Test
    fun queryThatFails_saysHow() {
        val error = failure<KernelException.SqlError> { session.execute("SELECT colour FROM samples.tpch.part") }
        assertEquals("42703", error.sqlState)
        assertEquals("SqlError", error.code)
        assertEquals(false, error.retryable)
        assertTrue(error.message!!.contains("colour"))
        assertTrue(error.toString().endsWith("[SQLSTATE 42703, query ${error.queryId}]"), error.toString())
        assertTrue(error.toString().startsWith("KernelException.SqlError: "))
    }

    @Test
    fun cancel_beforehand_cancelsTheNextRunAlone() {
        val statement = session.statement("SELECT 1")
        statement.cancel()
        failure<KernelException.Cancelled> { statement.execute() }
        assertEquals(1, statement.answer())
    }

    @Test
    fun timeout_cancelsOnTheServer() {
        failure<KernelException.Timeout> { session.statement(LONG_QUERY).timeout(Duration.ofMillis(200)).execute() }
    }

    @Test
    fun submittedStatement_isWaitedFor_andReadAgain() {
        session.statement(MANY_ROWS).submit().use { submitted ->
            submitted.awaitResult().use { assertEquals(1_000_000, it.rows().count()) }
            assertEquals(StatementState.SUCCEEDED, submitted.status().state)
            submitted.fetchResult().use { assertEquals(0L, it.rows().first().getLong(0)) }
            submitted.reader().awaitResult().use { assertEquals(0L, it.rows().first().getLong(0)) }
            session.attach(submitted.statementId).awaitResult().use { assertEquals(1_000_000, it.rows().count()) }
        }
    }

    @Test
    fun submittedStatement_thatRuns_isCancelled_andSaysHowItStands() {
        val submitted = session.statement(LONG_QUERY).submit()
        assertTrue(submitted.status().state in setOf(StatementState.PENDING, StatementState.RUNNING))
        failure<KernelException.InvalidState> { submitted.fetchResult() }
        session.attach(submitted.statementId).cancel()
        failure<KernelException.Cancelled> { submitted.awaitResult() }
        assertEquals(StatementState.CANCELLED, submitted.status().state)
        submitted.close()
        submitted.close()
        failure<KernelException.InvalidStatementHandle> { submitted.awaitResult() }
    }

    @Test
    fun submittedStatement_thatFails_saysWhy() {
        session.statement("SELECT 1 / 0").submit().use { submitted ->
            assertEquals("22012", failure<KernelException.SqlError> { submitted.awaitResult() }.sqlState)
            val status = submitted.status()
            assertEquals(StatementState.FAILED, status.state)
            assertEquals("22012", status.failure!!.sqlState)
        }
        failure<KernelException.NotFound> { session.attach("00000000-0000-0000-0000-000000000000") }
    }
}
