package localwarehouse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.Relation;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.View;
import org.apache.spark.sql.connector.catalog.constraints.Constraint;
import org.apache.spark.sql.connector.catalog.constraints.ForeignKey;
import org.apache.spark.sql.connector.catalog.constraints.PrimaryKey;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.read.LocalScan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.apache.spark.unsafe.types.UTF8String;

/** A table with everything that the catalogs know, one JSON text for each schema, table and view. */
final class Facts implements SupportsRead {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final StructType SCHEMA = StructType.fromDDL("fact STRING");

    @Override
    public String name() {
        return "facts";
    }

    @Override
    public Column[] columns() {
        return new Column[] {Column.create("fact", org.apache.spark.sql.types.DataTypes.StringType)};
    }

    @Override
    public Set<TableCapability> capabilities() {
        return Set.of(TableCapability.BATCH_READ);
    }

    @Override
    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
        return () -> new LocalScan() {
            @Override
            public InternalRow[] rows() {
                return Facts.rows();
            }

            @Override
            public StructType readSchema() {
                return SCHEMA;
            }
        };
    }

    private static InternalRow[] rows() {
        List<InternalRow> rows = new ArrayList<>();
        LocalCatalog.each((place, properties, relations) -> {
            ObjectNode schema = place.deepCopy();
            schema.put("comment", properties.get("comment"));
            rows.add(row(schema));
            relations.forEach((name, relation) -> {
                if (!(relation instanceof Facts)) {
                    rows.add(row(relation(place.deepCopy().put("name", name), relation)));
                }
            });
        });
        return rows.toArray(InternalRow[]::new);
    }

    private static InternalRow row(ObjectNode fact) {
        return new GenericInternalRow(new Object[] {UTF8String.fromString(fact.toString())});
    }

    private static ObjectNode relation(ObjectNode fact, Relation relation) {
        try {
            ArrayNode columns = fact.putArray("columns");
            for (Column column : relation.columns()) {
                columns.addObject()
                        .put("name", column.name())
                        .put("type", column.dataType().sql())
                        .put("nullable", column.nullable())
                        .put("comment", column.comment());
            }
        } catch (RuntimeException error) {
            // Files that can't be read are listed without their columns.
            fact.put("error", error.getMessage());
        }
        ObjectNode properties = fact.putObject("properties");
        relation.properties().forEach(properties::put);
        if (relation instanceof View view) {
            fact.put("view", view.queryText());
        }
        if (relation instanceof LocalTable table) {
            fact.put("mounted", table.isMounted());
            fact.put("location", table.isMounted() ? String.join(",", table.paths()) : null);
        }
        if (relation instanceof Table table) {
            for (Constraint constraint : table.constraints()) {
                if (constraint instanceof PrimaryKey key) {
                    names(fact.putObject("primary_key").put("name", key.name()), "columns", key.columns());
                } else if (constraint instanceof ForeignKey key) {
                    ObjectNode node = fact.withArray("foreign_keys").addObject().put("name", key.name());
                    names(node, "columns", key.columns());
                    names(node, "parent_columns", key.referencedColumns());
                    ArrayNode parent = node.putArray("parent");
                    for (String part : key.referencedTable().namespace()) {
                        parent.add(part);
                    }
                    parent.add(key.referencedTable().name());
                }
            }
        }
        return fact;
    }

    private static void names(ObjectNode node, String field, NamedReference[] references) {
        ArrayNode names = node.putArray(field);
        for (NamedReference reference : references) {
            names.add(String.join(".", reference.fieldNames()));
        }
    }

    /** What is done with one schema: where it is, its properties, what is in it. */
    interface Visitor {
        void visit(ObjectNode place, Map<String, String> properties, Map<String, Relation> relations);
    }

    static ObjectNode place(String catalog, String schema) {
        return JSON.createObjectNode().put("catalog", catalog).put("schema", schema);
    }
}
