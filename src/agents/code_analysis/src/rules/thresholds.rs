//! From when on a function is too complex, too long, too deep or asks for too much.

use super::{Finding, Severity};
use crate::measure::Function;

/// A rule about a measure of a function.
struct Threshold {
    rule: &'static str,
    /// What is measured, as a sentence about it has it.
    measure: &'static str,
    of: fn(&Function) -> usize,
    /// More than this is a warning, more than that an error.
    warning: usize,
    error: usize,
    advice: &'static str,
}

const ALL: &[Threshold] = &[
    // McCabe's own limit of 10, and twice as much.
    Threshold {
        rule: "cyclomatic-complexity",
        measure: "a cyclomatic complexity of",
        of: |function| function.cyclomatic as usize,
        warning: 10,
        error: 20,
        advice: "Split it by what it decides: each part can then be named and tested by itself.",
    },
    // SonarSource's limit of 15, and twice as much.
    Threshold {
        rule: "cognitive-complexity",
        measure: "a cognitive complexity of",
        of: |function| function.cognitive as usize,
        warning: 15,
        error: 30,
        advice: "Return early, take inner blocks out into functions, and give conditions names.",
    },
    Threshold {
        rule: "long-function",
        measure: "a length in lines of",
        of: Function::own_lines,
        warning: 80,
        error: 200,
        advice: "Take steps that can be named out into functions of their own.",
    },
    Threshold {
        rule: "many-parameters",
        measure: "a number of parameters of",
        of: |function| function.parameters,
        warning: 6,
        error: 10,
        advice: "Group what belongs together into a type, or split the function.",
    },
    Threshold {
        rule: "deep-nesting",
        measure: "a nesting depth of",
        of: |function| function.nesting as usize,
        warning: 4,
        error: 6,
        advice: "Turn conditions around and return early, or take the inner part out.",
    },
];

/// What is too much about a function.
pub(super) fn findings(function: &Function) -> impl Iterator<Item = Finding> + '_ {
    ALL.iter().filter_map(|threshold| {
        let value = (threshold.of)(function);
        let (severity, limit) = match value {
            value if value > threshold.error => (Severity::Error, threshold.error),
            value if value > threshold.warning => (Severity::Warning, threshold.warning),
            _ => return None,
        };
        Some(Finding {
            rule: threshold.rule,
            severity,
            line: function.line,
            column: function.column,
            message: format!("{} has {} {value}; more than {limit} is hard to follow.", function.name, threshold.measure),
            advice: threshold.advice,
        })
    })
}
