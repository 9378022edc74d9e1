package com.databricks.sql.kernel

import java.math.BigDecimal
import java.math.BigInteger
import java.nio.ByteBuffer
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.Period
import java.time.ZoneOffset

/** One column of a record batch, read where it lies. */
internal class Vector(
    val type: ColumnType,
    val length: Int,
    private val validity: ByteBuffer,
    private val data: ByteBuffer,
    private val text: ByteBuffer,
    private val children: List<Vector>,
    private val allNull: Boolean,
) {
    private val fields by lazy { Schema(type.children) }

    fun isNull(row: Int): Boolean = allNull || (validity.capacity() != 0 && !bit(validity, row))

    fun long(row: Int): Long = when (type.kind) {
        Kind.INT64 -> data.getLong(row * 8)
        Kind.INT32 -> data.getInt(row * 4).toLong()
        Kind.INT16 -> data.getShort(row * 2).toLong()
        Kind.INT8 -> data.get(row).toLong()
        else -> throw wrong("a whole number")
    }

    fun double(row: Int): Double = when (type.kind) {
        Kind.DOUBLE -> data.getDouble(row * 8)
        Kind.FLOAT -> data.getFloat(row * 4).toDouble()
        Kind.DECIMAL -> decimal(row).toDouble()
        else -> long(row).toDouble()
    }

    fun boolean(row: Int): Boolean = if (type.kind == Kind.BOOLEAN) bit(data, row) else throw wrong("a boolean")

    fun bytes(row: Int): ByteArray {
        if (type.kind != Kind.BINARY && type.kind != Kind.TEXT) throw wrong("bytes")
        val begin = offset(row)
        return ByteArray(offset(row + 1) - begin).also { text.get(begin, it) }
    }

    fun string(row: Int): String = if (type.kind == Kind.TEXT) String(bytes(row), Charsets.UTF_8) else throw wrong("text")

    fun decimal(row: Int): BigDecimal {
        if (type.kind != Kind.DECIMAL) return BigDecimal.valueOf(long(row))
        val low = data.getLong(row * 16)
        val high = data.getLong(row * 16 + 8)
        // Nearly every value fits in 64 bits, where its upper half only repeats the sign.
        if (high == low shr 63) return BigDecimal.valueOf(low, type.scale)
        val bytes = ByteBuffer.allocate(16).putLong(high).putLong(low).array()
        return BigDecimal(BigInteger(bytes), type.scale)
    }

    fun date(row: Int): LocalDate = if (type.kind == Kind.DATE) LocalDate.ofEpochDay(data.getInt(row * 4).toLong()) else throw wrong("a date")

    fun instant(row: Int): Instant = if (type.kind == Kind.TIMESTAMP && type.zoned) moment(row) else throw wrong("an instant")

    fun dateTime(row: Int): LocalDateTime =
        if (type.kind == Kind.TIMESTAMP && !type.zoned) LocalDateTime.ofInstant(moment(row), ZoneOffset.UTC) else throw wrong("a local date and time")

    fun list(row: Int): List<Any?> {
        if (type.kind != Kind.LIST) throw wrong("a list")
        return (offset(row) until offset(row + 1)).map { children[0].value(it) }
    }

    fun map(row: Int): Map<Any?, Any?> {
        if (type.kind != Kind.MAP) throw wrong("a map")
        val (keys, values) = children[0].children
        return (offset(row) until offset(row + 1)).associate { keys.value(it) to values.value(it) }
    }

    fun struct(row: Int, owner: Any, isOpen: () -> Boolean): Row =
        if (type.kind == Kind.STRUCT) Row(fields, children, row, owner, isOpen) else throw wrong("a nested row")

    /** The value as the nearest Java type, copied: it outlives the memory. */
    fun value(row: Int): Any? = if (isNull(row)) null else when (type.kind) {
        Kind.NULL -> null
        Kind.INT8, Kind.INT16, Kind.INT32 -> long(row).toInt()
        Kind.INT64 -> long(row)
        Kind.FLOAT -> data.getFloat(row * 4)
        Kind.DOUBLE -> double(row)
        Kind.BINARY -> bytes(row)
        Kind.TEXT -> string(row)
        Kind.BOOLEAN -> boolean(row)
        Kind.DECIMAL -> decimal(row)
        Kind.DATE -> date(row)
        Kind.TIMESTAMP -> if (type.zoned) instant(row) else dateTime(row)
        Kind.MONTHS -> Period.ofMonths(data.getInt(row * 4)).normalized()
        Kind.DURATION -> duration(row)
        Kind.LIST -> list(row)
        Kind.MAP -> map(row)
        Kind.STRUCT -> children.associate { it.type.name to it.value(row) }
    }

    private fun offset(row: Int): Int = if (type.wide) Math.toIntExact(data.getLong(row * 8)) else data.getInt(row * 4)

    private fun moment(row: Int): Instant = duration(row).let { Instant.ofEpochSecond(it.seconds, it.nano.toLong()) }

    private fun duration(row: Int): Duration {
        val ticks = data.getLong(row * 8)
        val perSecond = PER_SECOND[type.scale]
        return Duration.ofSeconds(Math.floorDiv(ticks, perSecond), Math.floorMod(ticks, perSecond) * (1_000_000_000 / perSecond))
    }

    private fun wrong(asked: String) = KernelException.InvalidArgument(
        ErrorFields("column ${type.name} is ${type.typeName ?: type.kind}, which is not $asked; get() answers any type"),
    )

    private companion object {
        val PER_SECOND = longArrayOf(1, 1_000, 1_000_000, 1_000_000_000)

        fun bit(bits: ByteBuffer, row: Int) = bits.get(row shr 3).toInt() shr (row and 7) and 1 == 1
    }
}
