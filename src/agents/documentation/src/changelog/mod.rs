//! How does a git log become a changelog that people read?

mod entries;
mod log;
mod write;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::files;
use crate::limits::MAXIMUM_SHOWN_BYTES;
use crate::markdown::is_safe_address;
use crate::template::Format;

pub(crate) use entries::Group;
pub(crate) use log::MAXIMUM_COMMITS;

/// The most characters of a log within the input.
pub(crate) const MAXIMUM_LOG_CHARACTERS: usize = 200_000;
/// The most bytes of a log's file.
pub(crate) const MAXIMUM_LOG_BYTES: u64 = 16 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    log: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
    date: Option<String>,
    repository: Option<String>,
    #[serde(default)]
    internal: bool,
    #[serde(default = "yes")]
    heading: bool,
}

const fn yes() -> bool {
    true
}

/// How a changelog is written.
struct Style<'a> {
    /// What commits without a tag are released as.
    version: Option<&'a str>,
    date: Option<&'a str>,
    /// The repository's address, without a slash at its end.
    repository: Option<&'a str>,
    internal: bool,
    heading: bool,
}

/// Writes the changelog of an input.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = match (&input.log, &input.artifact) {
        (Some(log), None) => log.clone(),
        (None, Some(id)) => files::text(&context, "artifact", id, MAXIMUM_LOG_BYTES).await?.text,
        _ => return Err(SkillError::input("log", "give either `log` or `artifact`, not both and not neither")),
    };
    if input.repository.as_ref().is_some_and(|address| !is_safe_address(address) || !address.contains("://")) {
        return Err(SkillError::input("repository", "write the address as https://host/owner/name"));
    }
    let repository = input.repository.as_deref().map(|address| address.trim_end_matches('/').trim_end_matches(".git").to_owned());
    let (markdown, releases, skipped) = context
        .blocking(move |context| {
            let _span = context.span("changelog");
            let commits = log::commits(&text, &|| context.check())?;
            context.info(format!("read {} commits", commits.len()), Value::Null);
            let (releases, skipped) = entries::releases(commits);
            let style = Style {
                version: input.version.as_deref(),
                date: input.date.as_deref(),
                repository: repository.as_deref(),
                internal: input.internal,
                heading: input.heading,
            };
            Ok((write::write(&releases, &style), summaries(&releases, &style), skipped))
        })
        .await?;
    if releases.is_empty() {
        let message =
            "log: no commit was found. Give the output of `git log` or `git log --oneline --decorate`, or a subject in each line.";
        return Err(SkillError::new(Code::NothingToDocument, message));
    }
    let artifact = context.store("CHANGELOG.md", Format::Markdown.media_type(), markdown.as_bytes()).await?;
    let (shown, cut) = files::shown(&markdown, MAXIMUM_SHOWN_BYTES);
    let mut notes = Vec::new();
    if cut {
        notes.push(format!("The text is shown up to {} KB; the file has all of it.", MAXIMUM_SHOWN_BYTES / 1_000));
    }
    if skipped > 0 {
        notes.push(format!("{skipped} merges, repeated commits and commits that were taken back are left out."));
    }
    context.progress(1.0, "done");
    Ok(json!({"markdown": shown, "releases": releases, "artifact": artifact, "notes": notes}))
}

/// What each release holds, in figures.
fn summaries(releases: &[entries::Release], style: &Style<'_>) -> Vec<Value> {
    releases
        .iter()
        .map(|release| {
            // As they are written: what breaks stands there and nowhere else.
            let count = |group: Group| release.entries.iter().filter(|entry| entry.group == group && entry.breaking.is_none()).count();
            json!({
                "version": release.version.as_deref().or(style.version).unwrap_or("Unreleased"),
                "breaking": release.entries.iter().filter(|entry| entry.breaking.is_some()).count(),
                "added": count(Group::Added), "changed": count(Group::Changed) + count(Group::Deprecated) + count(Group::Removed),
                "fixed": count(Group::Fixed) + count(Group::Security), "internal": count(Group::Internal)
            })
        })
        .collect()
}
