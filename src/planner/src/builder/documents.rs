//! How are reports, notes, filled templates, changelogs and references written?

use serde_json::{Map, Value as Json, json};

use super::sources::{Feed, Need};
use super::{Builder, Planned};
use crate::draft::{clipped, expression, literal};
use crate::given::{Form, Shape};
use crate::values::What;
use crate::words::{Kind, Token};

/// Templates that come with Baton, by the words that ask for them.
const GALLERY: &[(&[&str], &str)] = &[
    (&["incident report", "post mortem", "postmortem"], "incident_report"),
    (&["weekly status", "status report", "weekly report"], "weekly_status"),
    (&["release notes"], "release_notes"),
    (&["minutes"], "meeting_minutes"),
    (&["readme"], "readme"),
    (&["decision record"], "decision_record"),
    (&["runbook"], "runbook"),
    (&["data summary"], "data_summary"),
    (&["invoice", "invoices"], "invoice"),
    (&["job posting", "job advert", "job ad"], "job_posting"),
    (&["project proposal", "proposal"], "project_proposal"),
    (&["test report"], "test_report"),
    (&["checklist"], "checklist"),
    (&["announcement"], "announcement_email"),
    (&["status page"], "status_page"),
];

impl Builder<'_> {
    pub(super) fn documents(&mut self) -> Planned<()> {
        match self.now.capability {
            "report" => self.report(),
            "note" => self.note(),
            "render" => self.render(),
            "changelog" => self.changelog(),
            _ => self.api_docs(),
        }
    }

    /// What a step found, in words; `None` where only the whole result says it.
    pub(crate) fn brief(&self, step: usize) -> Option<String> {
        let built = &self.steps[step];
        let out = self.output(step);
        let one = |base: &str| -> Option<String> {
            Some(match built.draft.uses.as_str() {
                "nlp.summarize" | "web_automation.article" => format!("{base}.text"),
                "nlp.translate" => format!("{base}.translation"),
                "nlp.keywords" => format!("join(map({base}.keywords, k => k.term))"),
                "nlp.sentiment" => format!("{base}.label"),
                "nlp.detect_language" => format!("{base}.name"),
                "nlp.classify" => format!("text({base}.label ?? 'none')"),
                "data_science.forecast"
                | "data_science.anomalies"
                | "data_science.test"
                | "data_science.train"
                | "data_science.predict" => format!("{base}.summary"),
                "code_analysis.security_audit"
                | "code_analysis.secrets"
                | "code_analysis.performance_review"
                | "code_analysis.best_practices"
                | "code_analysis.dependencies" => {
                    format!("join([text({base}.summary.findings), 'findings'], ' ')")
                }
                "web_automation.links" => format!("join(map({base}.links, l => l.url), ', ')"),
                "web_automation.watch" => format!("{base}.state"),
                "documentation.render" => format!("default({base}.markdown, ' ')"),
                _ => return None,
            })
        };
        if built.list { one("r").map(|inner| format!("join(map({out}, r => {inner}), '; ')")) } else { one(&out) }
    }

    /// The steps that a document tells of: those that are wanted for themselves.
    fn told(&self) -> Vec<usize> {
        let wanted: Vec<usize> = (0..self.steps.len())
            .filter(|place| !self.steps[*place].bridge && self.steps[*place].draft.uses != "documentation.report")
            .collect();
        if wanted.is_empty() { (0..self.steps.len()).collect() } else { wanted }
    }

    /// A condition for a step that tells of steps that may be skipped; `None` if all of them run.
    fn even_if_skipped(&self, told: &[usize]) -> Option<String> {
        if let Some(own) = &self.condition {
            return Some(own.clone());
        }
        if !told.iter().any(|place| self.steps[*place].conditional) {
            return None;
        }
        let sure = told
            .iter()
            .filter(|place| !self.steps[**place].conditional)
            .map(|place| format!("steps.{}.status == 'completed'", self.steps[*place].draft.id));
        Some(std::iter::once("always()".to_owned()).chain(sure).collect::<Vec<_>>().join(" && "))
    }

    /// An expression of a step that may have been skipped.
    fn guarded(&self, step: usize, expr: &str, otherwise: &str) -> String {
        if self.steps[step].conditional && self.condition.is_none() { format!("default({expr}, {otherwise})") } else { expr.to_owned() }
    }

    fn title(&self) -> Option<String> {
        let sentence = self.sentence();
        let quoted: Vec<&Token> = sentence
            .iter()
            .filter(|token| token.kind == Kind::Quoted && !token.text.contains(['.', '#', '<']) && token.text.len() > 2)
            .collect();
        let at = quoted.iter().find(|token| {
            let place = sentence.iter().position(|other| other.start == token.start).unwrap_or(0);
            let before = |word: &str| sentence[..place].iter().rev().take(3).any(|token| token.is(word));
            ["called", "titled", "title", "named", "report", "page", "document", "heading", "note", "headline", "list", "file"]
                .iter()
                .any(|word| before(word))
        });
        at.map(|token| token.text.clone())
    }

    fn report(&mut self) -> Planned<()> {
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
            if has(words) {
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

    /// A short document of what was found: numbers that the goal asks for, entries of a list, or what each step says in words.
    fn note(&mut self) -> Planned<()> {
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

    fn render(&mut self) -> Planned<()> {
        self.skill("documentation.render")?;
        let goal = self.reading.goal.to_lowercase();
        let sentence = self.sentence();
        let text = self.reading.text(self.now.sentence).to_lowercase();
        let is_template = |place: usize| {
            let value = &self.values[place];
            value.step.is_none()
                && !value.list
                && matches!(value.what, What::Artifact(Form::Prose | Form::Page | Form::Unknown) | What::Text)
                && (value.names.iter().flatten().any(|stem| {
                    ["templat", "letter", "form", "layout", "jinja", "j2", "skeleton", "certif", "badg"].contains(&stem.as_str())
                }) || goal.contains("template"))
        };
        let template = (0..self.values.len()).find(|place| is_template(*place));
        let gallery = GALLERY
            .iter()
            .find(|(words, _)| words.iter().any(|word| text.contains(word)))
            .or_else(|| GALLERY.iter().find(|(words, _)| words.iter().any(|word| goal.contains(word))))
            .map(|(_, name)| *name);
        let mut with = Map::new();
        match (template, gallery) {
            (Some(place), _) => {
                let value = self.values[place].clone();
                with.insert(if value.what == What::Text { "template".to_owned() } else { "template_artifact".to_owned() }, value.json());
            }
            (None, Some(name)) => {
                with.insert("gallery".to_owned(), json!(name));
            }
            (None, None) => {
                return Err(
                    self.missing("a template", "Give a template file, or name one of the gallery, as an invoice or meeting minutes.")
                );
            }
        }
        // What it is filled with.
        let fits = |place: usize| {
            let value = &self.values[place];
            Some(place) != template
                && matches!(value.what, What::Records | What::Object | What::Artifact(Form::Data | Form::Table | Form::Unknown))
                && self.is_sure(place)
        };
        let data: Vec<usize> = (0..self.values.len()).filter(|place| fits(*place)).collect();
        let spoken: Vec<usize> = data.iter().copied().filter(|place| self.values[*place].mentioned(&sentence).is_some()).collect();
        let chosen = match (spoken.as_slice(), data.as_slice()) {
            ([one, ..], _) | ([], [one]) => *one,
            ([], []) => return Err(self.missing("the data that fill the template", "Give them as JSON.")),
            ([], several) => {
                let candidates: Vec<String> = several.iter().map(|place| self.values[*place].label.clone()).collect();
                return Err(self.ambiguous("several inputs could fill the template".to_owned(), candidates));
            }
        };
        let value = self.values[chosen].clone();
        let each = sentence.iter().chain(&self.reading.tokens).any(|token| token.is_any(&["each", "every", "per"]));
        let mut foreach = None;
        match value.what {
            What::Records if each => {
                with.insert("data".to_owned(), Self::item());
                foreach = Some(value.expr.clone());
            }
            What::Records => {
                with.insert("data".to_owned(), json!({"items": expression(&value.expr)}));
            }
            What::Object => {
                with.insert("data".to_owned(), expression(&value.expr));
            }
            What::Artifact(Form::Table) if each => {
                // A row at a time.
                let entry = json!({"name": "t", "artifact": value.json()});
                let step = self.bridge(
                    "data_science.query",
                    Map::from_iter([
                        ("sql".to_owned(), json!("SELECT * FROM t")),
                        ("tables".to_owned(), json!([entry])),
                        ("limit".to_owned(), json!(1000)),
                    ]),
                    None,
                    "Reads the rows of the table (at most 1,000).",
                )?;
                let names: Vec<String> = value.columns.iter().map(|column| column.name.clone()).collect();
                if names.is_empty() {
                    return Err(self.missing("the rows as data", "Give the rows as a JSON list of objects."));
                }
                let fields: Map<String, Json> =
                    names.iter().enumerate().map(|(place, name)| (name.clone(), expression(&format!("item[{place}]")))).collect();
                with.insert("data".to_owned(), Json::Object(fields));
                foreach = Some(format!("{}.result.rows", self.output(step)));
            }
            _ => {
                with.insert("data_artifact".to_owned(), if value.list { Self::item() } else { value.json() });
                if value.list {
                    foreach = Some(value.expr.clone());
                }
            }
        }
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let mut files: Vec<&str> = Vec::new();
        if has(&["pdf"]) || goal.contains("pdf") {
            files.push("pdf");
        }
        if has(&["html", "web"]) {
            files.push("html");
        }
        if !files.is_empty() && gallery != Some("status_page") && gallery != Some("announcement_email") {
            with.insert("files".to_owned(), json!(files));
        }
        let why = format!("{}.", self.clause());
        let step = self.step("documentation.render", with, foreach, &why)?;
        let made = self.product(step, What::Text, "markdown", "the filled template", Some("' '"));
        self.values[made] = self.values[made].clone().named(&["document", "letter", "invoice", "text"]);
        self.current = Some(made);
        Ok(())
    }

    fn changelog(&mut self) -> Planned<()> {
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

    fn api_docs(&mut self) -> Planned<()> {
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
        let _ = Shape::Single;
        Ok(())
    }
}

/// A heading of some words of a goal.
fn heading(text: &str) -> String {
    let plain: String = text.split(['.', '\n', ';']).next().unwrap_or(text).chars().filter(|letter| !letter.is_control()).collect();
    clipped(&plain, 120)
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
