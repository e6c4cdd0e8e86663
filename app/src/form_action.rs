//! How does a form act? It works without scripts, as every form; with them it is sent from the page, which stays and shows what came of it.
//!
//! Leptos' own is made anew for each function: with a reader of the form, a writer of its fields, and an action. A form knows how to write its
//! fields, and the server to read them, so here there is one for all functions, and only what the answer is, is known by type.

use std::marker::PhantomData;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::{Http, ServerFn};
use leptos::web_sys::SubmitEvent;
use serde::de::DeserializeOwned;

use crate::json;
use crate::server_fns::{ApiError, Called, Json};
use baton_domain::problem::{Code, Problem};

/// What a form, or several of them, asks of the server function `F`, and what came of it.
pub struct FormAction<F> {
    state: State,
    of: PhantomData<fn() -> F>,
}

impl<F> Clone for FormAction<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for FormAction<F> {}

impl<F> std::fmt::Debug for FormAction<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormAction")
    }
}

/// The same for all functions.
#[derive(Clone, Copy)]
struct State {
    answer: RwSignal<Option<Answer>>,
    version: RwSignal<usize>,
    under_way: RwSignal<usize>,
}

#[derive(Clone)]
#[cfg_attr(feature = "ssr", expect(dead_code, reason = "only the browser hears"))]
enum Answer {
    Done(Arc<str>),
    Refused(ApiError),
}

impl<F> FormAction<F> {
    /// One that has not acted yet.
    #[must_use]
    pub fn new() -> Self {
        let state = State { answer: RwSignal::new(None), version: RwSignal::new(0), under_way: RwSignal::new(0) };
        Self { state, of: PhantomData }
    }

    /// How often an answer came: something to follow.
    #[must_use]
    pub const fn version(self) -> RwSignal<usize> {
        self.state.version
    }

    /// Whether an answer is still to come.
    #[must_use]
    pub fn pending(self) -> Signal<bool> {
        Signal::derive(move || self.state.under_way.get() > 0)
    }

    /// Why the last one was refused.
    #[must_use]
    pub fn refusal(self) -> Option<Problem> {
        self.state.answer.with(|answer| match answer {
            Some(Answer::Refused(error)) => Some(error.0.clone()),
            _ => None,
        })
    }

    /// Whether the last one was done.
    #[must_use]
    pub fn is_done(self) -> bool {
        self.state.answer.with(|answer| matches!(answer, Some(Answer::Done(_))))
    }
}

impl<F> Default for FormAction<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: ServerFn<Error = ApiError>> FormAction<F>
where
    F::Output: DeserializeOwned,
{
    /// What came of the last one.
    #[must_use]
    pub fn get(self) -> Option<Called<F::Output>> {
        self.state.answer.get().map(|answer| match answer {
            Answer::Done(text) => json::read(&text).map_err(|error| ApiError(Problem::new(Code::MalformedJson, error))),
            Answer::Refused(error) => Err(error),
        })
    }
}

impl<F: ServerFn<Error = ApiError, Protocol = Http<PostUrl, Json>>> FormAction<F> {
    /// Sends these fields, without a form.
    pub fn send(self, fields: &[(&str, &str)]) {
        #[cfg(not(feature = "ssr"))]
        browser::send_fields(self.state, F::url(), fields);
        #[cfg(feature = "ssr")]
        let _ = fields;
    }
}

/// A form that asks the function of `action`.
#[component]
pub fn ActionForm<F: ServerFn<Error = ApiError, Protocol = Http<PostUrl, Json>> + 'static>(
    /// What it asks.
    action: FormAction<F>,
    /// Where the form's node is to be found.
    #[prop(optional)]
    node_ref: Option<NodeRef<html::Form>>,
    /// Its fields and buttons.
    children: Children,
) -> impl IntoView {
    drawn(action.state, F::url(), node_ref, children)
}

fn drawn(state: State, url: &'static str, node_ref: Option<NodeRef<html::Form>>, children: Children) -> AnyView {
    let submit = move |event: SubmitEvent| {
        #[cfg(not(feature = "ssr"))]
        browser::submit(state, url, &event);
        #[cfg(feature = "ssr")]
        let _ = (state, event);
    };
    let form = html::form().action(url).method("post").on(leptos::ev::submit, submit).child(children());
    match node_ref {
        Some(node_ref) => form.node_ref(node_ref).into_any(),
        None => form.into_any(),
    }
}

#[cfg(not(feature = "ssr"))]
mod browser {
    //! Sends a form from the page.

    use http::Method;
    use leptos::form::form_data_from_event;
    use leptos::prelude::*;
    use leptos::server_fn::client::Client;
    use leptos::server_fn::client::browser::BrowserClient;
    use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
    use leptos::server_fn::redirect::call_redirect_hook;
    use leptos::server_fn::request::ClientReq;
    use leptos::server_fn::request::browser::BrowserRequest;
    use leptos::server_fn::response::ClientRes;
    use leptos::server_fn::response::browser::BrowserResponse;
    use leptos::task::spawn_local;
    use leptos::web_sys::{SubmitEvent, UrlSearchParams};
    use wasm_bindgen::JsValue;

    use super::{Answer, State};
    use crate::json;
    use crate::server_fns::{ApiError, Called};

    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";

    pub(super) fn submit(state: State, url: &'static str, event: &SubmitEvent) {
        if event.default_prevented() {
            return;
        }
        // Where the fields cannot be read, the browser sends the form itself.
        let Ok(Ok(fields)) = form_data_from_event(event).map(|data| UrlSearchParams::new_with_str_sequence_sequence(&data)) else { return };
        event.prevent_default();
        send(state, url, written(&fields));
    }

    pub(super) fn send_fields(state: State, url: &'static str, fields: &[(&str, &str)]) {
        if let Ok(all) = UrlSearchParams::new() {
            for (name, value) in fields {
                all.append(name, value);
            }
            send(state, url, written(&all));
        }
    }

    fn written(fields: &UrlSearchParams) -> String {
        let text: JsValue = fields.to_string().into();
        text.as_string().unwrap_or_default()
    }

    fn send(state: State, url: &'static str, body: String) {
        state.under_way.try_update(|under_way| *under_way = under_way.saturating_add(1));
        spawn_local(async move {
            let answer = match answer(url, body).await {
                Ok(text) => Answer::Done(text.into()),
                Err(error) => Answer::Refused(error),
            };
            // The page may be another by now.
            state.under_way.try_update(|under_way| *under_way = under_way.saturating_sub(1));
            // Each answer is shown, also one that another was sent after: forms of a list share their action.
            state.answer.try_set(Some(answer));
            state.version.try_update(|version| *version = version.saturating_add(1));
        });
    }

    async fn answer(url: &str, body: String) -> Called<String> {
        let request = <BrowserRequest as ClientReq<ApiError>>::try_new_req_text(url, FORM, JSON, body, Method::POST)?;
        let response = <BrowserClient as Client<ApiError>>::send(request).await?;
        let status = <BrowserResponse as ClientRes<ApiError>>::status(&response);
        let goes_on = <BrowserResponse as ClientRes<ApiError>>::has_redirect(&response);
        let location = <BrowserResponse as ClientRes<ApiError>>::location(&response);
        let text = <BrowserResponse as ClientRes<ApiError>>::try_into_string(response).await?;
        if status >= 400 {
            return Err(json::read(&text)
                .unwrap_or_else(|error| <ApiError as FromServerFnError>::from_server_fn_error(ServerFnErrorErr::Deserialization(error))));
        }
        if goes_on || status >= 300 {
            call_redirect_hook(&location);
        }
        // What is no JSON, as the page of somebody between here and the server, is not done.
        json::parse(&text).map_err(unreadable)?;
        Ok(text)
    }

    fn unreadable(error: String) -> ApiError {
        <ApiError as FromServerFnError>::from_server_fn_error(ServerFnErrorErr::Deserialization(error))
    }
}
