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
}

impl Scene {
    pub(crate) fn of(given: &[Given], tokens: &[Token]) -> Self {
        let mut scene = Self::default();
        let mut values: Vec<Value> = given.iter().map(Value::of_input).collect();
        values.extend(tokens.iter().filter(|token| token.kind == Kind::Address).map(|token| Value::of_address(&token.text)));
        for value in &values {
            scene.given = true;
            let address = value.literal.as_deref().unwrap_or_default().to_lowercase();
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
        scene.mail = given.iter().any(|one| {
            one.file.as_deref().is_some_and(|file| file.to_lowercase().ends_with(".eml"))
                || one.media_type.as_deref() == Some("message/rfc822")
        });
        scene
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
