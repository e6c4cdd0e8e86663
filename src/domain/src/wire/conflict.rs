//! How versions of shared artifacts are stored, and how changes that disagree are shown and settled.
//!
//! A *line* is a name with versions, each an artifact. A change says which version it stands on; if that is no longer the newest, it is merged or
//! becomes a conflict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ArtifactId, ConflictId, DecisionId, EventSeq};
use crate::named::named_enum;
use crate::time::Timestamp;

/// The longest name of a line in bytes.
pub const MAXIMUM_LINE_NAME: usize = 200;

named_enum!(
    /// What happens to a change that stands on an old version.
    LinePolicy {
        /// It is refused; whoever made it looks at the newest version and makes it anew.
        Refuse = "refuse",
        /// What can be merged is merged and stored; a person is asked otherwise.
        Merge = "merge",
        /// People vote on what to keep.
        Vote = "vote",
        /// A person is asked, whether it can be merged or not.
        Escalate = "escalate",
    }
);

/// How the items of a JSON array are told apart when two changes of it are merged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ArrayMerge {
    /// Not at all: the array is one value.
    Whole,
    /// By their values, as the lines of a text.
    #[default]
    ByValue,
    /// By a member that each of them has, `id` perhaps.
    ByKey(String),
}

/// How the versions of a line are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LineForm {
    /// By lines.
    Text,
    /// By members and items.
    Json {
        /// How arrays are merged.
        #[serde(default)]
        arrays: ArrayMerge,
        /// How those at certain places are, by JSON Pointer; an index may be `*`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        at: BTreeMap<String, ArrayMerge>,
    },
    /// By rows and cells.
    Table {
        /// The columns whose values together tell the rows apart; the first column when empty.
        #[serde(default)]
        key: Vec<String>,
        /// What stands between cells: `,`, `;` or a tab; by the media type when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delimiter: Option<char>,
    },
    /// Not at all: one version or the other.
    Whole,
}

/// A version to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutVersion {
    /// Its content: an artifact that is stored already.
    pub artifact: ArtifactId,
    /// The number of the version that it stands on; absent for the first one of a new line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// What happens if that is no longer the newest; `merge` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<LinePolicy>,
    /// How the line's versions are merged, for the first version of a line; by its media type when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<LineForm>,
    /// The number of an exclusive claim on the line, `line:` and its name, or on what lies above: nothing is stored once that is not held any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<i64>,
}

/// A version of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineVersion {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// Its content.
    pub artifact: ArtifactId,
    /// The content's SHA-256, in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// The content's type.
    pub media_type: String,
    /// The version that the change stood on; absent if it stood on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// The artifact that was merged into the version before, if the content is a merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<ArtifactId>,
    /// The conflict that this version settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictId>,
    /// Who stored it, as people read it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A line as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineView {
    /// Its name.
    pub name: String,
    /// How its versions are merged.
    pub form: LineForm,
    /// Its newest version.
    pub newest: LineVersion,
    /// When it began.
    pub created_at: Timestamp,
}

/// A line with versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineDetail {
    /// What lists show.
    pub line: LineView,
    /// Its versions, the newest first.
    pub versions: Vec<LineVersion>,
    /// Give this as `cursor` to get older versions; absent at the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Its open conflicts, the newest first, at most 50.
    pub conflicts: Vec<ConflictView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineFilter {
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

/// What became of a version that was to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum PutOutcome {
    /// It is the newest version.
    Stored {
        /// The version.
        version: LineVersion,
    },
    /// Others had changed the line; what both made is the newest version.
    Merged {
        /// The version.
        version: LineVersion,
    },
    /// Others had changed the line, and not alike. Nothing was stored but the conflict.
    Conflict {
        /// The conflict.
        conflict: Box<ConflictView>,
    },
}

named_enum!(
    /// How a conflict stands.
    ConflictState {
        /// It waits for somebody to settle it.
        Open = "open",
        /// It is voted on.
        Voting = "voting",
        /// It is settled.
        Resolved = "resolved",
        /// Somebody said that it does not matter.
        Dismissed = "dismissed",
    }
);

named_enum!(
    /// What is kept of a conflict.
    ConflictChoice {
        /// What is stored.
        Ours = "ours",
        /// What was to be stored.
        Theirs = "theirs",
        /// What a merge made, where nothing disagrees.
        Merged = "merged",
        /// What somebody made of them.
        Edited = "edited",
    }
);

named_enum!(
    /// How two changes disagree.
    RegionKind {
        /// Both changed it, and not alike.
        Changed = "changed",
        /// One removed it, and the other changed it.
        Removed = "removed",
        /// Both added it, and not alike.
        Added = "added",
        /// Both moved things, and not alike.
        Order = "order",
    }
);

/// A place where two changes disagree. What is absent is not there; what is long is cut, and ends with `…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConflictRegion {
    /// Where: `line 12`, a JSON Pointer, or `row / column`.
    pub place: String,
    /// How.
    pub kind: RegionKind,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// What is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<String>,
    /// What was to be stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
}

/// A content by reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContentRef {
    /// The number of the version; absent for what was to become one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The content's type.
    pub media_type: String,
}

/// A conflict as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConflictView {
    /// The conflict.
    pub id: ConflictId,
    /// The line.
    pub line: String,
    /// How it stands.
    pub state: ConflictState,
    /// Whether a person is asked.
    pub escalated: bool,
    /// Whether nothing disagrees, so that what both made can be kept.
    pub clean: bool,
    /// In how many places the changes disagree.
    pub places: u64,
    /// Whose change it is, as people read it.
    pub by: String,
    /// When it came.
    pub opened_at: Timestamp,
    /// Grows by one with each change of the conflict: who settles it says which one was seen.
    pub revision: u64,
    /// In which decision it is voted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
    /// What was kept, once it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<ConflictChoice>,
    /// The version that came of it; absent if what was stored stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Who settled it, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Why it does not matter, if somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A conflict with what there is to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConflictDetail {
    /// What lists show.
    pub conflict: ConflictView,
    /// How the versions are merged.
    pub form: LineForm,
    /// What both changes stand on; absent if they stand on nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ContentRef>,
    /// What is stored.
    pub ours: ContentRef,
    /// What was to be stored.
    pub theirs: ContentRef,
    /// The first places where they disagree, at most 200.
    pub regions: Vec<ConflictRegion>,
    /// What can be kept now; nothing once it is settled.
    pub choices: Vec<ConflictChoice>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// Which conflicts are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConflictFilter {
    /// Only those that wait for somebody or are voted on, or only those that do not; both when absent.
    pub open: Option<bool>,
    /// Only of this line.
    pub line: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

/// How a conflict is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResolveConflict {
    /// The revision that was seen.
    pub seen: u64,
    /// What is kept.
    pub choice: ConflictChoice,
    /// The new content, for `edited`: an artifact that is stored already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactId>,
}

/// That a conflict does not matter: what is stored stays, and the change is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DismissConflict {
    /// The revision that was seen.
    pub seen: u64,
    /// Why: 1 to 500 bytes.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    pub because: String,
}
