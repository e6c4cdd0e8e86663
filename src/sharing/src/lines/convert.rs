//! How are the words of the wire those of the rules?

use baton_domain::id::{ArtifactId, DecisionId};
use baton_domain::wire::conflict::{
    ArrayMerge, ConflictChoice, ConflictRegion, ConflictState, ConflictView, LineForm, LinePolicy, RegionKind,
};
use baton_negotiation::conflict::{Choice, Conflict, Finding, Form, State, Strategy};
use baton_negotiation::merge::{Arrays, Disagreement, JsonOptions, TableOptions};

use super::conflict::Opening;

/// The form that fits a media type.
pub(crate) fn form_of(media_type: &str) -> LineForm {
    let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match plain.as_str() {
        "application/json" => LineForm::Json { arrays: ArrayMerge::default(), at: Default::default() },
        "text/csv" | "text/tab-separated-values" => LineForm::Table { key: Vec::new(), delimiter: None },
        "application/xml" | "application/yaml" | "application/toml" | "application/javascript" | "application/sql" => LineForm::Text,
        other if other.ends_with("+json") => LineForm::Json { arrays: ArrayMerge::default(), at: Default::default() },
        other if other.starts_with("text/") || other.ends_with("+xml") || other.ends_with("+yaml") => LineForm::Text,
        _ => LineForm::Whole,
    }
}

fn arrays(arrays: &ArrayMerge) -> Arrays {
    match arrays {
        ArrayMerge::Whole => Arrays::Whole,
        ArrayMerge::ByValue => Arrays::ByValue,
        ArrayMerge::ByKey(member) => Arrays::ByKey(member.clone()),
    }
}

/// The form of the rules. What a table does not say of itself is read from its first line.
pub(crate) fn core_form(form: &LineForm, media_type: &str, content: &[u8]) -> Form {
    match form {
        LineForm::Text => Form::Text,
        LineForm::Whole => Form::Whole,
        LineForm::Json { arrays: all, at } => {
            Form::Json(JsonOptions { arrays: arrays(all), at: at.iter().map(|(place, how)| (place.clone(), arrays(how))).collect() })
        }
        LineForm::Table { key, delimiter } => {
            let tabs = media_type.starts_with("text/tab-separated-values");
            let delimiter = delimiter.unwrap_or(if tabs { '\t' } else { ',' });
            let key = if key.is_empty() { vec![first_column(content, delimiter)] } else { key.clone() };
            Form::Table(TableOptions { key, delimiter })
        }
    }
}

fn first_column(content: &[u8], delimiter: char) -> String {
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.trim_start_matches('\u{feff}').trim_end_matches('\r');
    if let Some(quoted) = line.strip_prefix('"') {
        // Two quotes are one in a name.
        let mut name = String::new();
        let mut letters = quoted.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '"' if letters.peek() == Some(&'"') => name.extend(letters.next()),
                '"' => break,
                letter => name.push(letter),
            }
        }
        return name;
    }
    line.split(delimiter).next().unwrap_or_default().to_owned()
}

/// The strategy of a policy that does not refuse.
pub(crate) fn strategy(policy: LinePolicy) -> Option<Strategy> {
    match policy {
        LinePolicy::Refuse => None,
        LinePolicy::Merge => Some(Strategy::Merge),
        LinePolicy::Vote => Some(Strategy::Vote),
        LinePolicy::Escalate => Some(Strategy::Escalate),
    }
}

pub(crate) fn choice_view(choice: &Choice) -> ConflictChoice {
    match choice {
        Choice::Ours => ConflictChoice::Ours,
        Choice::Theirs => ConflictChoice::Theirs,
        Choice::Merged => ConflictChoice::Merged,
        Choice::Edited { .. } => ConflictChoice::Edited,
    }
}

pub(crate) fn region(finding: Finding) -> ConflictRegion {
    let kind = match finding.kind {
        Disagreement::Changed => RegionKind::Changed,
        Disagreement::Removed => RegionKind::Removed,
        Disagreement::Added => RegionKind::Added,
        Disagreement::Order => RegionKind::Order,
    };
    ConflictRegion { place: finding.place, kind, base: finding.base, ours: finding.ours, theirs: finding.theirs }
}

/// A conflict as lists show it.
pub(crate) fn view(conflict: &Conflict, opening: &Opening) -> ConflictView {
    let mut view = ConflictView {
        id: baton_domain::id::ConflictId::new(conflict.id),
        line: opening.line.clone(),
        state: ConflictState::Open,
        escalated: false,
        clean: conflict.clean,
        places: conflict.total as u64,
        by: conflict.by.clone(),
        opened_at: conflict.opened_at,
        revision: conflict.revision,
        decision: None,
        choice: None,
        version: None,
        resolved_by: None,
        resolved_at: None,
        because: None,
    };
    match &conflict.state {
        State::Open { escalated } => view.escalated = *escalated,
        State::Voting { decision } => {
            (view.state, view.decision) = (ConflictState::Voting, Some(DecisionId::new(*decision)));
        }
        State::Resolved { by, choice, version, at } => {
            view.state = ConflictState::Resolved;
            (view.choice, view.version) = (Some(choice_view(choice)), *version);
            (view.resolved_by, view.resolved_at) = (Some(by.clone()), Some(*at));
        }
        State::Dismissed { by, because, at } => {
            view.state = ConflictState::Dismissed;
            (view.resolved_by, view.resolved_at, view.because) = (Some(by.clone()), Some(*at), Some(because.clone()));
        }
    }
    view
}

/// The choice of the rules. What is edited is known by its fingerprint.
pub(crate) fn core_choice(choice: ConflictChoice, edited: Option<&(ArtifactId, String)>) -> Choice {
    match choice {
        ConflictChoice::Ours => Choice::Ours,
        ConflictChoice::Theirs => Choice::Theirs,
        ConflictChoice::Merged => Choice::Merged,
        ConflictChoice::Edited => Choice::Edited { hash: edited.map(|(_, hash)| hash.clone()).unwrap_or_default() },
    }
}
