//! Which template is filled, and with what?

use serde_json::{Map, Value as Json, json};

use crate::builder::{Builder, Planned};
use crate::draft::expression;
use crate::given::Form;
use crate::values::What;

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
    pub(super) fn render(&mut self) -> Planned<()> {
        self.skill("documentation.render")?;
        let goal = self.reading.goal.to_lowercase();
        let sentence = self.sentence();
        let text = self.reading.text(self.now.sentence).to_lowercase();
        let is_template = |place: usize| {
            let value = &self.values[place];
            value.step.is_none()
                && !value.list
                && matches!(value.what, What::Artifact(Form::Prose | Form::Page | Form::Unknown) | What::Text)
                && (value.template
                    || value.names.iter().flatten().any(|stem| {
                        ["templat", "letter", "form", "layout", "jinja", "j2", "skeleton", "certif", "badg"].contains(&stem.as_str())
                    })
                    || goal.contains("template"))
        };
        // What has gaps is a template, whatever it is called.
        let open = (0..self.values.len()).find(|place| self.values[*place].template && is_template(*place));
        let template = open.or_else(|| (0..self.values.len()).find(|place| is_template(*place)));
        let gallery = GALLERY
            .iter()
            .find(|(words, _)| words.iter().any(|word| text.contains(word)))
            .or_else(|| GALLERY.iter().find(|(words, _)| words.iter().any(|word| goal.contains(word))))
            .map(|(_, name)| *name);
        // A form of the gallery is filled with data that were given for it; what steps have found is told by a report.
        let given = self
            .values
            .iter()
            .any(|value| value.step.is_none() && matches!(value.what, What::Records | What::Object | What::Artifact(Form::Data)));
        let found = self.steps.iter().any(|step| !step.bridge);
        if template.is_none() && found && !given {
            return self.report();
        }
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
        if template.is_none() && matches!(value.what, What::Artifact(Form::Table)) {
            return Err(self.missing("the data that fill the template", "Give them as JSON, in the form that the template wants."));
        }
        // Names in the gaps that are columns are those of one row.
        let by_row =
            template.is_some_and(|place| self.values[place].template) && matches!(value.what, What::Artifact(Form::Table) | What::Records);
        let each = by_row
            || sentence
                .iter()
                .chain(&self.reading.tokens)
                .any(|token| token.is_any(&["each", "every", "per", "everybody", "everyone", "all", "whoever"]));
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
}
