package com.databricks.sql.kernel

/** Runs what the program gave with the class loader that it had there: the kernel's threads have none, and its classes would not be found. */
internal inline fun <T> withContextLoader(loader: ClassLoader?, body: () -> T): T {
    val thread = Thread.currentThread()
    val before = thread.contextClassLoader
    thread.contextClassLoader = loader
    try {
        return body()
    } finally {
        thread.contextClassLoader = before
    }
}
