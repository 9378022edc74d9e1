package com.databricks.sql.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.databricks.sql.kernel.testing.LocalWarehouse;
import com.databricks.sql.kernel.testing.LocalWarehouseExtension;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.arrow.vector.BigIntVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.event.Level;

@ExtendWith(LocalWarehouseExtension.class)
class JavaCallerTest {
    @Test
    void rows_areReadByGetters(Session session) {
        List<Long> keys = new ArrayList<>();
        Statement statement = session.statement("SELECT r_regionkey, r_name, CAST(1.5 AS DECIMAL(3,1)) AS d, CAST(NULL AS INT) AS n FROM samples.tpch.region WHERE r_regionkey > ? ORDER BY 1");
        statement.bind(1, 2).rowLimit(10).timeout(Duration.ofMinutes(1)).queryTags(Map.of("team", "a"));
        try (ExecutedStatement result = statement.execute()) {
            for (Row row : result.rows()) {
                keys.add(row.getLong("r_regionkey"));
                assertEquals(new BigDecimal("1.5"), row.getBigDecimal(2));
                assertNull(row.getIntOrNull("n"));
                assertTrue(row.isNull(3));
            }
            assertTrue(!result.isTruncated());
            assertNull(result.getModifiedRowCount());
        }
        assertEquals(List.of(3L, 4L), keys);
    }

    @Test
    void columns_areReadAsVectors(Session session) {
        long sum = 0;
        try (ExecutedStatement result = session.execute("SELECT id FROM range(1000)")) {
            for (ColumnBatch batch : result.columns()) {
                try (batch) {
                    BigIntVector ids = (BigIntVector) batch.getRoot().getVector("id");
                    for (int row = 0; row < batch.getRowCount(); row++) {
                        sum += ids.get(row);
                    }
                }
            }
        }
        assertEquals(499_500, sum);
    }

    @Test
    void errors_areOneHierarchy_withTheirFields(Session session) {
        KernelException error = assertThrows(KernelException.class, () -> session.execute("SELECT absent"));
        assertTrue(error instanceof KernelException.SqlError);
        assertEquals("42703", error.getSqlState());
        assertEquals("SqlError", error.getCode());
        assertNull(error.getHttpStatus());
        assertTrue(!error.isRetryable());
    }

    @Test
    void submittedStatements_areAttachedTo_andCancelled(Session session) {
        try (AsyncStatement submitted = session.statement("SELECT 7 AS n").submit();
                ResultStream result = session.attach(submitted.getStatementId()).awaitResult()) {
            assertEquals(List.of(List.of(7)), result.toList());
            assertEquals(StatementState.SUCCEEDED, submitted.status().getState());
        }
        Statement statement = session.statement("SELECT 1");
        CompletableFuture.runAsync(statement::cancel).join();
        assertThrows(KernelException.Cancelled.class, statement::execute);
    }

    @Test
    void metadata_hasOptionalArguments(Session session) {
        try (ResultStream tables = session.metadata().listTables("samples", "tpch").fetch()) {
            assertEquals(8, tables.toList().size());
        }
    }

    @Test
    void volumes_haveOptionalArguments(Session session) throws IOException {
        session.execute("CREATE VOLUME main.default.java_files").close();
        String path = "/Volumes/main/default/java_files/a.txt";
        List<Long> seen = new ArrayList<>();
        Volume volume = session.volume();
        assertEquals(4, volume.put("text".getBytes(UTF_8), path));
        assertEquals(4, volume.put(new ByteArrayInputStream("more".getBytes(UTF_8)), path, true, (transferred, total) -> seen.add(total)));
        assertEquals(4L, seen.get(seen.size() - 1));
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        volume.get(path, target);
        assertEquals("more", target.toString(UTF_8));
        VolumeFile file = volume.list("/Volumes/main/default/java_files").get(0);
        assertEquals(4L, file.getSizeBytes());
        assertTrue(!file.isFolder());
        try (ExecutedStatement statement = session.execute("REMOVE '" + path + "'")) {
            assertEquals(VolumeOperationKind.REMOVE, statement.getVolumeOperation().getKind());
            statement.getVolumeOperation().remove();
        }
        assertEquals(List.of(), volume.list("/Volumes/main/default/java_files"));
        session.execute("DROP VOLUME main.default.java_files").close();
    }

    @Test
    void settings_providersAndSinks_areWrittenInJava(LocalWarehouse warehouse) {
        SessionConfig config = warehouse.config();
        String token = config.getAccessToken();
        config.setAccessToken(null);
        config.setTokenProvider(() -> new Token(token, Instant.now().plusSeconds(600)));
        config.setParameters(Map.of("TIMEZONE", "Europe/Berlin"));
        config.getRetry().setMaxAttempts(3);
        config.getResults().setMemoryBudget(1L << 20);
        KernelLog.sendTo((level, target, message) -> {}, Level.WARN);
        try (Session session = Session.connect(config);
                ExecutedStatement result = session.execute("SELECT 1")) {
            assertEquals(List.of(List.of(1)), result.toList());
        } finally {
            KernelLog.sendToSlf4j();
        }
    }

    /** What Java sees of the package has no type of Kotlin's; what has one is hidden from Java. */
    @Test
    void kotlinsTypes_standInNoSignature() {
        List<Class<?>> types = List.of(Session.class, SessionConfig.class, Statement.class, AsyncStatement.class, StatementStatus.class, Canceller.class, ResultStream.class,
                ExecutedStatement.class, Row.class, Schema.class, Column.class, Columns.class, ColumnBatch.class, Metadata.class, MetadataCall.class, KernelException.class, KernelLog.class,
                LogSink.class, TokenProvider.class, Token.class, TlsOptions.class, ProxyOptions.class, HttpOptions.class, RetryOptions.class, ResultOptions.class, Volume.class, VolumeFile.class, VolumeOperation.class,
                TransferProgress.class, LocalWarehouse.class);
        List<String> found = types.stream().flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic() && !method.getName().contains("$"))
                .filter(method -> Stream.concat(Stream.of(method.getReturnType()), Arrays.stream(method.getParameterTypes())).anyMatch(type -> type.getName().startsWith("kotlin")))
                .map(Method::toString).toList();
        assertEquals(List.of(), found);
    }
}
