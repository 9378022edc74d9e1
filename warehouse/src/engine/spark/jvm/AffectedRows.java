package localwarehouse;

import org.apache.spark.sql.SparkSession;

/** Tells the client how many rows a statement changed: in a setting of its session that is named after its operation. */
final class AffectedRows {
    private static final String OPERATION = "_Operation_";

    private AffectedRows() {}

    /** Names and counts in turn. */
    static void report(Object... counts) {
        SparkSession session = SparkSession.active();
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < counts.length; at += 2) {
            text.append(at == 0 ? "" : ",").append(counts[at]).append('=').append(counts[at + 1]);
        }
        var classic = (org.apache.spark.sql.classic.SparkSession) session;
        for (String tag : scala.jdk.javaapi.CollectionConverters.asJava(classic.sparkContext().getJobTags())) {
            int at = tag.lastIndexOf(OPERATION);
            if (at >= 0) {
                session.conf().set("spark.localwarehouse.affected." + tag.substring(at + OPERATION.length()), text.toString());
            }
        }
    }
}
