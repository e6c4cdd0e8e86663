//! Which rule finds the right answer how often, with which voters? Prints the tables of `docs/decision-rules.md`.
//!
//! ```text
//! cargo run --release --package baton-decisions --example decision_rules
//! ```

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "tables for people")]

mod voters;

use baton_decisions::decision::{DecisionRule, Scores, TieBreaker};
use baton_decisions::lab::{BallotBox, BoxedBallot, Calibration, Observation, Prior, Record, Share, log_odds_weights};
use baton_decisions::protocol::{Said, Spent};
use baton_decisions::roster::VoterId;

use voters::{Confidence, Draw, Electorate, View};

/// Where all chance comes from.
const SEED: u64 = 20_261_129;
/// Questions a line.
const QUESTIONS: usize = 10_000;
/// After so many questions, voters are judged anew on others.
const LESSON: usize = 200;

/// What decides.
#[derive(Clone, Copy, PartialEq)]
enum Method {
    /// The first voter alone.
    First,
    /// A rule; all voters count alike.
    Rule(DecisionRule),
    /// Log-odds of the true accuracies.
    KnownWeights,
    /// Log-odds of what a record of so many questions says.
    LearnedWeights(usize),
    /// Confidence as it is said.
    RawConfidence,
    /// Confidence as a record of so many questions corrects it.
    CorrectedConfidence(usize),
}

impl Method {
    fn name(self) -> String {
        match self {
            Self::First => "first alone".into(),
            Self::Rule(rule) => rule.as_str().replace('_', " "),
            Self::KnownWeights => "weights known".into(),
            Self::LearnedWeights(questions) => format!("weights of {questions}"),
            Self::RawConfidence => "confidence raw".into(),
            Self::CorrectedConfidence(questions) => format!("confidence of {questions}"),
        }
    }
}

/// One line of a table: what each method had right, question by question; none where it did not decide.
struct Line {
    name: String,
    right: Vec<Vec<Option<bool>>>,
}

fn lesson(electorate: &Electorate, options: usize, questions: usize, draw: &mut Draw) -> Vec<Record> {
    let mut records = vec![Record::default(); electorate.accuracies.len()];
    for _ in 0..questions {
        for (record, view) in records.iter_mut().zip(electorate.views(options, draw)) {
            record.add(&Observation { right: view.order()[0] == 0, confidence: Some(view.confidence), spent: Spent::default() });
        }
    }
    records
}

fn boxed(views: &[View], keys: &[String], rule: DecisionRule, weights: &[u64], corrected: &[f64], seed: u64) -> BallotBox {
    let say = |view: &View| -> Said {
        match rule {
            DecisionRule::Approval => view.approvals(keys),
            DecisionRule::Borda | DecisionRule::InstantRunoff | DecisionRule::Copeland | DecisionRule::Schulze => view.ranking(keys),
            DecisionRule::Score | DecisionRule::Median => view.scores(keys),
            _ => view.choice(keys),
        }
    };
    let ballots = views.iter().enumerate().map(|(place, view)| BoxedBallot {
        voter: VoterId::named(format!("agent:{place}")),
        weight: weights[place],
        confidence: Some(view.confidence),
        corrected: (corrected[place].clamp(0.0, 1.0) * 1e6).round() as u64,
        says: say(view),
        silent: vec![],
        spent: Spent::default(),
    });
    BallotBox {
        rule,
        threshold: None,
        scale: Some(Scores { least: 0.0, most: 10.0 }),
        quorum: 0,
        tie_break: vec![TieBreaker::Lot],
        seed,
        keys: keys.to_vec(),
        forms: keys.to_vec(),
        ballots: ballots.collect(),
    }
}

/// Asks all methods the same questions of the same voters.
fn line(name: &str, electorate: &Electorate, options: usize, methods: &[Method]) -> Line {
    let mut draw = Draw::new(SEED ^ name.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte))));
    let keys: Vec<String> = (0..options).map(|option| format!("option {option}")).collect();
    let count = electorate.accuracies.len();
    let alike = vec![1_000_000; count];
    let known: Vec<Option<f64>> = electorate.accuracies.iter().map(|accuracy| Some(*accuracy)).collect();
    let known = log_odds_weights(&known, options);
    let mut right = vec![Vec::with_capacity(QUESTIONS); methods.len()];
    let mut learned: Vec<Vec<Record>> = vec![vec![]; methods.len()];
    for question in 0..QUESTIONS {
        if question % LESSON == 0 {
            for (method, records) in methods.iter().zip(&mut learned) {
                if let Method::LearnedWeights(questions) | Method::CorrectedConfidence(questions) = method {
                    *records = lesson(electorate, options, *questions, &mut draw);
                }
            }
        }
        let views = electorate.views(options, &mut draw);
        let seed = draw.below(1 << 30) as u64;
        for ((method, records), right) in methods.iter().zip(&learned).zip(&mut right) {
            let said: Vec<f64> = views.iter().map(|view| view.confidence).collect();
            let decide = |rule: DecisionRule, weights: &[u64], corrected: &[f64]| {
                boxed(&views, &keys, rule, weights, corrected, seed).retally(rule).key.map(|key| key == keys[0])
            };
            right.push(match method {
                Method::First => Some(views[0].order()[0] == 0),
                Method::Rule(rule) => decide(*rule, &alike, &said),
                Method::KnownWeights => decide(DecisionRule::Weighted, &known, &said),
                Method::LearnedWeights(_) => {
                    let prior = Prior::pooled(records);
                    let accuracies: Vec<Option<f64>> = records.iter().map(|record| Some(record.accuracy(prior))).collect();
                    decide(DecisionRule::Weighted, &log_odds_weights(&accuracies, options), &said)
                }
                Method::RawConfidence => decide(DecisionRule::ConfidenceWeighted, &alike, &said),
                Method::CorrectedConfidence(_) => {
                    let corrected: Vec<f64> = records
                        .iter()
                        .map(Record::calibration)
                        .zip(&said)
                        .map(|(calibration, said): (Calibration, &f64)| calibration.corrected(Some(*said)))
                        .collect();
                    decide(DecisionRule::ConfidenceWeighted, &alike, &corrected)
                }
            });
        }
    }
    Line { name: name.to_owned(), right }
}

/// Whether a method is not worse than another, as far as these questions tell: the 95 % interval of the paired difference has zero in it.
fn as_good(one: &[Option<bool>], best: &[Option<bool>]) -> bool {
    let won = |right: &Option<bool>| f64::from(u8::from(*right == Some(true)));
    let differences: Vec<f64> = one.iter().zip(best).map(|(one, best)| won(best) - won(one)).collect();
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / count;
    mean <= 1.96 * (variance / count).sqrt()
}

fn share(right: &[Option<bool>]) -> Share {
    Share::new(right.iter().filter(|right| **right == Some(true)).count() as u64, right.len() as u64)
}

fn table(title: &str, says: &str, methods: &[Method], lines: &[Line]) {
    println!("\n## {title}\n\n{says}\n");
    let names: Vec<String> = methods.iter().map(|method| method.name()).collect();
    println!("| voters | {} | ± |", names.join(" | "));
    println!("| --- |{} --: |", " --: |".repeat(methods.len()));
    for line in lines {
        let shares: Vec<Share> = line.right.iter().map(|right| share(right)).collect();
        let best = (0..shares.len()).max_by_key(|place| shares[*place].count).unwrap_or(0);
        let widest = shares.iter().map(|share| (share.high - share.low) / 2.0).fold(0.0, f64::max);
        let cells: Vec<String> = line
            .right
            .iter()
            .zip(&shares)
            .map(|(right, share)| {
                let percent = format!("{:.1}", share.share * 100.0);
                if as_good(right, &line.right[best]) { format!("**{percent}**") } else { percent }
            })
            .collect();
        println!("| {} | {} | {:.1} |", line.name, cells.join(" | "), widest * 100.0);
    }
}

/// What is decided, and what of that is right.
fn selective(title: &str, says: &str, rules: &[DecisionRule], lines: &[(String, Electorate, usize)]) {
    println!("\n## {title}\n\n{says}\n");
    let names: Vec<String> = rules.iter().map(|rule| rule.as_str().to_owned()).collect();
    println!("| voters | {} |", names.join(" | "));
    println!("| --- |{}", " --: |".repeat(rules.len()));
    let methods: Vec<Method> = rules.iter().map(|rule| Method::Rule(*rule)).collect();
    for (name, electorate, options) in lines {
        let line = line(name, electorate, *options, &methods);
        let cell = |right: &Vec<Option<bool>>| {
            let decided = right.iter().filter(|right| right.is_some()).count() as u64;
            let good = right.iter().filter(|right| **right == Some(true)).count() as u64;
            let of_decided = Share::new(good, decided);
            let half = (of_decided.high - of_decided.low) / 2.0 * 100.0;
            format!("{:.1} of {:.1} ± {half:.1}", of_decided.share * 100.0, decided as f64 / right.len() as f64 * 100.0)
        };
        let cells: Vec<String> = line.right.iter().map(cell).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn alike(count: usize, accuracy: f64) -> Electorate {
    Electorate {
        accuracies: vec![accuracy; count],
        shared: 0.0,
        confidence: Confidence::Calibrated,
        tempting: None,
        only_first: false,
        faulty: false,
    }
}

fn main() {
    use DecisionRule::{Approval, Borda, Copeland, InstantRunoff, Majority, Median, Plurality, Schulze, Score, Supermajority, Unanimity};
    let rules = [Plurality, Approval, Borda, InstantRunoff, Copeland, Schulze, Score, Median];
    let mut all: Vec<Method> = vec![Method::First];
    all.extend(rules.map(Method::Rule));
    let with_confidence: Vec<Method> = all.iter().copied().chain([Method::RawConfidence]).collect();
    println!("Seed {SEED}, {QUESTIONS} questions a line.");

    let mut lines = Vec::new();
    for (options, accuracy) in [(2, 0.6), (4, 0.4), (4, 0.6), (10, 0.4)] {
        for count in [3, 5, 9, 15] {
            let name = format!("{count} of {accuracy}, {options} options");
            lines.push(line(&name, &alike(count, accuracy), options, &with_confidence));
        }
    }
    table("How many voters", "Voters as good as one another, who err independently and know how sure they are.", &with_confidence, &lines);

    let lines: Vec<Line> = [0.0, 0.1, 0.3, 0.5, 0.8]
        .into_iter()
        .map(|correlation: f64| {
            // Two voters see the same if both see what all see.
            let electorate = Electorate { shared: correlation.sqrt(), ..alike(9, 0.6) };
            line(&format!("correlation {correlation}"), &electorate, 4, &with_confidence)
        })
        .collect();
    table(
        "Voters who err together",
        "Nine voters of 0.6, four options. The correlation is the chance that two of them see the same.",
        &with_confidence,
        &lines,
    );

    let mut lines = Vec::new();
    for (accuracy, count) in [(0.6, 5), (0.6, 9), (0.45, 5), (0.45, 9)] {
        let electorate = Electorate { tempting: Some(0.8), ..alike(count, accuracy) };
        lines.push(line(&format!("{count} of {accuracy}, one wrong option tempts"), &electorate, 4, &with_confidence));
    }
    for (accuracy, count) in [(0.6, 5), (0.6, 9), (0.45, 9)] {
        let electorate = Electorate { only_first: true, ..alike(count, accuracy) };
        lines.push(line(&format!("{count} of {accuracy}, other places by lot"), &electorate, 4, &with_confidence));
    }
    table(
        "Where second places mislead or say nothing",
        "Four options. In the first lines four of five errors fall on the same wrong option; voters do not know that it tempts, and are surer than they should be. In the last ones only the first place of a voter says anything.",
        &with_confidence,
        &lines,
    );

    let weighing: Vec<Method> = [Method::First, Method::Rule(Plurality), Method::Rule(Borda), Method::KnownWeights]
        .into_iter()
        .chain([10, 30, 100, 300].map(Method::LearnedWeights))
        .chain([Method::RawConfidence])
        .collect();
    let unlike = [
        ("0.9 and four of 0.55", vec![0.9, 0.55, 0.55, 0.55, 0.55]),
        ("0.8, 0.7, 0.6, 0.5, 0.4", vec![0.8, 0.7, 0.6, 0.5, 0.4]),
        ("three of 0.8, six of 0.4", vec![0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]),
        ("five of 0.7", vec![0.7; 5]),
    ];
    let lines: Vec<Line> =
        unlike.into_iter().map(|(name, accuracies)| line(name, &Electorate { accuracies, ..alike(1, 0.5) }, 4, &weighing)).collect();
    table(
        "Voters who are not alike",
        "Four options. Weights are log-odds of accuracies that are known, or learned from so many judged questions a voter (renewed every 200 questions); none is half of all.",
        &weighing,
        &lines,
    );

    let mut lines = Vec::new();
    for count in [3, 5, 9] {
        for faulty in [false, true] {
            let name = format!("{count} of 0.6{}", if faulty { ", one of them faulty" } else { "" });
            lines.push(line(&name, &Electorate { faulty, ..alike(count, 0.6) }, 4, &with_confidence));
        }
    }
    table(
        "One faulty voter",
        "Four options. The faulty one always puts the same wrong option first and the right one last, with all its confidence.",
        &with_confidence,
        &lines,
    );

    let sure: Vec<Method> =
        [Method::Rule(Plurality), Method::RawConfidence].into_iter().chain([10, 30, 100, 300].map(Method::CorrectedConfidence)).collect();
    let mut lines = Vec::new();
    for (name, confidence) in [("calibrated", Confidence::Calibrated), ("overconfident", Confidence::Over), ("noise", Confidence::Noise)] {
        for faulty in [false, true] {
            let name = format!("{name}{}", if faulty { ", one faulty" } else { "" });
            lines.push(line(&name, &Electorate { confidence, faulty, ..alike(5, 0.6) }, 4, &sure));
        }
    }
    table(
        "What confidence is worth",
        "Five voters of 0.6, four options. Raw: a vote counts as much as its confidence; else as much as that confidence was worth in so many judged questions.",
        &sure,
        &lines,
    );

    let lines: Vec<(String, Electorate, usize)> = [(3, 0.0), (5, 0.0), (9, 0.0), (5, 0.5)]
        .into_iter()
        .map(|(count, correlation): (usize, f64)| {
            (format!("{count} of 0.6, correlation {correlation}"), Electorate { shared: correlation.sqrt(), ..alike(count, 0.6) }, 4)
        })
        .collect();
    selective(
        "What a threshold buys",
        "Four options. In percent: right, of those that the rule decides, and how many it decides; the rest goes on to a debate, a judge or a person.",
        &[Plurality, Majority, Supermajority, Unanimity],
        &lines,
    );
}
