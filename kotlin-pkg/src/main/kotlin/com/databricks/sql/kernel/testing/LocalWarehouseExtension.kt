package com.databricks.sql.kernel.testing

import com.databricks.sql.kernel.Session
import com.databricks.sql.kernel.SessionConfig
import org.junit.jupiter.api.extension.ExtensionContext
import org.junit.jupiter.api.extension.ExtensionContext.Namespace
import org.junit.jupiter.api.extension.ParameterContext
import org.junit.jupiter.api.extension.ParameterResolver

/**
 * Gives tests and test classes a local warehouse: `@ExtendWith(LocalWarehouseExtension.class)`, and a parameter of type [LocalWarehouse], [SessionConfig] or
 * [Session]. One warehouse serves the whole test run: it starts with the first parameter that needs it, and stops at the end. A [Session] is closed at the
 * end of the test or the class that it was made for. For JUnit 5.10 and newer, and 6.
 */
public class LocalWarehouseExtension : ParameterResolver {
    override fun supportsParameter(parameter: ParameterContext, context: ExtensionContext): Boolean = parameter.parameter.type in TYPES

    override fun resolveParameter(parameter: ParameterContext, context: ExtensionContext): Any {
        val warehouse = context.root.getStore(NAMESPACE).keep("warehouse") { LocalWarehouse() }
        return when (parameter.parameter.type) {
            SessionConfig::class.java -> warehouse.config()
            Session::class.java -> context.getStore(NAMESPACE).keep("session") { warehouse.connect() }
            else -> warehouse
        }
    }

    /** Answers what the store has, which it closes at its end. */
    @Suppress("DEPRECATION", "UNCHECKED_CAST") // What replaces these is not in JUnit 5.
    private fun <T : AutoCloseable> ExtensionContext.Store.keep(key: String, make: () -> T): T =
        (getOrComputeIfAbsent(key) { Kept(make()) } as Kept<T>).value

    @Suppress("DEPRECATION")
    private class Kept<T : AutoCloseable>(val value: T) : ExtensionContext.Store.CloseableResource, AutoCloseable {
        override fun close() {
            value.close()
        }
    }

    private companion object {
        val NAMESPACE: Namespace = Namespace.create(LocalWarehouseExtension::class.java)
        val TYPES = setOf(LocalWarehouse::class.java, SessionConfig::class.java, Session::class.java)
    }
}
