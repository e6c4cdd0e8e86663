//! How are reports put together of what steps have found?

use serde_json::{Map, Value as Json, json};

use super::heading;
use crate::builder::{Builder, Planned};
use crate::draft::{clipped, expression, literal};
use crate::given::Form;
use crate::values::What;

impl Builder<'_> {
    pub(super) fn report(&mut self) -> Planned<()> {
        self.skill("documentation.report")?;
        let mut told = self.told();
        if told.is_empty() {
            // A report on something: what there is to say of it comes first.
            let subject = self.values.iter().position(|value| matches!(value.what, What::Artifact(Form::Table)));
            match subject {
                Some(_) => {
                    let mut intent = self.now.clone();
                    intent.capability = "profile";
                    let report = std::mem::replace(&mut self.now, intent);
                    self.data()?;
                    self.now = report;
                    told = self.told();
                }
                None => return Err(self.missing("something to report", "Say what is to be found out before the report.")),
            }
        }
        let mut sections = Vec::new();
        // What the goal states for it: "(severity SEV3, status investigating)".
        if let Some(stated) = self.stated_facts() {
            sections.push(json!({"title": "Given", "markdown": literal(&stated)}));
        }
        for place in told.iter().copied() {
            sections.push(self.section(place));
        }
        let sentence = self.sentence();
        let mut with = Map::from_iter([
            ("title".to_owned(), literal(&self.title().unwrap_or_else(|| heading(&self.reading.goal)))),
            ("sections".to_owned(), Json::Array(sections)),
        ]);
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let mut formats: Vec<&str> = Vec::new();
        for (words, format) in [(&["markdown"][..], "markdown"), (&["html", "web"][..], "html"), (&["pdf"][..], "pdf")] {
            if has(words) || (format == "pdf" && self.reading.tokens.iter().any(|token| token.is("pdf"))) {
                formats.push(format);
            }
        }
        if !formats.is_empty() {
            if !formats.contains(&"markdown") {
                formats.insert(0, "markdown");
            }
            with.insert("formats".to_owned(), json!(formats));
        }
        let condition = self.even_if_skipped(&told);
        let own = std::mem::replace(&mut self.condition, condition);
        let step = self.step("documentation.report", with, None, "Puts together what the other steps found.")?;
        self.condition = own;
        self.steps[step].draft.needs =
            told.iter().filter(|place| self.steps[**place].conditional).map(|place| self.steps[*place].draft.id.clone()).collect();
        let made = self.product(step, What::Text, "markdown", "the report", None);
        self.values[made] = self.values[made].clone().named(&["report"]);
        Ok(())
    }

    /// Facts that stand in brackets beside a document, as a list.
    fn stated_facts(&self) -> Option<String> {
        let text = self.reading.text(self.now.sentence);
        let (open, close) = (text.find('(')?, text.rfind(')')?);
        let inner = text.get(open + 1..close)?;
        let facts: Vec<String> = inner
            .split([',', ';'])
            .filter_map(|fact| fact.trim().split_once(' '))
            .filter(|(name, value)| name.chars().all(char::is_alphabetic) && value.split_whitespace().count() <= 4 && value.len() > 1)
            .map(|(name, value)| format!("- {name}: **{}**", value.trim().replace('*', "")))
            .collect();
        let forms = [
            "severity", "status", "date", "author", "owner", "priority", "version", "to", "from", "subject", "team", "project", "customer",
            "number",
        ];
        let known = facts.iter().any(|fact| forms.iter().any(|form| fact.to_lowercase().starts_with(&format!("- {form}:"))));
        (known && !facts.is_empty()).then(|| facts.join("\n"))
    }

    /// Of a step that goes through texts: each text beside what was found of it.
    fn rows_of_texts(&self, place: usize) -> Option<(Vec<&'static str>, String)> {
        let built = &self.steps[place];
        let list = built.draft.foreach.as_deref()?;
        let out = self.output(place);
        let texts = built.draft.with.get("text").and_then(Json::as_str) == Some(&format!("${{{{ {} }}}}", crate::draft::ITEM));
        let (columns, found): (Vec<&'static str>, &str) = match built.draft.uses.as_str() {
            "nlp.sentiment" => (vec!["Text", "Mood", "Score"], "r.label, r.compound"),
            "nlp.detect_language" => (vec!["Text", "Language", "Sure"], "r.name, r.confidence"),
            "nlp.classify" => (vec!["Text", "Label", "Sure"], "r.label ?? 'none', r.confidence"),
            "nlp.summarize" => (vec!["Text", "Summary"], "r.text"),
            "nlp.keywords" => (vec!["Text", "Keywords"], "join(map(r.keywords, k => k.term))"),
            _ => return None,
        };
        let fields = found.replace("r.", &format!("{out}[i]."));
        texts.then(|| (columns, format!("map(slice(range(0, length({list})), 0, 200), i => [default({list}[i], ' '), {fields}])")))
    }

    fn section(&self, place: usize) -> Json {
        let built = &self.steps[place];
        let out = self.output(place);
        let title = self.skills.get(&built.draft.uses).map_or_else(|| built.draft.id.clone(), |skill| skill.title.clone());
        let again = built.draft.id.rsplit_once('_').filter(|(_, number)| number.parse::<u32>().is_ok());
        let title = again.map_or_else(|| title.clone(), |(_, number)| format!("{title} ({number})"));
        let mut section = Map::from_iter([("title".to_owned(), literal(&clipped(&title, 200)))]);
        let whole = |expr: &str| expression(&self.guarded(place, expr, "'This was not needed.'"));
        let skill = built.draft.uses.as_str();
        let plain = !built.list && !built.conditional;
        match (skill, plain) {
            ("data_science.forecast", true) => {
                section.insert("markdown".to_owned(), expression(&format!("{out}.summary")));
                section.insert("table_artifact".to_owned(), expression(&format!("{out}.table")));
                section.insert("chart".to_owned(), expression(&format!("{out}.chart")));
            }
            ("data_science.chart", true) => {
                section.insert("chart".to_owned(), expression(&format!("{out}.chart")));
            }
            ("data_science.anomalies", true) => {
                section.insert("markdown".to_owned(), expression(&format!("{out}.summary")));
                section.insert("result".to_owned(), json!({"anomalies": expression(&format!("slice({out}.anomalies, 0, 50)"))}));
            }
            ("data_science.query", true) => {
                section.insert("table".to_owned(), expression(&format!("{out}.result")));
            }
            ("data_science.test", true) => {
                section.insert("markdown".to_owned(), expression(&format!("{out}.summary")));
                section.insert(
                    "result".to_owned(),
                    json!({"tests": expression(&format!("{out}.tests")), "groups": expression(&format!("{out}.groups"))}),
                );
            }
            ("nlp.summarize" | "nlp.translate" | "nlp.keywords", true) => {
                section.insert("markdown".to_owned(), expression(&self.brief(place).unwrap_or_default()));
            }
            (
                "code_analysis.security_audit"
                | "code_analysis.secrets"
                | "code_analysis.performance_review"
                | "code_analysis.best_practices"
                | "code_analysis.dependencies",
                true,
            ) => {
                section.insert("result".to_owned(), json!({"summary": expression(&format!("{out}.summary")), "findings": expression(&format!("slice({out}.findings, 0, 50)"))}));
            }
            _ if self.rows_of_texts(place).is_some() => {
                let rows = self.rows_of_texts(place).unwrap_or_default();
                let (columns, rows) = rows;
                if built.conditional {
                    section.insert("result".to_owned(), whole(&rows));
                } else {
                    section.insert("table".to_owned(), json!({"columns": columns, "rows": expression(&rows)}));
                }
            }
            _ if built.list => {
                section.insert(
                    "result".to_owned(),
                    whole(&format!("slice({}, 0, 200)", if built.conditional { format!("default({out}, [])") } else { out })),
                );
            }
            _ => {
                section.insert("result".to_owned(), whole(&out));
            }
        }
        Json::Object(section)
    }
}
