use chrono_tz::Tz;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn time(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").unwrap()
}

#[rstest]
#[case::winter("America/Los_Angeles", "2024-01-01T00:00:00", Some("2024-01-01T08:00:00"))]
#[case::skipped("America/Los_Angeles", "2024-03-10T02:30:00", None)]
#[case::twice("America/Los_Angeles", "2024-11-03T01:30:00", Some("2024-11-03T08:30:00"))]
#[case::before_zones("Europe/Paris", "1880-01-01T00:00:00", Some("1879-12-31T23:50:39"))]
#[case::a_later_century("America/Denver", "2103-07-01T00:00:00", Some("2103-07-01T06:00:00"))]
#[case::end_of_time("America/New_York", "9999-12-31T23:59:59.999999", Some("10000-01-01T04:59:59.999999"))]
#[case::summer_of_the_last_year("America/New_York", "9999-07-01T00:00:00", Some("9999-07-01T04:00:00"))]
#[case::first_year("Asia/Tokyo", "0001-01-01T00:00:00", Some("0000-12-31T14:41:01"))]
#[case::offset("+05:30", "2024-01-01T00:00:00", Some("2023-12-31T18:30:00"))]
#[case::short_offset("-08", "2024-01-01T00:00:00", Some("2024-01-01T08:00:00"))]
fn clocks_of_a_zone_tell_the_instant(#[case] zone: &str, #[case] local: &str, #[case] instant: Option<&str>) {
    let zone: TimeZone = zone.parse().unwrap();
    let found = zone.earliest(time(local));
    assert_eq!(
        found.map(|found| found.naive_utc()),
        instant.map(|text| {
            // Years of five digits have a sign in this library's text.
            if let Some(rest) = text.strip_prefix("10000-") { time(&format!("+10000-{rest}")) } else { time(text) }
        })
    );
    if let Some(found) = found {
        assert_eq!(zone.at(found).naive_local(), time(local));
    }
}

#[rstest]
#[case("europe/berlin")]
#[case("Europe/Nowhere")]
#[case("")]
#[case("+5:30")]
#[case("+05:61")]
#[case("+99")]
#[case("+0x:00")]
#[case("05:30")]
fn what_is_no_zone_is_unknown(#[case] name: &str) {
    assert!(name.parse::<TimeZone>().is_err());
}

const KNOWN_WELL: [Tz; 10] = [
    Tz::America__Los_Angeles,
    Tz::America__New_York,
    Tz::America__Sao_Paulo,
    Tz::Asia__Kolkata,
    Tz::Asia__Tokyo,
    Tz::Australia__Lord_Howe,
    Tz::Australia__Sydney,
    Tz::Europe__Berlin,
    Tz::Europe__London,
    Tz::Pacific__Apia,
];

proptest! {
    /// The same as the other library that knows the database, for zones and years of which its editions say the same.
    #[test]
    fn every_zone_is_as_another_library_has_it(
        zone in prop::sample::select(&KNOWN_WELL[..]),
        seconds in 0_i64..1_577_836_800,
        nanos in 0_u32..1_000_000_000,
    ) {
        let ours: TimeZone = zone.name().parse().unwrap();
        let instant = DateTime::from_timestamp(seconds, nanos / 1000 * 1000).unwrap();
        let theirs: DateTime<Tz> = instant.with_timezone(&zone);
        let local = theirs.naive_local();
        prop_assert_eq!(ours.at(instant).naive_local(), local);
        prop_assert_eq!(ours.earliest(local), zone.from_local_datetime(&local).earliest().map(|time| time.to_utc()));
    }

    #[test]
    fn an_instant_is_found_again_by_what_clocks_show(
        zone in prop::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        seconds in -62_135_596_800_i64..253_402_300_800,
    ) {
        let zone: TimeZone = zone.name().parse().unwrap();
        let local = zone.at(DateTime::from_timestamp(seconds, 0).unwrap()).naive_local();
        let found = zone.earliest(local).unwrap();
        prop_assert!(found.timestamp() <= seconds);
        prop_assert_eq!(zone.at(found).naive_local(), local);
    }
}

#[test]
fn every_name_of_another_library_is_known() {
    let unknown: Vec<_> =
        chrono_tz::TZ_VARIANTS.iter().filter(|zone| zone.name().parse::<TimeZone>().is_err()).collect();
    assert_eq!(unknown, [] as [&Tz; 0]);
}
