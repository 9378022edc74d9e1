import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseOptions
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.File
import kotlin.system.exitProcess
import kotlinx.coroutines.runBlocking

val JSON = ObjectMapper()

/** Many small chunks and links for what is not tiny. */
private val WAREHOUSE = listOf("--chunk-rows", "100000", "--inline-bytes", "65536")

/** Runs the conformance cases: `CASES [--suspend] [--record FILE] [NAME…]`. */
fun main(arguments: Array<String>) {
    val rest = arguments.drop(1).toMutableList()
    val suspending = rest.remove("--suspend")
    val record = rest.indexOf("--record").takeIf { it >= 0 }?.let { at -> rest.removeAt(at); File(rest.removeAt(at)) }
    val engine = System.getenv("CONFORMANCE_ENGINE") ?: "embedded"
    val surface = if (suspending) "kotlin suspend" else "kotlin"
    val cases = cases(File(arguments[0]), engine).filterKeys { name -> rest.isEmpty() || rest.any { it in name } }
    val outcomes = LinkedHashMap<String, String>()
    start(WAREHOUSE, engine).use { shared ->
        for ((name, case) in cases) {
            val own = case["warehouse"]?.let { flags -> start(flags.map { it.asText() }, engine) }
            try {
                val warehouse = own ?: shared
                runBlocking { Run(case, warehouse, if (suspending) Suspending else Blocking).all() }
                outcomes[name] = "ok"
            } catch (error: Mismatch) {
                outcomes[name] = error.message!!
            } catch (error: Throwable) {
                outcomes[name] = error.stackTraceToString().lines().take(12).joinToString("\n")
            } finally {
                own?.close()
            }
            if (outcomes[name] != "ok") System.err.println("$surface: $name: ${outcomes[name]}")
        }
    }
    record?.writeText(JSON.writeValueAsString(outcomes))
    val passed = outcomes.values.count { it == "ok" }
    println("$surface: ran $passed of ${cases.size} cases")
    exitProcess(if (passed == cases.size && passed > 0) 0 else 1)
}

private fun start(flags: List<String>, engine: String): LocalWarehouse =
    LocalWarehouse(LocalWarehouseOptions().apply {
        scaleFactor = 0.01
        this.arguments = flags + if (engine == "embedded") emptyList() else listOf("--engine", engine)
    })

/** The cases for an engine, by name: the path below `cases` without its ending. */
private fun cases(folder: File, engine: String): Map<String, JsonNode> =
    folder.walk().filter { it.extension == "json" }.sorted()
        .associate { it.relativeTo(folder).path.removeSuffix(".json") to JSON.readTree(it) }
        .filterValues { (it["engine"]?.asText() ?: "embedded") == engine }
