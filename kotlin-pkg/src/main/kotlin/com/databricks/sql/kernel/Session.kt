package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Credentials
import com.databricks.sql.kernel.internal.ProvidedToken
import com.databricks.sql.kernel.internal.ResultConfig
import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.TlsConfig
import java.time.Instant
import java.util.concurrent.atomic.AtomicBoolean
import com.databricks.sql.kernel.internal.CallbackException
import com.databricks.sql.kernel.internal.Session as NativeSession
import com.databricks.sql.kernel.internal.SessionConfig as NativeConfig
import com.databricks.sql.kernel.internal.TokenProvider as NativeProvider

/** A source of tokens. */
public fun interface TokenProvider {
    /** A token that is valid now. One call at a time; it must not use the session that asks. An error fails the session's call with `Unauthenticated`. */
    public fun token(): Token
}

/** A token and when it ends; without an end the provider is asked before every request. */
public class Token @JvmOverloads constructor(internal val value: String, internal val expiresAt: Instant? = null) {
    override fun toString(): String = "Token(hidden)"
}

/** How to reach a warehouse. Give [accessToken] or [tokenProvider]. */
public class SessionConfig(
    /** The workspace's host name; plain HTTP only when it says `http://`. */
    public val host: String,
    /** The warehouse's path, such as `/sql/1.0/warehouses/ID`. */
    public val httpPath: String,
) {
    /** A personal access token; never printed. */
    public var accessToken: String? = null

    /** A source of tokens, instead of [accessToken]. */
    public var tokenProvider: TokenProvider? = null

    /** The catalog to start in; by default the server's. */
    public var catalog: String? = null

    /** The schema to start in; by default the server's. */
    public var schema: String? = null

    /** Session parameters, such as `TIMEZONE`. */
    public var parameters: Map<String, String> = emptyMap()

    /** Certificate authorities to trust beside the system's, PEM. */
    public var caCertificates: ByteArray? = null

    /** How many bytes of one result the kernel may hold; 64 MiB by default. */
    public var memoryBudget: Long? = null

    override fun toString(): String = "SessionConfig(host=$host, httpPath=$httpPath)"

    internal fun toNative(): NativeConfig {
        val (token, provider) = accessToken to tokenProvider
        if ((token == null) == (provider == null)) {
            throw KernelException.InvalidArgument(ErrorFields("give accessToken or tokenProvider, and only one of them"))
        }
        val credentials = if (token != null) Credentials.personalAccessToken(Secret(token)) else Credentials.fromProvider(Provider(provider!!))
        return NativeConfig(
            host, httpPath, credentials, catalog = catalog, schema = schema, parameters = parameters,
            tls = caCertificates?.let { TlsConfig(caCertificates = it) },
            results = ResultConfig(memoryBudget = memoryBudget),
        )
    }
}

/** Nothing that a provider throws, an `Error` included, may come back as an empty token. */
private class Provider(private val source: TokenProvider) : NativeProvider {
    override fun token(): ProvidedToken = try {
        val token = source.token()
        ProvidedToken(Secret(token.value), token.expiresAt)
    } catch (error: Throwable) {
        throw CallbackException.Failed(error.message ?: error.javaClass.name)
    }
}

/** A session on a warehouse. Any number of threads may use it at once. */
public class Session private constructor(private val native: NativeSession) : AutoCloseable {
    private val closed = AtomicBoolean()
    private val leak = Leak.watch(this, "session", closed)

    /** The server's id of the session. */
    public val id: String = native.sessionId().orEmpty()

    /** A new statement. */
    public fun statement(sql: String): Statement = Statement(call { open().statement() }, sql)

    /** Runs a statement and answers its result. */
    public fun execute(sql: String): Result = statement(sql).execute()

    /** Runs a statement; cancelling the coroutine cancels the query on the server. */
    @JvmSynthetic
    public suspend fun executeAsync(sql: String): Result = statement(sql).executeAsync()

    /** Closes the session on the server; does nothing when it is closed. */
    override fun close() {
        if (!closed.compareAndSet(false, true)) return
        leak.clean()
        native.use { session -> call { session.end() } }
    }

    private fun open(): NativeSession = if (closed.get()) throw closed("session") else native

    public companion object {
        /** Opens a session, which may take minutes when the warehouse has to start. Interrupting the thread gives up. */
        @JvmStatic
        public fun connect(config: SessionConfig): Session {
            KernelLog.install()
            val native = call { NativeSession(config.toNative()) }
            await(native::interrupt) { limit -> native.openWithin(limit).takeIf { it } }
            return Session(native)
        }

        /** Opens a session; cancelling the coroutine gives up. */
        @JvmSynthetic
        public suspend fun connectAsync(config: SessionConfig): Session {
            KernelLog.install()
            val native = call { NativeSession(config.toNative()) }
            call { native.openAsync() }
            return Session(native)
        }
    }
}
