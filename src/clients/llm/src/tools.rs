//! Do the calls that a model wants made fit their tools? Arguments are mended as other values are, and held against the tool's parameters.

use std::collections::BTreeMap;

use baton_domain::model::{ModelAnswer, ModelRequest, ToolCall};
use baton_domain::problem::Code;
use jsonschema::Validator;
use serde_json::Value;

use crate::provider::CallError;
use crate::structured::{compile, fitting, value_of};

/// The most tools of one request.
const MAXIMUM_TOOLS: usize = 128;
/// The longest name of a tool, as the OpenAI API has it.
const MAXIMUM_NAME: usize = 64;

/// The tools of one request, each with its parameters compiled.
pub(crate) struct Tools(BTreeMap<String, Validator>);

impl Tools {
    /// Compiles the parameters of the request's tools.
    pub(crate) fn of(request: &ModelRequest) -> Result<Self, CallError> {
        let wrong = |why: String| CallError::lasting(Code::InvalidRequest, format!("tools: {why}"));
        let mut tools = BTreeMap::new();
        for tool in &request.tools {
            let validator = compile(&tool.parameters).map_err(|why| wrong(format!("the parameters of {}: {why}", tool.name)))?;
            if tools.insert(tool.name.clone(), validator).is_some() {
                return Err(wrong(format!("two have the name {}", tool.name)));
            }
        }
        Ok(Self(tools))
    }

    /// The calls of an answer with arguments that fit, or what is wrong with them.
    pub(crate) fn read(&self, answer: &ModelAnswer) -> Result<Vec<ToolCall>, String> {
        let read = |call: &ToolCall| {
            let Some(parameters) = self.0.get(&call.name) else {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                return Err(format!("there is no tool {:?}; there are: {}", call.name, known.join(", ")));
            };
            let arguments = match &call.arguments {
                // What an endpoint gives as text was no JSON as it stands.
                Value::String(text) => value_of(text, answer.finish),
                value => Ok(value.clone()),
            };
            let arguments = arguments.and_then(|arguments| fitting(parameters, arguments));
            arguments
                .map(|arguments| ToolCall { arguments, ..call.clone() })
                .map_err(|why| format!("the arguments of {}: {why}", call.name))
        };
        answer.tool_calls.iter().map(read).collect()
    }
}

/// What is wrong with the tools of a request before any model is asked, if anything is.
pub(crate) fn refused(request: &ModelRequest) -> Option<String> {
    if request.tools.len() > MAXIMUM_TOOLS {
        return Some(format!("a request has at most {MAXIMUM_TOOLS} tools, not {}", request.tools.len()));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let wrong = request.tools.iter().find(|tool| !(1..=MAXIMUM_NAME).contains(&tool.name.len()) || !tool.name.bytes().all(plain));
    wrong.map(|tool| format!("{:?} is no name of 1 to {MAXIMUM_NAME} letters, digits, '_' and '-'", tool.name))
}
