//! Whether languages are told apart as well as promised, and texts taken apart and compared as they should be.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::harness::{Setting, perform, perform_on_file, run_in, shipped};
use baton_agents_nlp::{ANALYZE, DETECT_LANGUAGE, NEAR_DUPLICATES, Nlp, SIMILARITY};
use baton_agents_runtime::Agent;
use baton_domain::model::{Embedded, Usage};
use serde_json::{Value, json};

#[test]
fn stretches_of_twenty_words_are_told_apart_in_twenty_languages() {
    let mut figures: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in include_str!("reference/languages.tsv").lines() {
        let (language, text) = line.split_once('\t').unwrap();
        let found = perform(Nlp::default(), DETECT_LANGUAGE, json!({"text": text})).value()["language"].clone();
        let (right, all) = figures.entry(language).or_default();
        *right += u32::from(found == language);
        *all += 1;
    }
    println!("{figures:?}");
    assert_eq!(figures.len(), 20);
    assert!(figures.values().all(|(_, all)| *all >= 36), "{figures:?}");
    let (right, all) = figures.values().fold((0, 0), |(right, all), figure| (right + figure.0, all + figure.1));
    assert!(f64::from(right) / f64::from(all) >= 0.97, "{right} of {all}: {figures:?}");
    assert!(figures.values().all(|(right, all)| f64::from(*right) / f64::from(*all) >= 0.9), "{figures:?}");
}

#[test]
fn entities_stand_where_the_result_says() {
    let text = "Ä 😀 It is known that Dr. Ada Keller paid CHF 1'250.00 on 3 March 2024 to DE89 3704 0044 0532 0130 00. You can write to her at ada@example.org.";
    let result = perform(Nlp::default(), ANALYZE, json!({"text": text})).value();
    let characters: Vec<char> = text.chars().collect();
    let entities = result["entities"].as_array().unwrap();
    for entity in entities {
        let place = |field: &str| usize::try_from(entity[field].as_u64().unwrap()).unwrap();
        assert_eq!(characters[place("start")..place("end")].iter().collect::<String>(), entity["text"].as_str().unwrap());
    }
    let kinds: Vec<&str> = entities.iter().map(|entity| entity["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["person", "money", "date", "iban", "email"]);
    assert_eq!(result["language"], "en");
    assert_eq!(result["counts"]["sentences"], 2.0);
    assert!(result["readability"].as_array().unwrap().iter().any(|index| index["index"] == "Flesch reading ease"));
}

#[test]
fn long_lists_are_stored_as_files() {
    let text = "On 2024-05-01 ann@example.org wrote a letter. ".repeat(2_000);
    let ended = perform_on_file(Nlp::default(), ANALYZE, json!({}), "t.txt", text.as_bytes());
    let names: Vec<&str> = ended.stored.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["entities.ndjson", "tokens.ndjson", "sentences.ndjson"]);
    let lines = String::from_utf8(ended.stored[0].2.clone()).unwrap();
    assert_eq!(lines.lines().count(), 4_000);
    assert_eq!(serde_json::from_str::<Value>(lines.lines().last().unwrap()).unwrap()["value"], "ann@example.org");
    let result = ended.value();
    assert_eq!(result["entity_counts"], json!([{"kind": "date", "count": 2000}, {"kind": "email", "count": 2000}]));
}

#[test]
fn one_line_of_five_megabytes_is_analyzed() {
    for pattern in ["a", "1", "1.", "a@", ":", "-", "12:34 ", "( ", "漢", "A ", "\u{301}", "1 2 3 4 "] {
        let content = pattern.repeat((5 << 20) / pattern.len());
        perform_on_file(Nlp::default(), ANALYZE, json!({"tokens": false}), "t.txt", content.as_bytes()).value();
    }
    let many = perform_on_file(Nlp::default(), ANALYZE, json!({}), "t.txt", ": ".repeat(1_000_001).as_bytes());
    assert!(many.logs.iter().any(|line| line.contains("the first 1000000 of 1000001 tokens")), "{:?}", many.logs);
    many.value();
    let content = "a".repeat(10 << 20);
    assert_eq!(perform_on_file(Nlp::default(), ANALYZE, json!({}), "t.txt", content.as_bytes()).code(), "NLP-002");
}

#[test]
fn texts_are_alike_as_far_as_they_share_words() {
    let text = "The committee approved the budget for the new library.";
    let input = json!({"text": text, "others": ["Rain is expected in the mountains tomorrow.", text, "The new library's budget was approved by the committee."]});
    let result = perform(Nlp::default(), SIMILARITY, input).value();
    let rows = result["texts"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["index"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 0]);
    assert_eq!((&rows[0]["words"], &rows[0]["phrases"]), (&json!(1.0), &json!(1.0)));
    assert!(rows[1]["words"].as_f64().unwrap() > 0.7 && rows[2]["words"] == json!(0.0), "{result}");
    assert_eq!(result["measure"], "words");
}

#[test]
fn more_than_can_be_compared_is_refused() {
    let long = "word ".repeat(40_000);
    let input = json!({"text": "a word", "others": vec![long; 26]});
    assert_eq!(perform(Nlp::default(), SIMILARITY, input).code(), "NLP-002");
    assert_eq!(perform(Nlp::default(), SIMILARITY, json!({"text": "a word"})).code(), "TASK-003");
    assert_eq!(perform(Nlp::default(), SIMILARITY, json!({"text": "a word", "others": [" \n"]})).code(), "NLP-001");
}

#[test]
fn meaning_comes_from_the_model_that_makes_embeddings() {
    let embed = |texts: Vec<String>| {
        let vectors = texts
            .iter()
            .map(|text| if text.contains("car") || text.contains("automobile") { vec![1.0, 0.1] } else { vec![0.0, 1.0] })
            .collect();
        Ok(Embedded { model: "played".to_owned(), vectors, usage: Usage::default() })
    };
    let input = json!({"text": "A red car.", "others": ["A tree.", "A crimson automobile."], "meaning": true});
    let setting = Setting { embedder: Some(Box::new(embed)), ..Setting::default() };
    let result = run_in(setting, Arc::new(Nlp::default()), SIMILARITY, input.clone()).value();
    assert_eq!((&result["measure"], &result["model"], &result["texts"][0]["index"]), (&json!("meaning"), &json!("played"), &json!(1)));
    let without = run_in(Setting::default(), Arc::new(Nlp::default()), SIMILARITY, input.clone());
    assert_eq!(without.code(), "MODEL-001");
    assert!(without.message().starts_with("meaning: ") && without.message().ends_with("Without `meaning`, words are compared."));
    let few = |_: Vec<String>| Ok(Embedded { model: "played".to_owned(), vectors: vec![vec![1.0]], usage: Usage::default() });
    let setting = Setting { embedder: Some(Box::new(few)), ..Setting::default() };
    assert_eq!(run_in(setting, Arc::new(Nlp::default()), SIMILARITY, input).code(), "MODEL-003");
}

/// Texts of random words; every tenth has a near copy with one word changed. Gives them with the pairs.
fn planted(count: usize, length: usize) -> (Vec<String>, Vec<(usize, usize)>) {
    let mut state = 7_u64;
    let mut next = move |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut texts: Vec<String> = Vec::new();
    let mut pairs = Vec::new();
    while texts.len() < count {
        let mut words: Vec<String> = (0..length).map(|_| format!("w{}", next(5_000))).collect();
        texts.push(words.join(" "));
        if texts.len().is_multiple_of(10) {
            words[length / 2] = "changed".to_owned();
            pairs.push((texts.len() - 1, texts.len()));
            texts.push(words.join(" "));
        }
    }
    (texts, pairs)
}

#[test]
fn planted_near_duplicates_are_found_and_nothing_else() {
    let (texts, pairs) = planted(20_000, 60);
    let content: String = texts.iter().map(|text| json!({"id": 1, "body": text}).to_string() + "\n").collect();
    let ended = perform_on_file(Nlp::default(), NEAR_DUPLICATES, json!({"column": "body"}), "t.ndjson", content.as_bytes());
    let file = ended.stored.first().map(|(_, _, bytes)| String::from_utf8(bytes.clone()).unwrap()).unwrap();
    let result = ended.value();
    assert_eq!(result["summary"]["groups"], pairs.len());
    let mut found: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for line in file.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        found.entry(row["group"].as_u64().unwrap()).or_default().push(usize::try_from(row["index"].as_u64().unwrap()).unwrap());
    }
    let found: Vec<(usize, usize)> = found.into_values().map(|group| (group[0], group[1])).collect();
    assert_eq!(found, pairs);
}

#[test]
fn equal_texts_make_one_group_however_many() {
    let content = "text\nthe same line of words again\n".to_owned() + &"the same line of words again\n".repeat(5_000);
    let result = perform_on_file(Nlp::default(), NEAR_DUPLICATES, json!({}), "t.csv", content.as_bytes()).value();
    assert_eq!(result["summary"]["groups"], 1);
    assert_eq!(result["groups"][0]["size"], 5_001);
}

#[test]
fn lists_come_in_several_forms() {
    for (name, content, input) in [
        (
            "t.csv",
            "id,text\n1,\"one two three four, five\"\n2,nothing of that kind\n3,one two three four five\n",
            json!({"column": "text"}),
        ),
        ("t.tsv", "text\tid\none two three four five\t1\nnothing of that kind\t2\none two three four five\t3\n", json!({"column": "text"})),
        ("t.jsonl", "\"one two three four five\"\n\"nothing of that kind\"\n\"One two three four five.\"\n", json!({})),
        ("t.txt", "one two three\nfour five\n\nnothing of that kind\n\none two three four five\n", json!({})),
        ("t.log", "one two three four five\nnothing of that kind\none two three four five\n", json!({"format": "lines"})),
    ] {
        let result = perform_on_file(Nlp::default(), NEAR_DUPLICATES, input, name, content.as_bytes()).value();
        assert_eq!(result["summary"]["texts"], 3, "{name}");
        assert_eq!(
            result["groups"][0]["texts"].as_array().unwrap().iter().map(|text| text["index"].as_u64().unwrap()).collect::<Vec<_>>(),
            [0, 2],
            "{name}"
        );
    }
}

#[test]
fn bad_lists_are_refused_with_a_code() {
    for (name, content, input, code) in [
        ("t.csv", b"a,b\n1,2\n".as_slice(), json!({}), "TASK-003"),
        ("t.csv", b"a,b\n1,2\n", json!({"column": "c"}), "TASK-003"),
        ("t.csv", b"a,b\n1,2,3\n", json!({"column": "a"}), "DATA-001"),
        ("t.csv", b"a\n\xff\n", json!({}), "DATA-002"),
        ("t.csv", b"a\n", json!({}), "NLP-001"),
        ("t.txt", b"", json!({}), "NLP-001"),
        ("t.txt", b"... --- ...\n\n!!!", json!({}), "NLP-001"),
        ("t.ndjson", b"{\"a\": 1}\n", json!({"column": "a"}), "TASK-003"),
        ("t.ndjson", b"{\"a\": \n", json!({"column": "a"}), "TASK-003"),
    ] {
        assert_eq!(perform_on_file(Nlp::default(), NEAR_DUPLICATES, input, name, content).code(), code, "{name} {content:?}");
    }
    let many = "a\n".repeat(100_001);
    assert_eq!(perform_on_file(Nlp::default(), NEAR_DUPLICATES, json!({"format": "lines"}), "t.txt", many.as_bytes()).code(), "NLP-005");
    let large = vec![b'a'; (50 << 20) + 1];
    assert_eq!(perform_on_file(Nlp::default(), NEAR_DUPLICATES, json!({}), "t.txt", &large).code(), "NLP-002");
}

#[test]
fn files_are_compared_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let notes = std::fs::read(shipped("examples/texts/field-notes-en.txt")).unwrap();
    let ids: Vec<_> = [("a.txt", notes.clone()), ("b.txt", b"Something else entirely stands here.".to_vec()), ("c.txt", notes)]
        .into_iter()
        .map(|(name, content)| setting.file(folder.path(), name, &content))
        .collect();
    let result = run_in(setting, Arc::new(Nlp::default()), NEAR_DUPLICATES, json!({"artifacts": ids})).value();
    let names: Vec<&str> = result["groups"][0]["texts"].as_array().unwrap().iter().map(|text| text["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.txt", "c.txt"]);
}

#[test]
fn schemas_are_valid_and_examples_run() {
    for skill in Nlp::default().card().skills {
        assert!(jsonschema::meta::is_valid(&skill.input_schema) && jsonschema::meta::is_valid(&skill.output_schema), "{}", skill.name);
        assert!(!skill.examples.is_empty(), "{}", skill.name);
        for example in skill.examples {
            let ended = perform(Nlp::default(), &skill.name, example);
            // What cannot do without a model says so.
            if skill.model.is_some_and(|need| !need.optional) { assert_eq!(ended.code(), "MODEL-001") } else { drop(ended.value()) }
        }
    }
}
