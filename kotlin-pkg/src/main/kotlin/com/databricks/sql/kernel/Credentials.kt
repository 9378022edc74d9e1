package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.OAuthOptions
import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.SigningKey
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
        public fun oauthM2M(clientId: String, clientSecret: String): ServicePrincipal =
            ServicePrincipal(clientId) { options -> NativeCredentials.oauthM2m(clientId, Secret(clientSecret), options) }

        /**
         * A service principal that signs in with a private key; as [oauthM2M] in everything else. The key is the text of a PEM file: RSA as
         * PKCS#8 or PKCS#1, EC as PKCS#8, which may be encrypted with [passphrase]. [kid] is the id under which its public half is registered,
         * [algorithm] one of RS256 (the default), RS384, RS512, PS256, PS384, PS512, ES256 and ES384.
         */
        @JvmStatic
        @JvmOverloads
        public fun oauthM2MJwt(clientId: String, privateKey: String, kid: String, algorithm: String? = null, passphrase: String? = null): ServicePrincipal =
            ServicePrincipal(clientId) { options ->
                NativeCredentials.oauthM2mJwt(clientId, SigningKey(Secret(privateKey), kid, algorithm, passphrase?.let(::Secret)), options)
            }
    }
}

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

    override fun toNative(): NativeCredentials = make(OAuthOptions(scopes, tokenUrl))

    override fun toString(): String = "ServicePrincipal(clientId=$clientId)"
}

private class PersonalAccessToken(private val token: String) : Credentials() {
    override fun toNative(): NativeCredentials = NativeCredentials.personalAccessToken(Secret(token))

    override fun toString(): String = "PersonalAccessToken"
}

private class Provided(private val provider: TokenProvider) : Credentials() {
    override fun toNative(): NativeCredentials = NativeCredentials.fromProvider(ProviderAdapter(provider))

    override fun toString(): String = "TokenProvider"
}
