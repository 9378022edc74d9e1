package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import com.databricks.sql.kernel.testing.LocalWarehouseOptions
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(LocalWarehouseExtension::class)
class SessionTest(private val warehouse: LocalWarehouse) {
    private fun Session.answer(sql: String): Any? = execute(sql).use { it.toList().single().single() }

    @Test
    fun session_hasAnIdAndClosesOnce() {
        val session = warehouse.connect()
        assertTrue(session.id.isNotEmpty())
        val statement = session.statement("SELECT 1")
        val metadata = session.metadata()
        session.close()
        session.close()
        for (call in listOf<() -> Any>({ session.execute("SELECT 1") }, { session.attach("x") }, session::metadata, statement::execute, { metadata.listCatalogs().fetch() })) {
            failure<KernelException.InvalidStatementHandle> { call() }
        }
    }

    @Test
    fun settings_reachTheServer() {
        val config = warehouse.config().apply {
            catalog = "samples"
            schema = "tpch"
            parameters = mapOf("TIMEZONE" to "Asia/Tokyo")
            clientName = "kotlin-test/1"
            http.headers = mapOf("X-Test" to "1")
            http.connectTimeout = Duration.ofSeconds(5)
            http.requestTimeout = Duration.ofSeconds(60)
            http.stallTimeout = Duration.ofSeconds(20)
            http.maxConnections = 4
            http.compressReplies = true
            retry.minWait = Duration.ofMillis(10)
            retry.maxWait = Duration.ofMillis(50)
            retry.maxAttempts = 3
            retry.overallTimeout = Duration.ofSeconds(30)
            results.memoryBudget = 1L shl 20
            proxy.url = warehouse.url
            proxy.bypass = "127.0.0.1"
        }
        Session.connect(config).use { session ->
            assertEquals(25L, session.answer("SELECT count(*) FROM nation"))
            assertEquals(Instant.parse("2024-01-01T00:00:00Z"), session.answer("SELECT TIMESTAMP '2024-01-01 09:00:00'"))
        }
    }

    @Test
    fun resultSettings_changeTheColumns() {
        val sql = "SELECT array(1, 2) AS a, INTERVAL '1-2' YEAR TO MONTH AS i"
        warehouse.connect().use { session -> session.execute(sql).use { assertEquals(listOf(listOf(1, 2), java.time.Period.of(1, 2, 0)), it.toList().single()) } }
        val config = warehouse.config().apply {
            results.complexTypesAsJson = true
            results.intervalsAsText = true
        }
        Session.connect(config).use { session -> session.execute(sql).use { assertEquals(listOf<Any?>("[1,2]", "1-2"), it.toList().single()) } }
    }

    @Test
    fun settingsThatDoNotFit_areRefusedByName() {
        class Case(val name: String, val spoil: SessionConfig.() -> Unit)
        val cases = listOf(
            Case("accessToken") { accessToken = null },
            Case("accessToken") { tokenProvider = TokenProvider { Token("t") } },
            Case("proxy.url") { proxy.username = "u" },
            Case("client_certificate") { tls.clientKey = "key" },
            Case("memory_budget") { results.memoryBudget = 0 },
            Case("max_chunk_bytes") { results.maxChunkBytes = -1 },
            Case("max_attempts") { retry.maxAttempts = 0 },
        )
        for (case in cases) {
            val error = failure<KernelException.InvalidArgument> { Session.connect(warehouse.config().apply(case.spoil)).close() }
            assertTrue(error.message.orEmpty().contains(case.name), "${error.message} names ${case.name}")
        }
        failure<KernelException.InvalidArgument> { Session.connect(warehouse.config().apply { parameters = mapOf("NO_SUCH" to "1") }).close() }
    }

    @Test
    fun secrets_areInNoText() {
        val config = warehouse.config()
        assertFalse(config.toString().contains("local-"), config.toString())
        assertFalse(Token("secret-token").toString().contains("secret-token"))
        config.accessToken = "wrong-token"
        val error = failure<KernelException.Unauthenticated> { Session.connect(config).close() }
        assertEquals(401, error.httpStatus)
        assertFalse(error.stackTraceToString().contains("wrong-token"))
    }

    @Test
    fun tokenProvider_isAskedAgainWithoutAnEnd_andOnceWithOne() {
        fun asked(end: Instant?): Int {
            val calls = AtomicInteger()
            val config = warehouse.config()
            val token = config.accessToken!!
            config.accessToken = null
            config.tokenProvider = TokenProvider {
                calls.incrementAndGet()
                assertTrue(Thread.currentThread().isDaemon)
                Token(token, end)
            }
            Session.connect(config).use { assertEquals(1, it.answer("SELECT 1")) }
            return calls.get()
        }
        assertEquals(1, asked(Instant.now().plusSeconds(3600)))
        assertTrue(asked(null) >= 3)
    }

    @Test
    fun tokenProviderThatFails_failsTheCall() {
        for (thrown in listOf(AssertionError("no token"), IllegalStateException("no token"))) {
            val config = SessionConfig(warehouse.url, "/sql/1.0/warehouses/local").apply { tokenProvider = TokenProvider { throw thrown } }
            val error = failure<KernelException.Unauthenticated> { Session.connect(config).close() }
            assertEquals("the token provider failed: no token", error.message)
        }
    }

    @Test
    fun oneSession_servesManyThreads() {
        val barrier = CyclicBarrier(16)
        val pool = Executors.newFixedThreadPool(16)
        try {
            warehouse.connect().use { session ->
                val answers = (0 until 16).map { n ->
                    pool.submit<Any?> {
                        barrier.await()
                        (0 until 8).map { session.answer("SELECT ${n * 8 + it}") }
                    }
                }
                assertEquals((0 until 16).map { n -> (0 until 8).map { n * 8 + it } }, answers.map { it.get() })
            }
        } finally {
            pool.shutdown()
        }
    }

    @Test
    fun tls_withItsAuthority_isTrusted_andWithoutItRefused() {
        LocalWarehouse(LocalWarehouseOptions().apply { tls = true }).use { secure ->
            secure.connect().use { assertEquals(1, it.answer("SELECT 1")) }
            secure.planFaults("[]")
            Session.connect(secure.config().apply { tls.caCertificates = null; tls.skipVerification = true }).use { assertEquals(1, it.answer("SELECT 1")) }
            assertEquals(1, secure.served("execute"))
            failure<KernelException.NetworkError> { Session.connect(secure.config().apply { tls.caCertificates = null; retry.maxAttempts = 1 }).close() }
        }
    }

    @Test
    fun twoSessions_differ() {
        warehouse.connect().use { one -> warehouse.connect().use { other -> assertNotEquals(one.id, other.id) } }
    }

    @Test
    fun kernel_hasTheJarsVersion() {
        assertEquals(System.getProperty("project.version"), Library.load())
    }
}
