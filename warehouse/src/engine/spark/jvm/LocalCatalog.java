package localwarehouse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NamespaceAlreadyExistsException;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.NoSuchViewException;
import org.apache.spark.sql.catalyst.analysis.NonEmptyNamespaceException;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.catalyst.analysis.ViewAlreadyExistsException;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.NamespaceChange;
import org.apache.spark.sql.connector.catalog.Relation;
import org.apache.spark.sql.connector.catalog.RelationCatalog;
import org.apache.spark.sql.connector.catalog.SupportsNamespaces;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalogCapability;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.View;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A catalog in memory, shared by all sessions. Names are kept in lower case and found in any. */
public final class LocalCatalog implements RelationCatalog, SupportsNamespaces, FunctionCatalog {
    /** One schema: its properties, and its tables and views by name. */
    private record Schema(Map<String, String> properties, ConcurrentSkipListMap<String, Relation> relations) {
        static Schema with(Map<String, String> properties) {
            return new Schema(new ConcurrentHashMap<>(properties), new ConcurrentSkipListMap<>());
        }
    }

    private static final Map<String, ConcurrentSkipListMap<String, Schema>> CATALOGS = new ConcurrentHashMap<>();

    private String name;
    private ConcurrentSkipListMap<String, Schema> schemas;

    /** Puts a table over files into a catalog, before any session opens. */
    static void mount(String catalog, String schema, String table, Table mounted) {
        schemasOf(catalog).computeIfAbsent(schema, ignored -> Schema.with(Map.of())).relations.put(table, mounted);
    }

    /** Makes a catalog with one empty schema. */
    static void create(String catalog, String schema) {
        schemasOf(catalog).computeIfAbsent(schema, ignored -> Schema.with(Map.of()));
    }

    /** Puts a kept schema into a catalog. */
    static void restore(String catalog, String name, JsonNode kept) {
        Schema schema = schemasOf(catalog).computeIfAbsent(name, ignored -> Schema.with(Map.of()));
        schema.properties.putAll(Kept.map(kept.get("properties")));
        kept.get("relations").properties().forEach(relation -> {
            if (schema.relations.putIfAbsent(relation.getKey(), Kept.read(relation.getValue())) != null) {
                throw new IllegalStateException("The data folder has a file and a created table for "
                        + catalog + "." + name + "." + relation.getKey() + ": rename the file");
            }
        });
    }

    /** Visits all schemas of all catalogs. */
    static void each(Facts.Visitor visitor) {
        CATALOGS.forEach((catalog, schemas) -> schemas.forEach((name, schema) ->
                visitor.visit(Facts.place(catalog, name), schema.properties, schema.relations)));
    }

    private static ConcurrentSkipListMap<String, Schema> schemasOf(String catalog) {
        return CATALOGS.computeIfAbsent(catalog, ignored -> new ConcurrentSkipListMap<>());
    }

    @Override
    public void initialize(String name, CaseInsensitiveStringMap options) {
        this.name = name;
        this.schemas = schemasOf(name);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String[] defaultNamespace() {
        return new String[] {"default"};
    }

    @Override
    public Set<TableCatalogCapability> capabilities() {
        return Set.of(TableCatalogCapability.SUPPORT_COLUMN_DEFAULT_VALUE, TableCatalogCapability.SUPPORT_TABLE_CONSTRAINT);
    }

    // Relations.

    @Override
    public Relation loadRelation(Identifier id) throws NoSuchTableException {
        Relation found = find(id);
        if (found == null) {
            throw new NoSuchTableException(id);
        }
        return found;
    }

    @Override
    public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
        return list(namespace, relation -> relation instanceof Table);
    }

    @Override
    public Identifier[] listViews(String[] namespace) throws NoSuchNamespaceException {
        return list(namespace, relation -> relation instanceof View);
    }

    private Identifier[] list(String[] namespace, Predicate<Relation> wanted) throws NoSuchNamespaceException {
        List<Identifier> found = new ArrayList<>();
        schema(namespace).relations.forEach((key, relation) -> {
            if (wanted.test(relation)) {
                found.add(Identifier.of(new String[] {lower(namespace[0])}, key));
            }
        });
        return found.toArray(Identifier[]::new);
    }

    @Override
    public Table createTable(Identifier id, TableInfo info) throws TableAlreadyExistsException, NoSuchNamespaceException {
        LocalTable table = LocalTable.create(name + "." + id, info);
        if (schema(id.namespace()).relations.putIfAbsent(lower(id.name()), table) != null) {
            throw new TableAlreadyExistsException(id);
        }
        Store.keep();
        return table;
    }

    @Override
    public Table createTable(
            Identifier id,
            Column[] columns,
            org.apache.spark.sql.connector.expressions.Transform[] partitions,
            Map<String, String> properties)
            throws TableAlreadyExistsException, NoSuchNamespaceException {
        var info = new TableInfo.Builder();
        info.withColumns(columns);
        info.withProperties(properties);
        return createTable(id, info.withPartitions(partitions).build());
    }

    @Override
    public Table alterTable(Identifier id, TableChange... changes) throws NoSuchTableException {
        if (!(find(id) instanceof LocalTable table)) {
            throw new NoSuchTableException(id);
        }
        table.change(changes);
        Store.keep();
        return table;
    }

    @Override
    public boolean dropTable(Identifier id) {
        return find(id) instanceof LocalTable table && dropped(id, table);
    }

    @Override
    public void renameTable(Identifier from, Identifier to) throws NoSuchTableException, TableAlreadyExistsException {
        if (!(find(from) instanceof LocalTable table)) {
            throw new NoSuchTableException(from);
        }
        if (!moved(from, to, table)) {
            throw new TableAlreadyExistsException(to);
        }
    }

    @Override
    public View createView(Identifier id, View view) throws ViewAlreadyExistsException, NoSuchNamespaceException {
        if (schema(id.namespace()).relations.putIfAbsent(lower(id.name()), view) != null) {
            throw new ViewAlreadyExistsException(id);
        }
        Store.keep();
        return view;
    }

    @Override
    public View replaceView(Identifier id, View view) throws NoSuchViewException {
        if (!(find(id) instanceof View)) {
            throw new NoSuchViewException(id);
        }
        relations(id).put(lower(id.name()), view);
        Store.keep();
        return view;
    }

    @Override
    public boolean dropView(Identifier id) {
        return find(id) instanceof View view && dropped(id, view);
    }

    @Override
    public void renameView(Identifier from, Identifier to) throws NoSuchViewException, ViewAlreadyExistsException {
        if (!(find(from) instanceof View view)) {
            throw new NoSuchViewException(from);
        }
        if (!moved(from, to, view)) {
            throw new ViewAlreadyExistsException(to);
        }
    }

    /** Gives a relation another name, in a schema that exists; false when the name is taken. */
    private boolean moved(Identifier from, Identifier to, Relation relation) {
        try {
            if (schema(to.namespace()).relations.putIfAbsent(lower(to.name()), relation) != null) {
                return false;
            }
        } catch (NoSuchNamespaceException missing) {
            LocalCatalog.<RuntimeException>raise(missing);
        }
        dropped(from, relation);
        return true;
    }

    /** Spark expects checked exceptions of its own also where an interface does not name them. */
    @SuppressWarnings("unchecked")
    private static <E extends Exception> void raise(Exception error) throws E {
        throw (E) error;
    }

    private boolean dropped(Identifier id, Relation relation) {
        boolean dropped = relations(id).remove(lower(id.name()), relation);
        Store.keep();
        return dropped;
    }

    private Relation find(Identifier id) {
        return relations(id).get(lower(id.name()));
    }

    private Map<String, Relation> relations(Identifier id) {
        Schema schema = id.namespace().length == 1 ? schemas.get(lower(id.namespace()[0])) : null;
        return schema == null ? new ConcurrentHashMap<>() : schema.relations;
    }

    // Functions: there are none besides Spark's own.

    @Override
    public Identifier[] listFunctions(String[] namespace) {
        return new Identifier[0];
    }

    @Override
    public UnboundFunction loadFunction(Identifier id) throws NoSuchFunctionException {
        throw new NoSuchFunctionException(id);
    }

    // Schemas.

    @Override
    public String[][] listNamespaces() {
        return schemas.keySet().stream().map(key -> new String[] {key}).toArray(String[][]::new);
    }

    @Override
    public String[][] listNamespaces(String[] namespace) throws NoSuchNamespaceException {
        if (namespace.length == 0) {
            return listNamespaces();
        }
        schema(namespace);
        return new String[0][];
    }

    /** A session may open in a schema that is still to come; then it says so. */
    @Override
    public boolean namespaceExists(String[] namespace) {
        return namespace.length == 1
                && (schemas.containsKey(lower(namespace[0])) || SparkSession.active().conf().contains("spark.localwarehouse.opening"));
    }

    @Override
    public Map<String, String> loadNamespaceMetadata(String[] namespace) throws NoSuchNamespaceException {
        return new HashMap<>(schema(namespace).properties);
    }

    @Override
    public void createNamespace(String[] namespace, Map<String, String> properties) throws NamespaceAlreadyExistsException {
        if (namespace.length != 1) {
            throw new UnsupportedOperationException("A schema's name has one part");
        }
        if (schemas.putIfAbsent(lower(namespace[0]), Schema.with(properties)) != null) {
            throw new NamespaceAlreadyExistsException(namespace);
        }
        Store.keep();
    }

    @Override
    public void alterNamespace(String[] namespace, NamespaceChange... changes) throws NoSuchNamespaceException {
        Map<String, String> properties = schema(namespace).properties;
        for (NamespaceChange change : changes) {
            if (change instanceof NamespaceChange.SetProperty set) {
                properties.put(set.property(), set.value());
            } else if (change instanceof NamespaceChange.RemoveProperty removed) {
                properties.remove(removed.property());
            }
        }
        Store.keep();
    }

    @Override
    public boolean dropNamespace(String[] namespace, boolean cascade) throws NoSuchNamespaceException, NonEmptyNamespaceException {
        if (!schema(namespace).relations.isEmpty() && !cascade) {
            throw new NonEmptyNamespaceException(namespace);
        }
        boolean dropped = schemas.remove(lower(namespace[0])) != null;
        Store.keep();
        return dropped;
    }

    private Schema schema(String[] namespace) throws NoSuchNamespaceException {
        Schema found = namespace.length == 1 ? schemas.get(lower(namespace[0])) : null;
        if (found == null) {
            throw new NoSuchNamespaceException(namespace);
        }
        return found;
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
