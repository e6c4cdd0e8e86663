//! How the tab's one socket is opened, kept and opened again. Only a browser has one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_domain::id::EventSeq;
use baton_domain::wire::live::{CLOSE_SESSION_ENDED, ClientFrame};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::{Connection, Live, backoff, frame, locked};
use crate::navigation;
use crate::server_fns::{auth, events};

/// Where the socket is.
const ADDRESS: &str = "/api/v1/events/ws";
/// What every tab wants events of; log lines and progress of single tasks come on top.
pub const TOPICS: &str =
    "task,agent,artifact,server,limit,topic,subscription,workflow,run,approval,decision,conflict,claim,contract,bargain,line,plan";
/// How long a page may take to say from where it follows, before the socket is opened without one.
const PATIENCE: Duration = Duration::from_millis(400);

/// The tab's socket, if this is a browser.
#[derive(Clone, Default)]
pub(super) struct Socket(Arc<Mutex<Option<SendWrapper<Rc<State>>>>>);

#[derive(Default)]
struct State {
    open: RefCell<Option<Open>>,
    failures: Cell<u32>,
    refreshed: Cell<bool>,
    timer: Cell<Option<TimeoutHandle>>,
    begun: Cell<bool>,
}

/// An open connection with what must live as long as it.
struct Open {
    socket: WebSocket,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _open: Closure<dyn FnMut()>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    fn state(&self) -> Option<Rc<State>> {
        locked(&self.0).as_ref().map(|state| Rc::clone(state))
    }

    /// Called once when the page is live and somebody is signed in.
    pub(super) fn start(&self, live: &Live) {
        if self.state().is_some() {
            return;
        }
        *locked(&self.0) = Some(SendWrapper::new(Rc::default()));
        live.connection.set(Connection::Connecting);
        watch_the_browser(live);
        if locked(&live.hub).earliest().is_some() {
            return self.wanted(live);
        }
        let live = live.clone();
        // A page that shows nothing live has no place to resume from: the newest event is where it begins.
        set_timeout(
            move || {
                if live.socket.state().is_some_and(|state| state.begun.get()) {
                    return;
                }
                spawn_local(async move {
                    match events::head().await {
                        Ok(head) => live.socket.begin(&live, head),
                        Err(error) if error.0.status == 401 => navigation::to_sign_in(),
                        Err(_) => live.socket.later(&live),
                    }
                });
            },
            PATIENCE,
        );
    }

    /// A page follows: opens the socket where the page's data ends, or tells the open one of new topics.
    pub(super) fn wanted(&self, live: &Live) {
        let Some(state) = self.state() else { return };
        if state.begun.get() {
            return self.topics_changed(live);
        }
        let live = live.clone();
        // After this task, when every part of the page has said from where it follows.
        set_timeout(
            move || {
                let earliest = locked(&live.hub).earliest();
                if let Some(since) = earliest {
                    live.socket.begin(&live, since);
                }
            },
            Duration::ZERO,
        );
    }

    fn begin(&self, live: &Live, since: EventSeq) {
        let Some(state) = self.state() else { return };
        if state.begun.replace(true) {
            return;
        }
        locked(&live.hub).begin(since);
        self.connect(live);
    }

    /// Tells the server which tasks' log lines are wanted now.
    pub(super) fn topics_changed(&self, live: &Live) {
        let Some(state) = self.state() else { return };
        let (tasks, since) = {
            let hub = locked(&live.hub);
            (hub.tasks(), hub.high())
        };
        let topics = TOPICS.split(',').map(str::to_owned).chain(tasks.into_iter().map(|task| format!("task:{task}"))).collect();
        let frame = ClientFrame::Subscribe { topics, since };
        if let (Some(open), Ok(text)) = (&*state.open.borrow(), serde_json::to_string(&frame))
            && open.socket.ready_state() == WebSocket::OPEN
        {
            // A socket that closes at this moment subscribes anew when it is opened again.
            let _ = open.socket.send_with_str(&text);
        }
    }

    fn connect(&self, live: &Live) {
        let Some(state) = self.state() else { return };
        state.timer.set(None);
        if state.open.borrow().as_ref().is_some_and(|open| open.socket.ready_state() <= WebSocket::OPEN) {
            return;
        }
        let Some(address) = address(live) else { return };
        let Ok(socket) = WebSocket::new(&address) else { return self.later(live) };
        let on_open = Closure::new({
            let live = live.clone();
            move || live.socket.opened(&live)
        });
        let on_message = Closure::new({
            let live = live.clone();
            move |message: MessageEvent| {
                if let Some(frame) = message.data().as_string().and_then(|text| frame::read(&text)) {
                    live.take(frame);
                }
            }
        });
        let on_close = Closure::new({
            let live = live.clone();
            move |close: CloseEvent| live.socket.closed(&live, close.code())
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        let before = state.open.replace(Some(Open { socket, _message: on_message, _open: on_open, _close: on_close }));
        drop_later(before);
    }

    fn opened(&self, live: &Live) {
        let Some(state) = self.state() else { return };
        state.failures.set(0);
        state.refreshed.set(false);
        live.connection.set(Connection::Live);
        // Topics may have changed between the address and now.
        self.topics_changed(live);
    }

    fn closed(&self, live: &Live, code: u16) {
        let Some(state) = self.state() else { return };
        drop_later(state.open.take());
        if code == CLOSE_SESSION_ENDED {
            if state.refreshed.replace(true) {
                return navigation::to_sign_in();
            }
            live.connection.set(Connection::Reconnecting);
            let live = live.clone();
            spawn_local(async move {
                match auth::refresh().await {
                    Err(error) if error.0.status == 401 => navigation::to_sign_in(),
                    Ok(_) => live.socket.connect(&live),
                    Err(_) => live.socket.later(&live),
                }
            });
            return;
        }
        self.later(live);
    }

    /// Tries again after a while.
    fn later(&self, live: &Live) {
        let Some(state) = self.state() else { return };
        let failures = state.failures.get();
        state.failures.set(failures.saturating_add(1));
        live.connection.set(if navigation::online() { Connection::Reconnecting } else { Connection::Offline });
        if failures % 4 == 1 {
            ask_whether_signed_in();
        }
        let delay = backoff::delay_ms(failures, js_sys::Math::random());
        let again = live.clone();
        let handle = set_timeout_with_handle(move || again.socket.again(&again), Duration::from_secs_f64(delay / 1_000.0));
        if let Some(before) = state.timer.replace(handle.ok()) {
            before.clear();
        }
    }

    /// Drops the socket, however it looks, and opens another.
    fn anew(&self, live: &Live) {
        if let Some(state) = self.state() {
            live.connection.set(Connection::Reconnecting);
            drop_later(state.open.take());
            self.again(live);
        }
    }

    /// Opens the socket if it is not, without waiting any longer.
    fn again(&self, live: &Live) {
        let Some(state) = self.state() else { return };
        if let Some(timer) = state.timer.take() {
            timer.clear();
        }
        if state.begun.get() {
            return self.connect(live);
        }
        let earliest = locked(&live.hub).earliest();
        match earliest {
            Some(since) => self.begin(live, since),
            None => {
                let live = live.clone();
                spawn_local(async move {
                    match events::head().await {
                        Ok(head) => live.socket.begin(&live, head),
                        Err(_) => live.socket.later(&live),
                    }
                });
            }
        }
    }
}

/// A refused handshake looks to a page like a dead server: only asking tells them apart.
fn ask_whether_signed_in() {
    spawn_local(async {
        if let Err(error) = auth::me().await
            && error.0.status == 401
        {
            navigation::to_sign_in();
        }
    });
}

fn address(live: &Live) -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let host = location.host().ok()?;
    let (tasks, since) = {
        let hub = locked(&live.hub);
        (hub.tasks(), hub.high())
    };
    let topics: String = tasks.into_iter().map(|task| format!(",task:{task}")).collect();
    Some(format!("{scheme}://{host}{ADDRESS}?since={since}&topics={TOPICS}{topics}"))
}

/// Comes back at once when the network does, or when the tab is looked at again.
fn watch_the_browser(live: &Live) {
    let back = live.clone();
    // A socket that was open when the network went may look open for minutes: it is not trusted.
    let online = window_event_listener_untyped("online", move |_| back.socket.anew(&back));
    let gone = live.clone();
    let offline = window_event_listener_untyped("offline", move |_| gone.connection.set(Connection::Offline));
    let seen = live.clone();
    let visible = window_event_listener_untyped("visibilitychange", move |_| {
        if document().visibility_state() == web_sys::VisibilityState::Visible {
            seen.socket.again(&seen);
        }
    });
    on_cleanup(move || {
        online.remove();
        offline.remove();
        visible.remove();
    });
}

/// A connection's handlers may be running: they must not be dropped before they return.
fn drop_later(open: Option<Open>) {
    if let Some(open) = open {
        open.socket.set_onopen(None);
        open.socket.set_onmessage(None);
        open.socket.set_onclose(None);
        // One that is closed already stays so.
        let _ = open.socket.close();
        let open = SendWrapper::new(open);
        set_timeout(move || drop(open), Duration::ZERO);
    }
}
