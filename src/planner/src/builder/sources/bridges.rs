//! Which steps read documents, articles and addresses first, and what have they made already?

use serde_json::json;

use crate::builder::{Builder, Planned};
use crate::given::Form;
use crate::values::What;

impl Builder<'_> {
    pub(super) fn made(&mut self, place: usize, into: &'static str) -> Option<usize> {
        let expr = self.values[place].expr.clone();
        self.turned.get(&(expr, into)).copied()
    }

    pub(super) fn remember(&mut self, place: usize, into: &'static str, made: usize) {
        // What is done under a condition is not there for others.
        if self.condition.is_none() {
            self.turned.insert((self.values[place].expr.clone(), into), made);
        }
        let names: Vec<Vec<String>> = self.values[place].names.clone();
        self.values[made].names.extend(names);
        self.values[made].flows = true;
    }

    /// The text of a document that has to be read first.
    pub(crate) fn parsed(&mut self, place: usize) -> Planned<usize> {
        if let Some(made) = self.made(place, "parsed") {
            return Ok(made);
        }
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let step =
            self.bridge("web_automation.parse", feed.map(), feed.list.clone(), "Reads the document, so that its text can be worked on.")?;
        let made = self.product(step, What::Text, "text", "the document's text", Some("' '"));
        self.rules.push("a document is read before its text is used".to_owned());
        self.remember(place, "parsed", made);
        Ok(made)
    }

    /// The article of a page.
    pub(crate) fn article_of(&mut self, place: usize) -> Planned<usize> {
        if let Some(made) = self.made(place, "article") {
            return Ok(made);
        }
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let step =
            self.bridge("web_automation.article", feed.map(), feed.list.clone(), "Takes the text of the page without what surrounds it.")?;
        let made = self.product(step, What::Text, "text", "the article", None);
        self.values[made] = self.values[made].clone().named(&["page", "text", "story", "post"]);
        self.rules.push("of a page, the article is taken".to_owned());
        self.remember(place, "article", made);
        Ok(made)
    }

    /// What is at an address, as a text or as an artifact.
    pub(crate) fn fetched(&mut self, place: usize, keep: &'static str) -> Planned<usize> {
        if let Some(made) = self.made(place, keep) {
            return Ok(made);
        }
        let feed = self.direct("url", place);
        let mut with = feed.map();
        if keep == "artifact" {
            with.insert("keep".to_owned(), json!("artifact"));
        }
        let step = self.bridge("web_automation.fetch", with, feed.list.clone(), "Fetches what is at the address.")?;
        let made = if keep == "artifact" {
            self.product(step, What::Artifact(Form::Unknown), "artifact", "the fetched file", Some("first([])"))
        } else {
            self.product(step, What::Text, "text", "the fetched text", Some("' '"))
        };
        self.remember(place, keep, made);
        Ok(made)
    }
}
