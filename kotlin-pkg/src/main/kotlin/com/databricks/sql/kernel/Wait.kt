package com.databricks.sql.kernel

import kotlinx.coroutines.CancellationException
import java.time.Duration

internal val SLICE: Duration = Duration.ofMillis(100)

/** Waits for an answer in slices, so that [Thread.interrupt] comes through: it gives up the call and cancels the query. After each slice, [tell] is called. */
internal inline fun <T : Any> await(interrupt: () -> Unit, tell: () -> Unit = {}, step: (Duration) -> T?): T {
    while (true) {
        checkNotInterrupted { call(interrupt) }
        val answer = call { step(SLICE) }
        tell()
        if (answer != null) return answer
    }
}

/** Throws [KernelException.Cancelled] when the thread is interrupted, and leaves it so. */
internal inline fun checkNotInterrupted(giveUp: () -> Unit = {}) {
    if (!Thread.currentThread().isInterrupted) return
    giveUp()
    throw KernelException.Cancelled(ErrorFields("the thread was interrupted"))
}

/** Suspends until there is an answer, and fetches it in one step that no cancellation can come between; a cancelled coroutine gives it up. */
internal suspend inline fun <T : Any> obtain(ready: suspend () -> Unit, interrupt: () -> Unit, step: (Duration) -> T?): T {
    try {
        while (true) {
            call { ready() }
            call { step(Duration.ZERO) }?.let { return it }
        }
    } catch (cancelled: CancellationException) {
        call(interrupt)
        throw cancelled
    }
}
