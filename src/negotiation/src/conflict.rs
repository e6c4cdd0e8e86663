//! What becomes of a change that stands on an old version? Versions with compare-and-set, conflicts, and how they are settled.
//!
//! A version is stored only over the one it stands on ([`store`]). A change that comes too late becomes a [`Conflict`]: [`review`] says what can be merged, the
//! conflict's [`Strategy`] what happens first, and [`Conflict::apply`] who may settle it: once, and only by who has seen how it stands now.

use baton_domain::id::ArtifactId;
use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::merge::{Disagreement, JsonOptions, Labels, TableOptions, merge_json, merge_tables, merge_texts};

/// The most places that a conflict lists; the number of all of them stands beside.
pub const MAXIMUM_FINDINGS: usize = 200;
/// The most that is shown of each version at a place, in bytes.
pub const MAXIMUM_SHOWN: usize = 4_096;

/// Where a version is put: over the one that it stands on, or nowhere.
///
/// `head` is the number of the newest version, nothing where there is none; `base` is the one that the change stands on. The answer is the number to store
/// it under. The comparison and the write belong into one transaction.
///
/// # Errors
/// [`Code::VersionConflict`] if another version was stored since, [`Code::InvalidRequest`] for a base that there never was.
pub fn store(head: Option<u64>, base: Option<u64>) -> Result<u64, Problem> {
    match (head, base) {
        (None, None) => Ok(1),
        (Some(head), Some(base)) if head == base => Ok(head + 1),
        (head, Some(base)) if head.is_none_or(|head| base > head) => {
            Err(Problem::invalid_field("base", format!("There is no version {base}. Give the number of the version that was read.")))
        }
        (head, base) => {
            let was = base.map_or_else(|| "no version at all".to_owned(), |base| format!("version {base}"));
            let detail = format!("The change stands on {was}, and version {} has been stored since.", head.unwrap_or(0));
            Err(Problem::new(Code::VersionConflict, detail))
        }
    }
}

/// How contents are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Form {
    /// By lines.
    Text,
    /// By members and items.
    Json(JsonOptions),
    /// By rows and cells.
    Table(TableOptions),
    /// Not at all: one version or the other.
    Whole,
}

/// A place where two changes disagree, whatever the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where: `line 12`, a JSON Pointer, or `row / column`.
    pub place: String,
    /// How.
    pub kind: Disagreement,
    /// What it was; cut if it is long, nothing if it was not there.
    pub base: Option<String>,
    /// What one made of it.
    pub ours: Option<String>,
    /// What the other made of it.
    pub theirs: Option<String>,
}

/// What a merge would make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The merged content, if nothing disagrees.
    pub merged: Option<String>,
    /// The first places where the changes disagree.
    pub findings: Vec<Finding>,
    /// In how many places they do.
    pub total: usize,
    /// Which version the merged content is to the byte, if it is one of them: then that one is kept, also where it is no text.
    #[serde(default)]
    pub same_as: Option<Choice>,
}

impl Review {
    fn of(text: String, findings: Vec<Finding>, total: usize) -> Self {
        let merged = (total == 0).then_some(text);
        Self { merged, findings: findings.into_iter().take(MAXIMUM_FINDINGS).collect(), total, same_as: None }
    }
}

/// Merges three versions, and says where they disagree. Without a base, both were made anew.
///
/// Contents in the [`Form::Whole`] disagree as a whole unless only one changed.
///
/// # Errors
/// [`Code::NotMergeable`] for contents that are not of that form, naming the version; [`Code::MergeTooLarge`] beyond the bounds.
pub fn review(form: &Form, base: Option<&[u8]>, ours: &[u8], theirs: &[u8]) -> Result<Review, Problem> {
    let text = |bytes: Option<&[u8]>, which: &str| {
        std::str::from_utf8(bytes.unwrap_or_default())
            .map(str::to_owned)
            .map_err(|error| Problem::new(Code::NotMergeable, format!("The version `{which}` is no UTF-8 text: {error}.")))
    };
    if matches!(form, Form::Whole) {
        let same = |one: Option<&[u8]>, other: &[u8]| one == Some(other);
        if ours == theirs || same(base, theirs) || same(base, ours) {
            let taken = if same(base, ours) { theirs } else { ours };
            // What is no text is not carried along here: which version it is says all.
            let same_as = Some(if ours == taken { Choice::Ours } else { Choice::Theirs });
            return Ok(Review { merged: String::from_utf8(taken.to_vec()).ok(), findings: Vec::new(), total: 0, same_as });
        }
        let size = |bytes: &[u8]| Some(format!("{} bytes", bytes.len()));
        let kind = if base.is_none() { Disagreement::Added } else { Disagreement::Changed };
        let finding = Finding { place: String::new(), kind, base: base.and_then(size), ours: size(ours), theirs: size(theirs) };
        return Ok(Review { merged: None, findings: vec![finding], total: 1, same_as: None });
    }
    let (was, mine, its) = (text(base, "base")?, text(Some(ours), "ours")?, text(Some(theirs), "theirs")?);
    match form {
        Form::Text | Form::Whole => {
            let merged = merge_texts(&was, &mine, &its, &Labels::default())?;
            let findings = merged.conflicts.into_iter().map(|hunk| Finding {
                place: format!("line {}", hunk.line),
                kind: if base.is_none() { Disagreement::Added } else { Disagreement::Changed },
                base: Some(cut(hunk.base)),
                ours: Some(cut(hunk.ours)),
                theirs: Some(cut(hunk.theirs)),
            });
            let findings: Vec<Finding> = findings.collect();
            let total = findings.len();
            Ok(Review::of(merged.text, findings, total))
        }
        Form::Json(options) => {
            let read = |text: &str, which: &str| -> Result<Value, Problem> {
                serde_json::from_str(text)
                    .map_err(|error| Problem::new(Code::NotMergeable, format!("The version `{which}` is no JSON: {error}.")))
            };
            let base = base.map(|_| read(&was, "base")).transpose()?;
            let merged = merge_json(base.as_ref(), &read(&mine, "ours")?, &read(&its, "theirs")?, options)?;
            let shown = |value: Option<Value>| value.map(|value| cut(value.to_string()));
            let findings = merged.conflicts.into_iter().map(|conflict| Finding {
                place: conflict.pointer,
                kind: conflict.kind,
                base: shown(conflict.base),
                ours: shown(conflict.ours),
                theirs: shown(conflict.theirs),
            });
            let findings = findings.collect();
            let text = serde_json::to_string_pretty(&merged.value)
                .map_err(|error| Problem::new(Code::Internal, format!("The merged document could not be written: {error}.")))?;
            Ok(Review::of(text + "\n", findings, merged.total))
        }
        Form::Table(options) => {
            let merged = merge_tables(base.map(|_| was.as_str()), &mine, &its, options)?;
            let findings = merged.conflicts.into_iter().map(|conflict| Finding {
                place: cut([conflict.row.join(", "), conflict.column.unwrap_or_default()].join(" / ")),
                kind: conflict.kind,
                base: conflict.base.map(cut),
                ours: conflict.ours.map(cut),
                theirs: conflict.theirs.map(cut),
            });
            let findings = findings.collect();
            Ok(Review::of(merged.text, findings, merged.total))
        }
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAXIMUM_SHOWN {
        let end = (0..=MAXIMUM_SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What happens to a conflict first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The later change is stored over the earlier, which stays among the versions.
    LastWrite,
    /// What can be merged is merged, and a person asked otherwise.
    #[default]
    Merge,
    /// Agents vote on what to keep.
    Vote,
    /// A person is asked.
    Escalate,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// What is stored.
    Ours,
    /// What was to be stored.
    Theirs,
    /// What a merge made, where nothing disagrees.
    Merged,
    /// What somebody made of them, by its fingerprint.
    Edited {
        /// The SHA-256 of the content.
        hash: String,
    },
}

/// What a strategy asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum First {
    /// Settle it so, at once.
    Settle(Choice),
    /// Open a decision between these.
    Vote(Vec<Choice>),
    /// Ask a person.
    Ask,
}

impl Strategy {
    /// What happens first, by whether everything can be merged.
    #[must_use]
    pub fn first(self, clean: bool) -> First {
        match (self, clean) {
            (Self::LastWrite, _) => First::Settle(Choice::Theirs),
            (Self::Merge, true) => First::Settle(Choice::Merged),
            (Self::Vote, true) => First::Vote(vec![Choice::Ours, Choice::Theirs, Choice::Merged]),
            (Self::Vote, false) => First::Vote(vec![Choice::Ours, Choice::Theirs]),
            (Self::Merge, false) | (Self::Escalate, _) => First::Ask,
        }
    }
}

/// How a conflict stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// It waits for somebody.
    Open {
        /// Whether a person was asked.
        escalated: bool,
    },
    /// It is voted on.
    Voting {
        /// In which decision.
        decision: Uuid,
    },
    /// It is settled.
    Resolved {
        /// By whom.
        by: String,
        /// What was kept.
        choice: Choice,
        /// The version that came of it; nothing if what was stored stays.
        version: Option<u64>,
        /// When.
        at: Timestamp,
    },
    /// It does not matter.
    Dismissed {
        /// By whom.
        by: String,
        /// Why.
        because: String,
        /// When.
        at: Timestamp,
    },
}

/// A change that could not be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id.
    pub id: Uuid,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The version that the change stands on.
    pub base: Option<u64>,
    /// The version that it was compared with: the newest one then.
    pub ours: u64,
    /// The fingerprint of the change.
    pub theirs: String,
    /// Whose change it is.
    pub by: String,
    /// When.
    pub opened_at: Timestamp,
    /// How it is merged.
    pub form: Form,
    /// What happens first.
    pub strategy: Strategy,
    /// Whether a merge finds nothing that disagrees.
    pub clean: bool,
    /// The first places where the changes disagree.
    pub findings: Vec<Finding>,
    /// In how many places they do.
    pub total: usize,
    /// How it stands.
    pub state: State,
    /// How often it has changed: who settles it says which one was seen.
    pub revision: u64,
}

/// What can be done with a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A decision on it was opened.
    Vote {
        /// The revision that was seen.
        seen: u64,
        /// The decision.
        decision: Uuid,
    },
    /// The decision has its verdict.
    Verdict {
        /// The decision.
        decision: Uuid,
        /// What was voted for; nothing if there was no verdict, and then a person is asked.
        choice: Option<Choice>,
    },
    /// A person is asked.
    Escalate {
        /// The revision that was seen.
        seen: u64,
    },
    /// Somebody settles it.
    Resolve {
        /// The revision that was seen.
        seen: u64,
        /// By whom.
        by: String,
        /// What is kept.
        choice: Choice,
    },
    /// Somebody says that it does not matter.
    Dismiss {
        /// The revision that was seen.
        seen: u64,
        /// By whom.
        by: String,
        /// Why.
        because: String,
    },
    /// It was compared anew with a newer version.
    Renew {
        /// Which.
        ours: u64,
        /// What a merge finds now.
        review: Review,
    },
}

/// What is to be stored of a resolution, in the transaction of the conflict itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What becomes the new version.
    pub choice: Choice,
    /// Its number; the one before must be the newest still.
    pub version: u64,
}

impl Conflict {
    /// Carries out a command. `head` is the number of the artifact's newest version, read in the same transaction.
    ///
    /// Of two who settle it at once, or who settle two conflicts of one artifact at once, one succeeds, and the other is told to look again.
    ///
    /// # Errors
    /// [`Code::ConflictSettled`] after the end, [`Code::ConflictMoved`] for who has seen an older revision or where the artifact has a newer version,
    /// [`Code::ConflictStepRefused`] for a verdict on what is not voted on and a merge of what disagrees.
    pub fn apply(&mut self, command: Command, head: u64, now: Timestamp) -> Result<Option<Write>, Problem> {
        match &self.state {
            State::Resolved { by, .. } => return Err(Problem::new(Code::ConflictSettled, format!("{by} has settled this conflict."))),
            State::Dismissed { by, .. } => return Err(Problem::new(Code::ConflictSettled, format!("{by} has dismissed this conflict."))),
            State::Open { .. } | State::Voting { .. } => {}
        }
        let refused = |what: &str| Err(Problem::new(Code::ConflictStepRefused, what.to_owned()));
        match command {
            Command::Vote { seen, decision } => {
                self.check_seen(seen)?;
                if matches!(self.state, State::Voting { .. }) {
                    return refused("The conflict is voted on already.");
                }
                self.change(State::Voting { decision });
                Ok(None)
            }
            Command::Verdict { decision, choice } => match (&self.state, choice) {
                (State::Voting { decision: running }, choice) if *running == decision => match choice {
                    Some(choice) if !matches!(Strategy::Vote.first(self.clean), First::Vote(all) if all.contains(&choice)) => {
                        refused("The verdict is none of the choices that were put to the vote.")
                    }
                    Some(choice) => self.settle(format!("decision:{decision}"), choice, head, now),
                    None => {
                        self.change(State::Open { escalated: true });
                        Ok(None)
                    }
                },
                _ => refused("The conflict is not voted on in this decision; it may have been compared anew since."),
            },
            Command::Escalate { seen } => {
                self.check_seen(seen)?;
                self.change(State::Open { escalated: true });
                Ok(None)
            }
            Command::Resolve { seen, by, choice } => {
                self.check_seen(seen)?;
                self.settle(by, choice, head, now)
            }
            Command::Dismiss { seen, by, because } => {
                self.check_seen(seen)?;
                self.change(State::Dismissed { by, because: cut(because), at: now });
                Ok(None)
            }
            Command::Renew { ours, review } => {
                if ours <= self.ours {
                    return Ok(None);
                }
                (self.ours, self.clean, self.findings, self.total) = (ours, review.total == 0, review.findings, review.total);
                // Whoever votes, votes on something that is no more.
                let escalated = matches!(self.state, State::Open { escalated: true });
                self.change(State::Open { escalated });
                Ok(None)
            }
        }
    }

    fn check_seen(&self, seen: u64) -> Result<(), Problem> {
        if seen == self.revision {
            return Ok(());
        }
        let detail = format!("The conflict has changed: it was seen at revision {seen} and is at {} now. Look again.", self.revision);
        Err(Problem::new(Code::ConflictMoved, detail))
    }

    fn settle(&mut self, by: String, choice: Choice, head: u64, now: Timestamp) -> Result<Option<Write>, Problem> {
        if head != self.ours {
            let detail =
                format!("Version {head} of the artifact has been stored since; the conflict is about version {}. Look again.", self.ours);
            return Err(Problem::new(Code::ConflictMoved, detail));
        }
        if choice == Choice::Merged && !self.clean {
            let detail = format!("The changes disagree in {} places, so there is no merged version to keep.", self.total);
            return Err(Problem::new(Code::ConflictStepRefused, detail));
        }
        let write = (choice != Choice::Ours).then(|| Write { choice: choice.clone(), version: head + 1 });
        self.change(State::Resolved { by, choice, version: write.as_ref().map(|write| write.version), at: now });
        Ok(write)
    }

    fn change(&mut self, state: State) {
        self.revision += 1;
        self.state = state;
    }
}
