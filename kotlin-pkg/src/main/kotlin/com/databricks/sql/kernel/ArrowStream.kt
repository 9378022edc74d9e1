package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Chunk
import com.sun.jna.Pointer
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The memory of an Arrow IPC stream, wherever it lies. */
internal class Memory(private val address: Long, val length: Long, private val bytes: ByteArray? = null) {
    /** A view of part of it, valid as long as its owner. */
    fun slice(offset: Long, size: Long): ByteBuffer {
        if (offset < 0 || size < 0 || size > length - offset) throw damaged("a part lies outside the chunk")
        if (size > Int.MAX_VALUE) throw damaged("one buffer of a column has more than 2 GiB; ask for fewer rows")
        val view = when {
            size == 0L -> ByteBuffer.allocate(0)
            bytes != null -> ByteBuffer.wrap(bytes, offset.toInt(), size.toInt()).slice()
            else -> Pointer(address + offset).getByteBuffer(0, size)
        }
        return view.order(ByteOrder.LITTLE_ENDIAN)
    }

    companion object {
        fun of(chunk: Chunk) = Memory(chunk.address, chunk.length)

        fun of(bytes: ByteArray) = Memory(0, bytes.size.toLong(), bytes)
    }
}

/** One message of a stream: its header, and where its body lies. */
internal class Message(val kind: Int, val header: Table, val bodyOffset: Long, val bodyLength: Long) {
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
        val table = Table.root(memory.slice(position + 8, size))
        val header = table.table(2) ?: throw damaged("a message has no header")
        val message = Message(table.byte(1), header, position + 8 + size, table.long(3))
        yield(message)
        position = message.bodyOffset + message.bodyLength
    }
}

/** A result's schema out of its schema stream. */
internal fun readSchema(stream: ByteArray): Schema {
    val message = messages(Memory.of(stream)).firstOrNull { it.kind == Message.SCHEMA } ?: throw damaged("the result has no schema")
    return Schema(message.header.tables(1).map { ColumnType.read(it) })
}

/** The columns of a record batch, over the memory that the message lies in. */
internal fun readBatch(schema: Schema, memory: Memory, message: Message): List<Vector> {
    if (message.header.table(3) != null) throw damaged("a record batch is compressed by Arrow, which the server does not announce")
    val buffers = message.header.pairs(2)
    val nodes = message.header.pairs(1)
    var node = 0
    var buffer = 0

    fun next(): ByteBuffer {
        if (2 * buffer >= buffers.size) throw damaged("a record batch has too few buffers")
        val view = memory.slice(message.bodyOffset + buffers[2 * buffer], buffers[2 * buffer + 1])
        buffer++
        return view
    }

    fun vector(type: ColumnType): Vector {
        if (2 * node >= nodes.size) throw damaged("a record batch has too few columns")
        val (length, nulls) = nodes[2 * node] to nodes[2 * node + 1]
        node++
        if (type.kind == Kind.NULL) return Vector(type, length.toInt(), NO_BYTES, NO_BYTES, NO_BYTES, emptyList(), true)
        val validity = next().let { if (nulls == 0L) NO_BYTES else it }
        val first = if (type.kind == Kind.STRUCT) NO_BYTES else next()
        val second = if (type.kind == Kind.TEXT || type.kind == Kind.BINARY) next() else NO_BYTES
        return Vector(type, length.toInt(), validity, first, second, type.children.map { vector(it) }, false)
    }
    return schema.columns.map { vector(it) }
}

internal val NO_BYTES: ByteBuffer = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN)

internal fun damaged(what: String): KernelException = KernelException.DataLoss(ErrorFields("the result is damaged: $what"))
