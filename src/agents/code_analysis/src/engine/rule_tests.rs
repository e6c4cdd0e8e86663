//! Whether shipped rules are sound and malformed ones are refused with their place.

use super::*;

#[test]
fn the_shipped_rules_are_sound() {
    for kind in [Kind::Security, Kind::Performance, Kind::Practice] {
        let catalogue = Catalogue::shipped(kind).unwrap();
        assert!(catalogue.rules.len() >= 8, "{kind:?}: {}", catalogue.rules.len());
        for rule in &catalogue.rules {
            compile(rule.written.clone(), true).unwrap();
            assert!(kind != Kind::Security || !rule.written.cwe.is_empty(), "{} has no CWE", rule.written.id);
            for language in &rule.written.languages {
                assert!(catalogue.of(language).any(|other| other.written.id == rule.written.id));
            }
        }
    }
}

#[test]
fn every_language_has_rules_for_twelve_weaknesses() {
    let catalogue = Catalogue::shipped(Kind::Security).unwrap();
    for facts in ALL {
        let weaknesses: std::collections::BTreeSet<u32> =
            catalogue.of(facts.name).flat_map(|rule| rule.written.cwe.iter().copied()).collect();
        assert!(weaknesses.len() >= 12, "{}: {weaknesses:?}", facts.name);
    }
}

fn with(own: &str) -> Result<Catalogue, SkillError> {
    Catalogue::with(Kind::Security, &[("rules".to_owned(), own.to_owned())])
}

#[test]
fn malformed_rules_are_refused_with_their_place() {
    let good = "[[rule]]\nid = \"own-rule\"\ntitle = \"t\"\nlanguages = [\"python\"]\nseverity = \"error\"\nconfidence = \"high\"\n\
                message = \"m\"\nadvice = \"a\"\n";
    let cases = [
        ("[[rule]\n", "line 1"),
        ("[[rule]]\nid = \"x\"\n", "line 1"),
        (good, "looks for nothing"),
        (&format!("{good}query = [\"(nonsense) @found\"]\n"), "does not fit python"),
        (&format!("{good}query = [\"(call) @other\"]\n"), "no @found"),
        (&format!("{good}[[rule.call]]\nname = [\"x\"]\nmatches = \"(\"\n"), "not understood"),
        (&format!("{good}[[rule.call]]\nname = [\"x\"]\nsurprise = 1\n"), "line 11"),
        (&good.replace("python", "cobol"), "looks for nothing"),
        (&format!("{}[[rule.call]]\nname = [\"x\"]\n", good.replace("python", "cobol")), "no language cobol"),
        (&format!("{}[[rule.call]]\nname = [\"x\"]\n", good.replace("own-rule", "Own Rule")), "lower-case"),
    ];
    for (text, expected) in cases {
        let error = with(text).unwrap_err();
        assert_eq!(error.code, "CODE-004");
        assert!(error.message.contains(expected), "{text}\n{}", error.message);
    }
}

#[test]
fn own_rules_that_name_a_review_are_used_by_that_one() {
    let rule = |id: &str, kind: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\n{kind}title = \"t\"\nlanguages = [\"python\"]\nseverity = \"info\"\nconfidence = \"low\"\nmessage = \"m\"\n\
             advice = \"a\"\ncall = [{{ name = [\"x\"] }}]\n"
        )
    };
    let own = [rule("every", ""), rule("fast", "kind = \"performance\"\n"), rule("good", "kind = \"practice\"\n")].concat();
    for (kind, wanted) in
        [(Kind::Security, vec!["every"]), (Kind::Performance, vec!["every", "fast"]), (Kind::Practice, vec!["every", "good"])]
    {
        let catalogue = Catalogue::with(kind, &[("rules".to_owned(), own.clone())]).unwrap();
        let ids: Vec<&str> = catalogue.rules.iter().map(|rule| rule.written.id.as_str()).collect();
        assert_eq!(ids, wanted, "{kind:?}");
    }
    // A mistake is told to whoever wrote it, whichever review meets it.
    assert!(with(&rule("Wrong", "kind = \"practice\"\n")).is_err());
}

#[test]
fn too_many_and_too_long_rules_are_refused() {
    let one = |n: usize| {
        format!(
            "[[rule]]\nid = \"own-{n}\"\ntitle = \"t\"\nlanguages = [\"go\"]\nseverity = \"info\"\nconfidence = \"low\"\nmessage = \"m\"\n\
             advice = \"a\"\n[[rule.call]]\nname = [\"x\"]\n"
        )
    };
    let within: String = (0..MAXIMUM_RULES).map(one).collect();
    assert!(with(&within).is_ok());
    let many: String = (0..=MAXIMUM_RULES).map(one).collect();
    assert_eq!(with(&many).unwrap_err().code, "CODE-004");
    let long = "#".repeat(MAXIMUM_RULE_BYTES + 1);
    assert_eq!(with(&long).unwrap_err().code, "CODE-004");
}

#[test]
fn hostile_expressions_are_refused_or_end_soon() {
    let rule = |expression: &str, of: &str| {
        format!(
            "[[rule]]\nid = \"own-rule\"\ntitle = \"t\"\nlanguages = [\"python\"]\nseverity = \"error\"\nconfidence = \"high\"\nmessage = \"m\"\n\
             advice = \"a\"\n{}[[rule.call]]\nname = [\"x\"]\n{}",
            if of == "file_matches" { format!("file_matches = '{expression}'\n") } else { String::new() },
            if of == "matches" { format!("matches = '{expression}'\n") } else { String::new() }
        )
    };
    for of in ["matches", "file_matches"] {
        for expression in ["(a{1000}){1000}", r"\pL{10000}"] {
            let error = with(&rule(expression, of)).unwrap_err();
            assert!(error.code == "CODE-004" && error.message.contains("not understood"), "{}", error.message);
        }
    }
    let file = "ab".repeat(1 << 20);
    for expression in ["(a+)+$", "(a|b)*a(a|b){1000}c", "(.*a){50}c", r"(\w*\w*)*c"] {
        let catalogue = with(&rule(expression, "file_matches")).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test measures")]
        let began = std::time::Instant::now();
        assert!(!catalogue.rules[0].file_matches.as_ref().unwrap().is_match(&file), "{expression}");
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{expression} took {:?}", began.elapsed());
    }
}

#[test]
fn a_text_that_is_looked_at_in_part_is_told() {
    let rule = |expression: &str| {
        format!(
            "[[rule]]\nid = \"own-rule\"\ntitle = \"t\"\nlanguages = [\"python\"]\nseverity = \"error\"\nconfidence = \"high\"\nmessage = \"m\"\n\
             advice = \"a\"\nfile_matches = '{expression}'\n[[rule.call]]\nname = [\"x\"]\n"
        )
    };
    let file = format!("{}import numpy as np\n", "# a comment\n".repeat(20_000));
    let whole = with(&rule(r"import \w+ as \w+")).unwrap();
    assert!(whole.rules[0].file_matches.as_ref().unwrap().is_match(&file));
    assert_eq!(whole.note(), None);
    let large = with(&rule("(a|b)*a(a|b){2000}c")).unwrap();
    assert_eq!(large.note(), None);
    assert!(!large.rules[0].file_matches.as_ref().unwrap().is_match(&file));
    let note = large.note().unwrap();
    assert!(note.contains("own-rule (the first ") && note.contains("simpler"), "{note}");
}

#[test]
fn stars_stand_for_anything() {
    for (pattern, name, expected) in [
        ("os.system", "os.system", true),
        ("*.execute", "sqlite3.connect().cursor().execute", true),
        ("*.execute", "execute", false),
        ("request.*", "request.args.get", true),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false),
        ("*", "", true),
    ] {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }
}
