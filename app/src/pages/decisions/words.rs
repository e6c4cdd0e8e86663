//! What do the words of decisions mean? Rules, stages, reasons and states as people read them.

use baton_domain::task::TaskState;
use baton_domain::wire::decision::{DecisionState, DecisionSummary};
use serde_json::Value;

use crate::components::mark::Mark;

/// Every rule with what people read, in the order of the docs.
pub(super) const RULES: [(&str, &str); 16] = [
    ("plurality", "Plurality: most votes"),
    ("majority", "Majority: more than half"),
    ("supermajority", "Supermajority: two thirds, or as said"),
    ("unanimity", "Unanimity: all of them"),
    ("approval", "Approval: all that are good enough"),
    ("borda", "Borda: points by places"),
    ("instant_runoff", "Instant runoff: the last leaves, round by round"),
    ("copeland", "Copeland: victories over each other"),
    ("schulze", "Schulze: strongest paths of victories"),
    ("score", "Score: the greatest sum"),
    ("median", "Median: the best middle score"),
    ("weighted", "Weighted: votes by weight"),
    ("confidence_weighted", "Confidence-weighted: votes by confidence"),
    ("judge", "Judge: one decides"),
    ("debate", "Debate, then vote"),
    ("synthesis", "Synthesis: one answer out of all drafts"),
];

/// What may break a tie, with what people read.
pub(super) const BREAKERS: [(&str, &str); 9] = [
    ("plurality", "Plurality"),
    ("approval", "Approval"),
    ("borda", "Borda"),
    ("instant_runoff", "Instant runoff"),
    ("copeland", "Copeland"),
    ("schulze", "Schulze"),
    ("score", "Score"),
    ("median", "Median"),
    ("lot", "A lot"),
];

/// Choices of a select, after what stands there when nothing is chosen.
pub(super) fn choices(none: &str, known: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, words): (&str, &str)| (key.to_owned(), words.to_owned());
    std::iter::once(("", none)).chain(known.iter().copied()).map(owned).collect()
}

/// The rule's name.
pub(super) fn rule_words(rule: &str) -> String {
    let known = RULES.iter().find(|(name, _)| *name == rule).map(|(_, words)| *words);
    known.map_or_else(|| rule.to_owned(), |words| words.split([':', ',']).next().unwrap_or(words).to_owned())
}

/// How a decision stands.
pub(super) fn mark(decision: &DecisionSummary) -> Mark {
    let state = decision.state.as_str();
    match decision.state {
        DecisionState::Open if !decision.people.is_empty() || decision.anyone => {
            Mark::new(TaskState::Waiting, state).saying("waits for people")
        }
        DecisionState::Open => Mark::new(TaskState::Running, state).saying(stage_words(&decision.stage)),
        DecisionState::Escalated => Mark::new(TaskState::Waiting, state),
        DecisionState::Decided => Mark::new(TaskState::Completed, state),
        DecisionState::Refused => Mark::new(TaskState::Rejected, state),
        DecisionState::Cancelled => Mark::new(TaskState::Canceled, state),
    }
}

/// What goes on in a stage.
pub(super) fn stage_words(stage: &str) -> &str {
    match stage {
        "drafting" => "answers are written",
        "clustering" => "answers are grouped",
        "balloting" => "votes are cast",
        "arguing" => "arguments are exchanged",
        "synthesising" => "one answer is written out of all",
        "judging" => "a judge looks at it",
        "asking_person" => "a person is asked",
        "ended" => "ended",
        other => other,
    }
}

/// A reason or result as a phrase.
pub(super) fn why_words(why: &str) -> String {
    let known = match why {
        "rule_decided" => "the rule decided",
        "all_agree" => "all said the same",
        "out_of_reach" => "nobody could catch the leader any more",
        "deadline_passed" => "the deadline passed",
        "no_quorum" => "too few took part",
        "no_opinion" => "nobody had an opinion",
        "below_threshold" => "the first had too small a share",
        "margin_missed" => "the first was too little ahead",
        "tie" => "a tie",
        other => return other.replace('_', " "),
    };
    known.to_owned()
}

/// An answer in a line.
pub(super) fn said(answer: &Value) -> String {
    answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)
}

/// A share in percent.
pub(super) fn share(share: f64) -> String {
    let percent = share * 100.0;
    if (percent - percent.round()).abs() < 0.05 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// A number of votes or points, without digits that say nothing.
pub(super) fn points(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_phrases_by_the_names_that_decisions_give_them() {
        assert_eq!(why_words("out_of_reach"), "nobody could catch the leader any more");
        assert_eq!(why_words("margin_missed"), "the first was too little ahead");
        assert_eq!(why_words("judge_inconsistent"), "judge inconsistent");
    }

    #[test]
    fn numbers_are_short_and_rules_have_names() {
        assert_eq!([points(2.0), points(0.125), points(0.0)], ["2", "0.125", "0"]);
        assert_eq!([share(0.5), share(0.333)], ["50 %", "33.3 %"]);
        assert_eq!([rule_words("instant_runoff"), rule_words("debate"), rule_words("new")], ["Instant runoff", "Debate", "new"]);
    }
}
