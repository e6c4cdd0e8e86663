//! Which skills fit what somebody wants done? Found by words: Okapi BM25 over what the skills say of themselves, with the words of a field
//! counted by the field's weight (BM25F; Robertson, Zaragoza and Taylor, 2004), and words that mean much the same counted for one another.

pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::agent::Skill;
use serde_json::Value;

use self::words::{Word, of_text, related};

/// How soon more of the same word counts little, in weighted words: a word of the title counts several times what one of the description does.
const SATURATION: f64 = 6.0;
/// How much the length of a field counts.
const LENGTH: f64 = 0.3;
/// What a word counts in each field: the name, the title, the description, and what the inputs are called and for.
const NAME: f64 = 3.0;
const TITLE: f64 = 3.0;
const DESCRIPTION: f64 = 1.0;
const INPUTS: f64 = 0.1;
/// What a word counts that only means much the same.
const RELATED: f64 = 0.5;

/// A skill that fits, and by which words of the wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    /// The skill.
    pub skill: &'a Skill,
    /// Beside the best, which has 1.
    pub score: f64,
    /// The words, as they are written in the wish.
    pub words: Vec<String>,
}

/// How often the words stand in the fields of a skill, weighted.
struct Document<'a> {
    skill: &'a Skill,
    counts: BTreeMap<Word, f64>,
    /// The words of its name, title and description: what it is about.
    spoken: BTreeSet<Word>,
    length: f64,
}

/// The skills that fit a wish, the best first; at most `limit`.
#[must_use]
pub fn suggest<'a>(skills: impl IntoIterator<Item = &'a Skill>, wish: &str, limit: usize) -> Vec<Found<'a>> {
    let documents: Vec<Document<'_>> = skills.into_iter().map(document).collect();
    let count = documents.len() as f64;
    let mean = documents.iter().map(|document| document.length).sum::<f64>() / count.max(1.0);
    let mut scores: Vec<(f64, Vec<String>)> = vec![(0.0, Vec::new()); documents.len()];
    let asked = of_text(wish);
    let mut seen = Vec::new();
    for (word, written) in &asked {
        if seen.contains(&word) {
            continue;
        }
        seen.push(word);
        let near = related(word);
        // How many are about it; a word that none is about may be that of an input, or mean what some are about.
        let about = |word: &Word| documents.iter().filter(|document| document.spoken.contains(word)).count();
        let holders = match about(word) {
            0 => documents.iter().filter(|document| near.iter().any(|near| document.spoken.contains(near))).count(),
            some => some,
        };
        let holders =
            if holders == 0 { documents.iter().filter(|document| document.weight(word, &near) > 0.0).count() } else { holders } as f64;
        // Never below zero, so that a word which most skills have does no harm.
        let rarity = (1.0 + (count - holders + 0.5) / (holders + 0.5)).ln();
        for (document, (score, words)) in documents.iter().zip(&mut scores) {
            let weight = document.weight(word, &near);
            if weight > 0.0 {
                let room = SATURATION * (1.0 - LENGTH + LENGTH * document.length / mean);
                *score += rarity * weight * (SATURATION + 1.0) / (weight + room);
                words.push(written.clone());
            }
        }
    }
    let best = scores.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    let mut found: Vec<Found<'_>> = documents
        .into_iter()
        .zip(scores)
        .filter(|(_, (score, _))| *score > 0.0)
        .map(|(document, (score, words))| Found { skill: document.skill, score: score / best, words })
        .collect();
    found.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.skill.name.cmp(&other.skill.name)));
    found.truncate(limit);
    found
}

impl Document<'_> {
    /// How much a word stands here, itself or as one that means much the same.
    fn weight(&self, word: &Word, near: &[Word]) -> f64 {
        let own = self.counts.get(word).copied().unwrap_or(0.0);
        let other = near.iter().filter(|near| *near != word).filter_map(|near| self.counts.get(near)).copied().fold(0.0, f64::max);
        own + RELATED * other
    }
}

fn document(skill: &Skill) -> Document<'_> {
    let (mut counts, mut spoken) = (BTreeMap::new(), BTreeSet::new());
    for (text, weight) in [(&skill.name, NAME), (&skill.title, TITLE), (&skill.description, DESCRIPTION)] {
        for (word, _) in of_text(text) {
            *counts.entry(word.clone()).or_insert(0.0) += weight;
            spoken.insert(word);
        }
    }
    let mut add = |text: &str| {
        for (word, _) in of_text(text) {
            *counts.entry(word).or_insert(0.0) += INPUTS;
        }
    };
    if let Some(properties) = skill.input_schema.get("properties").and_then(Value::as_object) {
        for (name, schema) in properties {
            add(name);
            for text in ["title", "description"] {
                add(schema.get(text).and_then(Value::as_str).unwrap_or_default());
            }
            for value in schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                add(value);
            }
        }
    }
    let length = counts.values().sum();
    Document { skill, counts, spoken, length }
}

#[cfg(test)]
mod tests {
    use baton_domain::agent::{Family, Isolation, Limits, Needs};
    use baton_domain::task::RetryPolicy;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn skill(name: &str, title: &str, description: &str) -> Skill {
        Skill {
            name: name.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            family: Family::Nlp,
            input_schema: json!({"type": "object", "properties": {"text": {"title": "Text"}}}),
            output_schema: json!({}),
            examples: vec![],
            result_kind: "json".to_owned(),
            idempotent: true,
            destructive: false,
            isolation: Isolation::Task,
            checkpoints: false,
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            needs: Needs::default(),
            model: None,
            network: false,
            version: "1.0.0".to_owned(),
        }
    }

    fn some() -> Vec<Skill> {
        vec![
            skill("nlp.sentiment", "Sentiment", "Tells how positive or negative a text is."),
            skill("nlp.keywords", "Keywords", "Finds what a text is about."),
            skill("data_science.profile", "Profile a table", "Types, missing values and quantiles of a table's columns."),
            skill("web_automation.fetch", "Fetch a page", "Gets what an address of the web answers."),
        ]
    }

    fn names(wish: &str) -> Vec<String> {
        suggest(&some(), wish, 10).into_iter().map(|found| found.skill.name.clone()).collect()
    }

    #[test]
    fn words_lead_to_skills_in_any_form_and_by_what_means_the_same() {
        assert_eq!(names("fetching pages").first().map(String::as_str), Some("web_automation.fetch"));
        assert_eq!(names("How do people feel about us? What is their mood?").first().map(String::as_str), Some("nlp.sentiment"));
        assert_eq!(names("my spreadsheet of sales.csv").first().map(String::as_str), Some("data_science.profile"));
        assert_eq!(names("https://example.com/prices").first().map(String::as_str), Some("web_automation.fetch"));
    }

    #[test]
    fn what_no_skill_speaks_of_leads_nowhere() {
        assert_eq!(names("zymurgy"), Vec::<String>::new());
        assert_eq!(names("what is the of and"), Vec::<String>::new());
        assert_eq!(names(""), Vec::<String>::new());
        assert!(suggest(&[], "table", 5).is_empty());
    }

    #[test]
    fn the_best_has_one_and_the_words_that_led_to_it() {
        let skills = some();
        let found = suggest(&skills, "negative texts", 1);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].score, &found[0].words), (1.0, &vec!["negative".to_owned(), "texts".to_owned()]));
    }

    proptest! {
        #[test]
        fn scores_fall_from_one_and_repeating_a_word_changes_nothing(wish in "([a-z]{1,9}|text|table|page|mood)( ([a-z]{1,9}|text|table|page|mood)){0,8}") {
            let skills = some();
            let found = suggest(&skills, &wish, 10);
            prop_assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
            prop_assert!(found.first().is_none_or(|first| (first.score - 1.0).abs() < 1e-12));
            let twice = format!("{wish} {wish}");
            prop_assert_eq!(suggest(&skills, &twice, 10), found);
        }
    }
}
