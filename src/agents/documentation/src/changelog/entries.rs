//! What does a commit mean to a user, and to which release does it belong?

use std::collections::{HashMap, HashSet};

use super::log::Commit;

/// Where Keep a Changelog puts a change; what only concerns developers is internal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Added,
    Changed,
    Deprecated,
    Removed,
    Fixed,
    Security,
    Internal,
}

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) group: Group,
    pub(super) scope: Option<String>,
    pub(super) text: String,
    /// What breaks; empty if the commit only says that something does.
    pub(super) breaking: Option<String>,
    /// Of the commits that made it: more than one where one was repeated word for word, as a change that was picked onto a branch is.
    pub(super) hashes: Vec<String>,
    /// Numbers of issues that it names.
    pub(super) issues: Vec<String>,
}

impl Entry {
    /// Whether another commit says the same in the same words.
    fn says_what(&self, other: &Self) -> bool {
        // Those that take back something are counted one by one.
        !self.text.starts_with("Revert “")
            && (self.group, &self.scope, &self.text) == (other.group, &other.scope, &other.text)
            && (self.breaking == other.breaking || self.breaking.is_none() || other.breaking.is_none())
    }

    fn take_in(&mut self, other: Self) {
        self.hashes.extend(other.hashes);
        self.hashes.truncate(LISTED);
        self.issues.extend(other.issues);
        let mut seen = HashSet::new();
        self.issues.retain(|issue| seen.insert(issue.clone()));
        self.issues.truncate(LISTED);
        self.breaking = self.breaking.take().or(other.breaking);
    }
}

/// Among how many entries before it a repeated one is looked for.
const REPEATS: usize = 500;
/// How many issues and commits one entry names.
const LISTED: usize = 10;

/// Changes that came together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Release {
    pub(super) version: Option<String>,
    pub(super) date: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// The releases of a log, newest first as the log has them, and how many commits were left out.
pub(super) fn releases(commits: Vec<Commit>) -> (Vec<Release>, usize) {
    let mut releases: Vec<Release> = Vec::new();
    let mut skipped = 0;
    // A commit that takes back another one of the log takes both out.
    let mut reverts: HashMap<String, usize> = HashMap::new();
    for commit in commits {
        if releases.is_empty() || commit.tag.is_some() {
            releases.push(Release { version: commit.tag.clone(), date: commit.date.clone(), entries: Vec::new() });
        }
        if commit.subject.starts_with("Merge ") {
            skipped += 1;
            continue;
        }
        if let Some(count) = reverts.get_mut(&commit.subject).filter(|count| **count > 0) {
            *count -= 1;
            // Its reverting commit was noted as one that stands alone.
            skipped += 2;
            let text = format!("Revert “{}”", commit.subject);
            for release in &mut releases {
                if let Some(place) = release.entries.iter().position(|entry| entry.text == text) {
                    release.entries.remove(place);
                    break;
                }
            }
            continue;
        }
        let entry = match commit.subject.strip_prefix("Revert \"").and_then(|rest| rest.strip_suffix('"')) {
            Some(reverted) => {
                *reverts.entry(reverted.to_owned()).or_default() += 1;
                Entry {
                    text: format!("Revert “{reverted}”"),
                    group: Group::Changed,
                    scope: None,
                    breaking: None,
                    hashes: commit.hash.into_iter().collect(),
                    issues: Vec::new(),
                }
            }
            None => entry(commit),
        };
        if let Some(release) = releases.last_mut() {
            // Looked for among the last ones only: the log of one release may have 20,000.
            let known = release.entries.iter_mut().rev().take(REPEATS).find(|known| known.says_what(&entry));
            match known {
                Some(known) => {
                    skipped += 1;
                    known.take_in(entry);
                }
                None => release.entries.push(entry),
            }
        }
    }
    (releases, skipped)
}

fn entry(commit: Commit) -> Entry {
    let issues = issues(&format!("{} {}", commit.subject, commit.body));
    let footer = commit.body.lines().skip_while(|line| !line.starts_with("BREAKING CHANGE:") && !line.starts_with("BREAKING-CHANGE:"));
    let said: Vec<&str> = footer.take_while(|line| !line.trim().is_empty()).collect();
    let said = said.join(" ");
    let said = said.split_once(':').map(|(_, text)| text.trim().to_owned());
    let (group, scope, text, marked) = match conventional(&commit.subject) {
        Some((kind, scope, marked, text)) => (of_kind(kind, text), scope.map(str::to_owned), text, marked),
        None => (of_words(&commit.subject), None, commit.subject.as_str(), false),
    };
    let breaking = said.or_else(|| marked.then(String::new));
    // What breaks concerns users, whatever its kind.
    let group = if breaking.is_some() && group == Group::Internal { Group::Changed } else { group };
    let text = text.trim().trim_end_matches('.');
    let mut characters = text.chars();
    let text = characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default();
    Entry { group, scope, text, breaking, hashes: commit.hash.into_iter().collect(), issues }
}

/// `kind(scope)!: text` of Conventional Commits 1.0.
fn conventional(subject: &str) -> Option<(&str, Option<&str>, bool, &str)> {
    let (head, text) = subject.split_once(": ")?;
    let (head, marked) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
    let (kind, scope) = match head.split_once('(') {
        Some((kind, rest)) => (kind, Some(rest.strip_suffix(')')?)),
        None => (head, None),
    };
    let known = [
        "feat",
        "feature",
        "fix",
        "perf",
        "refactor",
        "docs",
        "doc",
        "style",
        "test",
        "tests",
        "build",
        "ci",
        "chore",
        "revert",
        "security",
        "deps",
        "deprecate",
        "remove",
        "hotfix",
        "bugfix",
        "change",
        "add",
    ];
    let lower = kind.to_ascii_lowercase();
    (known.contains(&lower.as_str()) && !text.trim().is_empty()).then_some((kind, scope, marked, text))
}

fn of_kind(kind: &str, text: &str) -> Group {
    match kind.to_ascii_lowercase().as_str() {
        "feat" | "feature" | "add" => match of_words(text) {
            group @ (Group::Removed | Group::Deprecated) => group,
            _ => Group::Added,
        },
        "fix" | "hotfix" | "bugfix" => {
            if of_words(text) == Group::Security {
                Group::Security
            } else {
                Group::Fixed
            }
        }
        "security" => Group::Security,
        "perf" | "revert" | "change" => Group::Changed,
        "deprecate" => Group::Deprecated,
        "remove" => Group::Removed,
        _ => Group::Internal,
    }
}

/// The group of a plain subject, by the word it begins with.
fn of_words(subject: &str) -> Group {
    let lower = subject.to_lowercase();
    if lower.contains("cve-") || lower.contains("vulnerab") || lower.starts_with("security") {
        return Group::Security;
    }
    let first: String = lower.chars().take_while(|character| character.is_alphabetic()).collect();
    match first.as_str() {
        "add" | "adds" | "added" | "introduce" | "introduces" | "introduced" | "implement" | "implements" | "implemented" | "support"
        | "supports" | "new" | "allow" | "allows" => Group::Added,
        "fix" | "fixes" | "fixed" | "correct" | "corrects" | "repair" | "repairs" | "resolve" | "resolves" | "prevent" | "prevents"
        | "avoid" | "avoids" | "handle" | "handles" => Group::Fixed,
        "remove" | "removes" | "removed" | "drop" | "drops" | "dropped" | "delete" | "deletes" | "deleted" => Group::Removed,
        "deprecate" | "deprecates" | "deprecated" => Group::Deprecated,
        "bump" | "bumps" | "test" | "tests" | "refactor" | "refactors" | "reformat" | "lint" | "typo" | "typos" | "release" | "wip"
        | "formatted" => Group::Internal,
        _ => Group::Changed,
    }
}

/// Numbers after `#`, each once.
fn issues(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (place, _) in text.match_indices('#') {
        let before = text[..place].chars().next_back();
        let number: String = text[place + 1..].chars().take_while(char::is_ascii_digit).collect();
        if (1..=9).contains(&number.len())
            && before.is_none_or(|character| !character.is_alphanumeric() && character != '&')
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    found.truncate(LISTED);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subject: &str, body: &str) -> Entry {
        entry(Commit { subject: subject.to_owned(), body: body.to_owned(), ..Commit::default() })
    }

    #[test]
    fn commits_are_grouped_by_what_they_mean() {
        for (subject, group) in [
            ("feat(api): pages", Group::Added),
            ("feat!: remove the old door", Group::Removed),
            ("fix: off by one", Group::Fixed),
            ("fix: CVE-2026-1 in the parser", Group::Security),
            ("chore(deps): bump x", Group::Internal),
            ("Adds a lamp", Group::Added),
            ("Drop Python 3.8", Group::Removed),
            ("note: this is no kind", Group::Changed),
            ("refactor!: move it", Group::Changed),
        ] {
            assert_eq!(of(subject, "").group, group, "{subject}");
        }
        assert_eq!(of("feat: x", "text\n\nBREAKING CHANGE: use y\nnow\n\nCloses #12, #7").breaking.as_deref(), Some("use y now"));
        assert_eq!(of("fix(ui): y (#12)", "Fixes #12 and #7; a#b, &#39;").issues, ["12", "7"]);
    }

    #[test]
    fn what_was_taken_back_is_left_out() {
        let commit = |subject: &str| Commit { subject: subject.to_owned(), ..Commit::default() };
        let (releases, skipped) =
            releases(vec![commit("Revert \"feat: a\""), commit("Merge branch 'x'"), commit("feat: a"), commit("feat: b")]);
        assert_eq!(releases[0].entries.iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>(), ["B"]);
        assert_eq!(skipped, 3);
    }

    #[test]
    fn what_is_said_twice_in_the_same_words_is_one_change() {
        let commit = |hash: &str, subject: &str| Commit { hash: Some(hash.to_owned()), subject: subject.to_owned(), ..Commit::default() };
        let tagged = Commit { tag: Some("v1".to_owned()), ..commit("e", "fix: a") };
        let all =
            vec![commit("a", "fix: a (#1)"), commit("b", "fix(x): a"), commit("c", "fix: a (#1)"), commit("d", "fix!: a (#1)"), tagged];
        let (releases, skipped) = releases(all);
        assert_eq!((releases[0].entries.len(), releases[1].entries.len(), skipped), (2, 1, 2));
        let first = &releases[0].entries[0];
        assert_eq!((first.hashes.join(""), first.issues.join(""), first.breaking.as_deref()), ("acd".to_owned(), "1".to_owned(), Some("")));
    }
}
