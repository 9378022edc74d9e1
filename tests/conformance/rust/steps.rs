//! The steps of a case, through the blocking calls of the kernel.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::Schema;
use databricks_sql_kernel::{
    AsyncStatement, ExecutedStatement, KernelError, MetadataCall, ResultConfig, ResultStream, RetryConfig, Session,
    Statement,
};
use serde_json::{Value, json};

use crate::canonical::{type_text, value};
use crate::sign_in::credentials;
use crate::support::{Warehouse, read, row_count};

/// The fields of an error that may be absent.
const FIELDS: &[&str] =
    &["sql_state", "error_code", "vendor_code", "http_status", "query_id", "diagnostic_info", "error_details_json"];

/// Why a step ended early.
enum Stop {
    Failed(KernelError),
    Differs(String),
}

impl From<KernelError> for Stop {
    fn from(error: KernelError) -> Self {
        Self::Failed(error)
    }
}

type Done = Result<(), Stop>;

/// What a step keeps for later ones.
#[derive(Clone)]
enum Kept {
    Submitted(Arc<AsyncStatement>),
    Executed(Arc<ExecutedStatement>),
}

/// One run of one case.
pub(crate) struct Run<'a> {
    case: &'a Value,
    warehouse: &'a Warehouse,
    sessions: HashMap<String, Arc<Session>>,
    kept: HashMap<String, Kept>,
}

pub(crate) fn text(of: &Value, key: &str) -> String {
    of[key].as_str().unwrap_or_else(|| panic!("a step needs the text {key}: {of}")).to_owned()
}

pub(crate) fn optional(of: &Value, key: &str) -> Option<String> {
    of[key].as_str().map(str::to_owned)
}

fn same(what: &str, found: &Value, expected: &Value) -> Done {
    if found == expected {
        return Ok(());
    }
    Err(Stop::Differs(format!("{what}\n  found    {found}\n  expected {expected}")))
}

impl<'a> Run<'a> {
    pub(crate) fn new(case: &'a Value, warehouse: &'a Warehouse) -> Self {
        Self { case, warehouse, sessions: HashMap::new(), kept: HashMap::new() }
    }

    /// Runs the steps, and closes the sessions.
    pub(crate) fn all(mut self) -> Result<(), String> {
        self.warehouse.plan(&json!([]));
        let alone = std::slice::from_ref(self.case);
        let steps = self.case["steps"].as_array().map_or(alone, Vec::as_slice);
        let outcome = steps.iter().enumerate().try_for_each(|(number, step)| {
            self.step(step).map_err(|difference| format!("step {}: {difference}", number + 1))
        });
        self.warehouse.plan(&json!([]));
        let closed = self.sessions.values().try_for_each(|session| session.end().map_err(|error| error.to_string()));
        outcome.and(closed)
    }

    fn step(&mut self, step: &Value) -> Result<(), String> {
        match (self.act(step), step.get("error")) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(expected)) => Err(format!("nothing failed, and {expected} was expected")),
            (Err(Stop::Differs(difference)), _) => Err(difference),
            (Err(Stop::Failed(error)), None) => Err(format!("{error:?}")),
            (Err(Stop::Failed(error)), Some(expected)) => compare_error(&error, expected),
        }
    }

    fn act(&mut self, step: &Value) -> Done {
        match step["do"].as_str().unwrap_or("execute") {
            "open" => self.session(step).map(drop),
            "close_session" => Ok(self.session(step)?.end()?),
            "execute" => self.execute(step),
            "submit" => {
                let submitted = self.statement(step)?.submit()?;
                self.keep(step, Kept::Submitted(submitted));
                Ok(())
            }
            "attach" => self.attach(step),
            "status" => self.status(step),
            "await_result" => self.compare(&*self.submitted(step).await_result()?, step),
            "fetch_result" => self.compare(&*self.submitted(step).fetch_result()?, step),
            "read" => self.compare(&self.executed(step).result(), step),
            "cancel" => match self.kept(step) {
                Kept::Submitted(statement) => Ok(statement.cancel()?),
                Kept::Executed(statement) => Ok(statement.cancel()?),
            },
            "close" => {
                match self.kept(step) {
                    Kept::Submitted(statement) => statement.end()?,
                    Kept::Executed(statement) => statement.end(),
                }
                Ok(())
            }
            "cancel_before" => {
                let statement = self.statement(step)?;
                statement.canceller().cancel()?;
                statement.execute()?;
                Ok(())
            }
            "cancel_during" => self.cancel_during(step),
            "served" => {
                self.served(&text(step, "kind"), step["count"].as_u64().unwrap_or(1));
                Ok(())
            }
            "faults" => {
                self.warehouse.plan(&step["rules"]);
                Ok(())
            }
            "metadata" => {
                let call = self.metadata(step)?;
                self.compare(&*call.fetch()?, step)
            }
            other => panic!("no such step: {other}"),
        }
    }

    /// The session of a step, opened when it is first used.
    fn session(&mut self, step: &Value) -> Result<Arc<Session>, Stop> {
        let name = step["session"].as_str().unwrap_or("main");
        if let Some(session) = self.sessions.get(name) {
            return Ok(Arc::clone(session));
        }
        let mut config = self.warehouse.config();
        config.retry = Some(RetryConfig {
            min_wait: Some(Duration::from_millis(10)),
            max_attempts: Some(2),
            ..RetryConfig::default()
        });
        let mut results = ResultConfig::default();
        for options in [&self.case["options"], &self.case["sessions"][name]] {
            for (key, option) in options.as_object().into_iter().flatten() {
                let flag = option.as_bool();
                match key.as_str() {
                    "catalog" => config.catalog = optional(options, key),
                    "schema" => config.schema = optional(options, key),
                    "parameters" => config.parameters = serde_json::from_value(option.clone()).unwrap(),
                    "complex_types_as_json" => results.complex_types_as_json = flag.unwrap(),
                    "intervals_as_text" => results.intervals_as_text = flag.unwrap(),
                    "geospatial_as_wkb" => results.geospatial_as_wkb = flag.unwrap(),
                    "federation" => {}
                    way => {
                        config.credentials =
                            credentials(way, option).unwrap_or_else(|| panic!("no such option: {way}"))?;
                    }
                }
            }
        }
        if let Some(principal) = self.case["options"]["federation"].as_str() {
            config.credentials = config.credentials.for_service_principal(principal.to_owned())?;
        }
        config.results = Some(results);
        let session = Session::new(config)?;
        session.open()?;
        self.sessions.insert(name.to_owned(), Arc::clone(&session));
        Ok(session)
    }

    fn statement(&mut self, step: &Value) -> Result<Arc<Statement>, Stop> {
        let statement = self.session(step)?.statement();
        statement.set_sql(text(step, "sql"));
        for (position, parameter) in step["parameters"].as_array().into_iter().flatten().enumerate() {
            let value = parameter[1].as_str().map(str::to_owned);
            let sql_type = parameter[2].as_str().unwrap().to_owned();
            match parameter[0].as_str() {
                None => statement.bind(position as i32 + 1, value, sql_type)?,
                Some(name) => statement.bind_named(name.to_owned(), value, sql_type)?,
            }
        }
        if let Some(limit) = step["row_limit"].as_i64() {
            statement.set_row_limit(Some(limit))?;
        }
        if step["query_tags"].is_object() {
            statement.set_query_tags(serde_json::from_value(step["query_tags"].clone()).unwrap())?;
        }
        statement.set_timeout(step["timeout_ms"].as_u64().map(Duration::from_millis));
        Ok(statement)
    }

    fn execute(&mut self, step: &Value) -> Done {
        let executed = self.statement(step)?.execute()?;
        if let Some(expected) = step.get("modified_rows") {
            same("modified rows", &json!(executed.modified_row_count()), expected)?;
        }
        if step["as"].is_string() {
            self.keep(step, Kept::Executed(executed));
            return Ok(());
        }
        self.compare(&executed.result(), step)?;
        executed.end();
        Ok(())
    }

    fn attach(&mut self, step: &Value) -> Done {
        let id = optional(step, "id").unwrap_or_else(|| self.submitted(step).statement_id());
        let attached = self.session(step)?.attach(id);
        attached.status()?;
        if step["as"].is_string() {
            self.keep(step, Kept::Submitted(attached));
        }
        Ok(())
    }

    fn status(&self, step: &Value) -> Done {
        let status = self.submitted(step).status()?;
        let state = json!(format!("{:?}", status.state));
        if !step["states"].as_array().unwrap().contains(&state) {
            return Err(Stop::Differs(format!("the state is {state}, not one of {}", step["states"])));
        }
        match (step.get("failure"), status.failure) {
            (Some(expected), Some(failure)) => compare_error(&failure, expected).map_err(Stop::Differs),
            (Some(expected), None) => Err(Stop::Differs(format!("there is no failure, and {expected} was expected"))),
            (None, _) => Ok(()),
        }
    }

    fn cancel_during(&mut self, step: &Value) -> Done {
        let statement = self.statement(step)?;
        let canceller = statement.canceller();
        self.warehouse.plan(&json!([]));
        std::thread::scope(|scope| {
            let running = scope.spawn(|| statement.execute());
            self.served("execute", 1);
            canceller.cancel()?;
            running.join().expect("the call returns")?;
            Ok(())
        })
    }

    fn served(&self, kind: &str, count: u64) {
        while self.warehouse.report()["requests"][kind].as_u64().unwrap_or(0) < count {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn metadata(&mut self, step: &Value) -> Result<Arc<MetadataCall>, Stop> {
        let metadata = self.session(step)?.metadata();
        let arguments = &step["arguments"];
        let given = |key: &str| optional(arguments, key);
        let needed = |key: &str| text(arguments, key);
        Ok(match text(step, "call").as_str() {
            "list_catalogs" => metadata.list_catalogs(),
            "list_schemas" => metadata.list_schemas(given("catalog"), given("schema_pattern")),
            "list_tables" => {
                let types = serde_json::from_value(arguments["table_types"].clone()).unwrap();
                metadata.list_tables(given("catalog"), given("schema_pattern"), given("table_pattern"), types)
            }
            "list_columns" => metadata.list_columns(
                given("catalog"),
                given("schema_pattern"),
                given("table_pattern"),
                given("column_pattern"),
            ),
            "table_types" => metadata.table_types(),
            "type_info" => metadata.type_info(),
            "primary_keys" => metadata.primary_keys(needed("catalog"), needed("schema"), needed("table")),
            "foreign_keys" => metadata.foreign_keys(
                given("parent_catalog"),
                given("parent_schema"),
                given("parent_table"),
                needed("foreign_catalog"),
                needed("foreign_schema"),
                needed("foreign_table"),
            ),
            "functions" => metadata.functions(given("catalog"), given("schema_pattern"), given("function_pattern")),
            "procedures" => metadata.procedures(given("catalog"), given("schema_pattern"), given("procedure_pattern")),
            other => panic!("no such metadata call: {other}"),
        })
    }

    fn compare(&self, result: &ResultStream, step: &Value) -> Done {
        let (schema, batches) = read(result)?;
        if let Some(expected) = step.get("schema") {
            same("schema", &described(&schema), expected)?;
        }
        if let Some(expected) = step.get("truncated") {
            same("truncated", &json!(result.truncated()), expected)?;
        }
        if let Some(expected) = step.get("count") {
            same("number of rows", &json!(row_count(&batches)), expected)?;
        }
        if let Some(expected) = step.get("sums") {
            let of = |cell: Value| cell.as_str().and_then(|text| text.parse::<i128>().ok()).unwrap_or(0);
            same("sums", &totals(&schema, &batches, of), expected)?;
        }
        if let Some(expected) = step.get("lengths") {
            let found = batches.iter().map(|batch| {
                let texts = batch.column(0).as_string::<i32>();
                texts.iter().flatten().map(|text| text.chars().count()).sum::<usize>()
            });
            same("lengths", &json!([found.sum::<usize>().to_string()]), expected)?;
        }
        if let Some(expected) = step.get("rows") {
            same("rows", &rows(&batches), expected)?;
        }
        Ok(())
    }

    fn keep(&mut self, step: &Value, kept: Kept) {
        self.kept.insert(text(step, "as"), kept);
    }

    fn kept(&self, step: &Value) -> Kept {
        let name = text(step, "of");
        self.kept.get(&name).unwrap_or_else(|| panic!("no step made {name}")).clone()
    }

    fn submitted(&self, step: &Value) -> Arc<AsyncStatement> {
        match self.kept(step) {
            Kept::Submitted(statement) => statement,
            Kept::Executed(_) => panic!("{} was not submitted", step["of"]),
        }
    }

    fn executed(&self, step: &Value) -> Arc<ExecutedStatement> {
        match self.kept(step) {
            Kept::Executed(statement) => statement,
            Kept::Submitted(_) => panic!("{} was not executed", step["of"]),
        }
    }
}

fn totals(schema: &Schema, batches: &[RecordBatch], of: impl Fn(Value) -> i128) -> Value {
    let sum = |column: usize| -> i128 {
        batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)))
            .map(|(batch, row)| of(value(batch.column(column), row)))
            .sum()
    };
    (0..schema.fields().len()).map(|column| sum(column).to_string()).collect()
}

fn rows(batches: &[RecordBatch]) -> Value {
    let row = |batch: &RecordBatch, row| -> Value { batch.columns().iter().map(|column| value(column, row)).collect() };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |number| row(batch, number))).collect()
}

/// Name, SQL type and Arrow type of each column.
fn described(schema: &Schema) -> Value {
    let column = |field: &arrow_schema::FieldRef| {
        let sql = field.metadata().get("databricks.type_text").cloned().unwrap_or_default();
        json!([field.name(), sql, type_text(field.data_type())])
    };
    schema.fields().iter().map(column).collect()
}

fn compare_error(error: &KernelError, expected: &Value) -> Result<(), String> {
    let found = facts(error);
    for (key, value) in expected.as_object().expect("an error is an object") {
        if found.get(key) != Some(value) {
            return Err(format!("error {key}\n  found    {found} ({error})\n  expected {expected}"));
        }
    }
    Ok(())
}

/// The code and the fields of an error; the variants have equal fields, which Debug shows.
fn facts(error: &KernelError) -> Value {
    macro_rules! of {
        ($($variant:ident)+) => {
            match error {
                $(KernelError::$variant { sql_state, error_code, vendor_code, http_status, retryable, query_id, diagnostic_info, error_details_json, .. } => {
                    let fields = json!({
                        "sql_state": sql_state, "error_code": error_code, "vendor_code": vendor_code, "http_status": http_status,
                        "query_id": query_id, "diagnostic_info": diagnostic_info, "error_details_json": error_details_json,
                    });
                    let set: Vec<_> = FIELDS.iter().filter(|field| !fields[**field].is_null()).collect();
                    json!({"code": stringify!($variant), "sql_state": sql_state, "http_status": http_status, "retryable": retryable, "set": set})
                })+
            }
        };
    }
    of!(InvalidArgument Unauthenticated PermissionDenied NotFound ResourceExhausted Unavailable Timeout Cancelled DataLoss Internal
        InvalidStatementHandle InvalidState NetworkError SqlError Unknown)
}
