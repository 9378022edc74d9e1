package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.OAuthOptions
import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.Credentials as NativeCredentials

/** Who is calling. `toString` shows no secret. */
public sealed class Credentials {
    internal abstract fun toNative(): NativeCredentials

    public companion object {
        /** A personal access token. */
        @JvmStatic
        public fun personalAccessToken(token: String): Credentials = PersonalAccessToken(token)

        /** A source of tokens, in Kotlin or Java. */
        @JvmStatic
        public fun tokenProvider(provider: TokenProvider): Credentials = Provided(provider)

        /**
         * A service principal that signs in with an OAuth secret of Databricks's. Its tokens are renewed before they end, and shared by all
         * sessions of the process with the same host and credentials. A sign-in that is refused is [KernelException.Unauthenticated].
         */
        @JvmStatic
        public fun oauthM2M(clientId: String, clientSecret: String): OAuthM2M = OAuthM2M(clientId, clientSecret)
    }
}

/** Made by [Credentials.oauthM2M]. */
public class OAuthM2M internal constructor(private val clientId: String, private val clientSecret: String) : Credentials() {
    private var scopes: List<String> = emptyList()
    private var tokenUrl: String? = null

    /** What its tokens may be used for; `all-apis` by default. */
    public fun scopes(vararg scopes: String): OAuthM2M = apply { this.scopes = scopes.toList() }

    /** Where it signs in; by default the host is asked. */
    public fun tokenUrl(url: String): OAuthM2M = apply { tokenUrl = url }

    override fun toNative(): NativeCredentials = NativeCredentials.oauthM2m(clientId, Secret(clientSecret), OAuthOptions(scopes, tokenUrl))

    override fun toString(): String = "OAuthM2M(clientId=$clientId)"
}

private class PersonalAccessToken(private val token: String) : Credentials() {
    override fun toNative(): NativeCredentials = NativeCredentials.personalAccessToken(Secret(token))

    override fun toString(): String = "PersonalAccessToken"
}

private class Provided(private val provider: TokenProvider) : Credentials() {
    override fun toNative(): NativeCredentials = NativeCredentials.fromProvider(ProviderAdapter(provider))

    override fun toString(): String = "TokenProvider"
}
