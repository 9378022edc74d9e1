package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.finishBackground
import com.databricks.sql.kernel.internal.kernelVersion
import com.databricks.sql.kernel.internal.uniffiCallbackInterfaceLogSink
import com.databricks.sql.kernel.internal.uniffiCallbackInterfaceTokenProvider
import com.databricks.sql.kernel.internal.uniffiRustFutureContinuationCallbackImpl
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import com.sun.jna.Platform
import java.time.Duration

/** The kernel's native library, loaded with the first call. */
internal object Library {
    private val EXIT_LIMIT: Duration = Duration.ofSeconds(5)

    private val loaded: String by lazy {
        try {
            keepCallbackThreads()
            kernelVersion().also { finishAtExit() }
        } catch (error: LinkageError) {
            throw KernelException.InvalidState(
                ErrorFields("the kernel's library cannot be loaded on ${Platform.RESOURCE_PREFIX}; the jar has that of the machine it was built on: ${error.message}"),
                error,
            )
        }
    }

    /** The kernel's version. Loads it; does nothing when it is loaded. */
    fun load(): String = loaded

    /** What was cancelled or closed just before the end still reaches the server; other shutdown hooks may close sessions meanwhile. */
    private fun finishAtExit() {
        Runtime.getRuntime().addShutdownHook(Thread({ finishBackground(EXIT_LIMIT) }, "databricks-sql-kernel-exit"))
    }

    /** Threads of the kernel's that call back stay attached, as daemons: they neither hold up the end of the program nor start anew each time. */
    private fun keepCallbackThreads() {
        val daemon = CallbackThreadInitializer(true, false, "databricks-sql-kernel")
        val callbacks = listOf(uniffiRustFutureContinuationCallbackImpl, uniffiCallbackInterfaceTokenProvider.token, uniffiCallbackInterfaceLogSink.log)
        callbacks.forEach { Native.setCallbackThreadInitializer(it, daemon) }
    }
}
