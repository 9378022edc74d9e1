package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.net.URLClassLoader
import java.util.concurrent.ConcurrentLinkedQueue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.slf4j.event.Level

/** What the package is to the class loaders of a server that holds several programs. */
@ExtendWith(LocalWarehouseExtension::class)
class ClassLoaderTest(private val warehouse: LocalWarehouse) {
    private val mine = URLClassLoader(emptyArray(), javaClass.classLoader)

    /** Runs the body as a program does whose class loader is [mine]. */
    private fun asProgram(body: () -> Unit) {
        var failed: Throwable? = null
        Thread({ failed = runCatching(body).exceptionOrNull() }).apply { contextClassLoader = mine }.apply { start() }.join()
        failed?.let { throw it }
    }

    private fun provided(asked: ConcurrentLinkedQueue<ClassLoader?>): SessionConfig {
        val config = warehouse.config()
        val token = config.accessToken!!
        return config.apply {
            accessToken = null
            tokenProvider = TokenProvider {
                asked.add(Thread.currentThread().contextClassLoader)
                Token(token)
            }
        }
    }

    @Test
    fun tokenProviders_haveTheClassLoaderOfTheirProgram() {
        val asked = ConcurrentLinkedQueue<ClassLoader?>()
        asProgram {
            Session.connect(provided(asked)).close()
            runBlocking { Session.connectAsync(provided(asked)).closeAsync() }
        }
        assertTrue(asked.size >= 4)
        assertEquals(setOf<ClassLoader?>(mine), asked.toSet())
    }

    @Test
    fun logSinks_haveTheClassLoaderOfTheirProgram() {
        val logged = ConcurrentLinkedQueue<ClassLoader?>()
        try {
            asProgram { KernelLog.sendTo({ _, _, _ -> logged.add(Thread.currentThread().contextClassLoader) }, Level.DEBUG) }
            warehouse.connect().close()
            until("a line is logged") { logged.isNotEmpty() }
            assertEquals(setOf<ClassLoader?>(mine), logged.toSet())
        } finally {
            KernelLog.sendToSlf4j()
        }
    }

    @Test
    fun exitHook_goesWithTheLastSession() = assertEquals(0, runProgram("ExitHooks", warehouse))
}

/** A program of its own, in which no other test has sessions. */
internal object ExitHooks {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (url, token) = arguments
        fun connect() = Session.connect(SessionConfig(url, "/sql/1.0/warehouses/local").apply { accessToken = token })
        repeat(2) {
            val (one, other) = connect() to connect()
            one.close()
            check(Library.waitsAtExit)
            other.close()
            until("no hook is left") { !Library.waitsAtExit }
        }
        failure<KernelException.Unauthenticated> { Session.connect(SessionConfig(url, "/sql/1.0/warehouses/local").apply { accessToken = "wrong" }) }
        until("no hook is left of a session that was not opened") { !Library.waitsAtExit }
        leak(::connect)
        until("no hook is left of a session that was forgotten") {
            System.gc()
            !Library.waitsAtExit
        }
    }

    private fun leak(connect: () -> Session) = check(connect().id.isNotEmpty())
}
