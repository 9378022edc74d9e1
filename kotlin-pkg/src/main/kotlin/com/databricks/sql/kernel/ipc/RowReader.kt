package com.databricks.sql.kernel.ipc

import com.databricks.sql.kernel.ChunkReader
import com.databricks.sql.kernel.Row
import com.databricks.sql.kernel.Schema
import com.databricks.sql.kernel.internal.Chunk

/** The columns of a record batch, the row that is read of it, and the chunk that they lie in. */
internal class RowBatch(val vectors: Array<Vector>, val rowCount: Int, val chunk: Chunk) {
    /** The row that may be read; -1 before the first and when the batch is left. */
    var position = -1

    val hasNext: Boolean get() = position + 1 < rowCount
}

/** Reads chunks row by row. A chunk is freed when a row of the next is read: until then its last row is valid. */
internal class RowReader(private val schemaOfResult: () -> Schema) : ChunkReader<Row> {
    /** Known as soon as there is a chunk. */
    private lateinit var schema: Schema
    private var current: RowBatch? = null
    private var upcoming: RowBatch? = null
    private var loaded: Chunk? = null
    private var batches: Iterator<RowBatch> = emptyIterator()

    override fun load(chunk: Chunk) {
        if (loaded !== current?.chunk) loaded?.owner?.close()
        loaded = chunk
        if (!::schema.isInitialized) schema = schemaOfResult()
        val memory = Memory.of(chunk)
        batches = messages(memory).filter { it.kind == Message.RECORD_BATCH }
            .map { RowBatch(readBatch(schema, memory, it), Math.toIntExact(it.header.long(0)), chunk) }
            .filter { it.hasNext }.iterator()
    }

    override fun hasNext(): Boolean {
        if (current?.hasNext == true || upcoming != null) return true
        if (batches.hasNext()) upcoming = batches.next()
        return upcoming != null
    }

    override fun next(): Row {
        val batch = current?.takeIf { it.hasNext } ?: goOn()
        batch.position++
        return Row(schema, batch.vectors, batch, batch.position, batch.position)
    }

    private fun goOn(): RowBatch {
        val next = upcoming ?: throw NoSuchElementException()
        current?.let {
            it.position = -1
            if (it.chunk !== next.chunk) it.chunk.owner.close()
        }
        current = next
        upcoming = null
        return next
    }

    override fun close() {
        current?.position = -1
        listOfNotNull(current?.chunk, loaded).forEach { it.owner.close() }
        current = null
        upcoming = null
        loaded = null
        batches = emptyIterator()
    }
}

private fun <T> emptyIterator(): Iterator<T> = emptyList<T>().iterator()
