package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.HttpConfig
import com.databricks.sql.kernel.internal.ProxyConfig
import com.databricks.sql.kernel.internal.ResultConfig
import com.databricks.sql.kernel.internal.RetryConfig
import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.TlsConfig
import java.time.Duration
import com.databricks.sql.kernel.internal.SessionConfig as NativeConfig

/**
 * How to reach a warehouse. Set one of [credentials], [accessToken] and [tokenProvider]; everything else has a default. It is read when a session is opened, and
 * changing it later changes no session. `toString` shows no secret.
 */
public class SessionConfig(
    /** The workspace's host name, with or without `https://` and a port; plain HTTP only when it says `http://`. */
    public val host: String,
    /** The warehouse's path, such as `/sql/1.0/warehouses/ID`. */
    public val httpPath: String,
) {
    /** Who is calling, in any of the ways that there are. */
    public var credentials: Credentials? = null

    /** A personal access token, instead of [credentials]. */
    public var accessToken: String? = null

    /** A source of tokens, instead of [credentials]. */
    public var tokenProvider: TokenProvider? = null

    /** The catalog to start in; by default the server's. */
    public var catalog: String? = null

    /** The schema to start in; by default the server's. */
    public var schema: String? = null

    /** Session parameters, such as `TIMEZONE`. The server refuses unknown names. */
    public var parameters: Map<String, String> = emptyMap()

    /** The program in whose name the kernel calls, `name/version`, for the User-Agent. */
    public var clientName: String? = null

    /** Whom to trust, and who the client is. */
    public val tls: TlsOptions = TlsOptions()

    /** The proxy; by default the environment's (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). */
    public val proxy: ProxyOptions = ProxyOptions()

    /** Headers, limits and connections. */
    public val http: HttpOptions = HttpOptions()

    /** When and how often a request is sent again. */
    public val retry: RetryOptions = RetryOptions()

    /** How results are delivered. */
    public val results: ResultOptions = ResultOptions()

    override fun toString(): String = "SessionConfig(host=$host, httpPath=$httpPath, catalog=$catalog, schema=$schema)"

    public companion object {
        /** Where the profile says, for whom it says. [KernelException.InvalidArgument] when it names no warehouse. */
        @JvmStatic
        public fun fromProfile(profile: Profile): SessionConfig =
            SessionConfig(profile.host, profile.httpPath()).apply { credentials = profile.credentials() }

        /** The same for the profile of this name, or that of the environment and of `~/.databrickscfg`; as [Profile.read] has it. */
        @JvmStatic
        @JvmOverloads
        public fun fromProfile(name: String? = null): SessionConfig = fromProfile(Profile.read(name))
    }

    internal fun toNative(): NativeConfig = NativeConfig(
        host, httpPath, credentials(), catalog, schema, parameters, tls.toNative(), proxy.toNative(), http.toNative(), retry.toNative(), results.toNative(), clientName,
    )

    private fun credentials() = listOfNotNull(
        credentials,
        accessToken?.let(Credentials::personalAccessToken),
        tokenProvider?.let(Credentials::tokenProvider),
    ).singleOrNull()?.toNative(host) ?: throw invalidArgument("set one of credentials, accessToken and tokenProvider")
}

/** TLS settings. By default the system's certificate authorities are trusted and everything is verified. */
public class TlsOptions internal constructor() {
    /** Certificate authorities to trust beside the system's, PEM, one or several. */
    public var caCertificates: ByteArray? = null

    /** The client's certificate chain, PEM; needs [clientKey]. */
    public var clientCertificate: ByteArray? = null

    /** The client's private key, PEM, not encrypted. */
    public var clientKey: String? = null

    /** Accepts any certificate. Anyone on the path can then read everything: for tests alone. */
    public var skipVerification: Boolean = false

    /** Accepts a valid certificate of another host name. */
    public var skipHostnameVerification: Boolean = false

    internal fun toNative() = TlsConfig(caCertificates, clientCertificate, clientKey?.let(::Secret), skipVerification, skipHostnameVerification)
}

/** The proxy to use instead of the environment's. */
public class ProxyOptions internal constructor() {
    /** `http://host:port` or `https://host:port`, without user and password; the other settings need it. */
    public var url: String? = null

    /** The user name for the proxy. */
    public var username: String? = null

    /** The password for the proxy. */
    public var password: String? = null

    /** Hosts to reach directly, comma-separated, in the form of `NO_PROXY`. */
    public var bypass: String? = null

    internal fun toNative(): ProxyConfig? {
        val url = url
        if (url == null && (username != null || password != null || bypass != null)) {
            throw invalidArgument("proxy.username, proxy.password and proxy.bypass need proxy.url")
        }
        return url?.let { ProxyConfig(it, username, password?.let(::Secret), bypass) }
    }
}

/** HTTP settings. */
public class HttpOptions internal constructor() {
    /** Headers for every request to the server. `User-Agent` is appended to the kernel's own; `Authorization` is the kernel's alone. */
    public var headers: Map<String, String> = emptyMap()

    /** The longest wait for a connection; 30 s by default. */
    public var connectTimeout: Duration? = null

    /** The longest wait for one reply; 120 s by default. */
    public var requestTimeout: Duration? = null

    /** The longest wait for the next bytes of a result; 30 s by default. */
    public var stallTimeout: Duration? = null

    /** How many connections may stand idle for a host, and how many downloads of one result may run at once; 32 by default. */
    public var maxConnections: Int? = null

    /** Asks the server to compress its JSON replies. Results have a compression of their own. */
    public var compressReplies: Boolean = false

    internal fun toNative() = HttpConfig(toHeaders(headers), connectTimeout, requestTimeout, stallTimeout, maxConnections, compressReplies)
}

/** When and how often a request is sent again. A statement is never run twice by retrying. */
public class RetryOptions internal constructor() {
    /** The shortest wait before a retry; 1 s by default. */
    public var minWait: Duration? = null

    /** The longest wait before a retry; 60 s by default. */
    public var maxWait: Duration? = null

    /**
     * How often a request is sent at most, the first time included; 6 by default. A chunk of a result and a file's
     * transfer count as one request, whatever fails of them.
     */
    public var maxAttempts: Int? = null

    /**
     * The limit on all attempts of one request together; 900 s by default. The time in which bytes of a result or file
     * arrive does not count.
     */
    public var overallTimeout: Duration? = null

    internal fun toNative() = RetryConfig(minWait, maxWait, maxAttempts, overallTimeout)
}

/** How results are delivered. */
public class ResultOptions internal constructor() {
    /** ARRAY, MAP and STRUCT columns as JSON text. */
    public var complexTypesAsJson: Boolean = false

    /** INTERVALs as text, also inside ARRAY, MAP and STRUCT. */
    public var intervalsAsText: Boolean = false

    /** GEOMETRY and GEOGRAPHY columns as rows of `srid` and `wkb` instead of text. */
    public var geospatialAsWkb: Boolean = false

    /** How many bytes of one result the kernel may hold before they are read; 64 MiB by default. One chunk is always held. */
    public var memoryBudget: Long? = null

    /**
     * How many bytes one chunk of a result may decode to at most; 1 GiB by default. A larger one is a [KernelException.DataLoss]: a bound on what
     * a few compressed bytes can make the kernel allocate.
     */
    public var maxChunkBytes: Long? = null

    internal fun toNative() = ResultConfig(complexTypesAsJson, intervalsAsText, geospatialAsWkb, memoryBudget, maxChunkBytes)
}
