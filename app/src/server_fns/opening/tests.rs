//! Does the form say all that a decision can be asked for with, and does each wrong field have its name?

#![allow(clippy::unwrap_used, reason = "tests")]

use baton_domain::problem::Code;

use super::*;

const AGENT: &str = "id:00000000-0000-0000-0000-0000000000aa";

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn form(terms: &[(&str, &str)]) -> Opening {
    Opening {
        question: " Ship it? ".to_owned(),
        options: "go: It goes out\r\n\r\nwait".to_owned(),
        rule: "plurality".to_owned(),
        role: "operator".to_owned(),
        deadline_minutes: "10".to_owned(),
        terms: fields(terms),
        ..Opening::default()
    }
}

fn wrong(form: Opening) -> String {
    form.read().unwrap_err().errors.remove(0).field
}

#[test]
fn what_is_left_empty_is_as_usual() {
    let step = form(&[("quorum", ""), ("weights", " ")]).read().unwrap().step;
    assert_eq!(step.question.as_deref(), Some("Ship it?"));
    assert_eq!(step.options, Some(json!([{"key": "go", "label": "It goes out"}, {"key": "wait"}])));
    assert_eq!(step.voters, Some(json!([{"role": "operator"}])));
    assert_eq!(Value::Object(step.more), json!({"deadline_seconds": 600, "escalation": {"people": []}}));
}

#[test]
fn an_option_has_a_key_and_maybe_words_about_it() {
    let options = "go: It goes out: today | All is green\nwait | Nothing is lost\nstop".to_owned();
    let step = Opening { options, ..form(&[]) }.read().unwrap().step;
    let wanted = json!([
        {"key": "go", "label": "It goes out: today", "description": "All is green"},
        {"key": "wait", "description": "Nothing is lost"},
        {"key": "stop"},
    ]);
    assert_eq!(step.options, Some(wanted));
}

#[test]
fn parts_of_json_are_compared() {
    let asked = Opening { options: String::new(), ..form(&[("canonical", "json_ignore_case"), ("fields", "/label /unit")]) };
    let wanted = json!({"method": "json", "fields": ["/label", "/unit"], "ignore_case": true});
    assert_eq!(asked.read().unwrap().step.more["canonical"], wanted);
}

#[test]
fn voters_have_weights_and_people_stand_by_their_addresses() {
    let asked = Opening {
        skill: "nlp.sentiment".to_owned(),
        count: "3".to_owned(),
        agents: fields(&[(AGENT, "2"), ("id:other", "0")]),
        persons: "ana@example.org: 2.5\nbob@example.org".to_owned(),
        weight: fields(&[("skill", "0.5"), (AGENT, "4"), ("role", "")]),
        ..form(&[("weights", "given"), ("allow_dictator", "true")])
    };
    let step = asked.read().unwrap().step;
    let id = AGENT.trim_start_matches("id:");
    let voters = json!([
        {"skill": "nlp.sentiment", "count": 3, "weight": 0.5},
        {"kind": "agent", "agent_id": id, "samples": 2, "weight": 4.0},
        {"role": "operator"},
        {"user": "ana@example.org", "weight": 2.5},
        {"user": "bob@example.org"},
    ]);
    assert_eq!(step.voters, Some(voters));
    assert_eq!((&step.more["weights"], &step.more["allow_dictator"]), (&json!("given"), &json!(true)));
}

#[test]
fn all_terms_of_a_decision_can_be_said() {
    let asked = Opening {
        options: String::new(),
        rule: "synthesis".to_owned(),
        quorum: "0.6".to_owned(),
        threshold: "0.7".to_owned(),
        judge: AGENT.to_owned(),
        people: "admin".to_owned(),
        deadline_minutes: "1.5".to_owned(),
        ..form(&[
            ("canonical", "number"),
            ("absolute", "0.01"),
            ("ballots", "separate"),
            ("task", "data.sum"),
            ("input", "{\"of\": [1, 2]}"),
            ("answer_at", "/sum"),
            ("minimum_margin", "0.1"),
            ("scale_most", "5"),
            ("ask_all", "true"),
            ("tie_first", "borda"),
            ("tie_third", "lot"),
            ("stage_minutes", "0.5"),
            ("tokens", "2000"),
            ("cost", "0.25"),
            ("synthesizer", "prompt.answer"),
            ("debate", "never"),
            ("people_named", "ana@example.org"),
            ("otherwise", "option"),
            ("otherwise_key", "wait"),
        ])
    };
    let step = asked.read().unwrap().step;
    assert_eq!((step.skill.as_deref(), step.input, step.options, step.quorum), (Some("data.sum"), json!({"of": [1, 2]}), None, Some(0.6)));
    let more = json!({
        "canonical": {"method": "number", "absolute": 0.01, "relative": 0.0},
        "ballots": "separate",
        "answer": "/sum",
        "threshold": 0.7,
        "minimum_margin": 0.1,
        "scale": {"least": 0.0, "most": 5.0},
        "early_stop": false,
        "tie_break": ["borda", "lot"],
        "deadline_seconds": 90,
        "stage_seconds": 30,
        "budget": {"tokens": 2000, "cost": 0.25},
        "synthesizer": {"skill": "prompt.answer"},
        "escalation": {
            "debate": "never",
            "judge": {"kind": "agent", "agent_id": AGENT.trim_start_matches("id:")},
            "people": [{"role": "admin"}, {"user": "ana@example.org"}],
            "otherwise": {"kind": "option", "key": "wait"},
        },
    });
    assert_eq!(Value::Object(step.more), more);
}

#[test]
fn each_wrong_field_is_named() {
    assert_eq!(wrong(Opening { quorum: "1.5".to_owned(), ..form(&[]) }), "quorum");
    assert_eq!(wrong(Opening { threshold: "NaN".to_owned(), ..form(&[]) }), "threshold");
    assert_eq!(wrong(Opening { persons: "ana@example.org: much".to_owned(), ..form(&[]) }), "persons");
    assert_eq!(wrong(Opening { weight: fields(&[("skill", "2")]), ..form(&[]) }), "skill", "nobody of that skill votes");
    assert_eq!(wrong(Opening { agents: fields(&[("id:7", "1")]), ..form(&[]) }), "agents");
    assert_eq!(wrong(Opening { count: "2".to_owned(), ..form(&[]) }), "count");
    for (terms, field) in [
        ([("tokens", "-1"), ("x", "")], "tokens"),
        ([("cost", "inf"), ("x", "")], "cost"),
        ([("task", "data.sum"), ("input", "{")], "input"),
        ([("input", "{}"), ("task", "")], "input"),
        ([("canonical", "number"), ("x", "")], "canonical"),
        ([("otherwise", "refuse"), ("otherwise_key", "go")], "otherwise_key"),
        ([("no_such", "1"), ("x", "")], "no_such"),
    ] {
        assert_eq!(wrong(form(&terms)), field, "{terms:?}");
    }
}

#[test]
fn what_a_service_finds_wrong_has_the_forms_names() {
    let asked = Opening { persons: "ana@example.org".to_owned(), ..form(&[]) }.read().unwrap();
    for (field, name) in [
        ("/electorate/0/weight", "role: weight"),
        ("/voters/1", "persons, ana@example.org"),
        ("/electorate", "who votes"),
        ("/tie_break/2", "tie_third"),
        ("/answers/options/1/key", "options"),
        ("/answers/canonical/absolute", "absolute"),
        ("/scale", "scale_least"),
        ("/budget/cost", "cost"),
        ("/escalation/otherwise/key", "otherwise_key"),
        ("/escalation/user", "people_named"),
        ("/synthesizer", "synthesizer"),
        ("/minimum_margin", "minimum_margin"),
    ] {
        let problem = Problem::new(Code::InvalidDecision, "wrong").with_field(field, "wrong");
        assert_eq!(asked.in_its_words(problem).errors[0].field, name, "{field}");
    }
}
