use rstest::rstest;

use super::*;
use crate::transport::redact::Known;

#[rstest]
#[case::short(100)]
#[case::longest(LONGEST_TEXT)]
fn text_that_can_be_read_is_whole(#[case] length: usize) {
    assert_eq!(shown(&"ä".repeat(length / 2)), "ä".repeat(length / 2));
}

#[rstest]
#[case::a_byte_more(LONGEST_TEXT + 1)]
#[case::megabytes(50 << 20)]
fn longer_text_is_cut_with_a_note_of_its_length(#[case] length: usize) {
    let text = shown(&"x".repeat(length));
    assert!(text.starts_with("xxx") && text.len() < LONGEST_TEXT + 100);
    assert!(text.ends_with(&format!(" … ({length} bytes in all)")), "{}", &text[text.len() - 50..]);
}

#[test]
fn cut_leaves_no_half_of_a_secret() {
    let secret = "0123456789-abcdefghij-KLMNOPQRST";
    let _known = Known::new(secret);
    for shift in 0..secret.len() {
        let text = shown(&format!("{}{}", "x".repeat(shift), secret.repeat(10_000)));
        assert!(!text.contains("0123"), "{}", &text[text.len() - 100..]);
    }
}

#[test]
fn details_in_json_are_json_however_long() {
    for length in [10, LONGEST_JSON + 1] {
        let json = serde_json::json!(["x".repeat(length)]).to_string();
        let error = Error { error_details_json: Some(json.clone()), ..Error::internal("") }.redacted();
        let kept = error.error_details_json.unwrap();
        serde_json::from_str::<serde_json::Value>(&kept).unwrap();
        assert_eq!(kept == json, length == 10);
    }
}
