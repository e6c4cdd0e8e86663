//! Whether secrets are found wherever they stand, once, and not repeated.

use super::*;

fn find(text: &str, file: &str) -> Vec<Found> {
    super::find(text, file, &mut || Ok(())).unwrap().0
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
    let formats = formats().unwrap();
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
    let (found, more) = super::find(&line, "f", &mut || Ok(())).unwrap();
    assert_eq!((found.len(), more), (FILE_FINDINGS, true));
    let line = "x ".repeat(WINDOW * 3);
    let mut asked = 0;
    let stopped = super::find(&line, "f", &mut || {
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
