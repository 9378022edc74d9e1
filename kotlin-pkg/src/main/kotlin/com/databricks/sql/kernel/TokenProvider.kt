package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.CallbackException
import com.databricks.sql.kernel.internal.HttpHeader
import com.databricks.sql.kernel.internal.ProvidedToken
import com.databricks.sql.kernel.internal.Secret
import java.nio.CharBuffer
import java.time.Instant
import com.databricks.sql.kernel.internal.TokenProvider as NativeProvider

/** A source of tokens, written in Kotlin or Java. */
public fun interface TokenProvider {
    /**
     * A token that is valid now. Called on a thread of the kernel's that may wait, one call at a time; it must not use the session that
     * asks. It has the context class loader of the thread that opened the session. Whatever it throws fails the session's call with
     * [KernelException.Unauthenticated].
     */
    public fun token(): Token
}

/** A token; `toString` hides it. */
public class Token @JvmOverloads constructor(
    internal val value: String,
    /**
     * When it ends. With an end it is kept until 40 s before it, or until a third of its life is left where that is
     * less; without one the provider is asked before every request.
     */
    public val expiresAt: Instant? = null,
    /** Further headers to send with each request to the server. */
    internal val headers: Map<String, String> = emptyMap(),
) {
    override fun toString(): String = "Token(expiresAt=$expiresAt)"
}

/** Nothing that a provider throws, an `Error` included, may come back to the kernel as an empty token. */
internal class ProviderAdapter(private val source: TokenProvider) : NativeProvider {
    private val loader = Thread.currentThread().contextClassLoader

    override fun token(): ProvidedToken = try {
        val token = withContextLoader(loader) { source.token() }
        call { ProvidedToken(Secret(token.value), token.expiresAt, toHeaders(token.headers)) }
    } catch (error: Throwable) {
        throw CallbackException.Failed(onlyCharacters(error.message ?: error.javaClass.name))
    }
}

internal fun toHeaders(headers: Map<String, String>): List<HttpHeader> = headers.map { (name, value) ->
    // A name crosses later, where nothing of ours can say what is wrong with it.
    Charsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name))
    HttpHeader(name, Secret(value))
}
