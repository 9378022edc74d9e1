package com.databricks.sql.kernel

import com.databricks.sql.kernel.ipc.Type

/** A column of a result, or a field of a nested row. */
public class Column internal constructor(
    /** Its name. */
    public val name: String,
    internal val type: Type,
    typeName: String?,
    typeText: String?,
    internal val children: List<Column>,
) {
    /** The name of its SQL type, such as `DECIMAL` or `STRUCT`. */
    public val typeName: String = typeName ?: type.sqlName

    /** Its whole SQL type, such as `DECIMAL(10,2)`; inside nested types as [typeName]. */
    public val typeText: String = typeText ?: this.typeName

    override fun toString(): String = "$name $typeText"
}

/** The columns of a result or of a nested row, and where each name stands. */
public class Schema internal constructor(
    /** The columns, in order. */
    public val columns: List<Column>,
) {
    private val positions = HashMap<String, Int>().apply {
        columns.forEachIndexed { index, column -> putIfAbsent(column.name, index) }
        columns.forEachIndexed { index, column -> putIfAbsent(column.name.lowercase(), index) }
    }

    /** Where a column stands, counted from 0: one of exactly this name, or else the first of it in any letter case. Throws [KernelException.InvalidArgument]. */
    public fun indexOf(name: String): Int = positions[name] ?: positions[name.lowercase()]
        ?: throw invalidArgument("there is no column $name; there are ${columns.joinToString { it.name }}")

    override fun toString(): String = columns.joinToString()
}
