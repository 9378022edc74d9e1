package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.SigningKey
import java.nio.file.Path
import com.databricks.sql.kernel.internal.Credentials as NativeCredentials
import com.databricks.sql.kernel.internal.IdentityToken as NativeIdentityToken

/** Who is calling. `toString` shows no secret. A sign-in that is refused is [KernelException.Unauthenticated]. */
public sealed class Credentials {
    internal abstract fun toNative(host: String): NativeCredentials

    /**
     * The same, for a service principal with a federation policy: tokens that another issuer than the workspace signed are exchanged for one of
     * the principal's. Without this such tokens are exchanged for the user whom they name, and sent as they are where the workspace does not
     * exchange them.
     */
    public fun forServicePrincipal(clientId: String): Credentials = Federated(this, clientId)

    public companion object {
        /** A personal access token. */
        @JvmStatic
        public fun personalAccessToken(token: String): Credentials = PersonalAccessToken(token)

        /** A source of tokens, in Kotlin or Java. */
        @JvmStatic
        public fun tokenProvider(provider: TokenProvider): Credentials = Provided(provider)

        /**
         * A service principal that signs in with an OAuth secret of Databricks's. Its tokens are renewed before they end, and shared by all
         * sessions of the process with the same host and credentials.
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

        /**
         * A person who signs in with a browser, which is opened when a token is needed. Sessions of a process with the same host and app share
         * one sign-in, which is renewed without the person while the service allows it.
         */
        @JvmStatic
        public fun oauthU2M(): BrowserSignIn = BrowserSignIn()

        /** A workload, such as a job in Kubernetes, whose token is in a file; it is read at each sign-in, and exchanged. */
        @JvmStatic
        public fun workloadIdentityFile(path: Path): Workload = Workload(NativeIdentityToken.File(path.toString()))

        /** A workload whose token is in a variable of the environment; it is read at each sign-in, and exchanged. */
        @JvmStatic
        @JvmOverloads
        public fun workloadIdentityVariable(name: String = "DATABRICKS_OIDC_TOKEN"): Workload = Workload(NativeIdentityToken.Variable(name))

        /** A job of GitHub Actions with `permissions: id-token: write`; its token is exchanged. */
        @JvmStatic
        public fun workloadIdentityGitHub(): Workload = Workload(NativeIdentityToken.GitHub)

        /** A service principal of Microsoft Entra's, with a client secret of Entra's. */
        @JvmStatic
        public fun azureServicePrincipal(clientId: String, clientSecret: String): AzurePrincipal = AzurePrincipal(clientId, clientSecret)

        /** The managed identity of the machine of Azure that this runs on. */
        @JvmStatic
        public fun azureManagedIdentity(): AzureIdentity = AzureIdentity()

        /** Whoever is signed in to the Azure CLI (`az login`); it is run when a token is needed. Of the workspace's id its subscription is taken. */
        @JvmStatic
        @JvmOverloads
        public fun azureCli(tenantId: String? = null, workspaceResourceId: String? = null): Credentials = AzureCli(tenantId, workspaceResourceId)

        /** Whoever is signed in to the Databricks CLI (`databricks auth login`); it is run when a token is needed. */
        @JvmStatic
        @JvmOverloads
        public fun databricksCli(program: Path? = null): Credentials = DatabricksCli(program)
    }
}

private class PersonalAccessToken(private val token: String) : Credentials() {
    override fun toNative(host: String): NativeCredentials = NativeCredentials.personalAccessToken(Secret(token))

    override fun toString(): String = "PersonalAccessToken"
}

private class Provided(private val provider: TokenProvider) : Credentials() {
    override fun toNative(host: String): NativeCredentials = NativeCredentials.fromProvider(ProviderAdapter(provider))

    override fun toString(): String = "TokenProvider"
}

private class Federated(private val source: Credentials, private val clientId: String) : Credentials() {
    override fun toNative(host: String): NativeCredentials = source.toNative(host).use { it.forServicePrincipal(clientId) }

    override fun toString(): String = "$source for $clientId"
}

private class AzureCli(private val tenantId: String?, private val workspaceResourceId: String?) : Credentials() {
    override fun toNative(host: String): NativeCredentials = NativeCredentials.azureCli(Programs, workspaceResourceId, tenantId)

    override fun toString(): String = "AzureCli"
}

private class DatabricksCli(private val program: Path?) : Credentials() {
    override fun toNative(host: String): NativeCredentials = NativeCredentials.databricksCli(Programs, host, null, program?.toString())

    override fun toString(): String = "DatabricksCli"
}
