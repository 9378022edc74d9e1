import com.databricks.sql.kernel.AsyncStatement
import com.databricks.sql.kernel.Credentials
import com.databricks.sql.kernel.ExecutedStatement
import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.Metadata
import com.databricks.sql.kernel.MetadataCall
import com.databricks.sql.kernel.ResultStream
import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.Statement
import com.databricks.sql.kernel.testing.LocalWarehouse
import com.fasterxml.jackson.databind.JsonNode
import java.math.BigInteger
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.supervisorScope

/** What was answered is not what the case says. */
class Mismatch(message: String) : Exception(message)

/** Compares, and shows both. */
fun same(what: String, found: Any?, expected: JsonNode) {
    val text = JSON.writeValueAsString(found)
    if (JSON.readTree(text) != expected) throw Mismatch("$what\n  found    $text\n  expected $expected")
}

internal fun JsonNode.text(key: String): String? = get(key)?.takeUnless { it.isNull }?.asText()

/** One run of one case. */
class Run(private val case: JsonNode, private val warehouse: LocalWarehouse, private val surface: Surface) {
    private val sessions = HashMap<String, Session>()
    private val kept = HashMap<String, AutoCloseable>()

    /** Runs the steps, and closes the sessions. */
    suspend fun all() {
        warehouse.planFaults("[]")
        try {
            (case["steps"]?.toList() ?: listOf(case)).forEachIndexed { number, step ->
                try {
                    step(step)
                } catch (error: Mismatch) {
                    throw Mismatch("step ${number + 1}: ${error.message}")
                }
            }
        } finally {
            warehouse.planFaults("[]")
            for (session in sessions.values) surface.close(session)
        }
    }

    private suspend fun step(step: JsonNode) {
        val expected = step["error"]
        try {
            act(step)
        } catch (error: KernelException) {
            compareError(error, expected ?: throw error)
            return
        }
        if (expected != null) throw Mismatch("nothing failed, and $expected was expected")
    }

    private suspend fun act(step: JsonNode) {
        when (val action = step.text("do") ?: "execute") {
            "open" -> session(step)
            "close_session" -> surface.close(session(step))
            "execute" -> execute(step)
            "submit" -> kept[step.text("as")!!] = surface.submit(statement(step))
            "attach" -> {
                val attached = surface.attach(session(step), step.text("id") ?: submitted(step).statementId)
                step.text("as")?.let { kept[it] = attached }
            }
            "status" -> status(step)
            "await_result" -> result(surface.awaitResult(submitted(step)), step)
            "fetch_result" -> result(surface.fetchResult(submitted(step)), step)
            "read" -> result(kept.getValue(step.text("of")!!) as ResultStream, step)
            "cancel" -> when (val of = kept.getValue(step.text("of")!!)) {
                is AsyncStatement -> surface.cancel(of)
                else -> surface.cancel(of as ExecutedStatement)
            }
            "close" -> when (val of = kept.getValue(step.text("of")!!)) {
                is AsyncStatement -> surface.close(of)
                else -> of.close()
            }
            "cancel_before" -> statement(step).let { statement ->
                surface.cancel(statement.canceller())
                surface.execute(statement)
            }
            "cancel_during" -> cancelDuring(step)
            "served" -> served(step.text("kind")!!, step["count"].asInt())
            "faults" -> warehouse.planFaults(step["rules"].toString())
            "metadata" -> result(surface.fetch(metadata(session(step).metadata(), step)), step)
            else -> error("no such step: $action")
        }
    }

    /** The session of a step, opened when it is first used. */
    private suspend fun session(step: JsonNode): Session {
        val name = step.text("session") ?: "main"
        sessions[name]?.let { return it }
        val config = warehouse.config().apply {
            retry.minWait = Duration.ofMillis(10)
            retry.maxAttempts = 2
            for (options in listOfNotNull(case["options"], case["sessions"]?.get(name))) for ((key, option) in options.properties()) when (key) {
                "catalog" -> catalog = option.asText()
                "schema" -> schema = option.asText()
                "parameters" -> parameters = option.properties().associate { it.key to it.value.asText() }
                "complex_types_as_json" -> results.complexTypesAsJson = option.asBoolean()
                "intervals_as_text" -> results.intervalsAsText = option.asBoolean()
                "geospatial_as_wkb" -> results.geospatialAsWkb = option.asBoolean()
                "federation" -> {}
                else -> {
                    accessToken = null
                    credentials = credentials(key, option) ?: error("no such option: $key")
                }
            }
            case["options"]?.text("federation")?.let {
                credentials = (credentials ?: Credentials.personalAccessToken(accessToken!!)).forServicePrincipal(it)
                accessToken = null
            }
        }
        return surface.connect(config).also { sessions[name] = it }
    }

    private suspend fun statement(step: JsonNode): Statement {
        val statement = session(step).statement(step.text("sql")!!)
        step["parameters"]?.forEachIndexed { position, (name, text, type) ->
            val value = if (text.isNull) null else text.asText()
            if (name.isNull) statement.bind(position + 1, value, type.asText()) else statement.bind(name.asText(), value, type.asText())
        }
        step["row_limit"]?.let { statement.rowLimit(it.asLong()) }
        step["query_tags"]?.let { tags -> statement.queryTags(tags.properties().associate { it.key to if (it.value.isNull) null else it.value.asText() }) }
        step["timeout_ms"]?.let { statement.timeout(Duration.ofMillis(it.asLong())) }
        return statement
    }

    private operator fun JsonNode.component1(): JsonNode = get(0)

    private operator fun JsonNode.component2(): JsonNode = get(1)

    private operator fun JsonNode.component3(): JsonNode = get(2)

    private suspend fun execute(step: JsonNode) {
        val executed = surface.execute(statement(step))
        step["modified_rows"]?.let { same("modified rows", executed.modifiedRowCount, it) }
        val name = step.text("as")
        if (name == null) result(executed, step) else kept[name] = executed
    }

    private suspend fun status(step: JsonNode) {
        val status = surface.status(submitted(step))
        val state = status.state.name.lowercase().replaceFirstChar(Char::uppercase)
        if (step["states"].none { it.asText() == state }) throw Mismatch("the state is $state, not one of ${step["states"]}")
        step["failure"]?.let { compareError(status.failure ?: throw Mismatch("there is no failure"), it) }
    }

    private suspend fun cancelDuring(step: JsonNode) {
        val statement = statement(step)
        val canceller = statement.canceller()
        warehouse.planFaults("[]")
        supervisorScope {
            val running = async(Dispatchers.IO) { surface.execute(statement) }
            served("execute", 1)
            surface.cancel(canceller)
            running.await()
        }
    }

    private suspend fun served(kind: String, count: Int) {
        while ((JSON.readTree(warehouse.faultsReport())["requests"][kind]?.asInt() ?: 0) < count) delay(5)
    }

    private fun submitted(step: JsonNode) = kept.getValue(step.text("of")!!) as AsyncStatement

    private fun metadata(metadata: Metadata, step: JsonNode): MetadataCall {
        val given = step["arguments"]
        fun text(key: String) = given.text(key)
        return when (val call = step.text("call")) {
            "list_catalogs" -> metadata.listCatalogs()
            "list_schemas" -> metadata.listSchemas(text("catalog"), text("schema_pattern"))
            "list_tables" -> metadata.listTables(text("catalog"), text("schema_pattern"), text("table_pattern"), given["table_types"]?.map { it.asText() })
            "list_columns" -> metadata.listColumns(text("catalog"), text("schema_pattern"), text("table_pattern"), text("column_pattern"))
            "table_types" -> metadata.tableTypes()
            "type_info" -> metadata.typeInfo()
            "primary_keys" -> metadata.primaryKeys(text("catalog")!!, text("schema")!!, text("table")!!)
            "foreign_keys" -> metadata.foreignKeys(
                text("foreign_catalog")!!, text("foreign_schema")!!, text("foreign_table")!!, text("parent_catalog"), text("parent_schema"), text("parent_table"),
            )
            "functions" -> metadata.functions(text("catalog"), text("schema_pattern"), text("function_pattern"))
            "procedures" -> metadata.procedures(text("catalog"), text("schema_pattern"), text("procedure_pattern"))
            else -> error("no such metadata call: $call")
        }
    }

    /** Reads a result and compares it: all rows, or the count and the sums of many. */
    private suspend fun result(result: ResultStream, step: JsonNode) = result.use {
        step["schema"]?.let { compareSchema(result, it) }
        step["truncated"]?.let { same("truncated", result.truncated, it) }
        val rows = ArrayList<List<Any?>>()
        var count = 0L
        val sums = Array(result.schema.columns.size) { BigInteger.ZERO }
        val lengths = LongArray(sums.size)
        surface.read(result, step) { row ->
            count++
            if (step.has("rows")) rows.add(row)
            if (step.has("sums")) row.forEachIndexed { at, cell -> sums[at] += BigInteger(cell as String) }
            if (step.has("lengths")) row.forEachIndexed { at, cell -> lengths[at] += (cell as String).let { it.codePointCount(0, it.length) }.toLong() }
        }
        step["count"]?.let { same("number of rows", count, it) }
        step["sums"]?.let { same("sums", sums.map { sum -> sum.toString() }, it) }
        step["lengths"]?.let { same("lengths", lengths.map { length -> length.toString() }, it) }
        step["rows"]?.let { same("rows", rows, it) }
    }

    /** Name, SQL type (where the server named one) and Arrow type (where this surface shows it) of each column. */
    private suspend fun compareSchema(result: ResultStream, expected: JsonNode) {
        val arrow = surface.arrowSchema(result)
        val found = result.schema.columns.mapIndexed { at, column ->
            val wanted = expected[at]
            val sqlType = if (wanted?.get(1)?.asText() == "") "" else column.typeText
            listOf(column.name, sqlType, arrow?.fields?.get(at)?.let(::typeText) ?: wanted?.get(2)?.asText())
        }
        same("schema", found, expected)
    }

    private fun compareError(error: KernelException, expected: JsonNode) {
        val fields = linkedMapOf(
            "sql_state" to error.sqlState, "error_code" to error.errorCode, "vendor_code" to error.vendorCode, "http_status" to error.httpStatus,
            "query_id" to error.queryId, "diagnostic_info" to error.diagnosticInfo, "error_details_json" to error.errorDetailsJson,
        )
        val found = mapOf(
            "code" to error.code, "sql_state" to error.sqlState, "retryable" to error.retryable, "http_status" to error.httpStatus,
            "set" to fields.filterValues { it != null }.keys.toList(),
        )
        for ((key, wanted) in expected.properties()) same("error $key of $found (${error.message})", found[key], wanted)
    }
}
