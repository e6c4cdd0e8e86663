//! Why is something not planned?

use baton_domain::problem::Code;

use super::{Builder, Planned};
use crate::given::Form;
use crate::refusal::Refusal;
use crate::values::{Value, What};

impl<'a> Builder<'a> {
    /// Inputs that no skill reads.
    pub(super) fn unusable_inputs(&self) -> Planned<()> {
        let is = |given: &crate::given::Given, form: Form| Value::of_input(given).what == What::Artifact(form);
        let addresses = self.values.iter().any(|value| value.what == What::Address);
        let all = |form: Form| !self.given.is_empty() && !addresses && self.given.iter().all(|given| is(given, form));
        let media = [(Form::Recording, "listens to recordings"), (Form::Picture, "looks at pictures")];
        if let Some((_, does)) = media.iter().find(|(form, _)| all(*form)) {
            let name = &self.given[0].name;
            return Err(Refusal::new(
                Code::NoSkillForGoal,
                self.reading.goal.clone(),
                format!("no skill {does}, and `{name}` is one"),
                "Give what it says as a text.",
            ));
        }
        // "Compare last quarter's sales with this quarter's", and only one of them was given.
        let tokens = &self.reading.tokens;
        let compares = tokens.iter().any(|token| token.is_any(&["compare", "against", "versus", "vs", "difference", "than"]));
        let periods = ["quarter", "month", "year", "week", "season", "term"];
        let of = |words: &[&str]| tokens.windows(2).any(|pair| pair[0].is_any(words) && pair[1].is_any(&periods));
        let tables: Vec<&Value> = self.values.iter().filter(|value| matches!(value.what, What::Artifact(Form::Table))).collect();
        let timed = tables
            .iter()
            .any(|table| table.columns.is_empty() || table.columns.iter().any(|column| column.kind == crate::given::ColumnKind::Time));
        if compares && of(&["last", "previous"]) && of(&["this"]) && tables.len() == 1 && !timed {
            return Err(self.missing("the table of the other period", "Give both tables, or one with a column of dates."));
        }
        Ok(())
    }

    /// A refusal for something that was not given.
    pub(crate) fn missing(&self, what: &str, advice: &str) -> Refusal {
        Refusal::new(Code::GoalInputMissing, self.clause(), format!("{what} is needed and was not given"), advice)
    }

    pub(crate) fn ambiguous(&self, message: String, candidates: Vec<String>) -> Refusal {
        Refusal::new(Code::GoalAmbiguous, self.clause(), message, format!("Name the one that is meant: {}.", candidates.join(", ")))
            .with_candidates(candidates)
    }

    pub(crate) fn no_skill(&self, part: (usize, usize)) -> Refusal {
        let text = self.reading.text(part);
        let nearest: Vec<String> = self.skills.find(&text, 3).into_iter().map(|(name, _)| name).collect();
        let advice = match nearest.as_slice() {
            [] => "Leave this part out, or register an agent that has such a skill.".to_owned(),
            names => {
                format!("Leave this part out, register an agent that has such a skill, or say it as one of {} does.", names.join(", "))
            }
        };
        Refusal::new(Code::NoSkillForGoal, text, "no skill does this, as far as rules know", advice).with_candidates(nearest)
    }
}
