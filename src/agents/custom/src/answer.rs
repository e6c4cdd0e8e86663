//! How is a model asked, once or several times, and which answer is given?

use std::collections::BTreeMap;

use baton_agents_runtime::prompt::{self, Material};
use baton_agents_runtime::{Context, SkillError};
use baton_domain::model::{Message, ModelAnswer, ModelRequest, ModelTier};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::contract::{MAXIMUM_SCHEMA_BYTES, VERSION};

/// The temperature of several samples if nobody says: enough for them to differ.
const VARIED: f32 = 0.7;

/// What is being done while a model writes.
const ASKING: &str = "asking the model";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    instructions: String,
    input: String,
    schema: Option<Value>,
    #[serde(default = "one")]
    samples: u32,
    temperature: Option<f32>,
    #[serde(default = "tokens")]
    maximum_tokens: u32,
    model: Option<String>,
    #[serde(default = "tiny")]
    least: ModelTier,
    quoted: Option<bool>,
}

/// What the model is told, and, where the input is data, what of it speaks to the model.
struct Asked {
    messages: Vec<Message>,
    guard: Option<Guard>,
}

/// By what an answer that obeys the input is known.
struct Guard {
    mark: String,
    material: Material,
}

impl Asked {
    fn of(input: &Input) -> Self {
        let mut material = Material::of(&input.input);
        if !input.quoted.unwrap_or(material.overrides()) {
            let messages = vec![Message::system(input.instructions.as_str()), Message::user(input.input.as_str())];
            return Self { messages, guard: None };
        }
        let data = [("input", input.input.as_str())];
        let mark = prompt::mark(&data);
        let messages = vec![Message::system(prompt::system(&input.instructions, &mark)), Message::user(prompt::marked(&data, &mark))];
        // What instructions and schema name may be answered, whoever names it too.
        material.add(&input.instructions);
        if let Some(schema) = &input.schema {
            material.add(&texts(schema).join("\n"));
        }
        Self { messages, guard: Some(Guard { mark, material }) }
    }
}

impl Guard {
    /// What shows that an answer obeys the input, if anything does.
    fn fault(&self, answer: &ModelAnswer) -> Option<&'static str> {
        let said = answer.json.as_ref().map_or_else(|| vec![answer.text.as_str()], texts);
        if said.iter().any(|text| text.contains(&self.mark)) {
            Some("it repeats its own instructions")
        } else if said.iter().any(|text| self.material.repeats_an_order(text)) {
            Some("it says what the input orders it to say")
        } else if said.iter().any(|text| self.material.ordered_address(text).is_some()) {
            Some("it has an address that only an order in the input has")
        } else {
            None
        }
    }
}

/// All texts within a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

const fn one() -> u32 {
    1
}

const fn tokens() -> u32 {
    512
}

const fn tiny() -> ModelTier {
    ModelTier::Tiny
}

/// Asks the model and gives its commonest answer.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    if input.schema.as_ref().is_some_and(|schema| schema.to_string().len() > MAXIMUM_SCHEMA_BYTES) {
        return Err(SkillError::input("schema", format!("a schema has at most {MAXIMUM_SCHEMA_BYTES} bytes")));
    }
    let temperature = input.temperature.unwrap_or(if input.samples > 1 { VARIED } else { 0.0 });
    let asked = Asked::of(&input);
    let mut answers: Vec<ModelAnswer> = Vec::new();
    let mut obeyed = None;
    for sample in 0..input.samples {
        let fraction = f64::from(sample) / f64::from(input.samples);
        context.progress(fraction, ASKING);
        let call = ModelRequest {
            schema: input.schema.clone(),
            least: input.least,
            model: input.model.clone(),
            maximum_tokens: input.maximum_tokens,
            temperature,
            seed: Some(u64::from(sample)),
            ..ModelRequest::new(asked.messages.clone())
        };
        // What may obey its input is not shown before it was checked, and a value only when it is whole.
        let answer = match (&asked.guard, &input.schema) {
            (None, None) => context.llm_shown(call, fraction, ASKING).await?,
            _ => context.llm(call).await?,
        };
        context.info(format!("{} answered", answer.model), json!({"usage": answer.usage, "cached": answer.cached}));
        match asked.guard.as_ref().and_then(|guard| guard.fault(&answer)) {
            Some(fault) => {
                context.warn(format!("an answer of {} is left out: {fault}", answer.model), Value::Null);
                obeyed = Some(format!("{} did not answer as it was told: {fault}. Use a more able model.", answer.model));
            }
            None => answers.push(answer),
        }
    }
    if let (true, Some(message)) = (answers.is_empty(), obeyed) {
        return Err(SkillError::new(Code::ModelAnswerInvalid, message));
    }
    context.progress(1.0, "done");
    let (chosen, votes) = commonest(&answers).ok_or_else(|| SkillError::internal("no sample was asked for"))?;
    let total = |answer: &ModelAnswer| answer.usage.prompt_tokens + answer.usage.completion_tokens;
    let mut result = json!({
        "text": chosen.text,
        "agreement": votes as f64 / f64::from(input.samples),
        "model": chosen.model,
        "finish": chosen.finish,
        "tokens": answers.iter().map(total).sum::<u64>(),
        "version": VERSION,
        "samples": answers.iter().map(|answer| json!({"text": answer.text, "model": answer.model, "tokens": total(answer)})).collect::<Vec<_>>(),
    });
    if let Some(value) = &chosen.json {
        result["json"] = value.clone();
    }
    Ok(result)
}

/// The first of the answers that came most often, and how often. Values are equal as JSON, texts but for white space and case.
fn commonest(answers: &[ModelAnswer]) -> Option<(&ModelAnswer, usize)> {
    let form = |answer: &ModelAnswer| match &answer.json {
        // Members of objects are in the order of their names.
        Some(value) => value.to_string(),
        None => answer.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
    };
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers {
        *votes.entry(form(answer)).or_default() += 1;
    }
    let most = votes.values().copied().max()?;
    let first = answers.iter().find(|answer| votes.get(&form(answer)) == Some(&most))?;
    Some((first, most))
}
