package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.CallbackException
import com.databricks.sql.kernel.internal.CommandRunner
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

private const val LONGEST_SECONDS = 60L

/** Runs the programs that somebody has signed in with. */
internal object Programs : CommandRunner {
    override fun run(command: List<String>): String = try {
        output(command)
    } catch (error: Throwable) {
        throw CallbackException.Failed(onlyCharacters(error.message ?: error.javaClass.name))
    }

    private fun output(command: List<String>): String {
        val isWindows = System.getProperty("os.name").startsWith("Windows")
        // On Windows some of these programs are scripts, which only a shell finds by their names.
        val process = ProcessBuilder(if (isWindows) listOf("cmd", "/c") + command else command).start()
        try {
            process.outputStream.close()
            val said = CompletableFuture.supplyAsync { process.errorStream.readAllBytes() }
            val printed = CompletableFuture.supplyAsync { process.inputStream.readAllBytes() }
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) throw IOException("it took longer than $LONGEST_SECONDS s")
            if (process.exitValue() != 0) {
                throw IOException(String(said.get()).trim().ifEmpty { "it ended with the status ${process.exitValue()}" })
            }
            return String(printed.get())
        } finally {
            process.destroyForcibly()
        }
    }
}
