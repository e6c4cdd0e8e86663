//! What of a user's own do reviews and the search for secrets use: texts, files of the task, and the folder that the installation keeps?

use std::path::Path;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::Value;

use crate::engine::rule::{self, Flow, MAXIMUM_RULE_BYTES, MAXIMUM_RULE_FILES};
use crate::files::{self, File};
use crate::secrets::formats;
use crate::source;

/// What stands in a text: rules and what they know for reviews, formats for the search for secrets. Each takes its own, so that one folder
/// serves both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    #[serde(default)]
    pub(crate) rule: Vec<rule::Written>,
    #[serde(default)]
    pub(crate) flow: Vec<Flow>,
    #[serde(default)]
    pub(crate) secret: Vec<formats::Written>,
}

/// Reads a text; `name` is what messages call it.
///
/// # Errors
/// `CODE-004` with the line that is wrong.
pub(crate) fn parse(name: &str, text: &str) -> Result<Document, SkillError> {
    toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        malformed(format!("{name}, line {line}: {}.", error.message().replace('\n', " ")))
    })
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or(text).matches('\n').count() + 1
}

/// What is said of a rule or a format that cannot be used.
pub(crate) fn malformed(message: String) -> SkillError {
    SkillError::new(Code::RuleMalformed, message)
}

/// Refuses more text than is read.
///
/// # Errors
/// `CODE-004`.
pub(crate) fn within(own: &[(String, String)]) -> Result<(), SkillError> {
    let bytes: usize = own.iter().map(|(_, text)| text.len()).sum();
    if bytes > MAXIMUM_RULE_BYTES {
        return Err(malformed(format!("rules: they have {bytes} bytes; at most {MAXIMUM_RULE_BYTES} are read.")));
    }
    Ok(())
}

/// The texts that a task brings, with what messages call them.
///
/// # Errors
/// If a file cannot be read, is too large or is no text.
pub(crate) async fn given(context: &Context, text: Option<&str>, artifacts: &[String]) -> Result<Vec<(String, String)>, SkillError> {
    let mut own: Vec<(String, String)> = text.iter().map(|text| ("rules".to_owned(), (*text).to_owned())).collect();
    for id in artifacts {
        let file = source::of(context, None, Some(id))
            .await
            .map_err(|error| SkillError { message: format!("rule_files: {}", error.message), ..error })?;
        own.push((file.file_name.unwrap_or_else(|| "rule_files".to_owned()), file.text));
    }
    Ok(own)
}

/// The texts that the installation keeps in a folder, with the names of their files. Runs on a thread of its own.
///
/// # Errors
/// `CODE-004` if there are too many; if the folder or a file cannot be read.
pub(crate) fn kept(context: &Context, folder: &Path) -> Result<Vec<(String, String)>, SkillError> {
    let files = files::read_folder(context, folder, |name: &str| name.ends_with(".toml"))?;
    if files.files.len() > MAXIMUM_RULE_FILES {
        return Err(malformed(format!("the folder of kept rules has {} files; at most {MAXIMUM_RULE_FILES} are read", files.files.len())));
    }
    for (name, why) in &files.skipped {
        context.warn(format!("{name} of the kept rules is left out: {why}"), Value::Null);
    }
    let named = |file: &File| -> Result<(String, String), SkillError> { Ok((format!("kept {}", file.name), file.text()?.to_owned())) };
    files.files.iter().map(named).collect()
}
