package com.databricks.sql.kernel

import java.lang.ref.Reference
import java.math.BigDecimal
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime

/**
 * One row, read where the kernel holds it: valid until the next row is asked for. What the getters answer is copied and stays.
 * Columns are counted from 0. Each `getX` throws [KernelException.InvalidArgument] for NULL or another type, and
 * [KernelException.InvalidStatementHandle] when the row is gone; ask [isNull] first, or [get], which answers null.
 */
public class Row internal constructor(
    /** The columns. */
    public val schema: Schema,
    private val vectors: List<Vector>,
    private val index: Int,
    private val owner: Any,
    private val isOpen: () -> Boolean,
) {
    /** Whether the value is NULL. */
    public fun isNull(column: Int): Boolean = try {
        vector(column).isNull(index)
    } finally {
        Reference.reachabilityFence(owner)
    }

    /** The value as the nearest type, copied; null for NULL. Nested: List, Map, and Map by field name. */
    public operator fun get(column: Int): Any? = try {
        vector(column).value(index)
    } finally {
        Reference.reachabilityFence(owner)
    }

    /** The value of the first column of this name, in any letter case. */
    public operator fun get(name: String): Any? = get(schema.indexOf(name))

    /** An integer of up to 64 bits. */
    public fun getLong(column: Int): Long = read(column) { long(index) }

    /** An integer of up to 32 bits. */
    public fun getInt(column: Int): Int = Math.toIntExact(getLong(column))

    /** A number of any type. */
    public fun getDouble(column: Int): Double = read(column) { double(index) }

    /** A BOOLEAN. */
    public fun getBoolean(column: Int): Boolean = read(column) { boolean(index) }

    /** A STRING. */
    public fun getString(column: Int): String = read(column) { string(index) }

    /** A BINARY. */
    public fun getBytes(column: Int): ByteArray = read(column) { bytes(index) }

    /** A DECIMAL with its scale, or an integer. */
    public fun getBigDecimal(column: Int): BigDecimal = read(column) { decimal(index) }

    /** A DATE. */
    public fun getLocalDate(column: Int): LocalDate = read(column) { date(index) }

    /** A TIMESTAMP. */
    public fun getInstant(column: Int): Instant = read(column) { instant(index) }

    /** A TIMESTAMP_NTZ. */
    public fun getLocalDateTime(column: Int): LocalDateTime = read(column) { dateTime(index) }

    /** An ARRAY; its elements as [get] answers them. */
    public fun getList(column: Int): List<Any?> = read(column) { list(index) }

    /** A MAP; keys and values as [get] answers them. */
    public fun getMap(column: Int): Map<Any?, Any?> = read(column) { map(index) }

    /** A STRUCT, valid as long as this row. */
    public fun getRow(column: Int): Row = read(column) { struct(index, owner, isOpen) }

    /** All values, copied. */
    public fun toList(): List<Any?> = vectors.indices.map { get(it) }

    private fun vector(column: Int): Vector {
        if (!isOpen()) throw KernelException.InvalidStatementHandle(ErrorFields("the row is gone: keep toList(), not the row"))
        return vectors.getOrNull(column)
            ?: throw KernelException.InvalidArgument(ErrorFields("there is no column $column; there are ${vectors.size}, counted from 0"))
    }

    /** Reads a value that is not NULL; the memory's owner lives at least until it was read. */
    private inline fun <T> read(column: Int, body: Vector.() -> T): T = try {
        present(column).body()
    } finally {
        Reference.reachabilityFence(owner)
    }

    private fun present(column: Int): Vector {
        val vector = vector(column)
        if (vector.isNull(index)) {
            throw KernelException.InvalidArgument(ErrorFields("column ${vector.type.name} is NULL here: ask isNull() first, or use get()"))
        }
        return vector
    }
}
