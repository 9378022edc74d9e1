import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** `databricks-jdbc`: the same cases through JDBC, one line of JSON each. */
public final class JdbcClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  private interface Answer {
    Object get() throws Exception;
  }

  private JdbcClient() {}

  /** Reads the cases from the file given, and the warehouse from the environment. */
  public static void main(String[] arguments) throws Exception {
    JsonNode cases = JSON.readTree(new File(arguments[0]));
    String address = System.getenv("WAREHOUSE_URL").replace("http://", "");
    String url = "jdbc:databricks://" + address + "/default;transportMode=http;ssl=0;usethriftclient=0;AuthMech=3;EnableTelemetry=0;httpPath=" + System.getenv("WAREHOUSE_PATH");
    Properties login = new Properties();
    login.put("UID", "token");
    login.put("PWD", System.getenv("WAREHOUSE_TOKEN"));
    try (Connection connection = DriverManager.getConnection(url, login)) {
      for (JsonNode one : cases.get("queries")) {
        emit(one.get("name").asText(), () -> form(query(connection, one.get("sql").asText()), one));
      }
      for (JsonNode one : cases.get("parameters")) {
        cannot(one.get("name").asText(), "JDBC has no named parameters");
      }
      emit("positional", () -> positional(connection));
      for (JsonNode one : cases.get("errors")) {
        emit(one.get("name").asText(), () -> failure(connection, one.get("sql").asText()));
      }
      for (JsonNode one : cases.get("statements")) {
        emit(one.get("name").asText(), () -> sequence(connection, one));
      }
      metadata(connection.getMetaData());
    }
  }

  private static Object positional(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT n_name FROM samples.tpch.nation WHERE n_nationkey = ? AND n_name <> ?")) {
      statement.setInt(1, 7);
      statement.setString(2, "FRANCE");
      try (ResultSet rows = statement.executeQuery()) {
        return texts(rows);
      }
    }
  }

  private static void metadata(DatabaseMetaData metadata) {
    emit("metadata catalogs", () -> sorted(metadata.getCatalogs(), "TABLE_CAT"));
    emit("metadata schemas", () -> sorted(metadata.getSchemas("samples", null), "TABLE_SCHEM"));
    emit("metadata tables", () -> sorted(metadata.getTables("samples", "tpch", null, null), "TABLE_NAME"));
    emit("metadata columns", () -> sorted(metadata.getColumns("samples", "tpch", "nation", null), "COLUMN_NAME"));
  }

  private static List<String> sorted(ResultSet rows, String column) throws SQLException {
    List<String> names = new ArrayList<>();
    while (rows.next()) {
      names.add(rows.getString(column));
    }
    Collections.sort(names);
    return names;
  }

  private static List<List<String>> query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return List.of();
      }
      try (ResultSet rows = statement.getResultSet()) {
        return texts(rows);
      }
    }
  }

  private static List<List<String>> texts(ResultSet rows) throws SQLException {
    List<List<String>> all = new ArrayList<>();
    int width = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      List<String> row = new ArrayList<>();
      for (int column = 1; column <= width; column++) {
        row.add(text(rows.getObject(column)));
      }
      all.add(row);
    }
    return all;
  }

  private static String text(Object value) {
    if (value == null) {
      return null;
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof Timestamp timestamp) {
      return MOMENT.format(timestamp.toInstant());
    }
    return value.toString();
  }

  private static Object form(List<List<String>> rows, JsonNode one) throws Exception {
    if (!one.path("digest").asBoolean()) {
      return rows;
    }
    // The separators of Python's json.dumps, so that equal rows have equal digests.
    StringBuilder all = new StringBuilder("[");
    for (List<String> row : rows) {
      all.append(all.length() == 1 ? "" : ", ").append('[');
      for (int cell = 0; cell < row.size(); cell++) {
        all.append(cell == 0 ? "" : ", ").append(JSON.writeValueAsString(row.get(cell)));
      }
      all.append(']');
    }
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(all.append(']').toString().getBytes(StandardCharsets.UTF_8));
    return List.of(rows.size(), HexFormat.of().formatHex(digest));
  }

  private static Object failure(Connection connection, String sql) {
    try {
      return "no error, but " + query(connection, sql).size() + " rows";
    } catch (SQLException error) {
      return error.getSQLState();
    }
  }

  private static Object sequence(Connection connection, JsonNode one) throws Exception {
    Object kept = null;
    int number = 0;
    for (JsonNode sql : one.get("sql")) {
      List<List<String>> rows = query(connection, sql.asText().replace("{client}", "jdbc"));
      kept = number++ == one.get("answer_of").asInt() ? form(rows, one) : kept;
    }
    return kept;
  }

  private static void cannot(String name, String why) {
    print(name, "cannot", why);
  }

  private static void emit(String name, Answer answer) {
    try {
      print(name, "answer", answer.get());
    } catch (Exception error) {
      print(name, "failed", error.toString());
    }
  }

  private static void print(String name, String kind, Object value) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("case", name);
    line.put(kind, value);
    try {
      System.out.println("PEER " + JSON.writeValueAsString(line));
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }
}
