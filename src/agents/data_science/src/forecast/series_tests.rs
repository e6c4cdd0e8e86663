//! Whether times make the series that people mean by them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use crate::read::Kind;
use proptest::prelude::*;

fn at(days: &[i64]) -> RowColumn {
    let instants = days.iter().map(|day| Some(day * DAY)).collect();
    RowColumn { name: "day".to_owned(), kind: Kind::Date(1), cells: Cells::Instants { instants, timed: false } }
}

fn series(days: &[i64]) -> Result<Series, SkillError> {
    let values: Vec<f64> = (0..days.len()).map(|place| place as f64).collect();
    Series::of(&values, Some(&at(days)))
}

#[test]
fn months_stay_months_though_they_differ_in_length() {
    let firsts: Vec<i64> = (0..30).map(|month| days_of(2020 + month / 12, month % 12 + 1)).collect();
    let found = series(&firsts).unwrap();
    assert_eq!((found.step, found.usual_seasons()), (Step::Months(1), vec![12]));
    assert_eq!(found.time(30), "2022-07-01");
    let lasts: Vec<i64> = firsts[1..].iter().map(|day| day - 1).collect();
    let found = series(&lasts).unwrap();
    assert_eq!(found.step, Step::Months(1));
    assert_eq!([found.time(1), found.time(29), found.time(30)], ["2020-02-29", "2022-06-30", "2022-07-31"]);
    let quarters: Vec<i64> = firsts.iter().step_by(3).copied().collect();
    assert_eq!(series(&quarters).unwrap().usual_seasons(), [4]);
}

#[test]
fn weekends_are_no_gaps_where_none_has_a_value() {
    let weekdays: Vec<i64> = (18_000..18_100).filter(|day| (day + 3) % 7 < 5).collect();
    let found = series(&weekdays).unwrap();
    assert_eq!((found.step, found.values.len()), (Step::Weekdays, weekdays.len()));
    assert_eq!(found.time(weekdays.len()), iso((18_100..).find(|day| (day + 3) % 7 < 5).unwrap() * DAY, false));
}

#[test]
fn gaps_are_filled_and_what_is_no_series_is_refused() {
    let found = series(&[10, 11, 12, 13, 15, 16]).unwrap();
    assert_eq!(found.values, [0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 5.0]);
    assert_eq!(found.rows[4], None);
    assert!(found.notes[0].contains("1 missing"));
    assert_eq!(series(&[5, 4, 3]).unwrap().values, [2.0, 1.0, 0.0]);
    for (days, reason) in [(&[1, 2, 2, 3][..], "rows 2 and 3"), (&[0, 2, 4, 7], "no whole number")] {
        let refused = series(days).unwrap_err();
        assert_eq!(refused.code, "DATA-022");
        assert!(refused.message.contains(reason), "{}", refused.message);
    }
    assert_eq!(series(&[1, 2, 90, 91]).unwrap_err().code, "DATA-021");
    assert_eq!(Series::of(&vec![1.0; MAXIMUM_POINTS + 1], None).unwrap_err().code, "DATA-004");
    assert_eq!(Series::of(&[f64::NAN, f64::NAN], None).unwrap_err().code, "DATA-021");
}

proptest! {
    #[test]
    fn days_lead_to_dates_and_back(day in -500_000i64..500_000) {
        let (year, month, of_month) = civil(day);
        prop_assert_eq!(days_of(year, month) + of_month - 1, day);
if of_month <= 27 {
            prop_assert_eq!(plus_months(plus_months(day * DAY, 5), -5), day * DAY);
        }
    }
}
