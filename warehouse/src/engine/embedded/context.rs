//! What the planner may know: tables, functions, options.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result as DfResult, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};

use super::operators::SparkPlanner;
use super::rewrite::typed_call::ARGUMENTS;
use super::session::SessionView;
use super::{errors, functions};

/// The tables of one statement, by their reference as written, and the functions of the dialect.
pub(super) struct StatementContext<'a> {
    tables: HashMap<TableReference, Arc<dyn TableSource>>,
    options: &'a ConfigOptions,
    planners: Vec<Arc<dyn ExprPlanner>>,
    arguments: Arc<ScalarUDF>,
}

impl<'a> StatementContext<'a> {
    /// A context with these tables.
    pub(super) fn new(
        tables: HashMap<TableReference, Arc<dyn TableSource>>,
        options: &'a ConfigOptions,
        session: Arc<SessionView>,
    ) -> Self {
        let planners: Vec<Arc<dyn ExprPlanner>> =
            vec![Arc::new(SparkPlanner { session }), Arc::new(functions::aggregate::AggregatePlanner)];
        Self { tables, options, planners, arguments: Arc::new(functions::arguments_udf()) }
    }
}

impl ContextProvider for StatementContext<'_> {
    fn get_table_source(&self, name: TableReference) -> DfResult<Arc<dyn TableSource>> {
        self.tables
            .get(&name)
            .cloned()
            .ok_or_else(|| errors::carried(errors::table_not_found(&errors::quote(&name.to_vec()))))
    }

    fn get_table_function_source(&self, name: &str, args: Vec<Expr>) -> DfResult<Arc<dyn TableSource>> {
        let name = name.trim_matches('`');
        functions::table::source(name, &args)
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> DfResult<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        (name == ARGUMENTS).then(|| Arc::clone(&self.arguments))
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        functions::lambda::find(name)
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        functions::aggregate::find(name)
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        functions::window::find(name)
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.options
    }

    fn udf_names(&self) -> Vec<String> {
        vec![]
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        vec![]
    }

    fn udaf_names(&self) -> Vec<String> {
        vec![]
    }

    fn udwf_names(&self) -> Vec<String> {
        vec![]
    }
}
