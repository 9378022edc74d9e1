package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseException
import com.databricks.sql.kernel.testing.LocalWarehouseOptions
import java.nio.file.Files
import java.nio.file.Path
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class LocalWarehouseTest {
    @Test
    fun itServesFiles_andEndsWhenItIsClosed(@TempDir folder: Path) {
        Files.writeString(folder.resolve("people.csv"), "name,age\nAda,36\n")
        val warehouse = LocalWarehouse(LocalWarehouseOptions().apply { data = folder; scaleFactor = 0.001; token = "given" })
        val process = ProcessHandle.of(warehouse.processId).get()
        warehouse.use { it.connect().use { session -> session.execute("SELECT name FROM main.default.people").use { result -> assertEquals(listOf<Any?>("Ada"), result.toList().single()) } } }
        assertFalse(process.isAlive)
        warehouse.close()
    }

    @Test
    fun timestamps_areInTheServersZone_whereNoneIsNamed() {
        val sql = "SELECT array(TIMESTAMP '2024-01-01 09:00:00') AS t"
        LocalWarehouse(LocalWarehouseOptions().apply { arguments = listOf("--zone", "America/Los_Angeles") }).use { warehouse ->
            Session.connect(warehouse.config().apply { results.complexTypesAsJson = true }).use { session ->
                session.execute(sql).use { assertEquals(listOf<Any?>("[\"2024-01-01T09:00:00-08:00\"]"), it.toList().single()) }
            }
        }
    }

    @Test
    fun whatIsWrong_isSaid() {
        val missing = failure<LocalWarehouseException> { LocalWarehouse(LocalWarehouseOptions().apply { binary = Path.of("/no/such/program") }).close() }
        assertTrue(missing.message!!.contains("make warehouse"), missing.message)
        val refused = failure<LocalWarehouseException> { LocalWarehouse(LocalWarehouseOptions().apply { arguments = listOf("--no-such-flag") }).close() }
        assertTrue(refused.message!!.contains("no-such-flag"), refused.message)
        LocalWarehouse().use { failure<LocalWarehouseException> { it.planFaults("no plan") } }
    }
}
