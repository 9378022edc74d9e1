import com.databricks.sql.kernel.KernelException
import com.fasterxml.jackson.databind.ObjectMapper
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

/** Seconds on the machine's monotonic clock, which all programs of the soak share. */
fun now(): Double = System.nanoTime() / 1e9

/** One thing that is done: everything in it comes of the seed. [since] is when its session was opened. */
class Job(val kind: String, val server: String, val seed: Long) {
    val started = now()

    @Volatile var since = started

    @Volatile var detail = ""
}

/** A job's answer was not the right one. */
class WrongAnswer(message: String) : RuntimeException(message)

/** What is told to the driver: a line of JSON for each failure, and at the end of a run what was done. For any number of threads. */
class Report {
    private val json = ObjectMapper()
    private val counts = ConcurrentHashMap<String, AtomicInteger>()

    fun right(job: Job) = count("right ${job.kind}")

    /** The job ended with an error of the kernel's; whether it may is the driver's to say, but for codes that the job itself brings about. */
    fun error(job: Job, error: KernelException, excused: Set<String>) {
        count("code ${error.code}")
        if (error.code !in excused) tell(facts(job) + mapOf("what" to "error", "code" to error.code, "message" to error.toString()))
    }

    /** The job's answer was wrong, or something came that is no error of the kernel's. */
    fun wrong(job: Job, message: String) {
        count("wrong")
        tell(facts(job) + mapOf("what" to "wrong", "message" to message))
    }

    /** A run is over and everything is closed. */
    fun settled() {
        System.gc()
        tell(mapOf("what" to "settled", "counts" to counts.mapValues { it.value.get() }))
        counts.clear()
    }

    private fun count(name: String) {
        counts.computeIfAbsent(name) { AtomicInteger() }.incrementAndGet()
    }

    private fun facts(job: Job) = mapOf(
        "kind" to job.kind, "server" to job.server, "seed" to job.seed, "detail" to job.detail.take(300),
        "since" to job.since, "started" to job.started, "ended" to now(),
    )

    @Synchronized
    private fun tell(facts: Map<String, Any>) = println(json.writeValueAsString(facts))
}
