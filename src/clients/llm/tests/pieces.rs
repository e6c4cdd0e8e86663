//! Do whoever reads an answer while it is written get it in order, and a word where it begins anew?

use std::sync::Mutex;

use crate::support::{ask, caller, model, scripted};
use baton_clients_llm::scripted::Step;
use baton_domain::model::{ModelRequest, ModelTier};
use baton_domain::ports::Models;
use serde_json::json;

/// The pieces that a request on a model with these steps is given, and whether it was answered.
async fn pieces(request: ModelRequest, steps: Vec<Step>) -> (Vec<String>, Option<String>) {
    let (gateway, _, _) = scripted(model("m", ModelTier::Small, 1), steps);
    let pieces = Mutex::new(Vec::new());
    let write = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
    let answer = gateway.complete(&caller(), request, Some(&write)).await.ok().map(|answer| answer.text);
    (pieces.into_inner().unwrap(), answer)
}

#[tokio::test(start_paused = true)]
async fn pieces_come_in_order_and_are_the_answer() {
    let (given, answer) = pieces(ask("x"), vec![Step::Say("one two three".to_owned())]).await;
    assert_eq!((given, answer.as_deref()), (vec!["one ".to_owned(), "two ".to_owned(), "three".to_owned()], Some("one two three")));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_asked_for_again_begins_anew_after_an_empty_piece() {
    let (given, answer) = pieces(ask("x"), vec![Step::Break("half of".to_owned()), Step::Say("whole".to_owned())]).await;
    assert_eq!((given.as_slice(), answer.as_deref()), (["half ", "of", "", "whole"].map(str::to_owned).as_slice(), Some("whole")));
    // One that does not fit is void too; a try that wrote nothing leaves nothing to take back.
    let shaped = ModelRequest { schema: Some(json!({"type": "array"})), ..ask("x") };
    let steps = vec![Step::Break(String::new()), Step::Say("no".to_owned()), Step::Say("[1]".to_owned())];
    let (given, answer) = pieces(shaped, steps).await;
    assert_eq!((given.as_slice(), answer.as_deref()), (["no", "", "[1]"].map(str::to_owned).as_slice(), Some("[1]")));
}
