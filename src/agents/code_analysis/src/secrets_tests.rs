//! Whether secrets are found wherever they stand, once, and not repeated.

use super::formats::{crc32, read, shipped};
use super::*;
use crate::engine::rule::{MAXIMUM_RULE_BYTES, MAXIMUM_RULES};

fn find(text: &str, file: &str) -> Vec<Found> {
    super::find(text, file, &mut Turn::new(&[]), &mut || Ok(true)).unwrap().0
}

fn token(prefix: &str) -> String {
    let body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
    let mut crc = crc32(body.as_bytes());
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut check: Vec<u8> = Vec::new();
    for _ in 0..6 {
        check.insert(0, digits[(crc % 62) as usize]);
        crc /= 62;
    }
    format!("{prefix}{body}{}", String::from_utf8(check).unwrap())
}

/// As random as a secret, and none.
fn noise(length: usize, letters: &str) -> String {
    let letters: Vec<char> = letters.chars().collect();
    let mut state = 0x2545_F491_u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            letters[(state >> 16) as usize % letters.len()]
        })
        .collect()
}

#[test]
fn every_format_is_found() {
    const MIXED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz23456789";
    let mixed = |length: usize| noise(length, MIXED);
    // Written in parts: whole ones would be taken for secrets by whoever searches this file.
    let cases = [
        ("secret-private-key", format!("-----BEGIN RSA {} KEY-----", "PRIVATE")),
        ("secret-aws-access-key", format!("id {}{}", "AKIA", noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))),
        ("secret-aws-secret-key", format!("aws_secret_access_key = {}", mixed(40))),
        ("secret-github-token", token("ghp_")),
        ("secret-github-fine-grained-token", format!("github_{}_{}_{}", "pat", mixed(22), mixed(59))),
        ("secret-npm-token", token("npm_")),
        ("secret-gitlab-token", format!("{}-{}", "glpat", mixed(20))),
        ("secret-slack-token", format!("{}-{}-{}", "xoxb", noise(12, "2345678"), mixed(24))),
        (
            "secret-slack-webhook",
            format!("https://hooks.{}.com/services/T{}/B{}/{}", "slack", noise(9, "BCDEFGH"), noise(9, "BCDEFGH"), mixed(24)),
        ),
        ("secret-stripe-key", format!("sk_{}_{}", "live", mixed(24))),
        ("secret-google-api-key", format!("{}{}", "AIza", mixed(35))),
        ("secret-sendgrid-key", format!("{}.{}.{}", "SG", mixed(22), mixed(43))),
        ("secret-openai-key", format!("sk-{}{}{}", mixed(20), "T3BlbkFJ", mixed(20))),
        ("secret-anthropic-key", format!("sk-{}-api03-{}", "ant", mixed(93))),
        ("secret-pypi-token", format!("{}-AgEIcHlwaS5vcmc{}", "pypi", mixed(60))),
        ("secret-jwt", format!("{}{}.{}{}.{}", "eyJ", mixed(20), "eyJ", mixed(30), mixed(43))),
        ("secret-url-password", format!("postgres://app:{}@db.internal/x", mixed(14))),
        ("secret-assignment", format!("api_key = \"{}\"", mixed(24))),
    ];
    let formats = shipped().unwrap();
    assert_eq!(cases.len(), formats.len());
    for (rule, line) in cases {
        let rules: Vec<String> = find(&format!("first\n    {line}\nlast"), "f").into_iter().map(|one| one.rule).collect();
        assert_eq!(rules, [rule], "{line}");
    }
}

#[test]
fn a_line_of_any_length_is_searched_and_each_secret_is_told_once() {
    let secret = token("ghp_");
    // Wherever a part ends, within the secret or beside it; what stands before is wider than its characters.
    for before in (WINDOW - OVERLAP - 60..WINDOW + 60).step_by(7).chain([0, 1, WINDOW * 3 - OVERLAP, 10 * WINDOW]) {
        let filler = if before > 2 { format!("é{}", "; ".repeat((before - 2).div_ceil(2))) } else { " ".repeat(before) };
        let line = format!("{filler}{secret}; {}", "; ".repeat(WINDOW));
        let found = find(&format!("x\n{line}\n"), "f");
        let places: Vec<(usize, usize, usize)> = found.iter().map(|one| (one.line, one.column, one.end_column)).collect();
        let column = filler.chars().count() + 1;
        assert_eq!(places, [(2, column, column + secret.len())], "{before}");
    }
}

#[test]
fn a_long_word_is_no_secret_because_a_part_begins_in_it() {
    let inner = format!("{}{}", "AKIA", noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    for before in WINDOW - OVERLAP - 30..WINDOW - OVERLAP + 30 {
        let line = format!("{}{inner} {}", "x".repeat(before), "y".repeat(WINDOW));
        assert!(find(&line, "f").is_empty(), "{before}");
    }
}

#[test]
fn more_secrets_than_are_kept_are_said_and_a_search_that_is_stopped_ends() {
    let line = format!("{} ", token("ghp_")).repeat(FILE_FINDINGS + 1);
    let (found, more) = super::find(&line, "f", &mut Turn::new(&[]), &mut || Ok(true)).unwrap();
    assert_eq!((found.len(), more), (FILE_FINDINGS, true));
    let line = "x ".repeat(WINDOW * 3);
    let mut asked = 0;
    let stopped = super::find(&line, "f", &mut Turn::new(&[]), &mut || {
        asked += 1;
        Err(SkillError::internal("stopped"))
    });
    assert!(stopped.is_err() && asked == 1);
}

#[test]
fn formats_that_do_not_read_are_no_formats() {
    let one = |expression: &str, more: &str| {
        read(&format!("[[secret]]\nid = \"a\"\ntitle = \"A\"\nconfidence = \"low\"\nexpression = '{expression}'\n{more}\n"))
            .map(|formats| formats.len())
    };
    assert_eq!(one("(a)", "entropy = 2.5"), Ok(1));
    for (expression, more) in [("(", ""), ("a", ""), ("(a)", "unknown = 1"), ("(a)", "checksum = \"yes\"")] {
        assert!(one(expression, more).is_err(), "{expression} {more}");
    }
    assert!(read("").is_err(), "no formats at all find nothing, and would say so of every file");
}

#[test]
fn checksums_decide_about_tokens() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    let token = token("ghp_");
    assert_eq!(find(&format!("key = {token}"), "f").len(), 1);
    let wrong = format!("{}{}", &token[..token.len() - 6], token[token.len() - 6..].chars().rev().collect::<String>());
    assert!(find(&format!("key = {wrong}"), "f").is_empty(), "{wrong}");
}

#[test]
fn placeholders_are_no_secrets_and_secrets_are_not_repeated() {
    for line in [
        "password = \"${DB_PASSWORD}\"",
        "api_key: \"your-api-key-here-123\"",
        "secret = \"changeme12345\"",
        "token = \"aaaaaaaaaaaaaaaa\"",
    ] {
        assert!(find(line, "f").is_empty(), "{line}");
    }
    let found = find("api_key = \"q7Zk2Vx9Lm4Tp8Rw1Ys6\"", "f");
    assert_eq!(found.len(), 1);
    assert!(!serde_json::to_string(&found[0]).unwrap().contains("q7Zk2"));
}

/// A format of somebody's own, with this expression and these further keys.
fn written(id: &str, expression: &str, more: &str) -> String {
    format!("[[secret]]\nid = \"{id}\"\ntitle = \"Token of Acme\"\nconfidence = \"high\"\nexpression = '{expression}'\n{more}\n")
}

fn own(text: &str) -> Result<Vec<Format>, SkillError> {
    formats::own(&[("rules".to_owned(), text.to_owned())])
}

#[test]
fn own_formats_are_looked_for_before_the_shipped_ones() {
    let formats = own(&written("acme-token", r"\b(acme_[a-z0-9]{16})\b", "after = 5\nentropy = 2")).unwrap();
    let rules = |line: &str| -> Vec<String> {
        let (found, _) = super::find(line, "f", &mut Turn::new(&formats), &mut || Ok(true)).unwrap();
        found.into_iter().map(|one| one.rule).collect()
    };
    let token = format!("acme_{}", "q7zk2vx9lm4tp8rw");
    assert_eq!(rules(&format!("run --with {token}")), ["acme-token"]);
    // The shipped formats know it as something random that is assigned.
    assert_eq!(find(&format!("token = \"{token}\""), "f")[0].rule, "secret-assignment");
    assert_eq!(rules(&format!("token = \"{token}\"")), ["acme-token"]);
    assert_eq!(rules(&format!("key = acme_{}", "q".repeat(16))), Vec::<String>::new(), "it is not random enough");
    assert_eq!(rules("password = \"q7Zk2Vx9Lm4Tp8Rw1Ys6\""), ["secret-assignment"], "the shipped ones are looked for too");
    // What fits between characters and finds nothing there goes on behind them.
    let edge = own(&written("acme-pin", r"\b(?:pin(\d{6})|)\b", "")).unwrap();
    let (found, _) = super::find("here is pin836194, é and more", "f", &mut Turn::new(&edge), &mut || Ok(true)).unwrap();
    assert_eq!(found.iter().map(|one| (one.rule.as_str(), one.column)).collect::<Vec<_>>(), [("acme-pin", 12)]);
}

#[test]
fn malformed_own_formats_are_refused_with_their_place() {
    let good = written("acme-token", "(acme_[a-z]{8})", "");
    let second = |text: &str| format!("{good}{text}");
    let cases = [
        ("[[secret]\n".to_owned(), "rules, line 1: "),
        ("[[secret]]\nid = 3\n".to_owned(), "rules, line 2: "),
        ("[[format]]\nid = \"a\"\n".to_owned(), "unknown field"),
        (second(&written("other-token", "(b", "")), "rules, line 8, format other-token: the expression \"(b\" is not understood"),
        (second(&written("other-token", "b", "")), "format other-token: its expression has no group"),
        (second(&written("other-token", "(b*)", "")), "format other-token: its expression fits where nothing is"),
        (second(&written("other-token", "(b)", "surprise = 1")), "rules, line 12: "),
        (second(&written("other-token", "(b)", "entropy = nan")), "format other-token: its entropy"),
        (second(&written("other-token", "(b)", "entropy = 9")), "format other-token: its entropy"),
        (second(&written("Other Token", "(b)", "")), "lower-case"),
        (second(&good), "rules, line 8: there is already a format acme-token"),
        (written("secret-jwt", "(b)", ""), "rules, line 2: there is already a format secret-jwt"),
        (good.replace("Token of Acme", &"t".repeat(201)), "its title must have"),
    ];
    assert_eq!(own(&good).unwrap().len(), 1);
    for (text, expected) in cases {
        let error = own(&text).unwrap_err();
        assert_eq!(error.code, "CODE-004");
        assert!(error.message.contains(expected), "{text}\n{}", error.message);
    }
    // Rules in the same text are for the reviews.
    let rule = "[[rule]]\nid = \"a\"\ntitle = \"t\"\nlanguages = [\"go\"]\nseverity = \"info\"\nconfidence = \"low\"\nmessage = \"m\"\nadvice = \"a\"\n";
    assert_eq!(own(&format!("{rule}{good}")).unwrap().len(), 1);
}

#[test]
fn too_many_and_too_long_own_formats_are_refused() {
    let some = |count: usize| -> String { (0..count).map(|n| written(&format!("own-{n}"), "(b)", "")).collect() };
    assert_eq!(own(&some(MAXIMUM_RULES)).unwrap().len(), MAXIMUM_RULES);
    let many = own(&some(MAXIMUM_RULES + 1)).unwrap_err();
    assert!(many.code == "CODE-004" && many.message.contains("more than 200 formats"), "{}", many.message);
    let long = own(&"#".repeat(MAXIMUM_RULE_BYTES + 1)).unwrap_err();
    assert!(long.code == "CODE-004" && long.message.contains("at most 262144"), "{}", long.message);
}

#[test]
fn hostile_own_expressions_are_refused_or_end_soon() {
    for expression in ["((a{1000}){1000})", r"(\pL{10000})"] {
        let error = own(&written("own", expression, "")).unwrap_err();
        assert!(error.code == "CODE-004" && error.message.contains("not understood"), "{}", error.message);
    }
    let line = "ab".repeat(WINDOW);
    let text = format!("{line}\n").repeat(10);
    // The last looks to the end of the line again and again, for each of its characters.
    for expression in ["((a+)+$)", "((a|b)*a(a|b){1000}c)", r"((\w*\w*)*c)", "((?:[^c]*c)|a)"] {
        let formats = own(&written("own", expression, "entropy = 8")).unwrap();
        let mut turn = Turn::new(&formats);
        #[expect(clippy::disallowed_methods, reason = "a test measures")]
        let began = std::time::Instant::now();
        let (found, _) = super::find(&text, "f", &mut turn, &mut || Ok(true)).unwrap();
        assert!(found.is_empty(), "{expression}");
        assert!(began.elapsed() < Duration::from_secs(20), "{expression} took {:?}", began.elapsed());
    }
}

/// How many secrets an own format finds in a text, whether its time was over, and what is said of its share.
fn look(text: &str, expression: &str, ask: &mut Ask<'_>) -> (usize, bool, Option<String>) {
    let formats = own(&written("acme-token", expression, "")).unwrap();
    let mut turn = Turn::new(&formats);
    let (found, _) = super::find(text, "f", &mut turn, ask).unwrap();
    let cut: BTreeSet<usize> = turn.cut().collect();
    (found.len(), turn.late, in_part(&formats, &cut))
}

#[test]
fn an_own_format_has_its_share_of_a_file_and_its_time() {
    let token = format!("acme_{}", "q7zk2vx9");
    let text = format!("{}{token}\n", "nothing to see here\n".repeat(8_000));
    assert_eq!(look(&text, "(acme_[a-z0-9]{8})", &mut || Ok(true)), (1, false, None));
    let (found, late, note) = look(&text, "(acme_[a-z0-9]{8}|(a|b)*a(a|b){2000}c)", &mut || Ok(true));
    assert_eq!((found, late), (0, false));
    assert!(note.as_deref().is_some_and(|note| note.contains("acme-token (at most ") && note.contains("simpler")), "{note:?}");
    // Asked for the first time when there was little work, it says that the time is over.
    assert_eq!(look(&text, "(acme_[a-z0-9]{8})", &mut || Ok(false)), (0, true, None));
}
