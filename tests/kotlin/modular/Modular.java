package consumer;

import com.databricks.sql.kernel.ExecutedStatement;
import com.databricks.sql.kernel.Session;
import com.databricks.sql.kernel.testing.LocalWarehouse;

/** Rows, in a program on the module path. */
class Modular {
    public static void main(String[] arguments) {
        try (LocalWarehouse warehouse = new LocalWarehouse();
                Session session = warehouse.connect();
                ExecutedStatement result = session.execute("SELECT 7 AS n")) {
            if (!Modular.class.getModule().isNamed() || !Session.class.getModule().isNamed()) throw new AssertionError("not on the module path");
            if (result.rows().iterator().next().getInt("n") != 7) throw new AssertionError("another row");
        }
    }
}
