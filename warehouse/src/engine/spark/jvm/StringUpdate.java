package localwarehouse;

import java.util.ArrayList;
import java.util.List;

import org.apache.spark.sql.catalyst.analysis.UnresolvedAlias;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Assignment;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UpdateTable;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;

/** The same for UPDATE: values are marked before Spark looks at them, and become the column's type when both are known. */
final class StringUpdate extends Rule<LogicalPlan> {
    private final boolean marks;

    /** The rule that marks, which comes first, or the one that takes the marks off. */
    StringUpdate(boolean marks) {
        this.marks = marks;
    }

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        return plan.resolveOperatorsDown(new AbstractPartialFunction<LogicalPlan, LogicalPlan>() {
            @Override
            public boolean isDefinedAt(LogicalPlan node) {
                return node instanceof UpdateTable update && (marks || update.table().resolved());
            }

            @Override
            public LogicalPlan apply(LogicalPlan node) {
                UpdateTable update = (UpdateTable) node;
                List<Assignment> assignments = new ArrayList<>();
                for (Assignment assignment : CollectionConverters.asJava(update.assignments())) {
                    Expression value = marks ? marked(assignment.value()) : converted(assignment.key(), assignment.value());
                    assignments.add(value == assignment.value() ? assignment : new Assignment(assignment.key(), value));
                }
                return assignments.equals(CollectionConverters.asJava(update.assignments()))
                        ? update
                        : update.copy(update.table(), CollectionConverters.asScala(assignments).toSeq(), update.condition());
            }
        });
    }

    /** Unresolved until the mark is taken off. DEFAULT is Spark's to replace. */
    private static Expression marked(Expression value) {
        boolean isDefault = value instanceof UnresolvedAttribute name && name.name().equalsIgnoreCase("DEFAULT");
        return isDefault || value instanceof UnresolvedAlias ? value : new UnresolvedAlias(value, Option.empty());
    }

    private Expression converted(Expression key, Expression value) {
        if (!(value instanceof UnresolvedAlias mark) || !key.resolved() || !mark.child().resolved()) {
            return value;
        }
        return StringAssignment.converted(mark.child(), key.dataType(), conf().sessionLocalTimeZone());
    }
}
