import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Properties;

/** `databricks-jdbc` signs in in one way and prints 42. Argument: the way; where and with what comes from the environment. */
public final class SignIn {
  private SignIn() {}

  /** Connects, and asks. */
  public static void main(String[] arguments) throws Exception {
    JsonNode given = new ObjectMapper().readTree(System.getenv("SIGN_IN"));
    String url = "jdbc:databricks://" + text(given, "host") + ":443/default;transportMode=http;ssl=1;usethriftclient=0;AuthMech=11"
        + ";EnableTelemetry=0;httpPath=/sql/1.0/warehouses/local;" + way(given, arguments[0]);
    try (Connection connection = DriverManager.getConnection(url, settings(given));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT 42 AS n")) {
      rows.next();
      System.out.println(rows.getInt(1));
    }
  }

  private static String way(JsonNode given, String flow) {
    String principal = ";OAuth2ClientId=" + text(given, "id");
    String azure = ";OAuth2ClientId=" + text(given, "azure_id") + ";OAuth2Secret=" + text(given, "azure_secret");
    String foreign = "Auth_Flow=0;Auth_AccessToken=" + text(given, "foreign_token");
    return switch (flow) {
      case "secret" -> "Auth_Flow=1;OAuth2Secret=" + text(given, "secret") + principal;
      case "key" -> "Auth_Flow=1;UseJWTAssertion=1;Auth_KID=kid;Auth_JWT_Key_File=" + text(given, "key_file") + principal;
      case "browser" -> "Auth_Flow=2;EnableTokenCache=0";
      case "foreign token" -> foreign;
      case "foreign token for a principal" -> foreign + ";Identity_Federation_Client_Id=" + text(given, "id");
      case "Azure principal" -> "Auth_Flow=1;AzureTenantId=" + text(given, "tenant") + azure;
      case "Azure principal, its tenant found" -> "Auth_Flow=1" + azure;
      case "Azure principal that manages", "Azure principal of the US government" -> "Auth_Flow=1;AzureTenantId=" + text(given, "tenant") + ";azure_workspace_resource_id=" + text(given, "resource_id") + azure;
      case "Azure machine" -> "Auth_Flow=3";
      case "Azure browser" -> "Auth_Flow=2;EnableTokenCache=0";
      // None that the driver knows: it says so.
      default -> "Auth_Flow=4";
    };
  }

  private static Properties settings(JsonNode given) {
    String[] proxy = text(given, "proxy").replace("http://", "").split(":");
    Properties settings = new Properties();
    settings.put("UseProxy", "1");
    settings.put("ProxyHost", proxy[0]);
    settings.put("ProxyPort", proxy[1]);
    settings.put("ProxyIgnoreList", "127.0.0.1|localhost");
    settings.put("SSLTrustStore", text(given, "trust_store"));
    settings.put("SSLTrustStorePwd", "changeit");
    settings.put("SSLTrustStoreType", "PKCS12");
    // The authority of a test answers nobody who asks for revocations.
    settings.put("CheckCertRevocation", "0");
    return settings;
  }

  private static String text(JsonNode given, String name) {
    return given.get(name).asText();
  }
}
