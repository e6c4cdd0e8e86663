//! What is going on: one sentence, four numbers, two charts, the agents, what needs attention, the latest tasks.

mod model;
mod sentence;
mod series;

use leptos::prelude::*;

use self::model::{Model, read};
use crate::components::agent_card::AgentCard;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::chart::{Chart, latency_options, throughput_options};
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::stat::Stat;
use crate::components::task_table::TaskTable;
use crate::format;
use crate::live::use_live;
use crate::page_data::PageData;
use crate::reactive::{effect, memo};

/// The overview.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let data = PageData::new(|| (), |()| read());
    view! {
        <PageHead
            title="Overview"
            actions=view! {
                <a class=Kind::Primary.class() href="/tasks/new">
                    "New task"
                </a>
            }
                .into_any()
        />
        {loaded(data, |data| view! { <Content model=Model::new(&use_live(), data)/> })}
    }
    .into_any()
}

#[component]
fn Content(model: Model) -> impl IntoView {
    let live = use_live();
    effect(move || model.follow(&live));
    let series = model.series;
    let throughput = Signal::derive(move || series.with(throughput_options));
    let latency = Signal::derive(move || series.with(latency_options));
    // Lines without a point look like a chart that is broken.
    let measured = memo(move |_| series.with(series::is_measured));
    let trend = move |of: fn(&baton_domain::wire::metrics::Point) -> f64| {
        Signal::derive(move || series.with(|series| series.points.iter().map(of).collect::<Vec<f64>>()))
    };
    let numbers = memo(move |_| series.with(series::numbers));
    let queue = move || {
        let count = |state| model.count(state);
        use baton_domain::task::TaskState::{Assigned, Queued, Running};
        format!("{} / {}", format::count(count(Queued)), format::count(count(Assigned) + count(Running)))
    };
    view! {
        <div class="space-y-4">
            {move || sentence::draw(&model)}
            <div class="grid grid-cols-1 gap-4 sm:grid-cols-2 rail:grid-cols-4">
                <Stat
                    label="Throughput"
                    note="per minute, last 5 min"
                    value=Signal::derive(move || numbers.get().per_minute)
                    trend=trend(series::ended)
                    href="/tasks"
                    test_id="stat-throughput"
                />
                <Stat
                    label="Wait"
                    note="95th percentile, last hour"
                    value=Signal::derive(move || numbers.get().wait)
                    trend=trend(series::wait)
                    href="/tasks?state=queued"
                    test_id="stat-wait"
                />
                <Stat
                    label="Success"
                    note="of attempts, last hour"
                    value=Signal::derive(move || numbers.get().success)
                    trend=trend(series::success)
                    href="/tasks?state=failed"
                    test_id="stat-success"
                />
                <Stat
                    label="Queued / at work"
                    note="now"
                    value=Signal::derive(queue)
                    trend=trend(series::submitted)
                    href="/tasks?state=running"
                    test_id="stat-queue"
                />
            </div>
            <div class="grid grid-cols-1 gap-4 rail:grid-cols-2">
                <Card title="Throughput" test_id="chart-throughput">
                    <Chart options=throughput label="Tasks submitted and attempts ended over the last hour".to_owned()/>
                </Card>
                <Card title="Latency" test_id="chart-latency">
                    {move || {
                        (!measured.get())
                            .then(|| {
                                view! {
                                    <p class="px-1 text-muted" data-testid="latency-empty">
                                        "No attempt of the last hour has been measured yet."
                                    </p>
                                }
                            })
                    }}
                    <Chart options=latency label="Waiting and running time over the last hour".to_owned()/>
                </Card>
            </div>
            <section class="space-y-2">
                <h2 class="text-14 font-semibold">"Agents"</h2>
                <div class="grid grid-cols-1 gap-4 sm:grid-cols-2 rail:grid-cols-3">
                    <For each=move || model.agents.get() key=|agent| agent.with_untracked(|agent| agent.id) let(agent)>
                        <AgentCard agent/>
                    </For>
                </div>
                {move || model.agents.with(Vec::is_empty).then(|| view! { <Empty text="No agent is registered."/> })}
            </section>
            <div class="grid grid-cols-1 gap-4 rail:grid-cols-2">
                <Card title="Needs attention" flush=true test_id="attention">
                    <Rows rows=model.attention label="Tasks that need attention" empty="Nothing needs attention."/>
                </Card>
                <Card title="Latest tasks" flush=true>
                    <Rows rows=model.latest label="Latest tasks" empty="No task yet: submit the first one."/>
                </Card>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Rows(rows: RwSignal<model::Rows>, label: &'static str, empty: &'static str) -> impl IntoView {
    let none = memo(move |_| rows.with(Vec::is_empty));
    move || {
        if none.get() { view! { <Empty text=empty/> }.into_any() } else { view! { <TaskTable rows label narrow=true/> }.into_any() }
    }
}
