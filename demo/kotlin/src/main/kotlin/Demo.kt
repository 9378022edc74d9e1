import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.ResultStream
import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.testing.LocalWarehouse

private const val PRICING_SUMMARY = """
SELECT l_returnflag, l_linestatus,
       sum(l_quantity) AS sum_qty,
       sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
       avg(l_quantity) AS avg_qty,
       count(*) AS count_order
FROM samples.tpch.lineitem
WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY
GROUP BY l_returnflag, l_linestatus
ORDER BY l_returnflag, l_linestatus
"""

/** Real SQL from Kotlin: rows, columns and an error, over a local warehouse that it starts and stops. */
fun main() {
    println("com.databricks:databricks-sql-kernel on Java ${Runtime.version().feature()}, heap of ${Runtime.getRuntime().maxMemory() shr 20} MiB")
    LocalWarehouse().use { warehouse ->
        warehouse.connect().use { session ->
            println("${warehouse.url}, session ${session.id}")

            heading("TPC-H query 1, pricing summary, as rows")
            rows(session)

            heading("All of lineitem, streamed as columns")
            columns(session)

            heading("A query that fails: SELECT colour FROM samples.tpch.part")
            try {
                session.execute("SELECT colour FROM samples.tpch.part").close()
            } catch (error: KernelException.SqlError) {
                println("  ${error.message}")
                println("  code ${error.code}, SQLSTATE ${error.sqlState}, query ${error.queryId}, retryable ${error.retryable}")
            }
        }
    }
}

private fun heading(text: String) = println("\n$text")

private fun rows(session: Session) {
    val begun = System.nanoTime()
    session.execute(PRICING_SUMMARY).use { result ->
        println(line(result.schema.columns.map { it.name }))
        for (row in result.rows()) {
            println(
                line(
                    listOf(
                        row.getString("l_returnflag"),
                        row.getString("l_linestatus"),
                        "%,.2f".format(row.getBigDecimal("sum_qty")),
                        "%,.4f".format(row.getBigDecimal("sum_disc_price")),
                        "%,.6f".format(row.getBigDecimal("avg_qty")),
                        "%,d".format(row.getLong("count_order")),
                    ),
                ),
            )
        }
    }
    println("  (in %.2f s)".format(secondsSince(begun)))
}

private fun line(cells: List<String>) = "  %-12s  %-12s  %14s  %20s  %10s  %11s".format(*cells.toTypedArray())

private fun columns(session: Session) {
    session.execute("SELECT * FROM samples.tpch.lineitem").use { result: ResultStream ->
        val begun = System.nanoTime()
        val total = result.totalRowCount
        var rows = 0L
        var bytes = 0L
        for (batch in result.columns()) {
            batch.use {
                rows += it.rowCount
                bytes += it.root.fieldVectors.sumOf { vector -> vector.bufferSize.toLong() }
            }
        }
        check(rows == total)
        val seconds = secondsSince(begun)
        println("  %,d rows  %,d MB  %,.0f rows/s  %,.0f MB/s".format(rows, bytes / 1_000_000, rows / seconds, bytes / 1e6 / seconds))
    }
}

private fun secondsSince(begun: Long) = (System.nanoTime() - begun) / 1e9
