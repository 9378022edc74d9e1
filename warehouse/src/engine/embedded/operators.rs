//! Operators and typed calls, planned once the types of their operands are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use datafusion::common::metadata::FieldMetadata;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result as DfResult, ScalarValue, SchemaError, TableReference};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, ExprSchemable, Operator, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::arithmetic::{Arithmetic, Digits, OnZero, Operation};
use super::cast::{Failure, cast_expr};
use super::folded::DECLARED_NAME;
use super::intervals::Interval;
use super::literals::SQL_TYPE;
use super::rewrite::fold;
use super::rewrite::typed_call::{ARGUMENTS, SHOWN_AS, TypedOp};
use super::session::SessionView;
use super::time::Zone;
use super::{errors, functions, literals, routines, types, variables};
use crate::engine::SqlError;

/// Plans expressions for one statement.
#[derive(Debug)]
pub(super) struct SparkPlanner {
    /// The session as it is when the statement starts.
    pub(super) session: Arc<SessionView>,
}

/// Expressions with the schema that gives them their types.
pub(super) struct Typed<'a> {
    /// The schema of the input.
    pub(super) schema: &'a DFSchema,
    /// The session.
    pub(super) session: &'a SessionView,
}

impl ExprPlanner for SparkPlanner {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> DfResult<PlannerResult<RawBinaryExpr>> {
        let typed = Typed { schema, session: &self.session };
        let RawBinaryExpr { op, left, right } = expr;
        if let Some(typed_op) = TypedOp::decode(&op) {
            return typed.typed_call(&typed_op, right).map(PlannerResult::Planned);
        }
        match operation(&op) {
            Some(operation) => typed.arithmetic(operation, left, right, OnZero::Error).map(PlannerResult::Planned),
            None => typed.operator(&op, left, right),
        }
    }

    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> DfResult<PlannerResult<Vec<Expr>>> {
        let mut expr = Expr::from((qualifier, &Arc::new(field.clone())));
        let mut data_type = field.data_type().clone();
        for name in nested_names {
            let (inner, inner_type) = functions::nested::field_of(expr, &data_type, name)?;
            expr = inner;
            data_type = inner_type;
        }
        Ok(PlannerResult::Planned(expr))
    }
}

fn operation(op: &BinaryOperator) -> Option<Operation> {
    Some(match op {
        BinaryOperator::Plus => Operation::Add,
        BinaryOperator::Minus => Operation::Subtract,
        BinaryOperator::Multiply => Operation::Multiply,
        BinaryOperator::Divide => Operation::Divide,
        BinaryOperator::Modulo => Operation::Remainder,
        BinaryOperator::MyIntegerDivide => Operation::IntegralDivide,
        _ => return None,
    })
}

fn comparison(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        BinaryOperator::Spaceship => Operator::IsNotDistinctFrom,
        _ => return None,
    })
}

impl Typed<'_> {
    /// The type of an expression.
    pub(super) fn type_of(&self, expr: &Expr) -> DfResult<DataType> {
        match expr.get_type(self.schema) {
            Err(error) if is_ambiguous(&error) => self.first_of_names(expr.clone())?.get_type(self.schema),
            found => found,
        }
    }

    /// An expression whose columns are the first of their names: those of USING and NATURAL stand in both tables, and the planner
    /// chooses one later, or finds that the name is ambiguous.
    fn first_of_names(&self, expr: Expr) -> DfResult<Expr> {
        let first = expr.transform(|expr| {
            Ok(match &expr {
                Expr::Column(column) if column.relation.is_none() => {
                    match self.schema.qualified_fields_with_unqualified_name(&column.name).first() {
                        Some((relation, field)) => Transformed::yes(Expr::from((*relation, *field))),
                        None => Transformed::no(expr),
                    }
                }
                _ => Transformed::no(expr),
            })
        });
        first.map(|first| first.data)
    }

    /// Whether these are intervals that have together fewer fields than their Arrow type can tell.
    pub(super) fn are_narrow_intervals(&self, args: &[Expr]) -> bool {
        let field = |arg: &Expr| Some(arg.to_field(self.schema).ok()?.1.metadata().get(SQL_TYPE)?.clone());
        let types: Vec<String> = args.iter().filter_map(field).collect();
        !types.is_empty() && !Interval::are_all_fields(&types.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The session's zone.
    pub(super) fn zone(&self) -> Zone {
        self.session.zone()
    }

    /// The expression as a value of `to`; what can't be converted is an error when it runs.
    pub(super) fn cast(&self, expr: Expr, to: &DataType) -> DfResult<Expr> {
        self.cast_or(expr, to, Failure::Error)
    }

    fn cast_or(&self, expr: Expr, to: &DataType, failure: Failure) -> DfResult<Expr> {
        let from = self.type_of(&expr)?;
        cast_expr(expr, &from, to, self.zone(), failure)
    }

    fn typed_call(&self, op: &TypedOp<'_>, right: Expr) -> DfResult<Expr> {
        match op {
            TypedOp::Literal(sql_type) => match right {
                Expr::Literal(ScalarValue::Utf8(Some(text)), _) => {
                    literals::literal(sql_type, &text, self.session).map_err(errors::carried)
                }
                other => Err(errors::carried(errors::internal(&format!("a literal of {other}")))),
            },
            TypedOp::Cast(sql_type) => self.cast_to(sql_type, arguments(right)?, Failure::Error),
            TypedOp::TryCast(sql_type) => self.cast_to(sql_type, arguments(right)?, Failure::Null),
            TypedOp::Call(SHOWN_AS) => shown_as(arguments(right)?),
            TypedOp::Call(variables::READ) => variables::read(&arguments(right)?, false, self),
            TypedOp::Call(variables::READ_QUALIFIED) => variables::read(&arguments(right)?, true, self),
            TypedOp::Call(routines::PARAMETER) => routines::parameter(arguments(right)?, self),
            TypedOp::Call(routines::ROUTINE) => routines::body(arguments(right)?),
            TypedOp::Call(name) => functions::plan(name, arguments(right)?, self),
        }
    }

    fn cast_to(&self, sql_type: &str, args: Vec<Expr>, failure: Failure) -> DfResult<Expr> {
        let to = types::parse(sql_type, self.session.time_zone()).map_err(errors::carried)?;
        let expr =
            args.into_iter().next().ok_or_else(|| errors::carried(errors::internal("a cast without a value")))?;
        // A literal's digits are as few as it has, those of a cast are its type's.
        if matches!(expr, Expr::Literal(..)) && to.is_integer() && self.type_of(&expr)? == to {
            return Ok(Expr::Cast(Cast::new(Box::new(expr), to)));
        }
        self.cast_or(expr, &to, failure)
    }

    fn operator(&self, op: &BinaryOperator, left: Expr, right: Expr) -> DfResult<PlannerResult<RawBinaryExpr>> {
        if let Some(comparison) = comparison(op) {
            return self.compare(comparison, left, right).map(PlannerResult::Planned);
        }
        match op {
            BinaryOperator::And | BinaryOperator::Or => {
                let boolean = DataType::Boolean;
                for side in [&left, &right] {
                    let found = self.type_of(side)?;
                    if found != boolean && found != DataType::Null {
                        return Err(self.mismatch(&op.to_string(), &[found]));
                    }
                }
                Ok(PlannerResult::Original(RawBinaryExpr { op: op.clone(), left, right }))
            }
            BinaryOperator::BitwiseAnd
            | BinaryOperator::BitwiseOr
            | BinaryOperator::BitwiseXor
            | BinaryOperator::PGBitwiseShiftLeft
            | BinaryOperator::PGBitwiseShiftRight => {
                functions::plan(&op.to_string(), vec![left, right], self).map(PlannerResult::Planned)
            }
            BinaryOperator::Custom(name) if name == ">>>" => {
                functions::plan(name, vec![left, right], self).map(PlannerResult::Planned)
            }
            other => Err(errors::carried(errors::unsupported(format!("the operator {other}")))),
        }
    }

    /// A comparison, with both sides brought to their common type.
    pub(super) fn compare(&self, operator: Operator, left: Expr, right: Expr) -> DfResult<Expr> {
        let (l, r) = (self.type_of(&left)?, self.type_of(&right)?);
        let Some(common) = comparison_type(&l, &r) else {
            return Err(self.mismatch(&operator.to_string(), &[l, r]));
        };
        if matches!(common, DataType::Map(..)) {
            return Err(self.mismatch(&operator.to_string(), &[l, r]));
        }
        Ok(binary(self.cast(left, &common)?, operator, self.cast(right, &common)?))
    }

    /// An arithmetic operation.
    pub(super) fn arithmetic(&self, operation: Operation, left: Expr, right: Expr, on_zero: OnZero) -> DfResult<Expr> {
        let (l, r) = (self.type_of(&left)?, self.type_of(&right)?);
        if let Some(scaled) = functions::interval_scale::scaled(self, operation, (&left, &l), (&right, &r), on_zero)? {
            return Ok(scaled);
        }
        if let Some(moved) = self.on_dates(operation, &left, &l, &right, &r)? {
            return Ok(moved);
        }
        if l == DataType::Utf8 && r == DataType::Utf8 {
            return Err(self.mismatch(operation.sign(), &[l, r]));
        }
        let (l, r) = (number_type(&l, &r), number_type(&r, &l));
        let (Some(l), Some(r)) = (l, r) else {
            let found = [self.type_of(&left)?, self.type_of(&right)?];
            return Err(self.arithmetic_mismatch(operation, &found));
        };
        let floating = |t: &DataType| matches!(t, DataType::Float32 | DataType::Float64);
        let decimal = |t: &DataType| matches!(t, DataType::Decimal128(..));
        let (operand, result) = if (decimal(&l) || decimal(&r)) && !floating(&l) && !floating(&r) {
            return self.on_decimals(operation, (left, &l), (right, &r), on_zero);
        } else if operation == Operation::Divide {
            (DataType::Float64, DataType::Float64)
        } else if operation == Operation::IntegralDivide {
            if floating(&l) || floating(&r) {
                return Err(self.mismatch("div", &[l, r]));
            }
            (DataType::Int64, DataType::Int64)
        } else if floating(&l) || floating(&r) {
            let both_single = l == DataType::Float32 && r == DataType::Float32;
            let operand = if both_single { DataType::Float32 } else { DataType::Float64 };
            (operand.clone(), operand)
        } else {
            let common = common_type(&l, &r).unwrap_or(DataType::Int64);
            (common.clone(), common)
        };
        let (left, right) = (self.cast(left, &operand)?, self.cast(right, &operand)?);
        let unchecked = match operation {
            Operation::Add => Some(Operator::Plus),
            Operation::Subtract => Some(Operator::Minus),
            Operation::Multiply => Some(Operator::Multiply),
            _ => None,
        };
        match unchecked {
            Some(operator) if floating(&operand) => Ok(binary(left, operator, right)),
            _ => Ok(call(Arithmetic::new(operation, result, on_zero), vec![left, right])),
        }
    }

    fn on_decimals(
        &self,
        operation: Operation,
        (left, l): (Expr, &DataType),
        (right, r): (Expr, &DataType),
        on_zero: OnZero,
    ) -> DfResult<Expr> {
        let (Some(ld), Some(rd)) = (literal_digits(&left).or(Digits::of(l)), literal_digits(&right).or(Digits::of(r)))
        else {
            return Err(self.mismatch(operation.sign(), &[l.clone(), r.clone()]));
        };
        let (left, right) = (self.cast(left, &ld.data_type())?, self.cast(right, &rd.data_type())?);
        let result = match operation {
            Operation::IntegralDivide => DataType::Int64,
            _ => Digits::result(operation, ld, rd).data_type(),
        };
        Ok(call(Arithmetic::new(operation, result, on_zero), vec![left, right]))
    }

    /// Dates, timestamps and intervals; `None` when none takes part.
    fn on_dates(
        &self,
        operation: Operation,
        left: &Expr,
        l: &DataType,
        right: &Expr,
        r: &DataType,
    ) -> DfResult<Option<Expr>> {
        use DataType::{Date32, Duration, Timestamp, Utf8};
        let months = |t: &DataType| matches!(t, DataType::Interval(IntervalUnit::YearMonth));
        let span = |t: &DataType| matches!(t, Duration(TimeUnit::Microsecond));
        let (a, b) = (left.clone(), right.clone());
        let plan = |name: &str, args: Vec<Expr>| functions::plan(name, args, self).map(Some);
        match (operation, l, r) {
            (Operation::Add, Date32, r) if r.is_integer() => plan("date_add", vec![a, b]),
            (Operation::Add, l, Date32) if l.is_integer() => plan("date_add", vec![b, a]),
            (Operation::Subtract, Date32, r) if r.is_integer() => plan("date_sub", vec![a, b]),
            (Operation::Subtract, Date32, Date32) => Ok(Some(functions::datetime::date_difference(a, b))),
            (Operation::Add | Operation::Subtract, Date32 | Timestamp(..), r) if months(r) || span(r) => {
                functions::datetime::shift(self, operation, a, l, b, r).map(Some)
            }
            (Operation::Add, l, Date32 | Timestamp(..)) if months(l) || span(l) => {
                functions::datetime::shift(self, operation, b, r, a, l).map(Some)
            }
            (Operation::Subtract, Timestamp(..) | Date32, Timestamp(..) | Date32) => {
                functions::datetime::timestamp_difference(self, a, b).map(Some)
            }
            (Operation::Subtract, Date32, Utf8) => {
                let right = self.cast(b, &Date32)?;
                Ok(Some(functions::datetime::date_difference(a, right)))
            }
            (Operation::Subtract, Utf8, Date32) => {
                let left = self.cast(a, &Date32)?;
                Ok(Some(functions::datetime::date_difference(left, b)))
            }
            (Operation::Subtract, Timestamp(..), Utf8) => {
                let right = self.cast(b, l)?;
                functions::datetime::timestamp_difference(self, a, right).map(Some)
            }
            (Operation::Subtract, Utf8, Timestamp(..)) => {
                let left = self.cast(a, r)?;
                functions::datetime::timestamp_difference(self, left, b).map(Some)
            }
            // The units of the sum are those of both, which the Arrow types do not tell.
            (Operation::Add | Operation::Subtract, l, r) if (months(l) && months(r)) || (span(l) && span(r)) => {
                Err(errors::carried(errors::unsupported("arithmetic of two intervals")))
            }
            _ if [l, r].iter().any(|t| months(t) || span(t) || matches!(t, Date32 | Timestamp(..))) => {
                Err(self.arithmetic_mismatch(operation, &[l.clone(), r.clone()]))
            }
            _ => Ok(None),
        }
    }

    /// Operands of types that do not go with an arithmetic operation. Dates and times are moved by functions of their own, and text
    /// beside a type is first read as that type.
    fn arithmetic_mismatch(&self, operation: Operation, found: &[DataType; 2]) -> DataFusionError {
        use DataType::{Binary, Boolean, Date32, Timestamp, Utf8};
        let any = |wanted: fn(&DataType) -> bool| found.iter().any(wanted);
        let (date, timestamp) = (any(|t| t == &Date32), any(|t| matches!(t, Timestamp(..))));
        let class = match operation {
            Operation::Add if date && !timestamp => Some("UNEXPECTED_INPUT_TYPE"),
            Operation::Subtract if date || timestamp => Some("UNEXPECTED_INPUT_TYPE"),
            _ if any(|t| t == &Utf8) && (date || timestamp || any(|t| matches!(t, Boolean | Binary))) => {
                Some("BINARY_OP_WRONG_TYPE")
            }
            _ => None,
        };
        self.mismatch_of(operation.sign(), found, class)
    }

    /// Operands of types that do not go with an operation.
    pub(super) fn mismatch(&self, operation: &str, found: &[DataType]) -> DataFusionError {
        self.mismatch_of(operation, found, None)
    }

    fn mismatch_of(&self, operation: &str, found: &[DataType], class: Option<&str>) -> DataFusionError {
        if found.contains(&DataType::Null) {
            return errors::carried(errors::unsupported(format!("NULL as an operand of {operation}")));
        }
        let interval = |t: &DataType| matches!(t, DataType::Interval(_) | DataType::Duration(_));
        if found.iter().any(interval) {
            return errors::carried(errors::unsupported(format!("{operation} on an interval")));
        }
        let found: Vec<_> = found.iter().map(types::quoted).collect();
        let class = class.unwrap_or(match found.as_slice() {
            [left, right] if left != right => "BINARY_OP_DIFF_TYPES",
            [_, _] => "BINARY_OP_WRONG_TYPE",
            _ => "UNEXPECTED_INPUT_TYPE",
        });
        errors::carried(SqlError::new(
            &format!("DATATYPE_MISMATCH.{class}"),
            "42K09",
            format!("Cannot resolve \"{operation}\" due to data type mismatch: it can't take {}.", found.join(" and ")),
        ))
    }
}

fn is_ambiguous(error: &DataFusionError) -> bool {
    match error {
        DataFusionError::SchemaError(inner, _) => matches!(inner.as_ref(), SchemaError::AmbiguousReference { .. }),
        DataFusionError::Diagnostic(_, inner) | DataFusionError::Context(_, inner) => is_ambiguous(inner),
        _ => false,
    }
}

fn shown_as(args: Vec<Expr>) -> DfResult<Expr> {
    match <[Expr; 2]>::try_from(args) {
        Ok([expr, Expr::Literal(ScalarValue::Utf8(Some(name)), _)]) => {
            let declared = BTreeMap::from([(DECLARED_NAME.to_owned(), name.clone())]);
            Ok(expr.alias_with_metadata(fold(&name), Some(FieldMetadata::new(declared))))
        }
        _ => Err(errors::carried(errors::internal("an alias without a name"))),
    }
}

/// A scalar function's call.
pub(super) fn call<F: datafusion::logical_expr::ScalarUDFImpl + 'static>(function: F, args: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(function)), args))
}

/// A binary expression of the engine's own.
pub(super) fn binary(left: Expr, operator: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}

fn arguments(expr: Expr) -> DfResult<Vec<Expr>> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == ARGUMENTS => Ok(args),
        other => Err(errors::carried(errors::internal(&format!("arguments were expected, not {other}")))),
    }
}

/// The digits of an integer literal, as few as it has.
fn literal_digits(expr: &Expr) -> Option<Digits> {
    let value = match expr {
        Expr::Literal(ScalarValue::Int32(Some(v)), _) => i64::from(*v),
        Expr::Literal(ScalarValue::Int64(Some(v)), _) => *v,
        Expr::Literal(ScalarValue::Int16(Some(v)), _) => i64::from(*v),
        Expr::Literal(ScalarValue::Int8(Some(v)), _) => i64::from(*v),
        _ => return None,
    };
    let precision = value.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    Some(Digits { precision: u8::try_from(precision).ok()?, scale: 0 })
}

/// A type as a number beside another: text reads as BIGINT or DOUBLE, NULL takes the other's type.
fn number_type(own: &DataType, other: &DataType) -> Option<DataType> {
    match own {
        DataType::Utf8 if other.is_integer() => Some(DataType::Int64),
        DataType::Utf8 if other.is_numeric() || other == &DataType::Utf8 || other == &DataType::Null => {
            Some(DataType::Float64)
        }
        DataType::Null if other == &DataType::Utf8 || other == &DataType::Null => Some(DataType::Float64),
        DataType::Null => other.is_numeric().then(|| other.clone()),
        own => own.is_numeric().then(|| own.clone()),
    }
}

/// The type to which values of two types are brought to stand in one column, by the rules that lose nothing.
pub(super) fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float32, Float64, List, Null, Timestamp, Utf8};
    match (left, right) {
        (l, r) if l == r => Some(l.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        (l, r) if l.is_integer() && r.is_integer() => {
            Some(if l.primitive_width() >= r.primitive_width() { l.clone() } else { r.clone() })
        }
        (Float64, other) | (other, Float64) if other.is_numeric() => Some(Float64),
        (Float32, other) | (other, Float32) if other.is_numeric() => {
            Some(if other == &Float32 { Float32 } else { Float64 })
        }
        (l, r) if l.is_numeric() && r.is_numeric() => Some(Digits::widest(Digits::of(l)?, Digits::of(r)?).data_type()),
        (Date32, ts @ Timestamp(..)) | (ts @ Timestamp(..), Date32) => Some(ts.clone()),
        (Timestamp(..), Timestamp(..)) => {
            Some(if matches!(left, Timestamp(_, Some(_))) { left.clone() } else { right.clone() })
        }
        (Utf8, other) | (other, Utf8) => match other {
            t if t.is_integer() => Some(DataType::Int64),
            t if t.is_numeric() => Some(Float64),
            Date32 | Timestamp(..) | DataType::Boolean | DataType::Binary => Some(other.clone()),
            _ => None,
        },
        (List(l), List(r)) => Some(types::array(common_type(l.data_type(), r.data_type())?)),
        (DataType::Struct(l), DataType::Struct(r)) if l.len() == r.len() => {
            let fields: Option<Vec<Field>> = l
                .iter()
                .zip(r)
                .map(|(l, r)| Some(Field::new(l.name(), common_type(l.data_type(), r.data_type())?, true)))
                .collect();
            Some(DataType::Struct(fields?.into()))
        }
        _ => None,
    }
}

/// The type in which values of two types are compared.
fn comparison_type(left: &DataType, right: &DataType) -> Option<DataType> {
    common_type(left, right)
}
