//! Which packages, in which versions, the lock files of five ecosystems name.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::versions::Ecosystem;

/// The most packages of one file.
pub(crate) const MAXIMUM_PACKAGES: usize = 50_000;
/// How deep the dependencies of an old lock file of npm may nest.
const DEPTH: usize = 64;

/// A package that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) ecosystem: Ecosystem,
    pub(crate) name: String,
    pub(crate) version: String,
    /// From 1.
    pub(crate) line: usize,
}

fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// Whether a file is one that is read here.
pub(crate) fn is_lock(name: &str) -> bool {
    let base = base(name);
    matches!(
        base,
        "Cargo.lock"
            | "package-lock.json"
            | "npm-shrinkwrap.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "poetry.lock"
            | "uv.lock"
            | "go.sum"
            | "go.mod"
            | "pom.xml"
            | "gradle.lockfile"
    ) || (base.starts_with("requirements") && base.ends_with(".txt"))
}

/// The packages of a file; an error says why it cannot be read.
pub(crate) fn packages(name: &str, text: &str) -> Result<Vec<Package>, String> {
    let mut found = match base(name) {
        "Cargo.lock" => listed(text, Ecosystem::Crates)?,
        "poetry.lock" | "uv.lock" => listed(text, Ecosystem::PyPi)?,
        "package-lock.json" | "npm-shrinkwrap.json" => npm(text)?,
        "yarn.lock" => yarn(text),
        "pnpm-lock.yaml" => pnpm(text),
        "go.sum" => go_sum(text),
        "go.mod" => go_mod(text),
        "pom.xml" => pom(text),
        "gradle.lockfile" => gradle(text),
        _ => requirements(text),
    };
    found.truncate(MAXIMUM_PACKAGES);
    Ok(found)
}

/// `[[package]]` tables in TOML.
fn listed(text: &str, ecosystem: Ecosystem) -> Result<Vec<Package>, String> {
    let document: toml::Table = toml::from_str(text).map_err(|error| format!("it is not TOML: {}", error.message()))?;
    let lines: Vec<usize> =
        text.lines().enumerate().filter(|(_, line)| line.trim() == "[[package]]").map(|(number, _)| number + 2).collect();
    let packages = document.get("package").and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(packages
        .iter()
        .enumerate()
        // What has no source is the workspace's own.
        .filter(|(_, package)| ecosystem != Ecosystem::Crates || package.get("source").is_some())
        .filter_map(|(place, package)| {
            Some(Package {
                ecosystem,
                name: package.get("name")?.as_str()?.to_owned(),
                version: package.get("version")?.as_str()?.to_owned(),
                line: lines.get(place).copied().unwrap_or(1),
            })
        })
        .collect())
}

fn npm(text: &str) -> Result<Vec<Package>, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let lines: HashMap<&str, usize> = text
        .lines()
        .enumerate()
        .filter_map(|(number, line)| Some((line.trim().strip_prefix('"')?.split_once("\":")?.0, number + 1)))
        .collect();
    let at = |key: &str| lines.get(key).copied().unwrap_or(1);
    let mut found = Vec::new();
    if let Some(packages) = document["packages"].as_object() {
        for (path, package) in packages {
            let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
            if package["link"] == true {
                continue;
            }
            // An alias says what it is.
            let name = package["name"].as_str().unwrap_or(name);
            if let Some(version) = package["version"].as_str() {
                found.push(Package { ecosystem: Ecosystem::Npm, name: name.to_owned(), version: version.to_owned(), line: at(path) });
            }
        }
        return Ok(found);
    }
    let mut open = vec![(&document["dependencies"], 0usize)];
    while let Some((dependencies, depth)) = open.pop() {
        for (name, package) in dependencies.as_object().into_iter().flatten() {
            if let Some(version) = package["version"].as_str() {
                let (name, version) = version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')).unwrap_or((name, version));
                found.push(Package { ecosystem: Ecosystem::Npm, name: name.to_owned(), version: version.to_owned(), line: at(name) });
            }
            if depth < DEPTH && found.len() < MAXIMUM_PACKAGES {
                open.push((&package["dependencies"], depth + 1));
            }
        }
    }
    Ok(found)
}

/// Both forms of Yarn: a line with the wanted ranges, and within it one with the version.
fn yarn(text: &str) -> Vec<Package> {
    let mut found = Vec::new();
    let mut current: Option<(String, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        if !line.starts_with([' ', '#', '\t']) && line.ends_with(':') {
            let first = line.trim_end_matches(':').split(", ").next().unwrap_or("").trim_matches('"');
            let at = first.char_indices().skip(1).find(|(_, character)| *character == '@').map(|(at, _)| at);
            current = at.map(|at| {
                let (name, range) = (&first[..at], &first[at + 1..]);
                // An alias: `a@npm:b@1`.
                let real = range.strip_prefix("npm:").and_then(|range| range.rsplit_once('@')).map_or(name, |(real, _)| real);
                (if real.is_empty() { name } else { real }.to_owned(), number + 1)
            });
            if first.contains("@workspace:") || first.contains("@patch:") {
                current = None;
            }
        } else if let Some(version) = line.trim().strip_prefix("version")
            && let Some((name, line)) = current.take()
        {
            let version = version.trim_start_matches(':').trim().trim_matches('"').to_owned();
            found.push(Package { ecosystem: Ecosystem::Npm, name, version, line });
        }
    }
    found
}

/// The keys of `packages:`, in the forms of versions 5, 6 and 9.
fn pnpm(text: &str) -> Vec<Package> {
    let mut found = Vec::new();
    let mut within = false;
    for (number, line) in text.lines().enumerate() {
        if !line.starts_with(' ') && !line.trim().is_empty() {
            within = line.trim_end() == "packages:";
        } else if within && line.starts_with("  ") && !line.starts_with("   ") {
            let Some((key, _)) = line.trim().trim_matches('\'').rsplit_once(':').or_else(|| line.trim().rsplit_once(':')) else { continue };
            let key = key.trim_matches(['\'', '"']).trim_start_matches('/');
            let key = key.split('(').next().unwrap_or(key);
            let parted =
                key.char_indices().skip(1).filter(|(_, character)| *character == '@').last().map(|(at, _)| (&key[..at], &key[at + 1..]));
            let parted =
                parted.or_else(|| key.rsplit_once('/').map(|(name, version)| (name, version.split('_').next().unwrap_or(version))));
            if let Some((name, version)) = parted.filter(|(_, version)| version.starts_with(|character: char| character.is_ascii_digit())) {
                found.push(Package { ecosystem: Ecosystem::Npm, name: name.to_owned(), version: version.to_owned(), line: number + 1 });
            }
        }
    }
    found
}

/// Only what is pinned with `==`: of anything else it is not known which version is installed.
fn requirements(text: &str) -> Vec<Package> {
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)").ok());
    let Some(regex) = LINE.as_ref() else { return Vec::new() };
    let lines = text.lines().enumerate().filter_map(|(number, line)| Some((number, regex.captures(line)?)));
    lines
        .map(|(number, parts)| Package {
            ecosystem: Ecosystem::PyPi,
            name: parts[1].to_owned(),
            version: parts[2].to_owned(),
            line: number + 1,
        })
        .collect()
}

fn go_sum(text: &str) -> Vec<Package> {
    let lines = text.lines().enumerate().filter_map(|(number, line)| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        // With `/go.mod` only the module's file was read, not its source.
        (!version.ends_with("/go.mod")).then(|| go(name, version, number))
    });
    lines.collect()
}

fn go(name: &str, version: &str, number: usize) -> Package {
    let version = version.trim_start_matches('v').trim_end_matches("+incompatible").to_owned();
    Package { ecosystem: Ecosystem::Go, name: name.to_owned(), version, line: number + 1 }
}

fn go_mod(text: &str) -> Vec<Package> {
    let mut block = "";
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split("//").next().unwrap_or("").trim();
        if let Some(word) = line.strip_suffix('(') {
            block = if word.trim() == "require" { "require" } else { "other" };
        } else if line == ")" {
            block = "";
        } else {
            let rest = if block == "require" { Some(line) } else { line.strip_prefix("require ") };
            if let Some((name, version)) = rest.and_then(|rest| rest.split_once(' ')) {
                found.push(go(name.trim(), version.trim(), number));
            }
        }
    }
    found
}

/// The dependencies of a project file of Maven that name their version, with the file's own properties put in.
fn pom(text: &str) -> Vec<Package> {
    static PARTS: LazyLock<Option<(Regex, Regex)>> = LazyLock::new(|| {
        Some((
            Regex::new(r"(?s)<dependency>(.*?)</dependency>").ok()?,
            Regex::new(r"<([A-Za-z0-9._-]+)>\s*([^<>]*?)\s*</[A-Za-z0-9._-]+>").ok()?,
        ))
    });
    let Some((dependency, element)) = PARTS.as_ref() else { return Vec::new() };
    let elements = |text: &str| -> HashMap<String, String> {
        element.captures_iter(text).map(|parts| (parts[1].to_owned(), parts[2].to_owned())).collect()
    };
    let properties =
        text.find("<properties>").and_then(|from| text[from..].find("</properties>").map(|to| elements(&text[from..from + to])));
    let properties = properties.unwrap_or_default();
    let head = elements(text.split("<dependencies>").next().unwrap_or(""));
    let put = |value: &str| -> Option<String> {
        let Some(name) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { return Some(value.to_owned()) };
        properties.get(name).or_else(|| head.get(name.strip_prefix("project.")?)).cloned()
    };
    dependency
        .captures_iter(text)
        .filter_map(|found| {
            let body = found.get(1)?;
            let parts = elements(body.as_str());
            let version = put(parts.get("version")?)?;
            if version.contains(['$', '[', '(', ',']) {
                return None;
            }
            let name = format!("{}:{}", put(parts.get("groupId")?)?, put(parts.get("artifactId")?)?);
            Some(Package { ecosystem: Ecosystem::Maven, name, version, line: text[..body.start()].matches('\n').count() + 1 })
        })
        .collect()
}

fn gradle(text: &str) -> Vec<Package> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    lines
        .filter_map(|(number, line)| {
            let (name, version) = line.split_once('=')?.0.rsplit_once(':')?;
            Some(Package { ecosystem: Ecosystem::Maven, name: name.to_owned(), version: version.to_owned(), line: number + 1 })
        })
        .collect()
}
