package com.databricks.sql.kernel.ipc

import java.nio.ByteBuffer

/** A table of a flatbuffer: its fields by number. Reads Arrow's metadata without Arrow on the class path. */
internal class Table(private val bytes: ByteBuffer, private val start: Int) {
    private val vtable = start - bytes.getInt(start)

    private fun field(number: Int): Int {
        val slot = 4 + 2 * number
        val offset = if (slot < bytes.getShort(vtable)) bytes.getShort(vtable + slot).toInt() and 0xffff else 0
        return if (offset == 0) 0 else start + offset
    }

    private fun target(position: Int) = position + bytes.getInt(position)

    fun byte(number: Int, default: Int = 0): Int = field(number).let { if (it == 0) default else bytes.get(it).toInt() }

    fun short(number: Int, default: Int = 0): Int = field(number).let { if (it == 0) default else bytes.getShort(it).toInt() }

    fun int(number: Int, default: Int = 0): Int = field(number).let { if (it == 0) default else bytes.getInt(it) }

    fun long(number: Int): Long = field(number).let { if (it == 0) 0 else bytes.getLong(it) }

    fun table(number: Int): Table? = field(number).let { if (it == 0) null else Table(bytes, target(it)) }

    fun text(number: Int): String? = field(number).let { if (it == 0) null else textAt(target(it)) }

    fun tables(number: Int): List<Table> = vector(number) { at -> Table(bytes, target(at)) }

    /** A vector of structs of two 64-bit numbers, flat. */
    fun pairs(number: Int): LongArray {
        val position = field(number)
        if (position == 0) return LongArray(0)
        val begin = target(position)
        return LongArray(2 * bytes.getInt(begin)) { bytes.getLong(begin + 4 + 8 * it) }
    }

    private fun <T> vector(number: Int, element: (Int) -> T): List<T> {
        val position = field(number)
        if (position == 0) return emptyList()
        val begin = target(position)
        return List(bytes.getInt(begin)) { element(begin + 4 + 4 * it) }
    }

    private fun textAt(at: Int): String {
        val text = ByteArray(bytes.getInt(at))
        bytes.get(at + 4, text)
        return String(text, Charsets.UTF_8)
    }

    companion object {
        fun root(bytes: ByteBuffer): Table = Table(bytes, bytes.getInt(0))
    }
}
