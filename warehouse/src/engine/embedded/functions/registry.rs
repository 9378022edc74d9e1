//! The functions of the dialect: each is a row of a table, from which come its plan, its refusal and SHOW FUNCTIONS.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ScalarUDF};

use super::super::operators::Typed;
use super::row::{Body, Each, Gives, Takes, taken};
use super::{aggregate, lambda, missing, table, window, wrong_count};

/// A function of one row's values.
pub(super) struct Function {
    /// Its names, with blanks between them.
    names: &'static str,
    how: How,
}

/// How a call becomes an expression.
enum How {
    /// Computed value by value.
    Each(Each),
    /// A function of the engine's that means the same, for arguments of these types.
    Engine(&'static [Takes], fn() -> Arc<ScalarUDF>),
    /// Made of other expressions, from so many arguments.
    Planned(RangeInclusive<usize>, fn(Call<'_>) -> DfResult<Expr>),
}

/// A function that is computed value by value.
pub(super) const fn each(names: &'static str, takes: &'static [Takes], gives: Gives, body: Body) -> Function {
    Function { names, how: How::Each(Each::new(takes, gives, body)) }
}

/// A function of the engine's that means the same.
pub(super) const fn engine(names: &'static str, takes: &'static [Takes], udf: fn() -> Arc<ScalarUDF>) -> Function {
    Function { names, how: How::Engine(takes, udf) }
}

/// A function that is made of other expressions.
pub(super) const fn planned(
    names: &'static str,
    count: RangeInclusive<usize>,
    plan: fn(Call<'_>) -> DfResult<Expr>,
) -> Function {
    Function { names, how: How::Planned(count, plan) }
}

impl Function {
    #[expect(clippy::panic, reason = "the tables are constants: it is the compiler that stops")]
    const fn each(&self) -> Each {
        match self.how {
            How::Each(each) => each,
            _ => panic!("only what is computed value by value can be changed"),
        }
    }

    /// The last `count` arguments may be left out.
    pub(super) const fn optional(self, count: usize) -> Self {
        Self { names: self.names, how: How::Each(self.each().optional(count)) }
    }

    /// There may be any number of the last argument, also none.
    pub(super) const fn variadic(self) -> Self {
        Self { names: self.names, how: How::Each(self.each().variadic()) }
    }

    /// Its work sees NULLs, which give NULL otherwise.
    pub(super) const fn of_nulls(self) -> Self {
        Self { names: self.names, how: How::Each(self.each().of_nulls()) }
    }
}

/// A function's call.
pub(super) struct Call<'a> {
    /// The function's name as it was called.
    pub(super) name: &'a str,
    pub(super) args: Vec<Expr>,
    pub(super) typed: &'a Typed<'a>,
}

impl Call<'_> {
    /// So many arguments as there are by the function's row.
    pub(super) fn take<const N: usize>(self) -> DfResult<[Expr; N]> {
        let count = self.args.len();
        <[Expr; N]>::try_from(self.args).map_err(|_| wrong_count(self.name, &N.to_string(), count))
    }

    /// The type of an argument.
    pub(super) fn type_of(&self, position: usize) -> DfResult<DataType> {
        self.typed.type_of(&self.args[position])
    }

    /// The types of all arguments.
    pub(super) fn types(&self) -> DfResult<Vec<DataType>> {
        self.args.iter().map(|arg| self.typed.type_of(arg)).collect()
    }

    /// An argument as a parameter takes it.
    pub(super) fn taken(&self, position: usize, takes: Takes) -> DfResult<Expr> {
        taken(self.name, self.args[position].clone(), takes, self.typed)
    }

    /// Arguments of types that the function does not take.
    pub(super) fn mismatch(&self, position: usize) -> DataFusionError {
        match self.type_of(position) {
            Ok(found) => self.typed.mismatch(self.name, &[found]),
            Err(error) => error,
        }
    }
}

/// The tables, by topic.
const TABLES: &[&[Function]] = &[
    super::array::FUNCTIONS,
    super::bits::FUNCTIONS,
    super::calendar::FUNCTIONS,
    super::conditional::FUNCTIONS,
    super::conversion::FUNCTIONS,
    super::encoding::FUNCTIONS,
    super::json::FUNCTIONS,
    super::maps::FUNCTIONS,
    super::maths::FUNCTIONS,
    super::misc::FUNCTIONS,
    super::moment::FUNCTIONS,
    super::nested::FUNCTIONS,
    super::number_format::FUNCTIONS,
    super::pattern_match::FUNCTIONS,
    super::rounding::FUNCTIONS,
    super::sequence::FUNCTIONS,
    super::string::FUNCTIONS,
    super::vectors::FUNCTIONS,
    super::zip::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&str, &Function>> = LazyLock::new(|| {
    let rows = TABLES.iter().copied().flatten();
    rows.flat_map(|function| function.names.split(' ').map(move |name| (name, function))).collect()
});

/// Plans a scalar function's call; `None` when there is none of this name.
pub(super) fn plan(name: &str, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let Some(function) = BY_NAME.get(name) else { return Ok(None) };
    match &function.how {
        How::Each(each) => each.call(name, args, typed),
        How::Engine(takes, udf) => {
            if args.len() != takes.len() {
                return Err(wrong_count(name, &takes.len().to_string(), args.len()));
            }
            let args = args.into_iter().zip(*takes).map(|(arg, takes)| taken(name, arg, *takes, typed));
            Ok(udf().call(args.collect::<DfResult<_>>()?))
        }
        How::Planned(count, plan) => match count.contains(&args.len()) {
            true => plan(Call { name, args, typed }),
            false => Err(wrong_count(name, &wanted(count), args.len())),
        },
    }
    .map(Some)
}

/// How many arguments are wanted, as the reference tells it.
pub(super) fn wanted(count: &RangeInclusive<usize>) -> String {
    match (count.start(), count.end()) {
        (least, most) if least == most => least.to_string(),
        (least, &usize::MAX) => format!("> {}", least.saturating_sub(1)),
        (least, most) => format!("[{least}, {most}]"),
    }
}

/// Whether the reference has a function of this name that is not here.
pub(super) fn is_missing(name: &str) -> bool {
    missing::NAMES.binary_search(&name).is_ok()
}

/// The names of all functions that are here.
pub(in super::super) fn names() -> BTreeSet<&'static str> {
    let scalars = BY_NAME.keys().copied().filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    scalars.chain(aggregate::names()).chain(window::names()).chain(lambda::names()).chain(table::NAMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_once() {
        let all = || TABLES.iter().copied().flatten().flat_map(|function| function.names.split(' '));
        let mut seen = BTreeSet::new();
        let twice: Vec<&str> = all().filter(|name| !seen.insert(*name)).collect();
        assert_eq!(twice, Vec::<&str>::new());
    }

    #[test]
    fn what_is_here_is_not_missing() {
        assert!(missing::NAMES.is_sorted());
        let both: Vec<&str> = names().into_iter().filter(|name| is_missing(name)).collect();
        assert_eq!(both, Vec::<&str>::new());
    }
}
