//! How is a changelog written, in the form of Keep a Changelog?

use std::fmt::Write;

use super::Style;
use super::entries::{Entry, Group, Release};
use crate::template::escape_markdown;

const GROUPS: [(Group, &str); 7] = [
    (Group::Added, "Added"),
    (Group::Changed, "Changed"),
    (Group::Deprecated, "Deprecated"),
    (Group::Removed, "Removed"),
    (Group::Fixed, "Fixed"),
    (Group::Security, "Security"),
    (Group::Internal, "Internal"),
];

pub(super) fn write(releases: &[Release], style: &Style<'_>) -> String {
    let mut text = if style.heading { "# Changelog\n".to_owned() } else { String::new() };
    for (place, release) in releases.iter().enumerate() {
        let tag = release.version.as_deref();
        let version = tag.or(style.version);
        let named = version.map_or("Unreleased", |version| {
            version.strip_prefix('v').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit())).unwrap_or(version)
        });
        let before = releases.get(place + 1).and_then(|release| release.version.as_deref());
        let linked = match (style.repository, before) {
            (Some(repository), Some(before)) => {
                format!("[{}](<{repository}/compare/{before}...{}>)", escape_markdown(named), tag.or(style.version).unwrap_or("HEAD"))
            }
            _ => escape_markdown(named),
        };
        let date = if tag.is_some() { release.date.as_deref() } else { style.date.filter(|_| version.is_some()) };
        let date = date.map_or_else(String::new, |date| format!(" - {}", escape_markdown(date)));
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {linked}{date}\n");
        let breaking: Vec<&Entry> = release.entries.iter().filter(|entry| entry.breaking.is_some()).collect();
        if !breaking.is_empty() {
            text.push_str("\n### Breaking changes\n\n");
            for entry in breaking {
                line(&mut text, entry, &broken(entry), style.repository);
            }
        }
        for (group, heading) in GROUPS.into_iter().filter(|(group, _)| style.internal || *group != Group::Internal) {
            // What breaks is told above, and once.
            let mut entries: Vec<&Entry> =
                release.entries.iter().filter(|entry| entry.group == group && entry.breaking.is_none()).collect();
            if entries.is_empty() {
                continue;
            }
            // Parts of a program together, and what concerns all of it first.
            entries.sort_by(|a, b| a.scope.cmp(&b.scope));
            let _ = write!(text, "\n### {heading}\n\n");
            for entry in entries {
                line(&mut text, entry, &entry.text, style.repository);
            }
        }
        if release.entries.iter().all(|entry| !style.internal && entry.group == Group::Internal && entry.breaking.is_none()) {
            text.push_str("\nNothing that concerns users.\n");
        }
    }
    text.trim_start().to_owned()
}

/// What a change is and what it breaks, without saying the same twice.
fn broken(entry: &Entry) -> String {
    let said = entry.breaking.as_deref().unwrap_or_default();
    let (change, breaks) = (entry.text.to_lowercase(), said.to_lowercase());
    if said.is_empty() || change.contains(breaks.trim_end_matches('.')) {
        entry.text.clone()
    } else if breaks.contains(&change) {
        said.to_owned()
    } else {
        format!("{}: {said}", entry.text)
    }
}

fn line(text: &mut String, entry: &Entry, said: &str, repository: Option<&str>) {
    text.push_str("- ");
    if let Some(scope) = &entry.scope {
        let _ = write!(text, "**{}:** ", escape_markdown(scope));
    }
    let mut bare = said.to_owned();
    for issue in &entry.issues {
        bare = bare.replace(&format!(" (#{issue})"), "");
    }
    text.push_str(&escape_markdown(&bare.split_whitespace().collect::<Vec<_>>().join(" ")));
    let mut marks: Vec<String> = entry
        .issues
        .iter()
        .map(|issue| repository.map_or_else(|| format!("#{issue}"), |repository| format!("[#{issue}](<{repository}/issues/{issue}>)")))
        .collect();
    if let Some(repository) = repository {
        marks.extend(entry.hashes.iter().map(|hash| format!("[`{}`](<{repository}/commit/{hash}>)", &hash[..hash.len().min(7)])));
    }
    if !marks.is_empty() {
        let _ = write!(text, " ({})", marks.join(", "));
    }
    text.push('\n');
}
