//! How is a source file's report shown?

use leptos::prelude::*;

use super::facts::{facts, heading, remark};
use super::shape::{CodeReport, Finding, Function};
use super::table::{Head, MAXIMUM_ROWS, NUMBER, ROW, TEXT, table};
use crate::components::chart::figures::figure;
use crate::format::count;

/// From here on a function is worth a look, and from there on hard to test; McCabe's limits.
const COMPLEX: u64 = 10;
const VERY_COMPLEX: u64 = 20;

pub(super) fn view(result: CodeReport) -> AnyView {
    let mut pairs = Vec::new();
    if !result.language.is_empty() {
        pairs.push(("Language", result.language));
    }
    let lines = result.lines;
    if lines.total > 0 {
        pairs.push(("Lines", count(lines.total)));
        pairs.push(("Code", count(lines.code)));
        pairs.push(("Comments", count(lines.comment)));
        pairs.push(("Blank", count(lines.blank)));
    }
    pairs.push(("Functions", count(result.functions.len() as u64)));
    if let Some(mean) = result.totals.mean_cyclomatic {
        pairs.push(("Mean complexity", figure(mean)));
    }
    if let Some(highest) = result.totals.max_cyclomatic {
        pairs.push(("Highest complexity", count(highest)));
    }
    pairs.push(("Findings", count(result.findings.len() as u64)));
    view! {
        {facts(pairs)}
        <div class="grid min-w-0 gap-2">{heading("Findings")} {findings(&result.findings)}</div>
        <div class="grid min-w-0 gap-2">{heading("Functions")} {functions(&result.functions)}</div>
    }
    .into_any()
}

fn findings(findings: &[Finding]) -> AnyView {
    if findings.is_empty() {
        return remark("Nothing was found that needs a look.");
    }
    let rows = findings
        .iter()
        .take(MAXIMUM_ROWS)
        .map(|finding| {
            let place = finding.column.map_or_else(|| finding.line.to_string(), |column| format!("{}:{column}", finding.line));
            let (word, tone) = severity(&finding.severity);
            let advice = finding.advice.clone().filter(|advice| !advice.is_empty());
            let advice = advice.map(|advice| view! { <p class="text-12 text-muted">{advice}</p> });
            view! {
                <tr class=ROW>
                    <td class=NUMBER>{place}</td>
                    <td class=format!("{TEXT} font-medium whitespace-nowrap {tone}")>{word}</td>
                    <td class=TEXT>
                        <p>{finding.message.clone()}</p>
                        {advice}
                    </td>
                    <td class="px-3 py-1.5 font-mono text-12">{finding.rule.clone()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let heads = [Head::Number("Line"), Head::Text("Severity"), Head::Text("What and what to do"), Head::Text("Rule")];
    table("Findings by line", &heads, rows, findings.len())
}

fn functions(functions: &[Function]) -> AnyView {
    if functions.is_empty() {
        return remark("The file has no functions.");
    }
    let rows = functions
        .iter()
        .take(MAXIMUM_ROWS)
        .map(|function| {
            let (tone, mark) = complexity(function.cyclomatic);
            view! {
                <tr class=ROW>
                    <td class="px-3 py-1.5 font-mono text-12 min-w-40 [overflow-wrap:anywhere]">{function.name.clone()}</td>
                    <td class=NUMBER>{count(function.line)}</td>
                    <td class=NUMBER>{count(function.lines)}</td>
                    <td class=NUMBER>{count(function.parameters)}</td>
                    <td class=format!("{NUMBER} {tone}")>{format!("{}{mark}", count(function.cyclomatic))}</td>
                    <td class=NUMBER>{count(function.cognitive)}</td>
                    <td class=NUMBER>{count(function.nesting)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let heads = [
        Head::Text("Function"),
        Head::Number("Line"),
        Head::Number("Lines"),
        Head::Number("Parameters"),
        Head::Number("Cyclomatic"),
        Head::Number("Cognitive"),
        Head::Number("Nesting"),
    ];
    table("Functions by complexity and size", &heads, rows, functions.len())
}

fn severity(name: &str) -> (String, &'static str) {
    match name {
        "error" => ("Error".to_owned(), "text-failed"),
        "warning" => ("Warning".to_owned(), "text-waiting"),
        "info" => ("Info".to_owned(), "text-running"),
        other => (other.to_owned(), "text-muted"),
    }
}

/// The tone, and a word for those who do not see it.
fn complexity(cyclomatic: u64) -> (&'static str, &'static str) {
    match cyclomatic {
        value if value > VERY_COMPLEX => ("font-semibold text-failed", " very high"),
        value if value > COMPLEX => ("font-semibold text-waiting", " high"),
        _ => ("", ""),
    }
}
