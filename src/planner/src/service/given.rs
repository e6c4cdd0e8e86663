//! What are the inputs of a goal? Their kinds and forms, and of tables the columns that their beginning shows.

use std::collections::BTreeMap;

use baton_domain::problem::Problem;
use baton_domain::services::{Answer, ArtifactService};
use baton_domain::user::Caller;
use baton_domain::wire::plan::{PlanInput, PlanInputKind};
use futures::StreamExt as _;
use serde_json::Value;

use crate::given::{Given, GivenKind, MAXIMUM_INPUTS, SAMPLE_BYTES};

pub(super) async fn given(artifacts: &dyn ArtifactService, caller: &Caller, inputs: &BTreeMap<String, PlanInput>) -> Answer<Vec<Given>> {
    if inputs.len() > MAXIMUM_INPUTS {
        return Err(Problem::invalid_field("/inputs", format!("There are more than {MAXIMUM_INPUTS}.")));
    }
    let mut found = Vec::new();
    for (name, input) in inputs {
        let kind = match input.kind {
            PlanInputKind::Artifact => GivenKind::Artifact,
            PlanInputKind::Text => GivenKind::Text,
            PlanInputKind::Number => GivenKind::Number,
            PlanInputKind::Json => GivenKind::Json,
            PlanInputKind::Url => GivenKind::Url,
            PlanInputKind::Connection => GivenKind::Connection,
        };
        let fits = match input.kind {
            PlanInputKind::Artifact => {
                input.value.is_string() || input.value.as_array().is_some_and(|ids| !ids.is_empty() && ids.iter().all(Value::is_string))
            }
            PlanInputKind::Number => input.value.is_number(),
            PlanInputKind::Json => true,
            _ => input.value.is_string(),
        };
        let field = format!("/inputs/{name}/value");
        if !fits {
            return Err(Problem::invalid_field(field, format!("It is no value of the kind `{}`.", input.kind.as_str())));
        }
        let mut one = Given::new(name.clone(), kind).with_value(&input.value);
        if kind == GivenKind::Artifact {
            // The first of several stands for all.
            let id = input.value.as_str().or_else(|| input.value.get(0).and_then(Value::as_str)).unwrap_or_default();
            let id = id.parse().map_err(|_| Problem::invalid_field(field, "It is not the id of an artifact."))?;
            let content = artifacts.open(caller, id).await?;
            one.media_type = Some(content.view.media_type.clone());
            one.file = Some(content.view.name.clone());
            let mut sample: Vec<u8> = Vec::new();
            let mut bytes = content.bytes;
            // A byte more than is looked at, so that a cut table is known to be one.
            while sample.len() <= SAMPLE_BYTES
                && let Some(piece) = bytes.next().await
            {
                match piece {
                    Ok(piece) => sample.extend_from_slice(&piece),
                    Err(error) => return Err(Problem::new(baton_domain::problem::Code::Internal, error.to_string())),
                }
            }
            one = one.with_sample(&sample);
        }
        found.push(one);
    }
    Ok(found)
}
