//! How are goals given, plans changed, and other ways asked for, by plain forms, with scripts and without?

use baton_domain::id::{PlanId, RunId};
use baton_domain::wire::plan::PlanDetail;
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Plans a goal from the form of its page: `goal`, `use_model`, `replan`, `others` with an input a line as `name: value`, and `file[<name>]` as files, which are
/// stored first.
///
/// # Errors
/// As [`PlanService::propose`](baton_domain::services::PlanService::propose) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `REQUEST-002` for a broken form.
#[server(endpoint = "/plans/propose_form", input = MultipartFormData, output = Json)]
pub async fn propose_form(form: Upload) -> Called<PlanDetail> {
    reading::propose(form).await
}

/// Changes the document of a plan from its page.
///
/// # Errors
/// As [`PlanService::edit`](baton_domain::services::PlanService::edit).
#[server(name = EditPlanForm, endpoint = "/plans/edit_form", input = PostUrl, output = Json)]
pub async fn edit_form(id: PlanId, text: String, seen_version: i64) -> Called<PlanDetail> {
    let edit = baton_domain::wire::plan::PlanEdit { text: text.replace("\r\n", "\n"), seen_version };
    let edited = serve::answer(serve::services()?.plans.edit(&serve::caller(), id, edit).await)?;
    serve::go_back();
    Ok(edited)
}

/// Proposes another way for a step that failed for good, from the page of its run.
///
/// # Errors
/// As [`PlanService::replan`](baton_domain::services::PlanService::replan).
#[server(name = ReplanForm, endpoint = "/plans/replan_form", input = PostUrl, output = Json)]
pub async fn replan_form(run: RunId, step: String, #[server(default)] use_model: bool) -> Called<PlanDetail> {
    let replan = baton_domain::wire::plan::NewReplan { run, step, use_model };
    let plan = serve::answer(serve::services()?.plans.replan(&serve::caller(), replan).await)?;
    serve::go(&format!("/plans/{}", plan.summary.id));
    Ok(plan)
}

#[cfg(feature = "ssr")]
mod reading {
    use std::collections::BTreeMap;

    use baton_domain::problem::Problem;
    use baton_domain::services::{Answer, Services};
    use baton_domain::user::Caller;
    use baton_domain::wire::plan::{NewPlan, PlanDetail, PlanInput, PlanInputKind};
    use serde_json::Value;

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::Upload;

    /// The fields of the form beside the files.
    const FIELDS: [&str; 4] = ["goal", "use_model", "replan", "others"];

    pub(super) async fn propose(upload: Upload) -> Result<PlanDetail, ApiError> {
        let services = serve::services()?;
        let caller = serve::caller();
        let mut form = SentForm::default();
        let outcome = match form.read(&services, &caller, upload.0, &FIELDS).await {
            Ok(()) => send(&form, &services, &caller).await,
            Err(problem) => Err(problem),
        };
        if outcome.is_err() {
            form.forget(&services, &caller).await;
        }
        let plan = serve::answer(outcome)?;
        serve::go(&format!("/plans/{}", plan.summary.id));
        Ok(plan)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<PlanDetail> {
        let mut inputs = others(form.filled("others").unwrap_or_default())?;
        for (name, id) in &form.input {
            inputs.insert(name.clone(), PlanInput { kind: PlanInputKind::Artifact, value: Value::from(id.as_str()) });
        }
        let goal = form.filled("goal").unwrap_or_default().to_owned();
        let (use_model, replan) = (form.filled("use_model").is_some(), form.filled("replan").is_some());
        services.plans.propose(caller, NewPlan { goal, inputs, use_model, replan }).await
    }

    /// `name: value`, one a line; what a value is, its look says.
    fn others(text: &str) -> Answer<BTreeMap<String, PlanInput>> {
        let wrong = || Problem::invalid_field("others", "Write an input a line, as `limit: 5`.");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .map(|line| {
                let (name, value) = line.split_once(':').ok_or_else(wrong)?;
                Ok((name.trim().to_owned(), input(value.trim())))
            })
            .collect()
    }

    fn input(text: &str) -> PlanInput {
        if text.starts_with("https://") || text.starts_with("http://") {
            return PlanInput { kind: PlanInputKind::Url, value: Value::from(text) };
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value @ Value::Number(_)) => PlanInput { kind: PlanInputKind::Number, value },
            Ok(value @ (Value::Array(_) | Value::Object(_))) => PlanInput { kind: PlanInputKind::Json, value },
            _ => PlanInput { kind: PlanInputKind::Text, value: Value::from(text) },
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]

        use super::*;

        #[test]
        fn an_input_is_what_it_looks_like() {
            let read = others("limit: 5\npage: https://example.test/a:b\nsay: hello: you\nlist: [1, 2]\n\n").unwrap();
            let kind = |name: &str| read[name].kind;
            assert_eq!(
                [kind("limit"), kind("page"), kind("say"), kind("list")],
                [PlanInputKind::Number, PlanInputKind::Url, PlanInputKind::Text, PlanInputKind::Json],
            );
            assert_eq!(read["say"].value, "hello: you");
            assert_eq!(others("nothing").unwrap_err().errors[0].field, "others");
        }
    }
}
