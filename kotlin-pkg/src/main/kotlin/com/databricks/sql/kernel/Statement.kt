package com.databricks.sql.kernel

import java.time.Duration
import com.databricks.sql.kernel.internal.Statement as NativeStatement

/** A statement to run: its text, parameters and limits. It can be run several times, one run after the other; there is nothing to close. */
public class Statement internal constructor(private val native: NativeStatement, sql: String) {
    init {
        call { native.setSql(sql) }
    }

    /**
     * Binds a value to the n-th `?`, counted from 1. The SQL type is that of the value's class: whole numbers from TINYINT to BIGINT, FLOAT, DOUBLE,
     * `BigDecimal` as DECIMAL, BOOLEAN, STRING, `LocalDate` as DATE, `Instant`, `OffsetDateTime` and `ZonedDateTime` as TIMESTAMP, `LocalDateTime` as
     * TIMESTAMP_NTZ, `Duration` and `Period` as INTERVAL; null is NULL. SQL's time has microseconds: what is finer, as in `Instant.now()`, is cut off.
     * Throws [KernelException.InvalidArgument] for anything else; nothing was sent.
     */
    public fun bind(ordinal: Int, value: Any?): Statement = Parameter.of(value).let { bind(ordinal, it.text, it.sqlType) }

    /** Binds a value to `:name`, as the other [bind] does. */
    public fun bind(name: String, value: Any?): Statement = Parameter.of(value).let { bind(name, it.text, it.sqlType) }

    /**
     * Binds a value's text to the n-th `?`, counted from 1, as the type [sqlType], such as `DECIMAL(10,2)`, in any letter case; null is NULL.
     * Throws [KernelException.InvalidArgument] when the type is unknown or the text does not parse as it; nothing was sent.
     */
    public fun bind(ordinal: Int, text: String?, sqlType: String): Statement = apply { call { native.bind(ordinal, text, sqlType) } }

    /** Binds a value's text to `:name`. */
    public fun bind(name: String, text: String?, sqlType: String): Statement = apply { call { native.bindNamed(name, text, sqlType) } }

    /** Sets the most rows that the result may have, 0 for its schema alone. */
    public fun rowLimit(rows: Long): Statement = apply { call { native.setRowLimit(rows) } }

    /** Sets the longest time that it may run; then it is cancelled on the server and fails with [KernelException.Timeout]. */
    public fun timeout(limit: Duration): Statement = apply { call { native.setTimeout(limit) } }

    /** Sets the query tags; a tag whose value is null is a bare key. They replace those set before. */
    public fun queryTags(tags: Map<String, String?>): Statement = apply { call { native.setQueryTags(tags) } }

    /** Runs it and waits for the result's first part. Throws [KernelException.SqlError] when it fails. It is never run twice by a retry. */
    public fun execute(): ExecutedStatement = waiting(::executeAsync) { ExecutedStatement(await(native::interrupt) { native.executeWithin(it) }) }

    /** [execute] for coroutines. */
    @JvmSynthetic
    public suspend fun executeAsync(): ExecutedStatement = ExecutedStatement(obtain(native::executeReady, native::interrupt) { native.executeWithin(it) })

    /** Starts it and returns as soon as the server has an id for it. Its own errors come with the result. */
    public fun submit(): AsyncStatement = waiting(::submitAsync) { AsyncStatement(await(native::interrupt) { native.submitWithin(it) }) }

    /** [submit] for coroutines. */
    @JvmSynthetic
    public suspend fun submitAsync(): AsyncStatement = AsyncStatement(obtain(native::submitReady, native::interrupt) { native.submitWithin(it) })

    /** A handle that cancels the run that is under way, or else the next one, from another thread. */
    public fun canceller(): Canceller = Canceller(call { native.canceller() })

    /** Asks for the cancellation of the run that is under way, or else of the next one. From any thread; returns at once. */
    public fun cancel() {
        canceller().request()
    }
}
