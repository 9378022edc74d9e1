package localwarehouse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.spark.SparkUnsupportedOperationException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsRowLevelOperations;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.connector.catalog.constraints.Constraint;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.RowLevelOperation;
import org.apache.spark.sql.connector.write.RowLevelOperationBuilder;
import org.apache.spark.sql.connector.write.RowLevelOperationInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.execution.datasources.v2.FileDataSourceV2;
import org.apache.spark.sql.execution.datasources.v2.FileTable;
import org.apache.spark.sql.execution.datasources.v2.csv.CSVDataSourceV2;
import org.apache.spark.sql.execution.datasources.v2.json.JsonDataSourceV2;
import org.apache.spark.sql.execution.datasources.v2.orc.OrcDataSourceV2;
import org.apache.spark.sql.execution.datasources.v2.parquet.ParquetDataSourceV2;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A table whose rows are files. Spark reads and writes the files; a change of rows writes all rows into a new folder, which
 * takes the old one's place when it is complete, so that readers see either.
 */
final class LocalTable implements SupportsRead, SupportsWrite, SupportsRowLevelOperations, TruncatableTable {
    /** Where the rows of tables without a location of their own lie. */
    static Path warehouse;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OPTION = TableCatalog.OPTION_PREFIX;

    private final String name;
    private final String format;
    private final Transform[] partitioning;
    private final boolean mounted;
    private volatile Constraint[] constraints;
    private volatile Map<String, String> properties;
    private volatile StructType schema;
    private volatile List<String> paths;

    LocalTable(
            String name,
            String format,
            StructType schema,
            List<String> paths,
            Map<String, String> properties,
            Transform[] partitioning,
            Constraint[] constraints,
            boolean mounted) {
        this.mounted = mounted;
        this.name = name;
        this.format = format;
        this.schema = schema;
        this.paths = paths;
        this.properties = properties;
        this.partitioning = partitioning;
        this.constraints = constraints;
    }

    /** The table of a CREATE TABLE. Without Delta's jars a Delta table is one of Parquet files that changes the same way. */
    static LocalTable create(String name, TableInfo info) {
        Map<String, String> properties = new HashMap<>(info.properties());
        String asked = properties.getOrDefault(TableCatalog.PROP_PROVIDER, "delta").toLowerCase(Locale.ROOT);
        String format = asked.equals("delta") ? "parquet" : asked;
        source(format);
        properties.put(TableCatalog.PROP_PROVIDER, asked);
        String location = properties.getOrDefault(TableCatalog.PROP_LOCATION, properties.get(OPTION + "path"));
        List<String> paths = List.of(location == null ? newFolder() : location);
        StructType schema = CatalogV2Util.v2ColumnsToStructType(info.columns());
        LocalTable table = new LocalTable(
                name, format, schema, paths, properties, info.partitions(), info.constraints(), false);
        if (schema.isEmpty() && location != null) {
            table.schema = null;
        }
        return table;
    }

    private static String newFolder() {
        Path folder = warehouse.resolve(UUID.randomUUID().toString());
        if (!folder.toFile().mkdirs()) {
            throw new IllegalStateException(folder + " could not be made");
        }
        return folder.toUri().toString();
    }

    private static FileDataSourceV2 source(String format) {
        return switch (format) {
            case "parquet" -> new ParquetDataSourceV2();
            case "csv" -> new CSVDataSourceV2();
            case "json" -> new JsonDataSourceV2();
            case "orc" -> new OrcDataSourceV2();
            default -> throw unsupported("the table format " + format, format);
        };
    }

    private static SparkUnsupportedOperationException unsupported(String operation, String table) {
        return new SparkUnsupportedOperationException(
                "UNSUPPORTED_FEATURE.TABLE_OPERATION", Map.of("tableName", table, "operation", operation));
    }

    /** Spark's own table over these files. */
    private FileTable files(List<String> folders) {
        Map<String, String> options = options(folders);
        return (FileTable) source(format).getTable(schema(), new Transform[0], options);
    }

    private Map<String, String> options(List<String> folders) {
        Map<String, String> options = new HashMap<>();
        properties.forEach((key, value) -> {
            if (key.startsWith(OPTION)) {
                options.put(key.substring(OPTION.length()), value);
            }
        });
        options.remove("path");
        try {
            options.put("paths", JSON.writeValueAsString(folders));
        } catch (JsonProcessingException error) {
            throw new IllegalStateException(error);
        }
        return options;
    }

    @Override
    public String name() {
        return name;
    }

    String format() {
        return format;
    }

    /** The columns, as far as they were asked for. */
    StructType knownSchema() {
        return schema;
    }

    /** The columns; those of mounted files are found out when somebody asks for the first time. */
    @Override
    public synchronized StructType schema() {
        if (schema == null) {
            schema = source(format).inferSchema(new CaseInsensitiveStringMap(options(paths))).asNullable();
        }
        return schema;
    }

    @Override
    public Column[] columns() {
        return CatalogV2Util.structTypeToV2Columns(schema(), false);
    }

    @Override
    public Map<String, String> properties() {
        return properties;
    }

    @Override
    public Transform[] partitioning() {
        return partitioning;
    }

    @Override
    public Constraint[] constraints() {
        return constraints;
    }

    @Override
    public Set<TableCapability> capabilities() {
        return Set.of(TableCapability.BATCH_READ, TableCapability.BATCH_WRITE, TableCapability.TRUNCATE);
    }

    @Override
    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
        return files(paths).newScanBuilder(options);
    }

    @Override
    public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
        return new LocalWrite(this, info, false);
    }

    @Override
    public RowLevelOperationBuilder newRowLevelOperationBuilder(RowLevelOperationInfo info) {
        return () -> new RowLevelOperation() {
            @Override
            public Command command() {
                return info.command();
            }

            // All rows are written anew, so none may be skipped: the scan takes no filter.
            @Override
            public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
                ScanBuilder all = LocalTable.this.newScanBuilder(options);
                return all::build;
            }

            @Override
            public WriteBuilder newWriteBuilder(LogicalWriteInfo write) {
                return new LocalWrite(LocalTable.this, write, true);
            }
        };
    }

    @Override
    public boolean truncateTable() {
        requireOwnRows();
        AffectedRows.report("num_affected_rows", rowCount());
        written(newFolder(), paths);
        return true;
    }

    private long rowCount() {
        return SparkSession.active().read().format(format).schema(schema()).load(paths.toArray(String[]::new)).count();
    }

    /** Where rows are written: beside those that are there, or in a new folder that is to replace them. */
    String folderToWrite(boolean replaces) {
        requireOwnRows();
        return replaces ? newFolder() : paths.get(0);
    }

    FileTable filesIn(String folder) {
        return files(List.of(folder));
    }

    List<String> paths() {
        return paths;
    }

    /** Ends a write. Another writer that replaced the rows since it began wins. */
    void written(String folder, List<String> before) {
        synchronized (this) {
            if (!paths.equals(before)) {
                throw new java.util.ConcurrentModificationException(
                        "The rows of " + name + " were replaced by another statement; run this one again");
            }
            paths = List.of(folder);
        }
        if (!before.contains(folder)) {
            Store.keep();
        }
    }

    /** Whether the rows belong to somebody else. */
    boolean isMounted() {
        return mounted;
    }

    private void requireOwnRows() {
        if (isMounted()) {
            throw unsupported("a change of rows", name);
        }
    }

    synchronized void change(TableChange... changes) {
        List<Constraint> kept = new ArrayList<>(List.of(constraints));
        for (TableChange change : changes) {
            if (change instanceof TableChange.AddConstraint added) {
                kept.add(added.constraint());
            } else if (change instanceof TableChange.DropConstraint dropped) {
                kept.removeIf(constraint -> constraint.name().equalsIgnoreCase(dropped.name()));
            } else if (!isHarmless(change)) {
                throw unsupported("ALTER TABLE with " + change.getClass().getSimpleName(), name);
            }
        }
        var all = CollectionConverters.asScala(List.of(changes)).toSeq();
        schema = CatalogV2Util.applySchemaChanges(schema(), all, Option.apply(format), "ALTER TABLE");
        properties = CatalogV2Util.applyPropertiesChanges(properties, all);
        constraints = kept.toArray(Constraint[]::new);
    }

    /** Whether the files that are there can still be read as before. */
    private static boolean isHarmless(TableChange change) {
        return change instanceof TableChange.AddColumn
                || change instanceof TableChange.UpdateColumnComment
                || change instanceof TableChange.UpdateColumnDefaultValue
                || change instanceof TableChange.UpdateColumnNullability
                || change instanceof TableChange.SetProperty
                || change instanceof TableChange.RemoveProperty;
    }
}
