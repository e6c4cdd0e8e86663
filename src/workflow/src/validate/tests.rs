//! Is everything found before a run that would fail while it goes on?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Catalogue, Known, MAXIMUM_NESTING, misfits, output_schema, validate};
use crate::document::parse;

/// The skills that are shipped.
fn shipped() -> Known {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../../tests/catalogue/skills.json")).unwrap();
    let mut known = Known::new();
    for row in rows {
        known.add_skill(row["name"].as_str().unwrap(), row["input"].clone(), row["output"].clone());
    }
    known
}

fn problems_with(text: &str, catalogue: &Known) -> Vec<(&'static str, u32, u32, String)> {
    let workflow = parse(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let problems = validate(&workflow, catalogue).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| (problem.code.as_str(), problem.at.line, problem.at.column, format!("{}. {}", problem.message, problem.advice)))
        .collect()
}

fn problems(steps: &str) -> Vec<(&'static str, u32, u32, String)> {
    let inputs = "inputs: {text: string, file: {type: string, format: artifact}, files: {type: array, items: {type: string, format: artifact}}, note: {type: string, required: false}}";
    problems_with(&format!("name: x\nversion: 1\n{inputs}\nsteps:\n{steps}"), &shipped())
}

#[track_caller]
fn only(steps: &str, code: &str, line: u32, column: u32, words: &str) {
    let found = problems(steps);
    assert!(
        found.len() == 1 && found[0].0 == code && (found[0].1, found[0].2) == (line, column) && found[0].3.contains(words),
        "{steps}\n{found:#?}"
    );
}

#[test]
fn a_document_that_holds_together_has_no_problems() {
    let steps = r#"
  rate: {uses: nlp.sentiment, with: {text: "${{ inputs.text }}"}}
  read: {uses: web_automation.parse, foreach: "${{ inputs.files }}", with: {artifact: "${{ item }}"}}
  sum:
    uses: nlp.summarize
    if: steps.rate.output.label != 'neutral' && length(steps.read.output) > 0
    with: {text: "${{ join(map(steps.read.output, r => default(r.text, ''))) }}", sentences: 5}
  tell:
    if: always() && steps.sum.status == 'skipped'
    uses: diagnostics.echo
    with: {message: "${{ default(steps.sum.output.text, inputs.note) }} at ${{ run.started_at }}"}
"#;
    assert_eq!(problems(steps), []);
}

#[test]
fn circles_are_named_all_of_them() {
    let steps = "  a: {uses: diagnostics.echo, needs: c}\n  b: {uses: diagnostics.echo, needs: a}\n  c: {uses: diagnostics.echo, with: {message: '${{ steps.b.output.x }}'}}\n  d: {uses: diagnostics.echo, needs: [e, a]}\n  e: {uses: diagnostics.echo, needs: d}\n  f: {uses: diagnostics.echo, needs: e}\n";
    let found: Vec<_> = problems(steps).into_iter().map(|(code, line, _, words)| (code, line, words)).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].2.contains("a needs c needs b needs a") && found[0].1 == 5);
    assert!(found[1].2.contains("d needs e needs d") && found[1].1 == 8);
    only("  a: {uses: diagnostics.echo, if: steps.a.status == 'failed'}\n", "WORKFLOW-007", 5, 35, "its own outcome");
    let handler = "  a: {uses: diagnostics.echo, needs: b, on_failure: {run: b}}\n  b: {uses: diagnostics.echo}\n";
    only(handler, "WORKFLOW-007", 5, 3, "a needs b needs a");
}

#[test]
fn names_that_do_not_exist_come_with_a_suggestion() {
    only("  one: {uses: nlp.sentimant, with: {text: x}}\n", "WORKFLOW-008", 5, 15, "Did you mean `nlp.sentiment`?");
    only("  one: {uses: diagnostics.echo}\n  two: {uses: diagnostics.echo, needs: onee}\n", "WORKFLOW-006", 6, 40, "Did you mean `one`?");
    only(
        "  one: {uses: diagnostics.echo, on_failure: {run: tow}}\n  two: {uses: diagnostics.echo}\n",
        "WORKFLOW-006",
        5,
        51,
        "Did you mean `two`?",
    );
    only(
        "  one: {uses: diagnostics.echo, with: {message: '${{ steps.to.output }}'}}\n  two: {uses: diagnostics.echo}\n",
        "WORKFLOW-006",
        5,
        54,
        "`two`",
    );
    only("  one: {uses: workflow:other}\n", "WORKFLOW-009", 5, 15, "no workflow `other`");
    only("  one: {uses: diagnostics.echo, with: {message: '${{ inputs.txt }}'}}\n", "WORKFLOW-012", 5, 54, "Did you mean `text`?");
    only("  one: {uses: diagnostics.echo, with: {message: '${{ item }}'}}\n", "WORKFLOW-012", 5, 54, "no `item` here");
    let output = "name: x\nversion: 1\nsteps: {one: {uses: diagnostics.echo}}\noutputs:\n  a: ${{ steps.uno.output }}\n";
    assert_eq!(problems_with(output, &shipped())[0].0, "WORKFLOW-006");
}

#[test]
fn what_a_step_hands_on_fits_what_is_taken() {
    only("  one: {uses: nlp.sentiment, with: {text: 5}}\n", "WORKFLOW-013", 5, 43, "a whole number, where a text");
    only("  one: {uses: nlp.sentiment, with: {txet: x, text: y}}\n", "WORKFLOW-013", 5, 43, "Did you mean `text`?");
    only("  one: {uses: nlp.sentiment}\n", "WORKFLOW-013", 5, 3, "exactly one of `text`, `artifact`");
    only("  one: {uses: nlp.sentiment, with: {text: x, artifact: \"${{ inputs.file }}\"}}\n", "WORKFLOW-013", 5, 36, "exactly one of");
    // Either of them may be missing, so that one is left.
    let parts = "  read: {uses: web_automation.parse, with: {artifact: \"${{ inputs.file }}\"}}\n  one: {uses: nlp.sentiment, with: {text: \"${{ steps.read.output.text }}\", artifact: \"${{ steps.read.output.text_file }}\"}}\n";
    assert_eq!(problems(parts), []);
    only("  one: {uses: data_science.profile, with: {header: true}}\n", "WORKFLOW-013", 5, 43, "lacks `artifact`");
    only("  one: {uses: data_science.profile, with: {artifact: \"${{ inputs.text }}\"}}\n", "WORKFLOW-013", 5, 54, "an artifact's id");
    only("  one: {uses: data_science.profile, with: {artifact: table.csv}}\n", "WORKFLOW-013", 5, 54, "not the id of an artifact");
    only("  one: {uses: nlp.summarize, with: {text: x, sentences: 21}}\n", "WORKFLOW-013", 5, 57, "more than 20");
    only("  one: {uses: nlp.summarize, with: {text: x, mode: abstracted}}\n", "WORKFLOW-013", 5, 52, "perhaps `abstractive` was meant");
    only("  one: {uses: nlp.summarize, with: {text: \"${{ inputs.note }}\"}}\n", "WORKFLOW-013", 5, 36, "exactly one");
    let report = "  one: {uses: documentation.report, with: {title: t, sections: [{title: a}, {titel: b}]}}\n";
    let found = problems(report);
    assert!(found.iter().any(|(code, .., words)| *code == "WORKFLOW-013" && words.contains("titel")), "{found:#?}");
    let mismatch = "  one: {uses: nlp.sentiment, with: {text: \"${{ inputs.text }}\"}}\n  two: {uses: nlp.summarize, with: {text: hello, sentences: \"${{ steps.one.output.compound }}\"}}\n";
    only(mismatch, "WORKFLOW-013", 6, 61, "may be a number, where a whole number");
    let label = "  one: {uses: nlp.sentiment, with: {text: \"${{ inputs.text }}\"}}\n  two: {uses: nlp.summarize, with: {text: hello, mode: \"${{ steps.one.output.label }}\"}}\n";
    only(label, "WORKFLOW-013", 6, 56, "where one of abstractive, extractive");
}

#[test]
fn what_may_be_missing_is_told_where_it_is_needed() {
    let skipped = "  one: {uses: nlp.sentiment, if: length(inputs.text) > 5, with: {text: \"${{ inputs.text }}\"}}\n  two: {uses: diagnostics.sleep, if: always(), with: {milliseconds: \"${{ round(steps.one.output.compound) }}\"}}\n";
    only(skipped, "WORKFLOW-012", 6, 80, "may be missing");
    // Without `always()` the step is skipped together with what it needs.
    assert_eq!(problems(&skipped.replace(", if: always()", "")), []);
    let forgiven = "  one: {uses: nlp.sentiment, on_failure: continue, with: {text: \"${{ inputs.text }}\"}}\n  two: {uses: diagnostics.sleep, with: {milliseconds: \"${{ round(steps.one.output.compound) }}\"}}\n";
    only(forgiven, "WORKFLOW-012", 6, 66, "may be missing");
    let handled = "  one: {uses: nlp.sentiment, on_failure: {run: two}, with: {text: \"${{ inputs.text }}\"}}\n  two: {uses: diagnostics.echo, with: {message: \"${{ steps.one.error.message + '!' }}\"}}\n";
    only(handled, "WORKFLOW-012", 6, 54, "may be missing");
}

#[test]
fn foreach_needs_a_list() {
    only("  one: {uses: diagnostics.echo, foreach: \"${{ inputs.text }}\"}\n", "WORKFLOW-014", 5, 42, "a text, where a list");
    only("  one: {uses: diagnostics.echo, foreach: \"${{ length(inputs.files) }}\"}\n", "WORKFLOW-014", 5, 42, "a whole number");
    let missing = "  one: {uses: web_automation.parse, with: {artifact: \"${{ inputs.file }}\"}}\n  two: {uses: diagnostics.echo, foreach: \"${{ first(steps.one.output.files) }}\"}\n";
    only(missing, "WORKFLOW-014", 6, 42, "an object or missing");
    only(
        "  one: {uses: diagnostics.echo, foreach: [1, 2], with: {message: \"${{ item }}\"}}\n",
        "WORKFLOW-013",
        5,
        66,
        "a whole number, where a text",
    );
}

#[test]
fn a_condition_is_true_or_false() {
    only("  one: {uses: diagnostics.echo, if: length(inputs.text)}\n", "WORKFLOW-012", 5, 37, "a whole number, where true or false");
    only("  one: {uses: diagnostics.echo, with: {message: \"${{ text(success()) }}\"}}\n", "WORKFLOW-012", 5, 59, "only stand in the `if`");
}

#[test]
fn workflows_that_use_themselves_are_refused() {
    let workflow = |name: &str, uses: &str| format!("name: {name}\nversion: 1\nsteps:\n  one: {{uses: {uses}}}\n");
    let mut known = shipped();
    for (name, uses) in [("a", "workflow:b"), ("b", "workflow:c"), ("c", "workflow:a"), ("fine", "diagnostics.echo")] {
        known.add_workflow(&parse(&workflow(name, uses)).unwrap());
    }
    let found = problems_with(&workflow("self", "workflow:self"), &known);
    assert!(found.len() == 1 && found[0].0 == "WORKFLOW-010" && found[0].3.contains("self uses self"), "{found:?}");
    let found = problems_with(&workflow("a", "workflow:b"), &known);
    assert!(found.len() == 1 && found[0].0 == "WORKFLOW-010" && found[0].3.contains("a uses b uses c uses a"), "{found:?}");
    // Through others that use one another.
    assert_eq!(problems_with(&workflow("new", "workflow:c"), &known)[0].0, "WORKFLOW-010");
    assert_eq!(problems_with(&workflow("new", "workflow:fine"), &known), []);
    let mut chain = shipped();
    chain.add_workflow(&parse(&workflow("w0", "diagnostics.echo")).unwrap());
    for level in 1..=MAXIMUM_NESTING {
        chain.add_workflow(&parse(&workflow(&format!("w{level}"), &format!("workflow:w{}", level - 1))).unwrap());
    }
    assert_eq!(problems_with(&workflow("top", &format!("workflow:w{}", MAXIMUM_NESTING - 2)), &chain), []);
    assert_eq!(problems_with(&workflow("top", &format!("workflow:w{}", MAXIMUM_NESTING - 1)), &chain)[0].0, "WORKFLOW-010");
}

#[test]
fn a_sub_workflow_is_typed_by_what_it_says() {
    let inner = parse("name: inner\nversion: 1\ninputs: {text: string, n: {type: integer, default: 3}}\nsteps:\n  rate: {uses: nlp.sentiment, with: {text: \"${{ inputs.text }}\"}}\noutputs:\n  score: ${{ steps.rate.output.compound }}\n").unwrap();
    let mut known = shipped();
    known.add_workflow(&inner);
    assert_eq!(output_schema(&inner, &known)["properties"]["score"], json!({"type": "number"}));
    let outer = |with: &str, reads: &str| {
        format!(
            "name: outer\nversion: 1\nsteps:\n  one: {{uses: workflow:inner, with: {with}}}\n  two: {{uses: diagnostics.sleep, with: {{milliseconds: \"${{{{ {reads} }}}}\"}}}}\n"
        )
    };
    assert_eq!(problems_with(&outer("{text: x}", "round(steps.one.output.score)"), &known), []);
    assert_eq!(problems_with(&outer("{n: 1}", "round(steps.one.output.score)"), &known)[0].0, "WORKFLOW-013");
    assert_eq!(problems_with(&outer("{text: x}", "steps.one.output.scores"), &known)[0].0, "WORKFLOW-012");
}

#[test]
fn all_problems_are_told_at_once() {
    let steps = "  a: {uses: nlp.sentimant, with: {text: x}}\n  b: {uses: nlp.sentiment, with: {text: 5}}\n  c: {uses: diagnostics.echo, needs: z, if: inputs.txt == 'a'}\n  d: {uses: diagnostics.echo, foreach: \"${{ inputs.text }}\"}\n  e: {uses: workflow:none}\n";
    let codes: Vec<_> = problems(steps).into_iter().map(|(code, line, ..)| (code, line)).collect();
    assert_eq!(
        codes,
        [("WORKFLOW-008", 5), ("WORKFLOW-013", 6), ("WORKFLOW-006", 7), ("WORKFLOW-012", 7), ("WORKFLOW-014", 8), ("WORKFLOW-009", 9)]
    );
}

/// The check of literals agrees with the skills' own examples.
#[test]
fn every_example_of_a_skill_fits_its_schema() {
    fn with_ids(value: &mut Value) {
        match value {
            Value::String(text) if text.starts_with("examples/") => *text = "01a228fb-0962-72a5-9aa6-cadc5edba8f3".to_owned(),
            Value::Array(items) => items.iter_mut().for_each(with_ids),
            Value::Object(map) => map.values_mut().for_each(with_ids),
            _ => {}
        }
    }
    let rows: Vec<Value> = serde_json::from_str(include_str!("../../tests/catalogue/skills.json")).unwrap();
    assert!(rows.len() > 40);
    for row in rows {
        for example in row["examples"].as_array().unwrap() {
            let mut example = example.clone();
            with_ids(&mut example);
            let found = misfits(&example, &row["input"], "");
            assert_eq!(found, [], "{} {example}", row["name"]);
            // As a step of a workflow too.
            let text = json!({"name": "x", "version": 1, "steps": {"one": {"uses": row["name"], "with": example}}})
                .to_string()
                .replace("${{", "$${{");
            let workflow = parse(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
            if let Err(problems) = validate(&workflow, &shipped()) {
                panic!("{text}\n{problems:#?}");
            }
        }
    }
    assert!(shipped().skill("nlp.sentiment").is_some());
}

#[test]
fn a_large_graph_is_read_whole() {
    let mut text = "name: x\nversion: 1\ninputs: {text: string}\nsteps:\n".to_owned();
    for step in 0..1_000 {
        let needs = if step == 0 { "inputs.text".to_owned() } else { format!("steps.s{}.output.text + inputs.text", step - 1) };
        let _ = writeln!(text, "  s{step}: {{uses: nlp.summarize, with: {{text: \"${{{{ {needs} }}}}\"}}}}");
    }
    let workflow = parse(&text).unwrap();
    let graph = validate(&workflow, &shipped()).unwrap();
    assert_eq!(graph.order, (0..1_000).collect::<Vec<_>>());
    assert_eq!(graph.after(&[997]), [998, 999]);
}

/// A document that is wrong wherever it can be takes no longer than one that is right.
#[test]
fn a_document_full_of_slips_is_given_up_soon() {
    let needs = (0..100).map(|need| format!("no{need}")).collect::<Vec<_>>().join(", ");
    let reads = "${{ inputs.txet + steps.nobody.output.x + inptus.a }} ".repeat(30);
    let mut text = "name: x\nversion: 1\ninputs: {text: string}\nsteps:\n".to_owned();
    for step in 0..400 {
        let _ = writeln!(text, "  s{step}: {{uses: nlp.sumarize, needs: [{needs}], with: {{text: \"{reads}\"}}}}");
    }
    let workflow = parse(&text).unwrap();
    assert_eq!(validate(&workflow, &shipped()).unwrap_err().len(), crate::MAXIMUM_PROBLEMS);
}

fn of_inputs(inputs: &str, expression: &str) -> Vec<(&'static str, u32, u32, String)> {
    let text = format!(
        "name: x\nversion: 1\ninputs: {inputs}\nsteps: {{a: {{uses: diagnostics.echo, with: {{message: 'x'}}}}}}\noutputs: {{v: \"${{{{ {expression} }}}}\"}}\n"
    );
    problems_with(&text, &shipped())
}

#[test]
fn functions_look_at_what_is_in_their_lists() {
    let inputs = "{names: {type: array, items: {type: string}}, numbers: {type: array, items: {type: number}}, lists: {type: array, items: {type: array, items: {type: integer}}}, any: array}";
    for wrong in [
        "sum(inputs.names)",
        "min(['a'])",
        "max(inputs.names)",
        "sort([true])",
        "sort([1, 'a'])",
        "flatten([1])",
        "flatten(inputs.numbers)",
    ] {
        let found = of_inputs(inputs, wrong);
        assert!(found.len() == 1 && found[0].0 == "WORKFLOW-012", "{wrong}: {found:?}");
    }
    for right in [
        "sum(inputs.numbers)",
        "sort(inputs.names)",
        "sort(inputs.numbers)",
        "sum(flatten(inputs.lists))",
        "sum(inputs.any)",
        "sort(inputs.any)",
        "flatten([])",
        "min(inputs.numbers)",
        "max(1, 2)",
    ] {
        assert_eq!(of_inputs(inputs, right), [], "{right}");
    }
}

#[test]
fn circles_are_found_in_a_document_of_the_most_steps() {
    let mut steps = String::from(
        "  a: {uses: diagnostics.echo, needs: [b], with: {message: x}}\n  b: {uses: diagnostics.echo, needs: [a], with: {message: x}}\n",
    );
    for number in 0..998 {
        let before: Vec<String> = (0..number).rev().take(20).map(|before| format!("s{before}")).chain(["a".to_owned()]).collect();
        let _ = writeln!(steps, "  s{number}: {{uses: diagnostics.echo, needs: [{}], with: {{message: x}}}}", before.join(", "));
    }
    let found = problems(&steps);
    assert!(found.len() == 1 && found[0].3.contains("a needs b needs a"), "{:?}", found.first());
    let two = problems(
        "  a: {uses: diagnostics.echo, needs: [b], with: {message: x}}\n  b: {uses: diagnostics.echo, needs: [a], with: {message: x}}\n  c: {uses: diagnostics.echo, needs: [d, a], with: {message: x}}\n  d: {uses: diagnostics.echo, needs: [e], with: {message: x}}\n  e: {uses: diagnostics.echo, needs: [c], with: {message: x}}\n",
    );
    assert_eq!(two.len(), 2, "{two:?}");
}

#[test]
fn problems_in_a_list_of_steps_name_its_places_wherever_they_are_found() {
    let text = "name: x\nversion: 1\nsteps:\n  - {id: one, uses: diagnostics.echo, with: {message: x}}\n  - {id: two, uses: no.such, needs: [none], with: {message: '${{ steps.one.output.none }}'}}\n";
    let workflow = parse(text).unwrap();
    let found = validate(&workflow, &shipped()).unwrap_err();
    let mut paths: Vec<String> = found.iter().map(|problem| problem.path.clone()).collect();
    paths.sort();
    paths.dedup();
    assert!(paths.len() >= 2 && paths.iter().all(|path| path.starts_with("/steps/1/")), "{paths:?}");
}

#[test]
fn a_role_that_there_is_not_does_not_approve() {
    only("  a: {approve: {who: [\"role:operator\", \"role:oprator\", oprator]}}\n", "WORKFLOW-004", 5, 40, "Did you mean `operator`?");
    only("  a: {approve: \"role:boss\"}\n", "WORKFLOW-004", 5, 16, "Roles are admin, operator, viewer.");
    assert_eq!(problems("  a: {approve: {who: [\"role:admin\", \"role: viewer\", ada@example.org, \"key:ci\"]}}\n"), []);
    let workflow = parse("name: x\nversion: 1\nsteps:\n  a: {approve: {who: [ada, \"role:none\"]}}\n").unwrap();
    assert_eq!(validate(&workflow, &shipped()).unwrap_err()[0].path, "/steps/a/approve/who/1");
}

#[test]
fn the_verdict_of_a_decision_has_the_fields_that_it_has() {
    let using = |value: &str, options: &str| {
        let told = format!("  e: {{uses: diagnostics.echo, with: {{message: \"{value}\"}}}}\n");
        problems(&format!("  d: {{decide: {{question: Q{options}, voters: 3}}}}\n{told}"))
    };
    let (open, closed) = ("", ", options: [a, b]");
    for options in [open, closed] {
        let found = using("${{ steps.d.output.kee }}", options);
        assert!(found.len() == 1 && found[0].0 == "WORKFLOW-012" && found[0].1 == 6 && found[0].3.contains("kee"), "{found:?}");
        for field in ["key", "answer", "by", "why"] {
            assert_eq!(using(&format!("${{{{ steps.d.output.{field} }}}}"), options), [], "{field}");
        }
    }
    assert_eq!(using("${{ steps.d.output.rounds }}", open)[0].0, "WORKFLOW-013", "a number is no text");
    let of_each = "  d: {decide: {question: Q, voters: 3}, foreach: [1, 2]}\n  e: {uses: diagnostics.echo, with: {message: \"${{ join(map(steps.d.output, v => v.anser), ' ') }}\"}}\n";
    let found = problems(of_each);
    assert!(found.len() == 1 && found[0].3.contains("anser"), "{found:?}");
    // As it is on the wire.
    let verdict = json!({"outcome": "decided", "by": "vote", "why": "x", "missed": "tie", "key": "a", "answer": "a", "answer_left_out": true,
        "margin": 0.5, "dissenters": 1, "person": "00000000-0000-0000-0000-000000000001", "comment": "c", "rounds": 1, "at": "2026-01-31T08:30:00Z"});
    let read: baton_domain::wire::decision::DecisionVerdict = serde_json::from_value(verdict).unwrap();
    let fields = serde_json::to_value(&read).unwrap();
    assert_eq!(fields.as_object().unwrap().len(), 13);
    for field in fields.as_object().unwrap().keys() {
        assert_eq!(using(&format!("It is ${{{{ steps.d.output.{field} }}}}"), open), [], "{field}");
    }
}
