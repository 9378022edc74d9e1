package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Chunk
import com.databricks.sql.kernel.internal.ChunkStep
import com.databricks.sql.kernel.internal.ResultStream
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** A result, read once, as rows. For one reader at a time. Closing it ends its downloads and frees its memory. */
public class Result internal constructor(private val native: ResultStream, private val release: () -> Unit = {}) : AutoCloseable {
    private val closed = AtomicBoolean()
    private val leak = Leak.watch(this, "result", closed)

    /** The columns, known before the first row. */
    public val schema: Schema = readSchema(native.schemaStream())

    /** How many rows the server announced; null when it did not say. */
    public val totalRowCount: Long? get() = open().totalRowCount()

    /** Whether a row limit, or a limit of the server's, cut the result. */
    public val truncated: Boolean get() = open().truncated()

    /** The rows, one after the other; each is valid until the next. Waits for chunks; errors are [KernelException]s. */
    public fun rows(): Iterable<Row> = Iterable {
        iterator {
            while (true) {
                val chunk = nextChunk() ?: break
                chunk.owner.use { yieldAll(rowsOf(chunk)) }
            }
        }
    }

    /** The rows as a flow; each is valid until the next. Collecting it once reads the result; cancelling ends the result. */
    @JvmSynthetic
    public fun rowFlow(): Flow<Row> = flow {
        var finished = false
        try {
            while (true) {
                val chunk = call { open().nextChunkAsync() } ?: break
                chunk.owner.use { rowsOf(chunk).forEach { emit(it) } }
            }
            finished = true
        } finally {
            if (!finished) close()
        }
    }

    /** All rows, copied out of the kernel's memory. */
    public fun toList(): List<List<Any?>> = rows().map { it.toList() }

    override fun close() {
        if (!closed.compareAndSet(false, true)) return
        leak.clean()
        native.end()
        release()
        native.close()
    }

    internal fun nextChunk(): Chunk? = when (val step = await({ }) { limit -> open().nextChunkWithin(limit).takeUnless { it is ChunkStep.Waiting } }) {
        is ChunkStep.Ready -> step.chunk
        else -> null
    }

    internal fun schemaStream(): ByteArray = open().schemaStream()

    private fun open(): ResultStream = if (closed.get()) throw closed("result") else native

    private fun rowsOf(chunk: Chunk): Sequence<Row> = sequence {
        val memory = Memory.of(chunk)
        for (message in messages(memory)) {
            if (message.kind != Message.RECORD_BATCH) continue
            val vectors = readBatch(schema, memory, message)
            var current = -1
            for (index in 0 until message.header.long(0).toInt()) {
                current = index
                yield(Row(schema, vectors, index, chunk.owner) { current == index && !closed.get() })
            }
            current = -1
        }
    }
}
