import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.ResultStream
import com.databricks.sql.kernel.Row
import com.databricks.sql.kernel.Session
import java.io.ByteArrayOutputStream
import java.math.BigDecimal
import java.time.Duration
import java.time.LocalDate
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import org.apache.arrow.vector.BigIntVector

private const val LONG_QUERY = "SELECT sum(a.id * b.id) AS s FROM range(3000000) a CROSS JOIN range(3000000) b"
private const val VOLUME = "/Volumes/main/default/soak"
private const val ROWS =
    "SELECT id, CAST(id AS STRING) AS text, CAST(id AS DECIMAL(21,2)) AS money, CASE WHEN id % 8 = 0 THEN NULL ELSE id % 2 = 0 END AS even"

private fun expect(right: Boolean, message: () -> String) {
    if (!right) throw WrongAnswer(message())
}

/** How many rows: none, one chunk, or up to thirty. */
private fun rowCount(random: Random): Int = listOf(0, 1, 100, 10_000, 10_001, random.nextInt(300_000), 300_000).random(random)

private fun check(row: Row, id: Long) = expect(
    row.getLong(0) == id && row.getString(1) == "$id" && row.getBigDecimal(2) == BigDecimal(id).setScale(2) &&
        row.getBooleanOrNull(3) == if (id % 8 == 0L) null else id % 2 == 0L,
) { "row $id is ${row.toList()}" }

/** What blocks, by the names of the kinds. */
val BLOCKING: Map<String, (Job, Session, Random) -> Unit> = mapOf(
    "sum" to ::sum, "rows" to ::rows, "columns" to ::columns, "parameters" to ::parameters, "refused" to ::refused,
    "earlyEnd" to ::earlyEnd, "cancel" to ::cancel, "submitted" to ::submitted, "metadata" to ::metadata, "files" to ::files,
)

/** What is awaited in coroutines. */
val AWAITED: Map<String, suspend (Job, Session, Random) -> Unit> = mapOf("flow" to ::flow, "cancelledCoroutine" to ::cancelledCoroutine, "batches" to ::batches)

private fun sum(job: Job, session: Session, random: Random) {
    val (count, factor) = random.nextLong(1, 100_000) to random.nextLong(1, 1000)
    job.detail = "SELECT sum(id * $factor) AS s FROM range($count)"
    session.execute(job.detail).use { result ->
        val answer = result.toList()
        expect(answer == listOf(listOf(factor * count * (count - 1) / 2))) { "the sum is $answer" }
    }
}

private fun rows(job: Job, session: Session, random: Random) = readRows(job, rowCount(random)) { session.execute(it) }

private fun readRows(job: Job, count: Int, execute: (String) -> ResultStream) {
    job.detail = "$ROWS FROM range($count) ORDER BY id"
    execute(job.detail).use { result ->
        var next = 0L
        for (row in result.rows()) check(row, next++)
        expect(next == count.toLong()) { "$next rows" }
    }
}

private fun columns(job: Job, session: Session, random: Random) {
    val count = rowCount(random)
    job.detail = "$ROWS FROM range($count) ORDER BY id"
    session.execute(job.detail).use { result ->
        var next = 0L
        for (batch in result.columns()) batch.use {
            val ids = it.root.getVector("id") as BigIntVector
            for (row in 0 until it.rowCount) expect(ids.get(row) == next++) { "row $next is ${ids.get(row)}" }
        }
        expect(next == count.toLong()) { "$next rows" }
    }
}

private fun parameters(job: Job, session: Session, random: Random) {
    job.detail = "SELECT ? AS n, ? AS t, ? AS d, ? AS day, ? AS z"
    val money = BigDecimal.valueOf(random.nextLong(1_000_000_000_000), 2)
    val values = listOf(random.nextLong(), "é日😀'${random.nextInt()}", money, LocalDate.ofEpochDay(random.nextLong(-700_000, 2_000_000)), null)
    val statement = session.statement(job.detail)
    values.forEachIndexed { at, value -> statement.bind(at + 1, value) }
    val answer = statement.execute().use { it.toList() }
    expect(answer == listOf(values)) { "$answer instead of $values" }
}

private fun refused(job: Job, session: Session, random: Random) {
    val (sql, state) = listOf("SELECT CAST('abc' AS INT) AS n" to "22018", "SELEC 1" to "42601").random(random)
    job.detail = sql
    try {
        session.execute(sql).close()
    } catch (error: KernelException.SqlError) {
        return expect(error.sqlState == state) { "SQLSTATE ${error.sqlState}" }
    }
    throw WrongAnswer("it was not refused")
}

private fun earlyEnd(job: Job, session: Session, random: Random) {
    job.detail = "$ROWS FROM range(300000) ORDER BY id"
    val result = session.execute(job.detail)
    var next = 0L
    val last = random.nextLong(40_000)
    for (row in result.rows()) {
        check(row, next++)
        if (next > last) break
    }
    // The collector has to do what was not done.
    if (random.nextInt(10) > 0) result.close()
}

private fun cancel(job: Job, session: Session, random: Random) {
    job.detail = LONG_QUERY
    val statement = session.statement(LONG_QUERY)
    val limited = random.nextBoolean()
    val wait = random.nextLong(1000)
    val canceller = statement.canceller()
    if (limited) statement.timeout(Duration.ofMillis(200 + wait))
    val cancelling = if (limited) null else thread { Thread.sleep(wait); canceller.request() }
    try {
        statement.execute().close()
        throw WrongAnswer("it has ended by itself")
    } catch (error: KernelException) {
        if (error.code != if (limited) "Timeout" else "Cancelled") throw error
    } finally {
        cancelling?.join()
    }
}

private fun submitted(job: Job, session: Session, random: Random) {
    val count = rowCount(random)
    session.statement("$ROWS FROM range($count) ORDER BY id").submit().use { running ->
        readRows(job, count) { (if (random.nextBoolean()) session.attach(running.statementId) else running).awaitResult() }
    }
}

private fun metadata(job: Job, session: Session, random: Random) {
    val name = listOf("nation", "part", "orders").random(random)
    job.detail = "listTables $name"
    val answer = session.metadata().listTables(catalogPattern = "samples", schemaPattern = "tpch", tablePattern = name).fetch().use { result -> result.rows().map { it.getString("TABLE_NAME") } }
    expect(answer == listOf(name)) { "tables $answer" }
}

private fun files(job: Job, session: Session, random: Random) {
    val content = random.nextBytes(listOf(0, 1, 100_000, 3_000_000).random(random))
    val path = "$VOLUME/kotlin-${job.seed}"
    job.detail = "${content.size} bytes as $path"
    val volume = session.volume()
    volume.put(content, path, overwrite = true)
    val target = ByteArrayOutputStream()
    volume.get(path, target)
    volume.remove(path)
    expect(target.toByteArray().contentEquals(content)) { "the file came back otherwise" }
}

private suspend fun flow(job: Job, session: Session, random: Random) {
    val count = rowCount(random)
    job.detail = "$ROWS FROM range($count) ORDER BY id"
    session.executeAsync(job.detail).use { result ->
        var next = 0L
        result.rowFlow().collect { check(it, next++) }
        expect(next == count.toLong()) { "$next rows" }
    }
}

private suspend fun batches(job: Job, session: Session, random: Random) {
    val count = rowCount(random)
    job.detail = "$ROWS FROM range($count) ORDER BY id"
    session.executeAsync(job.detail).use { result ->
        var rows = 0
        result.columns().flow().collect { batch -> batch.use { rows += it.rowCount } }
        expect(rows == count) { "$rows rows" }
    }
}

/** Cancelled at some time: before its query has a name, while it runs, while its result is read, or after. */
private suspend fun cancelledCoroutine(job: Job, session: Session, random: Random): Unit = coroutineScope {
    val long = random.nextBoolean()
    val work = async {
        if (long) session.executeAsync(LONG_QUERY.also { job.detail = it }).close() else flow(job, session, random)
    }
    delay((listOf(0, 1, 10, 100, 1000).random(random) * random.nextDouble()).toLong())
    work.cancel()
    try {
        work.await()
        expect(!long) { "it has ended by itself" }
    } catch (_: CancellationException) {
        // As asked for.
    }
}
