package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.BrowserOptions
import com.databricks.sql.kernel.internal.OAuthOptions
import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.TokenStorage
import com.databricks.sql.kernel.internal.WorkloadIdentity
import java.nio.file.Path
import java.time.Duration
import com.databricks.sql.kernel.internal.Credentials as NativeCredentials
import com.databricks.sql.kernel.internal.IdentityToken as NativeIdentityToken

/** Made by [Credentials.oauthM2M] and [Credentials.oauthM2MJwt]. */
public class ServicePrincipal internal constructor(
    private val clientId: String,
    private val make: (OAuthOptions) -> NativeCredentials,
) : Credentials() {
    private var scopes: List<String> = emptyList()
    private var tokenUrl: String? = null

    /** What its tokens may be used for; `all-apis` by default. */
    public fun scopes(vararg scopes: String): ServicePrincipal = apply { this.scopes = scopes.toList() }

    /** Where it signs in; by default the host is asked. */
    public fun tokenUrl(url: String): ServicePrincipal = apply { tokenUrl = url }

    override fun toNative(host: String): NativeCredentials = make(OAuthOptions(scopes, tokenUrl))

    override fun toString(): String = "ServicePrincipal(clientId=$clientId)"
}

/** Made by [Credentials.oauthU2M]. */
public class BrowserSignIn internal constructor() : Credentials() {
    private var clientId: String? = null
    private var clientSecret: String? = null
    private var redirectPorts: List<Int> = emptyList()
    private var scopes: List<String> = emptyList()
    private var tokenUrl: String? = null
    private var timeout: Duration? = null
    private var browser: UserBrowser = DesktopBrowser
    private var storage: Pair<Path?, String?>? = null
    private var entraApp = false

    /** The app that signs in; `databricks-sql-python` by default, which every account has. */
    public fun clientId(clientId: String): BrowserSignIn = apply { this.clientId = clientId }

    /** The app's secret, where it has one. */
    public fun clientSecret(clientSecret: String): BrowserSignIn = apply { this.clientSecret = clientSecret }

    /**
     * The ports of `http://localhost` that are registered for the app, of which the first free one is listened on; 0 is any. By default 8020 to
     * 8024, for another app 8020.
     */
    public fun redirectPorts(vararg ports: Int): BrowserSignIn = apply { redirectPorts = ports.toList() }

    /** What the token may be used for; `sql` and `offline_access` by default. */
    public fun scopes(vararg scopes: String): BrowserSignIn = apply { this.scopes = scopes.toList() }

    /** The token endpoint; by default the host is asked. */
    public fun tokenUrl(url: String): BrowserSignIn = apply { tokenUrl = url }

    /** How long the person is waited for; 5 minutes by default. */
    public fun timeout(timeout: Duration): BrowserSignIn = apply { this.timeout = timeout }

    /** Shows the page; by default the desktop's browser. */
    public fun browser(browser: UserBrowser): BrowserSignIn = apply { this.browser = browser }

    /**
     * Keeps the sign-in in a file that only the user may read, for the next program; sealed with [passphrase] when there is one. The folder is
     * `databricks-sql-kernel/oauth` in the user's folder for settings by default.
     */
    @JvmOverloads
    public fun store(directory: Path? = null, passphrase: String? = null): BrowserSignIn = apply { storage = Pair(directory, passphrase) }

    /** Signs in with an app of Microsoft Entra's, as older clients on Azure do. */
    public fun entraApp(): BrowserSignIn = apply { entraApp = true }

    override fun toNative(host: String): NativeCredentials {
        val ports = redirectPorts.map { port ->
            if (port !in 0..UShort.MAX_VALUE.toInt()) throw invalidArgument("the port $port is none: ports are 0 to 65535")
            port.toUShort()
        }
        val stored = storage?.let { (directory, passphrase) -> TokenStorage(directory?.toString(), passphrase?.let(::Secret)) }
        val options = BrowserOptions(clientId, clientSecret?.let(::Secret), ports, timeout, stored, entraApp)
        return NativeCredentials.oauthU2m(BrowserAdapter(browser), options, OAuthOptions(scopes, tokenUrl))
    }

    override fun toString(): String = "BrowserSignIn(clientId=$clientId)"
}

/** Made by [Credentials.workloadIdentityFile], [Credentials.workloadIdentityVariable] and [Credentials.workloadIdentityGitHub]. */
public class Workload internal constructor(private val token: NativeIdentityToken) : Credentials() {
    private var clientId: String? = null
    private var audience: String? = null
    private var scopes: List<String> = emptyList()
    private var tokenUrl: String? = null

    /** The service principal that it acts as, whose federation policy trusts the issuer; without one the account's policy does. */
    public fun clientId(clientId: String): Workload = apply { this.clientId = clientId }

    /** Whom GitHub's token is meant for; by default what the host says. */
    public fun audience(audience: String): Workload = apply { this.audience = audience }

    /** What its tokens may be used for; `all-apis` by default. */
    public fun scopes(vararg scopes: String): Workload = apply { this.scopes = scopes.toList() }

    /** The token endpoint; by default the host is asked. */
    public fun tokenUrl(url: String): Workload = apply { tokenUrl = url }

    override fun toNative(host: String): NativeCredentials =
        NativeCredentials.workloadIdentity(WorkloadIdentity(token, clientId, audience), OAuthOptions(scopes, tokenUrl))

    override fun toString(): String = "Workload(clientId=$clientId)"
}
