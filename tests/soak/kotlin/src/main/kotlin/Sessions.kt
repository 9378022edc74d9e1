import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.SessionConfig
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.File
import java.time.Duration

/** An open session, and when it was begun to be opened. */
class Lease(val session: Session, val since: Double) {
    @Volatile var isRetired = false
}

/** One session for each warehouse, which all jobs share and any may close and open anew. */
class Sessions(private val servers: File) {
    private val leases = HashMap<String, Lease>()

    /** How a warehouse is reached now: the driver writes it anew when it has started one again. Retries end before a job counts as hanging. */
    fun config(server: String): SessionConfig {
        val given = ObjectMapper().readTree(servers)[server]
        return SessionConfig(given["host"].asText(), given["http_path"].asText()).apply {
            accessToken = given["access_token"].asText()
            tls.caCertificates = given["tls_ca_cert"]?.asText()?.toByteArray()
            http.requestTimeout = Duration.ofSeconds(10)
            http.stallTimeout = Duration.ofSeconds(5)
            retry.minWait = Duration.ofMillis(50)
            retry.maxWait = Duration.ofMillis(500)
            retry.maxAttempts = 4
            retry.overallTimeout = Duration.ofSeconds(30)
        }
    }

    /** A new session, in which the volume exists. */
    fun open(server: String): Session = Session.connect(config(server)).also { session ->
        runCatching { session.execute("CREATE VOLUME IF NOT EXISTS main.default.soak").close() }.onFailure { session.close() }.getOrThrow()
    }

    @Synchronized
    fun find(server: String): Lease? = leases[server]

    /** Takes a session; answers the one that it takes the place of, for the caller to close. */
    @Synchronized
    fun put(server: String, lease: Lease): Lease? = leases.put(server, lease)?.apply { isRetired = true }

    /** Has no further job take a session; answers it to the one caller that is to close it. */
    @Synchronized
    fun retire(server: String, lease: Lease): Lease? = if (leases.remove(server, lease)) lease.apply { isRetired = true } else null

    @Synchronized
    fun retireAll(): List<Lease> = leases.values.toList().also { leases.clear() }
}
