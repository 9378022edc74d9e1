/** Databricks SQL for Kotlin and Java on the Rust kernel. */
module com.databricks.sql.kernel {
    requires transitive kotlin.stdlib;
    requires transitive kotlinx.coroutines.core;
    requires transitive org.slf4j;
    requires com.sun.jna;
    requires java.net.http;

    // Optional: results as columns, and the JUnit extension.
    requires static org.apache.arrow.vector;
    requires static org.apache.arrow.memory.core;
    requires static org.apache.arrow.format;
    requires static org.junit.jupiter.api;

    exports com.databricks.sql.kernel;
    exports com.databricks.sql.kernel.testing;

    // JNA makes the structures and callbacks of the bindings.
    opens com.databricks.sql.kernel.internal to com.sun.jna;
}
