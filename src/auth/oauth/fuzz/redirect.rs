use url::Url;

use crate::auth::oauth::browser::Target;

/// What nobody knows who was not sent here by the page that asked.
const STATE: &str = "bW9zdC1zZWNyZXQtc3RhdGU";

/// What a browser, or whoever else finds the port, sends; `{}` stands for the state. Nothing but a GET that brings the state ends the wait, and
/// what comes in pieces is answered as the whole is.
pub fn redirect(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let head = text.replace("{}", STATE);
    let ends_wait = |head: &[u8]| matches!(Target::asked_for(head, STATE), Some(Target::Redirect(_)));
    if ends_wait(head.as_bytes()) {
        let target = head.split_ascii_whitespace().nth(1).unwrap_or_default();
        let url = Url::parse("http://localhost").and_then(|base| base.join(target)).unwrap();
        assert!(head.trim_start().starts_with("GET /?"), "{head:?}");
        assert!(url.query_pairs().any(|(name, value)| name == "state" && value == STATE), "{target:?}");
    }
    assert!(!ends_wait(input) || text.contains(STATE), "a state was guessed");
    let whole = outcome(head.as_bytes());
    if let Some(end) = (0..head.len()).find(|end| outcome(&head.as_bytes()[..*end]).is_some()) {
        assert_eq!(outcome(&head.as_bytes()[..end]), whole, "the first {end} bytes");
    }
}

fn outcome(head: &[u8]) -> Option<&'static str> {
    Some(match Target::asked_for(head, STATE)? {
        Target::Redirect(Ok(_)) => "code",
        Target::Redirect(Err(_)) => "refused",
        Target::OtherState => "other state",
        Target::Other => "other",
    })
}
