package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.util.concurrent.ConcurrentLinkedQueue
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.slf4j.event.Level

/** What becomes of objects, and what the log says. */
@ExtendWith(LocalWarehouseExtension::class)
class LifeTest(private val warehouse: LocalWarehouse, private val session: Session) {
    private val lines = ConcurrentLinkedQueue<String>()

    private fun listen(level: Level) = KernelLog.sendTo({ at, target, message -> lines.add("$at $target $message ${Thread.currentThread().isDaemon}") }, level)

    @AfterEach
    fun sendBack() = KernelLog.sendToSlf4j()

    private fun leak() {
        val other = warehouse.connect()
        val result = other.execute(MANY_ROWS)
        result.rows().first()
        session.execute(MANY_ROWS).columns().first()
    }

    @Test
    fun objectsThatWereNotClosed_areFreed_andSaySo() {
        listen(Level.WARN)
        leak()
        for (what in listOf("WARN  a session", "WARN  a result", "WARN  a batch")) {
            until("the log says: $what") {
                System.gc()
                lines.any { it.startsWith(what) && it.contains("was not closed") }
            }
        }
    }

    @Test
    fun objectsThatWereClosed_saySoNot() {
        listen(Level.WARN)
        warehouse.connect().use { it.execute("SELECT 1").use(ResultStream::toList) }
        val witness = java.lang.ref.WeakReference(session.execute("SELECT 1"))
        until("an object is collected") {
            System.gc()
            witness.get() == null && lines.isNotEmpty()
        }
        assertEquals(1, lines.size, lines.toString())
    }

    @Test
    fun log_isTheKernels_onADaemonThread_andHasNoSecrets() {
        listen(Level.DEBUG)
        warehouse.connect().use { it.execute("SELECT 'secret text'").close() }
        until("a request is logged") { lines.any { it.startsWith("DEBUG ") && it.contains("POST") } }
        assertTrue(lines.all { it.endsWith("true") })
        assertFalse(lines.any { it.contains("secret text") || it.contains(warehouse.config().accessToken!!) })
    }

    @Test
    fun sinkThatThrows_isIgnored() {
        KernelLog.sendTo({ _, _, _ -> throw AssertionError("a sink that fails") }, Level.TRACE)
        session.execute("SELECT 1").use { assertEquals(1, it.toList().size) }
        listen(Level.DEBUG)
        session.execute("SELECT 1").close()
        until("the next sink gets lines") { lines.isNotEmpty() }
    }
}
