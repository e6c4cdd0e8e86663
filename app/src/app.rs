//! Which pages there are, and what all of them share.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::toast::{Toaster, Toasts};
use crate::crash;
use crate::frame::Frame;
use crate::live::{Live, Now, Unread, tick_every_second};
use crate::pages::NotFound;
use crate::parts::{Entry, Flows, Forms, Lists, Part, Progress, Results, Setup, Shared, Votes};
use crate::session::{SessionContext, use_session};
use crate::taken_over::once_taken_over;

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
    let unread = Unread::default();
    provide_context(unread.clone());
    let signed_in = use_session().me.is_some();
    once_taken_over(move || {
        tick_every_second(&now);
        if signed_in {
            live.start();
            unread.start(&live);
        }
    });
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Baton".to_owned() } else { format!("{title} · Baton") }/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=Part::Entry(Entry::SignIn) ssr=SsrMode::Async/>
                <Route path=path!("/first-run") view=Part::Entry(Entry::FirstRun) ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("/") view=Part::Lists(Lists::Overview) ssr=SsrMode::Async/>
                    <Route path=path!("/tasks") view=Part::Lists(Lists::Tasks) ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/new") view=Part::Setup(Setup::NewTask) ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/dead") view=Part::Lists(Lists::DeadTasks) ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/:id") view=Part::Results(Results::Task) ssr=SsrMode::Async/>
                    <Route path=path!("/workflows") view=Part::Flows(Flows::Workflows) ssr=SsrMode::Async/>
                    <Route path=path!("/workflows/~new") view=Part::Flows(Flows::Edit) ssr=SsrMode::Async/>
                    <Route path=path!("/workflows/~edit") view=Part::Flows(Flows::Edit) ssr=SsrMode::Async/>
                    <Route path=path!("/workflows/:name") view=Part::Flows(Flows::Workflow) ssr=SsrMode::Async/>
                    <Route path=path!("/plans") view=Part::Flows(Flows::Plans) ssr=SsrMode::Async/>
                    <Route path=path!("/plans/new") view=Part::Flows(Flows::NewPlan) ssr=SsrMode::Async/>
                    <Route path=path!("/plans/:id") view=Part::Flows(Flows::Plan) ssr=SsrMode::Async/>
                    <Route path=path!("/runs") view=Part::Progress(Progress::Runs) ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id") view=Part::Progress(Progress::Run) ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id/fork") view=Part::Progress(Progress::Fork) ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id/diff") view=Part::Progress(Progress::Diff) ssr=SsrMode::Async/>
                    <Route path=path!("/approvals") view=Part::Progress(Progress::Approvals) ssr=SsrMode::Async/>
                    <Route path=path!("/approvals/:id") view=Part::Progress(Progress::Approval) ssr=SsrMode::Async/>
                    <Route path=path!("/decisions") view=Part::Votes(Votes::Decisions) ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/new") view=Part::Setup(Setup::OpenDecision) ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/lab") view=Part::Votes(Votes::Lab) ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/:id") view=Part::Votes(Votes::Decision) ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts") view=Part::Shared(Shared::Conflicts) ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts/:id") view=Part::Shared(Shared::Conflict) ssr=SsrMode::Async/>
                    <Route path=path!("/claims") view=Part::Shared(Shared::Claims) ssr=SsrMode::Async/>
                    <Route path=path!("/lines") view=Part::Shared(Shared::Lines) ssr=SsrMode::Async/>
                    <Route path=path!("/contracts") view=Part::Shared(Shared::Deals) ssr=SsrMode::Async/>
                    <Route path=path!("/contracts/new") view=Part::Setup(Setup::NewContract) ssr=SsrMode::Async/>
                    <Route path=path!("/contracts/:id") view=Part::Shared(Shared::Contract) ssr=SsrMode::Async/>
                    <Route path=path!("/bargains/new") view=Part::Setup(Setup::NewBargain) ssr=SsrMode::Async/>
                    <Route path=path!("/bargains/:id") view=Part::Shared(Shared::Bargain) ssr=SsrMode::Async/>
                    <Route path=path!("/agents") view=Part::Lists(Lists::Agents) ssr=SsrMode::Async/>
                    <Route path=path!("/agents/:id") view=Part::Lists(Lists::Agent) ssr=SsrMode::Async/>
                    <Route path=path!("/servers") view=Part::Forms(Forms::Servers) ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view=Part::Forms(Forms::Notifications) ssr=SsrMode::Async/>
                    <Route path=path!("/events") view=Part::Forms(Forms::Events) ssr=SsrMode::Async/>
                    <Route path=path!("/limits") view=Part::Forms(Forms::Limits) ssr=SsrMode::Async/>
                    <Route path=path!("/topics") view=Part::Forms(Forms::Topics) ssr=SsrMode::Async/>
                    <Route path=path!("/topics/:name") view=Part::Forms(Forms::Topic) ssr=SsrMode::Async/>
                    <Route path=path!("/subscriptions/:name") view=Part::Forms(Forms::Subscription) ssr=SsrMode::Async/>
                    <Route path=path!("/connections") view=Part::Forms(Forms::Connections) ssr=SsrMode::Async/>
                    <Route path=path!("/models") view=Part::Forms(Forms::Models) ssr=SsrMode::Async/>
                    <Route path=path!("/members") view=Part::Forms(Forms::Members) ssr=SsrMode::Async/>
                    <Route path=path!("/dev/components") view=Part::Results(Results::Gallery) ssr=SsrMode::Async/>
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
