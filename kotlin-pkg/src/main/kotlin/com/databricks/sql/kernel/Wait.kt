package com.databricks.sql.kernel

import java.lang.ref.Cleaner
import java.time.Duration
import java.util.concurrent.atomic.AtomicBoolean
import org.slf4j.LoggerFactory

private val SLICE: Duration = Duration.ofMillis(100)

/** Waits for an answer in slices, so that [Thread.interrupt] comes through: it gives up the call and cancels the query. */
internal inline fun <T : Any> await(interrupt: () -> Unit, step: (Duration) -> T?): T {
    while (true) {
        if (Thread.currentThread().isInterrupted) {
            interrupt()
            throw KernelException.Cancelled(ErrorFields("the thread was interrupted"))
        }
        call { step(SLICE) }?.let { return it }
    }
}

internal fun closed(what: String) = KernelException.InvalidStatementHandle(ErrorFields("the $what was closed"))

/** Says in the log that an object was never closed, when it is garbage. The native part is freed by its own cleaner. */
internal object Leak {
    private val cleaner = Cleaner.create()

    fun watch(owner: Any, what: String, closed: AtomicBoolean): Cleaner.Cleanable = cleaner.register(owner, Report(what, closed))

    private class Report(private val what: String, private val closed: AtomicBoolean) : Runnable {
        override fun run() {
            if (!closed.get()) LoggerFactory.getLogger("com.databricks.sql.kernel").warn("a {} was not closed: use it in use {{ }} or try-with-resources", what)
        }
    }
}
