//! What can be done with lines of versions, and with changes that disagree.

use async_trait::async_trait;

use super::Answer;
use crate::id::ConflictId;
use crate::page::Page;
use crate::user::Caller;
use crate::wire::conflict::{
    ConflictDetail, ConflictFilter, ConflictView, DismissConflict, LineDetail, LineFilter, LineView, PutOutcome, PutVersion,
    ResolveConflict,
};

/// Stores versions with compare-and-set, merges what comes too late, and settles what cannot be merged.
#[async_trait]
pub trait ConflictService: Send + Sync {
    /// Lines, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn lines(&self, caller: &Caller, filter: LineFilter) -> Answer<Page<LineView>>;

    /// One line with its versions, the newest first.
    ///
    /// # Errors
    /// `CONFLICT-008`, `REQUEST-010`.
    async fn line(&self, caller: &Caller, name: &str, filter: LineFilter) -> Answer<LineDetail>;

    /// Stores a version over the one that it stands on. If that is no longer the newest, the policy says what happens. The same again gives
    /// what came of the first call.
    ///
    /// # Errors
    /// `CONFLICT-001` for a change that came too late and is to be refused; `CONFLICT-009` for a malformed name; `ARTIFACT-001`;
    /// `CONFLICT-002`, `CONFLICT-003` for contents that cannot be compared; `REQUEST-002`; `CLAIM-011` if others keep coming first.
    async fn put(&self, caller: &Caller, name: &str, version: PutVersion) -> Answer<PutOutcome>;

    /// Conflicts, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit, `CONFLICT-008`.
    async fn conflicts(&self, caller: &Caller, filter: ConflictFilter) -> Answer<Page<ConflictView>>;

    /// One conflict, compared with the newest version of its line.
    ///
    /// # Errors
    /// `CONFLICT-007`; `ARTIFACT-001` if a content is gone.
    async fn conflict(&self, caller: &Caller, id: ConflictId) -> Answer<ConflictDetail>;

    /// Settles a conflict. Of two at once one succeeds, and the other is told.
    ///
    /// # Errors
    /// `CONFLICT-007`; `CONFLICT-004` once it is settled; `CONFLICT-005` for who has seen an older revision, or where the line has a newer version;
    /// `CONFLICT-006` for a merge of what disagrees; `ARTIFACT-001`, `REQUEST-002`, `CLAIM-011`.
    async fn resolve(&self, caller: &Caller, id: ConflictId, how: ResolveConflict) -> Answer<ConflictView>;

    /// Says that a conflict does not matter: what is stored stays.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    async fn dismiss(&self, caller: &Caller, id: ConflictId, why: DismissConflict) -> Answer<ConflictView>;
}
