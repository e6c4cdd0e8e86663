//! How are short notes and lists written?

use serde_json::{Map, Value as Json, json};

use super::heading;
use crate::builder::{Builder, Planned};
use crate::draft::{expression, literal};
use crate::values::What;
use crate::words::Token;

impl Builder<'_> {
    /// A short document of what was found: numbers that the goal asks for, entries of a list, or what each step says in words.
    pub(super) fn note(&mut self) -> Planned<()> {
        self.skill("documentation.render")?;
        let sentence = self.sentence();
        let title = self.title().unwrap_or_else(|| {
            // By what it is called: "Incident note".
            let cue: Vec<String> = self
                .reading
                .slice(self.now.cue)
                .iter()
                .filter(|token| !token.is_any(&["write", "into", "in", "as", "a", "the", "that", "with", "file"]))
                .map(|token| token.lower.clone())
                .collect();
            let name = cue.join(" ");
            let mut letters = name.chars();
            letters.next().map_or_else(|| heading(&self.reading.goal), |first| first.to_uppercase().chain(letters).collect())
        });
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let mut data = Map::from_iter([("title".to_owned(), literal(&title))]);
        let mut lines = vec!["# {{ title }}".to_owned(), String::new()];
        let records = self
            .current
            .filter(|place| self.values[*place].what == What::Records && self.is_sure(*place))
            .or_else(|| (0..self.values.len()).rev().find(|place| self.values[*place].what == What::Records && self.is_sure(*place)));
        if let Some(place) =
            records.filter(|_| has(&["every", "each", "all", "entries", "list", "lists", "listing", "items", "links", "title", "titles"]))
        {
            let fields = listed_fields(&sentence, self.values[place].step.is_some());
            data.insert("items".to_owned(), expression(&self.values[place].expr));
            let shown = |field: &str| format!("{{{{ item.{field} }}}}");
            let link = fields.iter().find(|field| ["link", "url"].contains(&field.as_str())).cloned();
            let rest: Vec<&String> = fields.iter().filter(|field| Some(*field) != link.as_ref()).collect();
            let head = rest.first().map_or_else(String::new, |field| shown(field));
            let first = link.as_ref().map_or_else(
                || head.clone(),
                |link| format!("[{}]({})", if head.is_empty() { shown(link) } else { head.clone() }, shown(link)),
            );
            let tail: Vec<String> = rest.iter().skip(1).map(|field| shown(field)).collect();
            let entry = std::iter::once(first).chain(tail).collect::<Vec<_>>().join(", ");
            lines.push(format!("{{% for item in items %}}\n- {entry}\n{{% endfor %}}"));
        }
        let mut told = Vec::new();
        if let Some((label, expr)) = self.quantity(&sentence)? {
            data.insert("number".to_owned(), expression(&expr));
            data.insert("label".to_owned(), literal(&label));
            lines.push("{{ label }}: {{ number }}".to_owned());
            lines.push(String::new());
        } else if data.len() == 1 {
            told = self.told();
            // What is more than a line is told by a report: tables, findings, lists.
            let plain = |place: &usize| {
                matches!(
                    self.steps[*place].draft.uses.as_str(),
                    "nlp.summarize"
                        | "web_automation.article"
                        | "web_automation.fetch"
                        | "nlp.translate"
                        | "nlp.keywords"
                        | "nlp.detect_language"
                        | "documentation.render"
                        | "web_automation.watch"
                )
            };
            if !told.is_empty() && !told.iter().all(plain) {
                return self.report();
            }
            if told.is_empty() {
                return Err(self.missing("something to write down", "Say what is to be found out before."));
            }
            for place in told.iter().copied() {
                let id = self.steps[place].draft.id.clone();
                let title = self.skills.get(&self.steps[place].draft.uses).map_or_else(|| id.clone(), |skill| skill.title.clone());
                let fetched = self.steps[place].draft.uses == "web_automation.fetch";
                let expr = if fetched {
                    format!("default({}.text, ' ')", self.output(place))
                } else {
                    self.brief(place).unwrap_or_else(|| format!("text({})", self.output(place)))
                };
                data.insert(id.clone(), expression(&self.guarded(place, &expr, "'not done'")));
                lines.push(format!("## {title}\n\n{{{{ {id} }}}}\n"));
            }
        }
        let format = if has(&["html", "web"]) && !has(&["markdown"]) {
            "html"
        } else if has(&["text"]) && !has(&["markdown"]) {
            "text"
        } else {
            "markdown"
        };
        let template = if format == "html" {
            lines.join("\n").replace("# {{ title }}", "<h1>{{ title }}</h1>").replace("## ", "")
        } else {
            lines.join("\n")
        };
        let template = if format == "html" { html_list(&template) } else { template };
        let mut with = Map::from_iter([
            ("template".to_owned(), json!(template)),
            ("format".to_owned(), json!(format)),
            ("data".to_owned(), Json::Object(data)),
            ("missing".to_owned(), json!("empty")),
        ]);
        if has(&["pdf"]) && format == "markdown" {
            with.insert("files".to_owned(), json!(["pdf"]));
        }
        let condition = self.even_if_skipped(&told);
        let own = std::mem::replace(&mut self.condition, condition);
        let why = format!("{}.", self.clause());
        let step = self.step("documentation.render", with, None, &why)?;
        self.condition = own;
        self.steps[step].draft.needs =
            told.iter().filter(|place| self.steps[**place].conditional).map(|place| self.steps[*place].draft.id.clone()).collect();
        Ok(())
    }
}

/// Which fields of entries a goal lists.
fn listed_fields(tokens: &[Token], made: bool) -> Vec<String> {
    let known = [
        ("title", "title"),
        ("titles", "title"),
        ("headline", "title"),
        ("headlines", "title"),
        ("link", "link"),
        ("links", "link"),
        ("address", "link"),
        ("date", "published"),
        ("dates", "published"),
        ("published", "published"),
        ("summary", "summary"),
        ("summaries", "summary"),
        ("author", "author"),
        ("url", "url"),
        ("name", "name"),
        ("price", "price"),
        ("text", "text"),
    ];
    let mut found: Vec<String> = Vec::new();
    for token in tokens {
        if let Some((_, field)) = known.iter().find(|(word, _)| token.is(word))
            && !found.iter().any(|known| known == field)
        {
            found.push((*field).to_owned());
        }
    }
    if found.is_empty() {
        found.push(if made { "title".to_owned() } else { "name".to_owned() });
    }
    found
}

/// Markdown of a list as HTML.
fn html_list(template: &str) -> String {
    let mut out = String::new();
    for line in template.lines() {
        match line.strip_prefix("- ") {
            Some(entry) => {
                let linked = entry.strip_prefix('[').and_then(|rest| rest.split_once("]("));
                let shown = linked.map_or_else(
                    || entry.to_owned(),
                    |(text, rest)| {
                        let (address, tail) = rest.split_once(')').unwrap_or((rest, ""));
                        format!("<a href=\"{address}\">{text}</a>{tail}")
                    },
                );
                out.push_str(&format!("<li>{shown}</li>\n"));
            }
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out
}
