package com.databricks.sql.kernel.testing

import com.databricks.sql.kernel.SessionConfig
import java.io.File
import java.util.UUID
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** A local SQL warehouse on a free port of this machine, found by `LOCAL_WAREHOUSE_BIN` or on the `PATH`; closing it stops it. */
public class LocalWarehouse @JvmOverloads constructor(scaleFactor: Double? = null) : AutoCloseable {
    private val token = "local-${UUID.randomUUID()}"
    private val process: Process
    private val stopAtExit: Thread

    /** Where it listens, such as `http://127.0.0.1:40123`. */
    public val url: String

    init {
        val command = listOf(program(), "--port", "0") + (scaleFactor?.let { listOf("--scale-factor", it.toString()) } ?: emptyList())
        // The token goes by the environment: every user of the machine can read a program's arguments.
        process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
            .apply { environment()["LOCAL_WAREHOUSE_TOKEN"] = token }.start()
        stopAtExit = Thread(process::destroyForcibly)
        Runtime.getRuntime().addShutdownHook(stopAtExit)
        url = awaitReady()
    }

    /** How to connect to it. */
    public fun config(): SessionConfig = SessionConfig(url, "/sql/1.0/warehouses/local").also { it.accessToken = token }

    /** Stops it; by force if it does not end within 10 s. */
    override fun close() {
        runCatching { Runtime.getRuntime().removeShutdownHook(stopAtExit) }
        process.destroy()
        if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    private fun awaitReady(): String {
        val address = CompletableFuture<String>()
        Thread {
            process.inputReader().forEachLine { if (it.startsWith(READY)) address.complete(it.removePrefix(READY)) }
            address.completeExceptionally(IllegalStateException("the local warehouse ended before it was ready; its errors stand above"))
        }.apply { isDaemon = true }.start()
        try {
            return address.get(60, TimeUnit.SECONDS)
        } catch (error: TimeoutException) {
            close()
            throw IllegalStateException("the local warehouse was not ready within 60 s", error)
        } catch (error: ExecutionException) {
            close()
            throw error.cause ?: error
        }
    }

    private companion object {
        const val READY = "listening on "

        fun program(): String = System.getenv("LOCAL_WAREHOUSE_BIN")
            ?: System.getenv("PATH").orEmpty().split(File.pathSeparator).map { File(it, "local-warehouse") }.firstOrNull { it.canExecute() }?.path
            ?: error("local-warehouse is not on PATH, and LOCAL_WAREHOUSE_BIN does not name it: build it with `make warehouse`")
    }
}
