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

/** Runs the conformance cases through both surfaces: `CASES [--record FOLDER] [NAME…]`. */
fun main(arguments: Array<String>) {
    val rest = arguments.drop(1).toMutableList()
    val record = rest.indexOf("--record").takeIf { it >= 0 }?.let { at -> rest.removeAt(at); File(rest.removeAt(at)) }
    val cases = cases(File(arguments[0])).filterKeys { name -> rest.isEmpty() || rest.any { it in name } }
    var complete = cases.isNotEmpty()
    Warehouses().use { warehouses ->
        for ((name, surface) in listOf("kotlin" to Blocking, "kotlin suspend" to Suspending)) {
            val outcomes = run(name, surface, cases, warehouses)
            record?.resolve("$name.json")?.writeText(JSON.writeValueAsString(outcomes))
            val passed = outcomes.values.count { it == "ok" }
            println("$name: ran $passed of ${cases.size} cases")
            complete = complete && passed == cases.size
        }
    }
    exitProcess(if (complete) 0 else 1)
}

/** Runs the cases, one after the other, and says how each went. */
private fun run(title: String, surface: Surface, cases: Map<String, JsonNode>, warehouses: Warehouses): Map<String, String> =
    cases.mapValues { (name, case) ->
        val outcome = try {
            warehouses.with(case) { warehouse -> runBlocking { Run(case, warehouse, surface).all() } }
            "ok"
        } catch (error: Mismatch) {
            error.message!!
        } catch (error: Throwable) {
            error.stackTraceToString().lines().take(12).joinToString("\n")
        }
        if (outcome != "ok") System.err.println("$title: $name: $outcome")
        outcome
    }

/** One warehouse for each engine, started for the first case that needs it, and those that cases have for themselves. */
private class Warehouses : AutoCloseable {
    private val shared = HashMap<String, LocalWarehouse>()

    fun with(case: JsonNode, work: (LocalWarehouse) -> Unit) {
        val engine = case["engine"]?.asText() ?: "embedded"
        val own = case["warehouse"]
        if (own == null) {
            work(shared.getOrPut(engine) { start(engine, WAREHOUSE) })
        } else {
            start(engine, own.map { it.asText() }).use(work)
        }
    }

    override fun close() = shared.values.forEach { it.close() }

    private fun start(engine: String, flags: List<String>): LocalWarehouse =
        LocalWarehouse(LocalWarehouseOptions().apply {
            scaleFactor = 0.01
            arguments = listOf("--engine", engine) + flags
        })
}

/** The cases by name: the path below `cases` without its ending. */
private fun cases(folder: File): Map<String, JsonNode> =
    folder.walk().filter { it.extension == "json" }.sorted()
        .associate { it.relativeTo(folder).path.removeSuffix(".json") to JSON.readTree(it) }
