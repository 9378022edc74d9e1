package programs

import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.ResultStream
import com.databricks.sql.kernel.testing.LocalWarehouse
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport

private const val THREADS = 50

/** Statements in virtual threads, which two threads carry: all are with the server at once; interrupting ends the call, closing goes on. */
fun main() = LocalWarehouse().use { warehouse ->
    val answers = ConcurrentLinkedQueue<Any>()
    warehouse.connect().use { session ->
        warehouse.planFaults("""[{"on": "execute", "times": 1000, "do": "hang"}]""")
        val waiting = List(THREADS) { virtualThread { answers.add(runCatching { session.execute("SELECT 1") }.exceptionOrNull() ?: "an answer") } }
        until("$THREADS statements at the server") { served(warehouse.faultsReport()) >= THREADS }
        check(answers.isEmpty()) { answers.toString() }
        waiting.forEach(Thread::interrupt)
        waiting.forEach(Thread::join)
        check(answers.size == THREADS && answers.all { it is KernelException.Cancelled }) { answers.toString() }
    }
    warehouse.planFaults("[]")
    val rows = ConcurrentLinkedQueue<Int>()
    val reading = List(THREADS) {
        virtualThread {
            val session = warehouse.connect()
            session.execute("SELECT id FROM range(100000)").use { rows.add(it.rows().count()) }
            session.statement("SELECT 1").submit().use { submitted -> submitted.awaitResult().use(ResultStream::toList) }
            Thread.currentThread().interrupt()
            session.close()
            check(Thread.interrupted())
        }
    }
    reading.forEach(Thread::join)
    check(rows.size == THREADS && rows.all { it == 100_000 }) { rows.toString() }
    check(Regex("\"close_session\":\\s*$THREADS\\b").containsMatchIn(warehouse.faultsReport())) { warehouse.faultsReport() }
}

/** By reflection: the program is compiled for Java 17. */
private fun virtualThread(body: () -> Unit): Thread =
    Thread::class.java.getMethod("startVirtualThread", Runnable::class.java).invoke(null, Runnable(body)) as Thread

private fun served(report: String): Int = Regex("\"execute\":\\s*(\\d+)").find(report)?.groupValues?.get(1)?.toInt() ?: 0

private fun until(what: String, condition: () -> Boolean) {
    val end = System.nanoTime() + 60_000_000_000
    while (!condition()) {
        check(System.nanoTime() < end) { "not within a minute: $what" }
        LockSupport.parkNanos(5_000_000)
    }
}
