package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Canceller as NativeCanceller

/** Cancels one run of a statement: from any thread, before, while and after it runs, as often as you like. The statement may still succeed. */
public class Canceller internal constructor(private val native: NativeCanceller) {
    /** The server's id of the statement; null before the server has answered. */
    public val statementId: String? get() = call { native.statementId() }

    /**
     * Asks for the cancellation and returns at once. Without an id yet, the wish is kept and goes out as soon as there is one, which the server holds
     * back for 5 s at most; the end of the program waits for it.
     */
    public fun request() {
        call { native.request() }
    }

    /** Cancels and waits for the server's acknowledgement; without an id yet, does as [request]. */
    public fun cancel() {
        waiting(::cancelAsync, native::request) { await(native::request) { limit -> native.cancelWithin(limit).takeIf { it } } }
    }

    /** [cancel] for coroutines. */
    @JvmSynthetic
    public suspend fun cancelAsync() {
        call { native.cancelAsync() }
    }
}
