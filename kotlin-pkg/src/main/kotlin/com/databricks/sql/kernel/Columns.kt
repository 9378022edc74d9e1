package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Chunk
import com.databricks.sql.kernel.ipc.Memory
import com.databricks.sql.kernel.ipc.Message
import com.databricks.sql.kernel.ipc.messages
import kotlinx.coroutines.flow.Flow
import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.BufferAllocator
import org.apache.arrow.memory.ForeignAllocation
import org.apache.arrow.memory.RootAllocator
import org.apache.arrow.vector.VectorLoader
import org.apache.arrow.vector.VectorSchemaRoot
import org.apache.arrow.vector.ipc.message.MessageSerializer
import org.apache.arrow.vector.types.pojo.Schema as ArrowSchema
import org.apache.arrow.flatbuf.Message as ArrowMessage

/** One record batch of a result, over the kernel's memory: close it, which gives the memory back. It outlives its result and its session. */
public class ColumnBatch internal constructor(
    /** The vectors, not to be written to; empty when the batch is closed. */
    public val root: VectorSchemaRoot,
) : AutoCloseable {
    private val life = Life(this, "batch")

    /** How many rows it has. */
    public val rowCount: Int get() = root.rowCount

    override fun close() {
        if (life.end()) root.close()
    }
}

/** A result's record batches, in order, as Arrow Java's vectors over the kernel's memory; nothing is copied. Each batch belongs to whom it is given to. */
public class Columns private constructor(private val result: ResultStream, private val allocator: BufferAllocator) : Iterable<ColumnBatch> {
    /** The columns as Arrow describes them. Waits as [ResultStream.schema] does; behind [ResultStream.schemaAsync] it is there. */
    public val schema: ArrowSchema by lazy { arrowJava { readArrowSchema(result.schemaStream()) } }

    private val items: Items<ColumnBatch> = result.items("columns") { BatchReader({ schema }, allocator) }

    /** The batches that were not yet read. Waits for the server; throws [KernelException]s. */
    override fun iterator(): Iterator<ColumnBatch> = items

    /** The batches for coroutines. When the collector stops before the end, fails or is cancelled, the result is closed. */
    @JvmSynthetic
    public fun flow(): Flow<ColumnBatch> = items.flow()

    public companion object {
        /** A result's columns, accounted for by [allocator]; closing the allocator says which batches were not closed. */
        @JvmStatic
        public fun of(result: ResultStream, allocator: BufferAllocator): Columns = Columns(result, allocator)

        /** A result's columns, accounted for by an allocator of this package's. */
        @JvmStatic
        public fun of(result: ResultStream): Columns = Columns(result, arrowJava { Shared.allocator })
    }

    /** Made when it is first asked for. */
    private object Shared {
        val allocator = RootAllocator()
    }
}

/** Makes each record batch of a chunk a root whose vectors are slices of the chunk. */
internal class BatchReader(private val schemaOfResult: () -> ArrowSchema, private val allocator: BufferAllocator) : ChunkReader<ColumnBatch> {
    /** Known as soon as there is a chunk. */
    private lateinit var schema: ArrowSchema
    private var whole: ArrowBuf? = null
    private var messages: Iterator<Message> = emptyList<Message>().iterator()

    override fun load(chunk: Chunk) {
        close()
        if (!::schema.isInitialized) schema = schemaOfResult()
        messages = messages(Memory.of(chunk)).filter { it.kind == Message.RECORD_BATCH }.iterator()
        whole = arrowJava { allocator.wrapForeignAllocation(MappedChunk(chunk)) }
    }

    override fun hasNext(): Boolean {
        if (whole != null && messages.hasNext()) return true
        close()
        return false
    }

    override fun next(): ColumnBatch = arrowJava {
        val whole = whole ?: throw NoSuchElementException()
        val message = messages.next()
        val body = whole.slice(message.bodyOffset, message.bodyLength)
        body.referenceManager.retain()
        val root = VectorSchemaRoot.create(schema, allocator)
        try {
            MessageSerializer.deserializeRecordBatch(ArrowMessage.getRootAsMessage(message.metadata.duplicate()), body).use { VectorLoader(root).load(it) }
        } catch (error: Throwable) {
            root.close()
            throw error
        }
        ColumnBatch(root)
    }

    override fun close() {
        messages = emptyList<Message>().iterator()
        whole?.close()
        whole = null
    }
}

/** A chunk's memory for Arrow: given back to the kernel with the last vector over it. */
private class MappedChunk(private val chunk: Chunk) : ForeignAllocation(chunk.length, chunk.address) {
    override fun release0() {
        chunk.owner.close()
    }
}

private fun readArrowSchema(stream: ByteArray): ArrowSchema {
    val message = messages(Memory.of(stream)).first { it.kind == Message.SCHEMA }
    return MessageSerializer.deserializeSchema(ArrowMessage.getRootAsMessage(message.metadata.duplicate()))
}
