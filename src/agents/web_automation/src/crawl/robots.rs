//! What does a site ask of robots? Its robots.txt, read and matched as RFC 9309 says.
//!
//! Where the standard leaves a choice this does as Google's published parser does: a group ends where rules begin, rules of several groups for one
//! robot are taken together, and of two rules of one length the one that allows wins.

use std::time::Duration;

/// How much of the file is read, in bytes: the standard asks for 500 KiB at least.
pub const MAXIMUM_ROBOTS_BYTES: usize = 512 << 10;
/// The most rules of one file.
const MAXIMUM_RULES: usize = 20_000;
/// The most sitemaps that a file may name.
const MAXIMUM_SITEMAPS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

/// The rules of a site for one robot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Robots {
    rules: Vec<Rule>,
    /// How long the site wants a robot to wait between two requests.
    pub(crate) delay: Option<Duration>,
    /// Where it says that its sitemaps are.
    pub(crate) sitemaps: Vec<String>,
}

/// What a group of the file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Somebody else.
    Others,
    /// All robots that have no group of their own.
    All,
    /// This robot.
    Us,
}

impl Robots {
    /// Reads a file for a robot of this name, as `Baton`.
    pub(crate) fn read(text: &str, robot: &str) -> Self {
        let text = &text[..text.floor_char_boundary(MAXIMUM_ROBOTS_BYTES.min(text.len()))];
        let (mut ours, mut all) = (Self::default(), Self::default());
        let (mut named, mut sitemaps) = (false, Vec::new());
        // Names that stand in a row share the rules below them.
        let mut group: Vec<For> = Vec::new();
        let mut in_rules = true;
        // Where in the row the names begin that had no delay yet: by the standard such a line does not end the row, and it means those above it.
        let mut undelayed = 0;
        for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((field, value)) = line.split_once(':') else { continue };
            let (field, value) = (field.trim().to_ascii_lowercase(), value.trim());
            match field.as_str() {
                "user-agent" => {
                    if std::mem::take(&mut in_rules) {
                        group.clear();
                        undelayed = 0;
                    }
                    let one = who(value, robot);
                    named |= one == For::Us;
                    group.push(one);
                }
                "allow" | "disallow" => {
                    in_rules = true;
                    // An empty rule says nothing.
                    if value.is_empty() {
                        continue;
                    }
                    let rule = Rule { allow: field == "allow", pattern: normal(value, true) };
                    for (whose, of) in [(&mut ours, For::Us), (&mut all, For::All)] {
                        if group.contains(&of) && whose.rules.len() < MAXIMUM_RULES {
                            whose.rules.push(rule.clone());
                        }
                    }
                }
                // Not of the standard, and widely used.
                "crawl-delay" => {
                    let seconds = value.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && (0.0..=86_400.0).contains(seconds));
                    for (whose, of) in [(&mut ours, For::Us), (&mut all, For::All)] {
                        if group[undelayed..].contains(&of) {
                            whose.delay = seconds.map(Duration::from_secs_f64).or(whose.delay);
                        }
                    }
                    undelayed = group.len();
                }
                "sitemap" if !value.is_empty() && sitemaps.len() < MAXIMUM_SITEMAPS => sitemaps.push(value.to_owned()),
                _ => {}
            }
        }
        Self { sitemaps, ..if named { ours } else { all } }
    }

    /// Whether the robot may fetch this path and query, as an address has them.
    pub(crate) fn allows(&self, target: &str) -> bool {
        if target == "/robots.txt" {
            return true;
        }
        let target = normal(target, false);
        let fitting = self.rules.iter().filter(|rule| matches(&rule.pattern, &target));
        // The longest rule is the most specific one.
        fitting.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }
}

/// The name by which a site knows a robot: that of `Baton/0.1.0` and of `Mozilla/5.0 (compatible; Baton/0.1.0; +https://…)` is `Baton`.
pub(crate) fn name_of(user_agent: &str) -> &str {
    let own = user_agent.split_once("compatible;").map_or(user_agent, |(_, rest)| rest).trim_start();
    own.split(['/', ' ', ';', ')']).next().unwrap_or_default()
}

fn who(value: &str, robot: &str) -> For {
    if value.starts_with('*') && value[1..].chars().next().is_none_or(char::is_whitespace) {
        return For::All;
    }
    // A version or a comment after the name does not count.
    let name: &str = value.split(|c: char| !(c.is_ascii_alphabetic() || c == '_' || c == '-')).next().unwrap_or_default();
    if !name.is_empty() && name.eq_ignore_ascii_case(robot) { For::Us } else { For::Others }
}

/// A path in the one form in which paths are compared: codes of plain signs decoded, other codes in capitals, other signs as codes.
/// In an address `*` and `$` are plain signs; in a pattern they mean something unless they stand there as codes.
fn normal(path: &str, is_pattern: bool) -> String {
    let bytes = path.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    let mut out = String::with_capacity(path.len());
    let mut at = 0;
    let code = |byte: u8, out: &mut String| out.push_str(&format!("%{byte:02X}"));
    let mut in_query = false;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match (byte, digit(at), digit(at + 1)) {
            (b'%', Some(high), Some(low)) => {
                at += 2;
                let byte = high * 16 + low;
                // In a query a colon or a slash separates nothing.
                let plain = byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) || (in_query && byte == b'/');
                if plain { out.push(char::from(byte)) } else { code(byte, &mut out) }
            }
            (b'*' | b'$', ..) if !is_pattern => code(byte, &mut out),
            (b'!'..=b'~', ..) => {
                in_query |= byte == b'?';
                out.push(char::from(byte));
            }
            _ => code(byte, &mut out),
        }
    }
    out
}

/// Whether a pattern fits the beginning of a target: `*` stands for any signs, `$` at its end for the target's end. Takes time in
/// proportion to the product of both lengths at most, whatever the pattern is.
pub(crate) fn matches(pattern: &str, target: &str) -> bool {
    let (pattern, whole) = pattern.strip_suffix('$').map_or((pattern, false), |pattern| (pattern, true));
    let mut pieces = pattern.split('*');
    // The first piece stands at the beginning; each other one is found as early as possible, which leaves the most for those after it.
    let Some(mut rest) = pieces.next().and_then(|first| target.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return !whole || rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if whole && pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(place) = rest.find(piece) else { return false };
        rest = &rest[place + piece.len()..];
    }
    true
}

/// A pattern of the input in the form in which it is compared.
pub(crate) fn pattern(text: &str) -> String {
    normal(text, true)
}

/// A path and query in the form in which they are compared.
pub(crate) fn target(text: &str) -> String {
    normal(text, false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(file: &str, path: &str) -> bool {
        Robots::read(file, "ExampleBot").allows(path)
    }

    fn one(rule: &str, path: &str) -> bool {
        !allows(&format!("user-agent: *\ndisallow: {rule}"), path)
    }

    /// RFC 9309, section 5.1.
    #[test]
    fn the_simple_example_of_the_standard() {
        let file = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\nUser-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\nUser-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n";
        for (robot, path, allowed) in [
            ("unknown", "/a.gif", false),
            ("unknown", "/a.gif?x", true),
            ("unknown", "/example/page.html", false),
            ("unknown", "/publications/", true),
            ("foobot", "/", false),
            ("foobot", "/publications/", false),
            ("FooBot", "/example/page.html", true),
            ("foobot", "/example/allowed.gif", true),
            ("barbot", "/example/page.html", false),
            ("bazbot", "/example/page.html", false),
            ("bazbot", "/a.gif", true),
            // It has a group of its own, which is empty.
            ("quxbot", "/a.gif", true),
            ("quxbot", "/example/page.html", true),
        ] {
            assert_eq!(Robots::read(file, robot).allows(path), allowed, "{robot} {path}");
        }
    }

    /// RFC 9309, section 5.2: the longest match.
    #[test]
    fn the_longest_rule_wins() {
        let file = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
        let robots = Robots::read(file, "foobot");
        assert!(robots.allows("/example/page/index.html"));
        assert!(!robots.allows("/example/page/disallowed.gif"));
    }

    /// RFC 9309, section 2.2.1: groups of one robot are taken together; section 2.2.3: special signs.
    #[test]
    fn groups_are_joined() {
        let file = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz\n\nuser-agent: *\ndisallow: /";
        for (path, allowed) in [("/foo", false), ("/bar/x", false), ("/baz", false), ("/other", true), ("/robots.txt", true)] {
            assert_eq!(allows(file, path), allowed, "{path}");
        }
    }

    /// RFC 9309, section 2.2.2: codes and signs are compared in one form.
    #[test]
    fn codes_are_compared_as_the_standard_says() {
        for (rule, path) in [
            ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
            ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar"),
            ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ] {
            assert!(one(rule, path), "{rule} {path}");
        }
        assert!(one("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"));
        assert!(one("/path/foo-%24", "/path/foo-$"));
        assert!(!one("/path/foo-%24", "/path/foo-x") && !one("/a%2Fb", "/a/b"));
    }

    /// Google's "How Google interprets the robots.txt specification", section "URL matching based on path values".
    #[test]
    fn the_examples_of_google_match_and_do_not() {
        for (rule, fits, others) in [
            ("/", &["/", "/fish", "/a?b"][..], &[][..]),
            ("/*", &["/", "/fish"], &[]),
            (
                "/fish",
                &["/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fishheads/yummy.html", "/fish.php?id=anything"],
                &["/Fish.asp", "/catfish", "/?id=fish", "/desert/fish"],
            ),
            (
                "/fish*",
                &["/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fish.php?id=anything"],
                &["/Fish.asp", "/catfish", "/?id=fish", "/desert/fish"],
            ),
            (
                "/fish/",
                &["/fish/", "/fish/?id=anything", "/fish/salmon.htm"],
                &["/fish", "/fish.html", "/animals/fish/", "/Fish/Salmon.asp"],
            ),
            (
                "/*.php",
                &[
                    "/index.php",
                    "/filename.php",
                    "/folder/filename.php",
                    "/folder/filename.php?parameters",
                    "/folder/any.php.file.html",
                    "/filename.php/",
                ],
                &["/", "/windows.PHP"],
            ),
            (
                "/*.php$",
                &["/filename.php", "/folder/filename.php"],
                &["/filename.php?parameters", "/filename.php/", "/filename.php5", "/windows.PHP"],
            ),
            ("/fish*.php", &["/fish.php", "/fishheads/catfish.php?parameters"], &["/Fish.PHP"]),
        ] {
            for path in fits {
                assert!(one(rule, path), "{rule} {path}");
            }
            for path in others {
                assert!(!one(rule, path), "{rule} {path}");
            }
        }
    }

    /// The same page, section "Order of precedence for rules".
    #[test]
    fn the_precedence_is_that_of_google() {
        for (rules, path, allowed) in [
            ("allow: /p\ndisallow: /", "/page", true),
            ("allow: /folder\ndisallow: /folder", "/folder/page", true),
            ("allow: /page\ndisallow: /*.htm", "/page.htm", false),
            ("allow: /page\ndisallow: /*.ph", "/page.php5", true),
            ("allow: /$\ndisallow: /", "/", true),
            ("allow: /$\ndisallow: /", "/page.htm", false),
        ] {
            assert_eq!(allows(&format!("user-agent: *\n{rules}"), path), allowed, "{rules}");
        }
    }

    /// The same page, section "Grouping of lines and rules".
    #[test]
    fn lines_are_grouped_as_google_does() {
        let file =
            "user-agent: a\ndisallow: /c\n\nuser-agent: b\ndisallow: /d\n\nuser-agent: e\nuser-agent: f\ndisallow: /g\n\nuser-agent: h\n";
        for (robot, path) in [("a", "/c"), ("b", "/d"), ("e", "/g"), ("f", "/g")] {
            assert!(!Robots::read(file, robot).allows(path), "{robot}");
        }
        assert!(Robots::read(file, "h").allows("/g") && Robots::read(file, "a").allows("/d"));
        // Lines of other kinds do not end a row of names.
        let file = "user-agent: a\nsitemap: https://example.com/sitemap.xml\nuser-agent: b\ndisallow: /";
        assert!(!Robots::read(file, "a").allows("/x") && !Robots::read(file, "b").allows("/x"));
        assert_eq!(Robots::read(file, "c").sitemaps, ["https://example.com/sitemap.xml"]);
    }

    #[test]
    fn files_in_the_wild_are_read() {
        for (file, allowed) in [
            ("", true),
            ("\u{feff}User-agent: *\r\nDisallow: /\r\n", false),
            ("User-agent: *\rDisallow: /", false),
            ("USER-AGENT : examplebot/2.1 # us\n disallow :/ # all", false),
            ("User-agent: ExampleBotImages\nDisallow: /", true),
            ("Disallow: /", true),
            ("<html>Disallow: /</html>", true),
            ("User-agent: *\nDisallow:", true),
            ("User-agent: * \nDisallow: /", false),
        ] {
            assert_eq!(allows(file, "/x"), allowed, "{file}");
        }
        let slow = Robots::read("user-agent: *\ncrawl-delay: 2.5\nuser-agent: x\ncrawl-delay: 9", "y");
        assert_eq!(slow.delay, Some(Duration::from_millis(2500)));
        for bad in ["-1", "NaN", "inf", "1e99", "x"] {
            assert_eq!(Robots::read(&format!("user-agent: *\ncrawl-delay: {bad}"), "y").delay, None, "{bad}");
        }
    }

    #[test]
    fn a_robot_is_known_by_its_own_name() {
        for agent in
            ["Baton/0.1.0", "Baton", "Mozilla/5.0 (compatible; Baton/0.1.0; +https://example.org)", "Mozilla/5.0 (compatible; Baton)"]
        {
            assert_eq!(name_of(agent), "Baton", "{agent}");
        }
    }

    #[test]
    fn no_pattern_explodes() {
        let pattern = format!("/{}b$", "*a".repeat(1_000));
        assert!(!matches(&pattern, &format!("/{}", "a".repeat(8_000))));
    }

    proptest! {
        /// Held against the plainest definition: a table of which beginnings fit.
        #[test]
        fn matching_is_what_the_standard_defines(pattern in "/[ab*]{0,6}\\$?", target in "/[ab]{0,8}") {
            let (body, whole) = pattern.strip_suffix('$').map_or((pattern.as_str(), false), |body| (body, true));
            let (body, signs): (Vec<char>, Vec<char>) = (body.chars().collect(), target.chars().collect());
            let mut fits = vec![vec![false; signs.len() + 1]; body.len() + 1];
            fits[0][0] = true;
            for p in 1..=body.len() {
                for t in 0..=signs.len() {
                    fits[p][t] = if body[p - 1] == '*' { fits[p - 1][t] || (t > 0 && fits[p][t - 1]) } else { t > 0 && fits[p - 1][t - 1] && body[p - 1] == signs[t - 1] };
                }
            }
            let expected = if whole { fits[body.len()][signs.len()] } else { fits[body.len()].contains(&true) };
            prop_assert_eq!(matches(&pattern, &target), expected);
        }

        #[test]
        fn no_file_makes_it_panic(text in "(?s).{0,200}", path in "/.{0,20}") {
            let _ = Robots::read(&text, "Baton").allows(&path);
        }
    }
}
