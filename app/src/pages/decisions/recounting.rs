//! How does the address of a decision's page ask to count the ballots? By rule, share, number of voters and what breaks ties, as they were typed.

use baton_domain::problem::Problem;
use baton_domain::wire::decision::RetallyChoice;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// What the address says; empty where it was as it was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Recounting {
    pub(super) rule: String,
    pub(super) threshold: String,
    pub(super) quorum: String,
    pub(super) tie_break: String,
}

impl Recounting {
    /// What an address says.
    pub(super) fn of(query: &ParamsMap) -> Self {
        let text = |name| query.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self { rule: text("rule"), threshold: text("threshold"), quorum: text("quorum"), tie_break: text("tie_break") }
    }

    /// The same with another rule, as an address says it.
    pub(super) fn query(&self, rule: &str) -> String {
        let mut query = ParamsMap::new();
        let said = [
            ("rule", rule),
            ("threshold", self.threshold.as_str()),
            ("quorum", self.quorum.as_str()),
            ("tie_break", self.tie_break.as_str()),
        ];
        for (name, text) in said {
            if !text.is_empty() {
                query.insert(name, text.to_owned());
            }
        }
        query.to_query_string()
    }

    /// What is asked for.
    ///
    /// # Errors
    /// `REQUEST-002` for a field that is no number.
    pub(super) fn choice(&self) -> Result<RetallyChoice, Problem> {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let wrong = |field: &str| Problem::invalid_field(field, "Write a number, or leave it empty.");
        let threshold = said(&self.threshold).map(|text| text.parse::<f64>().ok().filter(|share| share.is_finite()).ok_or("threshold"));
        let quorum = said(&self.quorum).map(|text| text.parse::<u32>().map_err(|_| "quorum"));
        // A form without scripts may write a space as a plus.
        let between = |letter: char| matches!(letter, ',' | '+') || letter.is_whitespace();
        let names = |text: String| text.split(between).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(RetallyChoice {
            rule: said(&self.rule),
            threshold: threshold.transpose().map_err(wrong)?,
            quorum: quorum.transpose().map_err(wrong)?,
            tie_break: said(&self.tie_break).map(names),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(threshold: &str, quorum: &str) -> Recounting {
        Recounting { rule: "borda".into(), threshold: threshold.into(), quorum: quorum.into(), tie_break: "schulze, lot".into() }
    }

    #[test]
    fn what_is_typed_is_what_is_counted_by() {
        let choice = asked("0.6", "3").choice().unwrap();
        assert_eq!((choice.rule.as_deref(), choice.threshold, choice.quorum), (Some("borda"), Some(0.6), Some(3)));
        assert_eq!(choice.tie_break, Some(vec!["schulze".to_owned(), "lot".to_owned()]));
        assert_eq!(Recounting::default().choice().unwrap(), RetallyChoice::default());
    }

    #[test]
    fn what_is_no_number_names_its_field() {
        assert_eq!(asked("much", "").choice().unwrap_err().errors[0].field, "threshold");
        assert_eq!(asked("NaN", "").choice().unwrap_err().errors[0].field, "threshold");
        assert_eq!(asked("", "-1").choice().unwrap_err().errors[0].field, "quorum");
    }

    #[test]
    fn another_rule_keeps_the_rest_of_the_address() {
        let query = asked("", "3").query("copeland");
        assert!(query.contains("rule=copeland") && query.contains("quorum=3") && query.contains("schulze"), "{query}");
        assert!(!query.contains("threshold"));
    }
}
