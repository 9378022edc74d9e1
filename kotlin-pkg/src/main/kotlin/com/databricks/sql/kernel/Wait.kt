package com.databricks.sql.kernel

import java.time.Duration

private val SLICE: Duration = Duration.ofMillis(100)

/** Waits for an answer in slices, so that [Thread.interrupt] comes through: it gives up the call and cancels the query. */
internal inline fun <T : Any> await(interrupt: () -> Unit, step: (Duration) -> T?): T {
    while (true) {
        if (Thread.currentThread().isInterrupted) {
            call(interrupt)
            throw KernelException.Cancelled(ErrorFields("the thread was interrupted"))
        }
        call { step(SLICE) }?.let { return it }
    }
}
