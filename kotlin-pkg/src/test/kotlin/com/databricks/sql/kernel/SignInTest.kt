package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import com.databricks.sql.kernel.testing.LocalWarehouseOptions
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.time.Duration
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.io.TempDir

/** Who signs in: what the conformance cases do not ask of every language alike. */
@ExtendWith(LocalWarehouseExtension::class)
class SignInTest(private val warehouse: LocalWarehouse) {
    @TempDir
    lateinit var folder: Path

    private fun one(config: SessionConfig): Int = Session.connect(config).use { session ->
        session.execute("SELECT 1 AS n").use { result -> result.rows().single().getInt("n") }
    }

    private fun program(name: String, body: String): Path {
        val permissions = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        return Files.writeString(Files.createFile(folder.resolve(name), permissions), "#!/bin/sh\n$body\n")
    }

    private fun config(credentials: Credentials) = SessionConfig(warehouse.config().host, warehouse.config().httpPath).also { it.credentials = credentials }

    @Test
    fun `a profile says where and who`() {
        val fields = mapOf("host" to warehouse.url, "token" to warehouse.config().accessToken!!, "warehouse_id" to "local")
        val profile = Profile.read(fields = fields)
        assertEquals(listOf(warehouse.url, "pat", "/sql/1.0/warehouses/local"), listOf(profile.host, profile.authType, profile.httpPath()))
        assertEquals("token=*** from the argument token", profile.values.single { it.name == "token" }.toString())
        assertFalse(fields.getValue("token") in "$profile${profile.values}${profile.credentials()}")
        assertEquals(1, one(SessionConfig.fromProfile(profile)))
        val lacking = failure<KernelException.InvalidArgument> { SessionConfig.fromProfile(Profile.read(fields = fields - "warehouse_id")) }
        assertTrue("warehouse_id" in lacking.message!!, lacking.message)
    }

    @Test
    fun `a program that somebody is signed in to has a token`() {
        val token = warehouse.config().accessToken
        val program = program("a cli", """echo "{\"access_token\": \"$token\", \"expiry\": \"2100-01-01T00:00:00Z\"}"; echo "${'$'}@" > "$folder/arguments"""")
        assertEquals(1, one(config(Credentials.databricksCli(program))))
        assertEquals("auth token --host ${warehouse.url}", Files.readString(folder.resolve("arguments")).trim())
    }

    @Test
    fun `a program that fails says so`() {
        val program = program("cli", "echo 'no login' >&2; exit 3")
        val error = failure<KernelException.Unauthenticated> { one(config(Credentials.databricksCli(program))) }
        assertTrue("no login" in error.message!! && "databricks auth login" in error.message!!, error.message)
        val missing = failure<KernelException.Unauthenticated> { one(config(Credentials.databricksCli(folder.resolve("nowhere")))) }
        assertTrue("nowhere" in missing.message!!, missing.message)
    }

    @Test
    fun `a browser that throws is as none, and the page is named`() {
        val pages = mutableListOf<String>()
        val person = Credentials.oauthU2M().redirectPorts(0).timeout(Duration.ofMillis(300)).browser { url ->
            pages += url
            throw AssertionError("no screen")
        }
        LocalWarehouse(LocalWarehouseOptions().apply { arguments = listOf("--oauth") }).use { oauth ->
            val config = SessionConfig(oauth.url, "/sql/1.0/warehouses/local").also { it.credentials = person }
            val error = failure<KernelException.Unauthenticated> { one(config) }
            assertTrue(pages.single() in error.message!!, error.message)
        }
        val port = failure<KernelException.InvalidArgument> { one(config(Credentials.oauthU2M().redirectPorts(70_000))) }
        assertTrue("70000" in port.message!!, port.message)
    }
}
