package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.LogLevel
import com.databricks.sql.kernel.internal.LogRecord
import com.databricks.sql.kernel.internal.clearLogSink
import com.databricks.sql.kernel.internal.setLogSink
import org.slf4j.LoggerFactory
import org.slf4j.event.Level
import com.databricks.sql.kernel.internal.LogSink as NativeSink

/** Receives the kernel's log, written in Kotlin or Java. */
public fun interface LogSink {
    /**
     * Takes one line; [target] is the part of the kernel that wrote it, such as `transport.retry`. Lines of one thread at a time come in order, and carry no
     * token, no presigned URL and no SQL text above TRACE. It has the context class loader of the thread that gave it. What it throws is ignored.
     */
    public fun log(level: Level, target: String, message: String)
}

/** Where the kernel's log goes. By default to SLF4J under `com.databricks.sql.kernel`, from the first session on. */
public object KernelLog {
    private const val ROOT = "com.databricks.sql.kernel"

    /** By what SLF4J 1.7 has too. */
    private val slf4j = LogSink { level, target, message ->
        val logger = LoggerFactory.getLogger(if (target.isEmpty()) ROOT else "$ROOT.$target")
        when (level) {
            Level.ERROR -> logger.error(message)
            Level.WARN -> logger.warn(message)
            Level.INFO -> logger.info(message)
            Level.DEBUG -> logger.debug(message)
            Level.TRACE -> logger.trace(message)
        }
    }

    @Volatile
    private var current: Pair<LogSink, Level>? = null
    private var chosen = false

    /** Sends the lines to SLF4J, at the level that the logger `com.databricks.sql.kernel` has now: call it again when that changes. */
    @JvmStatic
    @Synchronized
    public fun sendToSlf4j() {
        val logger = LoggerFactory.getLogger(ROOT)
        val level = when {
            logger.isTraceEnabled -> Level.TRACE
            logger.isDebugEnabled -> Level.DEBUG
            logger.isInfoEnabled -> Level.INFO
            logger.isWarnEnabled -> Level.WARN
            logger.isErrorEnabled -> Level.ERROR
            else -> null
        }
        // The logger is of the whole program, and what first opened a session may end before it.
        if (level == null) stop() else send(slf4j, level, KernelLog::class.java.classLoader)
    }

    /** Sends the lines up to [level] to [sink], in place of SLF4J or an earlier sink. */
    @JvmStatic
    @Synchronized
    public fun sendTo(sink: LogSink, level: Level): Unit = send(sink, level, Thread.currentThread().contextClassLoader)

    private fun send(sink: LogSink, level: Level, loader: ClassLoader?) {
        chosen = true
        val located = LogSink { at, target, message -> withContextLoader(loader) { sink.log(at, target, message) } }
        current = located to level
        Library.load()
        call { setLogSink(Forward(located), LogLevel.valueOf(level.name)) }
    }

    /** Sends the lines nowhere. */
    @JvmStatic
    @Synchronized
    public fun stop() {
        chosen = true
        current = null
        Library.load()
        call { clearLogSink() }
    }

    /** Sends the lines to SLF4J unless the program has chosen otherwise; nowhere when the program's SLF4J cannot be used. */
    @Synchronized
    internal fun start() {
        if (chosen) return
        chosen = true
        runCatching(::sendToSlf4j).onFailure { System.err.println("$ROOT: SLF4J cannot be used, so that there is no log: $it") }
    }

    /** Whether unclosed objects should say where they were made, which costs a stack trace for each. */
    internal val tellsOrigins: Boolean get() = current.let { it != null && it.second >= Level.DEBUG }

    /** A line of this package's own. */
    internal fun warn(message: String) {
        val (sink, level) = current ?: return
        if (level >= Level.WARN) runCatching { sink.log(Level.WARN, "", message) }
    }

    private class Forward(private val sink: LogSink) : NativeSink {
        override fun log(record: LogRecord) {
            // A Throwable that is no Exception must not reach the kernel's thread.
            runCatching { sink.log(Level.valueOf(record.level.name), record.target, record.message) }
        }
    }
}
