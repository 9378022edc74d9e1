package localwarehouse;

import java.util.List;

import org.apache.spark.sql.connector.write.BatchWrite;
import org.apache.spark.sql.connector.write.DataWriterFactory;
import org.apache.spark.sql.connector.write.DeleteSummary;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.MergeSummary;
import org.apache.spark.sql.connector.write.PhysicalWriteInfo;
import org.apache.spark.sql.connector.write.SupportsTruncate;
import org.apache.spark.sql.connector.write.UpdateSummary;
import org.apache.spark.sql.connector.write.Write;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.connector.write.WriteSummary;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.apache.spark.sql.execution.datasources.BasicWriteTaskStats;
import org.apache.spark.sql.execution.datasources.WriteTaskResult;
import scala.jdk.javaapi.CollectionConverters;

/** One write of rows, by Spark's writer of files; it counts the rows and puts the files in place when all are written. */
final class LocalWrite implements SupportsTruncate, Write {
    private final LocalTable table;
    private final LogicalWriteInfo info;
    private boolean replaces;

    LocalWrite(LocalTable table, LogicalWriteInfo info, boolean replaces) {
        this.table = table;
        this.info = info;
        this.replaces = replaces;
    }

    @Override
    public WriteBuilder truncate() {
        replaces = true;
        return this;
    }

    @Override
    public Write build() {
        return this;
    }

    @Override
    public BatchWrite toBatch() {
        List<String> before = table.paths();
        String folder = table.folderToWrite(replaces);
        BatchWrite files = table.filesIn(folder).newWriteBuilder(info).build().toBatch();
        return new BatchWrite() {
            @Override
            public DataWriterFactory createBatchWriterFactory(PhysicalWriteInfo physical) {
                return files.createBatchWriterFactory(physical);
            }

            @Override
            public boolean useCommitCoordinator() {
                return files.useCommitCoordinator();
            }

            @Override
            public void onDataWriterCommit(WriterCommitMessage message) {
                files.onDataWriterCommit(message);
            }

            @Override
            public void commit(WriterCommitMessage[] messages) {
                finish(messages);
                long rows = written(messages);
                AffectedRows.report("num_affected_rows", rows, "num_inserted_rows", rows);
            }

            @Override
            public void commit(WriterCommitMessage[] messages, WriteSummary summary) {
                if (summary instanceof MergeSummary merge) {
                    finish(messages);
                    long updated = merge.numTargetRowsUpdated();
                    long deleted = merge.numTargetRowsDeleted();
                    long inserted = merge.numTargetRowsInserted();
                    AffectedRows.report("num_affected_rows", updated + deleted + inserted, "num_updated_rows", updated,
                            "num_deleted_rows", deleted, "num_inserted_rows", inserted);
                } else if (summary instanceof UpdateSummary update) {
                    finish(messages);
                    AffectedRows.report("num_affected_rows", update.numUpdatedRows());
                } else if (summary instanceof DeleteSummary delete) {
                    finish(messages);
                    AffectedRows.report("num_affected_rows", delete.numDeletedRows());
                } else {
                    commit(messages);
                }
            }

            private void finish(WriterCommitMessage[] messages) {
                files.commit(messages);
                table.written(folder, before);
            }

            @Override
            public void abort(WriterCommitMessage[] messages) {
                files.abort(messages);
            }
        };
    }

    private static long written(WriterCommitMessage[] messages) {
        long rows = 0;
        for (WriterCommitMessage message : messages) {
            if (message instanceof WriteTaskResult result) {
                for (Object stats : CollectionConverters.asJava(result.summary().stats())) {
                    rows += stats instanceof BasicWriteTaskStats basic ? basic.numRows() : 0;
                }
            }
        }
        return rows;
    }
}
