package com.databricks.sql.kernel.ipc

import com.databricks.sql.kernel.Column
import com.databricks.sql.kernel.ErrorFields
import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.Schema
import com.databricks.sql.kernel.internal.Chunk
import com.sun.jna.Pointer
import java.nio.ByteBuffer
import java.nio.ByteOrder

internal val NO_BYTES: ByteBuffer = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN)

/** The memory of an Arrow IPC stream, wherever it lies. */
internal class Memory private constructor(private val address: Long, val length: Long, private val bytes: ByteArray? = null) {
    /** A view of part of it, valid as long as its owner. */
    fun slice(offset: Long, size: Long): ByteBuffer {
        if (offset < 0 || size < 0 || size > length - offset) throw damaged("a part lies outside its chunk")
        if (size == 0L) return NO_BYTES
        if (size > Int.MAX_VALUE) {
            throw KernelException.ResourceExhausted(ErrorFields("one column of a chunk has more than 2 GiB, which rows cannot show: read the result as columns"))
        }
        val view = if (bytes != null) ByteBuffer.wrap(bytes, offset.toInt(), size.toInt()).slice() else Pointer(address + offset).getByteBuffer(0, size)
        return view.order(ByteOrder.LITTLE_ENDIAN)
    }

    companion object {
        fun of(chunk: Chunk) = Memory(chunk.address, chunk.length)

        fun of(bytes: ByteArray) = Memory(0, bytes.size.toLong(), bytes)
    }
}

/** One message of a stream: its metadata, the header in it, and where its body lies. */
internal class Message(val kind: Int, val metadata: ByteBuffer, val header: Table, val bodyOffset: Long, val bodyLength: Long) {
    companion object {
        const val SCHEMA = 1
        const val RECORD_BATCH = 3
    }
}

/** The messages of a stream, in order, up to its end marker. */
internal fun messages(memory: Memory): Sequence<Message> = sequence {
    var position = 0L
    while (position + 8 <= memory.length) {
        val frame = memory.slice(position, 8)
        if (frame.getInt(0) != -1) throw damaged("a message does not begin with its marker")
        val size = frame.getInt(4).toLong()
        if (size == 0L) return@sequence
        val metadata = memory.slice(position + 8, size)
        val table = Table.root(metadata)
        val header = table.table(2) ?: throw damaged("a message has no header")
        val message = Message(table.byte(1), metadata, header, position + 8 + size, table.long(3))
        yield(message)
        position = message.bodyOffset + message.bodyLength
    }
}

/** The columns of a record batch, over the memory that the message lies in. */
internal fun readBatch(schema: Schema, memory: Memory, message: Message): Array<Vector> {
    if (message.header.table(3) != null) throw damaged("a record batch is compressed by Arrow, which no server announces")
    val layout = BatchLayout(memory, message)
    return Array(schema.columns.size) { layout.vector(schema.columns[it]) }
}

/** Hands out a record batch's nodes and buffers in the order of its columns, depth first. */
private class BatchLayout(private val memory: Memory, private val message: Message) {
    private val nodes = message.header.pairs(1)
    private val buffers = message.header.pairs(2)
    private var node = 0
    private var buffer = 0

    fun vector(column: Column): Vector {
        if (2 * node >= nodes.size) throw damaged("a record batch has too few columns")
        val nulls = nodes[2 * node + 1]
        node++
        val kind = column.type.kind
        if (kind == Kind.NULL) return Vector(column, null, NO_BYTES, NO_BYTES, emptyArray())
        val validity = next().takeIf { nulls != 0L } ?: NO_BYTES
        val first = if (kind == Kind.STRUCT) NO_BYTES else next()
        val second = if (kind == Kind.TEXT || kind == Kind.BINARY) next() else NO_BYTES
        return Vector(column, validity, first, second, Array(column.children.size) { vector(column.children[it]) })
    }

    private fun next(): ByteBuffer {
        if (2 * buffer >= buffers.size) throw damaged("a record batch has too few buffers")
        return memory.slice(message.bodyOffset + buffers[2 * buffer], buffers[2 * buffer + 1]).also { buffer++ }
    }
}

internal fun damaged(what: String): KernelException = KernelException.DataLoss(ErrorFields("the result is damaged: $what"))
