//! What was right, as a person found later? The lab holds rules and voters against it.

use baton_domain::user::Permission;
use leptos::prelude::*;

use super::decision::Data;
use super::verdict::choice_words;
use super::words::said;
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::Button;
use crate::components::card::Card;
use crate::components::field::{SelectField, TextField};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::Fresh;
use crate::reactive::{effect, memo};
use crate::server_fns::say::JudgeForm;
use crate::session::use_session;

/// The later verdict, and a form to give one.
#[component]
pub(super) fn Later(data: RwSignal<Data>, fresh: Fresh<Data>) -> impl IntoView {
    let judge = FormAction::<JudgeForm>::new();
    effect(move || {
        if judge.version().get() > 0 {
            fresh.read();
        }
    });
    let may = use_session().may(Permission::Work);
    let later = memo(move |_| data.with(|data| data.detail.summary.later.clone()));
    let ended = memo(move |_| data.with(|data| data.detail.summary.state.is_ended() && !data.detail.choices.is_empty()));
    let known = move || {
        later.get().map(|later| {
            let right = match &later.key {
                Some(key) => data.with_untracked(|data| format!("Right was: {}", choice_words(data, key))),
                None => "No answer was right.".to_owned(),
            };
            view! {
                <p class="text-13" data-testid="later-verdict">
                    {right}
                    {later.comment.map(|comment| format!(" ({comment})"))}
                    <span class="block text-12 text-muted">{later.by} ", " <RelativeTime at=later.at/></span>
                </p>
            }
        })
    };
    let id = data.with_untracked(|data| data.detail.summary.id);
    let form = move || {
        let options: Vec<(String, String)> = data.with_untracked(|data| {
            let none = (String::new(), "None of them".to_owned());
            std::iter::once(none).chain(data.detail.choices.iter().map(|choice| (choice.key.clone(), said(&choice.answer)))).collect()
        });
        view! {
            <ActionForm action=judge>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="space-y-3">
                    <SelectField name="key" form="later-" label="What was right" options test_id="later-key"/>
                    <TextField name="comment" form="later-" label="Why" max_length="2000" autocomplete="off"/>
                    <Button submits=true test_id="judge-later" disabled=judge.pending()>
                        "Record it"
                    </Button>
                </div>
            </ActionForm>
        }
    };
    move || {
        ended.get().then(|| {
            view! {
                <Card title="What turned out to be right">
                    <div class="space-y-3">
                        <p class="text-12 text-muted">"Recorded afterwards; the lab holds rules and voters against it. The last word counts."</p>
                        <LastProblem problem=Signal::derive(move || refusal(judge))/>
                        {known}
                        {may.then(form)}
                    </div>
                </Card>
            }
        })
    }
}
