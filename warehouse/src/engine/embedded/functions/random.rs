//! Numbers by chance: with a seed they are the reference's.

use std::hash::Hash;

use datafusion::arrow::array::{ArrayRef, Float64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions as df;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::constant::constant;
use super::super::errors;
use super::super::operators;
use super::registry::Call;

/// `rand([seed])`
pub(super) fn rand(call: Call<'_>) -> DfResult<Expr> {
    match seed(&call)? {
        None => Ok(df::math::random().call(vec![])),
        Some(seed) => Ok(seeded(seed, Kind::Uniform)),
    }
}

/// `randn([seed])`
pub(super) fn randn(call: Call<'_>) -> DfResult<Expr> {
    let seed = seed(&call)?.unwrap_or_else(|| fastrand::i64(..));
    Ok(seeded(seed, Kind::Normal))
}

fn seed(call: &Call<'_>) -> DfResult<Option<i64>> {
    let Some(seed) = call.args.first() else { return Ok(None) };
    let refused = || errors::carried(errors::unsupported(format!("{} with a seed that is not a literal", call.name)));
    Ok(Some(match constant(seed.clone()).ok_or_else(refused)? {
        ScalarValue::Int64(seed) => seed.unwrap_or(0),
        ScalarValue::Int32(seed) => seed.unwrap_or(0).into(),
        ScalarValue::Int16(seed) => seed.unwrap_or(0).into(),
        ScalarValue::Int8(seed) => seed.unwrap_or(0).into(),
        ScalarValue::Null => 0,
        _ => return Err(call.mismatch(0)),
    }))
}

fn seeded(seed: i64, kind: Kind) -> Expr {
    let signature = Signature::new(TypeSignature::Nullary, Volatility::Volatile);
    operators::call(Seeded { seed, kind, state: Shared(Arc::new(Mutex::new(XorShift::new(seed)))), signature }, vec![])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Uniform,
    Normal,
}

/// The generator that all batches of a call go on with.
#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<XorShift>>);

// Each call in a query counts for itself.
impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Shared {}

impl Hash for Shared {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Seeded {
    seed: i64,
    kind: Kind,
    state: Shared,
    signature: Signature,
}

impl ScalarUDFImpl for Seeded {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Uniform => "rand",
            Kind::Normal => "randn",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let mut state = self.state.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = |_| match self.kind {
            Kind::Uniform => state.double(),
            Kind::Normal => state.gaussian(),
        };
        let values: Float64Array = (0..args.number_rows).map(next).map(Some).collect();
        Ok(ColumnarValue::Array(Arc::new(values) as ArrayRef))
    }
}

/// Marsaglia's generator of 64 bits, seeded by a hash.
#[derive(Debug)]
struct XorShift {
    state: u64,
    spare: Option<f64>,
}

impl XorShift {
    fn new(seed: i64) -> Self {
        let bytes = seed.to_be_bytes();
        let low = super::hash::scala_bytes_hash(&bytes, 0x3c07_4a61);
        let high = super::hash::scala_bytes_hash(&bytes, low);
        Self { state: u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned()), spare: None }
    }

    fn next(&mut self, bits: u32) -> i32 {
        let mut next = self.state ^ self.state << 21;
        next ^= next >> 35;
        next ^= next << 4;
        self.state = next;
        (next & ((1 << bits) - 1)) as i32
    }

    fn double(&mut self) -> f64 {
        let (high, low) = (i64::from(self.next(26)), i64::from(self.next(27)));
        ((high << 27) + low) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// As `java.util.Random` makes it: two at a time.
    fn gaussian(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.double() - 1.0, 2.0 * self.double() - 1.0);
            let square = a * a + b * b;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(b * factor);
                return a * factor;
            }
        }
    }
}
