package com.databricks.sql.kernel

import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import com.databricks.sql.kernel.internal.AsyncStatement as NativeStatement
import com.databricks.sql.kernel.internal.StatementStatus as NativeStatus

/** A statement that runs on the server by itself. Closing it frees its result on the server; an object that is only dropped ends nothing. */
public class AsyncStatement internal constructor(private val native: NativeStatement) : AutoCloseable {
    /** The server's id of the statement, good for [Session.attach] in any process. */
    public val statementId: String = call { native.statementId() }

    /** Asks the server once where the statement stands. Throws [KernelException.NotFound] when the server does not know it. */
    public fun status(): StatementStatus = waiting(::statusAsync) { StatementStatus.of(await(native::interrupt) { native.statusWithin(it) }) }

    /** [status] for coroutines. */
    @JvmSynthetic
    public suspend fun statusAsync(): StatementStatus = StatementStatus.of(call { native.statusAsync() })

    /**
     * Waits until the statement has ended and opens its result. It can be called again, for the same rows once more. Throws
     * [KernelException.SqlError] when it failed, and [KernelException.Cancelled].
     */
    public fun awaitResult(): ResultStream = waiting(::awaitResultAsync, ::giveUp) { ResultStream(await(::giveUp) { native.awaitResultWithin(it) }) }

    /** [awaitResult] for coroutines. */
    @JvmSynthetic
    public suspend fun awaitResultAsync(): ResultStream = ResultStream(obtain(native::awaitResultReady, ::giveUp) { native.awaitResultWithin(it) })

    /** Opens the result of a statement that has ended. Throws [KernelException.InvalidState] when it has not. */
    public fun fetchResult(): ResultStream = waiting(::fetchResultAsync) { ResultStream(await(native::interrupt) { native.fetchResultWithin(it) }) }

    /** [fetchResult] for coroutines. */
    @JvmSynthetic
    public suspend fun fetchResultAsync(): ResultStream = ResultStream(obtain(native::fetchResultReady, native::interrupt) { native.fetchResultWithin(it) })

    /** Another object for the same statement, with a result of its own. */
    public fun reader(): AsyncStatement = AsyncStatement(call { native.reader() })

    /** A handle that cancels the statement from another thread. */
    public fun canceller(): Canceller = Canceller(call { native.canceller() })

    /** Asks the server to cancel the statement and waits for the acknowledgement; it may still succeed. */
    public fun cancel() {
        waiting(::cancelAsync) { await({}) { limit -> native.cancelWithin(limit).takeIf { it } } }
    }

    /** [cancel] for coroutines. */
    @JvmSynthetic
    public suspend fun cancelAsync() {
        call { native.cancelAsync() }
    }

    /** Closes the statement on the server, which frees its result. Does nothing when it is closed. */
    override fun close() {
        closing({ call { native.endAsync() } }) { call { native.end() } }
    }

    /** [close] for coroutines; it goes on when the coroutine is cancelled. */
    @JvmSynthetic
    public suspend fun closeAsync() {
        withContext(NonCancellable) { call { native.endAsync() } }
    }

    private fun giveUp() {
        native.interrupt()
        canceller().request()
    }

    override fun toString(): String = "AsyncStatement($statementId)"
}

/** Where a statement stands. */
public class StatementStatus private constructor(
    /** The state. */
    public val state: StatementState,
    /** Why it failed; only with [StatementState.FAILED]. */
    public val failure: KernelException?,
) {
    override fun toString(): String = if (failure == null) "$state" else "$state: ${failure.message}"

    internal companion object {
        fun of(status: NativeStatus) = StatementStatus(StatementState.valueOf(status.state.name), status.failure?.toPublic())
    }
}

/** A statement's state on the server. */
public enum class StatementState {
    /** It waits to run. */
    PENDING,

    /** It runs. */
    RUNNING,

    /** Its result can be fetched. */
    SUCCEEDED,

    /** It failed. */
    FAILED,

    /** It was cancelled. */
    CANCELLED,

    /** It was closed, and its result is gone. */
    CLOSED,
}
