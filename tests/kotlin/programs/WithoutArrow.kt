package programs

import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.testing.LocalWarehouse

/** Columns without Arrow: the error must say what is missing. */
fun main() = LocalWarehouse().use { warehouse ->
    warehouse.connect().use { session ->
        session.execute("SELECT 1 AS n").use { result ->
            val error = runCatching { result.columns() }.exceptionOrNull()
            check(error is KernelException.InvalidState && "arrow-vector" in error.message!!) { error.toString() }
            check(result.rows().single().getInt("n") == 1)
        }
    }
}
