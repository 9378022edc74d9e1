package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Chunk
import com.databricks.sql.kernel.internal.ChunkStep
import com.databricks.sql.kernel.ipc.RowReader
import com.databricks.sql.kernel.ipc.readSchema
import java.time.Duration
import kotlinx.coroutines.flow.Flow
import com.databricks.sql.kernel.internal.ExecutedStatement as NativeExecuted
import com.databricks.sql.kernel.internal.ResultStream as NativeResult

/**
 * A result, read once and in order, by one thread or coroutine at a time: as rows or as columns. Close it: `use { }` or
 * try-with-resources. Closing it ends its downloads and frees its memory.
 */
public open class ResultStream internal constructor(private val native: NativeResult) : AutoCloseable {
    private val life = Life(this, "result")
    private var items: Items<*>? = null

    /**
     * The columns, the same for an empty result. Known at once, unless one has the type TIMESTAMP and the session was given no `TIMEZONE`: the zone
     * is the server's then, and this waits for the first chunk, which stays to be read; without one the server is asked, once a session.
     */
    public val schema: Schema by lazy(LazyThreadSafetyMode.PUBLICATION) { readSchema(schemaStream()) }

    /** [schema] for coroutines: does not block where the server has to tell it. */
    @JvmSynthetic
    public suspend fun schemaAsync(): Schema {
        call { open().schemaStreamAsync() }
        return schema
    }

    /** How many rows the server announced for the whole result; null when it did not say. */
    public val totalRowCount: Long? get() = call { open().totalRowCount() }

    /** Whether a row limit, or a limit of the server's, cut the result. */
    public val truncated: Boolean
        @JvmName("isTruncated")
        get() = call { open().truncated() }

    /**
     * The rows that were not yet read, one after the other; each is valid until the next is taken, so that what collects rows,
     * such as `filter`, belongs behind `asSequence()` and a `map` that takes out the values. Waits for the server; throws [KernelException]s,
     * [KernelException.DataLoss] when a row is missing.
     */
    public fun rows(): Iterable<Row> = rowItems().let { rows -> Iterable { rows } }

    /**
     * [rows] for coroutines. When the collector stops before the end, fails or is cancelled, the result is closed, and its last row is gone: take out
     * of a row what you need before `first()` and the like, `rowFlow().map { it.getLong(0) }.first()`.
     */
    @JvmSynthetic
    public fun rowFlow(): Flow<Row> = rowItems().flow()

    /** The rows that were not yet read, copied out of the kernel's memory. */
    public fun toList(): List<List<Any?>> = rows().map { it.toList() }

    /** [toList] for coroutines. */
    @JvmSynthetic
    public suspend fun toListAsync(): List<List<Any?>> = ArrayList<List<Any?>>().also { all -> rowFlow().collect { all.add(it.toList()) } }

    /**
     * The record batches that were not yet read, as Arrow Java's vectors over the kernel's memory. Needs `org.apache.arrow:arrow-vector` and
     * `arrow-memory-unsafe` on the class path; throws [KernelException.InvalidState] without them.
     */
    public fun columns(): Columns = arrowJava { Columns.of(this) }

    /** Ends the result and frees its memory; batches that were handed over stay. Does nothing when it is closed. */
    override fun close() {
        if (!life.end()) return
        end()
        items?.release()
        native.close()
    }

    internal open fun end(): Unit = call { native.end() }

    internal fun schemaStream(): ByteArray = await({}) { limit -> open().schemaStreamWithin(limit) }

    internal fun nextChunk(): Chunk? = waiting(::nextChunkAsync) { await({}, step = ::step).chunk() }

    internal suspend fun nextChunkAsync(): Chunk? = obtain({ open().nextChunkReady() }, {}, ::step).chunk()

    private fun step(limit: Duration): ChunkStep? = open().nextChunkWithin(limit).takeUnless { it is ChunkStep.Waiting }

    private fun ChunkStep.chunk(): Chunk? = (this as? ChunkStep.Ready)?.chunk

    /** The one iterator of this result: what one loop has left over is what the next begins with. */
    internal fun <T : Any> items(form: String, reader: () -> ChunkReader<T>): Items<T> {
        val items = this.items ?: Items(this, form, reader()).also { this.items = it }
        if (items.form != form) throw KernelException.InvalidState(ErrorFields("the result is being read as ${items.form}: run the statement again to read it as $form"))
        @Suppress("UNCHECKED_CAST")
        return items as Items<T>
    }

    internal fun checkOpen(): Unit = life.check()

    private fun rowItems(): Items<Row> = items("rows") { RowReader { schema } }

    private fun open(): NativeResult {
        life.check()
        return native
    }
}

/** A statement that succeeded, with its result. */
public class ExecutedStatement internal constructor(private val native: NativeExecuted) : ResultStream(native.result()) {
    /** The server's id of the statement. */
    public val statementId: String = call { native.statementId() }

    /** How many rows an INSERT, UPDATE, DELETE or MERGE changed; null for every other statement. */
    public val modifiedRowCount: Long? = call { native.modifiedRowCount() }

    /**
     * The file that the statement (`PUT`, `GET`, `REMOVE`) wants transferred; null for every other statement. The server has done nothing yet: whoever ran
     * the statement carries it out. Its result has no rows.
     */
    public val volumeOperation: VolumeOperation? = call { native.volumeOperation() }?.let(::VolumeOperation)

    /** Asks the server to cancel the statement, and waits for the acknowledgement. */
    public fun cancel() {
        checkOpen()
        waiting(::cancelAsync) { await({}) { limit -> native.cancelWithin(limit).takeIf { it } } }
    }

    /** [cancel] for coroutines. */
    @JvmSynthetic
    public suspend fun cancelAsync() {
        checkOpen()
        call { native.cancelAsync() }
    }

    /** The server is told in the background that it may forget the statement. */
    internal override fun end() {
        native.use { call { it.end() } }
    }

    override fun toString(): String = "ExecutedStatement($statementId)"
}
