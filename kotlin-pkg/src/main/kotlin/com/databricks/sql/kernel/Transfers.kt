package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.PieceStep
import java.io.ByteArrayInputStream
import java.io.InputStream
import java.io.OutputStream
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import com.databricks.sql.kernel.internal.TransferProgress as NativeProgress
import com.databricks.sql.kernel.internal.VolumeReader as NativeReader
import com.databricks.sql.kernel.internal.VolumeTransfer as NativeTransfer
import com.databricks.sql.kernel.internal.VolumeWriter as NativeWriter

private const val PIECE_BYTES = 1 shl 20

/** A stream of unknown length is kept in memory below this size, and else in a temporary file. */
private const val HELD_BYTES = 8 shl 20

/** An upload that is yet to be made: the kernel reads a local file by itself, and is written anything else. */
internal class Upload(private val ofFile: (String) -> NativeTransfer, private val ofLength: (Long) -> NativeWriter) {
    fun send(source: Path, progress: TransferProgress?): Long = run(call { ofFile(local(source)) }, progress)

    suspend fun sendAsync(source: Path, progress: TransferProgress?): Long = runAsync(call { ofFile(local(source)) }, progress)

    fun send(content: ByteArray, progress: TransferProgress?): Long = send(ByteArrayInputStream(content), content.size.toLong(), progress)

    fun send(source: InputStream, progress: TransferProgress?): Long {
        // What is wrong with the far end is said before the stream is used up.
        call { ofLength(0) }.close()
        val head = source.readNBytes(HELD_BYTES)
        if (head.size < HELD_BYTES) return send(head, progress)
        val whole = Files.createTempFile("databricks-sql-kernel-", ".upload")
        try {
            Files.newOutputStream(whole).use { file ->
                file.write(head)
                source.pieces().forEach(file::write)
            }
            return send(whole, progress)
        } finally {
            Files.deleteIfExists(whole)
        }
    }

    fun send(source: InputStream, length: Long, progress: TransferProgress?): Long = call { ofLength(length) }.use { writer ->
        val report = writer::progress
        breakingOff(writer::interrupt) {
            for (piece in source.pieces()) {
                progress.waiting(report, { writer.writeAsync(piece) }) { limit -> writer.writeWithin(piece, limit).takeIf { it } }
            }
            progress.waiting(report, writer::finishAsync) { limit -> writer.finishWithin(limit).takeIf { it } }
        }
        length
    }
}

/** Writes all of a download to the stream. */
internal fun receive(reader: NativeReader, target: OutputStream, progress: TransferProgress?): Long = reader.use {
    var length = 0L
    breakingOff(reader::end) {
        while (true) {
            val step = progress.waiting(reader::progress, { reader.nextAsync()?.let(PieceStep::Ready) ?: PieceStep.Finished }) { limit ->
                reader.nextWithin(limit).takeUnless { it is PieceStep.Waiting }
            }
            if (step !is PieceStep.Ready) break
            target.write(step.piece)
            length += step.piece.size
        }
    }
    length
}

/** Runs what the kernel does by itself. */
internal fun run(transfer: NativeTransfer, progress: TransferProgress?): Long = transfer.use {
    breakingOff(transfer::interrupt) {
        progress.waiting(transfer::progress, transfer::runAsync) { limit -> transfer.runWithin(limit) }
    }
}

/** [run] for coroutines. */
internal suspend fun runAsync(transfer: NativeTransfer, progress: TransferProgress?): Long = transfer.use {
    progress.during(transfer::progress, transfer::runAsync)
}

/** Waits in the calling thread, and tells how far it is. */
private inline fun <T : Any> TransferProgress?.waiting(noinline report: () -> NativeProgress, noinline async: suspend () -> T, step: (Duration) -> T?): T =
    waiting({ during(report, async) }) { await({}, { tell(report) }, step) }

/** Tells how far [work] is, after each slice of time and at its end. */
private suspend fun <T> TransferProgress?.during(report: () -> NativeProgress, work: suspend () -> T): T = coroutineScope {
    val telling = launch {
        while (this@during != null) {
            delay(SLICE.toMillis())
            tell(report)
        }
    }
    val done = call { work() }
    telling.cancelAndJoin()
    tell(report)
    done
}

/** Runs what uses the caller's streams, which block, where that holds up no coroutine. */
internal suspend fun <T> interruptible(body: () -> T): T = try {
    runInterruptible(Dispatchers.IO, body)
} catch (error: Exception) {
    // Whatever the interrupt has made of the call, the coroutine was cancelled.
    currentCoroutineContext().ensureActive()
    throw error
}

/** The path as the kernel, and not only this JVM, understands it. */
internal fun local(path: Path): String {
    if (path.fileSystem != FileSystems.getDefault()) throw invalidArgument("$path is not a path of this machine's files: pass a stream")
    return path.toAbsolutePath().toString()
}

private fun TransferProgress?.tell(progress: () -> NativeProgress) {
    if (this != null) call(progress).let { onProgress(it.transferredBytes, it.totalBytes) }
}

private fun InputStream.pieces(): Sequence<ByteArray> = generateSequence {
    checkNotInterrupted()
    readNBytes(PIECE_BYTES).takeIf { it.isNotEmpty() }
}

private inline fun <T> breakingOff(interrupt: () -> Unit, body: () -> T): T = try {
    body()
} catch (error: Throwable) {
    call(interrupt)
    throw error
}
