//! How a source becomes a report: language, tree, measures, findings.

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::measure::Function;
use crate::rules::Watch;
use crate::source::{self, Source};
use crate::{guess, measure, syntax};

/// The most functions that a result lists; all of them count in its totals.
const LISTED: usize = 2_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    source: Option<String>,
    artifact: Option<String>,
    language: Option<String>,
}

/// Reports on the input's source.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = source::of(&context, input.source, input.artifact.as_deref()).await?;
    context.blocking(move |context| report(context, input.language.as_deref(), &source)).await
}

fn report(context: &Context, language: Option<&str>, source: &Source) -> Result<Value, SkillError> {
    let (facts, parsed) = {
        let mut span = context.span("parse");
        let facts = guess::language(context, language, source).inspect_err(|_| span.failed())?;
        context.progress(0.1, format!("parsing {}", facts.label));
        let parsed = syntax::parse(context, facts, &source.text, source.file_name.as_deref()).inspect_err(|_| span.failed())?;
        span.set(json!({"language": facts.name, "bytes": source.text.len()}));
        (facts, parsed)
    };
    let mut watch = Watch::new(facts, &source.text, source.file_name.as_deref());
    let measured = {
        let _span = context.span("measure");
        measure::measure(context, facts, &parsed, &source.text, &mut watch)?
    };
    let (findings, found) = watch.finish(&measured.functions);
    let functions = &measured.functions;
    let totals = json!({
        "functions": functions.len(),
        "mean_cyclomatic": mean(functions),
        "max_cyclomatic": functions.iter().map(|function| function.cyclomatic).max().unwrap_or(0)
    });
    if functions.len() > LISTED || found > findings.len() {
        let message = format!(
            "the result lists {} of {} functions and {} of {found} findings",
            functions.len().min(LISTED),
            functions.len(),
            findings.len()
        );
        context.warn(message, Value::Null);
    }
    context.progress(1.0, "done");
    context.info(
        format!("{}: {} functions, {found} findings", facts.label, functions.len()),
        json!({"language": facts.name, "functions": functions.len(), "findings": found}),
    );
    Ok(json!({
        "language": facts.name,
        "lines": measured.lines,
        "functions": &functions[..functions.len().min(LISTED)],
        "totals": totals,
        "findings": findings
    }))
}

fn mean(functions: &[Function]) -> f64 {
    if functions.is_empty() {
        return 0.0;
    }
    let sum: f64 = functions.iter().map(|function| f64::from(function.cyclomatic)).sum();
    (sum / functions.len() as f64 * 100.0).round() / 100.0
}
