//! Which pages there are, and what all of them share.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::toast::{Toaster, Toasts};
use crate::crash;
use crate::frame::Frame;
use crate::live::{Live, Now, tick_every_second};
use crate::pages::{FirstRun, NotFound, SignIn};
use crate::parts::{Flows, Forms, Lists, Outside, Progress, Results, Shared, Submit, Tenders, Votes};
use crate::session::{SessionContext, use_session};

/// The whole dashboard.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    SessionContext::provide();
    let toasts = Toasts::provide();
    let live = Live::default();
    provide_context(live.clone());
    let now = Now::default();
    provide_context(now.clone());
    let signed_in = use_session().me.is_some();
    Effect::new(move || {
        tick_every_second(&now);
        if signed_in {
            live.start();
        }
    });
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Baton".to_owned() } else { format!("{title} · Baton") }/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/first-run") view=FirstRun ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("/") view=Lists::Overview ssr=SsrMode::Async/>
                    <Route path=path!("/tasks") view=Lists::Tasks ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/new") view=Submit::NewTask ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/dead") view=Lists::DeadTasks ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/:id") view=Results::Task ssr=SsrMode::Async/>
                    <Route path=path!("/workflows") view=Flows::Workflows ssr=SsrMode::Async/>
                    <Route path=path!("/workflows/~new") view=Flows::Edit ssr=SsrMode::Async/>
                    <Route path=path!("/workflows/:name") view=Flows::Workflow ssr=SsrMode::Async/>
                    <Route path=path!("/workflows/:name/edit") view=Flows::Edit ssr=SsrMode::Async/>
                    <Route path=path!("/plans") view=Flows::Plans ssr=SsrMode::Async/>
                    <Route path=path!("/plans/new") view=Flows::NewPlan ssr=SsrMode::Async/>
                    <Route path=path!("/plans/:id") view=Flows::Plan ssr=SsrMode::Async/>
                    <Route path=path!("/runs") view=Progress::Runs ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id") view=Progress::Run ssr=SsrMode::Async/>
                    <Route path=path!("/approvals") view=Progress::Approvals ssr=SsrMode::Async/>
                    <Route path=path!("/approvals/:id") view=Progress::Approval ssr=SsrMode::Async/>
                    <Route path=path!("/decisions") view=Votes::Decisions ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/new") view=Votes::Open ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/lab") view=Votes::Lab ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/:id") view=Votes::Decision ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts") view=Shared::Conflicts ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts/:id") view=Shared::Conflict ssr=SsrMode::Async/>
                    <Route path=path!("/claims") view=Shared::Claims ssr=SsrMode::Async/>
                    <Route path=path!("/lines") view=Shared::Lines ssr=SsrMode::Async/>
                    <Route path=path!("/lines/*name") view=Shared::Line ssr=SsrMode::Async/>
                    <Route path=path!("/contracts") view=Tenders::Deals ssr=SsrMode::Async/>
                    <Route path=path!("/contracts/:id") view=Tenders::Contract ssr=SsrMode::Async/>
                    <Route path=path!("/bargains/:id") view=Tenders::Bargain ssr=SsrMode::Async/>
                    <Route path=path!("/agents") view=Lists::Agents ssr=SsrMode::Async/>
                    <Route path=path!("/agents/:id") view=Lists::Agent ssr=SsrMode::Async/>
                    <Route path=path!("/servers") view=Forms::Servers ssr=SsrMode::Async/>
                    <Route path=path!("/events") view=Forms::Events ssr=SsrMode::Async/>
                    <Route path=path!("/limits") view=Forms::Limits ssr=SsrMode::Async/>
                    <Route path=path!("/topics") view=Forms::Topics ssr=SsrMode::Async/>
                    <Route path=path!("/topics/:name") view=Forms::Topic ssr=SsrMode::Async/>
                    <Route path=path!("/subscriptions/:name") view=Forms::Subscription ssr=SsrMode::Async/>
                    <Route path=path!("/connections") view=Outside::Connections ssr=SsrMode::Async/>
                    <Route path=path!("/models") view=Outside::Models ssr=SsrMode::Async/>
                    <Route path=path!("/members") view=Forms::Members ssr=SsrMode::Async/>
                    <Route path=path!("/dev/components") view=Results::Gallery ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
        <Toaster toasts/>
        <div
            id=crash::BAR
            hidden
            role="alert"
            class="fixed inset-x-0 bottom-0 z-50 flex items-center justify-center gap-3 border-t border-danger bg-danger-tint p-3 text-13"
        >
            "This page has stopped working. Nothing on the server is affected."
            <a class="font-medium text-accent underline" href="" rel="external">
                "Load it again"
            </a>
        </div>
    }
    .into_any()
}
