package com.databricks.sql.kernel

/** How a column's values lie in memory. */
internal enum class Kind {
    NULL, INT8, INT16, INT32, INT64, FLOAT, DOUBLE, BINARY, TEXT, BOOLEAN, DECIMAL, DATE, TIMESTAMP, MONTHS, DURATION, LIST, STRUCT, MAP
}

/** A column's name and type. */
public class ColumnType internal constructor(
    /** The column's name, or a field's inside a struct. */
    public val name: String,
    /** The server's name of the type, such as `DECIMAL`; null where the server gives none, as inside nested types. */
    public val typeName: String?,
    internal val kind: Kind,
    /** Decimal digits after the point, or the unit of a time: 0 s, 1 ms, 2 µs, 3 ns. */
    internal val scale: Int,
    /** Whether a TIMESTAMP names an instant, and offsets have 64 bits. */
    internal val zoned: Boolean,
    internal val wide: Boolean,
    internal val children: List<ColumnType>,
) {
    override fun toString(): String = "$name: ${typeName ?: kind}"

    internal companion object {
        private const val TYPE_NAME = "databricks.type_name"

        fun read(field: Table): ColumnType {
            val name = field.text(0).orEmpty()
            val type = field.table(3) ?: throw damaged("column $name has no type")
            val metadata = field.tables(6).associate { it.text(0) to it.text(1) }
            var scale = 0
            var zoned = false
            var wide = false
            val kind = when (val id = field.byte(2)) {
                1 -> Kind.NULL
                2 -> when (type.int(0)) {
                    8 -> Kind.INT8
                    16 -> Kind.INT16
                    32 -> Kind.INT32
                    else -> Kind.INT64
                }
                3 -> if (type.short(0) == 1) Kind.FLOAT else Kind.DOUBLE
                4 -> Kind.BINARY
                5 -> Kind.TEXT
                6 -> Kind.BOOLEAN
                7 -> Kind.DECIMAL.also { scale = type.int(1) }
                8 -> Kind.DATE
                10 -> Kind.TIMESTAMP.also { scale = type.short(0); zoned = !type.text(1).isNullOrEmpty() }
                11 -> Kind.MONTHS
                12 -> Kind.LIST
                13 -> Kind.STRUCT
                17 -> Kind.MAP
                18 -> Kind.DURATION.also { scale = type.short(0, 1) }
                19 -> Kind.BINARY.also { wide = true }
                20 -> Kind.TEXT.also { wide = true }
                21 -> Kind.LIST.also { wide = true }
                else -> throw KernelException.InvalidArgument(
                    ErrorFields("column $name has Arrow type $id, which rows cannot show; read the result as columns, or CAST it to STRING"),
                )
            }
            return ColumnType(name, metadata[TYPE_NAME], kind, scale, zoned, wide, field.tables(5).map { read(it) })
        }
    }
}

/** The columns of a result or of a nested row, and where each name stands. */
public class Schema internal constructor(
    /** The columns, in order. */
    public val columns: List<ColumnType>,
) {
    private val positions = HashMap<String, Int>().apply {
        columns.forEachIndexed { index, column -> putIfAbsent(column.name.lowercase(), index) }
    }

    /** Where the first column of this name stands, counted from 0, in any letter case. Throws [KernelException.InvalidArgument] when there is none. */
    public fun indexOf(name: String): Int = positions[name] ?: positions[name.lowercase()]
        ?: throw KernelException.InvalidArgument(ErrorFields("there is no column $name; there are ${columns.joinToString { it.name }}"))
}
