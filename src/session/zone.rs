//! The time zone of a session's TIMESTAMP columns, as far as the kernel knows it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sql_text::leading_keyword;
use crate::time_zone::TimeZone;

/// What the client has set, and what the server's results have said.
#[derive(Default)]
pub(crate) struct Zone {
    state: Mutex<State>,
    /// Held during the question for the zone: results that wait for it together ask once.
    pub(crate) asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    set: Option<String>,
    seen: Option<String>,
    /// How often a statement may have changed it.
    changes: u64,
}

impl Zone {
    /// The zone that a session opened with these parameters has.
    pub(crate) fn of_parameters(parameters: &BTreeMap<String, String>) -> Self {
        let zone = Self::default();
        let named = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("timezone"));
        zone.lock().set = named.map(|(_, zone)| zone.clone());
        zone
    }

    /// What the client has set.
    pub(crate) fn set(&self) -> Option<String> {
        self.lock().set.clone()
    }

    /// What the client has set, or else what a result has said since the zone changed.
    pub(crate) fn known(&self) -> Option<String> {
        let state = self.lock();
        state.set.clone().or_else(|| state.seen.clone())
    }

    /// A mark of the zone that the session has now, for what is learnt later.
    pub(crate) fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Keeps what a result has said that was opened at `changes`.
    pub(crate) fn learn(&self, zone: &str, changes: u64) {
        let mut state = self.lock();
        if state.changes == changes {
            state.seen = Some(zone.to_owned());
        }
    }

    /// Follows a statement that succeeded, or that was only sent: then nothing is known of what it did.
    pub(crate) fn follow(&self, sql: &str, succeeded: bool) {
        let set = match effect(sql) {
            Effect::None => return,
            Effect::Set(zone) => succeeded.then_some(zone),
            Effect::Unknown => None,
        };
        let mut state = self.lock();
        *state = State { set, seen: None, changes: state.changes + 1 };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a statement does to the session's zone.
#[derive(Debug, PartialEq, Eq)]
enum Effect {
    None,
    Set(String),
    /// Perhaps something: the server's next result says what.
    Unknown,
}

fn effect(sql: &str) -> Effect {
    let keyword = leading_keyword(sql);
    if ["RESET", "EXECUTE", "BEGIN"].iter().any(|other| keyword.eq_ignore_ascii_case(other)) {
        return Effect::Unknown;
    }
    if !keyword.eq_ignore_ascii_case("SET") {
        return Effect::None;
    }
    let (_, setting) = sql.split_once(keyword).unwrap_or_default();
    let setting = setting.trim().trim_end_matches(';').trim_end();
    let lower = setting.to_ascii_lowercase();
    if !lower.contains("zone") && !lower.contains("/*") && !lower.contains("--") {
        return Effect::None;
    }
    let mut words = setting.split_whitespace();
    let value = match (words.next(), words.next(), words.next(), words.next()) {
        (Some(time), Some(zone), Some(value), None)
            if time.eq_ignore_ascii_case("TIME") && zone.eq_ignore_ascii_case("ZONE") && value.starts_with('\'') =>
        {
            Some(value)
        }
        _ => setting
            .split_once('=')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("timezone"))
            .map(|(_, value)| value.trim()),
    };
    // Only what is certainly the name of a zone, as it stands, is what the server will call it.
    let name = value.map(|value| value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(value));
    name.filter(|name| name.parse::<TimeZone>().is_ok()).map_or(Effect::Unknown, |name| Effect::Set(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], None)]
    #[case::upper(&[("TIMEZONE", "Asia/Tokyo")], Some("Asia/Tokyo"))]
    #[case::lower(&[("timezone", "+05:30"), ("ansi_mode", "true")], Some("+05:30"))]
    fn parameters_set_the_zone(#[case] parameters: &[(&str, &str)], #[case] zone: Option<&str>) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(Zone::of_parameters(&parameters).set().as_deref(), zone);
    }

    #[rstest]
    #[case("SELECT 1", Effect::None)]
    #[case("/* SET */ select 'SET TIME ZONE'", Effect::None)]
    #[case("SET ansi_mode = false", Effect::None)]
    #[case("SET", Effect::None)]
    #[case("SET TIME ZONE 'Asia/Tokyo'", Effect::Set("Asia/Tokyo".to_owned()))]
    #[case("set time  zone\n'+05:30' ; ", Effect::Set("+05:30".to_owned()))]
    #[case("-- zone\n set timezone = UTC", Effect::Set("UTC".to_owned()))]
    #[case("SET TIMEZONE='Europe/Lisbon';", Effect::Set("Europe/Lisbon".to_owned()))]
    #[case("SET TIME ZONE LOCAL", Effect::Unknown)]
    #[case("SET TIME ZONE INTERVAL '10:00' HOUR TO MINUTE", Effect::Unknown)]
    #[case("SET TIME ZONE 'PST'", Effect::Unknown)]
    #[case("SET TIME ZONE :zone", Effect::Unknown)]
    #[case("SET timezone", Effect::Unknown)]
    #[case("SET/**/TIME/**/ZONE 'Asia/Tokyo'", Effect::Unknown)]
    #[case("RESET timezone", Effect::Unknown)]
    #[case("EXECUTE IMMEDIATE 'SET TIME ZONE LOCAL'", Effect::Unknown)]
    fn effect_of_statements(#[case] sql: &str, #[case] expected: Effect) {
        assert_eq!(effect(sql), expected);
    }

    #[test]
    fn follow_keeps_what_is_set_and_forgets_what_was_seen() {
        let zone = Zone::default();
        let before = zone.changes();
        zone.learn("Europe/Berlin", before);
        assert_eq!((zone.set(), zone.known().as_deref()), (None, Some("Europe/Berlin")));
        zone.follow("SET TIME ZONE 'Asia/Tokyo'", true);
        assert_eq!(zone.set().as_deref(), Some("Asia/Tokyo"));
        zone.follow("SELECT 1", true);
        assert_eq!(zone.set().as_deref(), Some("Asia/Tokyo"));
        zone.follow("SET TIME ZONE 'Asia/Kolkata'", false);
        assert_eq!((zone.set(), zone.known()), (None, None));
        // A result from before says nothing of the zone after.
        zone.learn("Europe/Berlin", before);
        assert_eq!(zone.known(), None);
        zone.learn("Asia/Kolkata", zone.changes());
        assert_eq!(zone.known().as_deref(), Some("Asia/Kolkata"));
    }
}
