//! What do three versions make together? Their contents, read and compared.

use baton_domain::id::ArtifactId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, NewArtifact};
use baton_domain::user::Caller;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::conflict::{LineForm, LineVersion};
use baton_negotiation::conflict::{Choice, Form, Review, review};
use baton_negotiation::merge::MAXIMUM_TEXT;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;

use super::convert::core_form;
use crate::Sharing;

/// A content by reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) artifact: ArtifactId,
    pub(crate) sha256: String,
    pub(crate) size: u64,
    pub(crate) media_type: String,
}

impl From<&ArtifactView> for Content {
    fn from(view: &ArtifactView) -> Self {
        Self { artifact: view.id, sha256: view.sha256.clone(), size: view.size, media_type: view.media_type.clone() }
    }
}

impl From<&LineVersion> for Content {
    fn from(version: &LineVersion) -> Self {
        Self { artifact: version.artifact, sha256: version.sha256.clone(), size: version.size, media_type: version.media_type.clone() }
    }
}

/// Three versions, of which the first may not be there.
#[derive(Debug, Clone)]
pub(crate) struct Three {
    pub(crate) base: Option<Content>,
    pub(crate) ours: Content,
    pub(crate) theirs: Content,
}

/// What a merge finds, and what it makes.
pub(crate) struct Compared {
    /// The places; its content is taken out of it.
    pub(crate) review: Review,
    /// What both made, if nothing disagrees.
    pub(crate) merged: Option<Merged>,
}

/// What both made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merged {
    /// What is stored already.
    Ours,
    /// What was to be stored.
    Theirs,
    /// Something new.
    New(String),
}

impl Sharing {
    /// Compares three versions. Contents that are not of the line's form, or too large to be merged, disagree as wholes.
    pub(crate) async fn compare(&self, caller: &Caller, form: &LineForm, three: &Three) -> Answer<Compared> {
        let largest = [three.base.as_ref(), Some(&three.ours), Some(&three.theirs)].into_iter().flatten().map(|content| content.size).max();
        if matches!(form, LineForm::Whole) || largest.unwrap_or(0) > MAXIMUM_TEXT as u64 || three.ours.sha256 == three.theirs.sha256 {
            return whole(three);
        }
        let base = match &three.base {
            // Without the content that both stand on each is compared as if it were new.
            Some(content) => self.content_if_there(caller, content).await?,
            None => None,
        };
        let ours = self.content_if_there(caller, &three.ours).await?;
        let theirs = self.content_if_there(caller, &three.theirs).await?;
        // One that is gone can still be told from the other, and the conflict be settled.
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return whole(three) };
        let form = core_form(form, &three.theirs.media_type, &ours);
        // A merge may keep a core busy for a second.
        let work = move || {
            let review = review(&form, base.as_deref(), &ours, &theirs)?;
            let merged = review.merged.as_ref().map(|text| match text.as_bytes() {
                bytes if bytes == ours => Merged::Ours,
                bytes if bytes == theirs => Merged::Theirs,
                _ => Merged::New(text.clone()),
            });
            Ok::<_, Problem>(Compared { review: Review { merged: None, ..review }, merged })
        };
        let compared = tokio::task::spawn_blocking(work).await;
        match compared.map_err(|error| Problem::new(Code::Internal, format!("The merge stopped: {error}.")))? {
            Err(problem) if problem.is(Code::NotMergeable) || problem.is(Code::MergeTooLarge) => whole(three),
            compared => compared,
        }
    }

    /// A content that is small enough to be merged, unless it was deleted.
    async fn content_if_there(&self, caller: &Caller, content: &Content) -> Answer<Option<Vec<u8>>> {
        match self.content(caller, content).await {
            Err(problem) if problem.is(Code::NoSuchArtifact) => Ok(None),
            bytes => bytes.map(Some),
        }
    }

    /// A content that is small enough to be merged.
    async fn content(&self, caller: &Caller, content: &Content) -> Answer<Vec<u8>> {
        let mut opened = self.parts.artifacts.open(caller, content.artifact).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(content.size).unwrap_or(0).min(MAXIMUM_TEXT));
        while let Some(piece) = opened.bytes.next().await {
            let piece = piece
                .map_err(|error| Problem::new(Code::StorageUnavailable, format!("A version's content could not be read: {error}.")))?;
            if bytes.len() + piece.len() > MAXIMUM_TEXT {
                return Err(Problem::new(Code::MergeTooLarge, "A version's content has more than 4 MiB."));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Stores what a merge made, or says which of the two it is.
    pub(crate) async fn keep(&self, caller: &Caller, name: &str, three: &Three, merged: Merged) -> Answer<(Content, bool)> {
        let text = match merged {
            Merged::Ours => return Ok((three.ours.clone(), false)),
            Merged::Theirs => return Ok((three.theirs.clone(), false)),
            Merged::New(text) => text,
        };
        let file = name.rsplit('/').next().unwrap_or(name).to_owned();
        let artifact = NewArtifact { name: file, media_type: Some(three.ours.media_type.clone()), sha256: None, task_id: None };
        let view = self.parts.artifacts.put(caller, artifact, Box::pin(stream::iter([Ok(Bytes::from(text))]))).await?;
        Ok((Content::from(&view), true))
    }

    /// Removes a merged content that did not become a version, if that can be done: it is in nobody's way otherwise.
    pub(crate) async fn drop_content(&self, caller: &Caller, (content, is_new): &(Content, bool)) {
        if *is_new && let Err(problem) = self.parts.artifacts.delete(caller, content.artifact).await {
            tracing::debug!(%problem, "a merge that came too late stays among the artifacts");
        }
    }
}

/// The versions as wholes, told apart by their fingerprints.
fn whole(three: &Three) -> Answer<Compared> {
    let sha = |content: &Content| content.sha256.clone().into_bytes();
    let (base, ours, theirs) = (three.base.as_ref().map(sha), sha(&three.ours), sha(&three.theirs));
    let mut review = review(&Form::Whole, base.as_deref(), &ours, &theirs)?;
    let shown = |content: &Content| Some(format!("{} bytes of {}", content.size, content.media_type));
    for finding in &mut review.findings {
        (finding.base, finding.ours, finding.theirs) = (three.base.as_ref().and_then(shown), shown(&three.ours), shown(&three.theirs));
    }
    let merged = match &review.same_as {
        Some(Choice::Theirs) => Some(Merged::Theirs),
        Some(_) => Some(Merged::Ours),
        None => None,
    };
    review.merged = None;
    Ok(Compared { review, merged })
}
