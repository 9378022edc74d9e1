package localwarehouse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.connect.service.SparkConnectService$;
import org.apache.spark.sql.connector.catalog.constraints.Constraint;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.StructType;
import scala.runtime.BoxedUnit;

/**
 * A Spark Connect server that belongs to the process that started it. It reads what to serve as one line of JSON, prints
 * {@code listening PORT} when it is ready, and ends when its standard input does, whatever happens to that process.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        // Whatever else prints must not come between.
        PrintStream out = System.out;
        System.setOut(System.err);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        JsonNode plan = new ObjectMapper().readTree(input.readLine());
        Thread guard = new Thread(() -> endWith(input), "guard");
        guard.setDaemon(true);
        guard.start();

        LocalTable.warehouse = Path.of(plan.get("warehouse").asText());
        for (JsonNode schema : plan.get("schemas")) {
            LocalCatalog.create(schema.get("catalog").asText(), schema.get("schema").asText());
        }
        for (JsonNode table : plan.get("tables")) {
            mount(table);
        }
        LocalCatalog.mount("system", "localwarehouse", "facts", new Facts());
        if (!plan.get("kept").isNull()) {
            Store.open(Path.of(plan.get("kept").asText()));
        }
        SparkConf conf = new SparkConf();
        plan.get("settings").properties().forEach(setting -> conf.set(setting.getKey(), setting.getValue().asText()));
        var builder = org.apache.spark.sql.classic.SparkSession.builder().config(conf);
        var spark = builder.withExtensions(extensions -> {
            extensions.injectHintResolutionRule(session -> new StringUpdate(true));
            extensions.injectResolutionRule(session -> new StringUpdate(false));
            extensions.injectResolutionRule(session -> new StringAssignment());
            return BoxedUnit.UNIT;
        }).getOrCreate();
        SparkConnectService$.MODULE$.start(spark.sparkContext());
        out.println("listening " + SparkConnectService$.MODULE$.localPort());
        out.flush();
        // Nothing else keeps the process alive.
        SparkConnectService$.MODULE$.server().awaitTermination();
    }

    private static void endWith(BufferedReader input) {
        try {
            while (input.readLine() != null) {
                // Nothing more is said.
            }
        } catch (IOException error) {
            // The other end is gone.
        }
        Runtime.getRuntime().halt(0);
    }

    private static void mount(JsonNode table) {
        String format = table.get("format").asText();
        Map<String, String> properties = new HashMap<>();
        properties.put("provider", table.get("provider").asText());
        table.get("options").properties().forEach(option -> properties.put("option." + option.getKey(), option.getValue().asText()));
        List<String> paths = new ArrayList<>();
        table.get("paths").forEach(path -> paths.add(path.asText()));
        String columns = table.get("columns").asText("");
        StructType schema = columns.isEmpty() ? null : StructType.fromDDL(columns);
        String catalog = table.get("catalog").asText();
        String schemaName = table.get("schema").asText();
        String name = table.get("table").asText();
        LocalCatalog.mount(catalog, schemaName, name, new LocalTable(
                catalog + "." + schemaName + "." + name, format, schema, paths, properties, new Transform[0], new Constraint[0], true));
    }
}
