//! How does the form of a new task ask several agents to do it?

use baton_domain::wire::decision::DecideTerms;
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::components::field::{SelectField, TextField};

/// The fields of the form, by their names.
pub const DECIDE_FIELDS: [&str; 4] = ["decide_agents", "decide_samples", "decide_rule", "decide_answer"];

/// Rules that need nothing but the answers.
const RULES: [(&str, &str); 5] = [
    ("plurality", "Most votes"),
    ("majority", "More than half"),
    ("supermajority", "Two thirds"),
    ("unanimity", "All of them"),
    ("confidence_weighted", "Votes by confidence"),
];

/// A number as it was typed; what is none is refused with its field by whoever reads the terms.
fn number(text: &str) -> Value {
    text.trim().parse::<u32>().map_or_else(|_| Value::from(text), Value::from)
}

/// The terms that the form's fields say; none if nobody is to vote.
#[must_use]
pub fn decide_terms(text: impl Fn(&str) -> Option<String>) -> Option<DecideTerms> {
    let voters = match (text("decide_agents"), text("decide_samples")) {
        (Some(agents), _) => json!({"agents": number(&agents)}),
        (None, Some(samples)) => json!({"samples": number(&samples)}),
        (None, None) => return None,
    };
    let rule = text("decide_rule").filter(|rule| rule != "plurality");
    Some(DecideTerms { voters: Some(voters), rule, answer: text("decide_answer"), ..DecideTerms::default() })
}

/// The fields.
#[component]
pub(crate) fn DecideFields() -> impl IntoView {
    let rules: Vec<(String, String)> = RULES.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())).collect();
    view! {
        <details class="rounded-control border border-line p-3" data-testid="decide-fields">
            <summary class="text-13 font-medium">"Several agents"</summary>
            <p class="mt-2 text-13 text-soft">
                "Several do the same. If their answers agree, the task completes with that answer; if they differ, a decision opens by itself."
            </p>
            <div class="mt-3 grid grid-cols-1 gap-3 sm:grid-cols-2">
                <TextField name="decide_agents" label="Agents" placeholder="one" help="How many agents that have the skill."/>
                <TextField name="decide_samples" label="Or times the same agent" placeholder="once" help="For agents that do not always say the same."/>
                <SelectField name="decide_rule" label="Where answers differ" options=rules value="plurality"/>
                <TextField
                    name="decide_answer"
                    label="What is compared"
                    placeholder="all of the result"
                    help="A JSON Pointer into the result, as /label."
                />
            </div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_votes_unless_somebody_is_asked() {
        let form = |agents: &'static str, samples: &'static str| {
            move |name: &str| {
                let text = match name {
                    "decide_agents" => agents,
                    "decide_samples" => samples,
                    "decide_rule" => "majority",
                    _ => "",
                };
                Some(text.to_owned()).filter(|text| !text.is_empty())
            }
        };
        assert_eq!(decide_terms(form("", "")), None);
        assert_eq!(decide_terms(form("3", "")).unwrap().voters, Some(json!({"agents": 3})));
        let terms = decide_terms(form("", "5")).unwrap();
        assert_eq!((terms.voters, terms.rule.as_deref(), terms.answer), (Some(json!({"samples": 5})), Some("majority"), None));
        assert_eq!(decide_terms(form("many", "")).unwrap().voters, Some(json!({"agents": "many"})), "refused with its field");
    }
}
