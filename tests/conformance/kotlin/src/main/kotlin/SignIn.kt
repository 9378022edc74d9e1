import com.databricks.sql.kernel.Credentials
import com.databricks.sql.kernel.UserBrowser
import com.fasterxml.jackson.databind.JsonNode
import java.io.File
import java.net.HttpURLConnection
import java.net.URI
import java.nio.file.Path
import java.time.Duration

/** The ways to sign in that a case names; null when [way] is none. */
internal fun credentials(way: String, option: JsonNode): Credentials? {
    val id = option.text("client_id")
    val scopes = option["scopes"]?.map { it.asText() }.orEmpty().toTypedArray()
    return when (way) {
        "access_token" -> Credentials.personalAccessToken(option.asText())
        "oauth_m2m" -> {
            val key = option.text("key_file")
            val principal = when (key) {
                null -> Credentials.oauthM2M(id!!, option.text("client_secret")!!)
                else -> Credentials.oauthM2MJwt(id!!, File(key).readText(), option.text("kid")!!, option.text("algorithm"), option.text("passphrase"))
            }
            principal.scopes(*scopes)
        }
        "oauth_u2m" -> Credentials.oauthU2M().redirectPorts(0).scopes(*scopes).apply {
            browser(if (option.text("browser") == "none") UserBrowser { false } else UserBrowser(::visit))
            id?.let { clientId(it) }
            option["timeout_ms"]?.let { timeout(Duration.ofMillis(it.asLong())) }
        }
        "workload" -> Credentials.workloadIdentityFile(Path.of(option.text("file")!!)).scopes(*scopes).apply { id?.let { clientId(it) } }
        "azure_principal" -> Credentials.azureServicePrincipal(id!!, option.text("client_secret")!!).apply {
            option.text("tenant_id")?.let { tenantId(it) }
            option.text("workspace_resource_id")?.let { workspaceResourceId(it) }
        }
        "azure_identity" -> Credentials.azureManagedIdentity().apply {
            id?.let { clientId(it) }
            option.text("workspace_resource_id")?.let { workspaceResourceId(it) }
        }
        else -> null
    }
}

/** A person's browser: it goes to the page, and wherever that leads. */
private fun visit(url: String): Boolean {
    val connection = URI(url).toURL().openConnection() as HttpURLConnection
    return connection.responseCode == HttpURLConnection.HTTP_OK
}
