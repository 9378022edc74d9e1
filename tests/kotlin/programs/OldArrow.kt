package programs

import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.testing.LocalWarehouse

/** Columns by an Arrow Java older than 19: without the flag the error names it and the version; with it, `flag` as the argument, they are read. */
fun main(arguments: Array<String>) = LocalWarehouse().use { warehouse ->
    warehouse.connect().use { session ->
        val read = runCatching { session.execute("SELECT 1 AS n").use { result -> result.columns().sumOf { batch -> batch.use { it.rowCount } } } }
        if ("flag" in arguments) {
            check(read.getOrThrow() == 1)
        } else {
            val error = read.exceptionOrNull()
            check(error is KernelException.InvalidState && "--add-opens" in error.message!! && "Arrow Java 19" in error.message!!) { read.toString() }
        }
    }
}
