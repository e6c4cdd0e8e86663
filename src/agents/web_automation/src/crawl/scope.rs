//! Which addresses belong to a crawl? Those of the site that it began on, as far as the input's patterns go.

use baton_clients::egress::Url;
use serde::{Deserialize, Serialize};

use super::robots;

/// The longest address that is followed, in bytes, and the most parts of its path: traps make ever longer ones.
const MAXIMUM_FOLLOWED_BYTES: usize = 2_000;
const MAXIMUM_PARTS: usize = 30;
/// How often one part may stand in a path.
const MAXIMUM_REPEATED: usize = 3;

/// How far a crawl goes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reach {
    /// The same host.
    #[default]
    Host,
    /// The same host, and those below and above it by `www.`.
    Site,
    /// Below the folder of the first address.
    Folder,
}

/// The addresses of a crawl.
#[derive(Debug)]
pub(super) struct Scope {
    start: Url,
    reach: Reach,
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Scope {
    pub(super) fn new(start: Url, reach: Reach, include: &[String], exclude: &[String]) -> Self {
        let patterns = |given: &[String]| given.iter().map(|text| robots::pattern(text)).collect();
        Self { start, reach, include: patterns(include), exclude: patterns(exclude) }
    }

    /// Whether an address belongs to the site, whatever the patterns say.
    pub(super) fn is_of_site(&self, url: &Url) -> bool {
        if !matches!(url.scheme(), "http" | "https") || url.port_or_known_default() != self.port(url) {
            return false;
        }
        let (Some(ours), Some(other)) = (self.start.host_str(), url.host_str()) else { return false };
        match self.reach {
            Reach::Host => ours == other,
            Reach::Site => {
                let bare = ours.strip_prefix("www.").unwrap_or(ours);
                // An address in numbers has no hosts below it.
                let named = self.start.domain().is_some();
                other == ours || (named && (other == bare || other.strip_suffix(bare).is_some_and(|rest| rest.ends_with('.'))))
            }
            Reach::Folder => {
                let path = self.start.path();
                let folder = &path[..=path.rfind('/').unwrap_or(0)];
                ours == other && url.path().starts_with(folder)
            }
        }
    }

    /// The port that an address of this scheme must have: http and https of one host are one site where both have their usual ports.
    fn port(&self, url: &Url) -> Option<u16> {
        if self.start.port().is_none() && url.scheme() != self.start.scheme() {
            return url.port_or_known_default().filter(|_| url.port().is_none());
        }
        self.start.port_or_known_default()
    }

    /// Whether an address is fetched. The first one always is.
    pub(super) fn covers(&self, url: &Url) -> bool {
        if !self.is_of_site(url) || is_trap(url) {
            return false;
        }
        let target = robots::target(&target(url));
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| robots::matches(pattern, &target));
        (self.include.is_empty() || fits(&self.include)) && !fits(&self.exclude)
    }
}

/// Path and query, as robots.txt speaks of them.
pub(super) fn target(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// Whether an address looks like one that a site makes up without end.
fn is_trap(url: &Url) -> bool {
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    url.as_str().len() > MAXIMUM_FOLLOWED_BYTES
        || parts.len() > MAXIMUM_PARTS
        || parts.iter().any(|part| parts.iter().filter(|other| *other == part).count() > MAXIMUM_REPEATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crawl_stays_where_it_is_told() {
        let covers = |start: &str, reach: Reach, include: &[&str], exclude: &[&str], other: &str| {
            let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            let parse = |text: &str| Url::parse(text).expect("an address");
            Scope::new(parse(start), reach, &own(include), &own(exclude)).covers(&parse(other))
        };
        let start = "https://www.example.org/docs/intro";
        for (reach, other, covered) in [
            (Reach::Host, "https://www.example.org/x", true),
            (Reach::Host, "http://www.example.org/x", true),
            (Reach::Host, "https://www.example.org:8443/x", false),
            (Reach::Host, "https://example.org/x", false),
            (Reach::Host, "ftp://www.example.org/x", false),
            (Reach::Site, "https://example.org/x", true),
            (Reach::Site, "https://blog.example.org/x", true),
            (Reach::Site, "https://notexample.org/x", false),
            (Reach::Site, "https://example.org.evil.test/x", false),
            (Reach::Folder, "https://www.example.org/docs/b", true),
            (Reach::Folder, "https://www.example.org/documents", false),
            (Reach::Host, "https://www.example.org/a/b/a/b/a/b/a/b", false),
        ] {
            assert_eq!(covers(start, reach, &[], &[], other), covered, "{other}");
        }
        assert!(covers(start, Reach::Host, &["/blog/*", "/news"], &[], "https://www.example.org/news/1"));
        assert!(!covers(start, Reach::Host, &["/blog/*"], &[], "https://www.example.org/news/1"));
        assert!(!covers(start, Reach::Host, &[], &["*.pdf$", "*?print="], "https://www.example.org/a.pdf"));
        assert!(!covers(start, Reach::Host, &[], &["*?print="], "https://www.example.org/a?print=1"));
        assert!(!covers("http://10.0.0.1/", Reach::Site, &[], &[], "http://evil.10.0.0.1.test/"));
    }
}
