import com.databricks.sql.kernel.KernelException
import java.io.File
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

private val NAMES = listOf("links", "inline", "tls")

/** What a call meets whose session another job closes meanwhile. */
private val OF_CLOSING = setOf("InvalidStatementHandle", "Cancelled", "NotFound")

private val report = Report()

/** Does jobs in threads and in coroutines, as the lines that come in say: `run SECONDS SEED`. Arguments: the file that names the warehouses, threads, coroutines. */
fun main(arguments: Array<String>) {
    val sessions = Sessions(File(arguments[0]))
    for (line in generateSequence(::readlnOrNull)) {
        val (_, seconds, seed) = line.split(' ')
        val deadline = now() + seconds.toDouble()
        val blocking = List(arguments[1].toInt()) { at ->
            thread {
                val seeds = Random(seed.toLong() + at)
                while (now() < deadline) runBlocking { job(sessions, BLOCKING.entries.random(seeds).let { it.key to suspending(it.value) }, seeds.nextLong()) }
            }
        }
        runBlocking(Dispatchers.Default) {
            repeat(arguments[2].toInt()) { at ->
                launch {
                    val seeds = Random(seed.toLong() + 1000 + at)
                    while (now() < deadline) job(sessions, AWAITED.entries.random(seeds).toPair(), seeds.nextLong())
                }
            }
        }
        blocking.forEach(Thread::join)
        for (lease in sessions.retireAll()) close(Job("close", "", 0).apply { since = lease.since }, lease)
        report.settled()
    }
}

private typealias Work = suspend (Job, com.databricks.sql.kernel.Session, Random) -> Unit

private fun suspending(work: (Job, com.databricks.sql.kernel.Session, Random) -> Unit): Work = { job, session, random -> work(job, session, random) }

private suspend fun job(sessions: Sessions, work: Pair<String, Work>, seed: Long) {
    val random = Random(seed)
    val job = Job(work.first, NAMES.random(random), seed)
    var lease: Lease? = null
    try {
        lease = lease(sessions, job, random)
        work.second(job, lease.session, random)
        report.right(job)
    } catch (error: KernelException) {
        report.error(job, error, if (lease?.isRetired == true) OF_CLOSING else emptySet())
        lease?.let { withContext(Dispatchers.IO) { sessions.retire(job.server, it)?.let { mine -> close(job, mine) } } }
    } catch (error: Throwable) {
        report.wrong(job, error.stackTraceToString().take(2000))
    }
}

/** The shared session; a new one takes its place where there is none, and now and then. */
private suspend fun lease(sessions: Sessions, job: Job, random: Random): Lease {
    val found = sessions.find(job.server)
    if (found != null && random.nextInt(30) > 0) return found.also { job.since = it.since }
    return withContext(Dispatchers.IO) {
        val opened = Lease(sessions.open(job.server), job.since)
        sessions.put(job.server, opened)?.let { close(Job("close", job.server, job.seed).apply { since = it.since }, it) }
        opened
    }
}

/** Closes a session whose server may be gone. */
private fun close(job: Job, lease: Lease) {
    try {
        lease.session.close()
    } catch (error: KernelException) {
        report.error(job, error, emptySet())
    }
}
