package com.databricks.sql.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.databricks.sql.kernel.testing.LocalWarehouse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JavaCallerTest {
    @Test
    void session_fromJava_readsRowsAndReportsErrors() {
        try (LocalWarehouse warehouse = new LocalWarehouse();
                Session session = Session.connect(warehouse.config())) {
            List<Long> keys = new ArrayList<>();
            try (Result result = session.statement("SELECT r_regionkey FROM samples.tpch.region WHERE r_regionkey > ? ORDER BY 1").bind(1, "2", "INT").execute()) {
                for (Row row : result.rows()) {
                    keys.add(row.getLong(0));
                }
            }
            assertEquals(List.of(3L, 4L), keys);
            assertThrows(KernelException.SqlError.class, () -> session.execute("SELECT absent"));
        }
    }
}
