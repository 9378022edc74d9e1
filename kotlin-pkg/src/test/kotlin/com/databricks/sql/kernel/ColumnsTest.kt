package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Chunk
import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import org.apache.arrow.memory.RootAllocator
import org.apache.arrow.vector.BigIntVector
import org.apache.arrow.vector.FieldVector
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(LocalWarehouseExtension::class)
class ColumnsTest(private val warehouse: LocalWarehouse, private val session: Session) {
    @Test
    fun batches_haveAllRows_inOrder_andGiveTheirMemoryBack() {
        RootAllocator().use { allocator ->
            session.execute(MANY_ROWS).use { result ->
                var next = 0L
                for (batch in Columns.of(result, allocator)) {
                    batch.use {
                        val ids = batch.root.getVector("id") as BigIntVector
                        for (row in 0 until batch.rowCount) assertEquals(next++, ids.get(row))
                        assertTrue(allocator.allocatedMemory > 0)
                    }
                }
                assertEquals(1_000_000L, next)
                assertEquals(0, allocator.allocatedMemory)
            }
        }
    }

    @Test
    fun batches_areTheKernelsMemory_notACopy() {
        RootAllocator().use { allocator ->
            session.execute(MANY_ROWS).use { result ->
                val chunks = mutableListOf<LongRange>()
                val items = result.items("columns") { SpyingReader(chunks, BatchReader({ Columns.of(session.execute("SELECT id FROM range(0)")).schema }, allocator)) }
                while (items.hasNext()) {
                    items.next().use { batch ->
                        val address = batch.root.getVector(0).dataBuffer.memoryAddress()
                        assertTrue(chunks.any { address in it }, "$address lies in a chunk")
                    }
                }
                assertTrue(chunks.size > 1)
            }
        }
    }

    private class SpyingReader(private val chunks: MutableList<LongRange>, private val reader: ChunkReader<ColumnBatch>) : ChunkReader<ColumnBatch> by reader {
        override fun load(chunk: Chunk) {
            chunks.add(chunk.address until chunk.address + chunk.length)
            reader.load(chunk)
        }
    }

    @Test
    fun everyType_isTheValueThatRowsGive() {
        val sql = "SELECT 1 AS i, CAST(1.5 AS DECIMAL(10,2)) AS d, 'grün' AS s, array(1, NULL) AS a, named_struct('x', 1) AS r, map('k', 2) AS m, " +
            "TIMESTAMP '2024-01-01 00:00:00' AS t, INTERVAL '1-2' YEAR TO MONTH AS ym, INTERVAL '1' DAY AS dt, true AS b, NULL AS n, X'00' AS y, DATE '2024-01-01' AS e"
        session.execute(sql).use { result ->
            result.columns().single().use { batch ->
                val shown = batch.root.fieldVectors.associate { it.name to it.getObject(0)?.toString() }
                assertEquals("1.50", shown["d"])
                assertEquals("grün", shown["s"])
                assertEquals("[1,null]", shown["a"])
                assertEquals("{\"x\":1}", shown["r"])
                assertEquals("1704067200000000", shown["t"])
                assertEquals("P14M", shown["ym"])
                assertEquals("PT24H", shown["dt"])
                assertEquals(null, shown["n"])
            }
            assertEquals(result.schema.columns.map { it.name }, result.columns().schema.fields.map { it.name })
            assertEquals("DECIMAL(10,2)", result.columns().schema.findField("d").metadata["databricks.type_text"]!!.uppercase().replace(" ", ""))
        }
    }

    @Test
    fun emptyResult_hasItsSchema_andNoBatch() {
        session.execute("SELECT id, 'a' AS s FROM range(0)").use { result ->
            assertEquals(listOf("id", "s"), result.columns().schema.fields.map { it.name })
            assertEquals(0, result.columns().sumOf { it.use(ColumnBatch::rowCount) })
        }
    }

    @Test
    fun batch_outlivesItsResult_itsSession_andItsOwner() {
        RootAllocator().use { allocator ->
            val kept: FieldVector
            warehouse.connect().use { other ->
                other.execute(MANY_ROWS).use { result ->
                    val batch = Columns.of(result, allocator).first()
                    kept = batch.root.getVector("id").getTransferPair(allocator).apply { transfer() }.to as FieldVector
                    batch.close()
                }
            }
            System.gc()
            kept.use { ids -> for (row in 0 until ids.valueCount) assertEquals(row.toLong(), (ids as BigIntVector).get(row)) }
            assertEquals(0, allocator.allocatedMemory)
        }
    }

    @Test
    fun closedResult_leavesNothingBehind_whereverReadingStopped() {
        RootAllocator().use { allocator ->
            for (read in listOf<(Columns) -> Unit>({}, { it.first().close() }, { it.iterator().hasNext() })) {
                session.execute(MANY_ROWS).use { read(Columns.of(it, allocator)) }
                assertEquals(0, allocator.allocatedMemory)
            }
        }
    }
}
