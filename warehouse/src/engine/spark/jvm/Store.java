package localwarehouse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The definitions of what was created in {@code main}, in a file beside the rows, so that all is there again after a restart.
 * The folder belongs to one warehouse at a time; it is made with the first definition.
 */
final class Store {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CATALOG = "main";

    /** Null where nothing is to be kept. */
    private static Path folder;

    private static FileLock lock;

    private Store() {}

    /** Takes a folder, and puts into the catalog what was kept there. */
    static synchronized void open(Path kept) throws IOException {
        folder = kept;
        if (!Files.isDirectory(folder)) {
            return;
        }
        take();
        Set<String> used = new HashSet<>();
        if (Files.exists(file())) {
            JsonNode schemas = JSON.readTree(file().toFile());
            schemas.properties().forEach(schema -> LocalCatalog.restore(CATALOG, schema.getKey(), schema.getValue()));
            LocalCatalog.each((place, properties, relations) -> relations.values().forEach(relation -> {
                if (relation instanceof LocalTable table) {
                    used.addAll(table.paths());
                }
            }));
        }
        removeOthers(used);
    }

    /** Keeps what the catalog has now. */
    static synchronized void keep() {
        if (folder == null) {
            return;
        }
        ObjectNode schemas = JSON.createObjectNode();
        LocalCatalog.each((place, properties, relations) -> {
            if (place.get("catalog").asText().equals(CATALOG)) {
                ObjectNode schema = schemas.putObject(place.get("schema").asText());
                schema.set("properties", JSON.valueToTree(properties));
                ObjectNode all = schema.putObject("relations");
                relations.forEach((name, relation) -> {
                    if (!(relation instanceof LocalTable table && table.isMounted())) {
                        all.set(name, Kept.write(relation));
                    }
                });
            }
        });
        try {
            Files.createDirectories(folder);
            take();
            Path next = folder.resolve("catalog.json.next");
            JSON.writeValue(next.toFile(), schemas);
            Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException error) {
            throw new UncheckedIOException("The definition can't be kept in " + folder, error);
        }
    }

    private static Path file() {
        return folder.resolve("catalog.json");
    }

    private static void take() throws IOException {
        if (lock != null) {
            return;
        }
        FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new IOException(folder + " is in use by another local warehouse");
        }
    }

    /** Removes the rows that no table has any more: those that were replaced, and those of tables that were dropped. */
    private static void removeOthers(Set<String> used) throws IOException {
        if (!Files.isDirectory(LocalTable.warehouse)) {
            return;
        }
        try (Stream<Path> all = Files.list(LocalTable.warehouse)) {
            for (Path unused : all.filter(path -> !used.contains(path.toUri().toString())).toList()) {
                try (Stream<Path> files = Files.walk(unused)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }
}
