//! Which packages that lock files name have known weaknesses, by advisories in the form of OSV or RustSec.

pub(crate) mod advisories;
pub(crate) mod locks;
pub(crate) mod versions;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::{Review, answer, gather, sort_out};
use crate::engine::Found;
use crate::engine::rule::Confidence;
use crate::{files, sarif};
use advisories::Advisory;
use versions::Ecosystem;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: Option<String>,
    #[serde(default)]
    artifacts: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    advisories: Vec<String>,
}

/// Holds the input's lock files against its advisories.
pub(crate) async fn perform(context: Context, input: Value, kept: Option<PathBuf>) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let (review, counts, advisories) = context.blocking(move |context| check(context, &input, kept.as_deref())).await?;
    let bytes =
        serde_json::to_vec(&sarif::log(&review.found, &review.suppressed)).map_err(|error| SkillError::internal(error.to_string()))?;
    let artifact = context.store("dependencies.sarif", sarif::MEDIA_TYPE, &bytes).await?;
    context.progress(1.0, "done");
    let mut result = answer(&review, json!(artifact));
    result["packages"] = json!(counts.iter().map(|(name, count)| json!({"ecosystem": name, "packages": count})).collect::<Vec<_>>());
    result["advisories"] = json!(advisories);
    if let Some(result) = result.as_object_mut() {
        result.remove("languages");
    }
    Ok(result)
}

type Checked = (Review, BTreeMap<&'static str, usize>, usize);

fn check(context: &Context, input: &Input, kept: Option<&Path>) -> Result<Checked, SkillError> {
    if input.advisories.is_empty() && kept.is_none() {
        return Err(SkillError::input("advisories", "give some: this installation keeps none (`--code-advisories`)"));
    }
    let mut known: HashMap<(Ecosystem, String), Vec<Advisory>> = HashMap::new();
    let mut count = 0;
    let mut texts = files::read(context, &files::named(None, &input.advisories, &[])?, advisories::is_advisory)?;
    if let Some(folder) = kept {
        let kept = files::read_folder(context, folder, advisories::is_advisory)?;
        texts.files.extend(kept.files);
        texts.skipped.extend(kept.skipped);
    }
    let mut skipped = texts.skipped;
    for (place, file) in texts.files.iter().enumerate() {
        if place.is_multiple_of(256) {
            context.check()?;
            context.progress(0.4 * place as f64 / texts.files.len() as f64, "reading advisories");
        }
        match file.text().map_err(|_| "it is not UTF-8".to_owned()).and_then(|text| advisories::parse(&file.name, text)) {
            Ok(found) => {
                count += usize::from(!found.is_empty());
                for advisory in found {
                    known.entry((advisory.ecosystem, advisory.package.clone())).or_default().push(advisory);
                }
            }
            Err(why) => skipped.push((file.name.clone(), why)),
        }
    }
    if count == 0 {
        let why = skipped.first().map_or_else(String::new, |(name, why)| format!(" {name}: {why}."));
        let message = format!("advisories: none of the files is one; send OSV in JSON or RustSec in TOML, or a zip file of them.{why}");
        return Err(SkillError::new(Code::NothingToRead, message));
    }
    let locks = gather(context, None, input.artifact.as_ref(), (input.artifacts.as_slice(), input.paths.as_slice()), locks::is_lock)?;
    skipped.extend(locks.skipped);
    let mut review = Review { skipped, ..Review::default() };
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for file in &locks.files {
        context.check()?;
        context.progress(0.6, format!("reading {}", file.name));
        let text = file.text().ok();
        let packages = match text {
            Some(text) if locks::is_lock(&file.name) => locks::packages(&file.name, text),
            Some(_) => Err("it is no lock file that is read here".to_owned()),
            None => Err("it is not UTF-8".to_owned()),
        };
        let packages = match packages {
            Ok(packages) => packages,
            Err(why) => {
                review.skipped.push((file.name.clone(), why));
                continue;
            }
        };
        review.read += 1;
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for package in packages {
            let name = package.ecosystem.normal(&package.name);
            if !seen.insert((name.clone(), package.version.clone())) {
                continue;
            }
            *counts.entry(package.ecosystem.name()).or_default() += 1;
            for advisory in known.get(&(package.ecosystem, name)).into_iter().flatten() {
                if advisory.affects(&package.version) {
                    found.push(finding(advisory, &package, &file.name));
                }
            }
        }
        sort_out(&mut review, found, text.unwrap_or(""));
    }
    if review.read == 0 {
        let message = "no lock file was found; send a Cargo.lock, package-lock.json, yarn.lock, pnpm-lock.yaml, poetry.lock, requirements.txt, \
                       go.sum, go.mod, pom.xml or gradle.lockfile, or a zip file with some.";
        return Err(SkillError::new(Code::NothingToRead, message));
    }
    review.found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.file, a.line, &a.rule).cmp(&(&b.file, b.line, &b.rule))));
    review.total = review.found.len();
    review.found.truncate(5_000);
    context.info(format!("{} lock files, {} findings", review.read, review.total), json!({"advisories": count}));
    Ok((review, counts, count))
}

fn finding(advisory: &Advisory, package: &locks::Package, file: &str) -> Found {
    let fixed = advisory.fixed_after(&package.version);
    Found {
        rule: advisory.id.clone(),
        title: advisory.title.clone(),
        severity: advisory.severity,
        confidence: Confidence::High,
        cwe: advisory.cwe.clone(),
        message: format!("{} {} has a known weakness: {}", package.name, package.version, advisory.title),
        advice: fixed.map_or_else(
            || "No version without it is known; replace the package or make sure that the weakness does not matter here.".to_owned(),
            |fixed| format!("Update to {fixed} or later."),
        ),
        file: file.to_owned(),
        line: package.line,
        column: 1,
        end_line: package.line,
        end_column: 1,
        snippet: format!("{} {}", package.name, package.version),
        source_line: None,
        fingerprint: String::new(),
    }
}
