package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.InputStream
import java.io.OutputStream
import java.io.Serializable
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import kotlin.coroutines.Continuation
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.io.TempDir
import com.databricks.sql.kernel.internal.Session as NativeSession

/** Arguments that no call can use: every public function answers with a [KernelException], and with nothing else. */
@ExtendWith(LocalWarehouseExtension::class)
class ArgumentsTest(private val warehouse: LocalWarehouse, private val session: Session) {
    @TempDir
    lateinit var folder: Path

    private fun Class<*>.functions(): List<Method> = declaredMethods.filter {
        Modifier.isPublic(it.modifiers) && !Modifier.isStatic(it.modifiers) && !it.name.contains("$") && it.name !in setOf("close", "closeAsync", "equals", "wait")
    }

    /** Calls a function, also one that suspends, and answers what it throws. */
    private fun Any.thrownBy(function: Method, arguments: List<Any?>): Throwable? = try {
        if (function.parameterTypes.lastOrNull() == Continuation::class.java) {
            runBlocking { suspendCoroutineUninterceptedOrReturn<Any?> { function.invoke(this@thrownBy, *arguments.dropLast(1).toTypedArray(), it) } }
        } else {
            function.invoke(this, *arguments.toTypedArray())
        }
        null
    } catch (wrapped: InvocationTargetException) {
        wrapped.targetException
    } catch (thrown: Exception) {
        thrown
    }

    private fun takesText(type: Class<*>) = type == String::class.java || type == Map::class.java || type == List::class.java

    /** Half of a surrogate pair wherever a text can stand. */
    private fun half(type: Class<*>): Any? = when (type) {
        String::class.java -> "a \uD83D b"
        Map::class.java -> mapOf("a \uDE00 b" to "v")
        List::class.java -> listOf("\uD83D")
        Int::class.java -> 1
        Long::class.java -> 1L
        Boolean::class.java -> false
        Path::class.java -> folder.resolve("file")
        ByteArray::class.java -> byteArrayOf(1)
        InputStream::class.java -> ByteArrayInputStream(byteArrayOf(1))
        OutputStream::class.java -> ByteArrayOutputStream()
        Any::class.java -> "\uD83D"
        else -> null
    }

    @Test
    fun halfACharacter_isRefused_byEveryFunctionThatTakesText() {
        val result = session.execute("SELECT 1 AS n")
        val row = result.rows().first()
        var tested = 0
        for (receiver in listOf(session, session.statement("SELECT 1"), session.metadata(), session.volume(), row, result.schema)) {
            for (function in receiver.javaClass.functions().filter { it.parameterTypes.any(::takesText) }) {
                val thrown = receiver.thrownBy(function, function.parameterTypes.map(::half))
                assertTrue(thrown is KernelException.InvalidArgument, "$function: $thrown")
                tested++
            }
        }
        assertTrue(tested > 50, "only $tested functions take text")
        result.close()
    }

    @Test
    fun halfACharacter_isRefused_inEverySetting() {
        val parts = listOf<(SessionConfig) -> Any>({ it }, { it.tls }, { it.proxy }, { it.http })
        val names = parts.flatMap { part ->
            part(warehouse.config()).javaClass.functions().filter { it.name.startsWith("set") && takesText(it.parameterTypes.single()) }.map { setter ->
                val config = warehouse.config()
                if (setter.name.startsWith("setUsername") || setter.name.startsWith("setPassword") || setter.name.startsWith("setBypass")) config.proxy.url = warehouse.url
                setter.invoke(part(config), half(setter.parameterTypes.single()))
                failure<KernelException.InvalidArgument> { Session.connect(config).close() }
                setter.name
            }
        }
        assertTrue(names.containsAll(listOf("setAccessToken", "setCatalog", "setSchema", "setParameters", "setClientName", "setClientKey", "setHeaders", "setUrl")), "$names")
        for (config in listOf(SessionConfig("\uD83D", "/sql/1.0/warehouses/local"), SessionConfig(warehouse.url, "/sql/\uD83D"))) {
            failure<KernelException.InvalidArgument> { Session.connect(config.apply { accessToken = "t" }).close() }
        }
    }

    @Test
    fun halfACharacter_inAToken_failsTheCall() {
        val providers = listOf(
            TokenProvider { Token("\uD83D") },
            TokenProvider { Token("t", null, mapOf("X-\uD83D" to "v")) },
            TokenProvider { Token("t", null, mapOf("X-Name" to "\uD83D")) },
            TokenProvider { throw IllegalStateException("no token \uD83D") },
        )
        for (provider in providers) {
            val config = SessionConfig(warehouse.url, "/sql/1.0/warehouses/local").apply { tokenProvider = provider }
            val error = failure<KernelException.Unauthenticated> { Session.connect(config).close() }
            assertTrue(error.message!!.startsWith("the token provider failed: "), error.message)
            assertFalse(error.message!!.contains("Input length"), error.message)
        }
    }

    /** Values at the ends of each type; what a call can use, it uses. */
    private fun extremes(type: Class<*>): List<Any?> = when (type) {
        Int::class.java -> listOf(Int.MIN_VALUE, -1, 0, Int.MAX_VALUE)
        Long::class.java -> listOf(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE)
        String::class.java -> listOf("", " ", "\u0000", "x".repeat(100_000))
        Map::class.java -> listOf(emptyMap<String, String>(), mapOf("" to ""), mapOf("x".repeat(100_000) to "\u0000"))
        List::class.java -> listOf(emptyList<String>(), listOf(""))
        Duration::class.java -> listOf(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE), Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))
        Any::class.java -> listOf(null, "", Double.NaN, Float.NEGATIVE_INFINITY, Duration.ofSeconds(Long.MIN_VALUE), Instant.MIN, Instant.MAX, Any())
        else -> listOf(half(type))
    }

    private fun refusedProperly(thrown: Throwable?) = thrown == null || thrown is KernelException

    @Test
    fun valuesAtTheEnds_areUsedOrRefused_byEveryFunction() {
        val result = session.execute("SELECT 1 AS n")
        val row = result.rows().first()
        for (receiver in listOf(session, session.statement("SELECT 1"), session.metadata(), session.volume(), row, result.schema)) {
            for (function in receiver.javaClass.functions().filter { it.parameterCount > 0 && it.parameterTypes[0] != Continuation::class.java }) {
                val choices = function.parameterTypes.map(::extremes)
                for (round in 0 until choices.maxOf { it.size }) {
                    val thrown = receiver.thrownBy(function, choices.map { it[round % it.size] })
                    assertTrue(refusedProperly(thrown), "$function, round $round: ${thrown?.stackTraceToString()}")
                }
            }
        }
        result.close()
    }

    @Test
    fun valuesAtTheEnds_areUsedOrRefused_inEverySetting() {
        val parts = listOf<(SessionConfig) -> Any>({ it }, { it.tls }, { it.http }, { it.retry }, { it.results })
        for (part in parts) {
            for (setter in part(warehouse.config()).javaClass.functions().filter { it.name.startsWith("set") }) {
                val type = setter.parameterTypes.single().let { if (it == java.lang.Long::class.java) Long::class.java else if (it == Integer::class.java) Int::class.java else it }
                for (value in extremes(type)) {
                    val config = warehouse.config().apply { retry.maxAttempts = 1 }
                    setter.invoke(part(config), value)
                    val thrown = runCatching { Session.connect(config).use { it.execute("SELECT 1").use(ResultStream::toList) } }.exceptionOrNull()
                    assertTrue(refusedProperly(thrown), "$setter, $value: ${thrown?.stackTraceToString()}")
                }
            }
        }
    }

    /** A copy of a handle would be freed twice, and one that was read from bytes belongs to no kernel. */
    @Test
    fun objects_canBeNeitherSerializedNorCopied() {
        val roots = setOf(Session::class.java, NativeSession::class.java).map { Path.of(it.protectionDomain.codeSource.location.toURI()) }.toSet()
        val types = roots.flatMap { root ->
            val files = root.toFile().walk().filter { it.name.endsWith(".class") && it.name != "module-info.class" }
            files.map { Class.forName(it.relativeTo(root.toFile()).path.removeSuffix(".class").replace('/', '.'), false, javaClass.classLoader) }
        }
        // Not the bodies of functions, which have no name in the language.
        val named = types.filter { Modifier.isPublic(it.modifiers) && it.canonicalName != null }
        val handles = named.filter { !it.isEnum && !Throwable::class.java.isAssignableFrom(it) }
        assertTrue(Session::class.java in handles && NativeSession::class.java in handles)
        assertEquals(emptyList<Class<*>>(), handles.filter { Serializable::class.java.isAssignableFrom(it) || Cloneable::class.java.isAssignableFrom(it) })
        val ours = handles.filter { it.packageName != NativeSession::class.java.packageName }
        assertEquals(emptyList<Class<*>>(), ours.filter { type -> type.declaredMethods.any { it.name == "copy" } })
    }
}
