import com.databricks.sql.kernel.testing.LocalWarehouse
import java.io.File

private const val SQL = "SELECT * FROM samples.tpch.lineitem"
private const val WARM_UPS = 1
private const val ROUNDS = 5
private const val DATABRICKS_JDBC = "databricks-jdbc 3.4.5"

/** One client in a JVM of its own, with a heap of its own. */
private class Client(val label: String, kind: String, val heap: String, server: Map<String, String>, vararg flags: String) : AutoCloseable {
    private val errors = File.createTempFile("bench-$kind", ".log").apply { deleteOnExit() }
    private val process = ProcessBuilder(listOf(JAVA, "-Xmx$heap", *flags, "-cp", System.getProperty("java.class.path"), "WorkerKt", kind))
        .redirectError(errors).apply { environment().putAll(server) }.start()
    private val lines = process.inputReader()
    val executes = ArrayList<Double>()
    val reads = ArrayList<Double>()
    var failure: String? = null
        private set

    /** Reads the result once; null when the client died. */
    fun read(): List<Long>? {
        if (failure != null) return null
        runCatching { process.outputWriter().apply { write("$SQL\n") }.flush() }
        val answer = generateSequence(lines::readLine).firstOrNull { it.startsWith("answer ") }
        if (answer != null) return answer.split(' ').drop(1).map(String::toLong)
        val said = errors.readText()
        failure = Regex("OutOfMemoryError[^\\n]*").find(said)?.value ?: said.lineSequence().firstOrNull { "Exception" in it } ?: "ended with status ${process.waitFor()}"
        return null
    }

    override fun close() {
        process.outputWriter().runCatching { close() }
        if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    private companion object {
        val JAVA: String = ProcessHandle.current().info().command().get()
    }
}

/** Reads `lineitem` by each client in turn and prints medians. `WAREHOUSE_URL`, `WAREHOUSE_PATH` and `WAREHOUSE_TOKEN` name another server than a local warehouse. */
fun main() {
    val given = listOf("WAREHOUSE_URL", "WAREHOUSE_PATH", "WAREHOUSE_TOKEN").mapNotNull { name -> System.getenv(name)?.let { name to it } }.toMap()
    if (given.size == 3) return compare(given, given.getValue("WAREHOUSE_URL"))
    LocalWarehouse().use { warehouse ->
        val config = warehouse.config()
        val server = mapOf("WAREHOUSE_URL" to config.host, "WAREHOUSE_PATH" to config.httpPath, "WAREHOUSE_TOKEN" to config.accessToken!!)
        compare(server, "the local warehouse")
    }
}

private fun compare(server: Map<String, String>, where: String) {
    val opens = "--add-opens=java.base/java.nio=ALL-UNNAMED"
    val clients = listOf("1g", "128m").flatMap { heap ->
        listOf(
            Client(DATABRICKS_JDBC, "jdbc", heap, server, opens),
            Client("this package, rows", "rows", heap, server),
            Client("this package, columns", "columns", heap, server),
        )
    }
    try {
        run(clients)
        print(clients, where)
    } finally {
        clients.forEach(Client::close)
    }
}

private fun run(clients: List<Client>) {
    val seen = HashSet<List<Long>>()
    for (round in -WARM_UPS until ROUNDS) {
        for (client in clients) {
            val answer = client.read() ?: continue
            seen.add(answer.drop(2))
            check(seen.size == 1) { "the clients have read different values: $seen" }
            if (round < 0) continue
            client.executes.add(answer[0] / 1e9)
            client.reads.add(answer[1] / 1e9)
        }
        System.err.print("\rround ${round + WARM_UPS + 1} of ${WARM_UPS + ROUNDS}")
    }
    System.err.println()
    rows = seen.single()[0]
}

private var rows = 0L

private fun print(clients: List<Client>, where: String) {
    val cpu = File("/proc/cpuinfo").takeIf(File::exists)?.readLines()?.firstOrNull { it.startsWith("model name") }?.substringAfter(": ") ?: System.getProperty("os.arch")
    println("`make bench-jvm`: `$SQL`, %,d rows of 16 columns, from $where; Java ${Runtime.version()}, ${Runtime.getRuntime().availableProcessors()} cores of $cpu;".format(rows))
    println("medians of $ROUNDS rounds after $WARM_UPS to warm up, the clients taking turns. Reading begins when the execute call has returned, and reads every value.")
    println()
    println("| heap | client | execute | read | rows/s read | beside JDBC |")
    println("|---|---|--:|--:|--:|--:|")
    for (client in clients) {
        val jdbc = clients.first { it.heap == client.heap && it.label == DATABRICKS_JDBC }
        println("| ${client.heap} | ${client.label} | " + (client.failure?.let { "$it | | | |" } ?: cells(client, jdbc)))
    }
}

private fun cells(client: Client, jdbc: Client): String {
    val ratio = if (jdbc.failure == null) "%.1fx".format(median(jdbc.reads) / median(client.reads)) else "–"
    return "%.2f s | %.3f s | %,.0f | %s |".format(median(client.executes), median(client.reads), rows / median(client.reads), ratio)
}

private fun median(values: List<Double>): Double = values.sorted().let { (it[(it.size - 1) / 2] + it[it.size / 2]) / 2 }
