//! Which of many texts are nearly the same, in groups?

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PREVIEW, list, minhash, shingles};
use crate::text;

/// The most texts of a list.
pub(crate) const MAXIMUM_TEXTS: usize = 100_000;
/// The most bytes of a list's file.
pub(crate) const MAXIMUM_LIST_BYTES: u64 = 50 << 20;
/// The most groups, and the most texts of a group, that a result lists. All of them are in the file.
pub(crate) const LISTED_GROUPS: usize = 200;
const LISTED_TEXTS: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    texts: Vec<String>,
    artifact: Option<String>,
    #[serde(default)]
    artifacts: Vec<String>,
    column: Option<String>,
    format: Option<String>,
    #[serde(default = "alike")]
    threshold: f64,
}

fn alike() -> f64 {
    0.8
}

/// Texts that are nearly the same: places in the list, each with how alike it is to the first.
struct Group {
    members: Vec<(usize, f64)>,
    least: f64,
}

/// Finds near duplicates among the input's texts.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let threshold = input.threshold.clamp(0.3, 1.0);
    let mut names: Option<Vec<String>> = None;
    let texts = match (input.texts, input.artifact, input.artifacts) {
        (texts, None, files) if !texts.is_empty() && files.is_empty() => texts,
        (texts, Some(id), files) if texts.is_empty() && files.is_empty() => {
            let file = context.file(&id)?;
            if file.size > MAXIMUM_LIST_BYTES {
                let message =
                    format!("artifact: {} has {} bytes; at most {MAXIMUM_LIST_BYTES} are read. Split the file.", file.name, file.size);
                return Err(SkillError::new(Code::TextTooLong, message));
            }
            let form = input.format.unwrap_or_else(|| list::form_of(&file.name).to_owned());
            let column = input.column;
            context.blocking(move |_| list::read(&file.path, &form, column.as_deref())).await?
        }
        (texts, None, files) if texts.is_empty() && !files.is_empty() => {
            let mut texts = Vec::with_capacity(files.len());
            let mut bytes = 0;
            for id in &files {
                let content = text::of(&context, None, Some(id)).await?;
                bytes += content.len() as u64;
                if bytes > MAXIMUM_LIST_BYTES {
                    return Err(SkillError::new(
                        Code::TextTooLong,
                        format!("artifacts: more than {MAXIMUM_LIST_BYTES} bytes together. Send fewer files."),
                    ));
                }
                texts.push(content);
            }
            names = Some(files.iter().map(|id| context.file(id).map(|file| file.name)).collect::<Result<_, _>>()?);
            texts
        }
        _ => return Err(SkillError::input("texts", "give either texts, a file with a list, or several files")),
    };
    let (result, file) = context.blocking(move |context| search(context, &texts, names.as_deref(), threshold)).await?;
    let mut result = result;
    if let Some(file) = file {
        result["file"] = json!(context.store("near-duplicates.ndjson", "application/x-ndjson", &file).await?);
    }
    context.progress(1.0, "done");
    Ok(result)
}

fn search(context: &Context, texts: &[String], names: Option<&[String]>, threshold: f64) -> Result<(Value, Option<Vec<u8>>), SkillError> {
    let shingles = {
        let _span = context.span("shingles");
        let mut shingles = Vec::with_capacity(texts.len());
        for (place, text) in texts.iter().enumerate() {
            if place.is_multiple_of(1_024) {
                context.check()?;
                context.progress(0.3 * place as f64 / texts.len() as f64, "reading texts");
            }
            shingles.push(shingles::of(text));
        }
        shingles
    };
    let blank = shingles.iter().filter(|shingles| shingles.is_empty()).count();
    if blank == texts.len() {
        return Err(SkillError::new(Code::EmptyText, "none of the texts has a word. Send texts with words."));
    }
    let pairs = {
        let _span = context.span("pairs");
        minhash::pairs(context, &shingles, threshold)?
    };
    let groups = groups(texts.len(), &pairs, &shingles);
    let show = |(place, score): &(usize, f64)| {
        let mut value =
            json!({"index": place, "score": (score * 10_000.0).round() / 10_000.0, "text": text::cut(texts[*place].trim(), PREVIEW)});
        if let Some(name) = names.and_then(|names| names.get(*place)) {
            value["name"] = json!(name);
        }
        value
    };
    let more = groups.len() > LISTED_GROUPS || groups.iter().any(|group| group.members.len() > LISTED_TEXTS);
    let mut file = Vec::new();
    if more {
        for (number, group) in groups.iter().enumerate() {
            context.check()?;
            for member in &group.members {
                let mut value = show(member);
                value["group"] = json!(number);
                file.extend(value.to_string().into_bytes());
                file.push(b'\n');
            }
        }
    }
    let repeated: usize = groups.iter().map(|group| group.members.len() - 1).sum();
    let listed: Vec<Value> = groups
        .iter()
        .take(LISTED_GROUPS)
        .enumerate()
        .map(|(number, group)| {
            json!({"group": number, "size": group.members.len(), "least_score": (group.least * 10_000.0).round() / 10_000.0,
                "texts": group.members.iter().take(LISTED_TEXTS).map(show).collect::<Vec<_>>()})
        })
        .collect();
    context.info(format!("{} groups among {} texts", groups.len(), texts.len()), json!({"pairs": pairs.len(), "threshold": threshold}));
    let result = json!({
        "summary": {"texts": texts.len(), "groups": groups.len(), "repeated": repeated, "blank": blank, "threshold": threshold},
        "groups": listed,
    });
    Ok((result, more.then_some(file)))
}

/// Texts that are linked by pairs, directly or through others; the largest group first.
fn groups(count: usize, pairs: &[(usize, usize, f64)], shingles: &[Vec<u64>]) -> Vec<Group> {
    let mut parents: Vec<usize> = (0..count).collect();
    fn root(parents: &mut [usize], mut place: usize) -> usize {
        while parents[place] != place {
            parents[place] = parents[parents[place]];
            place = parents[place];
        }
        place
    }
    for (first, second, _) in pairs {
        let (a, b) = (root(&mut parents, *first), root(&mut parents, *second));
        // The earliest text stands for its group.
        parents[a.max(b)] = a.min(b);
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (first, second, _) in pairs {
        for place in [*first, *second] {
            members.entry(root(&mut parents, place)).or_default().push(place);
        }
    }
    let mut groups: Vec<Group> = members
        .into_values()
        .map(|mut places| {
            places.sort_unstable();
            places.dedup();
            let first = places[0];
            let members: Vec<(usize, f64)> =
                places.into_iter().map(|place| (place, shingles::jaccard(&shingles[first], &shingles[place]))).collect();
            let least = members.iter().map(|(_, score)| *score).fold(1.0, f64::min);
            Group { members, least }
        })
        .collect();
    groups.sort_by(|a, b| b.members.len().cmp(&a.members.len()).then_with(|| a.members[0].0.cmp(&b.members[0].0)));
    groups
}
