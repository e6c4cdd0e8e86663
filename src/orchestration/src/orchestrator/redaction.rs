//! Which parts of a text are secrets that nobody else should read? They are masked before a text goes to a language model.
//!
//! Logs and error messages repeat what they were given: a header, a connection string, a key in a query. What is recognised: values after names such as
//! `password` or `api_key`, credentials of `Authorization` headers and of URLs, private keys, and tokens whose form is their issuer's. It is a
//! net, not a proof: a secret that looks like any other word passes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands in place of a secret.
const MASK: &str = "[masked]";

/// What is looked for, what holds another one first: the group `keep` stays, and what follows it goes.
const FORMS: [&str; 6] = [
    // A private key, whole, or what a cut left of it.
    r"(?s)(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    // Credentials of a URL.
    r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/?#@:'\x22]*:)[^\s/?#@]+(?P<after>@)",
    // A value by its name, as in `password=…`, `"api_key": "…"`, `secret: …`.
    r#"(?i)(?P<keep>\b[a-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|session[_-]?id|credentials?|authorization)["']?\s*[:=]\s*["']?)(?:bearer\s+|basic\s+)?[^\s"',;&}{\[\]]{3,}"#,
    // A token by its name; in prose the word says nothing: `unexpected token: end of file`.
    r#"(?i)(?P<keep>(?:\btoken=|["']token["']\s*:\s*)["']?)[^\s"',;&}{\[\]]{6,}"#,
    // Credentials of a header.
    r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[a-z0-9._~+/=-]{6,}",
    // A token by its form: of GitHub, GitLab, Slack, Stripe and OpenAI, AWS, Google; a JSON Web Token.
    r"(?P<keep>)\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}|A(?:KIA|SIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",
];

static COMPILED: LazyLock<Vec<Regex>> = LazyLock::new(|| FORMS.iter().filter_map(|form| Regex::new(form).ok()).collect());

/// The text with its secrets masked.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for form in COMPILED.iter() {
        let replaced = form.replace_all(&text, |found: &Captures<'_>| {
            let part = |name| found.name(name).map_or("", |part| part.as_str());
            format!("{}{MASK}{}", part("keep"), part("after"))
        });
        if let Cow::Owned(replaced) = replaced {
            text = Cow::Owned(replaced);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_understood() {
        assert_eq!(COMPILED.len(), FORMS.len());
    }

    #[test]
    fn secrets_are_masked_and_what_tells_of_them_stays() {
        // Put together here, so that nobody who looks for secrets finds these.
        let token = format!("{}_{}", "ghp", "a1B2c3D4e5F6g7H8i9J0k1L2");
        let aws = format!("{}{}", "AKIA", "ABCDEFGHIJKLMNOP");
        let jwt = format!("{}.{}.{}", "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjMifQ", "c2lnbmF0dXJl");
        let cases = [
            ("postgres://baton:hunter2@db:5432/x refused".to_owned(), "postgres://baton:[masked]@db:5432/x refused"),
            ("401 for Authorization: Bearer abc.def-123456".to_owned(), "401 for Authorization: [masked]"),
            ("sent bearer abcdef123456, got 403".to_owned(), "sent bearer [masked], got 403"),
            (r#"{"api_key": "k-123456", "n": 3}"#.to_owned(), r#"{"api_key": "[masked]", "n": 3}"#),
            ("DB_PASSWORD=tiger; host=a".to_owned(), "DB_PASSWORD=[masked]; host=a"),
            ("GET /v1?access_token=zzz999&page=2".to_owned(), "GET /v1?access_token=[masked]&page=2"),
            ("GET /v1?token=zzz999 with {\"token\": \"abc-123456\"}".to_owned(), "GET /v1?token=[masked] with {\"token\": \"[masked]\"}"),
            (format!("push with {token} failed"), "push with [masked] failed"),
            (format!("{aws} is not known"), "[masked] is not known"),
            (format!("token {jwt}"), "token [masked]"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nthen".to_owned(),
                "-----BEGIN RSA PRIVATE KEY-----[masked]\nthen",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(masked(&text), expected, "{text}");
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for text in [
            "the password is wrong",
            "http://127.0.0.1:8080/a@b answered 500",
            "task-failed at line 12: key error: 'region'",
            "no such column: secretary",
            "a basic check failed",
            "used 1200 tokens of 4000",
        ] {
            assert!(matches!(masked(text), Cow::Borrowed(_)), "{text} became {}", masked(text));
        }
    }
}
