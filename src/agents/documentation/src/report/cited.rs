//! What does a report take from other tasks, and how does it say whose work that is?

use std::collections::BTreeMap;

use baton_agents_runtime::protocol::Cited;
use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::id::TaskId;
use baton_domain::problem::Code;

use super::Source;
use super::input::{MAXIMUM_CITED_BYTES, Section, SourceInput};

/// What sections cite of tasks, by the places of the sections. Each task becomes a source, unless it is one already.
pub(super) async fn results(
    context: &Context,
    sections: &[Section],
    sources: &mut Vec<Source>,
    site: &str,
) -> Result<BTreeMap<usize, Cited>, SkillError> {
    let mut results = BTreeMap::new();
    let mut bytes = 0;
    for (place, section) in sections.iter().enumerate() {
        let Some(task) = &section.task else { continue };
        context.check()?;
        let field = format!("sections/{place}/task");
        let task = id_of(task, &field)?;
        let cited = context.cite(task, Some(section.pointer.as_deref().unwrap_or_default())).await.map_err(|error| at(&field, error))?;
        bytes += serde_json::to_vec(&cited.value).map_or(0, |text| text.len());
        if bytes > MAXIMUM_CITED_BYTES {
            let message = format!(
                "{field}: what is cited of tasks has more than {MAXIMUM_CITED_BYTES} bytes together. Point at less of the results."
            );
            return Err(SkillError::new(Code::DocumentTooLarge, message));
        }
        if !sources.iter().any(|source| source.task == Some(task)) {
            sources.push(of(&cited, task.to_string(), cited.title.clone(), None, site));
        }
        results.insert(place, cited);
    }
    Ok(results)
}

/// A source that is a task's result.
pub(super) async fn source(context: &Context, source: SourceInput, task: &str, place: usize, site: &str) -> Result<Source, SkillError> {
    let field = format!("sources/{place}/task");
    if source.url.is_some() {
        return Err(SkillError::input(&format!("sources/{place}/url"), "a source is a task or an address; make two of them"));
    }
    let task = id_of(task, &field)?;
    let cited = context.cite(task, None).await.map_err(|error| at(&field, error))?;
    let more = [source.artifact.map(|artifact| format!("artifact {artifact}")), source.note];
    let more = more.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Ok(of(&cited, source.id, source.title, Some(more), site))
}

fn of(cited: &Cited, id: String, title: String, more: Option<String>, site: &str) -> Source {
    let by = [cited.agent.as_deref().unwrap_or("several agents"), cited.agent_version.as_deref().unwrap_or_default()];
    let by = by.join(" ");
    let by = by.trim_end();
    let mut place = format!("task {}: {} by {by}, {}", cited.task, cited.skill, cited.completed_at);
    if let Some(more) = more.filter(|more| !more.is_empty()) {
        place.push_str(", ");
        place.push_str(&more);
    }
    Source { id, title, place, link: Some(format!("{site}/tasks/{}", cited.task)), task: Some(cited.task) }
}

/// Where the installation is reached, without a slash at the end.
pub(super) fn site(given: &str) -> Result<String, SkillError> {
    let web = ["https://", "http://"].iter().any(|scheme| given.starts_with(scheme));
    let plain = |character: char| character.is_ascii_graphic() && !matches!(character, '<' | '>' | '(' | ')' | '"' | '?' | '#');
    if !given.is_empty() && (!web || !given.chars().all(plain)) {
        return Err(SkillError::input("site", "write where readers reach this installation, as https://baton.example.org"));
    }
    Ok(given.trim_end_matches('/').to_owned())
}

fn id_of(text: &str, field: &str) -> Result<TaskId, SkillError> {
    text.parse().map_err(|_| SkillError::input(field, format!("{text:?} is no id of a task; it is shown on the task's page")))
}

/// An error that names the field which it is about.
fn at(field: &str, error: SkillError) -> SkillError {
    SkillError { message: format!("{field}: {}", error.message), ..error }
}

pub(super) fn is_picture(file: &InputFile) -> bool {
    file.media_type.starts_with("image/")
}

pub(super) fn is_table(file: &InputFile) -> bool {
    let name = file.name.to_ascii_lowercase();
    file.media_type.starts_with("text/csv") || [".csv", ".tsv"].iter().any(|ending| name.ends_with(ending))
}

pub(super) fn cannot_be_shown(field: &str, file: &InputFile) -> SkillError {
    let message = format!("{} ({}) is neither a picture nor a table of CSV; cite another part of the result", file.name, file.media_type);
    SkillError::input(field, message)
}
