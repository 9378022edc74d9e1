package programs

import com.databricks.sql.kernel.KernelException
import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.SessionConfig

/** A JVM that cannot load the kernel's library: the error names what helps, which the argument says, every time. */
fun main(arguments: Array<String>) = repeat(2) {
    val config = SessionConfig("localhost", "/sql/1.0/warehouses/local").apply { accessToken = "token" }
    val error = runCatching { Session.connect(config) }.exceptionOrNull()
    check(error is KernelException.InvalidState && arguments.single() in error.message!!) { error!!.stackTraceToString() }
}
