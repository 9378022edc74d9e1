package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.LogLevel
import com.databricks.sql.kernel.internal.LogRecord
import com.databricks.sql.kernel.internal.LogSink
import com.databricks.sql.kernel.internal.setLogSink
import org.slf4j.LoggerFactory

/** Delivers the kernel's log to SLF4J, under `com.databricks.sql.kernel`, at the level that this logger has when the first session opens. */
internal object KernelLog : LogSink {
    private const val ROOT = "com.databricks.sql.kernel"

    private val installed: Unit by lazy {
        val logger = LoggerFactory.getLogger(ROOT)
        val level = when {
            logger.isTraceEnabled -> LogLevel.TRACE
            logger.isDebugEnabled -> LogLevel.DEBUG
            logger.isInfoEnabled -> LogLevel.INFO
            logger.isWarnEnabled -> LogLevel.WARN
            logger.isErrorEnabled -> LogLevel.ERROR
            else -> null
        }
        if (level != null) call { setLogSink(this, level) }
    }

    fun install() = installed

    override fun log(record: LogRecord) {
        val logger = LoggerFactory.getLogger(if (record.target.isEmpty()) ROOT else "$ROOT.${record.target}")
        when (record.level) {
            LogLevel.ERROR -> logger.error(record.message)
            LogLevel.WARN -> logger.warn(record.message)
            LogLevel.INFO -> logger.info(record.message)
            LogLevel.DEBUG -> logger.debug(record.message)
            LogLevel.TRACE -> logger.trace(record.message)
        }
    }
}
