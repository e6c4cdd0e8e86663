//! Does the gateway ask the right model, keep to budgets whatever races, mend what is nearly right, and stand in for what fails?

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::support::{Books, ask, caller, gateway, model};
use baton_clients_llm::scripted::{Habit, Scripted, Step};
use baton_clients_llm::{CallError, Provider};
use baton_domain::model::{ModelRequest, ModelTier};
use baton_domain::ports::{ConfiguredModel, Models};
use baton_domain::problem::Code;
use baton_domain::wire::model::ModelState;
use serde_json::json;

fn books(models: Vec<ConfiguredModel>) -> Arc<Books> {
    Arc::new(Books { models, ..Books::default() })
}

fn played(steps: Vec<Step>, habit: Habit) -> Arc<Scripted> {
    Arc::new(Scripted::new("played", steps, habit))
}

fn as_provider(model: &Arc<Scripted>) -> Arc<dyn Provider> {
    Arc::clone(model) as Arc<dyn Provider>
}

fn down() -> CallError {
    CallError::passing("down")
}

#[tokio::test(start_paused = true)]
async fn the_first_model_that_is_able_enough_answers() {
    let (small, large) = (played(vec![], Habit::Echo), played(vec![], Habit::Echo));
    let books = books(vec![model("small", ModelTier::Small, 1), model("large", ModelTier::Large, 2)]);
    let gateway = gateway(&books, vec![("small", as_provider(&small)), ("large", as_provider(&large))]);
    gateway.complete(&caller(), ask("one"), None).await.unwrap();
    gateway.complete(&caller(), ModelRequest { least: ModelTier::Medium, ..ask("two") }, None).await.unwrap();
    gateway.complete(&caller(), ModelRequest { model: Some("large".to_owned()), ..ask("three") }, None).await.unwrap();
    assert_eq!((small.asked().len(), large.asked().len()), (1, 2));
}

#[tokio::test]
async fn without_a_model_or_an_able_one_the_code_says_which() {
    let none = gateway(&books(vec![]), vec![]);
    assert_eq!(none.complete(&caller(), ask("x"), None).await.unwrap_err().code, "MODEL-001");
    let books = books(vec![model("small", ModelTier::Small, 1)]);
    let small = gateway(&books, vec![("small", as_provider(&played(vec![], Habit::Echo)))]);
    let refused = small.complete(&caller(), ModelRequest { least: ModelTier::Large, ..ask("x") }, None).await.unwrap_err();
    assert_eq!(refused.code, "MODEL-002");
    assert!(refused.message.contains("large") && refused.message.contains("small"), "{}", refused.message);
    let named = ModelRequest { model: Some("other".to_owned()), ..ask("x") };
    assert_eq!(small.complete(&caller(), named, None).await.unwrap_err().code, "MODEL-008");
}

#[tokio::test]
async fn whatever_is_asked_is_recorded_also_where_nobody_could_be_asked() {
    let mut places = model("places", ModelTier::Small, 1);
    places.settings.embeds = true;
    let books = books(vec![places]);
    let gateway = gateway(&books, vec![("places", as_provider(&played(vec![], Habit::Echo)))]);
    let refused = gateway.complete(&caller(), ask("x"), None).await.unwrap_err();
    let calls = books.calls.lock().unwrap().clone();
    assert_eq!((calls.len(), calls[0].model.as_str(), &calls[0].answer), (1, "none", &Err(refused)));
    assert_eq!(calls[0].request, ask("x"));
    let texts = vec!["ab".to_owned(), "c".to_owned()];
    let placed = gateway.embed(&caller(), texts.clone()).await.unwrap();
    let none = gateway.embed(&caller(), Vec::new()).await.unwrap_err();
    let placings = books.embeddings.lock().unwrap().clone();
    assert_eq!((placings[0].model.as_str(), &placings[0].texts, &placings[0].answer), ("places", &texts, &Ok(placed)));
    assert_eq!((placings.len(), placings[1].model.as_str(), &placings[1].answer), (2, "none", &Err(none)));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_is_tried_again_and_then_another_stands_in() {
    let first = played(vec![Step::Fail(down()), Step::Fail(down()), Step::Fail(down())], Habit::Echo);
    let second = played(vec![Step::Fail(down()), Step::Say("here".to_owned())], Habit::Refuse);
    let books = books(vec![model("first", ModelTier::Small, 1), model("second", ModelTier::Small, 2)]);
    let gateway = gateway(&books, vec![("first", as_provider(&first)), ("second", as_provider(&second))]);
    let answer = gateway.complete(&caller(), ask("x"), None).await.unwrap();
    assert_eq!((answer.text.as_str(), first.asked().len(), second.asked().len()), ("here", 3, 2));
    let calls = books.calls.lock().unwrap();
    let outcomes: Vec<_> = calls.iter().map(|call| (call.model.as_str(), call.answer.is_ok())).collect();
    assert_eq!(outcomes, [("first", false), ("second", true)], "both are on record");
}

#[tokio::test(start_paused = true)]
async fn texts_are_placed_with_tries_within_a_budget_and_on_record() {
    let failing = played(vec![Step::Fail(down()), Step::Fail(down())], Habit::Echo);
    let mut places = model("places", ModelTier::Tiny, 1);
    places.settings.embeds = true;
    let shelf = Arc::new(Books { models: vec![places], limit: Some(1_000), ..Books::default() });
    let gateway = gateway(&shelf, vec![("places", as_provider(&failing))]);
    let placed = gateway.embed(&caller(), vec!["abc".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!((placed.vectors.len(), placed.vectors[0].len()), (2, 26));
    assert_eq!(gateway.embed(&caller(), vec!["x".repeat(2_000)]).await.unwrap_err().code, Code::BudgetExhausted.as_str());
    {
        let calls = shelf.embeddings.lock().unwrap();
        assert_eq!((calls.len(), calls[0].model.as_str(), calls[0].texts.len()), (2, "places", 2), "one with its tries");
        assert_eq!(calls[0].answer.as_ref().unwrap(), &placed);
        assert!(calls[1].answer.is_err(), "what was refused is on record too");
    }
    assert!(shelf.answers.lock().unwrap().is_empty(), "no answer that is given again");
    let none = gateway_without();
    let refused = none.embed(&caller(), vec!["a".to_owned()]).await.unwrap_err();
    assert!(refused.code == "MODEL-001" && refused.message.contains("under Models"), "{refused:?}");
}

fn gateway_without() -> baton_clients_llm::ModelGateway {
    gateway(&books(vec![model("writes", ModelTier::Small, 1)]), vec![])
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_tried_again() {
    let refusing = played(vec![Step::Fail(CallError::lasting(Code::ModelRefused, "wrong key"))], Habit::Echo);
    let books = books(vec![model("m", ModelTier::Small, 1)]);
    let gateway = gateway(&books, vec![("m", as_provider(&refusing))]);
    let refused = gateway.complete(&caller(), ask("x"), None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.retryable, refusing.asked().len()), ("MODEL-006", false, 1));
    assert_eq!(books.spent.load(Ordering::SeqCst), 0, "what was set aside came back");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_endpoint_asks_for_is_kept_if_it_is_bearable() {
    let asks = |seconds| CallError { retry_after: Some(Duration::from_secs(seconds)), ..down() };
    let model_of = |seconds| played(vec![Step::Fail(asks(seconds))], Habit::Echo);
    let (short, long) = (model_of(7), model_of(300));
    for (player, answers, waited) in [(&short, true, 7), (&long, false, 0)] {
        let books = books(vec![model("m", ModelTier::Small, 1)]);
        let gateway = gateway(&books, vec![("m", as_provider(player))]);
        let began = tokio::time::Instant::now();
        assert_eq!(gateway.complete(&caller(), ask("x"), None).await.is_ok(), answers);
        assert_eq!(began.elapsed().as_secs(), waited);
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_again_and_again_rests() {
    let broken = played(vec![Step::Fail(down()); 50], Habit::Echo);
    let books = books(vec![model("m", ModelTier::Small, 1)]);
    let gateway = gateway(&books, vec![("m", as_provider(&broken))]);
    for number in 0..10 {
        assert!(gateway.complete(&caller(), ask(&number.to_string()), None).await.is_err());
    }
    assert_eq!((broken.asked().len(), gateway.state("m")), (5, ModelState::Resting));
}

#[tokio::test(start_paused = true)]
async fn fifty_that_race_for_one_budget_never_spend_more() {
    let slow: Vec<Step> = (0..50).map(|number| Step::Wait(Duration::from_millis(number % 7), "four".to_owned())).collect();
    let books = Arc::new(Books { models: vec![model("m", ModelTier::Small, 1)], limit: Some(1_000), ..Books::default() });
    let gateway = Arc::new(gateway(&books, vec![("m", as_provider(&played(slow, Habit::Echo)))]));
    let racing: Vec<_> = (0..50)
        .map(|number| {
            let gateway = Arc::clone(&gateway);
            tokio::spawn(async move { gateway.complete(&caller(), ask(&format!("question {number}")), None).await })
        })
        .collect();
    let (mut answered, mut refused, mut used) = (0, 0, 0);
    for one in racing {
        match one.await.unwrap() {
            Ok(answer) => {
                answered += 1;
                used += answer.usage.prompt_tokens + answer.usage.completion_tokens;
            }
            Err(failure) => {
                assert_eq!(failure.code, "MODEL-005");
                refused += 1;
            }
        }
    }
    assert!(answered > 5 && refused > 5 && answered + refused == 50, "{answered} answered, {refused} refused");
    assert!(books.peak.load(Ordering::SeqCst) <= 1_000);
    assert_eq!(books.spent.load(Ordering::SeqCst), i64::try_from(used).unwrap(), "settled to what was used");
}

#[tokio::test(start_paused = true)]
async fn what_others_set_aside_and_do_not_use_is_waited_for() {
    // Each sets 92 aside and uses 46: five have room at once, ten one after the other, and the last finds 60 left.
    let slow: Vec<Step> = (0..11).map(|_| Step::Wait(Duration::from_secs(1), "four".to_owned())).collect();
    let books = Arc::new(Books { models: vec![model("m", ModelTier::Small, 1)], limit: Some(520), shared: true, ..Books::default() });
    let gateway = Arc::new(gateway(&books, vec![("m", as_provider(&played(slow, Habit::Echo)))]));
    let began = tokio::time::Instant::now();
    let racing: Vec<_> = (0..11)
        .map(|number| {
            let gateway = Arc::clone(&gateway);
            tokio::spawn(async move { gateway.complete(&caller(), ask(&format!("question {number:x}")), None).await })
        })
        .collect();
    let mut refused = Vec::new();
    for one in racing {
        refused.extend(one.await.unwrap().err());
    }
    assert_eq!(refused.iter().map(|failure| failure.code.as_str()).collect::<Vec<_>>(), ["MODEL-005"]);
    assert!(books.peak.load(Ordering::SeqCst) <= 520 && books.spent.load(Ordering::SeqCst) == 460);
    assert!(began.elapsed() < Duration::from_secs(10), "once nobody holds anything, nobody waits: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_for_a_call_that_was_dropped_stays_spent() {
    let books = books(vec![model("m", ModelTier::Small, 1)]);
    let gateway = gateway(&books, vec![("m", as_provider(&played(vec![Step::Hang], Habit::Echo)))]);
    let caller = caller();
    let call = gateway.complete(&caller, ask("x"), None);
    assert!(tokio::time::timeout(Duration::from_secs(5), call).await.is_err());
    assert!(books.spent.load(Ordering::SeqCst) > 0, "the endpoint may have gone on");
}

#[tokio::test(start_paused = true)]
async fn the_same_question_is_answered_from_memory_unless_chance_plays() {
    let player = played(vec![], Habit::Echo);
    let books = books(vec![model("m", ModelTier::Small, 1)]);
    let gateway = gateway(&books, vec![("m", as_provider(&player))]);
    let first = gateway.complete(&caller(), ask("x"), None).await.unwrap();
    let again = gateway.complete(&caller(), ask("x"), None).await.unwrap();
    assert_eq!((first.cached, again.cached, again.text == first.text, again.usage.prompt_tokens), (false, true, true, 0));
    let by_lot = || ModelRequest { temperature: 0.8, ..ask("x") };
    gateway.complete(&caller(), by_lot(), None).await.unwrap();
    gateway.complete(&caller(), by_lot(), None).await.unwrap();
    gateway.complete(&caller(), ask("y"), None).await.unwrap();
    assert_eq!(player.asked().len(), 4);
}

fn shaped() -> ModelRequest {
    let schema =
        json!({"type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"], "additionalProperties": false});
    ModelRequest { schema: Some(schema), ..ask("which?") }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_mended_or_asked_for_again_until_it_has_its_shape() {
    let said = |texts: &[&str]| played(texts.iter().map(|text| Step::Say((*text).to_owned())).collect(), Habit::Refuse);
    for (texts, asked) in [
        (&["{\"label\": \"a\"}"][..], 1),
        (&["Sure:\n```json\n{'label': 'a',}\n```"], 1),
        (&["I do not know.", "{\"label\": \"c\"}", "{\"label\": \"a\"}"], 3),
    ] {
        let player = said(texts);
        let books = books(vec![model("m", ModelTier::Small, 1)]);
        let answer = gateway(&books, vec![("m", as_provider(&player))]).complete(&caller(), shaped(), None).await.unwrap();
        assert_eq!((answer.json, player.asked().len()), (Some(json!({"label": "a"})), asked));
        let told: Vec<bool> = player.asked().iter().map(|request| request.messages[0].content.contains("JSON Schema")).collect();
        assert!(told.iter().all(|told| *told), "the schema is told in words");
    }
    let stubborn = said(&["no", "no", "no", "{\"label\": \"a\"}"]);
    let books = books(vec![model("m", ModelTier::Small, 1)]);
    let refused = gateway(&books, vec![("m", as_provider(&stubborn))]).complete(&caller(), shaped(), None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), stubborn.asked().len()), ("MODEL-003", 3));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_off_is_never_closed_by_guessing() {
    let cut = || Step::Cut("{\"label\": \"a\"".to_owned());
    let ask_with = |steps: Vec<Step>| {
        let player = played(steps, Habit::Refuse);
        let gateway = gateway(&books(vec![model("m", ModelTier::Small, 1)]), vec![("m", as_provider(&player))]);
        async move { (gateway.complete(&caller(), shaped(), None).await, player.asked()) }
    };
    let (answer, asked) = ask_with(vec![cut(), Step::Say("{\"label\": \"b\"}".to_owned())]).await;
    assert_eq!((answer.unwrap().json, asked.len()), (Some(json!({"label": "b"})), 2));
    assert!(asked[1].messages.last().unwrap().content.contains("ends before the value does"), "{:?}", asked[1].messages);
    let (refused, asked) = ask_with(vec![cut(), cut(), cut()]).await;
    let refused = refused.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.message.contains("cut at 50 tokens"), asked.len()), ("MODEL-003", true, 3));
    // What was whole before the cut is taken, whatever stands around it.
    for whole in
        ["{\"label\": \"a\"} ", "```json\n{\"label\": \"a\"}\n```", "```json\n{\"label\": \"a\"}\n``", "{\"label\": \"a\"} as you ask"]
    {
        let (answer, asked) = ask_with(vec![Step::Cut(whole.to_owned())]).await;
        assert_eq!((answer.unwrap().json, asked.len()), (Some(json!({"label": "a"})), 1), "{whole}");
    }
    // A part that is whole is not the value.
    let parts = || Step::Cut("```json\n[{\"label\": \"b\"}, {\"label\": ".to_owned());
    let (refused, _) = ask_with(vec![parts(), parts(), parts()]).await;
    assert_eq!(refused.unwrap_err().code, "MODEL-003");
}

#[tokio::test(start_paused = true)]
async fn a_pattern_of_letters_of_all_languages_is_understood() {
    let player = played(vec![Step::Say("\"7\"".to_owned()), Step::Say("\"Zoë O'Brien-Łukasz\"".to_owned())], Habit::Refuse);
    let gateway = gateway(&books(vec![model("m", ModelTier::Small, 1)]), vec![("m", as_provider(&player))]);
    let schema = json!({"type": "string", "pattern": r"^\p{L}[\p{L} '-]{0,100}$"});
    let answer = gateway.complete(&caller(), ModelRequest { schema: Some(schema), ..ask("who?") }, None).await.unwrap();
    assert_eq!((answer.json, player.asked().len()), (Some(json!("Zoë O'Brien-Łukasz")), 2));
}

#[tokio::test(start_paused = true)]
async fn a_hostile_pattern_in_a_schema_takes_no_time_and_is_no_match() {
    let hostile = |pattern: &str| {
        let items = json!({"type": "string", "pattern": pattern});
        ModelRequest { schema: Some(json!({"type": "array", "items": items})), ..ask("which?") }
    };
    let long = json!(vec![format!("{}!", "a".repeat(60)); 400]).to_string();
    let began = std::time::Instant::now();
    // The first needs no look-around and is linear; the second steps back, within a bound.
    for pattern in ["^(a+)+$", "^(?=a)(a+)+$", "^(?=(a|aa)+$)b"] {
        let player = played(vec![Step::Say(long.clone()); 3], Habit::Refuse);
        let gateway = gateway(&books(vec![model("m", ModelTier::Small, 1)]), vec![("m", as_provider(&player))]);
        let refused = gateway.complete(&caller(), hostile(pattern), None).await.unwrap_err();
        assert_eq!((refused.code.as_str(), player.asked().len()), ("MODEL-003", 3), "{pattern}");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let huge = gateway(&books(vec![model("m", ModelTier::Small, 1)]), vec![("m", as_provider(&played(vec![], Habit::Echo)))]);
    let refused = huge.complete(&caller(), hostile("(a{1000}){1000}"), None).await.unwrap_err();
    assert_eq!(refused.code, "REQUEST-002", "{}", refused.message);
}

#[tokio::test]
async fn a_request_that_no_model_should_see_is_refused_by_its_field() {
    let books = books(vec![model("m", ModelTier::Small, 1)]);
    let gateway = gateway(&books, vec![("m", as_provider(&played(vec![], Habit::Echo)))]);
    let long = "x".repeat(1 << 20);
    for (request, code, field) in [
        (ModelRequest { messages: vec![], ..ask("x") }, "REQUEST-002", "messages"),
        (ModelRequest { maximum_tokens: 0, ..ask("x") }, "REQUEST-002", "maximum_tokens"),
        (ModelRequest { maximum_tokens: 32_769, ..ask("x") }, "REQUEST-002", "maximum_tokens"),
        (ModelRequest { temperature: f32::NAN, ..ask("x") }, "REQUEST-002", "temperature"),
        (ModelRequest { stop: vec![String::new()], ..ask("x") }, "REQUEST-002", "stop"),
        (ModelRequest { schema: Some(json!({"type": 7})), ..ask("x") }, "REQUEST-002", "schema"),
        (ask(&format!("{long}x")), "MODEL-007", "messages"),
        (ask(&long), "MODEL-007", "fit"),
    ] {
        let refused = gateway.complete(&caller(), request, None).await.unwrap_err();
        assert!(refused.code == code && refused.message.contains(field), "{refused:?}");
    }
}
