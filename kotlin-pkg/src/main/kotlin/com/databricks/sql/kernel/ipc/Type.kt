package com.databricks.sql.kernel.ipc

import com.databricks.sql.kernel.Column
import com.databricks.sql.kernel.Schema
import com.databricks.sql.kernel.invalidArgument

/** How a column's values lie in memory. */
internal enum class Kind(val sqlName: String) {
    NULL("VOID"),
    INT8("TINYINT"),
    INT16("SMALLINT"),
    INT32("INT"),
    INT64("BIGINT"),
    FLOAT("FLOAT"),
    DOUBLE("DOUBLE"),
    BINARY("BINARY"),
    TEXT("STRING"),
    BOOLEAN("BOOLEAN"),
    DECIMAL("DECIMAL"),
    DATE("DATE"),
    TIMESTAMP("TIMESTAMP"),
    TIMESTAMP_NTZ("TIMESTAMP_NTZ"),
    MONTHS("INTERVAL"),
    DURATION("INTERVAL"),
    LIST("ARRAY"),
    STRUCT("STRUCT"),
    MAP("MAP"),
}

/** A column's kind, the decimal digits after its point or the unit of its time (0 s, 1 ms, 2 µs, 3 ns), and whether its offsets have 64 bits. */
internal class Type(val kind: Kind, val scale: Int = 0, val wide: Boolean = false) {
    val sqlName: String get() = kind.sqlName
}

/** A result's schema out of its schema stream. */
internal fun readSchema(stream: ByteArray): Schema {
    val message = messages(Memory.of(stream)).firstOrNull { it.kind == Message.SCHEMA } ?: throw damaged("it has no schema")
    return Schema(message.header.tables(1).map(::column))
}

private fun column(field: Table): Column {
    val metadata = field.tables(6).associate { it.text(0) to it.text(1) }
    val name = field.text(0).orEmpty()
    return Column(name, type(name, field), metadata["databricks.type_name"], metadata["databricks.type_text"], field.tables(5).map(::column))
}

/** The numbers are those of Arrow's `Schema.fbs`. */
private fun type(name: String, field: Table): Type {
    val type = field.table(3) ?: throw damaged("column $name has no type")
    val id = field.byte(2)
    val read = when (id) {
        1 -> Type(Kind.NULL)
        2 -> when (type.int(0)) {
            8 -> Type(Kind.INT8)
            16 -> Type(Kind.INT16)
            32 -> Type(Kind.INT32)
            64 -> Type(Kind.INT64)
            else -> null
        }
        3 -> when (type.short(0)) {
            1 -> Type(Kind.FLOAT)
            2 -> Type(Kind.DOUBLE)
            else -> null
        }
        4 -> Type(Kind.BINARY)
        5 -> Type(Kind.TEXT)
        6 -> Type(Kind.BOOLEAN)
        7 -> if (type.int(2, 128) == 128) Type(Kind.DECIMAL, type.int(1)) else null
        8 -> if (type.short(0, 1) == 0) Type(Kind.DATE) else null
        10 -> Type(if (type.text(1).isNullOrEmpty()) Kind.TIMESTAMP_NTZ else Kind.TIMESTAMP, type.short(0))
        11 -> if (type.short(0) == 0) Type(Kind.MONTHS) else null
        12 -> Type(Kind.LIST)
        13 -> Type(Kind.STRUCT)
        17 -> Type(Kind.MAP)
        18 -> Type(Kind.DURATION, type.short(0, 1))
        19 -> Type(Kind.BINARY, wide = true)
        20 -> Type(Kind.TEXT, wide = true)
        21 -> Type(Kind.LIST, wide = true)
        else -> null
    }
    return read ?: throw invalidArgument("column $name has a type of Arrow's (number $id) that rows cannot show: read the result as columns, or CAST it to STRING")
}
