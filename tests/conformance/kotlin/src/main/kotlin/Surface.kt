import com.databricks.sql.kernel.AsyncStatement
import com.databricks.sql.kernel.Canceller
import com.databricks.sql.kernel.ExecutedStatement
import com.databricks.sql.kernel.MetadataCall
import com.databricks.sql.kernel.ResultStream
import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.SessionConfig
import com.databricks.sql.kernel.Statement
import com.databricks.sql.kernel.StatementStatus
import com.fasterxml.jackson.databind.JsonNode
import org.apache.arrow.vector.types.pojo.Schema

/** The calls of the package that wait, and the form in which results are read: by rows, or by Arrow's columns. */
interface Surface {
    suspend fun connect(config: SessionConfig): Session
    suspend fun close(session: Session)
    suspend fun execute(statement: Statement): ExecutedStatement
    suspend fun submit(statement: Statement): AsyncStatement
    suspend fun attach(session: Session, id: String): AsyncStatement
    suspend fun status(statement: AsyncStatement): StatementStatus
    suspend fun awaitResult(statement: AsyncStatement): ResultStream
    suspend fun fetchResult(statement: AsyncStatement): ResultStream
    suspend fun cancel(statement: AsyncStatement)
    suspend fun cancel(result: ExecutedStatement)
    suspend fun cancel(canceller: Canceller)
    suspend fun close(statement: AsyncStatement)
    suspend fun fetch(call: MetadataCall): ResultStream

    /** The schema as Arrow has it, where this form of reading shows it. */
    suspend fun arrowSchema(result: ResultStream): Schema?

    /** Gives each row as canonical values; `step` is what the case says of them. */
    suspend fun read(result: ResultStream, step: JsonNode, each: (List<Any?>) -> Unit)
}

/** Blocking calls, and rows. */
object Blocking : Surface {
    override suspend fun connect(config: SessionConfig) = Session.connect(config)
    override suspend fun close(session: Session) = session.close()
    override suspend fun execute(statement: Statement) = statement.execute()
    override suspend fun submit(statement: Statement) = statement.submit()
    override suspend fun attach(session: Session, id: String) = session.attach(id)
    override suspend fun status(statement: AsyncStatement) = statement.status()
    override suspend fun awaitResult(statement: AsyncStatement) = statement.awaitResult()
    override suspend fun fetchResult(statement: AsyncStatement) = statement.fetchResult()
    override suspend fun cancel(statement: AsyncStatement) = statement.cancel()
    override suspend fun cancel(result: ExecutedStatement) = result.cancel()
    override suspend fun cancel(canceller: Canceller) = canceller.cancel()
    override suspend fun close(statement: AsyncStatement) = statement.close()
    override suspend fun fetch(call: MetadataCall) = call.fetch()
    override suspend fun arrowSchema(result: ResultStream): Schema? = null

    override suspend fun read(result: ResultStream, step: JsonNode, each: (List<Any?>) -> Unit) {
        var number = 0
        for (row in result.rows()) {
            if (number == 0) step["type"]?.let { same("type", nameOf(row[0]), it["kotlin"]) }
            val wanted = step["rows"]?.get(number++)
            each(row.toList().mapIndexed { column, value -> canonical(value, wanted?.get(column)) })
        }
    }

    private fun nameOf(value: Any?): String = when (value) {
        null -> "null"
        is List<*> -> "List"
        is Map<*, *> -> "Map"
        else -> value::class.simpleName!!
    }
}

/** Suspending calls, and flows of Arrow's columns. */
object Suspending : Surface {
    override suspend fun connect(config: SessionConfig) = Session.connectAsync(config)
    override suspend fun close(session: Session) = session.closeAsync()
    override suspend fun execute(statement: Statement) = statement.executeAsync()
    override suspend fun submit(statement: Statement) = statement.submitAsync()
    override suspend fun attach(session: Session, id: String) = session.attachAsync(id)
    override suspend fun status(statement: AsyncStatement) = statement.statusAsync()
    override suspend fun awaitResult(statement: AsyncStatement) = statement.awaitResultAsync()
    override suspend fun fetchResult(statement: AsyncStatement) = statement.fetchResultAsync()
    override suspend fun cancel(statement: AsyncStatement) = statement.cancelAsync()
    override suspend fun cancel(result: ExecutedStatement) = result.cancelAsync()
    override suspend fun cancel(canceller: Canceller) = canceller.cancelAsync()
    override suspend fun close(statement: AsyncStatement) = statement.closeAsync()
    override suspend fun fetch(call: MetadataCall) = call.fetchAsync()
    override suspend fun arrowSchema(result: ResultStream): Schema? {
        // Nothing blocks behind it.
        result.schemaAsync()
        return result.columns().schema
    }

    override suspend fun read(result: ResultStream, step: JsonNode, each: (List<Any?>) -> Unit) =
        result.columns().flow().collect { batch ->
            batch.use {
                val vectors = it.root.fieldVectors
                for (row in 0 until it.rowCount) each(vectors.map { vector -> canonical(vector.getObject(row), vector.field) })
            }
        }
}
