//! What do people see of their rows, and what can they do with them?

use baton_domain::id::ApiKeyId;
use baton_domain::services::NotificationService as _;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::notification::{NotificationFilter, NotificationMark};
use serde_json::json;
use uuid::Uuid;

use super::Scene;

fn mark(read: bool) -> NotificationMark {
    NotificationMark { read, ids: None, up_to: None }
}

async fn five() -> Scene {
    let scene = Scene::open().await;
    for run in 1..=5 {
        scene.ask(run, "key", json!([])).await;
        scene.pass(1);
    }
    scene.project().await;
    scene
}

#[tokio::test]
async fn a_list_is_read_in_pages_the_newest_first() {
    let scene = five().await;
    let (desk, caller) = (scene.desk(), scene.caller(&scene.admin));
    let mut filter = NotificationFilter { limit: Some(2), ..NotificationFilter::default() };
    let mut seen = Vec::new();
    loop {
        let page = desk.list(&caller, filter.clone()).await.unwrap();
        assert!(page.items.len() <= 2 && page.unread == 5);
        seen.extend(page.items.into_iter().map(|row| row.subject));
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(seen, (1..=5).rev().map(|run| format!("approval:{run}:publish")).collect::<Vec<_>>());
}

#[tokio::test]
async fn everybody_has_their_own() {
    let scene = five().await;
    let (desk, ada, otto) = (scene.desk(), scene.caller(&scene.admin), scene.caller(&scene.operator));
    let of_ada: Vec<_> = desk.list(&ada, NotificationFilter::default()).await.unwrap().items.into_iter().map(|row| row.id).collect();
    // Another's identifiers change nothing, and say nothing.
    let answer = desk.mark(&otto, NotificationMark { read: true, ids: Some(of_ada.clone()), up_to: None }).await.unwrap();
    assert_eq!((answer.changed, answer.unread), (0, 5));
    let answer = desk.mark(&otto, mark(true)).await.unwrap();
    assert_eq!((answer.changed, answer.unread), (5, 0));
    assert_eq!(desk.unread(&ada).await.unwrap().unread, 5);
    assert!(desk.list(&scene.caller(&scene.viewer), NotificationFilter::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn some_or_all_are_marked_as_read_and_as_unread() {
    let scene = five().await;
    let (desk, caller) = (scene.desk(), scene.caller(&scene.admin));
    let ids: Vec<_> = desk.list(&caller, NotificationFilter::default()).await.unwrap().items.into_iter().map(|row| row.id).collect();
    let some = |read, ids: &[_]| NotificationMark { read, ids: Some(ids.to_vec()), up_to: None };
    assert_eq!(desk.mark(&caller, some(true, &ids[1..3])).await.unwrap().unread, 3);
    assert_eq!(desk.mark(&caller, some(true, &ids[1..3])).await.unwrap().changed, 0, "twice does no harm");
    let unread = desk.list(&caller, NotificationFilter { unread: true, ..NotificationFilter::default() }).await.unwrap();
    assert_eq!(unread.items.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[0], ids[3], ids[4]]);
    assert_eq!(desk.mark(&caller, some(false, &ids[2..3])).await.unwrap().unread, 4);
    assert_eq!(desk.mark(&caller, mark(true)).await.unwrap().unread, 0);
    assert_eq!(desk.mark(&caller, mark(false)).await.unwrap().unread, 5);
}

#[tokio::test]
async fn what_came_since_the_list_was_read_stays_unread() {
    let scene = five().await;
    let (desk, caller) = (scene.desk(), scene.caller(&scene.admin));
    let newest = desk.list(&caller, NotificationFilter::default()).await.unwrap().items[0].id;
    scene.ask(6, "key", json!([])).await;
    scene.project().await;
    let answer = desk.mark(&caller, NotificationMark { read: true, ids: None, up_to: Some(newest) }).await.unwrap();
    assert_eq!((answer.changed, answer.unread), (5, 1));
}

#[tokio::test]
async fn a_settled_one_counts_as_read_and_stays_in_the_list() {
    let scene = five().await;
    let (desk, caller) = (scene.desk(), scene.caller(&scene.admin));
    scene.commit("approval.decided", "approval:3:publish", json!({})).await;
    scene.project().await;
    let list = desk.list(&caller, NotificationFilter::default()).await.unwrap();
    assert_eq!((list.items.len(), list.unread, list.items[2].is_unread()), (5, 4, false));
    assert_eq!((list.items[2].settled_at, list.items[2].read_at), (Some(scene.now()), None));
    assert_eq!(desk.mark(&caller, mark(false)).await.unwrap().unread, 4, "nothing makes it wait again");
}

#[tokio::test]
async fn an_answer_says_which_event_it_takes_into_account() {
    let scene = five().await;
    let (desk, caller) = (scene.desk(), scene.caller(&scene.admin));
    let last = scene.store.newest_event();
    assert_eq!(desk.unread(&caller).await.unwrap().as_of, last);
    let next = scene.ask(6, "key", json!([])).await;
    assert_eq!(desk.unread(&caller).await.unwrap().as_of, last, "nobody has made notifications of it yet");
    scene.project().await;
    let count = desk.unread(&caller).await.unwrap();
    assert_eq!((count.unread, count.as_of), (6, next));
}

#[tokio::test]
async fn only_people_have_some() {
    let scene = five().await;
    let desk = scene.desk();
    let key = Principal::ApiKey { id: ApiKeyId::new(Uuid::from_u128(1)), name: "ci".to_owned() };
    let key = Caller { principal: key, role: Some(Role::Admin), ..Caller::anonymous() };
    for (caller, code) in [(key, "NOTIFICATION-001"), (Caller::system(), "NOTIFICATION-001"), (Caller::anonymous(), "AUTH-001")] {
        assert_eq!(desk.list(&caller, NotificationFilter::default()).await.unwrap_err().code, code);
        assert_eq!(desk.unread(&caller).await.unwrap_err().code, code);
        assert_eq!(desk.mark(&caller, mark(true)).await.unwrap_err().code, code);
    }
    assert_eq!(desk.unread(&scene.caller(&scene.admin)).await.unwrap().unread, 5);
}

#[tokio::test]
async fn wrong_requests_name_the_field() {
    let scene = five().await;
    let (desk, caller) = (scene.desk(), scene.caller(&scene.admin));
    let id = desk.list(&caller, NotificationFilter::default()).await.unwrap().items[0].id;
    let list = |cursor: Option<&str>, limit| NotificationFilter { unread: false, cursor: cursor.map(str::to_owned), limit };
    for (filter, field) in [(list(None, Some(0)), "limit"), (list(None, Some(501)), "limit"), (list(Some("x"), None), "cursor")] {
        let problem = desk.list(&caller, filter).await.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-010", field));
    }
    for (mark, field) in [
        (NotificationMark { read: true, ids: Some(Vec::new()), up_to: None }, "ids"),
        (NotificationMark { read: true, ids: Some(vec![id; 501]), up_to: None }, "ids"),
        (NotificationMark { read: true, ids: Some(vec![id]), up_to: Some(id) }, "up_to"),
        (NotificationMark { read: false, ids: None, up_to: Some(id) }, "up_to"),
    ] {
        let problem = desk.mark(&caller, mark).await.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-002", field));
    }
    assert_eq!(desk.unread(&caller).await.unwrap().unread, 5, "nothing was changed");
}
