package com.databricks.sql.kernel

import com.databricks.sql.kernel.ipc.RowBatch
import com.databricks.sql.kernel.ipc.Vector
import com.databricks.sql.kernel.ipc.damaged
import java.lang.ref.Reference
import java.math.BigDecimal
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.Period

/**
 * One row, read where the kernel holds it: valid until the next row is taken. What the getters answer is copied and stays.
 *
 * Columns go by their position, counted from 0, or by their name. `getX` is for columns that have no NULL, and `getXOrNull` answers null for it; [get]
 * answers any type. Every getter throws [KernelException.InvalidArgument] for another type and for a column that is not there, `getX` for NULL too,
 * and [KernelException.InvalidStatementHandle] when the row is gone.
 */
public class Row internal constructor(
    /** The columns. */
    public val schema: Schema,
    private val vectors: Array<Vector>,
    private val batch: RowBatch,
    /** The row of the batch that this is, or is a part of. */
    private val position: Int,
    /** Where its values stand in [vectors]. */
    private val index: Int,
) {
    /** Whether the value is NULL. */
    public fun isNull(column: Int): Boolean = reading(column) { it.isNull(index) }

    /** Whether the value is NULL. */
    public fun isNull(name: String): Boolean = isNull(schema.indexOf(name))

    /**
     * The value as the nearest type: Int up to 32 bits, Long, Float, Double, BigDecimal, Boolean, String, ByteArray, LocalDate, Instant (TIMESTAMP),
     * LocalDateTime (TIMESTAMP_NTZ), Period, Duration, List, Map, and for a STRUCT a Map by its fields' names; null for NULL.
     */
    public operator fun get(column: Int): Any? = reading(column) { it.value(index) }

    /** The value of the column of this name. */
    public operator fun get(name: String): Any? = get(schema.indexOf(name))

    /** A BOOLEAN. */
    public fun getBoolean(column: Int): Boolean = present(column) { it.boolean(index) }

    /** A BOOLEAN. */
    public fun getBoolean(name: String): Boolean = getBoolean(schema.indexOf(name))

    /** A BOOLEAN. Null for NULL. */
    public fun getBooleanOrNull(column: Int): Boolean? = orNull(column) { it.boolean(index) }

    /** A BOOLEAN. Null for NULL. */
    public fun getBooleanOrNull(name: String): Boolean? = getBooleanOrNull(schema.indexOf(name))

    /** A whole number that fits in 32 bits. */
    public fun getInt(column: Int): Int = present(column) { it.int(index) }

    /** A whole number that fits in 32 bits. */
    public fun getInt(name: String): Int = getInt(schema.indexOf(name))

    /** A whole number that fits in 32 bits. Null for NULL. */
    public fun getIntOrNull(column: Int): Int? = orNull(column) { it.int(index) }

    /** A whole number that fits in 32 bits. Null for NULL. */
    public fun getIntOrNull(name: String): Int? = getIntOrNull(schema.indexOf(name))

    /** A whole number. */
    public fun getLong(column: Int): Long = present(column) { it.long(index) }

    /** A whole number. */
    public fun getLong(name: String): Long = getLong(schema.indexOf(name))

    /** A whole number. Null for NULL. */
    public fun getLongOrNull(column: Int): Long? = orNull(column) { it.long(index) }

    /** A whole number. Null for NULL. */
    public fun getLongOrNull(name: String): Long? = getLongOrNull(schema.indexOf(name))

    /** A FLOAT. */
    public fun getFloat(column: Int): Float = present(column) { it.float(index) }

    /** A FLOAT. */
    public fun getFloat(name: String): Float = getFloat(schema.indexOf(name))

    /** A FLOAT. Null for NULL. */
    public fun getFloatOrNull(column: Int): Float? = orNull(column) { it.float(index) }

    /** A FLOAT. Null for NULL. */
    public fun getFloatOrNull(name: String): Float? = getFloatOrNull(schema.indexOf(name))

    /** A number of any type; a DECIMAL is rounded to the nearest. */
    public fun getDouble(column: Int): Double = present(column) { it.double(index) }

    /** A number of any type; a DECIMAL is rounded to the nearest. */
    public fun getDouble(name: String): Double = getDouble(schema.indexOf(name))

    /** A number of any type; a DECIMAL is rounded to the nearest. Null for NULL. */
    public fun getDoubleOrNull(column: Int): Double? = orNull(column) { it.double(index) }

    /** A number of any type; a DECIMAL is rounded to the nearest. Null for NULL. */
    public fun getDoubleOrNull(name: String): Double? = getDoubleOrNull(schema.indexOf(name))

    /** A DECIMAL with its scale, or a whole number. */
    public fun getBigDecimal(column: Int): BigDecimal = present(column) { it.decimal(index) }

    /** A DECIMAL with its scale, or a whole number. */
    public fun getBigDecimal(name: String): BigDecimal = getBigDecimal(schema.indexOf(name))

    /** A DECIMAL with its scale, or a whole number. Null for NULL. */
    public fun getBigDecimalOrNull(column: Int): BigDecimal? = orNull(column) { it.decimal(index) }

    /** A DECIMAL with its scale, or a whole number. Null for NULL. */
    public fun getBigDecimalOrNull(name: String): BigDecimal? = getBigDecimalOrNull(schema.indexOf(name))

    /** A STRING. */
    public fun getString(column: Int): String = present(column) { it.string(index) }

    /** A STRING. */
    public fun getString(name: String): String = getString(schema.indexOf(name))

    /** A STRING. Null for NULL. */
    public fun getStringOrNull(column: Int): String? = orNull(column) { it.string(index) }

    /** A STRING. Null for NULL. */
    public fun getStringOrNull(name: String): String? = getStringOrNull(schema.indexOf(name))

    /** A BINARY. */
    public fun getBytes(column: Int): ByteArray = present(column) { it.bytes(index) }

    /** A BINARY. */
    public fun getBytes(name: String): ByteArray = getBytes(schema.indexOf(name))

    /** A BINARY. Null for NULL. */
    public fun getBytesOrNull(column: Int): ByteArray? = orNull(column) { it.bytes(index) }

    /** A BINARY. Null for NULL. */
    public fun getBytesOrNull(name: String): ByteArray? = getBytesOrNull(schema.indexOf(name))

    /** A DATE. */
    public fun getLocalDate(column: Int): LocalDate = present(column) { it.date(index) }

    /** A DATE. */
    public fun getLocalDate(name: String): LocalDate = getLocalDate(schema.indexOf(name))

    /** A DATE. Null for NULL. */
    public fun getLocalDateOrNull(column: Int): LocalDate? = orNull(column) { it.date(index) }

    /** A DATE. Null for NULL. */
    public fun getLocalDateOrNull(name: String): LocalDate? = getLocalDateOrNull(schema.indexOf(name))

    /** A TIMESTAMP. */
    public fun getInstant(column: Int): Instant = present(column) { it.instant(index) }

    /** A TIMESTAMP. */
    public fun getInstant(name: String): Instant = getInstant(schema.indexOf(name))

    /** A TIMESTAMP. Null for NULL. */
    public fun getInstantOrNull(column: Int): Instant? = orNull(column) { it.instant(index) }

    /** A TIMESTAMP. Null for NULL. */
    public fun getInstantOrNull(name: String): Instant? = getInstantOrNull(schema.indexOf(name))

    /** A TIMESTAMP_NTZ. */
    public fun getLocalDateTime(column: Int): LocalDateTime = present(column) { it.dateTime(index) }

    /** A TIMESTAMP_NTZ. */
    public fun getLocalDateTime(name: String): LocalDateTime = getLocalDateTime(schema.indexOf(name))

    /** A TIMESTAMP_NTZ. Null for NULL. */
    public fun getLocalDateTimeOrNull(column: Int): LocalDateTime? = orNull(column) { it.dateTime(index) }

    /** A TIMESTAMP_NTZ. Null for NULL. */
    public fun getLocalDateTimeOrNull(name: String): LocalDateTime? = getLocalDateTimeOrNull(schema.indexOf(name))

    /** An INTERVAL of years and months. */
    public fun getPeriod(column: Int): Period = present(column) { it.period(index) }

    /** An INTERVAL of years and months. */
    public fun getPeriod(name: String): Period = getPeriod(schema.indexOf(name))

    /** An INTERVAL of years and months. Null for NULL. */
    public fun getPeriodOrNull(column: Int): Period? = orNull(column) { it.period(index) }

    /** An INTERVAL of years and months. Null for NULL. */
    public fun getPeriodOrNull(name: String): Period? = getPeriodOrNull(schema.indexOf(name))

    /** An INTERVAL of days and time. */
    public fun getDuration(column: Int): Duration = present(column) { it.duration(index) }

    /** An INTERVAL of days and time. */
    public fun getDuration(name: String): Duration = getDuration(schema.indexOf(name))

    /** An INTERVAL of days and time. Null for NULL. */
    public fun getDurationOrNull(column: Int): Duration? = orNull(column) { it.duration(index) }

    /** An INTERVAL of days and time. Null for NULL. */
    public fun getDurationOrNull(name: String): Duration? = getDurationOrNull(schema.indexOf(name))

    /** An ARRAY; its elements are as [get] answers them. */
    public fun getList(column: Int): List<Any?> = present(column) { it.list(index) }

    /** An ARRAY; its elements are as [get] answers them. */
    public fun getList(name: String): List<Any?> = getList(schema.indexOf(name))

    /** An ARRAY; its elements are as [get] answers them. Null for NULL. */
    public fun getListOrNull(column: Int): List<Any?>? = orNull(column) { it.list(index) }

    /** An ARRAY; its elements are as [get] answers them. Null for NULL. */
    public fun getListOrNull(name: String): List<Any?>? = getListOrNull(schema.indexOf(name))

    /** A MAP; its keys and values are as [get] answers them. */
    public fun getMap(column: Int): Map<Any?, Any?> = present(column) { it.map(index) }

    /** A MAP; its keys and values are as [get] answers them. */
    public fun getMap(name: String): Map<Any?, Any?> = getMap(schema.indexOf(name))

    /** A MAP; its keys and values are as [get] answers them. Null for NULL. */
    public fun getMapOrNull(column: Int): Map<Any?, Any?>? = orNull(column) { it.map(index) }

    /** A MAP; its keys and values are as [get] answers them. Null for NULL. */
    public fun getMapOrNull(name: String): Map<Any?, Any?>? = getMapOrNull(schema.indexOf(name))

    /** A STRUCT as a row, valid as long as this one. */
    public fun getRow(column: Int): Row = present(column, ::nested)

    /** A STRUCT as a row, valid as long as this one. */
    public fun getRow(name: String): Row = getRow(schema.indexOf(name))

    /** A STRUCT as a row, valid as long as this one. Null for NULL. */
    public fun getRowOrNull(column: Int): Row? = orNull(column, ::nested)

    /** A STRUCT as a row, valid as long as this one. Null for NULL. */
    public fun getRowOrNull(name: String): Row? = getRowOrNull(schema.indexOf(name))

    /** An ARRAY of STRUCTs as rows, valid as long as this one; null where an element is NULL. */
    public fun getRows(column: Int): List<Row?> = present(column, ::nestedRows)

    /** An ARRAY of STRUCTs as rows, valid as long as this one; null where an element is NULL. */
    public fun getRows(name: String): List<Row?> = getRows(schema.indexOf(name))

    /** An ARRAY of STRUCTs as rows, valid as long as this one; null where an element is NULL. Null for NULL. */
    public fun getRowsOrNull(column: Int): List<Row?>? = orNull(column, ::nestedRows)

    /** An ARRAY of STRUCTs as rows, valid as long as this one; null where an element is NULL. Null for NULL. */
    public fun getRowsOrNull(name: String): List<Row?>? = getRowsOrNull(schema.indexOf(name))

    /** All values, copied, as [get] answers them. */
    public fun toList(): List<Any?> = List(vectors.size) { get(it) }

    /** All values by their columns' names, copied, as [get] answers them. Throws [KernelException.InvalidArgument] when two columns have the same name. */
    public fun toMap(): Map<String, Any?> {
        val map = LinkedHashMap<String, Any?>()
        schema.columns.forEachIndexed { index, column ->
            if (map.containsKey(column.name)) throw invalidArgument("two columns are called ${column.name}: rename one with AS, or use toList()")
            map[column.name] = get(index)
        }
        return map
    }

    /** The values, for a log; where the row is gone, it says so. */
    override fun toString(): String = if (batch.position == position) toList().toString() else "a row that is gone"

    private fun nested(struct: Vector): Row = struct.struct().let { Row(it.fields, it.children, batch, position, index) }

    private fun nestedRows(array: Vector): List<Row?> {
        val elements = array.elements(index)
        val struct = array.children[0].struct()
        return elements.map { if (struct.isNull(it)) null else Row(struct.fields, struct.children, batch, position, it) }
    }

    private inline fun <T> present(column: Int, read: (Vector) -> T): T = reading(column) { vector ->
        if (vector.isNull(index)) throw invalidArgument("column ${vector.column.name} is NULL here: use the getter that ends in OrNull")
        read(vector)
    }

    private inline fun <T> orNull(column: Int, read: (Vector) -> T): T? = reading(column) { if (it.isNull(index)) null else read(it) }

    /** Reads a value; the memory lives at least until it was read. */
    private inline fun <T> reading(column: Int, read: (Vector) -> T): T {
        if (batch.position != position) throw KernelException.InvalidStatementHandle(ErrorFields("the row is gone: keep toList(), not the row"))
        if (column !in vectors.indices) throw invalidArgument("there is no column $column; there are ${vectors.size}, counted from 0")
        try {
            return read(vectors[column])
        } catch (error: IndexOutOfBoundsException) {
            throw damaged("a value lies outside its chunk").apply { initCause(error) }
        } finally {
            Reference.reachabilityFence(batch.chunk)
        }
    }
}
