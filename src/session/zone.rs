//! The time zone that the session's TIMESTAMP columns are shown in.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The zone of a session that names none.
const DEFAULT: &str = "Etc/UTC";

/// The session's zone, as far as the kernel knows it.
pub(crate) struct Zone(Mutex<Option<String>>);

impl Zone {
    /// The zone that a session opened with these parameters has.
    pub(crate) fn of_parameters(parameters: &BTreeMap<String, String>) -> Self {
        let named = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("timezone"));
        Self(Mutex::new(Some(named.map_or(DEFAULT, |(_, zone)| zone).to_owned())))
    }

    /// The zone; `None` when a statement has changed it since, and the server must be asked.
    pub(crate) fn known(&self) -> Option<String> {
        self.lock().clone()
    }

    /// Keeps what the server answered.
    pub(crate) fn learn(&self, zone: String) {
        *self.lock() = Some(zone);
    }

    /// Forgets the zone after a statement that may have changed it.
    pub(crate) fn follow(&self, sql: &str) {
        if may_set_zone(sql) {
            *self.lock() = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the statement is one of those that change settings. Saying yes too often costs one small query, a wrong no a wrong label.
fn may_set_zone(sql: &str) -> bool {
    let keyword = crate::sql_text::leading_keyword(sql);
    ["SET", "RESET", "EXECUTE", "BEGIN"].iter().any(|setter| keyword.eq_ignore_ascii_case(setter))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], "Etc/UTC")]
    #[case::upper(&[("TIMEZONE", "Asia/Tokyo")], "Asia/Tokyo")]
    #[case::lower(&[("timezone", "+05:30"), ("ansi_mode", "true")], "+05:30")]
    fn parameters_name_the_zone(#[case] parameters: &[(&str, &str)], #[case] zone: &str) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(Zone::of_parameters(&parameters).known().as_deref(), Some(zone));
    }

    #[rstest]
    #[case("SELECT 1", true)]
    #[case("/* SET */ select 'SET TIME ZONE'", true)]
    #[case("SET TIME ZONE 'Asia/Tokyo'", false)]
    #[case("-- zone\n set timezone = UTC", false)]
    #[case("RESET timezone", false)]
    #[case("EXECUTE IMMEDIATE 'SET TIME ZONE LOCAL'", false)]
    fn statements_that_may_set_it_make_it_unknown(#[case] sql: &str, #[case] stays_known: bool) {
        let zone = Zone::of_parameters(&BTreeMap::new());
        zone.follow(sql);
        assert_eq!(zone.known().is_some(), stays_known);
        zone.learn("Asia/Tokyo".to_owned());
        assert_eq!(zone.known().as_deref(), Some("Asia/Tokyo"));
    }
}
