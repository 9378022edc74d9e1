package com.databricks.sql.kernel

import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import com.databricks.sql.kernel.internal.Session as NativeSession

/**
 * A session on a warehouse, for any number of threads and coroutines at once. Close it: `use { }` or try-with-resources.
 *
 * Calls that wait exist twice: blocking, which [Thread.interrupt] ends, and as a `suspend` function of the same name with `Async` behind it.
 * Interrupting the thread or cancelling the coroutine cancels the query on the server. All errors are [KernelException]s.
 */
public class Session private constructor(private val native: NativeSession) : AutoCloseable {
    /** The server's id of the session. */
    public val id: String = call { native.sessionId() }.orEmpty()

    private val life = Life(this, "session $id", Library::leave)

    /** A new statement. */
    public fun statement(sql: String): Statement = Statement(call { open().statement() }, sql)

    /** Runs a statement and waits for its result's first part. */
    public fun execute(sql: String): ExecutedStatement = statement(sql).execute()

    /** [execute] for coroutines. */
    @JvmSynthetic
    public suspend fun executeAsync(sql: String): ExecutedStatement = statement(sql).executeAsync()

    /** A statement that was submitted before, here or in another process. Throws [KernelException.NotFound] when the server does not know it (any more). */
    public fun attach(statementId: String): AsyncStatement = AsyncStatement(call { open().attach(statementId) }).also { it.status() }

    /** [attach] for coroutines. */
    @JvmSynthetic
    public suspend fun attachAsync(statementId: String): AsyncStatement = AsyncStatement(call { open().attach(statementId) }).also { it.statusAsync() }

    /** What the warehouse holds. */
    public fun metadata(): Metadata = Metadata(call { open().metadata() })

    /** The files of volumes. */
    public fun volume(): Volume = Volume(call { open().volume() })

    /** Closes the session on the server; later calls throw [KernelException.InvalidStatementHandle]. Does nothing when it is closed. */
    override fun close() {
        if (life.end()) leaving { native.use { closing({ call { it.endAsync() } }) { call { it.end() } } } }
    }

    /** [close] for coroutines; it goes on when the coroutine is cancelled. */
    @JvmSynthetic
    public suspend fun closeAsync() {
        if (life.end()) leaving { withContext(NonCancellable) { native.use { call { it.endAsync() } } } }
    }

    private fun open(): NativeSession {
        life.check()
        return native
    }

    override fun toString(): String = "Session($id)"

    public companion object {
        /** Opens a session, which may take minutes when the warehouse has to start. */
        @JvmStatic
        public fun connect(config: SessionConfig): Session = waiting({ connectAsync(config) }) {
            entering {
                val native = create(config)
                await(native::interrupt) { limit -> native.openWithin(limit).takeIf { it } }
                Session(native)
            }
        }

        /** [connect] for coroutines. */
        @JvmSynthetic
        public suspend fun connectAsync(config: SessionConfig): Session = entering {
            val native = create(config)
            var connected = false
            try {
                call { native.openAsync() }
                connected = true
            } finally {
                // Cancelled when the server had just answered, the session is open and nobody's.
                if (!connected) withContext(NonCancellable) { native.use { runCatching { it.endAsync() } } }
            }
            Session(native)
        }

        private inline fun entering(connect: () -> Session): Session {
            Library.load()
            Library.enter()
            var connected = false
            try {
                return connect().also { connected = true }
            } finally {
                if (!connected) Library.leave()
            }
        }

        private inline fun leaving(close: () -> Unit) = try {
            close()
        } finally {
            Library.leave()
        }

        private fun create(config: SessionConfig): NativeSession {
            KernelLog.start()
            return call { NativeSession(config.toNative()) }
        }
    }
}
