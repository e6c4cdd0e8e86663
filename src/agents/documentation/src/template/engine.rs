//! What runs a template, and which failure does each of its ends become?

use std::collections::BTreeMap;
use std::io;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{escape, filters, tags};
use crate::limits::{MAXIMUM_OUTPUT_BYTES, MAXIMUM_TAG_SQUARES, TEMPLATE_DEPTH, TEMPLATE_FUEL, TEMPLATE_STACK};

/// What is written, and so how data is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// Nothing is escaped.
    Text,
    /// What Markdown would read as markup is escaped.
    Markdown,
    /// Markup is escaped.
    Html,
}

impl Format {
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

/// What a variable without a value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Missing {
    /// It ends the rendering; asking whether it is there is allowed.
    #[default]
    Fail,
    /// It writes nothing.
    Empty,
}

/// A template and the parts that it may include.
pub(crate) struct Template<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a str,
    pub(crate) partials: &'a BTreeMap<String, String>,
}

/// Renders a template. `step` is called as it writes, and ends it when it says so.
pub(crate) fn render(
    template: &Template<'_>,
    data: &Value,
    format: Format,
    missing: Missing,
    step: &(dyn Fn() -> Result<(), SkillError> + Sync),
) -> Result<String, SkillError> {
    let crashed = || SkillError::internal("the thread of a template could not be started, or crashed");
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("template".to_owned()).stack_size(TEMPLATE_STACK);
        let running = thread.spawn_scoped(scope, || on_this_thread(template, data, format, missing, step)).map_err(|_| crashed())?;
        running.join().map_err(|_| crashed())?
    })
}

fn on_this_thread(
    template: &Template<'_>,
    data: &Value,
    format: Format,
    missing: Missing,
    step: &dyn Fn() -> Result<(), SkillError>,
) -> Result<String, SkillError> {
    for source in template.partials.values().map(String::as_str).chain([template.source]) {
        if tags::squares(source) > MAXIMUM_TAG_SQUARES {
            let message = "template: its tags ({{ … }}, {% … %}) are too long: some 5,000 bytes for one, less for many. Give long values as data, and divide long expressions.";
            return Err(SkillError::new(Code::TemplateInvalid, message));
        }
    }
    let mut environment = environment(format, missing);
    for (name, source) in template.partials {
        environment.add_template(name, source).map_err(failure)?;
    }
    environment.add_template(template.name, template.source).map_err(failure)?;
    let compiled = environment.get_template(template.name).map_err(failure)?;
    let mut writer = Bounded { text: Vec::new(), full: false, stopped: None, step };
    let rendered = compiled.render_captured_to(minijinja::Value::from(Serde(data)), &mut writer).map(drop);
    if let Some(stopped) = writer.stopped {
        return Err(stopped);
    }
    if writer.full {
        let message = format!(
            "template: {} wrote more than {MAXIMUM_OUTPUT_BYTES} bytes. Write less, or several documents: mostly a loop runs over too much.",
            template.name
        );
        return Err(SkillError::new(Code::TemplateExhausted, message));
    }
    rendered.map_err(failure)?;
    String::from_utf8(writer.text).map_err(|_| SkillError::internal("a template wrote bytes that are not UTF-8"))
}

fn environment<'a>(format: Format, missing: Missing) -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(TEMPLATE_FUEL));
    environment.set_recursion_limit(TEMPLATE_DEPTH);
    environment.set_undefined_behavior(match missing {
        Missing::Fail => UndefinedBehavior::SemiStrict,
        Missing::Empty => UndefinedBehavior::Chainable,
    });
    // A block's own line leaves nothing behind; a syntax with the delimiters of old cannot be wrong.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    // The format is the task's, whatever a template or a partial is called.
    environment.set_auto_escape_callback(move |_| match format {
        Format::Text => AutoEscape::None,
        Format::Markdown => AutoEscape::Custom("markdown".into()),
        Format::Html => AutoEscape::Html,
    });
    environment.set_formatter(escape::formatter);
    filters::add(&mut environment, format);
    environment
}

/// Takes what is written until it is too much.
struct Bounded<'a> {
    text: Vec<u8>,
    full: bool,
    stopped: Option<SkillError>,
    step: &'a dyn Fn() -> Result<(), SkillError>,
}

impl io::Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = (self.step)() {
            self.stopped = Some(error);
            return Err(io::Error::other("stopped"));
        }
        if self.text.len() + bytes.len() > MAXIMUM_OUTPUT_BYTES {
            self.full = true;
            return Err(io::Error::other("full"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The failure of a task whose template ended so. The innermost error says what was wrong, the outer ones only where.
fn failure(error: Error) -> SkillError {
    let mut innermost = &error;
    let mut source = std::error::Error::source(&error);
    while let Some(next) = source {
        if let Some(inner) = next.downcast_ref::<Error>() {
            innermost = inner;
        }
        source = next.source();
    }
    let place = match (innermost.name(), innermost.line()) {
        (Some(name), Some(line)) => format!("{name}, line {line}: "),
        _ => String::new(),
    };
    let what = innermost.detail().map_or_else(|| innermost.kind().to_string(), |detail| format!("{}: {detail}", innermost.kind()));
    let exhausted = innermost.kind() == ErrorKind::OutOfFuel || innermost.detail().is_some_and(|detail| detail.contains("recursion limit"));
    let (code, advice) = match innermost.kind() {
        _ if exhausted => {
            (Code::TemplateExhausted, "It runs too long, needs too much memory or calls itself: give its loops and calls an end.")
        }
        ErrorKind::SyntaxError | ErrorKind::BadEscape | ErrorKind::InvalidDelimiter => {
            (Code::TemplateInvalid, "Correct the template at this line.")
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => (
            Code::TemplateInvalid,
            "Use one that exists, as in Jinja; `date`, `number`, `money`, `percent`, `markdown`, `line`, `url` and `table` come with it.",
        ),
        ErrorKind::TemplateNotFound | ErrorKind::UnknownBlock => (Code::TemplateInvalid, "Give the part in `partials` under this name."),
        ErrorKind::UndefinedError => {
            (Code::TemplateFailed, "The data lacks this value: add it, write `| default(\"…\")`, or set `missing` to `empty`.")
        }
        _ => (Code::TemplateFailed, "Correct the template or its data."),
    };
    SkillError::new(code, format!("template: {place}{what}. {advice}"))
}
