//! Are requests with tools given only to models that call them, and are their calls held against what the tools take?

use std::sync::Arc;

use crate::support::{Books, ask, caller, gateway, model, scripted};
use baton_clients_llm::Provider;
use baton_clients_llm::scripted::{Habit, Scripted, Step};
use baton_domain::model::{FinishReason, ModelRequest, ModelTier, Role, ToolCall, ToolSpec};
use baton_domain::ports::{ConfiguredModel, Models};
use baton_domain::wire::model::Capabilities;
use serde_json::{Value, json};

fn tested(name: &str, rank: u32, tools: bool) -> ConfiguredModel {
    let mut model = model(name, ModelTier::Small, rank);
    model.settings.capabilities = Some(Capabilities { tools, ..Capabilities::default() });
    model
}

fn tool(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec { name: name.to_owned(), description: "finds".to_owned(), parameters }
}

fn with_search() -> ModelRequest {
    let parameters =
        json!({"type": "object", "properties": {"q": {"type": "string"}, "most": {"type": "integer", "maximum": 9}}, "required": ["q"]});
    ModelRequest { tools: vec![tool("search", parameters)], ..ask("find it") }
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: "c1".to_owned(), name: name.to_owned(), arguments }
}

#[tokio::test(start_paused = true)]
async fn only_models_that_are_known_to_call_tools_are_given_them() {
    let wanted = call("search", json!({"q": "x"}));
    let able = Arc::new(Scripted::new("able", vec![Step::Call(vec![wanted.clone()])], Habit::Refuse));
    let (unable, unknown) = (Arc::new(Scripted::new("unable", [], Habit::Echo)), Arc::new(Scripted::new("unknown", [], Habit::Echo)));
    let models = vec![tested("unable", 1, false), model("unknown", ModelTier::Small, 2), tested("able", 3, true)];
    let books = Arc::new(Books { models, ..Books::default() });
    let provider = |model: &Arc<Scripted>| Arc::clone(model) as Arc<dyn Provider>;
    let gateway = gateway(&books, vec![("unable", provider(&unable)), ("unknown", provider(&unknown)), ("able", provider(&able))]);
    let answer = gateway.complete(&caller(), with_search(), None).await.unwrap();
    assert_eq!((answer.tool_calls, answer.finish), (vec![wanted], FinishReason::ToolCalls));
    assert_eq!((unable.asked().len(), unknown.asked().len(), able.asked().len()), (0, 0, 1));
    // Without tools the order of preference holds.
    gateway.complete(&caller(), ask("find it"), None).await.unwrap();
    assert_eq!(unable.asked().len(), 1);
    let named = ModelRequest { model: Some("unable".to_owned()), ..with_search() };
    assert_eq!(gateway.complete(&caller(), named, None).await.unwrap_err().code, "MODEL-010");
}

#[tokio::test(start_paused = true)]
async fn where_none_calls_tools_the_refusal_says_what_to_do() {
    let books = Arc::new(Books { models: vec![tested("unable", 1, false), model("unknown", ModelTier::Small, 2)], ..Books::default() });
    let nobody = gateway(&books, vec![]);
    let refused = nobody.complete(&caller(), with_search(), None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.retryable), ("MODEL-010", false));
    for part in ["unable (calls none)", "unknown (not tested yet)", "under Models"] {
        assert!(refused.message.contains(part), "{}", refused.message);
    }
    let none = gateway(&Arc::new(Books::default()), vec![]);
    assert_eq!(none.complete(&caller(), with_search(), None).await.unwrap_err().code, "MODEL-001");
}

#[tokio::test(start_paused = true)]
async fn arguments_are_mended_or_asked_for_again_until_they_fit() {
    let fits = json!({"q": "x", "most": 3});
    for (steps, asked) in [
        (vec![call("search", fits.clone())], 1),
        // No JSON as it stands, as an endpoint gives it.
        (vec![call("search", json!("```json\n{'q': 'x', 'most': 3,}\n```"))], 1),
        (vec![call("search", json!("{\"q\": \"x\", \"most\": 3"))], 1),
        (vec![call("search", json!("find x")), call("search", fits.clone())], 2),
        (vec![call("search", json!({"most": 3})), call("search", json!({"q": "x", "most": 30})), call("search", fits.clone())], 3),
        (vec![call("look", fits.clone()), call("search", fits.clone())], 2),
    ] {
        let steps = steps.into_iter().map(|call| Step::Call(vec![call])).collect();
        let (gateway, player, books) = scripted(tested("m", 1, true), steps);
        let answer = gateway.complete(&caller(), with_search(), None).await.unwrap();
        assert_eq!((&answer.tool_calls[0].arguments, player.asked().len()), (&fits, asked));
        assert_eq!(answer.tool_calls[0].id, "c1");
        assert_eq!(books.calls.lock().unwrap().len(), 1, "the tries are one call");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_is_told_what_is_wrong_with_its_calls_and_refused_in_the_end() {
    let wrong = || Step::Call(vec![call("search", json!({"q": 7})), call("search", json!({"q": "x"}))]);
    let (gateway, player, _) = scripted(tested("m", 1, true), vec![wrong(), wrong(), wrong()]);
    let refused = gateway.complete(&caller(), with_search(), None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), player.asked().len()), ("MODEL-003", 3));
    assert!(refused.message.contains("the arguments of search") && refused.message.contains("/q"), "{}", refused.message);
    let again = &player.asked()[1].messages;
    let (said, told) = (&again[again.len() - 2], &again[again.len() - 1]);
    assert!(said.role == Role::Assistant && said.content.contains("I call the tool search with {\"q\":7}"), "{said:?}");
    assert!(told.role == Role::User && told.content.contains("/q") && told.content.contains("none was made"), "{told:?}");
    // A call of a tool that nobody offered is none.
    let invented = vec![Step::Call(vec![call("shell", json!({}))]), Step::Say("I cannot.".to_owned())];
    let (gateway, player, _) = scripted(tested("m", 1, true), invented);
    let answer = gateway.complete(&caller(), ask("do it"), None).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tool_calls.len(), player.asked().len()), ("I cannot.", 0, 2));
}

#[tokio::test(start_paused = true)]
async fn tools_that_are_none_are_refused_before_anybody_is_asked() {
    let object = || json!({"type": "object"});
    for tools in [
        vec![tool("", object())],
        vec![tool("two words", object())],
        vec![tool(&"x".repeat(65), object())],
        vec![tool("same", object()), tool("same", object())],
        vec![tool("broken", json!({"type": 7}))],
        (0..129).map(|number| tool(&format!("t{number}"), object())).collect(),
    ] {
        let (gateway, player, _) = scripted(tested("m", 1, true), vec![]);
        let refused = gateway.complete(&caller(), ModelRequest { tools, ..ask("x") }, None).await.unwrap_err();
        assert!(refused.code == "REQUEST-002" && refused.message.contains("tools"), "{refused:?}");
        assert_eq!(player.asked().len(), 0);
    }
}
