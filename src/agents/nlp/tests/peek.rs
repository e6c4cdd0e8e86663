#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
use baton_agents_nlp::*;
use serde_json::json;
#[test]
fn peek() {
    for (f, n) in [("udhr-en",12),("udhr-de",12),("udhr-fr",12),("udhr-ru",8),("udhr-zh",12),("udhr-ja",12),("udhr-ar",8),("field-notes-en",15),("gettysburg-address",10),("reviews-en",10)] {
        let r = harness::perform(Nlp::default(), KEYWORDS, json!({"artifact": format!("examples/texts/{f}.txt"), "count": n})).value();
        println!("{f}: {}", r["keywords"].as_array().unwrap().iter().map(|k| format!("{} {:.2} {}", k["term"].as_str().unwrap(), k["score"].as_f64().unwrap(), k["count"])).collect::<Vec<_>>().join(" | "));
    }
    for (f, n) in [("udhr-en",4),("field-notes-en",4),("gettysburg-address",2),("udhr-zh",3),("udhr-de",4)] {
        let r = harness::perform(Nlp::default(), SUMMARIZE, json!({"artifact": format!("examples/texts/{f}.txt"), "sentences": n})).value();
        println!("== {f} of {}:", r["total_sentences"]);
        for s in r["sentences"].as_array().unwrap() { println!("  {} {} {}", s["index"], s["score"], s["text"].as_str().unwrap()); }
    }
    let r = harness::perform(Nlp::default(), SENTIMENT, json!({"artifact": "examples/texts/reviews-en.txt"})).value();
    println!("{}", serde_json::to_string_pretty(&r).unwrap());
    println!("{}", harness::perform(Nlp::default(), DETECT_LANGUAGE, json!({"text": "I am begging pardon"})).value());
}
