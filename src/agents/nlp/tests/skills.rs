//! Whether the language skills do on real texts what they promise, and say what is wrong with bad ones.

use crate::harness;

use crate::harness::{perform, perform_on_file, violations};
use baton_agents_nlp::{ANALYZE, DETECT_LANGUAGE, KEYWORDS, MAXIMUM_FILE_BYTES, Nlp, SENTIMENT, SUMMARIZE};
use baton_agents_runtime::Agent;
use proptest::prelude::*;
use serde_json::{Value, json};

const SKILLS: [&str; 5] = [DETECT_LANGUAGE, SENTIMENT, KEYWORDS, SUMMARIZE, ANALYZE];

fn on(skill: &str, text: &str) -> Value {
    perform(Nlp::default(), skill, json!({"text": text})).value()
}

fn terms(result: &Value) -> Vec<String> {
    result["keywords"].as_array().unwrap().iter().map(|keyword| keyword["term"].as_str().unwrap().to_lowercase()).collect()
}

#[test]
fn each_declaration_is_detected_in_its_language() {
    for language in ["ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "tr", "zh"] {
        let result = perform(Nlp::default(), DETECT_LANGUAGE, json!({"artifact": format!("examples/texts/udhr-{language}.txt")})).value();
        assert_eq!(result["language"], language);
        assert_eq!(result["reliable"], true, "{result}");
    }
}

#[test]
fn paragraphs_of_the_declarations_are_detected_too() {
    let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
    for language in ["ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "tr", "zh"] {
        let text = std::fs::read_to_string(harness::shipped(&format!("examples/texts/udhr-{language}.txt"))).unwrap();
        for paragraph in text.lines().filter(|line| line.chars().count() >= 120) {
            all += 1;
            let found = on(DETECT_LANGUAGE, paragraph)["language"].clone();
            if found == language { right += 1 } else { wrong.push(format!("{language} as {found}: {paragraph}")) }
        }
    }
    assert!(all > 300, "{all}");
    assert!(f64::from(right) / f64::from(all) >= 0.97, "{right} of {all}: {wrong:#?}");
}

#[test]
fn a_text_without_letters_has_no_language() {
    let result = on(DETECT_LANGUAGE, "12 + 30 = 42");
    assert_eq!((&result["language"], &result["confidence"], &result["reliable"]), (&json!("und"), &json!(0.0), &json!(false)));
}

#[test]
fn the_documented_examples_are_taken_for_english_and_scored_as_the_reference_does() {
    let reference: Value = serde_json::from_str(include_str!("reference/sentiment.json")).unwrap();
    let sentences: Vec<&Value> =
        reference["documented"].as_array().unwrap().iter().filter(|case| case["text"].as_str().unwrap().len() < 110).collect();
    assert!(sentences.len() >= 29);
    for case in sentences {
        let compound = on(SENTIMENT, case["text"].as_str().unwrap())["compound"].as_f64().unwrap();
        assert!((compound - case["compound"].as_f64().unwrap()).abs() <= 0.01, "{}: {compound}", case["text"]);
    }
}

#[test]
fn a_longer_text_has_the_mean_of_its_sentences() {
    let text = "It was one of the worst movies I've seen, despite good reviews. Unbelievably bad acting!! Poor direction. VERY poor production. \
                The movie was bad. Very bad movie. VERY BAD movie!";
    let result = on(SENTIMENT, text);
    let compounds: Vec<f64> =
        result["sentences"].as_array().unwrap().iter().map(|sentence| sentence["compound"].as_f64().unwrap()).collect();
    // The figures that VADER's documentation gives for this paragraph.
    assert_eq!(compounds, [-0.7584, -0.6572, -0.4767, -0.6281, -0.5423, -0.5849, -0.7616]);
    assert_eq!(result["compound"], -0.6299);
    assert_eq!(result["label"], "negative");
}

#[test]
fn reviews_feel_as_they_read() {
    let result = perform(Nlp::default(), SENTIMENT, json!({"artifact": "examples/texts/reviews-en.txt"})).value();
    let label = |beginning: &str| {
        let sentences = result["sentences"].as_array().unwrap();
        sentences.iter().find(|sentence| sentence["text"].as_str().unwrap().starts_with(beginning)).unwrap()["label"].clone()
    };
    assert_eq!(label("Best purchase"), "positive");
    assert_eq!(label("I am very disappointed"), "negative");
    assert_eq!(label("It has four legs"), "neutral");
}

#[test]
fn sentiment_of_other_languages_is_refused() {
    let ended = perform(Nlp::default(), SENTIMENT, json!({"artifact": "examples/texts/udhr-de.txt"}));
    assert_eq!(ended.code(), "NLP-003");
    assert!(ended.message().contains("German"), "{}", ended.message());
}

#[test]
fn keywords_of_the_declarations_name_rights() {
    for (language, word) in [
        ("en", "right"),
        ("de", "recht"),
        ("fr", "droit"),
        ("es", "derecho"),
        ("it", "diritt"),
        ("nl", "recht"),
        ("ru", "прав"),
        ("zh", "权利"),
        ("ja", "権利"),
    ] {
        let result = perform(Nlp::default(), KEYWORDS, json!({"artifact": format!("examples/texts/udhr-{language}.txt")})).value();
        assert_eq!(result["language"], language);
        let terms = terms(&result);
        assert_eq!(terms.len(), 10, "{language} {terms:?}");
        assert!(terms.iter().any(|term| term.contains(word)), "{language}: {terms:?}");
    }
}

#[test]
fn keywords_are_sorted_distinct_and_no_stop_words() {
    let result = perform(Nlp::default(), KEYWORDS, json!({"artifact": "examples/texts/field-notes-en.txt", "count": 20})).value();
    let scores: Vec<f64> = result["keywords"].as_array().unwrap().iter().map(|keyword| keyword["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores[0] == 1.0, "{scores:?}");
    let mut terms = terms(&result);
    assert!(terms.iter().any(|term| term.contains("station")), "{terms:?}");
    assert!(!terms.iter().any(|term| ["the", "and", "it"].contains(&term.as_str())));
    let count = terms.len();
    terms.sort();
    terms.dedup();
    assert_eq!(terms.len(), count);
    let rights = perform(Nlp::default(), KEYWORDS, json!({"artifact": "examples/texts/udhr-en.txt"})).value();
    assert!(self::terms(&rights).contains(&"human rights".to_owned()), "{rights}");
    let single = perform(Nlp::default(), KEYWORDS, json!({"artifact": "examples/texts/field-notes-en.txt", "max_words": 1})).value();
    assert!(single["keywords"].as_array().unwrap().iter().all(|keyword| !keyword["term"].as_str().unwrap().contains(' ')));
}

#[test]
fn greetings_and_closing_formulas_are_no_keywords() {
    let letters = [
        (
            "Bonjour Madame Dupont,\n\nJe vous écris au sujet de la facture de novembre. Le montant de la facture ne correspond pas au devis. \
             Pourriez-vous vérifier la facture et m'envoyer une correction ?\n\nMerci d'avance,\n\nCordialement,\nClaire Martin",
            "facture",
            &["bonjour", "madame", "dupont", "merci", "cordialement", "claire", "martin"][..],
        ),
        (
            "Bonjour à tous ! Le serveur de production est tombé cette nuit. L'équipe a redémarré le serveur, et la base de données va bien. Merci à l'équipe. Bonne journée",
            "serveur",
            &["bonjour", "merci", "journée", "l'équipe"],
        ),
        (
            "Sehr geehrte Frau Meier,\n\ndie Lieferung der Ersatzteile verspätet sich um zwei Wochen. Wir bitten, die Verspätung der Lieferung zu entschuldigen.\n\n\
             Mit freundlichen Grüßen\nHans Huber",
            "lieferung",
            &["geehrte", "meier", "grüßen", "freundlichen", "huber"],
        ),
        (
            "Dear Mr Smith,\n\nThe contract for the warehouse expires in March. Please tell us whether the contract should be renewed, and on which \
             terms.\n\nKind regards,\nAnna Lee",
            "contract",
            &["dear", "smith", "regards", "anna"],
        ),
        (
            "Hola Pedro,\n\nEl pedido de tornillos llegó incompleto y el pedido siguiente no llegó. ¿Cuándo enviarán los tornillos que faltan?\n\nMuchas gracias y un saludo",
            "pedido",
            &["hola", "gracias", "saludo"],
        ),
    ];
    for (letter, topic, courtesies) in letters {
        let terms = terms(&on(KEYWORDS, letter));
        assert!(terms[..2].iter().any(|term| term.contains(topic)), "{topic}: {terms:?}");
        for courtesy in courtesies {
            assert!(!terms.iter().any(|term| term.contains(courtesy)), "{courtesy}: {terms:?}");
        }
    }
    // What only looks like one, and what is nothing else.
    assert!(
        terms(&on(KEYWORDS, "Liebe ist blind. Die Liebe findet ihren Weg, und der Weg der Liebe ist lang.")).contains(&"liebe".to_owned())
    );
    assert!(!terms(&on(KEYWORDS, "Bonjour Madame, bonjour Monsieur !")).is_empty());
}

#[test]
fn words_without_their_last_vowel_are_apart() {
    let text = "L’équipe de l’usine a vu le chef d’équipe. L'équipe parle au chef d'équipe, et le chef d'équipe écoute l'équipe.";
    let terms = terms(&on(KEYWORDS, text));
    assert!(
        terms.contains(&"chef d'équipe".to_owned()) && !terms.iter().any(|term| term.starts_with("l'") || term.starts_with("l’")),
        "{terms:?}"
    );
}

#[test]
fn a_summary_has_the_asked_sentences_in_their_order() {
    let source = std::fs::read_to_string(harness::shipped("examples/texts/field-notes-en.txt")).unwrap();
    for wanted in [1, 3, 20] {
        let ended = perform(Nlp::default(), SUMMARIZE, json!({"artifact": "examples/texts/field-notes-en.txt", "sentences": wanted}));
        assert_eq!(ended.progress.last(), Some(&1.0));
        let result = ended.value();
        let sentences = result["sentences"].as_array().unwrap();
        assert_eq!(sentences.len(), wanted);
        assert!(sentences.is_sorted_by_key(|sentence| sentence["index"].as_u64()));
        assert!(sentences.iter().all(|sentence| source.contains(sentence["text"].as_str().unwrap())));
        assert_eq!(result["total_sentences"], 25);
    }
    let short = on(SUMMARIZE, "One sentence. Another one.");
    assert_eq!(short["sentences"].as_array().unwrap().len(), 2);
    assert_eq!(short["text"], "One sentence. Another one.");
}

#[test]
fn a_summary_prefers_what_the_text_keeps_coming_back_to() {
    let text = "The harvest of apples was good this year. My neighbour has a red bicycle. Apples need a cool cellar. A good harvest of apples \
                fills the cellar. The train was late. Apples from the cellar last until spring.";
    let result = perform(Nlp::default(), SUMMARIZE, json!({"text": text, "sentences": 3})).value();
    assert!(!result["text"].as_str().unwrap().contains("bicycle") && !result["text"].as_str().unwrap().contains("train"), "{result}");
}

#[test]
fn every_skill_refuses_bad_texts_with_a_code() {
    for skill in SKILLS {
        assert_eq!(perform(Nlp::default(), skill, json!({"text": " \n\t\u{feff}"})).code(), "NLP-001", "{skill}");
        assert_eq!(perform_on_file(Nlp::default(), skill, json!({}), "t.txt", b"").code(), "NLP-001", "{skill}");
        let ended = perform_on_file(Nlp::default(), skill, json!({}), "t.txt", b"caf\xe9 au lait");
        assert_eq!(ended.code(), "DATA-002", "{skill}");
        assert!(ended.message().contains("offset 3 "), "{}", ended.message());
        let long = vec![b'a'; usize::try_from(MAXIMUM_FILE_BYTES).unwrap() + 1];
        assert_eq!(perform_on_file(Nlp::default(), skill, json!({}), "t.txt", &long).code(), "NLP-002", "{skill}");
    }
}

#[test]
fn contracts_take_a_text_or_a_file_and_not_both() {
    for skill in Nlp::default().card().skills.into_iter().filter(|skill| SKILLS.contains(&skill.name.as_str())) {
        assert!(jsonschema::meta::is_valid(&skill.input_schema) && jsonschema::meta::is_valid(&skill.output_schema), "{}", skill.name);
        let refused = |input: Value| !violations(&skill.input_schema, &input).is_empty();
        assert!(
            refused(json!({}))
                && refused(json!({"text": "a", "artifact": "b"}))
                && refused(json!({"text": "a", "more": 1}))
                && refused(json!({"text": ""}))
        );
        assert!(!refused(json!({"text": "a"})) && !refused(json!({"artifact": "b"})));
        assert!(!skill.examples.is_empty());
        for example in skill.examples {
            perform(Nlp::default(), &skill.name, example).value();
        }
    }
}

#[test]
fn a_long_file_is_read_by_every_skill() {
    let notes = std::fs::read_to_string(harness::shipped("examples/texts/field-notes-en.txt")).unwrap();
    let long = notes.repeat((1 << 20) / notes.len());
    for skill in SKILLS {
        perform_on_file(Nlp::default(), skill, json!({}), "long.txt", long.as_bytes()).value();
    }
}

#[test]
fn the_demo_succeeds() {
    let tasks = harness::demo("nlp.");
    assert!(tasks.len() >= 30);
    for (skill, input) in tasks {
        perform(Nlp::default(), &skill, input).value();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn arbitrary_bytes_end_in_a_result_or_a_code(bytes in proptest::collection::vec(any::<u8>(), 0..200), skill in 0usize..5) {
        let ended = perform_on_file(Nlp::default(), SKILLS[skill], json!({}), "t.txt", &bytes);
        if let Err(failure) = ended.result {
            prop_assert!(["DATA-002", "NLP-001", "NLP-003"].contains(&failure.code.as_str()), "{}: {}", failure.code, failure.message);
        }
    }

    #[test]
    fn arbitrary_texts_end_in_a_result_or_a_code(text in "\\PC{1,200}", skill in 0usize..5) {
        let ended = perform(Nlp::default(), SKILLS[skill], json!({"text": text}));
        if let Err(failure) = ended.result {
            prop_assert!(["NLP-001", "NLP-003"].contains(&failure.code.as_str()), "{}: {}", failure.code, failure.message);
        }
    }
}
