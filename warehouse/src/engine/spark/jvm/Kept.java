package localwarehouse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Relation;
import org.apache.spark.sql.connector.catalog.View;
import org.apache.spark.sql.connector.catalog.constraints.Check;
import org.apache.spark.sql.connector.catalog.constraints.Constraint;
import org.apache.spark.sql.connector.catalog.constraints.ForeignKey;
import org.apache.spark.sql.connector.catalog.constraints.PrimaryKey;
import org.apache.spark.sql.connector.catalog.constraints.Unique;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.Expressions;
import org.apache.spark.sql.connector.expressions.Literal;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** A table's or view's definition as JSON, and back. */
final class Kept {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Kept() {}

    /** What the folders of rows begin with; it is left out, so that the data folder may be moved. */
    private static String rows() {
        String rows = LocalTable.warehouse.toUri().toString();
        return rows.endsWith("/") ? rows : rows + "/";
    }

    static ObjectNode write(Relation relation) {
        ObjectNode node = JSON.createObjectNode();
        if (relation instanceof View view) {
            node.put("query", view.queryText()).put("catalog", view.currentCatalog()).put("mode", view.schemaMode());
            node.put("schema", CatalogV2Util.v2ColumnsToStructType(view.columns()).json());
            node.set("namespace", JSON.valueToTree(view.currentNamespace()));
            node.set("configs", JSON.valueToTree(view.sqlConfigs()));
            node.set("columns", JSON.valueToTree(view.queryColumnNames()));
        } else {
            LocalTable table = (LocalTable) relation;
            StructType schema = table.knownSchema();
            node.put("name", table.name()).put("format", table.format()).put("schema", schema == null ? null : schema.json());
            ArrayNode paths = node.putArray("paths");
            table.paths().forEach(path -> paths.add(path.startsWith(rows()) ? path.substring(rows().length()) : path));
            ArrayNode partitioning = node.putArray("partitioning");
            for (Transform transform : table.partitioning()) {
                ArrayNode arguments = partitioning.addObject().put("name", transform.name()).putArray("arguments");
                for (Expression argument : transform.arguments()) {
                    arguments.addPOJO(argument instanceof Literal<?> literal ? literal.value() : argument.describe());
                }
            }
            ArrayNode constraints = node.putArray("constraints");
            for (Constraint constraint : table.constraints()) {
                write(constraints.addObject(), constraint);
            }
        }
        node.set("properties", JSON.valueToTree(relation.properties()));
        return node;
    }

    static Relation read(JsonNode node) {
        Map<String, String> properties = map(node.get("properties"));
        StructType schema = node.get("schema").isNull() ? null : (StructType) DataType.fromJson(node.get("schema").asText());
        if (!node.has("query")) {
            List<Constraint> constraints = new ArrayList<>();
            node.get("constraints").forEach(constraint -> constraints.add(constraint(constraint)));
            List<Transform> partitioning = new ArrayList<>();
            node.get("partitioning").forEach(transform -> partitioning.add(transform(transform)));
            List<String> paths = new ArrayList<>();
            node.get("paths").forEach(path -> paths.add(path.asText().contains(":") ? path.asText() : rows() + path.asText()));
            return new LocalTable(node.get("name").asText(), node.get("format").asText(), schema, paths, properties,
                    partitioning.toArray(Transform[]::new), constraints.toArray(Constraint[]::new), false);
        }
        View.Builder view = new View.Builder();
        view.withSchema(schema).withProperties(properties);
        return view.withQueryText(node.get("query").asText())
                .withCurrentCatalog(node.get("catalog").asText(null))
                .withCurrentNamespace(texts(node.get("namespace")))
                .withSqlConfigs(map(node.get("configs")))
                .withSchemaMode(node.get("mode").asText(null))
                .withQueryColumnNames(texts(node.get("columns")))
                .build();
    }

    private static void write(ObjectNode node, Constraint constraint) {
        node.put("name", constraint.name()).put("enforced", constraint.enforced()).put("rely", constraint.rely());
        node.put("status", constraint.validationStatus().name());
        if (constraint instanceof Check check) {
            node.put("check", check.predicateSql());
        } else if (constraint instanceof PrimaryKey key) {
            columns(node.putArray("primary_key"), key.columns());
        } else if (constraint instanceof Unique unique) {
            columns(node.putArray("unique"), unique.columns());
        } else if (constraint instanceof ForeignKey key) {
            columns(node.putArray("foreign_key"), key.columns());
            columns(node.putArray("referenced"), key.referencedColumns());
            node.put("table", key.referencedTable().name());
            node.set("namespace", JSON.valueToTree(key.referencedTable().namespace()));
        } else {
            throw new IllegalStateException("The constraint " + constraint + " can't be kept");
        }
    }

    private static Constraint constraint(JsonNode node) {
        String name = node.get("name").asText();
        boolean enforced = node.get("enforced").asBoolean();
        boolean rely = node.get("rely").asBoolean();
        var status = Constraint.ValidationStatus.valueOf(node.get("status").asText());
        if (node.has("check")) {
            var check = Constraint.check(name).predicateSql(node.get("check").asText());
            return check.enforced(enforced).rely(rely).validationStatus(status).build();
        }
        if (node.has("primary_key")) {
            var key = Constraint.primaryKey(name, columns(node.get("primary_key")));
            return key.enforced(enforced).rely(rely).validationStatus(status).build();
        }
        if (node.has("unique")) {
            var unique = Constraint.unique(name, columns(node.get("unique")));
            return unique.enforced(enforced).rely(rely).validationStatus(status).build();
        }
        Identifier table = Identifier.of(texts(node.get("namespace")), node.get("table").asText());
        var key = Constraint.foreignKey(name, columns(node.get("foreign_key")), table, columns(node.get("referenced")));
        return key.enforced(enforced).rely(rely).validationStatus(status).build();
    }

    private static Transform transform(JsonNode node) {
        String name = node.get("name").asText();
        List<Expression> arguments = new ArrayList<>();
        node.get("arguments").forEach(argument -> arguments.add(
                argument.isNumber() ? Expressions.literal(argument.intValue()) : Expressions.column(argument.asText())));
        return name.equals("identity")
                ? Expressions.identity(node.get("arguments").get(0).asText())
                : Expressions.apply(name, arguments.toArray(Expression[]::new));
    }

    private static void columns(ArrayNode node, NamedReference[] columns) {
        for (NamedReference column : columns) {
            node.add(column.describe());
        }
    }

    private static NamedReference[] columns(JsonNode node) {
        List<NamedReference> columns = new ArrayList<>();
        node.forEach(column -> columns.add(Expressions.column(column.asText())));
        return columns.toArray(NamedReference[]::new);
    }

    private static String[] texts(JsonNode node) {
        List<String> texts = new ArrayList<>();
        node.forEach(text -> texts.add(text.asText()));
        return texts.toArray(String[]::new);
    }

    static Map<String, String> map(JsonNode node) {
        Map<String, String> map = new HashMap<>();
        node.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().isNull() ? null : entry.getValue().asText()));
        return map;
    }
}
