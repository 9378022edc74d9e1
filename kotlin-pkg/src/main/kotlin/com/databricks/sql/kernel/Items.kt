package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Chunk
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Reads chunks as rows or as batches. It owns the chunk at hand. */
internal interface ChunkReader<out T : Any> : Iterator<T>, AutoCloseable {
    /** Goes on with this chunk. */
    fun load(chunk: Chunk)

    /** Whether the chunk at hand has another; without one, the chunk is freed. */
    override fun hasNext(): Boolean
}

/** The rows or batches of a result, in order, by a blocking iterator or a flow. */
internal class Items<T : Any>(private val result: ResultStream, val form: String, private val reader: ChunkReader<T>) : Iterator<T> {
    private var thread: Thread? = null

    override fun hasNext(): Boolean = advance { result.nextChunk() }

    override fun next(): T = if (hasNext()) reader.next() else throw NoSuchElementException()

    fun flow(): Flow<T> = flow {
        var atEnd = false
        try {
            while (advance { result.nextChunkAsync() }) emit(reader.next())
            atEnd = true
        } finally {
            if (!atEnd) {
                reader.close()
                result.close()
            }
        }
    }

    /** Frees the chunk at hand. Another thread may be reading it: then that thread frees it with its next step, or the garbage collector. */
    fun release() {
        if (thread == null || thread === Thread.currentThread()) reader.close()
    }

    private inline fun advance(nextChunk: () -> Chunk?): Boolean {
        thread = Thread.currentThread()
        closeReaderUnlessOpen()
        while (!reader.hasNext()) reader.load(nextChunk() ?: return false)
        return true
    }

    private fun closeReaderUnlessOpen() {
        try {
            result.checkOpen()
        } catch (closed: KernelException) {
            reader.close()
            throw closed
        }
    }
}
