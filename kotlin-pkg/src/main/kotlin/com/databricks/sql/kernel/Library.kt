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
import kotlin.concurrent.thread

/** The kernel's native library, loaded with the first call. */
internal object Library {
    /** The server holds a statement's id back for up to 5 s; then the cancel and the close go out. */
    private val EXIT_LIMIT: Duration = Duration.ofSeconds(8)

    private val loaded: String by lazy {
        try {
            keepCallbackThreads()
            kernelVersion()
        } catch (error: LinkageError) {
            throw unusableLibrary(error)
        }
    }

    /** The kernel's version. Loads it; does nothing when it is loaded. */
    fun load(): String = loaded

    private var sessions = 0
    private var exitHook: Thread? = null

    /** Whether the end of the program waits for what is owed. */
    val waitsAtExit: Boolean
        @Synchronized get() = exitHook != null

    /** A session is being opened. What it cancels or closes just before the program ends still reaches the server; other shutdown hooks may close it meanwhile. */
    @Synchronized
    fun enter() {
        sessions++
        if (exitHook != null) return
        exitHook = Thread({ finishBackground(EXIT_LIMIT) }, "databricks-sql-kernel-exit").also { hook ->
            // Refused while the program ends, when its hooks wait for what is owed.
            runCatching { Runtime.getRuntime().addShutdownHook(hook) }
        }
    }

    /** A session is gone. With the last one goes the hook, which would hold this class loader: as soon as the server was told what it is owed. */
    @Synchronized
    fun leave() {
        if (--sessions == 0) thread(isDaemon = true, name = "databricks-sql-kernel-idle") { forgetExit() }
    }

    private fun forgetExit() {
        finishBackground(EXIT_LIMIT)
        synchronized(this) {
            val hook = exitHook
            if (sessions != 0 || hook == null) return
            runCatching { Runtime.getRuntime().removeShutdownHook(hook) }
            exitHook = null
        }
    }

    /** Threads of the kernel's that call back stay attached, as daemons: they neither hold up the end of the program nor start anew each time. */
    private fun keepCallbackThreads() {
        val daemon = CallbackThreadInitializer(true, false, "databricks-sql-kernel")
        val callbacks = listOf(uniffiRustFutureContinuationCallbackImpl, uniffiCallbackInterfaceTokenProvider.token, uniffiCallbackInterfaceLogSink.log)
        callbacks.forEach { Native.setCallbackThreadInitializer(it, daemon) }
    }
}

/** Why the library cannot be loaded, and what helps. */
internal fun unusableLibrary(error: LinkageError): KernelException {
    val causes = generateSequence<Throwable>(error) { it.cause }.map(Throwable::toString).toList()
    val advice = when {
        causes.any { "IllegalCallerException" in it } -> "this JVM refuses native code: start Java with --enable-native-access=ALL-UNNAMED"
        causes.any { "failed to map segment" in it || "Operation not permitted" in it || "Permission denied" in it } ->
            "nothing can be run from the folder that JNA unpacks it to (${System.getProperty("jna.tmpdir") ?: System.getProperty("java.io.tmpdir")}): " +
                "name another with -Djna.tmpdir=FOLDER"
        else -> "the jar has that of the machine it was built on, and this is ${Platform.RESOURCE_PREFIX}"
    }
    return KernelException.InvalidState(ErrorFields("the kernel's library cannot be loaded; $advice (${causes.joinToString("; ")})"), error)
}
