package localwarehouse;

import java.util.ArrayList;
import java.util.List;

import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.EvalMode;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.InsertIntoStatement;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;

/** A string that is inserted becomes the column's type, as in Delta's tables, or fails as a cast; Spark alone refuses it. */
final class StringAssignment extends Rule<LogicalPlan> {
    private static final Seq<String> NONE = CollectionConverters.asScala(List.<String>of()).toSeq();

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        return plan.resolveOperatorsDown(new AbstractPartialFunction<LogicalPlan, LogicalPlan>() {
            @Override
            public boolean isDefinedAt(LogicalPlan node) {
                return node instanceof InsertIntoStatement insert
                        && insert.table() instanceof DataSourceV2Relation target
                        && target.table() instanceof LocalTable
                        && insert.partitionSpec().isEmpty()
                        && insert.query().resolved();
            }

            @Override
            public LogicalPlan apply(LogicalPlan node) {
                return converted((InsertIntoStatement) node);
            }
        });
    }

    private LogicalPlan converted(InsertIntoStatement insert) {
        var table = (LocalTable) ((DataSourceV2Relation) insert.table()).table();
        List<String> named = CollectionConverters.asJava(insert.userSpecifiedCols());
        List<NamedExpression> items = new ArrayList<>();
        boolean changed = false;
        for (Attribute value : CollectionConverters.asJava(insert.query().output())) {
            int place = items.size();
            String name = insert.byName() ? value.name() : place < named.size() ? named.get(place) : null;
            DataType type = type(table, name, place);
            Expression converted = converted(value, type, conf().sessionLocalTimeZone());
            if (converted == value) {
                items.add(value);
            } else {
                changed = true;
                items.add(new Alias(converted, value.name(), NamedExpression.newExprId(), NONE, Option.empty(), NONE));
            }
        }
        if (!changed) {
            return insert;
        }
        LogicalPlan query = new Project(CollectionConverters.asScala(items).toSeq(), insert.query());
        return insert.copy(insert.table(), insert.partitionSpec(), insert.userSpecifiedCols(), query, insert.overwrite(),
                insert.ifPartitionNotExists(), insert.byName(), insert.replaceCriteriaOpt(), insert.withSchemaEvolution());
    }

    /** A string for a column of a simple type as that type; anything else as it is. */
    static Expression converted(Expression value, DataType type, String zone) {
        boolean converts = value.dataType() instanceof StringType && isSimple(type);
        return converts ? new Cast(value, type, Option.apply(zone), EvalMode.ANSI()) : value;
    }

    /** The type of a column, by its name or else its place; null when there is no such column, which Spark tells the user. */
    private static DataType type(LocalTable table, String name, int place) {
        StructField[] fields = table.schema().fields();
        if (name == null) {
            return place < fields.length ? fields[place].dataType() : null;
        }
        for (StructField field : fields) {
            if (field.name().equalsIgnoreCase(name)) {
                return field.dataType();
            }
        }
        return null;
    }

    private static boolean isSimple(DataType type) {
        return type instanceof NumericType || type instanceof BooleanType || type instanceof DateType
                || type instanceof TimestampType || type instanceof TimestampNTZType;
    }
}
