//! How is an office document unpacked? Only the members that are asked for, each within bounds of size, whatever the archive says of it.

use std::io::{Cursor, Read};

use baton_agents_runtime::SkillError;
use zip::ZipArchive;

use super::{Kind, excessive, unfit};
use crate::charset::decode;

/// The most members of an archive.
pub const MAXIMUM_MEMBERS: usize = 20_000;
/// The most bytes of one member, unpacked.
pub const MAXIMUM_MEMBER_BYTES: u64 = 64 << 20;

/// An archive whose members are read by name.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    name: &'a str,
}

impl<'a> Package<'a> {
    pub(super) fn open(name: &'a str, bytes: &'a [u8]) -> Result<Self, SkillError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unfit(format!("{name} is no proper archive: {error}")))?;
        if archive.len() > MAXIMUM_MEMBERS {
            return Err(excessive(format!("{name} has more than {MAXIMUM_MEMBERS} members")));
        }
        Ok(Self { archive, name })
    }

    /// A member's text, if there is one of this name.
    pub(super) fn text(&mut self, member: &str) -> Result<Option<String>, SkillError> {
        let damaged = |error: &dyn std::fmt::Display| unfit(format!("{member} in {} cannot be read: {error}", self.name));
        let file = match self.archive.by_name(member) {
            Ok(file) => file,
            Err(zip::result::ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(damaged(&error)),
        };
        if file.encrypted() {
            return Err(unfit(format!("{} is encrypted", self.name)));
        }
        // What the archive says of a size may be wrong: what comes out is counted.
        let mut bytes = Vec::new();
        file.take(MAXIMUM_MEMBER_BYTES + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if bytes.len() as u64 > MAXIMUM_MEMBER_BYTES {
            return Err(excessive(format!("{member} in {} unpacks to more than {MAXIMUM_MEMBER_BYTES} bytes", self.name)));
        }
        Ok(Some(decode(None, &bytes)))
    }
}

/// Which kind of document an archive is; else what it is instead, in words.
pub(super) fn kind(bytes: &[u8]) -> Result<Kind, String> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("a damaged archive ({error})"))?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/document.xml") {
        return Ok(Kind::Docx);
    }
    Err(if has("xl/workbook.xml") {
        "an Excel workbook".to_owned()
    } else if has("ppt/presentation.xml") {
        "a PowerPoint presentation".to_owned()
    } else if has("META-INF/container.xml") {
        "an EPUB book".to_owned()
    } else if has("content.xml") {
        "an OpenDocument file".to_owned()
    } else {
        "a zip archive".to_owned()
    })
}
