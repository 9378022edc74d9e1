package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(LocalWarehouseExtension::class)
class MetadataTest(session: Session) {
    private val metadata = session.metadata()

    private fun MetadataCall.names(column: String): List<String> = fetch().use { result -> result.rows().map { it.getString(column) } }

    @Test
    fun eachCall_answersItsRows() {
        assertTrue(metadata.listCatalogs().names("TABLE_CAT").containsAll(listOf("main", "samples", "system")))
        assertTrue("tpch" in metadata.listSchemas("samples").names("TABLE_SCHEM"))
        assertEquals(listOf("nation"), metadata.listTables("samples", "tpch", "nat%").names("TABLE_NAME"))
        assertEquals(emptyList<String>(), metadata.listTables("samples", "tpch", "nat%", listOf("VIEW")).names("TABLE_NAME"))
        assertEquals(listOf("n_nationkey", "n_name"), metadata.listColumns("samples", "tpch", "nation", "n_na%").names("COLUMN_NAME"))
        assertTrue("TABLE" in metadata.tableTypes().names("TABLE_TYPE"))
        assertTrue("BIGINT" in metadata.typeInfo().names("TYPE_NAME"))
        for (empty in listOf(metadata.primaryKeys("samples", "tpch", "nation"), metadata.foreignKeys("samples", "tpch", "nation"), metadata.procedures("samples"))) {
            empty.fetch().use { result ->
                assertTrue(result.schema.columns.isNotEmpty())
                assertEquals(0, result.toList().size)
            }
        }
        metadata.functions("samples", "%", "no_such%").fetch().use { assertEquals(0, it.toList().size) }
    }
}
