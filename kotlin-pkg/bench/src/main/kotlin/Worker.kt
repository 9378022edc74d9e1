import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.SessionConfig
import java.sql.Connection
import java.sql.DriverManager
import java.util.Properties
import org.apache.arrow.vector.BigIntVector
import org.apache.arrow.vector.DateDayVector
import org.apache.arrow.vector.DecimalVector
import org.apache.arrow.vector.IntVector
import org.apache.arrow.vector.VarCharVector

/** What one reading of `lineitem` saw: all ways must agree. */
class Seen(var rows: Long = 0, var keys: Long = 0, var textLength: Long = 0) {
    override fun toString() = "$rows $keys $textLength"
}

/** A way to read all of a result; answers when the execute call had returned, and what was seen. */
private interface Reader : AutoCloseable {
    fun read(sql: String): Pair<Long, Seen>
}

/** A client in a JVM of its own: for each line of SQL that comes in, one line goes out, `executeNanos readNanos rows keys textLength`. */
fun main(arguments: Array<String>) {
    open(arguments[0]).use { client ->
        for (sql in generateSequence(::readlnOrNull)) {
            val begun = System.nanoTime()
            val (executed, seen) = client.read(sql)
            println("answer ${executed - begun} ${System.nanoTime() - executed} $seen")
        }
    }
}

private fun open(kind: String): Reader = when (kind) {
    "jdbc" -> Jdbc()
    "rows" -> KernelRows()
    "columns" -> KernelColumns()
    else -> error("no client $kind")
}

private fun setting(name: String): String = System.getenv(name) ?: error("$name is not set")

private fun connect(): Session =
    Session.connect(SessionConfig(setting("WAREHOUSE_URL"), setting("WAREHOUSE_PATH")).apply { accessToken = setting("WAREHOUSE_TOKEN") })

private class KernelRows : Reader {
    private val session = connect()

    override fun read(sql: String): Pair<Long, Seen> = session.execute(sql).use { result ->
        val executed = System.nanoTime()
        val seen = Seen()
        for (row in result.rows()) {
            seen.rows++
            for (column in 0..2) seen.keys += row.getLong(column)
            seen.keys += row.getInt(3)
            for (column in 4..7) seen.keys += row.getBigDecimal(column).unscaledValue().toLong()
            for (column in 10..12) seen.keys += row.getLocalDate(column).dayOfMonth
            for (column in TEXTS) seen.textLength += row.getString(column).length
        }
        executed to seen
    }

    override fun close() = session.close()
}

private class KernelColumns : Reader {
    private val session = connect()

    override fun read(sql: String): Pair<Long, Seen> = session.execute(sql).use { result ->
        val executed = System.nanoTime()
        val seen = Seen()
        for (batch in result.columns()) batch.use { add(seen, it.root.fieldVectors, it.rowCount) }
        executed to seen
    }

    private fun add(seen: Seen, vectors: List<Any>, rows: Int) {
        seen.rows += rows
        for (vector in vectors) {
            when (vector) {
                is BigIntVector -> for (row in 0 until rows) seen.keys += vector.get(row)
                is IntVector -> for (row in 0 until rows) seen.keys += vector.get(row)
                is DecimalVector -> for (row in 0 until rows) seen.keys += vector.dataBuffer.getLong(row * 16L)
                is DateDayVector -> for (row in 0 until rows) seen.keys += java.time.LocalDate.ofEpochDay(vector.get(row).toLong()).dayOfMonth
                is VarCharVector -> seen.textLength += vector.getEndOffset(rows - 1)
                else -> error("no reader for $vector")
            }
        }
    }

    override fun close() = session.close()
}

private class Jdbc : Reader {
    private val connection: Connection = Properties().let { login ->
        val address = setting("WAREHOUSE_URL").removePrefix("http://")
        login["UID"] = "token"
        login["PWD"] = setting("WAREHOUSE_TOKEN")
        DriverManager.getConnection(
            "jdbc:databricks://$address/default;transportMode=http;ssl=0;usethriftclient=0;AuthMech=3;EnableTelemetry=0;httpPath=${setting("WAREHOUSE_PATH")}",
            login,
        )
    }

    override fun read(sql: String): Pair<Long, Seen> = connection.createStatement().use { statement ->
        statement.executeQuery(sql).use { rows ->
            val executed = System.nanoTime()
            val seen = Seen()
            while (rows.next()) {
                seen.rows++
                for (column in 1..3) seen.keys += rows.getLong(column)
                seen.keys += rows.getInt(4)
                for (column in 5..8) seen.keys += rows.getBigDecimal(column).unscaledValue().toLong()
                for (column in 11..13) seen.keys += rows.getDate(column).toLocalDate().dayOfMonth
                for (column in TEXTS) seen.textLength += rows.getString(column + 1).length
            }
            executed to seen
        }
    }

    override fun close() = connection.close()
}

private val TEXTS = intArrayOf(8, 9, 13, 14, 15)
