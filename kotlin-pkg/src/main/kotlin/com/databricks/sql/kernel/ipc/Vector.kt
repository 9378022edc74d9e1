package com.databricks.sql.kernel.ipc

import com.databricks.sql.kernel.Column
import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.Schema
import com.databricks.sql.kernel.invalidArgument
import java.math.BigDecimal
import java.math.BigInteger
import java.nio.ByteBuffer
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.Period
import java.time.ZoneOffset

/**
 * One column of a record batch, read where it lies. [validity] is empty where no value is NULL, and null where all are. [data] holds the values, or the
 * offsets into [bytes] or into the only child.
 */
internal class Vector(
    val column: Column,
    private val validity: ByteBuffer?,
    private val data: ByteBuffer,
    private val bytes: ByteBuffer,
    val children: Array<Vector>,
) {
    private val kind = column.type.kind
    private val scale = column.type.scale
    private val wide = column.type.wide

    /** The schema of a STRUCT's rows. */
    val fields: Schema by lazy(LazyThreadSafetyMode.PUBLICATION) { Schema(column.children) }

    fun isNull(row: Int): Boolean = validity == null || (validity.capacity() != 0 && !bit(validity, row))

    fun long(row: Int): Long = when (kind) {
        Kind.INT64 -> data.getLong(row * 8)
        Kind.INT32 -> data.getInt(row * 4).toLong()
        Kind.INT16 -> data.getShort(row * 2).toLong()
        Kind.INT8 -> data.get(row).toLong()
        else -> throw wrong("a whole number")
    }

    fun int(row: Int): Int {
        val value = long(row)
        if (value != value.toInt().toLong()) throw invalidArgument("column ${column.name} is $value here, which no Int holds: use getLong()")
        return value.toInt()
    }

    fun double(row: Int): Double = when (kind) {
        Kind.DOUBLE -> data.getDouble(row * 8)
        Kind.FLOAT -> data.getFloat(row * 4).toDouble()
        Kind.DECIMAL -> decimal(row).toDouble()
        Kind.INT8, Kind.INT16, Kind.INT32, Kind.INT64 -> long(row).toDouble()
        else -> throw wrong("a number")
    }

    fun float(row: Int): Float = if (kind == Kind.FLOAT) data.getFloat(row * 4) else throw wrong("a FLOAT")

    fun boolean(row: Int): Boolean = if (kind == Kind.BOOLEAN) bit(data, row) else throw wrong("a BOOLEAN")

    fun bytes(row: Int): ByteArray = if (kind == Kind.BINARY) slice(row) else throw wrong("a BINARY")

    fun string(row: Int): String = if (kind == Kind.TEXT) String(slice(row), Charsets.UTF_8) else throw wrong("text")

    fun decimal(row: Int): BigDecimal = when (kind) {
        Kind.DECIMAL -> {
            val low = data.getLong(row * 16)
            val high = data.getLong(row * 16 + 8)
            // Nearly every value fits in 64 bits, where its upper half only repeats the sign.
            if (high == low shr 63) {
                BigDecimal.valueOf(low, scale)
            } else {
                BigDecimal(BigInteger(ByteBuffer.allocate(16).putLong(high).putLong(low).array()), scale)
            }
        }
        Kind.INT8, Kind.INT16, Kind.INT32, Kind.INT64 -> BigDecimal.valueOf(long(row))
        else -> throw wrong("a DECIMAL")
    }

    fun date(row: Int): LocalDate = if (kind == Kind.DATE) LocalDate.ofEpochDay(data.getInt(row * 4).toLong()) else throw wrong("a DATE")

    fun instant(row: Int): Instant {
        if (kind != Kind.TIMESTAMP) throw wrong("a TIMESTAMP")
        return Instant.ofEpochSecond(seconds(row), nanos(row))
    }

    fun dateTime(row: Int): LocalDateTime {
        if (kind != Kind.TIMESTAMP_NTZ) throw wrong("a TIMESTAMP_NTZ")
        return LocalDateTime.ofEpochSecond(seconds(row), nanos(row).toInt(), ZoneOffset.UTC)
    }

    fun period(row: Int): Period = if (kind == Kind.MONTHS) Period.ofMonths(data.getInt(row * 4)).normalized() else throw wrong("an INTERVAL of months")

    fun duration(row: Int): Duration = if (kind == Kind.DURATION) Duration.ofSeconds(seconds(row), nanos(row)) else throw wrong("an INTERVAL of time")

    fun list(row: Int): List<Any?> = elements(row).map { children[0].value(it) }

    /** Where the elements of an ARRAY stand in the only child. */
    fun elements(row: Int): IntRange = if (kind == Kind.LIST) offset(row) until offset(row + 1) else throw wrong("an ARRAY")

    fun map(row: Int): Map<Any?, Any?> {
        if (kind != Kind.MAP) throw wrong("a MAP")
        val (keys, values) = children[0].children
        return (offset(row) until offset(row + 1)).associate { keys.value(it) to values.value(it) }
    }

    /** Checks that it is a STRUCT, whose fields are the children. */
    fun struct(): Vector = if (kind == Kind.STRUCT) this else throw wrong("a STRUCT")

    /** The value as the nearest Java type, copied: it outlives the memory. */
    fun value(row: Int): Any? = if (isNull(row)) null else when (kind) {
        Kind.NULL -> null
        Kind.INT8, Kind.INT16, Kind.INT32 -> long(row).toInt()
        Kind.INT64 -> long(row)
        Kind.FLOAT -> float(row)
        Kind.DOUBLE -> double(row)
        Kind.BINARY -> bytes(row)
        Kind.TEXT -> string(row)
        Kind.BOOLEAN -> boolean(row)
        Kind.DECIMAL -> decimal(row)
        Kind.DATE -> date(row)
        Kind.TIMESTAMP -> instant(row)
        Kind.TIMESTAMP_NTZ -> dateTime(row)
        Kind.MONTHS -> period(row)
        Kind.DURATION -> duration(row)
        Kind.LIST -> list(row)
        Kind.MAP -> map(row)
        Kind.STRUCT -> children.associate { it.column.name to it.value(row) }
    }

    private fun offset(row: Int): Int = if (wide) Math.toIntExact(data.getLong(row * 8)) else data.getInt(row * 4)

    private fun slice(row: Int): ByteArray {
        val begin = offset(row)
        return ByteArray(offset(row + 1) - begin).also { bytes.get(begin, it) }
    }

    private fun seconds(row: Int): Long = Math.floorDiv(data.getLong(row * 8), PER_SECOND[scale])

    private fun nanos(row: Int): Long = Math.floorMod(data.getLong(row * 8), PER_SECOND[scale]) * (PER_SECOND[3] / PER_SECOND[scale])

    private fun wrong(asked: String): KernelException = invalidArgument("column ${column.name} is ${column.typeText}, not $asked; get() answers any type")

    private companion object {
        val PER_SECOND = longArrayOf(1, 1_000, 1_000_000, 1_000_000_000)

        fun bit(bits: ByteBuffer, row: Int) = bits.get(row shr 3).toInt() shr (row and 7) and 1 == 1
    }
}
