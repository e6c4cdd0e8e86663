//! Where does a test get certificates from? From an authority that it makes, with the `openssl` of the machine.

use std::path::{Path, PathBuf};

/// An authority of a test's own: a folder with its certificate and key.
#[derive(Debug, Clone)]
pub struct Authority {
    folder: PathBuf,
}

/// How long a certificate for no day is valid at most: its times are whole seconds.
pub(crate) const THIS_SECOND: std::time::Duration = std::time::Duration::from_secs(2);

/// What runs a program and gives why it failed.
type Run<'a> = &'a dyn Fn(&[&str]) -> Result<(), String>;

impl Authority {
    /// The one that was made in this folder.
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Makes one in a folder, which exists. `openssl` runs the program with these arguments, as whoever the folder belongs to.
    ///
    /// # Errors
    /// What `openssl` says.
    pub(crate) fn make(folder: &Path, openssl: Run<'_>) -> Result<Self, String> {
        let authority = Self::of(folder);
        let (certificate, key) = (authority.path("ca.pem"), authority.path("ca.key"));
        let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Baton test authority"];
        openssl(&[&new[..], &["-keyout", &key, "-out", &certificate]].concat())?;
        Ok(authority)
    }

    /// Issues `server.crt` and `server.key` for 127.0.0.1, and for nothing else, valid for so many days from now; with 0 for this second.
    ///
    /// # Errors
    /// What `openssl` says, or the folder.
    pub(crate) fn issue(&self, openssl: Run<'_>, days: u32) -> Result<(), String> {
        let [request, key, certificate, extensions] = ["server.csr", "server.key", "server.crt", "server.ext"].map(|name| self.path(name));
        std::fs::write(&extensions, "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n").map_err(|error| error.to_string())?;
        let new = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"];
        openssl(&[&new[..], &["-keyout", &key, "-out", &request]].concat())?;
        let (ca, ca_key) = (self.path("ca.pem"), self.path("ca.key"));
        let days = days.to_string();
        let sign = ["x509", "-req", "-days", &days, "-CAcreateserial", "-in", &request, "-CA", &ca, "-CAkey", &ca_key];
        openssl(&[&sign[..], &["-extfile", &extensions, "-out", &certificate]].concat())
    }

    /// The path of its certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}
