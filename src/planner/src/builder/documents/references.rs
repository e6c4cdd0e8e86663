//! How are changelogs and references of interfaces written?

use serde_json::{Map, Value as Json, json};

use crate::builder::sources::{Feed, Need};
use crate::builder::{Builder, Planned};
use crate::draft::{expression, literal};
use crate::values::What;

impl Builder<'_> {
    pub(super) fn changelog(&mut self) -> Planned<()> {
        self.skill("documentation.changelog")?;
        let picked = self.pick(Need::Log, "a git log", "Give the output of `git log` as a text or a file.")?;
        let place = picked[0];
        let feed = match self.values[place].what {
            What::Text => self.direct("log", place),
            What::Address => {
                let made = self.fetched(place, "text")?;
                self.direct("log", made)
            }
            _ => self.direct("artifact", place),
        };
        let mut with = feed.map();
        let sentence = self.reading.tokens.clone();
        if let Some(version) = version(&self.reading.goal) {
            with.insert("version".to_owned(), literal(&version));
        }
        if sentence.iter().any(|token| token.is_any(&["internal", "refactorings", "chores"]))
            && sentence.iter().any(|token| token.is_any(&["also", "including", "include", "with"]))
        {
            with.insert("internal".to_owned(), json!(true));
        }
        let why = format!("{}.", self.clause());
        let step = self.step("documentation.changelog", with, feed.list, &why)?;
        let made = self.product(step, What::Text, "markdown", "the changelog", None);
        self.values[made] = self.values[made].clone().named(&["changelog"]);
        self.current = Some(made);
        Ok(())
    }

    pub(super) fn api_docs(&mut self) -> Planned<()> {
        self.skill("documentation.api_docs")?;
        let picked = self.pick(
            Need::Interface,
            "an OpenAPI document or source code",
            "Give an OpenAPI document, a source file or a zip file of sources.",
        )?;
        let mut with = Map::new();
        let mut of = picked[0];
        match picked.as_slice() {
            [one] => {
                let value = self.values[*one].clone();
                let feed = match value.what {
                    What::Address => {
                        let made = self.fetched(*one, "artifact")?;
                        self.direct("artifact", made)
                    }
                    What::Text => self.direct(if value.label.contains("openapi") { "document" } else { "source" }, *one),
                    _ if value.list => Feed { key: "artifacts", value: expression(&value.expr), list: None, of: *one },
                    _ => self.direct("artifact", *one),
                };
                of = feed.of;
                with.extend(feed.map());
            }
            several => {
                with.insert(
                    "artifacts".to_owned(),
                    Json::Array(several.iter().map(|place| expression(&self.values[*place].expr)).collect()),
                );
            }
        }
        let sentence = self.sentence();
        if sentence.iter().any(|token| token.is_any(&["private", "internal"])) {
            with.insert("private".to_owned(), json!(true));
        }
        if let Some(title) = self.title() {
            with.insert("title".to_owned(), literal(&title));
        }
        let why = format!("{}.", self.clause());
        let step = self.step("documentation.api_docs", with, None, &why)?;
        let made = self.product(step, What::Text, "markdown", "the reference", None);
        self.values[made] = self.values[made].clone().named(&["reference", "documentation"]);
        self.current = Some(of);
        Ok(())
    }
}

/// The version that a goal says it is about: `2.4.0`, and not the one since which things have changed.
fn version(goal: &str) -> Option<String> {
    let words: Vec<&str> = goal.split_whitespace().collect();
    let number = |word: &str| -> Option<String> {
        let plain = word.trim_matches(|letter: char| !letter.is_alphanumeric()).trim_start_matches(['v', 'V']);
        let fits = plain.starts_with(|letter: char| letter.is_ascii_digit())
            && plain.chars().all(|letter| letter.is_alphanumeric() || ".-+".contains(letter));
        fits.then(|| plain.to_owned())
    };
    let mut found: Vec<(u8, String)> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some(version) = number(word) else { continue };
        let before: Vec<String> = words[place.saturating_sub(3)..place]
            .iter()
            .rev()
            .map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase())
            .collect();
        let called = before.first().is_some_and(|word| ["version", "release", "v"].contains(&word.as_str()));
        let since = before
            .iter()
            .take(if called { 3 } else { 1 })
            .any(|word| ["since", "from", "after", "than", "last", "previous", "before"].contains(&word.as_str()));
        if !since && (called || version.matches('.').count() >= 2) {
            found.push((u8::from(called), version));
        }
    }
    found.sort_by_key(|(called, _)| std::cmp::Reverse(*called));
    found.into_iter().next().map(|(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_is_made() {
        assert_eq!(version("2.4.0 ships friday, git log since 2.3.1 is attached").as_deref(), Some("2.4.0"));
        assert_eq!(version("A changelog for version 3.1 out of the log since release 3.0").as_deref(), Some("3.1"));
        assert_eq!(version("The commits of 2026"), None);
    }
}
