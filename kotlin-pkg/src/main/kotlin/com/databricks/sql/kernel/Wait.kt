package com.databricks.sql.kernel

import java.lang.invoke.MethodHandle
import java.lang.invoke.MethodHandles
import java.lang.invoke.MethodType
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking

internal val SLICE: Duration = Duration.ofMillis(100)

/** Waits in the calling thread. A virtual thread parks meanwhile, by the call's [async] form: [slices] would hold up the thread that carries it. */
internal inline fun <T> waiting(noinline async: suspend () -> T, interrupt: () -> Unit = {}, slices: () -> T): T {
    if (!isOnVirtualThread()) return slices()
    try {
        return runBlocking { async() }
    } catch (interrupted: InterruptedException) {
        Thread.currentThread().interrupt()
        call(interrupt)
        throw interruption()
    }
}

/** As [waiting], for what goes on when the thread is interrupted. */
internal inline fun closing(noinline async: suspend () -> Unit, blocking: () -> Unit) {
    if (!isOnVirtualThread()) return blocking()
    val done = CompletableFuture<Unit>()
    async.startCoroutine(Continuation(EmptyCoroutineContext) { it.fold(done::complete, done::completeExceptionally) })
    try {
        done.join()
    } catch (failed: CompletionException) {
        throw failed.cause ?: failed
    }
}

/** Java 21 has virtual threads, and this package is compiled for 17. */
private val isVirtual: MethodHandle? = try {
    MethodHandles.publicLookup().findVirtual(Thread::class.java, "isVirtual", MethodType.methodType(Boolean::class.javaPrimitiveType))
} catch (older: NoSuchMethodException) {
    null
}

internal fun isOnVirtualThread(): Boolean = isVirtual != null && isVirtual.invoke(Thread.currentThread()) as Boolean

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
    throw interruption()
}

internal fun interruption(): KernelException = KernelException.Cancelled(ErrorFields("the thread was interrupted"))

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
