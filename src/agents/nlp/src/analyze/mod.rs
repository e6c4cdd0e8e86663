//! What is a text made of: tokens, sentences, entities that have a form, and how hard it is to read.

mod contract;
mod entities;
mod readability;
mod syllables;
mod tokens;

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{language, text};
pub use contract::ANALYZE;
pub(crate) use contract::analyze as contract;

/// The most tokens, sentences and entities that a result lists. Longer lists are stored as files.
pub(crate) const LISTED_TOKENS: usize = 1_500;
pub(crate) const LISTED_SENTENCES: usize = 300;
pub(crate) const LISTED_ENTITIES: usize = 500;
/// The most tokens that are kept, in the result and the file together; some 200 bytes each.
const MAXIMUM_TOKENS: usize = 1_000_000;
/// The most frequent words that a result lists.
const LISTED_WORDS: usize = 30;
/// The longest token, and the longest sentence or entity, that a result repeats, in characters.
const TOKEN: usize = 40;
const PASSAGE: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
    language: Option<String>,
    #[serde(default = "yes")]
    tokens: bool,
}

fn yes() -> bool {
    true
}

/// What is listed, and the file with the rest if there is more.
struct Taken {
    result: Value,
    files: Vec<(&'static str, &'static str, Vec<u8>)>,
}

/// Takes the input's text apart.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = text::of(&context, input.text, input.artifact.as_deref()).await?;
    let taken = context.blocking(move |context| analyze(context, &text, input.language.as_deref(), input.tokens)).await?;
    let mut result = taken.result;
    for (field, name, bytes) in taken.files {
        result[field] = json!(context.store(name, "application/x-ndjson", &bytes).await?);
    }
    context.progress(1.0, "done");
    Ok(result)
}

fn analyze(context: &Context, text: &str, language: Option<&str>, wants_tokens: bool) -> Result<Taken, SkillError> {
    let language = language.map_or_else(|| language::detect(text).language.to_owned(), str::to_owned);
    let read = {
        let _span = context.span("tokens");
        context.progress(0.1, "finding tokens and sentences");
        tokens::read(text, &language, if wants_tokens { MAXIMUM_TOKENS } else { 0 }, || context.check())?
    };
    context.check()?;
    if wants_tokens && read.total > MAXIMUM_TOKENS {
        context.warn(format!("the first {MAXIMUM_TOKENS} of {} tokens are listed", read.total), Value::Null);
    }
    let found = {
        let _span = context.span("entities");
        context.progress(0.5, "finding entities");
        entities::find(context, text)?
    };
    context.progress(0.8, "writing the result");
    let mut per_kind: BTreeMap<&str, usize> = BTreeMap::new();
    for entity in &found {
        *per_kind.entry(entity.kind).or_default() += 1;
    }
    let counts = read.counts;
    let ratio = |value: f64, of: f64| if of > 0.0 { (value / of * 100.0).round() / 100.0 } else { 0.0 };
    let mut files = Vec::new();
    if found.len() > LISTED_ENTITIES {
        files.push(("entities_file", "entities.ndjson", lines(context, &found)?));
    }
    if read.tokens.len() > LISTED_TOKENS {
        files.push(("tokens_file", "tokens.ndjson", lines(context, &read.tokens)?));
    }
    if read.sentences.len() > LISTED_SENTENCES {
        files.push(("sentences_file", "sentences.ndjson", lines(context, &read.sentences)?));
    }
    let listed_tokens: Vec<Value> = read
        .tokens
        .iter()
        .take(LISTED_TOKENS)
        .map(|token| {
            json!({"text": text::cut(&token.text, TOKEN), "kind": token.kind, "part": token.part, "stem": text::cut(&token.stem, TOKEN),
                "sentence": token.sentence, "start": token.start, "end": token.end})
        })
        .collect();
    let listed_entities: Vec<Value> = found
        .iter()
        .take(LISTED_ENTITIES)
        .map(|entity| {
            json!({"kind": entity.kind, "text": text::cut(&entity.text, PASSAGE), "value": text::cut(&entity.value, PASSAGE),
                "start": entity.start, "end": entity.end})
        })
        .collect();
    let listed_sentences: Vec<Value> = read
        .sentences
        .iter()
        .take(LISTED_SENTENCES)
        .map(|sentence| json!({"text": text::cut(&sentence.text, PASSAGE), "words": sentence.words, "start": sentence.start, "end": sentence.end}))
        .collect();
    let frequent: Vec<Value> =
        read.frequent.iter().take(LISTED_WORDS).map(|(word, count)| json!({"word": text::cut(word, TOKEN), "count": count})).collect();
    context.info(
        format!("{} words in {} sentences, {} entities", counts.words, counts.sentences, found.len()),
        json!({"language": language, "entities": per_kind}),
    );
    let result = json!({
        "language": language,
        "counts": {
            "characters": read.characters,
            "letters": counts.letters,
            "words": counts.words,
            "distinct_words": read.distinct_words,
            "sentences": counts.sentences,
            "paragraphs": read.paragraphs,
            "syllables": counts.syllables,
            "long_words": counts.long_words,
            "words_per_sentence": ratio(counts.words, counts.sentences),
            "syllables_per_word": ratio(counts.syllables, counts.words),
            // 200 words a minute is what reading aloud to oneself is usually reckoned at.
            "reading_minutes": ratio(counts.words, 200.0),
        },
        "readability": readability::indices(&counts, &language),
        "entities": listed_entities,
        "entity_counts": per_kind.iter().map(|(kind, count)| json!({"kind": kind, "count": count})).collect::<Vec<_>>(),
        "frequent_words": frequent,
        "sentences": listed_sentences,
        "tokens": listed_tokens,
    });
    Ok(Taken { result, files })
}

/// One JSON value a line.
fn lines<T: serde::Serialize>(context: &Context, values: &[T]) -> Result<Vec<u8>, SkillError> {
    let mut bytes = Vec::new();
    for (at, value) in values.iter().enumerate() {
        if at.is_multiple_of(8_192) {
            context.check()?;
        }
        serde_json::to_writer(&mut bytes, value).map_err(|error| SkillError::internal(format!("a line cannot be written: {error}")))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
