//! Whether `data_science.test` says what SciPy and statsmodels say, and refuses what it cannot test.

use crate::harness::{Ended, demo, perform, perform_on_file, skill_of};
use baton_agents_data_science::{DataScience, TEST};
use serde_json::{Value, json};

/// To so much of the expected value must a found one agree.
const TOLERANCE: f64 = 1e-6;

fn on(content: &str, input: Value) -> Ended {
    perform_on_file(DataScience::default(), TEST, input, "table.csv", content.as_bytes())
}

fn agree(found: &[Value], expected: &Value, what: &str) {
    for (place, row) in expected.as_array().unwrap().iter().enumerate() {
        for (key, value) in row.as_object().unwrap() {
            let Some(value) = value.as_f64() else { continue };
            let found = found[place][key].as_f64().unwrap_or_else(|| panic!("{what} {key}: {}", found[place]));
            let error = (found - value).abs();
            // Relative; zero only where both are.
            assert!(error <= TOLERANCE * value.abs() + 1e-300, "{what}, row {place}, {key}: {found}, not {value}");
        }
    }
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/inference.json")).unwrap()
}

#[test]
fn hypotheses_about_real_tables_end_as_with_scipy_and_statsmodels() {
    for case in reference()["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let result = perform(DataScience::default(), TEST, case["input"].clone()).value();
        for part in ["tests", "effects", "pairwise"] {
            if !case[part].as_array().unwrap().is_empty() {
                agree(result[part].as_array().unwrap(), &case[part], name);
            }
        }
    }
}

#[test]
fn small_samples_are_counted_and_normality_is_found_as_with_scipy() {
    for sample in reference()["samples"].as_array().unwrap() {
        let numbers = |key: &str| -> Vec<f64> { sample[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect() };
        let test = sample["test"].as_str().unwrap();
        let mut table = "group,value\n".to_owned();
        for (group, values) in [("a", numbers("a")), ("b", numbers("b"))] {
            values.iter().for_each(|value| table.push_str(&format!("{group},{value}\n")));
        }
        let mut input = json!({"test": test, "columns": ["value"]});
        match test {
            "mann_whitney" => {
                input["group"] = json!("group");
                (input["method"], input["alternative"]) = (json!("exact"), sample["alternative"].clone());
            }
            "wilcoxon" => (input["method"], input["alternative"]) = (json!("exact"), sample["alternative"].clone()),
            _ => {}
        }
        let result = on(&table, input).value();
        agree(
            result["tests"].as_array().unwrap(),
            &json!([{"p": sample["p"], "statistic": sample["statistic"]}]),
            &format!("{test} of {}", numbers("a").len()),
        );
    }
}

#[test]
fn a_result_has_words_charts_groups_and_pairs() {
    let ended = perform(
        DataScience::default(),
        TEST,
        json!({"artifact": "examples/tables/penguins.csv", "test": "anova", "columns": ["body_mass_g", "bill_depth_mm"], "group": "species"}),
    );
    assert_eq!(ended.progress.last(), Some(&1.0));
    assert!(ended.spans.contains(&"test".to_owned()));
    let result = ended.value();
    assert!(
        result["summary"].as_str().unwrap().starts_with("- **body\\_mass\\_g**, 3 groups: significant. F(2, 339) = 343.626"),
        "{}",
        result["summary"]
    );
    assert_eq!(result["pairwise"].as_array().unwrap().len(), 6);
    assert_eq!(result["groups"][1]["group"], "Chinstrap");
    assert_eq!(result["charts"][0]["series"][0]["type"], "boxplot");
    assert_eq!(result["effects"][0]["magnitude"], "large");
    assert!(result["notes"][0].as_str().unwrap().contains("2 tests were made; their probabilities have Holm's correction"));
}

#[test]
fn what_the_test_lacks_or_does_not_use_is_named() {
    let table = "g,x,y,t\na,1,2,u\na,2,2,v\nb,3,5,u\nb,5,1,v\nc,4,4,u\n";
    for (input, field) in [
        (json!({"test": "welch", "columns": ["x"]}), "group: the test compares two samples"),
        (json!({"test": "welch", "columns": ["x"], "group": "g"}), "group: there are 3 groups (a, b, c)"),
        (json!({"test": "welch", "columns": ["x"], "group": "g", "levels": ["a", "z"]}), "levels: g has no value z; it has a, b, c"),
        (json!({"test": "welch", "columns": ["t"], "group": "g"}), "columns: t holds text values"),
        (json!({"test": "welch", "columns": ["q"], "group": "g"}), "columns: there is no column q"),
        (json!({"test": "t_paired", "columns": ["x"]}), "against: name the column"),
        (json!({"test": "t_paired", "columns": ["x"], "against": "x"}), "against: a column cannot"),
        (json!({"test": "anova", "columns": ["x"]}), "group: name the column"),
        (json!({"test": "anova", "columns": ["x"], "group": "g", "alternative": "less"}), "alternative: this test has no direction"),
        (json!({"test": "anova", "columns": ["x"], "group": "g", "expected_mean": 3}), "expected_mean: only tests"),
        (json!({"test": "t_one_sample", "columns": ["x"], "group": "g"}), "group: this test knows no groups"),
        (json!({"test": "chi_square_fit", "columns": ["t"], "expected": {"u": 1, "w": 2}}), "expected: t has the value v"),
        (json!({"test": "shapiro_wilk", "columns": ["x"], "levels": ["a", "b"]}), "levels: they choose"),
    ] {
        let ended = on(table, input.clone());
        assert_eq!(ended.code(), "TASK-003", "{input}");
        assert!(ended.message().starts_with(field), "{input}: {}", ended.message());
    }
}

#[test]
fn data_that_allow_no_test_are_refused_with_the_reason() {
    for (table, input, reason) in [
        ("g,x\na,1\na,2\nb,3\n", json!({"test": "welch", "columns": ["x"], "group": "g"}), "the group b has 1 values"),
        ("g,x\na,1\na,1\nb,3\nb,3\n", json!({"test": "anova", "columns": ["x"], "group": "g"}), "all equal"),
        ("g,x\na,1\na,1\nb,1\nb,1\n", json!({"test": "kruskal_wallis", "columns": ["x"], "group": "g"}), "all values are equal"),
        ("x\n1\n1\n1\n", json!({"test": "shapiro_wilk", "columns": ["x"]}), "are equal"),
        ("x\n1\n2\n", json!({"test": "shapiro_wilk", "columns": ["x"]}), "at least 3"),
        ("x,y\n1,1\n2,2\n", json!({"test": "wilcoxon", "columns": ["x"], "against": "y"}), "all differences are zero"),
        ("x,y\n1,\n,2\n", json!({"test": "t_paired", "columns": ["x"], "against": "y"}), "0 rows with both"),
        ("x,y\nu,\n,v\n", json!({"test": "chi_square_independence", "columns": ["x"], "group": "y"}), "two different values"),
        ("g,x\na,1\na,2\n", json!({"test": "welch", "columns": ["x"], "group": "g"}), "only one group"),
    ] {
        let ended = on(table, input.clone());
        assert_eq!(ended.code(), "DATA-021", "{input}");
        assert!(ended.message().contains(reason), "{input}: {}", ended.message());
    }
    let long = "x\n".to_owned() + &(0..5_001).map(|value| format!("{value}\n")).collect::<String>();
    assert!(on(&long, json!({"test": "shapiro_wilk", "columns": ["x"]})).message().contains("up to 5000"));
}

#[test]
fn limits_of_groups_and_of_exact_counts_hold() {
    let many = "g,x\n".to_owned() + &(0..102).map(|row| format!("group{},{}\n", row % 51, row * row % 37)).collect::<String>();
    let ended = on(&many, json!({"test": "anova", "columns": ["x"], "group": "g"}));
    assert!(ended.message().contains("at most 50 groups"), "{}", ended.message());
    let long = "g,x\n".to_owned() + &(0..500).map(|row| format!("{},{}\n", row % 2, f64::from(row) + 0.1)).collect::<String>();
    let input = json!({"test": "mann_whitney", "columns": ["x"], "group": "g", "method": "exact"});
    assert!(on(&long, input.clone()).message().starts_with("method: exact takes at most 40000"));
    // Ties rule exact counting out, and the result says so.
    let result = on("g,x\na,1\na,2\nb,2\nb,4\n", input).value();
    assert!(result["notes"].to_string().contains("there are ties"), "{}", result["notes"]);
}

#[test]
fn huge_tiny_and_missing_values_do_no_harm() {
    let table = "g,x\na,1e300\na,-1e300\na,NaN\nb,1e299\nb,3e299\nb,inf\n,5\nb,\n";
    let result = on(table, json!({"test": "kruskal_wallis", "columns": ["x"], "group": "g"})).value();
    assert_eq!((&result["groups"][0]["n"], &result["groups"][0]["missing"]), (&json!(2), &json!(1)));
    for factor in ["e300", "e-300"] {
        let table = format!("g,x\na,1{factor}\na,2{factor}\nb,3{factor}\nb,5{factor}\n");
        let ended = on(&table, json!({"test": "welch", "columns": ["x"], "group": "g"}));
        assert_eq!(ended.code(), "DATA-021");
        assert!(ended.message().contains("another unit"), "{}", ended.message());
    }
}

#[test]
fn every_example_and_every_demo_task_works() {
    for example in skill_of(&DataScience::default(), TEST).examples {
        perform(DataScience::default(), TEST, example).value();
    }
    for (skill, input) in demo("data_science.test") {
        perform(DataScience::default(), &skill, input).value();
    }
}
