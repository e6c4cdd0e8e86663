//! Where is the browser? In one of the places where systems put Chromium; an administrator's link comes first.

use std::path::{Path, PathBuf};

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

/// Where a browser is looked for, in this order. The programs themselves come before scripts that start them with options of their own.
pub const BROWSER_PLACES: &[&str] = &[
    // For an administrator: a link to the one that is to be used.
    "/usr/local/bin/baton-browser",
    "/usr/lib/chromium/chromium",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/usr/lib/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
    "/opt/chrome/chrome",
    "/opt/chrome-headless-shell/chrome-headless-shell",
    "/usr/lib/chromium/headless_shell",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/usr/local/bin/chromium",
    "/usr/local/bin/google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser of this machine, if there is one.
#[must_use]
pub fn browser_program() -> Option<PathBuf> {
    among(BROWSER_PLACES)
}

fn among(places: &[&str]) -> Option<PathBuf> {
    places.iter().map(Path::new).find(|place| place.is_file()).map(Path::to_owned)
}

/// The same as a skill needs it.
pub(super) fn find() -> Result<PathBuf, SkillError> {
    browser_program().ok_or_else(|| missing(BROWSER_PLACES))
}

fn missing(places: &[&str]) -> SkillError {
    let message = format!(
        "no Chromium is installed on this machine; install the package chromium (Debian, Fedora, Alpine) or Google Chrome, or make {} a link to one",
        places.first().copied().unwrap_or_default()
    );
    SkillError::new(Code::BrowserMissing, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_browser_the_message_says_what_to_install() {
        assert_eq!(among(&["/nowhere/chromium", "/usr"]), None);
        let error = missing(BROWSER_PLACES);
        assert_eq!((error.code.as_str(), error.retryable), ("WEB-040", false));
        assert!(error.message.contains("install the package chromium") && error.message.contains("/usr/local/bin/baton-browser"));
    }
}
