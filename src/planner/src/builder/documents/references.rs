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
        for pair in sentence.windows(2) {
            let version = pair[1].text.trim_start_matches('v');
            if pair[0].is_any(&["version", "release"]) && version.starts_with(|letter: char| letter.is_ascii_digit()) {
                // What a tokenizer of words takes apart: 2.4.0.
                let rest = &self.reading.goal[pair[1].start..];
                let whole: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || ".-+".contains(*letter)).collect();
                with.insert("version".to_owned(), literal(whole.trim_end_matches('.').trim_start_matches('v')));
            }
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
