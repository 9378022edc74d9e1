package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Canceller
import com.databricks.sql.kernel.internal.ExecutedStatement
import java.time.Duration
import com.databricks.sql.kernel.internal.Statement as NativeStatement

/** A statement to run: its text, parameters and limits. It can be run several times, one run after the other. */
public class Statement internal constructor(private val native: NativeStatement, sql: String) {
    init {
        native.setSql(sql)
    }

    /** Binds a value to the n-th `?`, counted from 1. [value] is its text, null for NULL; [sqlType] such as `INT`. Throws [KernelException.InvalidArgument]. */
    public fun bind(ordinal: Int, value: String?, sqlType: String): Statement = apply { call { native.bind(ordinal, value, sqlType) } }

    /** Binds a value to `:name`, as the other [bind] does. */
    public fun bind(name: String, value: String?, sqlType: String): Statement = apply { call { native.bindNamed(name, value, sqlType) } }

    /** Sets the most rows that the result may have; null for no limit. */
    public fun rowLimit(rows: Long?): Statement = apply { call { native.setRowLimit(rows) } }

    /** Sets the longest time it may run; then it is cancelled on the server and fails with `Timeout`. */
    public fun timeout(limit: Duration?): Statement = apply { call { native.setTimeout(limit) } }

    /** Asks for the cancellation of the run that is under way, or else of the next one. From any thread; returns at once. */
    public fun cancel() {
        native.canceller().use(Canceller::request)
    }

    /** Runs it and waits for the result's first part. Interrupting the thread cancels the query on the server. */
    public fun execute(): Result = result(await(native::interrupt) { native.executeWithin(it) })

    /** Runs it; cancelling the coroutine cancels the query on the server. */
    @JvmSynthetic
    public suspend fun executeAsync(): Result = result(call { native.executeAsync() })

    private fun result(executed: ExecutedStatement) = Result(executed.result(), release = executed::close)
}
