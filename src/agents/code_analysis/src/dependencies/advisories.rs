//! What advisories say: OSV in JSON, and RustSec in TOML, alone or at the head of Markdown.

use serde_json::Value;

use super::versions::{Ecosystem, satisfies};
use crate::rules::Severity;
use crate::source::cut;

/// The longest title, in characters.
const TITLE: usize = 200;

/// Which versions have a weakness.
#[derive(Debug, Clone)]
enum Affected {
    /// Events in the order of their versions: from each `true` on it has it, from each `false` on no longer; and versions that are named.
    Ranges(Vec<Vec<Event>>, Vec<String>),
    /// All that none of these requirements fits.
    Unless(Vec<String>),
}

#[derive(Debug, Clone)]
enum Event {
    Introduced(String),
    Fixed(String),
    LastAffected(String),
}

/// A weakness of one package.
#[derive(Debug, Clone)]
pub(crate) struct Advisory {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) cwe: Vec<String>,
    pub(crate) ecosystem: Ecosystem,
    pub(crate) package: String,
    affected: Affected,
}

impl Advisory {
    /// Whether a version has the weakness.
    pub(crate) fn affects(&self, version: &str) -> bool {
        match &self.affected {
            Affected::Unless(requirements) => !requirements.iter().any(|requirement| satisfies(version, requirement)),
            Affected::Ranges(ranges, versions) => {
                versions.iter().any(|named| self.ecosystem.compare(named, version).is_eq())
                    || ranges.iter().any(|range| self.within(range, version))
            }
        }
    }

    /// The algorithm of the OSV schema: the events up to the version, in order, decide.
    fn within(&self, events: &[Event], version: &str) -> bool {
        let mut sorted: Vec<&Event> = events.iter().collect();
        sorted.sort_by(|a, b| match (at(a), at(b)) {
            ("0", "0") => std::cmp::Ordering::Equal,
            ("0", _) => std::cmp::Ordering::Less,
            (_, "0") => std::cmp::Ordering::Greater,
            (a, b) => self.ecosystem.compare(a, b),
        });
        let mut affected = false;
        for event in sorted {
            match event {
                Event::Introduced(from) if from == "0" || self.ecosystem.compare(version, from).is_ge() => affected = true,
                Event::Fixed(from) if self.ecosystem.compare(version, from).is_ge() => affected = false,
                Event::LastAffected(last) if self.ecosystem.compare(version, last).is_gt() => affected = false,
                _ => {}
            }
        }
        affected
    }

    /// The least version after this one in which it is fixed.
    pub(crate) fn fixed_after(&self, version: &str) -> Option<String> {
        let candidates: Vec<String> = match &self.affected {
            Affected::Ranges(ranges, _) => ranges
                .iter()
                .flatten()
                .filter_map(|event| if let Event::Fixed(fixed) = event { Some(fixed.clone()) } else { None })
                .collect(),
            Affected::Unless(requirements) => requirements
                .iter()
                .filter_map(|requirement| {
                    let first = requirement.split(',').next()?.trim();
                    let bound = first.strip_prefix(">=").or_else(|| first.strip_prefix('^')).or_else(|| first.strip_prefix('='))?;
                    Some(bound.trim().to_owned())
                })
                .collect(),
        };
        let later = candidates.into_iter().filter(|fixed| self.ecosystem.compare(fixed, version).is_gt());
        later.min_by(|a, b| self.ecosystem.compare(a, b))
    }
}

fn at(event: &Event) -> &str {
    match event {
        Event::Introduced(version) | Event::Fixed(version) | Event::LastAffected(version) => version,
    }
}

/// Whether a file may be an advisory.
pub(crate) fn is_advisory(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".toml") || (name.ends_with(".md") && !name.ends_with("README.md"))
}

/// The weaknesses that a file tells of, one for each package; none if it was withdrawn.
pub(crate) fn parse(name: &str, text: &str) -> Result<Vec<Advisory>, String> {
    if name.ends_with(".json") {
        return osv(text);
    }
    let inner = text.split_once("```toml").and_then(|(_, rest)| rest.split_once("```")).map_or(text, |(inner, _)| inner);
    rustsec(inner, text)
}

fn osv(text: &str) -> Result<Vec<Advisory>, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let entries: Vec<&Value> = document.as_array().map_or_else(|| vec![&document], |list| list.iter().collect());
    let mut found = Vec::new();
    for entry in entries {
        let id = entry["id"].as_str().ok_or("it has no id, so it is no advisory in the form of OSV")?;
        if entry["withdrawn"].is_string() {
            continue;
        }
        let title = entry["summary"].as_str().or_else(|| entry["details"].as_str().and_then(|text| text.lines().next())).unwrap_or(id);
        let cwe = entry["database_specific"]["cwe_ids"].as_array().into_iter().flatten();
        let cwe: Vec<String> = cwe.filter_map(|cwe| cwe.as_str().map(str::to_owned)).collect();
        for affected in entry["affected"].as_array().into_iter().flatten() {
            let package = &affected["package"];
            let (Some(ecosystem), Some(name)) = (package["ecosystem"].as_str().and_then(Ecosystem::parse), package["name"].as_str()) else {
                continue;
            };
            let ranges = affected["ranges"].as_array().into_iter().flatten().filter(|range| range["type"] != "GIT");
            let ranges = ranges.map(|range| range["events"].as_array().into_iter().flatten().filter_map(event).collect()).collect();
            let versions = affected["versions"].as_array().into_iter().flatten();
            let versions = versions.filter_map(|version| version.as_str().map(str::to_owned)).collect();
            found.push(Advisory {
                id: id.to_owned(),
                title: cut(title, TITLE),
                severity: severity(entry, affected),
                cwe: cwe.clone(),
                ecosystem,
                package: ecosystem.normal(name),
                affected: Affected::Ranges(ranges, versions),
            });
        }
    }
    Ok(found)
}

fn event(event: &Value) -> Option<Event> {
    let of = |name: &str| event[name].as_str().map(str::to_owned);
    of("introduced")
        .map(Event::Introduced)
        .or_else(|| of("fixed").map(Event::Fixed))
        .or_else(|| of("last_affected").map(Event::LastAffected))
}

/// By the word of the database, else by the CVSS score, else the middle.
fn severity(entry: &Value, affected: &Value) -> Severity {
    let word = entry["database_specific"]["severity"].as_str().or_else(|| affected["ecosystem_specific"]["severity"].as_str());
    match word.map(str::to_ascii_uppercase).as_deref() {
        Some("CRITICAL" | "HIGH") => return Severity::Error,
        Some("MODERATE" | "MEDIUM") => return Severity::Warning,
        Some("LOW") => return Severity::Info,
        _ => {}
    }
    let scores = entry["severity"].as_array().into_iter().flatten();
    let score = scores.filter_map(|score| cvss3(score["score"].as_str()?)).next();
    score.map_or(Severity::Warning, of_score)
}

fn of_score(score: f64) -> Severity {
    match score {
        score if score >= 7.0 => Severity::Error,
        score if score >= 4.0 => Severity::Warning,
        _ => Severity::Info,
    }
}

/// The base score of a vector of CVSS 3.0 or 3.1 (specification, §7.1).
fn cvss3(vector: &str) -> Option<f64> {
    let rest = vector.strip_prefix("CVSS:3.")?;
    let of = |name: &str| rest.split('/').find_map(|part| part.strip_prefix(name)?.strip_prefix(':'));
    let changed = of("S")? == "C";
    let attack = match of("AV")? {
        "N" => 0.85,
        "A" => 0.62,
        "L" => 0.55,
        _ => 0.2,
    };
    let complexity = if of("AC")? == "L" { 0.77 } else { 0.44 };
    let privileges = match (of("PR")?, changed) {
        ("N", _) => 0.85,
        ("L", false) => 0.62,
        ("L", true) => 0.68,
        (_, false) => 0.27,
        (_, true) => 0.5,
    };
    let interaction = if of("UI")? == "N" { 0.85 } else { 0.62 };
    let weight = |name: &str| {
        Some(match of(name)? {
            "H" => 0.56,
            "L" => 0.22,
            _ => 0.0,
        })
    };
    let base: f64 = 1.0 - (1.0 - weight("C")?) * (1.0 - weight("I")?) * (1.0 - weight("A")?);
    let impact = if changed { 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15) } else { 6.42 * base };
    if impact <= 0.0 {
        return Some(0.0);
    }
    let exploitability = 8.22 * attack * complexity * privileges * interaction;
    let score = if changed { 1.08 * (impact + exploitability) } else { impact + exploitability };
    Some((score.min(10.0) * 10.0 - 1e-6).ceil() / 10.0)
}

fn rustsec(text: &str, whole: &str) -> Result<Vec<Advisory>, String> {
    let document: toml::Table = toml::from_str(text).map_err(|error| format!("it is not TOML: {}", error.message()))?;
    let advisory = document.get("advisory").ok_or("it has no [advisory], so it is none in the form of RustSec")?;
    let of = |name: &str| advisory.get(name).and_then(toml::Value::as_str);
    let (id, package) = (of("id").ok_or("[advisory] has no id")?, of("package").ok_or("[advisory] has no package")?);
    if advisory.get("withdrawn").is_some() {
        return Ok(Vec::new());
    }
    let title = of("title").or_else(|| whole.lines().find_map(|line| line.strip_prefix("# "))).unwrap_or(id);
    let versions = document.get("versions");
    let list = |name: &str| -> Vec<String> {
        let list = versions.and_then(|versions| versions.get(name)).and_then(toml::Value::as_array);
        list.into_iter().flatten().filter_map(|requirement| requirement.as_str().map(str::to_owned)).collect()
    };
    let mut unless = list("patched");
    unless.extend(list("unaffected"));
    let severity = match (of("informational"), of("cvss").and_then(cvss3)) {
        (Some(_), _) => Severity::Info,
        (None, Some(score)) => of_score(score),
        (None, None) => Severity::Warning,
    };
    Ok(vec![Advisory {
        id: id.to_owned(),
        title: cut(title, TITLE),
        severity,
        cwe: Vec::new(),
        ecosystem: Ecosystem::Crates,
        package: package.to_owned(),
        affected: Affected::Unless(unless),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_scores_are_those_of_the_specification() {
        for (vector, score) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
            ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
            ("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 6.2),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ] {
            assert!((cvss3(vector).unwrap() - score).abs() < 1e-9, "{vector}: {:?}", cvss3(vector));
        }
    }
}
