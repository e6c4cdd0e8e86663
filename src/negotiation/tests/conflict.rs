//! Is a conflict settled once, and only by who knows how it stands?

use baton_domain::id::ArtifactId;
use baton_domain::problem::Code;
use baton_domain::time::Timestamp;
use baton_negotiation::conflict::*;
use baton_negotiation::merge::{Disagreement, JsonOptions, TableOptions};
use uuid::Uuid;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn conflict(clean: bool) -> Conflict {
    Conflict {
        id: Uuid::from_u128(1),
        artifact: ArtifactId::new(Uuid::from_u128(2)),
        base: Some(3),
        ours: 4,
        theirs: "ab12".into(),
        by: "task:7".into(),
        opened_at: at(0),
        form: Form::Text,
        strategy: Strategy::Merge,
        clean,
        findings: Vec::new(),
        total: usize::from(!clean),
        state: State::Open { escalated: false },
        revision: 1,
    }
}

fn resolve(seen: u64, choice: Choice) -> Command {
    Command::Resolve { seen, by: "user:ada".into(), choice }
}

#[test]
fn a_version_is_stored_over_the_one_it_stands_on_and_over_no_other() {
    assert_eq!((store(None, None).unwrap(), store(Some(4), Some(4)).unwrap()), (1, 5));
    for (head, base) in [(Some(4), Some(3)), (Some(4), None)] {
        assert!(store(head, base).unwrap_err().is(Code::VersionConflict), "{head:?} {base:?}");
    }
    for (head, base) in [(Some(4), Some(5)), (None, Some(1))] {
        assert!(store(head, base).unwrap_err().is(Code::InvalidRequest), "{head:?} {base:?}");
    }
}

#[test]
fn of_two_who_settle_at_once_one_is_told_to_look_again() {
    let mut settled = conflict(true);
    let write = settled.apply(resolve(1, Choice::Merged), 4, at(9)).unwrap();
    assert_eq!(write, Some(Write { choice: Choice::Merged, version: 5 }));
    let late = settled.apply(resolve(1, Choice::Theirs), 5, at(10)).unwrap_err();
    assert!(late.is(Code::ConflictSettled) && late.detail.contains("user:ada"));
    // Two conflicts of one artifact: the first that is settled moves the artifact on.
    let mut other = conflict(true);
    assert!(other.apply(resolve(1, Choice::Merged), 5, at(11)).unwrap_err().is(Code::ConflictMoved));
    let review = review(&Form::Text, Some(b"a\n"), b"b\n", b"c\n").unwrap();
    assert_eq!(review.total, 1);
    other.apply(Command::Renew { ours: 5, review: review.clone() }, 5, at(12)).unwrap();
    assert!(other.apply(resolve(1, Choice::Theirs), 5, at(13)).unwrap_err().is(Code::ConflictMoved), "what was seen is no more");
    assert!(other.apply(resolve(2, Choice::Merged), 5, at(14)).unwrap_err().is(Code::ConflictStepRefused), "it disagrees now");
    let before = other.clone();
    other.apply(Command::Renew { ours: 5, review }, 5, at(14)).unwrap();
    assert_eq!(other, before, "the same again changes nothing");
    let write = other.apply(resolve(2, Choice::Edited { hash: "cd".into() }), 5, at(15)).unwrap();
    assert_eq!(write.map(|write| write.version), Some(6));
}

#[test]
fn whoever_keeps_what_is_stored_stores_nothing() {
    let mut kept = conflict(false);
    assert_eq!(kept.apply(resolve(1, Choice::Ours), 4, at(1)).unwrap(), None);
    assert!(matches!(kept.state, State::Resolved { version: None, .. }));
    let mut dismissed = conflict(false);
    let dismiss = |seen| Command::Dismiss { seen, by: "user:ada".into(), because: "x".repeat(MAXIMUM_SHOWN + 1) };
    assert!(dismissed.apply(dismiss(0), 4, at(1)).unwrap_err().is(Code::ConflictMoved));
    dismissed.apply(dismiss(1), 4, at(1)).unwrap();
    assert!(dismissed.apply(Command::Escalate { seen: 2 }, 4, at(2)).unwrap_err().is(Code::ConflictSettled));
}

#[test]
fn a_vote_settles_it_or_a_person_is_asked() {
    let decision = Uuid::from_u128(9);
    let mut voted = conflict(false);
    assert!(voted.apply(Command::Verdict { decision, choice: Some(Choice::Ours) }, 4, at(1)).unwrap_err().is(Code::ConflictStepRefused));
    voted.apply(Command::Vote { seen: 1, decision }, 4, at(1)).unwrap();
    assert!(voted.apply(Command::Vote { seen: 2, decision }, 4, at(1)).unwrap_err().is(Code::ConflictStepRefused));
    let mut undecided = voted.clone();
    let mut renewed = voted.clone();
    let write = voted.apply(Command::Verdict { decision, choice: Some(Choice::Theirs) }, 4, at(2)).unwrap();
    assert_eq!(write, Some(Write { choice: Choice::Theirs, version: 5 }));
    undecided.apply(Command::Verdict { decision, choice: None }, 4, at(2)).unwrap();
    assert_eq!(undecided.state, State::Open { escalated: true });
    // The artifact moved on while they voted: the verdict is about something that is no more.
    let review = Review { merged: None, findings: Vec::new(), total: 2, same_as: None };
    renewed.apply(Command::Renew { ours: 6, review }, 6, at(2)).unwrap();
    assert!(renewed.apply(Command::Verdict { decision, choice: Some(Choice::Ours) }, 6, at(3)).unwrap_err().is(Code::ConflictStepRefused));
    assert_eq!(Strategy::LastWrite.first(false), First::Settle(Choice::Theirs));
    assert_eq!((Strategy::Merge.first(true), Strategy::Merge.first(false)), (First::Settle(Choice::Merged), First::Ask));
    assert_eq!(Strategy::Vote.first(false), First::Vote(vec![Choice::Ours, Choice::Theirs]));
    assert_eq!(Strategy::Escalate.first(true), First::Ask);
}

#[test]
fn a_review_says_what_disagrees_in_every_form() {
    let table = Form::Table(TableOptions { key: vec!["id".into()], delimiter: ',' });
    let json = Form::Json(JsonOptions::default());
    type Case<'a> = (&'a Form, &'a str, &'a str, &'a str, Option<&'a str>, &'a [&'a str]);
    let cases: [Case<'_>; 7] = [
        (&Form::Text, "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", Some("A\nb\nC\n"), &[]),
        (&Form::Text, "a\nb\n", "a\nx\n", "a\ny\n", None, &["line 2"]),
        (&json, r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#, Some("{\n  \"a\": 2,\n  \"b\": 2\n}\n"), &[]),
        (&json, r#"{"a":1}"#, r#"{"a":2}"#, "{}", None, &["/a"]),
        (&table, "id,n\n1,a\n", "id,n\n1,b\n", "id,n\n1,c\n", None, &["1 / n"]),
        (&Form::Whole, "a", "a", "b", Some("b"), &[]),
        (&Form::Whole, "a", "b", "c", None, &[""]),
    ];
    for (form, base, ours, theirs, merged, places) in cases {
        let found = review(form, Some(base.as_bytes()), ours.as_bytes(), theirs.as_bytes()).unwrap();
        assert_eq!(found.merged.as_deref(), merged);
        assert_eq!(
            (found.findings.iter().map(|finding| finding.place.as_str()).collect::<Vec<_>>(), found.total),
            (places.to_vec(), places.len())
        );
    }
    let kind = |form: &Form| review(form, None, b"1\n", b"2\n").map(|found| found.findings[0].kind);
    assert_eq!(
        (kind(&Form::Text), kind(&json), kind(&Form::Whole)),
        (Ok(Disagreement::Added), Ok(Disagreement::Added), Ok(Disagreement::Added))
    );
    for (form, which, theirs) in [(&Form::Text, "theirs", &b"\xff"[..]), (&json, "theirs", b"{"), (&table, "theirs", b"x\n1\n")] {
        let ours: &[u8] = if matches!(form, Form::Json(_)) { b"1" } else { b"id\n1\n" };
        let problem = review(form, None, ours, theirs).unwrap_err();
        assert!(problem.is(Code::NotMergeable) && problem.detail.contains(which), "{problem}");
    }
    let lines = |letter: char| {
        (0..1_000).map(|number| format!("{}\nsame {number}\n", letter.to_string().repeat(9_000 / (number + 1)))).collect::<String>()
    };
    let found = review(&Form::Text, Some(lines('a').as_bytes()), lines('b').as_bytes(), lines('c').as_bytes()).unwrap();
    assert_eq!((found.total, found.findings.len()), (1_000, MAXIMUM_FINDINGS));
    assert!(found.findings[0].ours.as_ref().unwrap().len() <= MAXIMUM_SHOWN + 3);
}

#[test]
fn a_verdict_is_one_of_the_choices_and_what_is_no_text_has_a_version() {
    let decision = Uuid::from_u128(9);
    let mut voted = conflict(false);
    voted.apply(Command::Vote { seen: 1, decision }, 4, at(1)).unwrap();
    for choice in [Choice::Edited { hash: "cd".into() }, Choice::Merged] {
        let verdict = Command::Verdict { decision, choice: Some(choice) };
        assert!(voted.apply(verdict, 4, at(2)).unwrap_err().is(Code::ConflictStepRefused));
    }
    let found = review(&Form::Whole, Some(b"a"), b"a", b"\xff").unwrap();
    assert_eq!((found.total, found.merged, found.same_as), (0, None, Some(Choice::Theirs)));
    assert_eq!(review(&Form::Whole, Some(b"a"), b"\xff", b"a").unwrap().same_as, Some(Choice::Ours));
}
