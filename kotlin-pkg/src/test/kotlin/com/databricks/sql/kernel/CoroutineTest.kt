package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(LocalWarehouseExtension::class)
class CoroutineTest(private val warehouse: LocalWarehouse, private val session: Session) {
    @Test
    fun everyCall_isThereAsASuspendFunction() = runBlocking {
        val session = Session.connectAsync(warehouse.config())
        session.executeAsync("SELECT 1").use { assertEquals(listOf(listOf<Any?>(1)), it.toListAsync()) }
        session.metadata().listCatalogs().fetchAsync().use { result -> assertEquals(true, result.rowFlow().map { it.getString(0) }.toList().contains("samples")) }
        val submitted = session.statement("SELECT 2").submitAsync()
        submitted.awaitResultAsync().use { assertEquals(listOf(listOf<Any?>(2)), it.toListAsync()) }
        assertEquals(StatementState.SUCCEEDED, submitted.statusAsync().state)
        submitted.fetchResultAsync().use { result -> assertEquals(2, result.rowFlow().map { it.getInt(0) }.first()) }
        session.attachAsync(submitted.statementId).cancelAsync()
        submitted.closeAsync()
        session.closeAsync()
        failure<KernelException.InvalidStatementHandle> { session.executeAsync("SELECT 1") }
        Unit
    }

    @Test
    fun cancelledConnect_leavesNoSessionOpen() = runBlocking {
        warehouse.planFaults("""[{"on": "open_session", "do": {"delay": {"milliseconds": 300}}}]""")
        val job = launch(Dispatchers.IO) { Session.connectAsync(warehouse.config()) }
        warehouse.untilServed("open_session")
        job.cancelAndJoin()
        warehouse.untilServed("close_session")
    }

    @Test
    fun flowOfRows_isWhole() = runBlocking {
        session.executeAsync(MANY_ROWS).use { result ->
            var next = 0L
            result.rowFlow().collect { assertEquals(next++, it.getLong(0)) }
            assertEquals(1_000_000L, next)
        }
    }

    @Test
    fun flowOfBatches_isWhole() = runBlocking {
        session.executeAsync(MANY_ROWS).use { result ->
            var rows = 0
            result.columns().flow().collect { batch -> batch.use { rows += it.rowCount } }
            assertEquals(1_000_000, rows)
        }
    }

    @Test
    fun flowThatStops_closesTheResult() = runBlocking {
        warehouse.planFaults("[]")
        val result = session.executeAsync(MANY_ROWS)
        assertEquals(listOf(0L, 1L, 2L), result.rowFlow().map { it.getLong(0) }.take(3).toList())
        failure<KernelException.InvalidStatementHandle> { result.rowFlow().count() }
        warehouse.untilServed("close")
    }

    @Test
    fun flowThatIsCancelledWhileItWaits_closesTheResult() = runBlocking {
        warehouse.planFaults("""[{"on": "link", "times": 1000, "do": "hang"}, {"on": "chunk", "times": 1000, "do": "hang"}]""")
        val result = session.executeAsync("SELECT repeat('x', 100) AS s, id FROM range(600000)")
        val job = launch(Dispatchers.IO) { result.rowFlow().count() }
        warehouse.untilServed("link")
        job.cancelAndJoin()
        warehouse.planFaults("[]")
        failure<KernelException.InvalidStatementHandle> { result.toList() }
        Unit
    }

    @Test
    fun manyCoroutines_shareASession() = runBlocking {
        val begun = System.nanoTime()
        val answers = (0 until 50).map { n -> async { session.executeAsync("SELECT $n").use { it.toListAsync().single().single() } } }.awaitAll()
        assertEquals((0 until 50).toList(), answers)
        check(Duration.ofNanos(System.nanoTime() - begun) < Duration.ofSeconds(60))
    }
}
