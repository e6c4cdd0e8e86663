//! Whether sources that are very deep, very long or no sources at all end in a result or a code, and in time.

use crate::harness;

use std::time::{Duration, Instant};

use crate::harness::perform_on_file;
use baton_agents_code_analysis::{BEST_PRACTICES, CodeAnalysis, METRICS, PERFORMANCE_REVIEW, SECURITY_AUDIT};
use proptest::prelude::*;
use serde_json::json;

const SKILLS: [&str; 4] = [METRICS, SECURITY_AUDIT, PERFORMANCE_REVIEW, BEST_PRACTICES];
const FILES: [&str; 7] = ["a.rs", "a.py", "a.js", "a.ts", "a.tsx", "a.go", "a.java"];
/// The bound on a file is 10 s by the clock; what comes before and after it, on a machine that builds something else, is the rest.
const MOST: Duration = Duration::from_secs(45);

/// Sources that nest or go on, by the name of the file that they stand in.
fn hard() -> Vec<(&'static str, &'static str, String)> {
    let nest = |before: &str, open: &str, inner: &str, close: &str, after: &str, times: usize| {
        format!("{before}{}{inner}{}{after}", open.repeat(times), close.repeat(times))
    };
    let arms: String = (0..50_000).map(|n| format!("{n} => {{ a({n}); }}\n")).collect();
    let cases: String = (0..50_000).map(|n| format!("case {n}: a({n}); break;\n")).collect();
    let statements: String = (0..50_000).map(|n| format!("a({n});\n")).collect();
    vec![
        ("brackets", "a.rs", nest("fn f() { ", "(", "1", ")", " }", 20_000)),
        ("brackets", "a.py", nest("x = ", "(", "1", ")", "\n", 20_000)),
        ("brackets", "a.js", nest("x = ", "(", "1", ")", ";", 20_000)),
        ("brackets", "a.ts", nest("x = ", "(", "1", ")", ";", 20_000)),
        ("brackets", "a.go", nest("package a\nvar x = ", "(", "1", ")", "\n", 20_000)),
        ("brackets", "a.java", nest("class A { int x = ", "(", "1", ")", "; }", 20_000)),
        ("lists", "a.py", nest("x = ", "[", "1", "]", "\n", 20_000)),
        ("lists", "a.js", nest("x = ", "[", "1", "]", ";", 20_000)),
        ("objects", "a.js", nest("x = ", "{a:", "1", "}", ";", 20_000)),
        ("open brackets", "a.rs", "(".repeat(20_000)),
        ("open brackets", "a.py", "[".repeat(20_000)),
        ("open brackets", "a.js", "(".repeat(100_000)),
        ("open brackets", "a.ts", "f<".repeat(20_000)),
        ("open brackets", "a.go", "package a\n".to_owned() + &"{".repeat(20_000)),
        ("open brackets", "a.java", "class A {".repeat(20_000)),
        ("calls", "a.py", nest("eval(", "f(", "a", ")", ")\n", 100_000)),
        ("dangerous calls", "a.py", nest("", "eval(", "a", ")", "\n", 100_000)),
        ("calls", "a.js", nest("eval(", "f(", "a", ")", ");", 100_000)),
        ("dangerous calls", "a.js", nest("", "eval(", "a", ")", ";", 100_000)),
        ("calls", "a.rs", nest("fn f() { ", "f(", "a", ")", "; }", 100_000)),
        ("calls", "a.go", nest("package a\nvar x = ", "f(", "a", ")", "\n", 100_000)),
        ("calls", "a.java", nest("class A { Object x = ", "f(", "a", ")", "; }", 100_000)),
        ("chain", "a.py", format!("x = a{}\n", ".execute(b + 'c')".repeat(50_000))),
        ("chain", "a.js", format!("x = a{};\n", ".query(b + 'c')".repeat(50_000))),
        ("chain", "a.rs", format!("fn f() {{ a{}; }}\n", ".unwrap()".repeat(100_000))),
        ("chain", "a.java", format!("class A {{ Object x = a{}; }}\n", ".append(b)".repeat(50_000))),
        ("sums", "a.py", format!("os.system({}'a')\n", "'a' + b + ".repeat(100_000))),
        ("assignments", "a.py", format!("x = {}1\n", "a = ".repeat(50_000))),
        ("functions in functions", "a.js", nest("x = ", "a => ", "1", "", ";", 50_000)),
        ("functions in functions", "a.js", nest("", "function f(a){", "g(a)", "}", "", 20_000)),
        ("named functions in one line", "a.js", "function f(a){return eval(a)}".repeat(60_000)),
        ("parameters in parameters", "a.js", nest("", "function f(a = ", "1", "){}", "", 20_000)),
        ("blocks", "a.go", nest("package a\nfunc f() { ", "{ defer g(); for { ", "", "}}", " }", 20_000)),
        ("conditions", "a.java", nest("class A { void f() { ", "if (a) { ", "", "}", " } }", 20_000)),
        ("arms", "a.rs", format!("fn f(x: u32) {{ match x {{ {arms} _ => {{}} }} }}")),
        ("arms", "a.js", format!("switch (x) {{ {cases} }}")),
        ("arms", "a.java", format!("class A {{ void f(int x) {{ switch (x) {{ {cases} }} }} }}")),
        ("statements in a case", "a.js", format!("switch (x) {{ case 1: {statements} }}")),
        ("statements in a block", "a.java", format!("class A {{ void f() {{ {statements} }} }}")),
        ("one line", "a.js", "var a=eval(b+1);".repeat(130_000)),
        ("one line", "a.py", "a = eval(b); ".repeat(160_000)),
        ("one line", "a.java", format!("class A {{ void f() {{ {} }} }}", "a.b(c+\"d\");".repeat(160_000))),
        ("one text", "a.py", format!("x = '{}'\n", "a".repeat(2_000_000))),
        ("templates", "a.js", nest("x = ", "`${\n", "1", "}`", ";", 20_000)),
        ("generics", "a.java", nest("class A { ", "List<", "A", ">", " x; }", 20_000)),
        ("generics", "a.rs", nest("type A = ", "B<", "u8", ">", ";", 20_000)),
        ("else if", "a.py", format!("if a: pass\n{}", "elif a == b: pass\n".repeat(50_000))),
        ("else if", "a.js", format!("if (a) b(); {}", "else if (a == b) c();".repeat(20_000))),
        ("quotes", "a.py", "'''".repeat(100_001)),
        ("comments", "a.rs", "/*".repeat(100_000)),
        ("decorators", "a.py", "@a\n".repeat(100_000) + "def f(): pass\n"),
        ("operators", "a.ts", "a < b > ".repeat(50_000)),
        ("operators", "a.js", format!("x = {}1;", "!".repeat(100_000))),
    ]
}

#[test]
fn what_nests_and_what_goes_on_ends_in_time() {
    let mut slowest: Vec<(Duration, String)> = Vec::new();
    // All of them at full scale, every fourth otherwise.
    let each = if std::env::var("BATON_TEST_SCALE").is_ok_and(|scale| scale == "full") { 1 } else { 4 };
    for (what, file, text) in hard().into_iter().step_by(each) {
        let text = &text[..text.len().min(2 << 20)];
        // All reviews go the same way; the one with the most rules stands for them.
        for skill in [METRICS, SECURITY_AUDIT] {
            let began = Instant::now();
            let ended = perform_on_file(CodeAnalysis::default(), skill, json!({}), file, text.as_bytes());
            let took = began.elapsed();
            let end = match &ended.result {
                Ok(value) => value["notes"].to_string(),
                Err(failure) => failure.code.clone(),
            };
            assert!(ended.result.is_ok() || end == "CODE-001", "{what} in {file}, {skill}: {end}");
            assert!(took < MOST, "{what} in {file}, {skill}: {took:?}");
            if took > Duration::from_secs(1) {
                println!("{took:?} {what} in {file}, {skill}: {end}");
            }
            slowest.push((took, format!("{what} in {file}, {skill}: {end}")));
        }
    }
    slowest.sort();
    for (took, what) in slowest.iter().rev().take(25) {
        println!("{took:?} {what}");
    }
}

/// Pieces from which sources of all six languages are made, and some that none has.
const PIECES: [&str; 72] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    ";",
    ",",
    ".",
    ":",
    "=",
    "=>",
    "->",
    "::",
    "+",
    "-",
    "!",
    "&&",
    "||",
    "?",
    "@",
    "#",
    "//",
    "/*",
    "*/",
    "\"",
    "'",
    "`",
    "${",
    "\\",
    "\n",
    "\n    ",
    "\n\t",
    "if",
    "else",
    "for",
    "while",
    "match",
    "switch",
    "case",
    "def",
    "fn",
    "func",
    "function",
    "class",
    "import",
    "return",
    "await",
    "async",
    "lambda",
    "try",
    "except",
    "catch",
    "let",
    "var",
    "a",
    "b.c",
    "eval",
    "request",
    "execute",
    "0",
    "1e9",
    "'''",
    "\"\"\"",
    "r#\"",
    "<b>",
    "</b>",
    "\u{0}",
    "é",
    "\u{1f600}",
];
/// Real sources to cut and to mix.
const REAL: [&str; 6] = ["inventory.py", "dates.js", "cart.ts", "Scheduler.java", "expression.rs", "router.go"];

fn ends(file: usize, content: &[u8]) -> Result<(), TestCaseError> {
    for skill in SKILLS {
        let began = Instant::now();
        let ended = perform_on_file(CodeAnalysis::default(), skill, json!({}), FILES[file], content);
        prop_assert!(began.elapsed() < MOST, "{skill} took {:?}", began.elapsed());
        if let Err(failure) = ended.result {
            prop_assert!(["DATA-002", "CODE-001"].contains(&failure.code.as_str()), "{skill}: {}: {}", failure.code, failure.message);
        }
    }
    Ok(())
}

fn real(source: usize) -> String {
    std::fs::read_to_string(harness::shipped(&format!("examples/sources/{}", REAL[source]))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), file in 0usize..7) {
        ends(file, &bytes)?;
    }

    #[test]
    fn random_tokens_end(pieces in proptest::collection::vec((0usize..PIECES.len(), any::<bool>()), 0..3_000), file in 0usize..7) {
        let text: String = pieces.iter().flat_map(|(piece, space)| [PIECES[*piece], if *space { " " } else { "" }]).collect();
        ends(file, text.as_bytes())?;
    }

    #[test]
    fn repeated_tokens_end(piece in proptest::collection::vec(0usize..PIECES.len(), 1..5), times in 1usize..3_000, file in 0usize..7) {
        let piece: String = piece.iter().map(|piece| PIECES[*piece]).collect();
        ends(file, piece.repeat(times).as_bytes())?;
    }

    #[test]
    fn truncated_and_mixed_sources_end(source in 0usize..6, other in 0usize..6, from in 0usize..4_000, to in 0usize..4_000, file in 0usize..7) {
        let (one, two) = (real(source).into_bytes(), real(other).into_bytes());
        let mut text = one[..one.len().min(to)].to_vec();
        text.extend(&two[two.len().min(from)..]);
        ends(file, &text)?;
    }
}

#[test]
fn a_file_whose_time_is_over_is_told_and_not_lost() {
    let agent = || CodeAnalysis { file_time: Duration::ZERO, ..CodeAnalysis::default() };
    let source = "import os\n\ndef f(x):\n    eval(x)\n";
    let result = perform_on_file(agent(), METRICS, json!({}), "a.py", source.repeat(200).as_bytes()).value();
    assert_eq!(result["lines"]["total"], 800);
    assert!(result["notes"][0].as_str().unwrap().contains("only its lines"), "{result:#}");
    let result = perform_on_file(agent(), SECURITY_AUDIT, json!({}), "a.py", source.repeat(200).as_bytes()).value();
    assert_eq!(result["summary"]["files"], 0);
    assert!(result["skipped"][0]["reason"].as_str().unwrap().contains("took longer"), "{result:#}");
}
