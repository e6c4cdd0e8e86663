//! Which of two versions is newer, by the rules of each ecosystem.

use std::cmp::Ordering;

/// Where packages come from; named as OSV names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ecosystem {
    Crates,
    Npm,
    PyPi,
    Go,
    Maven,
}

impl Ecosystem {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Crates => "crates.io",
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
            Self::Go => "Go",
            Self::Maven => "Maven",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let plain = name.split(':').next().unwrap_or(name);
        [Self::Crates, Self::Npm, Self::PyPi, Self::Go, Self::Maven].into_iter().find(|one| one.name() == plain)
    }

    /// A package's name as it is compared: PyPI does not tell `-`, `_`, `.` and capitals apart (PEP 503).
    pub(crate) fn normal(self, name: &str) -> String {
        if self != Self::PyPi {
            return name.to_owned();
        }
        let lower = name.to_ascii_lowercase();
        lower.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The order of two versions.
    pub(crate) fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Crates | Self::Npm | Self::Go => semantic(a, b),
            Self::PyPi => python(a, b),
            Self::Maven => maven(a, b),
        }
    }
}

fn digits(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Semantic Versioning 2.0.0, §11; a `v` before and what is after `+` do not count.
fn semantic(a: &str, b: &str) -> Ordering {
    fn parts(text: &str) -> (Vec<&str>, Option<&str>) {
        let text = text.trim().trim_start_matches('v').split('+').next().unwrap_or("");
        let (core, before) = text.split_once('-').map_or((text, None), |(core, before)| (core, Some(before)));
        (core.split('.').collect(), before)
    }
    let ((core_a, before_a), (core_b, before_b)) = (parts(a), parts(b));
    for place in 0..core_a.len().max(core_b.len()) {
        let order = digits(core_a.get(place).unwrap_or(&"0"), core_b.get(place).unwrap_or(&"0"));
        if order.is_ne() {
            return order;
        }
    }
    match (before_a, before_b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let (mut a, mut b) = (a.split('.'), b.split('.'));
            loop {
                let order = match (a.next(), b.next()) {
                    (None, None) => return Ordering::Equal,
                    (None, Some(_)) => Ordering::Less,
                    (Some(_), None) => Ordering::Greater,
                    (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
                        (true, true) => digits(a, b),
                        (true, false) => Ordering::Less,
                        (false, true) => Ordering::Greater,
                        (false, false) => a.cmp(b),
                    },
                };
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

/// PEP 440.
fn python(a: &str, b: &str) -> Ordering {
    python_key(a).cmp(&python_key(b))
}

/// Epoch, release, before (its kind and number), after, in development, local.
type PythonKey = (u64, Vec<u64>, (u8, u64), (u8, u64), (u8, u64), Vec<(u8, u64, String)>);

fn python_key(text: &str) -> PythonKey {
    let lower = text.trim().trim_start_matches(['v', 'V']).to_ascii_lowercase();
    let (public, local) = lower.split_once('+').map_or((lower.as_str(), None), |(public, local)| (public, Some(local)));
    let (epoch, rest) = public.split_once('!').map_or((0, public), |(epoch, rest)| (epoch.parse().unwrap_or(0), rest));
    let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(rest.len());
    let mut release: Vec<u64> = rest[..end].split('.').filter_map(|part| part.parse().ok()).collect();
    while release.last() == Some(&0) {
        release.pop();
    }
    let mut tail = &rest[end..];
    let (mut before, mut after, mut development) = (None, None, None);
    while !tail.is_empty() {
        tail = tail.trim_start_matches(['.', '-', '_']);
        let letters = tail.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(tail.len());
        let word = &tail[..letters];
        let rest = tail[letters..].trim_start_matches(['.', '-', '_']);
        let length = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..length].parse().unwrap_or(0);
        match word {
            "a" | "alpha" => before = Some((1, number)),
            "b" | "beta" => before = Some((2, number)),
            "c" | "rc" | "pre" | "preview" => before = Some((3, number)),
            "post" | "rev" | "r" | "" => after = Some(number),
            "dev" => development = Some(number),
            _ => {}
        }
        let next = &rest[length..];
        if next.len() >= tail.len() {
            break;
        }
        tail = next;
    }
    // In development and nothing else sorts before every pre-release; a final one after them.
    let before = before.unwrap_or(if development.is_some() && after.is_none() { (0, 0) } else { (4, 0) });
    let local = local.map_or_else(Vec::new, |local| {
        local
            .split(['.', '-', '_'])
            .map(|part| if is_number(part) { (1, part.parse().unwrap_or(0), String::new()) } else { (0, 0, part.to_owned()) })
            .collect()
    });
    (epoch, release, before, after.map_or((0, 0), |number| (1, number)), development.map_or((1, 0), |number| (0, number)), local)
}

/// Maven's ComparableVersion: numbers and qualifiers, where a change between them parts as well.
fn maven(a: &str, b: &str) -> Ordering {
    fn tokens(text: &str) -> Vec<(bool, String)> {
        let mut tokens: Vec<(bool, String)> = Vec::new();
        let mut current = String::new();
        for character in text.to_ascii_lowercase().chars() {
            let parts = matches!(character, '.' | '-' | '_');
            let changes = current.chars().last().is_some_and(|last| last.is_ascii_digit() != character.is_ascii_digit());
            if (parts || changes) && !current.is_empty() {
                tokens.push((is_number(&current), std::mem::take(&mut current)));
            }
            if !parts {
                current.push(character);
            }
        }
        if !current.is_empty() {
            tokens.push((is_number(&current), current));
        }
        while tokens
            .last()
            .is_some_and(|(number, text)| if *number { text.bytes().all(|byte| byte == b'0') } else { rank(text) == (5, "") })
        {
            tokens.pop();
        }
        tokens
    }
    fn rank(text: &str) -> (u8, &str) {
        match text {
            "alpha" | "a" => (0, ""),
            "beta" | "b" => (1, ""),
            "milestone" | "m" => (2, ""),
            "rc" | "cr" => (3, ""),
            "snapshot" => (4, ""),
            "" | "ga" | "final" | "release" => (5, ""),
            "sp" => (6, ""),
            other => (7, other),
        }
    }
    let (a, b) = (tokens(a), tokens(b));
    for place in 0..a.len().max(b.len()) {
        let order = match (a.get(place), b.get(place)) {
            (Some((true, a)), Some((true, b))) => digits(a, b),
            (Some((true, _)), Some((false, _))) => Ordering::Greater,
            (Some((false, _)), Some((true, _))) => Ordering::Less,
            (Some((false, a)), Some((false, b))) => rank(a).cmp(&rank(b)),
            (Some((true, a)), None) => digits(a, "0"),
            (None, Some((true, b))) => digits("0", b),
            (Some((false, a)), None) => rank(a).cmp(&rank("")),
            (None, Some((false, b))) => rank("").cmp(&rank(b)),
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Whether a version fits a requirement as Cargo writes it: comparisons joined by commas.
pub(crate) fn satisfies(version: &str, requirement: &str) -> bool {
    requirement.split(',').map(str::trim).filter(|part| !part.is_empty()).all(|part| {
        let at = part.find(|character: char| character.is_ascii_digit() || character == '*').unwrap_or(part.len());
        let (operator, bound) = (part[..at].trim(), part[at..].trim());
        let order = semantic(version, bound);
        match operator {
            ">=" => order.is_ge(),
            ">" => order.is_gt(),
            "<=" => order.is_le(),
            "<" => order.is_lt(),
            "=" => order.is_eq(),
            "~" => order.is_ge() && semantic(version, &above(bound, bound.split('.').count().min(2))).is_lt(),
            _ if bound == "*" => true,
            // `^`: up to the first part that is not zero.
            _ => {
                let place = bound.split('.').take_while(|part| *part == "0").count() + 1;
                order.is_ge() && semantic(version, &above(bound, place)).is_lt()
            }
        }
    })
}

/// The least version with a greater part at this place, counted from 1; before its own pre-releases.
fn above(bound: &str, place: usize) -> String {
    let core = bound.split(['-', '+']).next().unwrap_or(bound);
    let mut parts: Vec<u64> = core.split('.').map(|part| part.parse().unwrap_or(0)).take(place).collect();
    if let Some(last) = parts.last_mut() {
        *last += 1;
    }
    parts.resize(3, 0);
    format!("{}-0", parts.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each list grows.
    #[test]
    fn versions_are_in_the_order_of_their_ecosystem() {
        let lists: [(Ecosystem, &[&str]); 4] = [
            // The example of semver.org, §11.
            (
                Ecosystem::Npm,
                &[
                    "1.0.0-alpha",
                    "1.0.0-alpha.1",
                    "1.0.0-alpha.beta",
                    "1.0.0-beta",
                    "1.0.0-beta.2",
                    "1.0.0-beta.11",
                    "1.0.0-rc.1",
                    "1.0.0",
                    "2.0.0",
                    "2.1.0",
                    "2.1.1",
                ],
            ),
            (Ecosystem::Go, &["v0.0.0-20190308221718-c2843e01d9a2", "v0.0.0-20200622213623-75b288015ac9", "v0.1.0", "v1.0.0", "v1.10.0"]),
            // The example of PEP 440.
            (
                Ecosystem::PyPi,
                &[
                    "1.dev0",
                    "1.0.dev456",
                    "1.0a1",
                    "1.0a2.dev456",
                    "1.0a12.dev456",
                    "1.0a12",
                    "1.0b1.dev456",
                    "1.0b2",
                    "1.0b2.post345.dev456",
                    "1.0b2.post345",
                    "1.0rc1.dev456",
                    "1.0rc1",
                    "1.0",
                    "1.0+abc.5",
                    "1.0+abc.7",
                    "1.0+5",
                    "1.0.post456.dev34",
                    "1.0.post456",
                    "1.1.dev1",
                    "1!0.1",
                ],
            ),
            (
                Ecosystem::Maven,
                &["1-alpha-1", "1-alpha-2", "1-beta-1", "1-m1", "1-rc", "1-snapshot", "1", "1-sp", "1-abc", "1.1", "1.2", "1.10", "2"],
            ),
        ];
        for (ecosystem, list) in lists {
            for (place, a) in list.iter().enumerate() {
                for (other, b) in list.iter().enumerate() {
                    assert_eq!(ecosystem.compare(a, b), place.cmp(&other), "{}: {a} {b}", ecosystem.name());
                }
            }
        }
    }

    #[test]
    fn different_spellings_are_equal() {
        for (ecosystem, a, b) in [
            (Ecosystem::PyPi, "1.0", "1.0.0"),
            (Ecosystem::PyPi, "1.0-1", "1.0.post1"),
            (Ecosystem::PyPi, "v1.0ALPHA1", "1.0a1"),
            (Ecosystem::Maven, "1.0.0", "1"),
            (Ecosystem::Maven, "1-ga", "1.0"),
            (Ecosystem::Maven, "1-rc1", "1-cr1"),
            (Ecosystem::Npm, "1.0.0+a", "v1.0.0"),
        ] {
            assert!(ecosystem.compare(a, b).is_eq(), "{a} {b}");
        }
        assert_eq!(Ecosystem::PyPi.normal("Foo__Bar.baz"), "foo-bar-baz");
    }

    #[test]
    fn requirements_of_cargo_hold() {
        for (version, requirement, expected) in [
            ("1.2.3", ">= 1.2.3", true),
            ("1.2.2", ">= 1.2.3", false),
            ("1.2.9", "^1.2.3", true),
            ("2.0.0", "^1.2.3", false),
            ("0.2.9", "^0.2.3", true),
            ("0.3.0", "^0.2.3", false),
            ("0.0.4", "^0.0.3", false),
            ("1.2.9", "~1.2.3", true),
            ("1.3.0", "~1.2.3", false),
            ("1.5.0", ">= 1.2, < 1.6", true),
            ("1.6.0", ">= 1.2, < 1.6", false),
            ("1.2.3", "= 1.2.3", true),
            ("2.0.0-rc.1", "^1.2.3", false),
            ("9.9.9", "*", true),
        ] {
            assert_eq!(satisfies(version, requirement), expected, "{version} {requirement}");
        }
    }
}
