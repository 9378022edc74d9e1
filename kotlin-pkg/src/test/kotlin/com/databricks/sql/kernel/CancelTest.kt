package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletableFuture.supplyAsync
import kotlin.system.exitProcess
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/** What ends a query that runs, on a warehouse of its own, whose cancels are counted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CancelTest {
    private val warehouse = LocalWarehouse()
    private val session = warehouse.connect()

    @AfterAll
    fun stop() {
        session.close()
        warehouse.close()
    }

    @BeforeEach
    fun countFromZero() = warehouse.planFaults("[]")

    private fun interrupted(call: () -> Unit): Pair<Thread, CompletableFuture<KernelException>> {
        val failed = CompletableFuture<KernelException>()
        return Thread { failed.complete(failure<KernelException.Cancelled> { call() }) }.apply { start() } to failed
    }

    /** At once, because the server names a statement only after ten seconds, or with its answer. */
    @Test
    fun executeThatIsGivenUp_returnsAtOnce_andIsCancelledOnTheServer() = runBlocking {
        val statement = session.statement(LONG_QUERY)
        val canceller = statement.canceller()
        val cancelled = supplyAsync { failure<KernelException.Cancelled> { statement.execute() } }
        val (thread, interrupted) = interrupted { session.execute(LONG_QUERY) }
        val coroutine = launch(Dispatchers.IO) { session.executeAsync(LONG_QUERY) }
        warehouse.untilServed("execute", 3)
        canceller.cancel()
        canceller.cancel()
        thread.interrupt()
        coroutine.cancelAndJoin()
        failure<CancellationException> { withTimeout(300) { session.executeAsync(LONG_QUERY) } }
        assertEquals("the statement was cancelled", cancelled.get().message)
        assertEquals("the thread was interrupted", interrupted.get().message)
        assertEquals(0, warehouse.served("cancel"))
        warehouse.untilServed("cancel", 4)
        // Cancelled, then closed: nobody can ask for its result.
        until("it is over") { session.attach(canceller.statementId!!).status().state == StatementState.CLOSED }
    }

    @Test
    fun awaitThatIsGivenUp_cancelsTheStatement() = runBlocking {
        val submitted = List(2) { session.statement(LONG_QUERY).submit() }
        val (thread, interrupted) = interrupted { submitted[0].awaitResult() }
        val coroutine = launch(Dispatchers.IO) { submitted[1].awaitResultAsync() }
        warehouse.untilServed("poll", 2)
        thread.interrupt()
        coroutine.cancelAndJoin()
        assertEquals("the thread was interrupted", interrupted.get().message)
        for (statement in submitted) until("it is cancelled") { statement.status().state == StatementState.CANCELLED }
    }

    @Test
    fun cancelOfAResult_thatIsThere_changesNothing() {
        session.execute("SELECT 1").use { result ->
            result.cancel()
            assertEquals(listOf(listOf<Any?>(1)), result.toList())
        }
    }

    @Test
    fun queryGivenUp_justBeforeTheProgramEnds_isStillEndedOnTheServer() {
        warehouse.planFaults("""[{"on": "execute", "do": {"delay": {"milliseconds": 1500}}}]""")
        assertEquals(0, runProgram("GivesUp", warehouse))
        warehouse.untilServed("close")
    }

    @Test
    fun queryUnderWay_whenTheProgramEnds_isEndedOnTheServer() {
        val program = startProgram("ExitsUnderWay", warehouse)
        warehouse.untilServed("execute")
        program.outputStream.close()
        assertEquals(0, program.end())
        warehouse.untilServed("cancel")
    }

    /** The JVM lets no thread go that has called back, when `System.exit` has ended it. */
    @Test
    fun programWhoseThreadsWereCalledBack_endsByExit() = assertEquals(0, runProgram("ExitsAfterCallbacks", warehouse))
}

/** A program that calls `System.exit` when the kernel's threads have answered its coroutines. */
internal object ExitsAfterCallbacks {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val config = SessionConfig(arguments[0], "/sql/1.0/warehouses/local").apply { accessToken = arguments[1] }
        runBlocking {
            val session = Session.connectAsync(config)
            List(20) { async { session.executeAsync("SELECT 1").use { it.toListAsync() } } }.awaitAll()
            session.closeAsync()
        }
        exitProcess(0)
    }
}

/** A program that calls `System.exit` while another of its threads waits for a query, when its input ends. */
internal object ExitsUnderWay {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val session = Session.connect(SessionConfig(arguments[0], "/sql/1.0/warehouses/local").apply { accessToken = arguments[1] })
        Thread { runCatching { session.execute(LONG_QUERY) } }.start()
        System.`in`.readAllBytes()
        exitProcess(0)
    }
}

/** A program that ends while the server has not yet answered its query. */
internal object GivesUp {
    @JvmStatic
    fun main(arguments: Array<String>) = runBlocking {
        val session = Session.connectAsync(SessionConfig(arguments[0], "/sql/1.0/warehouses/local").apply { accessToken = arguments[1] })
        withTimeoutOrNull(300) { session.executeAsync("SELECT 1") }
        Unit
    }
}
