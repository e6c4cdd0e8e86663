//! Whether `code_analysis.metrics` measures real sources as trusted tools do, finds what its rules say, and refuses the rest.

use crate::harness;

use crate::harness::{Ended, perform, perform_on_file, skill_of, violations};
use baton_agents_code_analysis::{CodeAnalysis, MAXIMUM_BYTES, METRICS};
use proptest::prelude::*;
use serde_json::{Value, json};

fn on(language: &str, source: &str) -> Ended {
    perform(CodeAnalysis::default(), METRICS, json!({"source": source, "language": language}))
}

fn shipped(name: &str) -> Value {
    perform(CodeAnalysis::default(), METRICS, json!({"artifact": format!("examples/sources/{name}")})).value()
}

/// Name, parameters, cyclomatic and cognitive complexity and nesting of each function.
fn functions(result: &Value) -> Vec<(String, u64, u64, u64, u64)> {
    let number = |function: &Value, name: &str| function[name].as_u64().unwrap();
    result["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|function| {
            (
                function["name"].as_str().unwrap().to_owned(),
                number(function, "parameters"),
                number(function, "cyclomatic"),
                number(function, "cognitive"),
                number(function, "nesting"),
            )
        })
        .collect()
}

fn cognitive(language: &str, source: &str) -> u64 {
    functions(&on(language, source).value())[0].3
}

fn cyclomatic(language: &str, source: &str) -> u64 {
    functions(&on(language, source).value())[0].2
}

fn rules(result: &Value) -> Vec<(String, u64)> {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap().to_owned(), finding["line"].as_u64().unwrap()))
        .collect()
}

#[test]
fn the_examples_of_the_cognitive_complexity_paper_have_its_figures() {
    let sum_of_primes = "class A { int sumOfPrimes(int max) { int total = 0; OUT: for (int i = 1; i <= max; ++i) { for (int j = 2; j < i; ++j) { \
                         if (i % j == 0) { continue OUT; } } total += i; } return total; } }";
    assert_eq!((cognitive("java", sum_of_primes), cyclomatic("java", sum_of_primes)), (7, 4));
    let get_words = "class A { String getWords(int number) { switch (number) { case 1: return \"one\"; case 2: return \"a couple\"; case 3: return \"a few\"; \
                     default: return \"lots\"; } } }";
    assert_eq!((cognitive("java", get_words), cyclomatic("java", get_words)), (1, 4));
    // Its tables of increments: logical operators, catch, lambdas.
    assert_eq!(cognitive("java", "class A { void m() { if (a && b && c || d || e && f) {} } }"), 4);
    assert_eq!(cognitive("java", "class A { void m() { if (a && !(b && c)) {} } }"), 3);
    let try_catch =
        "class A { void m() { try { if (a) { for (int i = 0; i < 10; i++) { while (b) { } } } } catch (E | F e) { if (b) { } } } }";
    assert_eq!(cognitive("java", try_catch), 9);
    assert_eq!(cognitive("java", "class A { void m() { Runnable r = () -> { if (a) { } }; } }"), 2);
}

#[test]
fn an_else_counts_one_in_every_language() {
    let cases = [
        ("rust", "fn f() { if a { x() } else if b { y() } else { z() } }"),
        ("python", "def f():\n    if a:\n        x()\n    elif b:\n        y()\n    else:\n        z()\n"),
        ("javascript", "function f() { if (a) { x() } else if (b) { y() } else { z() } }"),
        ("typescript", "function f(): void { if (a) { x() } else if (b) { y() } else { z() } }"),
        ("go", "package p\nfunc f() { if a { x() } else if b { y() } else { z() } }"),
        ("java", "class A { void f() { if (a) { x(); } else if (b) { y(); } else { z(); } } }"),
    ];
    for (language, source) in cases {
        assert_eq!((cognitive(language, source), cyclomatic(language, source)), (3, 3), "{language}");
    }
}

#[test]
fn depth_weighs_the_same_in_every_language() {
    let cases = [
        ("rust", "fn f() { if a { } else if b { for i in c { if d { } } } }"),
        ("python", "def f():\n    if a:\n        pass\n    elif b:\n        for i in c:\n            if d:\n                pass\n"),
        ("javascript", "function f() { if (a) { } else if (b) { for (const i of c) { if (d) { } } } }"),
        ("typescript", "const f = (): void => { if (a) { } else if (b) { for (const i of c) { if (d) { } } } }"),
        ("go", "package p\nfunc f() { if a { } else if b { for range c { if d { } } } }"),
        ("java", "class A { void f() { if (a) { } else if (b) { for (int i : c) { if (d) { } } } } }"),
    ];
    for (language, source) in cases {
        let measured = functions(&on(language, source).value());
        // 1 for if, 1 for else if, 2 for the loop, 3 for the if within.
        assert_eq!((measured[0].2, measured[0].3, measured[0].4), (5, 7, 3), "{language} {measured:?}");
    }
}

#[test]
fn jumps_recursion_matches_and_guards_count() {
    assert_eq!(cognitive("rust", "fn f() { 'a: loop { break 'a; } }"), 2);
    assert_eq!(cognitive("rust", "fn f() { loop { break; } }"), 1);
    assert_eq!(cognitive("go", "package p\nfunc f() {\nL:\n\tfor {\n\t\tcontinue L\n\t}\n\tgoto L\n}"), 3);
    assert_eq!(cognitive("rust", "fn f(n: u8) -> u8 { if n == 0 { 0 } else { f(n - 1) + f(n - 1) } }"), 3);
    assert_eq!(cyclomatic("rust", "fn f() { match a { 1 => x, 2 if b => y, _ => z } }"), 4);
    assert_eq!(cyclomatic("rust", "fn f() { let Some(x) = a else { return }; }"), 2);
    assert_eq!(cyclomatic("python", "def f():\n    return [x for x in y if x and z]\n"), 4);
    assert_eq!(cyclomatic("python", "def f():\n    match a:\n        case 1: pass\n        case _: pass\n"), 2);
}

#[test]
fn cyclomatic_complexity_of_the_shipped_sources_is_that_of_other_tools() {
    // Lizard for Go and Java, radon for Python.
    let expected: [(&str, &[(&str, u64)]); 3] = [
        ("router.go", &[("New", 1), ("Router.Handle", 11), ("Router.Serve", 3), ("node.find", 7), ("split", 3)]),
        (
            "Scheduler.java",
            &[
                ("Entry.compareTo", 2),
                ("Scheduler.Scheduler", 2),
                ("Scheduler.submit", 3),
                ("Scheduler.tick", 6),
                ("Scheduler.delay", 1),
                ("Scheduler.close", 2),
            ],
        ),
        (
            "inventory.py",
            &[("Ledger.add", 4), ("Ledger.level", 3), ("Ledger.levels", 2), ("Ledger.forecast", 15), ("read", 5), ("report", 3)],
        ),
    ];
    for (file, expected) in expected {
        let measured = functions(&shipped(file));
        for (name, value) in expected {
            let found = measured.iter().find(|function| function.0 == *name).unwrap_or_else(|| panic!("{file}: no {name} in {measured:?}"));
            assert_eq!(found.2, *value, "{file} {name}");
        }
    }
}

#[test]
fn cognitive_complexity_of_python_is_that_of_the_reference_package() {
    // The package cognitive_complexity; where it reads an `if` alone in an `else` as an `elif`, we do not.
    let measured = functions(&shipped("inventory.py"));
    for (name, value) in [("Ledger.add", 3), ("Ledger.level", 0), ("Ledger.levels", 1), ("read", 6), ("report", 3)] {
        assert_eq!(measured.iter().find(|function| function.0 == name).unwrap().3, value, "{name}");
    }
}

#[test]
fn parameters_are_those_of_the_caller() {
    let count = |language: &str, source: &str| functions(&on(language, source).value())[0].1;
    assert_eq!(count("rust", "impl A { fn f(&self, a: u8, (b, c): (u8, u8)) {} }"), 2);
    assert_eq!(count("python", "class A:\n    def f(self, a, *, b=1, **k): pass\n"), 3);
    assert_eq!(count("javascript", "const f = x => x"), 1);
    assert_eq!(count("javascript", "function f(a, {b, c}, ...d) {}"), 3);
    assert_eq!(count("go", "package p\nfunc (r *R) f(a, b int, c ...string) {}"), 3);
    assert_eq!(count("java", "class A { void f(final int a, String... b) {} }"), 2);
}

#[test]
fn functions_are_named_after_what_they_belong_to() {
    let names =
        |language: &str, source: &str| functions(&on(language, source).value()).into_iter().map(|function| function.0).collect::<Vec<_>>();
    assert_eq!(names("rust", "impl<T> Stack<T> { fn push(&mut self) { fn inner() {} } }\nfn free() {}"), ["Stack::push", "inner", "free"]);
    assert_eq!(names("go", "package p\nfunc (s *Stack[T]) Push() {}"), ["Stack.Push"]);
    assert_eq!(
        names("javascript", "class A { m() {} #p() {} s = () => 1 }\nmodule.exports.f = function () {};\n[1].map(x => x)"),
        ["A.m", "A.#p", "A.s", "module.exports.f"]
    );
    assert_eq!(names("java", "class A { A() {} class B { void m() {} } }"), ["A.A", "B.m"]);
}

#[test]
fn functions_that_only_calls_take_are_known_by_where_they_stand() {
    let names =
        |language: &str, source: &str| functions(&on(language, source).value()).into_iter().map(|function| function.0).collect::<Vec<_>>();
    // Files as people write them: handlers, tests, wrapped functions, and no function declaration anywhere.
    let cases: [(&str, &str, &[&str]); 13] = [
        (
            "javascript",
            "app.get(\"/items\", async (req, res) => { if (a) { items.forEach(i => { if (i) { b() } }) } });\nsetTimeout(() => { c() }, 5);",
            &["app.get(\"/items\")", "setTimeout(…)"],
        ),
        (
            "typescript",
            "describe('sum', () => {\n  beforeEach(() => { x() });\n  it('adds', async () => { y() });\n  it(`takes`, () => { z() });\n});",
            &["describe('sum')", "it('adds')", "it(`takes`)"],
        ),
        (
            "javascript",
            "export const save = debounce(() => { a() }, 100);\nconst C = React.memo(forwardRef((props, ref) => { b() }));",
            &["save", "C"],
        ),
        ("javascript", "module.exports.handler = wrap(async event => { a() });", &["module.exports.handler"]),
        ("javascript", "const o = { save: debounce(() => { a() }), load: x => x };", &["save", "load"]),
        ("javascript", "const total = items.reduce((a, b) => { return a + b }, 0);", &["items.reduce(…)"]),
        ("javascript", "fetch(u).then(r => { a() }).catch(e => { b() });", &["fetch(…).then(…)", "fetch(…).then(…).catch(…)"]),
        ("javascript", "(function () { function inner() {} $(() => { a() }) })();", &["inner", "$(…)"]),
        ("javascript", "const ids = xs.map(x => x.id);", &[]),
        (
            "go",
            "package p\nvar serve = &cobra.Command{Use: \"serve\", Run: func(c *C, a []string) { b() }}\nvar f = func() {}\nvar g = wrap(func() { x() })",
            &["serve.Run", "f", "g"],
        ),
        ("java", "class A { static final F F = (a, b) -> a - b; G g = G.of(x -> { return x; }); }", &["A.F", "A.g"]),
        ("rust", "static S: L<u8> = L::new(|| { 1 });", &["S"]),
        ("python", "double = lambda x: 2 * x\nys = sorted(xs, key=lambda x: x.y)\n", &["double"]),
    ];
    for (language, source, expected) in cases {
        let found = names(language, source);
        let mut sorted: Vec<&str> = expected.to_vec();
        sorted.sort_unstable();
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, sorted, "{source}");
    }
    // What a call takes within one belongs to it, as the paper on cognitive complexity has it: 1, and 3 within two.
    let handler = functions(&on("javascript", cases[0].1).value());
    assert_eq!((handler[0].2, handler[0].3), (3, 4), "{handler:?}");
}

#[test]
fn a_call_that_holds_a_whole_file_is_not_too_long() {
    let tests: String = (0..60).map(|number| format!("  it('does {number}', () => {{\n    a({number});\n  }});\n")).collect();
    let result = on("javascript", &format!("describe('all', () => {{\n{tests}}});\n")).value();
    assert_eq!(result["totals"]["functions"], 61);
    assert!(!rules(&result).iter().any(|(rule, _)| rule == "long-function"), "{result:#}");
    let long = on("javascript", &format!("run(() => {{\n{}}});\n", "  a();\n".repeat(90))).value();
    assert_eq!(rules(&long).iter().filter(|(rule, _)| rule == "long-function").count(), 1);
}

#[test]
fn lines_are_told_apart() {
    let rust = on("rust", "//! Doc.\n\n/// Does.\n/* a\n\n b */\nfn f() { // code\n    let s = \"x\n\n y\";\n}\n").value();
    assert_eq!(rust["lines"], json!({"total": 11, "code": 5, "comment": 5, "blank": 1}));
    let python = on("python", "\"\"\"Module.\n\nMore.\"\"\"\n\nx = \"\"\"a\n\nb\"\"\"\n# c\n").value();
    assert_eq!(python["lines"], json!({"total": 8, "code": 3, "comment": 4, "blank": 1}));
    let empty = on("go", "").value();
    assert_eq!(empty["lines"], json!({"total": 0, "code": 0, "comment": 0, "blank": 0}));
}

#[test]
fn each_rule_finds_what_it_is_for_and_leaves_the_rest() {
    // Language, rule, code that has it, code that does not.
    let cases = [
        (
            "java",
            "empty-catch",
            "class A { void f() { try { x(); } catch (E e) { } } }",
            "class A { void f() { try { x(); } catch (E e) { /* gone is fine */ } } }",
        ),
        ("javascript", "empty-catch", "try { x() } catch (e) { }", "try { x() } catch { log() }"),
        ("python", "empty-except", "try:\n    x()\nexcept E:\n    pass\n", "try:\n    x()\nexcept E:\n    pass  # gone is fine\n"),
        ("python", "bare-except", "try:\n    x()\nexcept:\n    y()\n", "try:\n    x()\nexcept Exception:\n    y()\n"),
        ("python", "none-comparison", "a = b == None", "a = b is None"),
        ("python", "literal-identity", "a = b is 'x'", "a = b is None"),
        ("python", "mutable-default", "def f(a=[]): pass", "def f(a=()): pass"),
        ("python", "assert-tuple", "assert (a, 'b')", "assert a, 'b'"),
        ("python", "eval", "eval(a)", "ast.literal_eval(a)"),
        ("javascript", "eval", "new Function(a)", "a.eval(b)"),
        (
            "rust",
            "unwrap",
            "fn f() { a().unwrap(); }",
            "fn f() { a().unwrap_or(1); }\n#[cfg(test)]\nmod tests { fn t() { a().unwrap(); } }\n#[test]\nfn u() { a().unwrap(); }",
        ),
        ("rust", "unwrap", "#[test]\nfn t() {}\nfn f() { a().unwrap(); }", "#[tokio::test]\n// why\nasync fn t() { a().unwrap(); }"),
        ("rust", "unfinished", "fn f() { todo!() }", "fn f() { println!() }"),
        ("rust", "debug-output", "fn f() { dbg!(x); }", "fn f() { x; }"),
        ("javascript", "debugger-statement", "debugger;", "debug();"),
        ("javascript", "var-declaration", "var a = 1;", "let a = 1;"),
        ("typescript", "loose-equality", "const a = b == 1;", "const a = b == null || typeof b == 'x' || b === 1;"),
        ("java", "string-identity", "class A { boolean b = c == \"x\"; }", "class A { boolean b = \"x\".equals(c); }"),
        ("go", "defer-in-loop", "package p\nfunc f() { for { defer g() } }", "package p\nfunc f() { for { func() { defer g() }() } }"),
        ("go", "empty-branch", "package p\nfunc f() { if a { } }", "package p\nfunc f() { if a { b() } }"),
        ("python", "self-assignment", "def f():\n    a = a\n", "class A:\n    a = a\n"),
        ("rust", "self-assignment", "fn f() { a = a; }", "fn f() { a = b; a += a; let a = a; }"),
        ("javascript", "unreachable-code", "function f() { return 1; g(); }", "function f() { return g(); function g() {} }"),
        ("rust", "unreachable-code", "fn f() { return; g(); }", "fn f() { #[cfg(a)] return; g(); }"),
        ("python", "unreachable-code", "def f():\n    raise E\n    g()\n", "def f():\n    return\n    yield\n"),
        ("rust", "todo-comment", "// TODO: this\nfn f() {}", "// MASTODON\nfn f() {}"),
        ("go", "many-parameters", "package p\nfunc f(a, b, c, d, e, f, g int) {}", "package p\nfunc f(a, b, c, d, e, f int) {}"),
        (
            "javascript",
            "deep-nesting",
            "function f() { if (a) { if (a) { if (a) { if (a) { if (a) { b() } } } } } }",
            "function f() { if (a) { if (a) { if (a) { if (a) { b() } } } } }",
        ),
    ];
    for (language, rule, bad, good) in cases {
        let found = |source: &str| rules(&on(language, source).value()).into_iter().filter(|(found, _)| found == rule).count();
        assert_eq!(found(bad), 1, "{rule} is not found in {bad}");
        assert_eq!(found(good), 0, "{rule} is found in {good}");
    }
}

#[test]
fn findings_say_where_and_what_to_do() {
    let found = shipped("inventory.py");
    let rules = rules(&found);
    for rule in [
        "none-comparison",
        "mutable-default",
        "bare-except",
        "empty-except",
        "todo-comment",
        "cognitive-complexity",
        "cyclomatic-complexity",
        "many-parameters",
    ] {
        assert!(rules.iter().any(|(found, _)| found == rule), "{rule} is not among {rules:?}");
    }
    assert!(rules.is_sorted_by_key(|(_, line)| *line));
    let none = found["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "none-comparison").unwrap();
    let source = std::fs::read_to_string(harness::shipped("examples/sources/inventory.py")).unwrap();
    let line = source.lines().nth(usize::try_from(none["line"].as_u64().unwrap()).unwrap() - 1).unwrap();
    assert_eq!(line.find("first == None").unwrap() as u64 + 1, none["column"].as_u64().unwrap());
}

#[test]
fn what_does_not_parse_is_refused_with_its_place() {
    let cases = [
        ("rust", "fn a() {\n    let x = ;\n}\n", "line 2, column 13: unexpected `;`"),
        ("rust", "fn f( { }\n", "line 1, column 6: `)` is missing"),
        ("python", "x = 1\nif x\n    y = 1\n", "line 3, column 5: unexpected `y`"),
        ("java", "class A {\n  void f() { int x = 1 }\n}\n", "line 2, column 23: `;` is missing"),
        ("go", "package p\nfunc f() { x := }\n", "line 2, column 16: identifier is missing"),
        ("javascript", "const ü = 'ä'; const = 2;\n", "line 1, column "),
        ("typescript", "interface A { b: }\n", "line 1, column "),
    ];
    for (language, source, place) in cases {
        let ended = on(language, source);
        assert_eq!(ended.code(), "CODE-001", "{language}");
        assert!(ended.message().contains(place), "{language}: {}", ended.message());
    }
}

#[test]
fn the_language_is_taken_from_the_file_or_found_out() {
    for (file, language) in [
        ("inventory.py", "python"),
        ("dates.js", "javascript"),
        ("cart.ts", "typescript"),
        ("router.go", "go"),
        ("Scheduler.java", "java"),
        ("expression.rs", "rust"),
        ("transition.rs", "rust"),
    ] {
        assert_eq!(shipped(file)["language"], language);
        let source = std::fs::read_to_string(harness::shipped(&format!("examples/sources/{file}"))).unwrap();
        let guessed = perform(CodeAnalysis::default(), METRICS, json!({"source": source})).value();
        assert_eq!(guessed["language"], language, "{file}");
    }
    for text in ["", "Dear Sir or Madam, the weather is fine.", "\u{1f600}"] {
        let ended = perform(CodeAnalysis::default(), METRICS, json!({"source": text}));
        assert_eq!(ended.code(), "CODE-002", "{text:?}");
    }
    let jsx = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.tsx", b"export const A = (): unknown => <b>{1}</b>;").value();
    assert_eq!(jsx["language"], "typescript");
}

#[test]
fn too_large_and_wrongly_encoded_sources_are_refused() {
    let large = vec![b'\n'; usize::try_from(MAXIMUM_BYTES).unwrap() + 1];
    assert_eq!(perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.py", &large).code(), "CODE-003");
    let ended = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.py", b"x = '\xe9'");
    assert_eq!(ended.code(), "DATA-002");
    assert!(ended.message().contains("offset 5 "));
}

#[test]
fn deep_nesting_and_many_functions_end_in_a_result() {
    let deep = format!("fn f() {{ {}1{} }}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(functions(&perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.rs", deep.as_bytes()).value()).len(), 1);
    let nested = format!("function f() {{ {}{} }}", "if (a) {".repeat(3_000), "}".repeat(3_000));
    let measured = functions(&perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.js", nested.as_bytes()).value());
    assert_eq!((measured[0].4, measured[0].3), (3_000, 3_000 * 3_001 / 2));
    let broken = "(".repeat(100_000);
    assert_eq!(perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.js", broken.as_bytes()).code(), "CODE-001");
    let many = "def f(): pass\n".repeat(20_000);
    let result = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.py", many.as_bytes()).value();
    assert_eq!(result["totals"]["functions"], 20_000);
    let debt = "# TODO\n".repeat(50_000);
    let result = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.py", debt.as_bytes()).value();
    assert_eq!(result["findings"].as_array().unwrap().len(), 1_000);
}

#[test]
fn examples_work_as_they_stand() {
    let skill = skill_of(&CodeAnalysis::default(), METRICS);
    assert_eq!(skill.result_kind, "structured");
    assert!(jsonschema::meta::is_valid(&skill.input_schema) && jsonschema::meta::is_valid(&skill.output_schema));
    for example in &skill.examples {
        let ended = perform(CodeAnalysis::default(), METRICS, example.clone());
        assert!(ended.spans.contains(&"parse".to_owned()) && ended.spans.contains(&"measure".to_owned()));
        ended.value();
    }
    assert!(!violations(&skill.input_schema, &json!({"source": "a", "artifact": "b"})).is_empty());
    assert!(!violations(&skill.input_schema, &json!({"source": "a", "language": "cobol"})).is_empty());
}

#[test]
fn the_demo_succeeds() {
    let tasks = harness::demo("code_analysis.");
    assert!(tasks.len() >= 8);
    for (skill, input) in tasks {
        perform(CodeAnalysis::default(), &skill, input).value();
    }
}

const FILES: [&str; 7] = ["a.rs", "a.py", "a.js", "a.ts", "a.tsx", "a.go", "a.java"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn arbitrary_bytes_end_in_a_result_or_a_code(bytes in proptest::collection::vec(any::<u8>(), 0..200), file in 0usize..7) {
        let ended = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), FILES[file], &bytes);
        if let Err(failure) = ended.result {
            prop_assert!(["DATA-002", "CODE-001"].contains(&failure.code.as_str()), "{}: {}", failure.code, failure.message);
        }
    }

    #[test]
    fn cut_and_mixed_sources_end_in_a_result_or_a_code(from in 0usize..3_000, length in 0usize..600, source in 0usize..5, file in 0usize..7) {
        let name = ["inventory.py", "dates.js", "cart.ts", "Scheduler.java", "expression.rs"][source];
        let text = std::fs::read_to_string(harness::shipped(&format!("examples/sources/{name}"))).unwrap();
        let piece: String = text.chars().skip(from).take(length).collect();
        let ended = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), FILES[file], piece.as_bytes());
        if let Err(failure) = ended.result {
            prop_assert_eq!(failure.code, "CODE-001");
        }
    }
}

fn copied(files: &[(&str, String)], more: Value) -> Value {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    perform_on_file(CodeAnalysis::default(), METRICS, more, "a.zip", &bytes).value()
}

/// A Python function whose every line has other tokens than those of another number.
fn function(name: &str, number: usize) -> String {
    let lines: String = (0..12).map(|line| format!("    v{number}_{line} = g{line}(x, {line}) + {}\n", number * 100 + line)).collect();
    format!("def {name}(x):\n{lines}    return x\n\n")
}

#[test]
fn copies_are_found_across_files_with_their_places() {
    let one = format!("{}{}{}", function("own", 1), function("shared", 2), function("other", 3));
    let two = format!("# a comment\n\n{}{}", function("shared", 2), function("more", 4));
    let result = copied(&[("a.py", one.clone()), ("b/c.py", two.clone())], json!({}));
    let duplication = &result["duplication"];
    assert_eq!(duplication["groups"], 1, "{duplication:#}");
    let places: Vec<(&str, u64, u64)> = duplication["copies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|copy| (copy["file"].as_str().unwrap(), copy["line"].as_u64().unwrap(), copy["end_line"].as_u64().unwrap()))
        .collect();
    // The function in a.py begins on line 16; comments and blank lines are no tokens. The `def` of the next function is alike as well.
    assert_eq!(places.iter().map(|(file, _, _)| *file).collect::<Vec<_>>(), ["a.py", "b/c.py"]);
    assert_eq!((places[0].1, places[1].1), (16, 3));
    let lines = duplication["lines"].as_u64().unwrap();
    let total = result["lines"]["total"].as_u64().unwrap();
    assert!((duplication["share"].as_f64().unwrap() - lines as f64 / total as f64).abs() < 1e-4);
    assert_eq!(result["files"].as_array().unwrap().iter().map(|file| file["duplicated_lines"].as_u64().unwrap()).sum::<u64>(), lines);
    // With other names and numbers they are copies in shape alone.
    assert_eq!(copied(&[("a.py", function("a", 1)), ("b.py", function("b", 2))], json!({}))["duplication"]["groups"], 0);
    let shapes = copied(&[("a.py", function("a", 1)), ("b.py", function("b", 2))], json!({"same_shape": true}));
    assert_eq!(shapes["duplication"]["groups"], 1);
    assert_eq!(shapes["duplication"]["copies"][0]["line"], 1);
    // Longer than the copy is.
    assert_eq!(copied(&[("a.py", one), ("b/c.py", two)], json!({"least_tokens": 500}))["duplication"]["groups"], 0);
}

#[test]
fn rows_that_repeat_themselves_are_counted_once() {
    let table = format!("x = [\n{}]\n", "    [1, 2, 3],\n".repeat(20_000));
    let result = perform_on_file(CodeAnalysis::default(), METRICS, json!({}), "a.py", table.as_bytes()).value();
    let duplication = &result["duplication"];
    assert!(duplication["share"].as_f64().unwrap() <= 1.0 && duplication["groups"].as_u64().unwrap() >= 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// What stands in two files is found wherever it stands and whatever stands around it; what stands once is not.
    #[test]
    fn what_was_copied_is_found(before in 0usize..6, after in 0usize..6, size in 1usize..4) {
        let shared: String = (0..size).map(|number| function("shared", 900 + number)).collect();
        let one: String = (0..before).map(|number| function("own", number)).chain([shared.clone()]).collect();
        let two: String = [shared].into_iter().chain((0..after).map(|number| function("own", 100 + number))).collect();
        let result = copied(&[("a.py", one), ("b.py", two)], json!({}));
        let first = &result["duplication"]["copies"][0];
        prop_assert_eq!(&first["file"], "a.py");
        prop_assert!(first["lines"].as_u64().unwrap() as usize >= size * 15 - 2, "{}", first);
        let alone: String = (0..before + 1).map(|number| function("own", number)).collect();
        prop_assert_eq!(&copied(&[("a.py", alone), ("b.py", "x = 1\n".to_owned())], json!({}))["duplication"]["groups"], 0);
    }
}
