//! Whether `data_science.train` learns what scikit-learn and statsmodels learn, and `data_science.predict` says it again.

use std::sync::Arc;

use crate::harness::{Ended, Setting, perform, perform_on_file, run_in, shipped, skill_of};
use baton_agents_data_science::{DataScience, PREDICT, TRAIN};
use serde_json::{Value, json};

fn reference(name: &str) -> Value {
    let path = format!("{}/tests/reference/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Trains on all rows, without folds.
fn trained(artifact: &str, mut input: Value) -> Value {
    input["artifact"] = json!(artifact);
    if !matches!(input["method"].as_str(), Some("k_means" | "pca")) {
        input["hold_out"] = json!(0);
        input["folds"] = json!(0);
    }
    perform(DataScience::default(), TRAIN, input).value()
}

fn on(content: &str, input: Value) -> Ended {
    perform_on_file(DataScience::default(), TRAIN, input, "table.csv", content.as_bytes())
}

/// Trains and gives the model's document beside the result.
fn with_model(content: &str, input: Value) -> (Value, Vec<u8>) {
    let ended = on(content, input);
    let model = ended.stored.iter().find(|(name, ..)| name == "model.json").map(|stored| stored.2.clone()).unwrap_or_default();
    (ended.value(), model)
}

fn predict(model: &[u8], content: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let (table, model) = (setting.file(folder.path(), "table.csv", content.as_bytes()), setting.file(folder.path(), "model.json", model));
    run_in(setting, Arc::new(DataScience::default()), PREDICT, json!({"artifact": table, "model": model, "list": 200}))
}

#[track_caller]
fn close(found: &Value, known: &Value, what: &str) {
    let (found, known) = (found.as_f64().unwrap_or_else(|| panic!("{what}: {found}")), known.as_f64().unwrap());
    assert!((found - known).abs() <= 1e-6 * known.abs().max(1e-12), "{what}: {found} is not {known}");
}

#[track_caller]
fn all_close(found: &[Value], field: &str, known: &Value, what: &str) {
    let known = known.as_array().unwrap();
    assert_eq!(found.len(), known.len(), "{what}");
    for (found, known) in found.iter().zip(known) {
        close(&found[field], known, &format!("{what}: {field} of {}", found["term"]));
    }
}

#[test]
fn least_squares_are_those_of_statsmodels() {
    let known = &reference("learn.json")["linear"];
    let input = json!({"method": "linear", "target": "body_mass_g", "features": ["bill_length_mm", "flipper_length_mm", "species", "sex"]});
    let result = trained("examples/tables/penguins.csv", input);
    let found = result["coefficients"].as_array().unwrap();
    for (field, of) in
        [("estimate", "estimates"), ("standard_error", "standard_errors"), ("statistic", "t"), ("p", "p"), ("low", "low"), ("high", "high")]
    {
        all_close(found, field, &known[of], "linear");
    }
    for fact in ["r_squared", "adjusted_r_squared", "f", "f_p"] {
        close(&result["fit"][fact], &known[fact], fact);
    }
    for metric in ["rmse", "mae", "median_error"] {
        close(&result["metrics"][0][metric], &known[metric], metric);
    }
    assert_eq!(result["columns"][2]["base"], "Adelie");
}

#[test]
fn ridge_is_that_of_scikit_learn() {
    for (name, known) in reference("learn.json")["ridge"].as_object().unwrap() {
        let (scaled, penalty) = name.split_once(' ').unwrap();
        let input = json!({
            "method": "ridge", "target": "body_mass_g", "features": ["bill_length_mm", "flipper_length_mm", "species", "sex"],
            "standardize": scaled == "scaled", "penalty": penalty.parse::<f64>().unwrap(), "missing": "drop"
        });
        let result = trained("examples/tables/penguins.csv", input);
        all_close(result["coefficients"].as_array().unwrap(), "estimate", &known["estimates"], name);
        close(&result["metrics"][0]["r2"], &known["r2"], name);
        close(&result["metrics"][0]["rmse"], &known["rmse"], name);
    }
}

fn same_scores(result: &Value, known: &Value, what: &str) {
    for metric in ["accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss"] {
        close(&result["metrics"][0][metric], &known[metric], &format!("{what}: {metric}"));
    }
    let classes = result["classes"].as_array().unwrap();
    for (field, of) in [("precision", "precision"), ("recall", "recall"), ("f1", "class_f1")] {
        all_close(classes, field, &known[of], what);
    }
    for (found, known) in result["confusion"]["rows"].as_array().unwrap().iter().zip(known["confusion"].as_array().unwrap()) {
        assert_eq!(&found.as_array().unwrap()[1..], known.as_array().unwrap(), "{what}");
    }
}

const MEASURES: [&str; 4] = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"];

/// The penguins of which everything is known.
fn penguins() -> String {
    let text = std::fs::read_to_string(shipped("examples/tables/penguins.csv")).unwrap();
    text.lines().filter(|line| !line.split(',').any(|cell| cell == "NA")).map(|line| format!("{line}\n")).collect()
}

fn logistic(mut input: Value) -> Value {
    for (field, value) in [("method", json!("logistic")), ("hold_out", json!(0)), ("folds", json!(0))] {
        input[field] = value;
    }
    on(&penguins(), input).value()
}

#[test]
fn logistic_regressions_without_a_penalty_are_those_of_statsmodels() {
    let reference = reference("learn.json");
    let known = &reference["logit"];
    let result = logistic(json!({"target": "sex", "features": MEASURES, "penalty": 0}));
    let found = result["coefficients"].as_array().unwrap();
    for (field, of) in [("estimate", "estimates"), ("standard_error", "standard_errors"), ("statistic", "z"), ("p", "p")] {
        all_close(found, field, &known[of], "logit");
    }
    for fact in ["log_likelihood", "null_log_likelihood", "aic"] {
        close(&result["fit"][fact], &known[fact], fact);
    }
    same_scores(&result, &known["scores"], "logit");
    let known = &reference["mnlogit"];
    let result = logistic(json!({"target": "island", "features": ["bill_length_mm", "flipper_length_mm"], "penalty": 0}));
    let found = result["coefficients"].as_array().unwrap();
    for (field, of) in [("estimate", "estimates"), ("standard_error", "standard_errors"), ("p", "p")] {
        all_close(found, field, &known[of], "mnlogit");
    }
    close(&result["fit"]["log_likelihood"], &known["log_likelihood"], "mnlogit");
    same_scores(&result, &known["scores"], "mnlogit");
}

#[test]
fn logistic_regressions_with_a_penalty_are_those_of_scikit_learn() {
    let reference = reference("learn.json");
    for (name, target, penalty, weight) in
        [("two", "sex", 2.0, "equal"), ("three", "species", 1.0, "equal"), ("balanced", "island", 0.5, "balanced")]
    {
        let result = logistic(json!({"target": target, "features": MEASURES, "penalty": penalty, "class_weight": weight}));
        let known = &reference["penalized"][name];
        all_close(result["coefficients"].as_array().unwrap(), "estimate", &known["estimates"], name);
        same_scores(&result, &known["scores"], name);
    }
}

#[test]
fn components_are_those_of_scikit_learn() {
    let known = &reference("learn.json")["pca"];
    for (name, standardize) in [("scaled", true), ("plain", false)] {
        let input = json!({"method": "pca", "features": known["features"], "standardize": standardize, "explained": 1});
        let result = trained("examples/tables/wine.csv", input);
        let components = result["components"].as_array().unwrap();
        all_close(components, "variance", &known[name]["variances"], name);
        all_close(components, "share", &known[name]["shares"], name);
        for (found, known) in result["weights"]["rows"].as_array().unwrap().iter().zip(known[name]["weights"].as_array().unwrap()) {
            let found = &found.as_array().unwrap()[1..];
            for (found, known) in found.iter().zip(known.as_array().unwrap()) {
                let (found, known) = (found.as_f64().unwrap(), known.as_f64().unwrap());
                assert!((found - known).abs() <= 1e-6 * known.abs() + 1e-9, "{name}: {found} is not {known}");
            }
        }
    }
}

/// How many digits are right.
fn digits(found: f64, certified: f64) -> f64 {
    if found == certified { 16.0 } else { -((found - certified) / if certified == 0.0 { 1.0 } else { certified }).abs().log10() }
}

/// The fewest right digits of the coefficients that training finds for a table.
fn worst(content: &str, certified: &[f64]) -> f64 {
    let result = on(content, json!({"method": "linear", "target": "y", "hold_out": 0, "folds": 0})).value();
    let found = result["coefficients"].as_array().unwrap();
    assert_eq!(found.len(), certified.len());
    found.iter().zip(certified).map(|(found, certified)| digits(found["estimate"].as_f64().unwrap(), *certified)).fold(16.0, f64::min)
}

#[test]
fn nists_sets_have_their_certified_values_through_the_skill() {
    let sets: Value = serde_json::from_str(include_str!("reference/nist/regression.json")).unwrap();
    let numbers = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect() };
    let table = |rows: Vec<(Vec<f64>, f64)>| {
        let names: Vec<String> = (1..=rows[0].0.len()).map(|place| format!("x{place}")).collect();
        let line = |(x, y): (Vec<f64>, f64)| x.iter().map(|x| format!("{x:?},")).collect::<String>() + &format!("{y:?}\n");
        format!("{},y\n", names.join(",")) + &rows.into_iter().map(line).collect::<String>()
    };
    for (name, degree, bar) in [("norris", 1, 9.0), ("pontius", 2, 9.0), ("longley", 0, 9.0), ("filip", 10, 6.0)] {
        let (x, y) = (numbers(&sets[name]["x"]), numbers(&sets[name]["y"]));
        let row = |place: usize| match degree {
            0 => x[place * 7 + 1..place * 7 + 7].to_vec(),
            degree => (1..=degree).map(|power| x[place].powi(power)).collect(),
        };
        let found = worst(&table((0..y.len()).map(|place| (row(place), y[place])).collect()), &numbers(&sets[name]["coefficients"]));
        println!("{name}: {found:.1} digits");
        assert!(found >= bar, "{name}: {found}");
    }
    let noise = [759.0, -2048.0, 2048.0, -2048.0, 2523.0, -2048.0, 2048.0, -2048.0, 1838.0, -2048.0];
    let noise: Vec<f64> = noise.iter().chain([2048.0].iter()).chain(noise.iter().rev()).copied().collect();
    for (name, factor, bar) in [("wampler1", 0.0, 9.0), ("wampler3", 1.0, 9.0), ("wampler4", 100.0, 7.0), ("wampler5", 10_000.0, 5.0)] {
        let rows = (0..21).map(|place| {
            let x = place as f64;
            ((1..=5).map(|power| x.powi(power)).collect(), (0..6).map(|power| x.powi(power)).sum::<f64>() + factor * noise[place])
        });
        let found = worst(&table(rows.collect()), &[1.0; 6]);
        println!("{name}: {found:.1} digits");
        assert!(found >= bar, "{name}: {found}");
    }
}

#[test]
fn forests_score_as_those_of_scikit_learn_do() {
    for (name, known) in reference("forest.json").as_object().unwrap() {
        let path = format!("{}/tests/reference/forest-{name}.csv", env!("CARGO_MANIFEST_DIR"));
        let content = std::fs::read_to_string(path).unwrap();
        let regression = known["regression"] == true;
        let scores: Vec<f64> = (0..10)
            .map(|seed| {
                let aim = if regression { "regression" } else { "classification" };
                let input = json!({"method": "random_forest", "target": "target", "aim": aim, "hold_out": 0, "folds": 5, "seed": seed});
                let result = on(&content, input).value();
                let mean = result["metrics"].as_array().unwrap().iter().find(|line| line["on"] == "folds, mean").unwrap().clone();
                mean[if regression { "r2" } else { "accuracy" }].as_f64().unwrap()
            })
            .collect();
        let mean = scores.iter().sum::<f64>() / 10.0;
        let (of_theirs, deviation) = (known["mean"].as_f64().unwrap(), known["deviation"].as_f64().unwrap());
        println!("{name}: {mean:.4}, scikit-learn {of_theirs:.4} ± {deviation:.4}");
        // Of two means of ten, each with this deviation, four standard errors of the difference.
        assert!((mean - of_theirs).abs() <= 4.0 * deviation * (2.0f64 / 10.0).sqrt(), "{name}: {mean} {of_theirs} {deviation}");
    }
}

#[test]
fn a_seed_gives_the_same_forest_and_another_one_another() {
    let input = |seed: u64| json!({"method": "random_forest", "target": "species", "missing": "impute", "trees": 20, "seed": seed});
    let content = std::fs::read_to_string(shipped("examples/tables/penguins.csv")).unwrap();
    let (first, model) = with_model(&content, input(3));
    let (again, same) = with_model(&content, input(3));
    let (_, other) = with_model(&content, input(4));
    assert_eq!((first, &model), (again, &same));
    assert_ne!(model, other);
}

#[test]
fn what_was_learned_predicts_the_same_again() {
    let content = penguins();
    for input in [
        json!({"method": "random_forest", "target": "species"}),
        json!({"method": "random_forest", "target": "body_mass_g"}),
        json!({"method": "logistic", "target": "island"}),
        json!({"method": "logistic", "target": "sex", "penalty": 0, "features": MEASURES}),
        json!({"method": "linear", "target": "body_mass_g", "features": ["sex", "species", "bill_depth_mm"]}),
        json!({"method": "ridge", "target": "bill_depth_mm"}),
    ] {
        let mut input = input;
        (input["hold_out"], input["folds"]) = (json!(0), json!(0));
        let (result, model) = with_model(&content, input.clone());
        let ended = predict(&model, &content);
        assert_eq!(ended.stored[0].2.iter().filter(|byte| **byte == b'\n').count(), 334, "{input}");
        let told = ended.value();
        for (metric, value) in result["metrics"][0].as_object().unwrap() {
            if metric != "on" {
                close(&told["metrics"][0][metric], value, &format!("{input}: {metric}"));
            }
        }
        assert_eq!(told["confusion"], result["confusion"]);
        assert_eq!((&told["rows"], &told["predicted"]), (&json!(333), &json!(333)));
    }
}

#[test]
fn groups_and_components_are_predicted() {
    let content = std::fs::read_to_string(shipped("examples/tables/iris.csv")).unwrap();
    let features = json!(["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]);
    let (result, model) = with_model(&content, json!({"method": "k_means", "features": features, "clusters": 3}));
    let mut sizes = [0u64; 3];
    let table = predict(&model, &content).stored[0].2.clone();
    for line in String::from_utf8(table).unwrap().lines().skip(1) {
        sizes[line.split(',').nth(1).unwrap().parse::<usize>().unwrap() - 1] += 1;
    }
    let known: Vec<u64> = result["clusters"]["rows"].as_array().unwrap().iter().map(|row| row[1].as_u64().unwrap()).collect();
    assert_eq!(sizes.to_vec(), known);
    assert!(result["metrics"][0]["silhouette"].as_f64().unwrap() > 0.4);
    // Two groups tell setosa from the others best.
    let result = on(&content, json!({"method": "k_means", "features": features})).value();
    assert_eq!(result["fit"]["clusters"], 2);
    let (_, model) = with_model(&content, json!({"method": "pca", "features": features, "components": 2}));
    let told = predict(&model, &content).value();
    assert_eq!(told["first"]["columns"], json!(["row", "component 1", "component 2"]));
}

/// The models that are shipped, and what they were trained with.
fn shipped_models() -> [(&'static str, Value); 2] {
    let flower = json!(["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]);
    [
        (
            "examples/models/penguins-species.json",
            json!({"artifact": "examples/tables/penguins.csv", "method": "random_forest", "target": "species", "missing": "impute",
                   "trees": 30, "folds": 0, "seed": 7}),
        ),
        (
            "examples/models/iris-groups.json",
            json!({"artifact": "examples/tables/iris.csv", "method": "k_means", "features": flower, "clusters": 3}),
        ),
    ]
}

#[test]
fn shipped_models_are_those_that_training_makes() {
    for (path, input) in shipped_models() {
        let ended = perform(DataScience::default(), TRAIN, input);
        assert!(std::fs::read(shipped(path)).unwrap() == ended.stored[0].2, "{path} is not what training makes");
    }
}

#[test]
#[ignore = "writes the shipped models"]
fn shipped_models_are_written() {
    for (path, input) in shipped_models() {
        std::fs::create_dir_all(shipped("examples/models")).unwrap();
        std::fs::write(shipped(path), &perform(DataScience::default(), TRAIN, input).stored[0].2).unwrap();
    }
}

#[test]
fn every_example_works() {
    for skill in [TRAIN, PREDICT] {
        for example in skill_of(&DataScience::default(), skill).examples {
            let folder = tempfile::tempdir().unwrap();
            let mut setting = Setting::default();
            let mut input = example.clone();
            for field in ["artifact", "model"] {
                if let Some(named) = example[field].as_str() {
                    let bytes = std::fs::read(shipped(named)).unwrap();
                    input[field] = json!(setting.file(folder.path(), named, &bytes));
                }
            }
            println!("{}", run_in(setting, Arc::new(DataScience::default()), skill, input).value()["summary"]);
        }
    }
}
