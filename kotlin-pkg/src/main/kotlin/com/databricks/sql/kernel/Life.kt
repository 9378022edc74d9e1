package com.databricks.sql.kernel

import java.lang.ref.Cleaner
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Whether an object is still open. One that becomes garbage before it was closed says so in the log; the kernel's part of it is freed
 * by a cleaner of its own. Then [leaked] is called, which must not refer to the object.
 */
internal class Life(owner: Any, private val what: String, leaked: () -> Unit = {}) {
    private val ended = AtomicBoolean()
    private val cleanable = CLEANER.register(owner, Leak(what, ended, leaked, if (KernelLog.tellsOrigins) Throwable("it was made here") else null))

    val isOpen: Boolean get() = !ended.get()

    /** Ends it; true the first time. */
    fun end(): Boolean = ended.compareAndSet(false, true).also { if (it) cleanable.clean() }

    fun check() {
        if (!isOpen) throw KernelException.InvalidStatementHandle(ErrorFields("the $what was closed"))
    }

    private class Leak(private val what: String, private val ended: AtomicBoolean, private val leaked: () -> Unit, private val origin: Throwable?) : Runnable {
        override fun run() {
            if (ended.get()) return
            leaked()
            val hint = if (origin == null) "at level DEBUG this says where it was made" else origin.stackTraceToString()
            KernelLog.warn("a $what was not closed: use it in use { } or try-with-resources ($hint)")
        }
    }

    private companion object {
        /** By a thread that takes a class loader, which a sink is called with; the cleaner's own kind refuses one. */
        val CLEANER: Cleaner = Cleaner.create { work ->
            Thread(work, "databricks-sql-kernel-cleaner").apply {
                isDaemon = true
                contextClassLoader = null
            }
        }
    }
}
