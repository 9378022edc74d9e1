/** A user's module, which asks for this package alone. */
module consumer {
    requires com.databricks.sql.kernel;
}
