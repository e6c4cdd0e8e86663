//! Which files an input names: a source of its own, files, and what is in zip files, within limits.

use std::io::Read;
use std::path::Path;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use crate::languages::Facts;
use crate::source::MAXIMUM_BYTES;

/// The most members of an archive, read or not.
pub const MAXIMUM_MEMBERS: usize = 20_000;
/// The most bytes that all files together may have when they are unpacked.
pub const MAXIMUM_TOTAL: u64 = 256 << 20;
/// How much more a member may be unpacked than packed; deflate itself can reach 1,032.
pub const MAXIMUM_RATIO: u64 = 200;
/// Members smaller than this are not held against the ratio.
const RATIO_FROM: u64 = 1 << 20;
/// The most artifacts of one input.
pub const MAXIMUM_ARTIFACTS: usize = 100;

/// The most bytes of a place in a tree.
pub const MAXIMUM_PATH: usize = 500;

/// A file that an input names, and where it stands in its tree, if the input says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The artifact.
    pub id: String,
    /// Its place; one that ends in `/` is the folder of the file, or of an archive's members.
    pub path: Option<String>,
}

impl Named {
    /// What the file is called in what is said of it.
    fn name(&self, own: &str) -> String {
        match &self.path {
            None => own.to_owned(),
            Some(folder) if folder.ends_with('/') => format!("{folder}{own}"),
            Some(path) => path.clone(),
        }
    }

    /// What a member of the archive is called.
    fn member(&self, name: &str) -> String {
        self.path.as_ref().map_or_else(|| name.to_owned(), |folder| format!("{}/{name}", folder.trim_end_matches('/')))
    }
}

/// The files that an input names: one, and several with their places in a tree, which come in the order of the files.
///
/// # Errors
/// `TASK-003` if there are not as many places as files, or one leads out of the tree, is too long or is there twice.
pub fn named(artifact: Option<&String>, artifacts: &[String], paths: &[String]) -> Result<Vec<Named>, SkillError> {
    if !paths.is_empty() && paths.len() != artifacts.len() {
        let message =
            format!("there are {} places for {} files of `artifacts`; give one for each, in their order", paths.len(), artifacts.len());
        return Err(SkillError::input("paths", message));
    }
    let mut named: Vec<Named> = artifact.into_iter().map(|id| Named { id: id.clone(), path: None }).collect();
    for (place, id) in artifacts.iter().enumerate() {
        let path = paths.get(place).map(|path| placed(path)).transpose();
        let path = path.map_err(|why| SkillError::input(&format!("paths/{place}"), why))?.flatten();
        let taken = path.as_ref().filter(|path| !path.ends_with('/') && named.iter().any(|other| other.path.as_ref() == Some(*path)));
        if let Some(path) = taken {
            return Err(SkillError::input(&format!("paths/{place}"), format!("another file stands at {path}")));
        }
        if Some(id) != artifact {
            named.push(Named { id: id.clone(), path });
        }
    }
    Ok(named)
}

/// A place as it is used, `/` between its parts; none for an empty one.
fn placed(path: &str) -> Result<Option<String>, String> {
    let path = path.trim().replace('\\', "/");
    let path = path.trim_start_matches("./");
    if path.len() > MAXIMUM_PATH {
        return Err(format!("it has {} bytes; at most {MAXIMUM_PATH} are taken", path.len()));
    }
    if climbs(path) || path.contains(char::is_control) {
        return Err(format!("{path:?} leads out of the tree; begin at its root, as src/main.rs"));
    }
    Ok((!path.is_empty()).then(|| path.to_owned()))
}

/// A file to read.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name, in an archive with its folders.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// Its text without a byte order mark.
    ///
    /// # Errors
    /// `DATA-002` if it is not UTF-8.
    pub fn text(&self) -> Result<&str, SkillError> {
        let text = std::str::from_utf8(&self.bytes).map_err(|error| {
            let offset = error.valid_up_to();
            let message = format!("the byte at offset {offset} of {} is not UTF-8; save the file as UTF-8 and send it again.", self.name);
            SkillError::new(Code::WrongEncoding, message)
        })?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}

/// How deep folders are read that lie within one another.
pub const MAXIMUM_DEPTH: usize = 8;

/// What was read, and what was left out with the reason.
#[derive(Debug, Default)]
pub struct Files {
    /// The files.
    pub files: Vec<File>,
    /// Names and reasons.
    pub skipped: Vec<(String, String)>,
    /// Members of archives that were not wanted.
    pub unwanted: Vec<String>,
    total: u64,
}

impl Files {
    fn skip(&mut self, name: &str, why: impl Into<String>) {
        self.skipped.push((name.to_owned(), why.into()));
    }

    fn add(&mut self, name: String, bytes: Vec<u8>) -> Result<(), SkillError> {
        self.total += bytes.len() as u64;
        if self.total > MAXIMUM_TOTAL {
            return Err(refused(format!("together the files have more than {MAXIMUM_TOTAL} bytes, at {name}; send fewer.")));
        }
        self.files.push(File { name, bytes });
        Ok(())
    }
}

/// Reads the artifacts; of archives, the members that are wanted. Runs on a thread of its own.
pub fn read(context: &Context, named: &[Named], wanted: fn(&str) -> bool) -> Result<Files, SkillError> {
    if named.len() > MAXIMUM_ARTIFACTS {
        return Err(SkillError::input("artifacts", format!("there are {}; at most {MAXIMUM_ARTIFACTS} are read", named.len())));
    }
    let mut files = Files::default();
    for one in named {
        context.check()?;
        let file = context.file(&one.id)?;
        let name = one.name(&file.name);
        let mut source =
            std::fs::File::open(&file.path).map_err(|error| SkillError::internal(format!("the artifact cannot be read: {error}")))?;
        let mut head = [0u8; 4];
        let zipped = source.read_exact(&mut head).is_ok() && (&head == b"PK\x03\x04" || &head == b"PK\x05\x06");
        if zipped {
            unpack(context, (&file.path, &file.name), one, wanted, &mut files)?;
        } else if file.size > MAXIMUM_BYTES && named.len() == 1 && !name.contains("lock") {
            let message =
                format!("{name} has {} bytes; at most {MAXIMUM_BYTES} are read. Split it, or leave generated code out.", file.size);
            return Err(SkillError::new(Code::SourceTooLarge, message));
        } else if file.size > 32 * MAXIMUM_BYTES {
            files.skip(&name, format!("{} bytes are too many", file.size));
        } else {
            let bytes = std::fs::read(&file.path).map_err(|error| SkillError::internal(format!("the artifact cannot be read: {error}")))?;
            files.add(name, bytes)?;
        }
    }
    Ok(files)
}

/// Reads the files of a folder and of those below it, in the order of their names: those that are wanted, and of zip files the members that are. Links are not
/// followed, and what begins with a dot is left out. Runs on a thread of its own.
///
/// # Errors
/// `INTERNAL-001` if the folder cannot be read; as [`read`] for what is too much.
pub fn read_folder(context: &Context, folder: &Path, wanted: fn(&str) -> bool) -> Result<Files, SkillError> {
    let mut files = Files::default();
    let mut seen = 0;
    // A stack, with what comes first by its name on top.
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((path, name, depth)) = open.pop() {
        context.check()?;
        let cannot = |error: std::io::Error| SkillError::internal(format!("{} cannot be read: {error}", path.display()));
        // The folder itself may be a link: whoever runs the server named it.
        let found = if depth == 0 { std::fs::metadata(&path) } else { std::fs::symlink_metadata(&path) };
        let kind = found.map_err(cannot)?;
        if kind.is_dir() {
            if depth > MAXIMUM_DEPTH {
                files.skip(&name, format!("it lies more than {MAXIMUM_DEPTH} folders deep"));
                continue;
            }
            let mut inside = Vec::new();
            for entry in std::fs::read_dir(&path).map_err(cannot)? {
                let entry = entry.map_err(cannot)?;
                let own = entry.file_name().to_string_lossy().into_owned();
                // As `.git` of a folder that is kept up to date.
                if own.starts_with('.') {
                    continue;
                }
                seen += 1;
                if seen > MAXIMUM_MEMBERS {
                    return Err(refused(format!("{} has more than {MAXIMUM_MEMBERS} files; at most so many are read.", folder.display())));
                }
                let name = if name.is_empty() { own } else { format!("{name}/{own}") };
                inside.push((entry.path(), name, depth + 1));
            }
            inside.sort_by(|(_, one, _), (_, other, _)| other.cmp(one));
            open.extend(inside);
        } else if !kind.is_file() {
            files.skip(&name, "a link is not followed");
        } else if name.ends_with(".zip") {
            let unplaced = Named { id: name.clone(), path: None };
            unpack(context, (&path, &name), &unplaced, wanted, &mut files)?;
        } else if wanted(&name) {
            if kind.len() > 32 * MAXIMUM_BYTES {
                files.skip(&name, format!("{} bytes are too many", kind.len()));
                continue;
            }
            files.add(name, std::fs::read(&path).map_err(cannot)?)?;
        }
    }
    Ok(files)
}

/// Reads the members of an archive that are wanted, in the folder where it is named.
fn unpack(
    context: &Context,
    (path, archive_name): (&Path, &str),
    named: &Named,
    wanted: fn(&str) -> bool,
    files: &mut Files,
) -> Result<(), SkillError> {
    let damaged = |error: &dyn std::fmt::Display| refused(format!("{archive_name} cannot be read: {error}. Make it again."));
    let source = std::fs::File::open(path).map_err(|error| damaged(&error))?;
    let mut archive = zip::ZipArchive::new(std::io::BufReader::new(source)).map_err(|error| damaged(&error))?;
    if archive.len() > MAXIMUM_MEMBERS {
        return Err(refused(format!("{archive_name} has {} members; at most {MAXIMUM_MEMBERS} are read.", archive.len())));
    }
    for place in 0..archive.len() {
        context.check()?;
        let member = archive.by_index(place).map_err(|error| damaged(&error))?;
        let name = member.name().map_err(|error| damaged(&error))?.into_owned();
        if climbs(&name) {
            return Err(refused(format!("{archive_name} has the member {name:?}, which leads out of it.")));
        }
        let name = named.member(&name);
        if member.is_dir() {
            continue;
        }
        if member.is_symlink() {
            files.skip(&name, "a link is not followed");
            continue;
        }
        if !wanted(&name) {
            files.unwanted.push(name);
            continue;
        }
        if member.encrypted() {
            return Err(refused(format!("{name} in {archive_name} is encrypted.")));
        }
        let limit = if Facts::of_file(&name).is_some() { MAXIMUM_BYTES } else { 32 * MAXIMUM_BYTES };
        let packed = member.compressed_size().max(1);
        // What the archive says of a size may be wrong: what comes out is counted.
        let mut bytes = Vec::new();
        member.take(limit + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        let unpacked = bytes.len() as u64;
        if unpacked > RATIO_FROM && unpacked / packed > MAXIMUM_RATIO {
            return Err(refused(format!("{name} in {archive_name} unpacks to more than {MAXIMUM_RATIO} times its size.")));
        }
        if unpacked > limit {
            files.skip(&name, format!("more than {limit} bytes"));
            continue;
        }
        files.add(name, bytes)?;
    }
    Ok(())
}

fn climbs(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.contains('\0')
        || name.as_bytes().get(1) == Some(&b':')
        || name.split(['/', '\\']).any(|part| part == "..")
}

fn refused(message: String) -> SkillError {
    SkillError::new(Code::ArchiveRefused, message)
}

/// Whether a file is a source in one of the languages and nobody else's.
pub fn is_source(name: &str) -> bool {
    const FOREIGN: [&str; 4] = ["node_modules", ".git", "__pycache__", ".venv"];
    Facts::of_file(name).is_some() && !name.split('/').any(|part| FOREIGN.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(artifacts: &[&str], paths: &[&str]) -> Result<Vec<Named>, String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        named(Some(&"one".to_owned()), &owned(artifacts), &owned(paths)).map_err(|error| error.message)
    }

    #[test]
    fn places_belong_to_files_in_their_order() {
        let named = of(&["a", "one", "b", "c"], &["./src\\a.rs", "x.rs", "src/", ""]).unwrap_or_default();
        let names: Vec<String> = named.iter().map(|one| one.name("own.rs")).collect();
        assert_eq!(names, ["own.rs", "src/a.rs", "src/own.rs", "own.rs"], "the file that stands alone is read once");
        let members: Vec<String> = named.iter().map(|one| one.member("m/x.rs")).collect();
        assert_eq!(members, ["m/x.rs", "src/a.rs/m/x.rs", "src/m/x.rs", "m/x.rs"]);
        assert_eq!(of(&["a", "b"], &[]).map(|named| named.len()), Ok(3));
    }

    #[test]
    fn places_that_are_none_are_named() {
        let long = "x".repeat(MAXIMUM_PATH + 1);
        for (paths, says) in [
            (vec!["a"], "paths: there are 1 places for 2 files"),
            (vec!["a", "../b"], "paths/1: "),
            (vec!["/etc/passwd", "b"], "paths/0: "),
            (vec!["C:/a", "b"], "paths/0: "),
            (vec!["a", "a\nb"], "paths/1: "),
            (vec!["a", "a"], "paths/1: another file"),
            (vec!["a", long.as_str()], "paths/1: it has 501 bytes"),
        ] {
            let said = of(&["a", "b"], &paths).err().unwrap_or_default();
            assert!(said.starts_with(says), "{paths:?}: {said}");
        }
        assert!(of(&["a", "b"], &["src/", "src/"]).is_ok(), "a folder may have several");
    }
}
