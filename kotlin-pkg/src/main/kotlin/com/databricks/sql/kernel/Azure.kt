package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.AzureManagedIdentity
import com.databricks.sql.kernel.internal.AzureServicePrincipal
import com.databricks.sql.kernel.internal.Secret
import com.databricks.sql.kernel.internal.Credentials as NativeCredentials

/** Made by [Credentials.azureServicePrincipal]. */
public class AzurePrincipal internal constructor(private val clientId: String, private val clientSecret: String) : Credentials() {
    private var tenantId: String? = null
    private var workspaceResourceId: String? = null

    /** Its tenant; by default the workspace is asked. */
    public fun tenantId(tenantId: String): AzurePrincipal = apply { this.tenantId = tenantId }

    /** The workspace's id in Azure, `/subscriptions/…`: for a principal that manages the workspace and is no user of it. */
    public fun workspaceResourceId(id: String): AzurePrincipal = apply { workspaceResourceId = id }

    override fun toNative(host: String): NativeCredentials =
        NativeCredentials.azureServicePrincipal(AzureServicePrincipal(clientId, Secret(clientSecret), tenantId, workspaceResourceId))

    override fun toString(): String = "AzurePrincipal(clientId=$clientId)"
}

/** Made by [Credentials.azureManagedIdentity]. */
public class AzureIdentity internal constructor() : Credentials() {
    private var clientId: String? = null
    private var workspaceResourceId: String? = null

    /** The identity that was assigned to the machine; by default its own. */
    public fun clientId(clientId: String): AzureIdentity = apply { this.clientId = clientId }

    /** The workspace's id in Azure, `/subscriptions/…`: for an identity that manages the workspace and is no user of it. */
    public fun workspaceResourceId(id: String): AzureIdentity = apply { workspaceResourceId = id }

    override fun toNative(host: String): NativeCredentials =
        NativeCredentials.azureManagedIdentity(AzureManagedIdentity(clientId, workspaceResourceId))

    override fun toString(): String = "AzureIdentity(clientId=$clientId)"
}
