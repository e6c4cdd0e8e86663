//! Which skill does what no rule knows? One that its words fit, with its inputs filled by their schemas.

use baton_domain::agent::Skill;
use baton_domain::problem::Code;
use baton_retrieval::suggest;
use baton_retrieval::words::of_text;
use serde_json::{Map, Value as Json, json};

use super::{Builder, Planned};
use crate::draft::literal;
use crate::values::{Value, What};
use crate::words::{Kind, Token, name_stems};

/// The least share of a part's words that a skill has to speak of.
const COVERED: f64 = 0.5;
/// How close to the best another one makes the choice doubtful.
const CLOSE: f64 = 0.9;

impl Builder<'_> {
    /// Plans a part by the words that skills say of themselves.
    pub(super) fn by_words(&mut self, part: (usize, usize)) -> Planned<()> {
        self.now.region = part;
        self.now.sentence = part;
        let text = self.reading.text(part);
        let names: Vec<String> = self.values.iter().flat_map(|value| value.names.iter().flatten().cloned()).collect();
        let asked: Vec<String> = of_text(&text).into_iter().map(|(word, _)| word).filter(|word| !names.contains(word)).collect();
        let found = suggest(self.skills.plannable(), &text, 4);
        // Skills that rules know are found by rules; what is left are those of others.
        let known = |skill: &Skill| self.is_known(&skill.name);
        let others: Vec<_> = found.iter().filter(|found| !known(found.skill)).collect();
        let Some(best) = others.first() else { return Err(self.no_skill(part)) };
        let spoken: Vec<String> = best.words.iter().flat_map(|word| of_text(word)).map(|(word, _)| word).collect();
        let mut unique = asked.clone();
        unique.sort_unstable();
        unique.dedup();
        let hit = unique.iter().filter(|word| spoken.contains(word)).count();
        #[expect(clippy::cast_precision_loss, reason = "a few words")]
        let covered = hit as f64 / unique.len().max(1) as f64;
        if covered < COVERED || hit < 2 || best.score < CLOSE {
            return Err(self.no_skill(part));
        }
        if let Some(second) = others.get(1).filter(|second| second.score >= CLOSE * best.score && second.words.len() >= best.words.len()) {
            let candidates = vec![best.skill.name.clone(), second.skill.name.clone()];
            return Err(self.ambiguous("two skills fit equally well".to_owned(), candidates));
        }
        let skill = best.skill;
        self.rules.push(format!("no rule knows this; the words {} fit `{}`", best.words.join(", "), skill.name));
        self.generic(skill)?;
        self.explain(self.steps.len().saturating_sub(1));
        Ok(())
    }

    /// Whether rules plan this skill.
    fn is_known(&self, name: &str) -> bool {
        ["nlp.", "data_science.", "documentation.", "code_analysis.", "web_automation.", "operations.", "diagnostics.", "prompt."]
            .iter()
            .any(|family| name.starts_with(family))
            && self.skills.get(name).is_some()
    }

    /// A step of any skill: what its schema requires is filled with what fits.
    fn generic(&mut self, skill: &Skill) -> Planned<()> {
        if skill.destructive {
            return Err(crate::refusal::Refusal::new(
                Code::NoSkillForGoal,
                self.clause(),
                format!("`{}` changes something outside, which no plan does by itself", skill.name),
                "Write the workflow by hand, with an approval before this step.",
            ));
        }
        self.skill(&skill.name)?;
        let region = self.region();
        let mut with = Map::new();
        let empty = Map::new();
        let properties = skill.input_schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        let required: Vec<&str> =
            skill.input_schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let mut taken: Vec<usize> = Vec::new();
        for (name, schema) in properties {
            let needed = required.contains(&name.as_str());
            match self.filled(name, schema, &region, &mut taken, needed) {
                Some(value) => {
                    with.insert(name.clone(), value);
                }
                None if needed && schema.get("default").is_none() => {
                    let title = schema.get("title").and_then(Json::as_str).unwrap_or(name);
                    return Err(
                        self.missing(&format!("`{name}` ({title}) of `{}`", skill.name), &format!("Give an input called `{name}`."))
                    );
                }
                None => {}
            }
        }
        let why = format!("{}.", self.clause());
        let step = self.step(&skill.name, with, None, &why)?;
        let outputs = skill.output_schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        for (name, schema) in outputs.iter().take(20) {
            let what = match (schema.get("type").and_then(Json::as_str), schema.get("format").and_then(Json::as_str)) {
                (Some("string"), Some("artifact")) => What::Artifact(crate::given::Form::Unknown),
                (Some("string"), _) => What::Text,
                (Some("number" | "integer"), _) => What::Number,
                _ => continue,
            };
            let otherwise = if matches!(what, What::Text) { Some("' '") } else { None };
            let made = self.product(step, what, name, &format!("{name} of {}", skill.title), otherwise);
            self.current = Some(made);
        }
        Ok(())
    }

    fn filled(&self, name: &str, schema: &Json, region: &[Token], taken: &mut Vec<usize>, needed: bool) -> Option<Json> {
        let kind = schema.get("type").and_then(Json::as_str).unwrap_or_default();
        let format = schema.get("format").and_then(Json::as_str).unwrap_or_default();
        // An input of the same name is meant for it.
        let named = |value: &Value| value.names.iter().any(|own| *own == name_stems(name));
        let fits = |value: &Value| match (kind, format) {
            ("string", "artifact") => matches!(value.what, What::Artifact(_)) && !value.list,
            ("string", "connection") => value.what == What::Connection,
            ("string", "uri") => value.what == What::Address && !value.list,
            ("string", _) => matches!(value.what, What::Text | What::Address) && !value.list,
            ("number", _) => value.what == What::Number,
            ("array", _) => value.list || value.what == What::Records,
            ("object", _) => value.what == What::Object,
            _ => false,
        };
        if let Some(options) = schema.get("enum").and_then(Json::as_array) {
            let said = options
                .iter()
                .find(|option| option.as_str().is_some_and(|option| region.iter().any(|token| token.lower == option.to_lowercase())));
            return said.cloned();
        }
        let place = (0..self.values.len()).find(|place| named(&self.values[*place]) && fits(&self.values[*place])).or_else(|| {
            if needed { (0..self.values.len()).rev().find(|place| !taken.contains(place) && fits(&self.values[*place])) } else { None }
        });
        if let Some(place) = place {
            taken.push(place);
            return Some(self.values[place].json());
        }
        match kind {
            "integer" | "number" => {
                let stems = name_stems(name);
                let at = region.iter().position(|token| stems.contains(&token.stem));
                let number = region
                    .iter()
                    .enumerate()
                    .filter_map(|(place, token)| token.number().map(|number| (place, number)))
                    .min_by_key(|(place, _)| at.map_or(0, |at| at.abs_diff(*place)))?;
                (needed || at.is_some()).then(|| if kind == "integer" { json!(number.1.round()) } else { json!(number.1) }).map(whole)
            }
            "string" if format.is_empty() && needed => {
                region.iter().find(|token| token.kind == Kind::Quoted).map(|token| literal(&token.text))
            }
            _ => None,
        }
    }
}

/// A whole number without its decimal point.
fn whole(value: Json) -> Json {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => json!(number as i64),
        _ => value,
    }
}
