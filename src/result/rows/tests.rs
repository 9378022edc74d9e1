use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use rstest::rstest;

use super::pickled;

/// The bytes behind the head, escaped.
fn shown(pickle: &[u8]) -> String {
    assert_eq!(pickle[..3], *b"\x80\x04\x95");
    assert_eq!(pickle[3..11], (pickle.len() as u64 - 11).to_le_bytes());
    pickle[11..].escape_ascii().to_string()
}

fn batch(columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|column| ("c", column, true))).unwrap()
}

#[rstest]
#[case::boolean(Arc::new(BooleanArray::from(vec![true])), "](](\\x88ee.")]
#[case::text(Arc::new(StringArray::from(vec!["\u{e9}"])), "](](\\x8c\\x02\\xc3\\xa9ee.")]
#[case::date(
    Arc::new(Date32Array::from(vec![11_016])),
    "crows\\ndate\\n\\x940crows\\ndate_beyond\\n\\x940](](h\\x00C\\x04\\x07\\xd0\\x02\\x1d\\x85Ree."
)]
#[case::date_beyond(
    Arc::new(Date32Array::from(vec![-719_163])),
    "crows\\ndate\\n\\x940crows\\ndate_beyond\\n\\x940](](h\\x01J\\xc5\\x06\\xf5\\xff\\x85Ree."
)]
#[case::decimal(
    Arc::new(Decimal128Array::from(vec![150]).with_precision_and_scale(5, 2).unwrap()),
    "crows\\nmultiply\\n\\x940crows\\nunit\\n\\x8c\\x012\\x85R\\x940](](h\\x00K\\x96h\\x01\\x86Ree."
)]
#[case::local_time(
    Arc::new(TimestampMicrosecondArray::from(vec![-1]).with_timezone("Europe/Oslo")),
    concat!(
        "crows\\ndatetime\\n\\x940crows\\ndatetime_beyond\\n\\x940crows\\nzone\\n\\x8c\\x0bEurope/Oslo\\x85R\\x940",
        "crows\\nlocal\\n\\x8c\\x0bEurope/Oslo\\x85R\\x940](](h\\x03h\\x00C\\n\\x07\\xb1\\x0c\\x1f\\x17;;\\x0fB?h\\x02\\x86R\\x85Ree."
    )
)]
fn a_value_is_written_as_python_reads_it(#[case] column: ArrayRef, #[case] expected: &str) {
    assert_eq!(shown(&pickled(&batch(vec![column]), None).unwrap()), expected);
}

#[test]
fn numbers_are_written_as_a_whole_and_one_by_one_inside_of_others() {
    let numbers = Int64Array::from(vec![Some(1), None, Some(-1)]);
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None, Some(-1)])]);
    let read = |column: ArrayRef| shown(&pickled(&batch(vec![column]), None).unwrap());
    let whole = "C\\x18\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff";
    let expected = format!("crows\\nnumbers\\n\\x940](h\\x00\\x8c\\x01q{whole}](K\\x01e\\x87Re.");
    assert_eq!(read(Arc::new(numbers)), expected);
    assert_eq!(read(Arc::new(list)), "crows\\nnumbers\\n\\x940](](](K\\x01NJ\\xff\\xff\\xff\\xffeee.");
}

#[test]
fn a_slice_is_read_from_its_first_row_on() {
    let texts = StringArray::from(vec![Some("a"), None, Some("b"), Some("c")]);
    let numbers = Int64Array::from(vec![Some(1), None, None, Some(256)]);
    let batch = batch(vec![Arc::new(texts), Arc::new(numbers)]).slice(1, 3);
    let numbers = "C\\x18\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00";
    let expected = format!(
        "crows\\nnumbers\\n\\x940](](N\\x8c\\x01b\\x8c\\x01ceh\\x00\\x8c\\x01q{numbers}](K\\x00K\\x01e\\x87Re."
    );
    assert_eq!(shown(&pickled(&batch, None).unwrap()), expected);
    assert_eq!(shown(&pickled(&batch, Some(0)).unwrap()), "](](N\\x8c\\x01b\\x8c\\x01cee.");
}
