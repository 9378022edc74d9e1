package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import java.io.ByteArrayInputStream
import java.io.InputStream
import java.lang.ProcessBuilder.Redirect
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import kotlin.random.Random

/** Runs for minutes unless it is cancelled. */
internal const val LONG_QUERY = "SELECT sum(a.id * b.id) AS s FROM range(3000000) a CROSS JOIN range(3000000) b"

/** More rows than fit in one chunk. */
internal const val MANY_ROWS = "SELECT id FROM range(1000000) ORDER BY id"

internal inline fun <reified E : Throwable> failure(body: () -> Unit): E {
    try {
        body()
    } catch (error: Throwable) {
        if (error is E) return error
        throw AssertionError("${E::class.simpleName} was expected", error)
    }
    throw AssertionError("${E::class.simpleName} was expected, and nothing was thrown")
}

/** How many requests of a kind the warehouse has served since its plan of faults was set. */
internal fun LocalWarehouse.served(kind: String): Int = Regex("\"$kind\":\\s*(\\d+)").find(faultsReport())?.groupValues?.get(1)?.toInt() ?: 0

/** Waits, by asking, until the condition holds: a minute at most. */
internal fun until(what: String, condition: () -> Boolean) {
    val end = System.nanoTime() + 60_000_000_000
    while (!condition()) {
        check(System.nanoTime() < end) { "not within a minute: $what" }
        LockSupport.parkNanos(5_000_000)
    }
}

internal fun LocalWarehouse.untilServed(kind: String, count: Int = 1) = until("$count $kind") { served(kind) >= count }

/** Runs a program of these tests in a JVM of its own, and answers how it ended; one that does not end within a minute is killed. */
internal fun runProgram(name: String, warehouse: LocalWarehouse): Int = startProgram(name, warehouse).end()

internal fun Process.end(): Int {
    if (!waitFor(1, TimeUnit.MINUTES)) destroyForcibly()
    return waitFor()
}

/** Starts the program of this name in a JVM of its own, with the warehouse's address and token as its arguments. */
internal fun startProgram(name: String, warehouse: LocalWarehouse): Process {
    val config = warehouse.config()
    val java = ProcessHandle.current().info().command().get()
    val command = listOf(java, "-cp", System.getProperty("java.class.path"), "com.databricks.sql.kernel.$name", config.host, config.accessToken!!)
    return ProcessBuilder(command).redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT).start()
}

internal const val VOLUME = "/Volumes/main/default/kotlin_files"
internal const val PATH = "$VOLUME/folder/a b.bin"

/** More than is held of a stream. */
internal val LARGE: ByteArray = Random(7).nextBytes(9 shl 20)
internal val CONTENTS: List<ByteArray> = listOf(ByteArray(0), "text".toByteArray(), LARGE)

/** A stream that gives little at once and cannot tell its length. */
internal class Trickle(content: ByteArray) : InputStream() {
    private val content = ByteArrayInputStream(content)

    override fun read(): Int = content.read()

    override fun read(target: ByteArray, offset: Int, length: Int): Int = content.read(target, offset, minOf(length, 100_000))
}
