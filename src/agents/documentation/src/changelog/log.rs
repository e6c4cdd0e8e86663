//! Which commits does a log hold, in whichever of git's forms it is?

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

/// The most commits.
pub(crate) const MAXIMUM_COMMITS: usize = 20_000;

/// A commit as the log has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Commit {
    pub(super) hash: Option<String>,
    /// Versions that are tagged here.
    pub(super) tag: Option<String>,
    /// As `2026-05-03`, if the log says it so.
    pub(super) date: Option<String>,
    pub(super) subject: String,
    pub(super) body: String,
}

/// Reads the commits of a log: git's own form, one line a commit, or subjects alone.
pub(super) fn commits(text: &str, step: &dyn Fn() -> Result<(), SkillError>) -> Result<Vec<Commit>, SkillError> {
    let full = text.lines().any(|line| header(line).is_some());
    let mut commits: Vec<Commit> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if number.is_multiple_of(4_096) {
            step()?;
        }
        if commits.len() > MAXIMUM_COMMITS {
            let message =
                format!("log: there are more than {MAXIMUM_COMMITS} commits. Give the log of fewer releases, as `git log v1.0..`.");
            return Err(SkillError::new(Code::DocumentTooLarge, message));
        }
        if full {
            of_full(line, &mut commits);
        } else if let Some(commit) = of_line(line) {
            commits.push(commit);
        }
    }
    commits.iter_mut().for_each(|commit| commit.body = commit.body.trim().to_owned());
    commits.retain(|commit| !commit.subject.is_empty());
    Ok(commits)
}

/// The hash and the decorations of a commit's first line.
fn header(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("commit ")?;
    let (hash, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    is_hash(hash, 40).then_some((hash, rest))
}

fn is_hash(text: &str, least: usize) -> bool {
    (least..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn of_full(line: &str, commits: &mut Vec<Commit>) {
    if let Some((hash, decorations)) = header(line) {
        commits.push(Commit { hash: Some(hash.to_owned()), tag: tag_of(decorations), ..Commit::default() });
        return;
    }
    let Some(commit) = commits.last_mut() else { return };
    if let Some(message) = line.strip_prefix("    ") {
        if commit.subject.is_empty() {
            commit.subject = message.trim().to_owned();
        } else {
            commit.body.push_str(message);
            commit.body.push('\n');
        }
    } else if let Some(date) = line.strip_prefix("Date:") {
        commit.date = date_of(date);
    } else if line.is_empty() && !commit.body.is_empty() {
        commit.body.push('\n');
    }
}

/// `abc1234 (tag: v1.0) subject`, perhaps with a graph before it; or a subject alone.
fn of_line(line: &str) -> Option<Commit> {
    let line = line.trim_start_matches(['*', '|', '\\', '/', '-', ' ', '\t']).trim();
    if line.is_empty() {
        return None;
    }
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    if !is_hash(first, 7) || rest.is_empty() {
        return Some(Commit { subject: line.to_owned(), ..Commit::default() });
    }
    let decorated = rest.strip_prefix('(').and_then(|inner| inner.split_once(") ")).filter(|(inner, _)| {
        inner.split(", ").all(|name| name.starts_with("tag: ") || name.contains("->") || name.contains('/') || !name.contains(' '))
    });
    // A subject may begin with a bracket, too: then it is no decoration unless it names something of git's.
    let (tag, subject) = match decorated {
        Some((inner, subject)) if inner.contains("tag: ") || inner.contains("HEAD") || inner.contains('/') => (tag_of(inner), subject),
        _ => (None, rest),
    };
    Some(Commit { hash: Some(first.to_owned()), tag, subject: subject.trim().to_owned(), ..Commit::default() })
}

/// The first tag that is a version, else the first.
fn tag_of(decorations: &str) -> Option<String> {
    let tags: Vec<&str> = decorations.trim().trim_matches(['(', ')']).split(", ").filter_map(|name| name.strip_prefix("tag: ")).collect();
    let version = tags.iter().find(|tag| tag.trim_start_matches('v').starts_with(|character: char| character.is_ascii_digit()));
    version.or(tags.first()).map(|tag| (*tag).to_owned())
}

/// `Sun May 3 14:00:00 2026 +0200` and `2026-05-03 …` as `2026-05-03`.
fn date_of(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() >= 10 && text.is_char_boundary(10) && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' {
        return Some(text[..10].to_owned());
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [_, month, day, _, year, ..] = parts[..] else { return None };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|name| *name == month)? + 1;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Commit> {
        commits(text, &|| Ok(())).unwrap()
    }

    #[test]
    fn every_form_of_gits_is_read() {
        let full = "commit 0123456789012345678901234567890123456789 (HEAD -> main, tag: v1.2.0)\nAuthor: A <a@b.c>\nDate:   Sun May 3 14:00:00 2026 +0200\n\n    feat: one\n    \n    Body of it.\n\ncommit 1123456789012345678901234567890123456789\nAuthor: A <a@b.c>\nDate:   2026-05-02 10:00:00 +0200\n\n    fix: two\n";
        let commits = read(full);
        assert_eq!(commits.len(), 2);
        assert_eq!(
            (commits[0].subject.as_str(), commits[0].body.as_str(), commits[0].tag.as_deref(), commits[0].date.as_deref()),
            ("feat: one", "Body of it.", Some("v1.2.0"), Some("2026-05-03"))
        );
        assert_eq!(commits[1].date.as_deref(), Some("2026-05-02"));
        let short = read("* abc1234 (HEAD -> main, tag: v2) Add a thing\n| * abc1235 (experimental) Second\n* deadbee third\n");
        assert_eq!(
            short.iter().map(|commit| commit.subject.as_str()).collect::<Vec<_>>(),
            ["Add a thing", "(experimental) Second", "third"]
        );
        assert_eq!(short[0].tag.as_deref(), Some("v2"));
        assert_eq!(read("Add x\nFix y\n")[1], Commit { subject: "Fix y".to_owned(), ..Commit::default() });
    }
}
