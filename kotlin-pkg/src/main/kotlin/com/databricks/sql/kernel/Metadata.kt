package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Metadata as NativeMetadata
import com.databricks.sql.kernel.internal.MetadataCall as NativeCall

/**
 * What the warehouse holds, in the column shapes of JDBC. Each method makes a call; nothing is sent before [MetadataCall.fetch].
 *
 * Patterns are those of LIKE, letter case ignored: `%` for any text, `_` for one character, a backslash before either for itself. Null and empty
 * text are no filter. What is not called a pattern is an exact name. What does not exist has no rows.
 */
public class Metadata internal constructor(private val native: NativeMetadata) {
    /** The catalogs: TABLE_CAT. */
    public fun listCatalogs(): MetadataCall = metadataCall { native.listCatalogs() }

    /** The schemas of one catalog or of all: TABLE_SCHEM, TABLE_CATALOG. */
    @JvmOverloads
    public fun listSchemas(catalog: String? = null, schemaPattern: String? = null): MetadataCall = metadataCall { native.listSchemas(catalog, schemaPattern) }

    /** The tables and views: TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, REMARKS and five more; of [tableTypes] alone, such as `TABLE` and `VIEW`. */
    @JvmOverloads
    public fun listTables(
        catalogPattern: String? = null,
        schemaPattern: String? = null,
        tablePattern: String? = null,
        tableTypes: List<String>? = null,
    ): MetadataCall = metadataCall { native.listTables(catalogPattern, schemaPattern, tablePattern, tableTypes) }

    /** The columns of the tables that match, in the order of their positions: 23 columns of JDBC's shape. */
    @JvmOverloads
    public fun listColumns(
        catalog: String? = null,
        schemaPattern: String? = null,
        tablePattern: String? = null,
        columnPattern: String? = null,
    ): MetadataCall = metadataCall { native.listColumns(catalog, schemaPattern, tablePattern, columnPattern) }

    /** The kinds of tables that there are: TABLE_TYPE. Nothing is sent. */
    public fun tableTypes(): MetadataCall = metadataCall { native.tableTypes() }

    /** The SQL types: 18 columns of JDBC's shape. Nothing is sent. */
    public fun typeInfo(): MetadataCall = metadataCall { native.typeInfo() }

    /** The primary key of a table. */
    public fun primaryKeys(catalog: String, schema: String, table: String): MetadataCall = metadataCall { native.primaryKeys(catalog, schema, table) }

    /** The foreign keys of a table (`foreign…`): all of them, or those that point to a parent (`parent…`). */
    @JvmOverloads
    public fun foreignKeys(
        foreignCatalog: String,
        foreignSchema: String,
        foreignTable: String,
        parentCatalog: String? = null,
        parentSchema: String? = null,
        parentTable: String? = null,
    ): MetadataCall = metadataCall { native.foreignKeys(parentCatalog, parentSchema, parentTable, foreignCatalog, foreignSchema, foreignTable) }

    /** The functions; without a catalog those of the session's current one. */
    @JvmOverloads
    public fun functions(catalog: String? = null, schemaPattern: String? = null, functionPattern: String? = null): MetadataCall =
        metadataCall { native.functions(catalog, schemaPattern, functionPattern) }

    /** The procedures; without a catalog those of the session's current one. */
    @JvmOverloads
    public fun procedures(catalog: String? = null, schemaPattern: String? = null, procedurePattern: String? = null): MetadataCall =
        metadataCall { native.procedures(catalog, schemaPattern, procedurePattern) }

    private inline fun metadataCall(make: () -> NativeCall) = MetadataCall(call(make))
}

/** A metadata call that can be fetched, and cancelled while it is. */
public class MetadataCall internal constructor(private val native: NativeCall) {
    /** Asks the server and answers the rows. */
    public fun fetch(): ResultStream = waiting(::fetchAsync) { ResultStream(await(native::interrupt) { native.fetchWithin(it) }) }

    /** [fetch] for coroutines. */
    @JvmSynthetic
    public suspend fun fetchAsync(): ResultStream = ResultStream(obtain(native::fetchReady, native::interrupt) { native.fetchWithin(it) })

    /** A handle that cancels the call from another thread. */
    public fun canceller(): Canceller = Canceller(call { native.canceller() })
}
