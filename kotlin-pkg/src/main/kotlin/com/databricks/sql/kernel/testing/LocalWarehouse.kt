package com.databricks.sql.kernel.testing

import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.SessionConfig
import java.io.File
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.time.Duration
import java.util.UUID
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory

/**
 * A local SQL warehouse: a real SQL engine behind the protocol of Databricks SQL, on a free port of this machine. It runs when it was made; closing
 * it stops it, and so does the end of the program. It has the catalogs `main`, `samples` (with the TPC-H tables in `samples.tpch`) and `system`;
 * tables live in memory and end with it.
 *
 * Throws [LocalWarehouseException] when the program is not found or does not start.
 */
public class LocalWarehouse @JvmOverloads constructor(options: LocalWarehouseOptions = LocalWarehouseOptions()) : AutoCloseable {
    private val token = options.token ?: "local-${UUID.randomUUID()}"
    private val errors: Path = Files.createTempFile("local-warehouse", ".log")
    private val process: Process = start(options)
    private val stopAtExit = Thread(process::destroyForcibly)
    private val ready = CompletableFuture<String>()

    /** The certificate of its authority, PEM; null without TLS. */
    public var caFile: Path? = null
        private set

    /** Where it listens, such as `http://127.0.0.1:40123`. */
    public val url: String

    /** The id of its process. */
    public val processId: Long get() = process.pid()

    init {
        Runtime.getRuntime().addShutdownHook(stopAtExit)
        Thread(::readLines, "local-warehouse-output").apply { isDaemon = true }.start()
        url = awaitReady(options.startLimit)
    }

    /** How to connect to it. */
    public fun config(): SessionConfig = SessionConfig(url, "/sql/1.0/warehouses/local").also { config ->
        config.accessToken = token
        config.tls.caCertificates = caFile?.let(Files::readAllBytes)
    }

    /** A new session on it, which the caller closes. */
    public fun connect(): Session = Session.connect(config())

    /** Sets what goes wrong from now on: a plan of faults as JSON, in place of an earlier one; `[]` ends it. See the warehouse's `FAULTS.md`. */
    public fun planFaults(rules: String) {
        askFaults(HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(rules)))
    }

    /** As JSON: what is left of the plan (`rules`), and since it was set the `requests` by kind and the statements run (`executions`). */
    public fun faultsReport(): String = askFaults(HttpRequest.newBuilder().GET())

    /** Stops it; by force if it does not end within 10 s. Does nothing when it was stopped. */
    override fun close() {
        // Refused while the program ends, when there is nothing to remove any more.
        runCatching { Runtime.getRuntime().removeShutdownHook(stopAtExit) }
        process.destroy()
        if (!process.waitFor(STOP_LIMIT, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
        Files.deleteIfExists(errors)
    }

    private fun start(options: LocalWarehouseOptions): Process {
        val command = listOf(program(options.binary).toString(), "--port", "0") + options.flags()
        // The token goes by the environment: every user of the machine can read a program's arguments.
        val builder = ProcessBuilder(command).redirectError(errors.toFile()).apply { environment()["LOCAL_WAREHOUSE_TOKEN"] = token }
        return try {
            builder.start()
        } catch (error: IOException) {
            throw LocalWarehouseException("the local warehouse could not be started: ${error.message}", error)
        }
    }

    private fun readLines() {
        process.inputReader().forEachLine {
            if (it.startsWith(CERTIFICATE)) caFile = Path.of(it.removePrefix(CERTIFICATE))
            if (it.startsWith(READY)) ready.complete(it.removePrefix(READY))
        }
        ready.completeExceptionally(LocalWarehouseException("the local warehouse ended with status ${process.waitFor()} before it was ready"))
    }

    private fun awaitReady(limit: Duration): String = try {
        ready.get(limit.toMillis(), TimeUnit.MILLISECONDS)
    } catch (error: TimeoutException) {
        throw failed("the local warehouse was not ready within ${limit.toSeconds()} s", error)
    } catch (error: ExecutionException) {
        throw failed(error.cause?.message.orEmpty(), error)
    } catch (error: InterruptedException) {
        throw failed("the thread was interrupted while the local warehouse started", error).also { Thread.currentThread().interrupt() }
    }

    private fun failed(what: String, cause: Exception): LocalWarehouseException {
        val said = Files.readString(errors).trim()
        close()
        return LocalWarehouseException(if (said.isEmpty()) what else "$what; it said:\n$said", cause)
    }

    private fun askFaults(request: HttpRequest.Builder): String {
        val client = HttpClient.newBuilder().apply { caFile?.let { sslContext(trusting(it)) } }.build()
        val answer = client.send(
            request.uri(URI("$url/_faults")).header("Authorization", "Bearer $token").timeout(Duration.ofSeconds(STOP_LIMIT)).build(),
            BodyHandlers.ofString(),
        )
        if (answer.statusCode() != 200) throw LocalWarehouseException("the plan of faults was refused: ${answer.body()}")
        return answer.body()
    }

    private companion object {
        const val READY = "listening on "
        const val CERTIFICATE = "ca certificate "
        const val STOP_LIMIT = 10L
        const val PROGRAM = "local-warehouse"
        const val VARIABLE = "LOCAL_WAREHOUSE_BIN"

        fun program(given: Path?): Path {
            val named = given ?: System.getenv(VARIABLE)?.let(Path::of)
            val folders = System.getenv("PATH").orEmpty().split(File.pathSeparator).map(Path::of)
            val found = if (named != null) named.takeIf(Files::isExecutable) else folders.map { it.resolve(PROGRAM) }.firstOrNull(Files::isExecutable)
            if (found != null) return found
            val where = if (named != null) "$named is not a program that can be run" else "the program $PROGRAM is not on PATH, and $VARIABLE does not name it"
            throw LocalWarehouseException(
                "$where. Build it in a clone of databricks-sql-kernel with `make warehouse` (or `cargo build -p local-warehouse`), " +
                    "which leaves it in the target folder as debug/$PROGRAM, and name that file in $VARIABLE or as LocalWarehouseOptions.binary",
            )
        }

        fun trusting(authority: Path): SSLContext {
            val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
            Files.newInputStream(authority).use { store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(it)) }
            val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(store) }
            return SSLContext.getInstance("TLS").apply { init(null, trust.trustManagers, null) }
        }
    }
}

/** How a local warehouse is started. */
public class LocalWarehouseOptions {
    /** The program `local-warehouse`; by default the one that `LOCAL_WAREHOUSE_BIN` names, or else on the `PATH`. */
    public var binary: Path? = null

    /** The token that clients must send; by default a random one. */
    public var token: String? = null

    /** Serves HTTPS with a certificate that is made for this run. */
    public var tls: Boolean = false

    /** A folder whose Parquet, CSV and JSON files become tables. */
    public var data: Path? = null

    /** The size of the TPC-H tables; 0.1 by default, about 600,000 line items. */
    public var scaleFactor: Double? = null

    /** The folder that volumes lie in, as `CATALOG/SCHEMA/VOLUME`; by default a temporary one that ends with it. */
    public var volumes: Path? = null

    /** A file with a plan of faults. */
    public var faults: Path? = null

    /** Further arguments of the program's. */
    public var arguments: List<String> = emptyList()

    /** How long to wait until it is ready. */
    public var startLimit: Duration = Duration.ofSeconds(60)

    internal fun flags(): List<String> = buildList {
        if (tls) add("--tls")
        data?.let { addAll(listOf("--data", it.toString())) }
        scaleFactor?.let { addAll(listOf("--scale-factor", it.toString())) }
        volumes?.let { addAll(listOf("--volumes", it.toString())) }
        faults?.let { addAll(listOf("--faults", it.toString())) }
        addAll(arguments)
    }
}

/** The local warehouse was not found or did not start; the message says why and what to do. */
public class LocalWarehouseException internal constructor(message: String, cause: Throwable? = null) : RuntimeException(message, cause)
