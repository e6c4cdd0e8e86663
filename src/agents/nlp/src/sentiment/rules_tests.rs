//! Whether scores are those of VADER's reference implementation.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("../../tests/reference/sentiment.json")).unwrap()
}

/// The reference rounds halves to even digits; shares may differ by one in the last digit.
fn disagreements(list: &Value, tolerance: f64) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in list.as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let scores = Scores::of(text);
        let pairs = [("compound", scores.compound), ("pos", scores.positive), ("neu", scores.neutral), ("neg", scores.negative)];
        for (name, found) in pairs {
            let expected = case[name].as_f64().unwrap();
            if (found - expected).abs() > tolerance {
                wrong.push(format!("{text}: {name} {found}, not {expected}"));
            }
        }
    }
    wrong
}

#[test]
fn documented_examples_agree_with_the_reference() {
    let reference = reference();
    assert_eq!(reference["documented"].as_array().unwrap().len(), 30);
    assert_eq!(disagreements(&reference["documented"], 0.0015), Vec::<String>::new());
}

#[test]
fn random_sentences_agree_with_the_reference() {
    let reference = reference();
    assert_eq!(reference["random"].as_array().unwrap().len(), 400);
    assert_eq!(disagreements(&reference["random"], 0.0015), Vec::<String>::new());
}

#[test]
fn more_sentences_agree_with_the_reference() {
    assert_eq!(disagreements(&reference()["more"], 0.0015), Vec::<String>::new());
}

#[test]
fn labels_follow_the_thresholds() {
    let label = |compound| Scores { compound, ..Scores::NOTHING }.label();
    assert_eq!([label(0.05), label(0.049), label(-0.049), label(-0.05)], ["positive", "neutral", "neutral", "negative"]);
}

proptest! {
    #[test]
    fn scores_are_bounded_whatever_the_text(text in "\\PC{0,120}") {
        let scores = Scores::of(&text);
        prop_assert!((-1.0..=1.0).contains(&scores.compound));
        let shares = [scores.positive, scores.neutral, scores.negative];
        prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        let sum: f64 = shares.iter().sum();
        prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 0.003, "{sum}");
    }

    #[test]
    fn words_of_the_rules_in_any_order_do_no_harm(words in proptest::collection::vec(
        proptest::sample::select(vec!["no", "not", "never", "so", "this", "without", "doubt", "least", "at", "very", "kind", "of", "but", "GOOD", "bad", "the", "shit", "to", "die", "for", "!!", ":)"]), 0..12)) {
        let scores = Scores::of(&words.join(" "));
        prop_assert!(scores.compound.is_finite());
    }
}
