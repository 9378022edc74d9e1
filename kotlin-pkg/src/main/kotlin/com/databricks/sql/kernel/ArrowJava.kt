package com.databricks.sql.kernel

private const val LIBRARIES = "org.apache.arrow:arrow-vector and org.apache.arrow:arrow-memory-unsafe"
private const val FLAG = "--add-opens=java.base/java.nio=ALL-UNNAMED"

/** Calls Arrow Java, which is optional. Where it is missing or cannot work, the error says what to do. */
internal inline fun <T> arrowJava(body: () -> T): T = try {
    body()
} catch (error: LinkageError) {
    throw unusable(error)
} catch (error: UnsupportedOperationException) {
    throw unusable(error)
}

internal fun unusable(error: Throwable): KernelException {
    val missing = error is NoClassDefFoundError && error.cause is ClassNotFoundException
    val advice = if (missing) {
        "columns need $LIBRARIES on the class path, and rows need neither"
    } else {
        "Arrow Java cannot reach java.nio's memory: take Arrow Java 19 or newer, which needs it less, or start Java with $FLAG, which opens it, " +
            "or read the result as rows"
    }
    return KernelException.InvalidState(ErrorFields("$advice ($error)"), error)
}
