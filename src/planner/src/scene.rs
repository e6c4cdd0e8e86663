//! What is there to work on, seen from far: code, tables, texts, pages? Words mean one thing beside code and another beside a table.

use crate::given::{ColumnKind, Form, Given};
use crate::values::{Value, What};
use crate::words::{Kind, Token};

/// Which kinds of things a goal is given. Without any, nothing is ruled out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scene {
    /// Whether anything is given at all, as an input or as an address in the goal.
    given: bool,
    code: bool,
    /// Tables and records.
    tables: usize,
    /// A page, which may hold a table.
    may_hold_table: bool,
    /// A table with times and numbers.
    series: bool,
    /// A text, or a document that holds one.
    text: bool,
    /// A page, by its address or as a file.
    page: bool,
    mail: bool,
    /// A document that has to be read first.
    paper: bool,
    /// A file of which nothing is known, or data of any form: it may be anything.
    open: bool,
    connection: bool,
    /// How many single texts, documents and pages there are.
    texts: usize,
    /// Whether texts come as a list.
    many: bool,
    /// The log of a version control system.
    log: bool,
    /// A model that was trained before.
    model: bool,
    /// A table that lacks one column of another one.
    lacking: bool,
    /// A text with gaps.
    template: bool,
    /// Data that no table and no text is: records and objects.
    data: bool,
    /// Known weaknesses of packages.
    advisories: bool,
}

impl Scene {
    pub(crate) fn of(given: &[Given], tokens: &[Token]) -> Self {
        let mut scene = Self::default();
        let mut values: Vec<Value> = given.iter().map(Value::of_input).collect();
        values.extend(tokens.iter().filter(|token| token.kind == Kind::Address).map(|token| Value::of_address(&token.text)));
        for value in &values {
            scene.given = true;
            let address = value.place();
            let ends = |endings: &[&str]| endings.iter().any(|ending| address.ends_with(ending));
            let prose = value.columns.iter().any(|column| column.prose);
            match value.what {
                What::Artifact(Form::Source | Form::Archive) => scene.code = true,
                What::Artifact(Form::Table) | What::Records => {
                    scene.tables += 1;
                    // Of a table whose columns are not known, any may hold texts.
                    scene.text |= prose
                        || value.columns.is_empty()
                        || value.what == What::Records && value.columns.iter().any(|column| column.kind == ColumnKind::Text);
                }
                What::Artifact(Form::Prose) | What::Text => {
                    scene.text = true;
                }
                What::Artifact(Form::Paper) => {
                    scene.text = true;
                    scene.paper = true;
                }
                What::Artifact(Form::Page) => {
                    scene.page = true;
                    scene.text = true;
                    scene.tables += usize::from(!value.columns.is_empty());
                    scene.may_hold_table = true;
                }
                What::Address => {
                    scene.page = true;
                    scene.text |= !ends(&[".csv", ".tsv", ".parquet", ".py", ".js", ".go", ".rs"]);
                    scene.tables += usize::from(ends(&[".csv", ".tsv", ".parquet", ".ndjson"]));
                    scene.may_hold_table |= !ends(&[".py", ".js", ".go", ".rs", ".java", ".ts"]);
                    scene.code |= ends(&[".py", ".js", ".go", ".rs", ".java", ".ts", ".zip"]);
                }
                What::Artifact(Form::Data | Form::Unknown) | What::Other | What::Object => scene.open = true,
                What::Connection => scene.connection = true,
                _ => {}
            }
            scene.series |= value.columns.iter().any(|column| column.kind == ColumnKind::Time)
                && value.columns.iter().any(|column| column.kind == ColumnKind::Number);
        }
        scene.seen(given, &values);
        scene.mail = given.iter().any(|one| {
            one.file.as_deref().is_some_and(|file| file.to_lowercase().ends_with(".eml"))
                || one.media_type.as_deref() == Some("message/rfc822")
        });
        scene
    }

    fn seen(&mut self, given: &[Given], values: &[Value]) {
        for value in values {
            let called = |stems: &[&str]| value.names.iter().flatten().any(|name| stems.iter().any(|stem| name.starts_with(stem)));
            let text = matches!(value.what, What::Text | What::Address | What::Artifact(Form::Prose | Form::Paper | Form::Page));
            self.texts += usize::from(text && !value.list);
            self.many |= text && value.list;
            self.log |= text && called(&["log", "commit", "gitlog", "histori", "git"]);
            self.model |= matches!(value.what, What::Artifact(Form::Data | Form::Unknown)) && called(&["model", "classifi", "regress"]);
            self.advisories |= called(&["advisor", "osv", "rustsec", "vulnerab"]);
            self.data |= matches!(value.what, What::Records | What::Object | What::Artifact(Form::Data));
            self.template |= value.template || text && called(&["templat"]);
        }
        let tables: Vec<&Given> = given.iter().filter(|one| !one.columns.is_empty()).collect();
        self.lacking = tables.iter().any(|one| tables.iter().any(|other| lacks_one(one, other)));
    }

    /// How much what is there speaks for a capability, as a logarithm of odds.
    pub(crate) fn favours(&self, capability: &str) -> f32 {
        if matches!(capability, crate::asking::NOTHING | crate::asking::IMPOSSIBLE) {
            return 0.0;
        }
        if !self.offers(capability) || (capability == "api_call" && !self.connection) {
            return -8.0;
        }
        if !self.given {
            return 0.0;
        }
        let either = |there: bool, yes: f32, no: f32| if there { yes } else { no };
        match capability {
            "changelog" => either(self.log, 2.0, either(self.text, -1.0, -8.0)),
            "parse" => either(self.mail || self.paper, 0.5, -0.5),
            "predict" => either(self.lacking, 2.5, either(self.model, 1.5, either(self.tables > 1, -1.0, -3.0))),
            "train" => either(self.lacking, -1.0, 0.0),
            "render" => either(self.template, 2.0, either(self.data, 0.0, -1.5)),
            "similarity" => either(self.texts > 1 || self.texts > 0 && self.many, 0.7, either(self.open, 0.0, -2.0)),
            "near_duplicates" => either(self.many || self.texts == 0, 0.5, either(self.texts == 1, -0.7, 0.0)),
            "api_call" => 1.5,
            "metrics" | "security" | "performance" | "best_practices" => either(self.code, 0.5, -1.0),
            "secrets" => either(self.code || self.text || self.open, 0.0, -3.0),
            "dependencies" => either(self.advisories, 2.0, -2.0),
            "api_docs" => either(self.code || self.open, 0.0, -3.0),
            "forecast" => either(self.series || self.tables == 0 || self.open, 0.3, -2.0),
            "query" => either(self.tables > 1, 0.5, 0.0),
            "screenshot" | "render_page" => either(self.page, -1.0, -8.0),
            "fetch" | "ask" => -1.0,
            "note" => -0.5,
            _ => 0.0,
        }
    }

    /// Whether what a rule asks for is there: `code`, `table`, `tables`, `series`, `text`, `page`, `mail`, or `plain` for tables without texts.
    pub(crate) fn has(&self, guard: &str) -> bool {
        match guard {
            "" => true,
            "code" => self.code,
            "table" => self.tables > 0,
            "tables" => self.tables > 1,
            "series" => self.series,
            "text" => self.text,
            "page" => self.page,
            "mail" => self.mail,
            "plain" => self.tables > 0 && !self.text && !self.code,
            _ => false,
        }
    }

    /// Whether there is anything that a capability could work on, or could be made into that.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        if !self.given || self.open {
            return true;
        }
        match capability {
            "summarize" | "analyze" | "keywords" | "detect_language" | "sentiment" | "classify" | "near_duplicates" | "similarity"
            | "article" => self.text || self.connection,
            "translate" | "rewrite" | "explain" => self.text || self.code || self.connection,
            "profile" | "forecast" | "anomalies" | "train" | "predict" | "test" | "query" => {
                self.tables > 0 || self.may_hold_table || self.connection
            }
            "metrics" | "performance" | "best_practices" => self.code || self.text && self.tables == 0,
            "security" | "dependencies" => self.code || self.text || self.page,
            "parse" => self.paper || self.page || self.mail,
            "links" | "crawl" | "watch" | "tables" | "fetch" => self.page || self.connection,
            _ => true,
        }
    }
}

/// Whether a table has all columns of another one but one.
fn lacks_one(one: &Given, other: &Given) -> bool {
    let has = |table: &Given, name: &str| table.columns.iter().any(|column| column.name == name);
    one.name != other.name
        && one.columns.len() > 1
        && one.columns.iter().all(|column| has(other, &column.name))
        && other.columns.iter().filter(|column| !has(one, &column.name)).count() == 1
}
