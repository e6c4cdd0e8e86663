//! Where is the key that signs access tokens? In a file of 32 bytes that only its owner can read, made on first start,
//! or in the configuration.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use baton_domain::problem::{Code, Problem};

use sha2::{Digest, Sha256};

use crate::random;

/// Bytes of the key: as many as HMAC-SHA-256 gives out.
const LENGTH: usize = 32;

/// The secret that signs access tokens. Whoever has it can be anybody.
#[derive(Clone)]
pub struct TokenKey([u8; LENGTH]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be made or read.
    #[error("the key file {path} cannot be used: {source}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others can read the file.
    #[error(
        "others can read the key file {path} (mode {mode:o}): run chmod 600 on it, or remove it to have a new one made; then what the old one signed or sealed is void"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is not one that Baton has made.
    #[error(
        "the key file {path} is damaged: it must hold 32 random bytes; remove it to have a new one made, and what the old one signed or sealed is void"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The configured text is no key.
    #[error("the configured key is no key: give 32 random bytes as 64 hexadecimal digits or in base64")]
    NotAKey,
    /// The system has no randomness.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let code = match error {
            KeyError::Unusable { .. } => Code::DataFolderUnusable,
            KeyError::NoRandomness => Code::Internal,
            KeyError::Exposed { .. } | KeyError::Damaged { .. } | KeyError::NotAKey => Code::ConfigurationInvalid,
        };
        Self::new(code, format!("{error}."))
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey([redacted])")
    }
}

impl TokenKey {
    /// Reads the key from a file, or makes the file. Two that start at once end up with the same key.
    ///
    /// # Errors
    /// If the file cannot be made or read, if others can read it, or if it holds no key.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let unusable = |source| KeyError::Unusable { path: path.to_owned(), source };
        match File::open(path) {
            Ok(file) => Self::read(file, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(|failure| match failure {
                    Failure::Io(source) => unusable(source),
                    Failure::NoRandomness => KeyError::NoRandomness,
                })?;
                Self::read(File::open(path).map_err(unusable)?, path)
            }
            Err(error) => Err(unusable(error)),
        }
    }

    /// The key from the configuration: 32 bytes as 64 hexadecimal digits or in base64.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).ok(),
            _ => STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
        };
        bytes.and_then(|bytes| Self::checked(&bytes)).ok_or(KeyError::NotAKey)
    }

    /// Tells keys apart, for servers that must have the same one. Nothing can be learnt from it about a key of random bytes.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"baton: which token key is this?");
        hash.update(self.0);
        hex::encode(hash.finalize().get(..16).unwrap_or_default())
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn read(file: File, path: &Path) -> Result<Self, KeyError> {
        let unusable = |source| KeyError::Unusable { path: path.to_owned(), source };
        refuse_exposed(&file, path)?;
        let mut bytes = Vec::with_capacity(LENGTH + 1);
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(unusable)?;
        Self::checked(&bytes).ok_or_else(|| KeyError::Damaged { path: path.to_owned() })
    }

    /// A key of the right length that is not one byte over and over, as a file of zeros would be.
    fn checked(bytes: &[u8]) -> Option<Self> {
        let key: [u8; LENGTH] = bytes.try_into().ok()?;
        key.iter().any(|byte| *byte != key[0]).then_some(Self(key))
    }
}

enum Failure {
    Io(io::Error),
    NoRandomness,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes a whole file beside the place and links it there: a crash leaves no half key, and whoever comes second keeps
/// the first one's.
fn create(path: &Path) -> Result<(), Failure> {
    let key = random::bytes::<LENGTH>().map_err(|_| Failure::NoRandomness)?;
    let suffix = hex::encode(random::bytes::<8>().map_err(|_| Failure::NoRandomness)?);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = folder.join(format!(".token-key-{suffix}"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()));
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no links.
        Err(_) => fs::rename(&draft, path),
        Ok(()) => Ok(()),
    });
    // The draft may never have come to be; what matters is the result of the link.
    let _ = fs::remove_file(&draft);
    linked?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(unix)]
fn refuse_exposed(file: &File, path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata().map_err(|source| KeyError::Unusable { path: path.to_owned(), source })?;
    match metadata.permissions().mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(KeyError::Exposed { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn refuse_exposed(_file: &File, _path: &Path) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_start_makes_a_key_that_only_its_owner_reads_and_later_starts_find_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        let first = TokenKey::load_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(TokenKey::load_or_create(&path).unwrap().0, first.0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a draft was left behind");
        let other = TokenKey::load_or_create(&folder.path().join("other.key")).unwrap();
        assert_ne!(first.0, other.0);
    }

    #[test]
    fn two_that_start_at_once_end_up_with_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| TokenKey::load_or_create(&path).unwrap().0)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        TokenKey::load_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = TokenKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyError::Exposed { mode: 0o640, .. }), "{error}");
        assert_eq!(Problem::from(error).code, "SERVER-006");
    }

    #[test]
    fn a_short_long_or_empty_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        for content in [&[][..], &[7; 31], &[7; 32], &[0; 33]] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(TokenKey::load_or_create(&path), Err(KeyError::Damaged { .. })), "{} bytes", content.len());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said_by_name() {
        let error = TokenKey::load_or_create(Path::new("/nonexistent/token.key")).unwrap_err();
        let problem = Problem::from(error);
        assert_eq!(problem.code, "SERVER-002");
        assert!(problem.detail.contains("/nonexistent/token.key"), "{problem}");
    }

    #[test]
    fn a_configured_key_is_32_bytes_in_hex_or_base64() {
        let bytes: Vec<u8> = (0..32).collect();
        for text in [hex::encode(&bytes), STANDARD.encode(&bytes), format!(" {}\n", URL_SAFE_NO_PAD.encode(&bytes))] {
            assert_eq!(TokenKey::parse(&text).unwrap().0.as_slice(), bytes);
        }
        for text in ["", "secret", &"0".repeat(64), &"ab".repeat(31), &STANDARD.encode(&bytes[1..])] {
            assert!(matches!(TokenKey::parse(text), Err(KeyError::NotAKey)), "{text}");
        }
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_does_not_hold_them() {
        let keys: Vec<TokenKey> =
            [0, 1].map(|first| TokenKey::parse(&hex::encode((first..first + 32).collect::<Vec<u8>>())).unwrap()).into();
        assert_eq!(keys[0].fingerprint(), keys[0].clone().fingerprint());
        assert_ne!(keys[0].fingerprint(), keys[1].fingerprint());
        assert!(!keys[0].fingerprint().contains("000102"));
    }

    #[test]
    fn a_key_is_not_in_its_debug_form() {
        let key = TokenKey::parse(&hex::encode((0..32).collect::<Vec<u8>>())).unwrap();
        assert_eq!(format!("{key:?}"), "TokenKey([redacted])");
    }
}
