//! How is work put out to tender, and bargaining opened, by plain forms, with scripts and without?

#![expect(clippy::too_many_arguments, reason = "the server macro makes each field of a form an argument")]

use std::collections::BTreeMap;

use baton_domain::wire::contract::{BargainView, ContractView};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::serve;
use super::upload::MultipartFormData;
pub use super::upload::Upload;
use super::{Called, Json};

/// Calls for bids from the form of its page: `skill`, `input[<property>]`, `file[<property>]` and `files[<property>]` as for a task, `title`, `priority`;
/// `agents` with spaces between, `me` to bid oneself; `cost`, `speed`, `capability` and `confidence` say how much each counts; `required` with spaces between, `wanted` as
/// `label 5` a line; `maximum_cost` in the currency, `finish_minutes`, `bid_minutes`, `maximum_awards`.
///
/// # Errors
/// As [`ContractService::call`](baton_domain::services::ContractService::call) and
/// [`ArtifactService::put`](baton_domain::services::ArtifactService::put); `TASK-003` for fields that are not of their kind, `REQUEST-002` for a broken form.
#[server(name = CallForm, endpoint = "/contracts/call_form", input = MultipartFormData, output = Json)]
pub async fn call_form(form: Upload) -> Called<ContractView> {
    reading::call(form).await
}

/// What a form says of a party. One without a name is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartyFields {
    /// Its name.
    pub name: String,
    /// What units are worth to it, the first ones first: `10 at 5, 20 at 2`.
    pub pieces: String,
    /// What it has without an agreement.
    pub least: String,
    /// `automatic`, `me`, or a caller as `user:<id>` or `key:<id>`.
    pub voice: String,
}

/// Opens a bargaining from the form of its page.
///
/// # Errors
/// As [`ContractService::open_bargain`](baton_domain::services::ContractService::open_bargain); `REQUEST-002` for a field that is no number.
#[server(name = OpenBargainForm, endpoint = "/contracts/bargain_form", input = PostUrl, output = Json)]
pub async fn bargain_form(
    title: String,
    pot: String,
    rounds: String,
    #[server(default)] turn_minutes: String,
    #[server(default)] stubbornness: String,
    mediation: String,
    #[server(default)] party: BTreeMap<String, PartyFields>,
    #[server(default)] idempotency_key: String,
) -> Called<BargainView> {
    let form = reading::Opening { title, pot, rounds, turn_minutes, stubbornness, mediation, party };
    let caller = serve::caller();
    let bargain = serve::answer(form.bargain(&caller))?;
    let key = Some(idempotency_key).filter(|key| !key.is_empty());
    let opened = serve::answer(serve::services()?.contracts.open_bargain(&caller, bargain, key).await)?;
    serve::go(&format!("/bargains/{}", opened.id));
    Ok(opened)
}

#[cfg(feature = "ssr")]
mod reading {
    use std::collections::{BTreeMap, BTreeSet};

    use baton_domain::problem::{Code, Problem};
    use baton_domain::schema::input_from_form;
    use baton_domain::services::{Answer, Services};
    use baton_domain::task::Priority;
    use baton_domain::user::Caller;
    use baton_domain::wire::contract::{
        BargainParty, BidWeights, ContractView, ContractWork, Mediation, NewBargain, NewContract, PartyVoice, UtilityPiece,
    };

    use super::super::form::SentForm;
    use super::super::{ApiError, serve};
    use super::{PartyFields, Upload};

    /// The fields of the form beside the input's.
    const FIELDS: [&str; 17] = [
        "skill",
        "title",
        "priority",
        "agents",
        "me",
        "callers",
        "cost",
        "speed",
        "capability",
        "confidence",
        "required",
        "wanted",
        "maximum_cost",
        "finish_minutes",
        "bid_minutes",
        "maximum_awards",
        "idempotency_key",
    ];
    const MINUTE_MS: u64 = 60_000;
    /// How long an offer may take when nothing is said.
    const TURN_MINUTES: u64 = 60;
    /// How slowly parties give in for which Baton speaks, when nothing is said.
    const STUBBORNNESS: u32 = 2;

    pub(super) async fn call(upload: Upload) -> Result<ContractView, ApiError> {
        let services = serve::services()?;
        let caller = serve::caller();
        let mut form = SentForm::default();
        let outcome = match form.read(&services, &caller, upload.0, &FIELDS).await {
            Ok(()) => send(&form, &services, &caller).await,
            Err(problem) => Err(problem),
        };
        if outcome.is_err() {
            form.forget(&services, &caller).await;
        }
        let contract = serve::answer(outcome)?;
        serve::go(&format!("/contracts/{}", contract.id));
        Ok(contract)
    }

    async fn send(form: &SentForm, services: &Services, caller: &Caller) -> Answer<ContractView> {
        let Some(skill) = form.filled("skill") else {
            return Err(Problem::invalid_field("skill", "Choose a skill."));
        };
        let input = match services.agents.skill(caller, skill).await {
            Ok(skill) => input_from_form(&skill, &form.input)?,
            // The service says it in its own words, the same as over REST.
            Err(problem) if problem.is(Code::NoSuchSkill) => serde_json::json!({}),
            Err(problem) => return Err(problem),
        };
        let contract = contract(form, caller, ContractWork { skill: skill.to_owned(), input, title: None, priority: Priority::default() })?;
        services.contracts.call(caller, contract, form.filled("idempotency_key").map(str::to_owned)).await
    }

    fn contract(form: &SentForm, caller: &Caller, mut work: ContractWork) -> Answer<NewContract> {
        work.title = form.filled("title").map(str::to_owned);
        if let Some(number) = form.number("priority")? {
            work.priority = Priority::new(number).map_err(|error| Problem::invalid_field("priority", error.to_string()))?;
        }
        let words = |name: &str| -> BTreeSet<String> { words(form.filled(name).unwrap_or_default()) };
        let minutes = |name: &str| form.number::<u64>(name).map(|minutes| minutes.map(|minutes| minutes.saturating_mul(MINUTE_MS)));
        let weight = |name: &str| form.number(name).map(|weight| weight.unwrap_or(1));
        let mut callers = words("callers");
        if form.filled("me").is_some() {
            callers.insert(caller.principal.tag());
        }
        Ok(NewContract {
            work,
            agents: Some(words("agents")).filter(|agents| !agents.is_empty()),
            callers,
            weights: BidWeights {
                cost: weight("cost")?,
                speed: weight("speed")?,
                capability: weight("capability")?,
                confidence: weight("confidence")?,
            },
            required: words("required"),
            wanted: wanted(form.filled("wanted").unwrap_or_default())?,
            maximum_cost: form.number("maximum_cost")?.map(millionths).transpose()?,
            finish_within_ms: minutes("finish_minutes")?,
            bid_within_ms: minutes("bid_minutes")?,
            accept_within_ms: None,
            report_within_ms: None,
            maximum_awards: form.number("maximum_awards")?,
        })
    }

    fn words(text: &str) -> BTreeSet<String> {
        text.split([' ', ',', '\n', '\r']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// `gpu 5`, one a line; without a number it counts once.
    fn wanted(text: &str) -> Answer<BTreeMap<String, u32>> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let read = |line: &str| {
            let (label, weight) = line.rsplit_once(' ').unwrap_or((line, "1"));
            let weight = weight.parse().map_err(|_| Problem::invalid_field("wanted", format!("Write `label 5`; this is not: {line}")))?;
            Ok((label.trim().to_owned(), weight))
        };
        lines.map(read).collect()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the range")]
    fn millionths(cost: f64) -> Answer<u64> {
        if (0.0..=1e12).contains(&cost) {
            return Ok((cost * 1e6).round() as u64);
        }
        Err(Problem::invalid_field("maximum_cost", "Write an amount of 0 or more, or leave it empty."))
    }

    pub(super) struct Opening {
        pub(super) title: String,
        pub(super) pot: String,
        pub(super) rounds: String,
        pub(super) turn_minutes: String,
        pub(super) stubbornness: String,
        pub(super) mediation: String,
        pub(super) party: BTreeMap<String, PartyFields>,
    }

    impl Opening {
        pub(super) fn bargain(self, caller: &Caller) -> Answer<NewBargain> {
            let stubbornness = number("stubbornness", &self.stubbornness)?.unwrap_or(STUBBORNNESS);
            let parties = self.party.iter().filter(|(_, party)| !party.name.trim().is_empty());
            let parties = parties.map(|(row, party)| party_of(row, party, stubbornness, caller));
            Ok(NewBargain {
                title: self.title.trim().to_owned(),
                pot: number("pot", &self.pot)?.ok_or_else(|| Problem::invalid_field("pot", "Say how many units there are."))?,
                parties: parties.collect::<Answer<_>>()?,
                rounds: number("rounds", &self.rounds)?.ok_or_else(|| Problem::invalid_field("rounds", "Say how many offers are made."))?,
                turn_ms: number("turn_minutes", &self.turn_minutes)?.unwrap_or(TURN_MINUTES).saturating_mul(MINUTE_MS),
                mediation: Mediation::parse(&self.mediation).ok_or_else(|| Problem::invalid_field("mediation", "Choose one."))?,
            })
        }
    }

    fn party_of(row: &str, party: &PartyFields, stubbornness: u32, caller: &Caller) -> Answer<BargainParty> {
        let voice = match party.voice.trim() {
            "" | "automatic" => PartyVoice::Automatic { stubbornness },
            "me" => PartyVoice::Caller { caller: caller.principal.tag() },
            other => PartyVoice::Caller { caller: other.to_owned() },
        };
        Ok(BargainParty {
            key: party.name.trim().to_owned(),
            pieces: pieces(row, &party.pieces)?,
            least: number(&format!("party[{row}][least]"), &party.least)?.unwrap_or_default(),
            voice,
        })
    }

    /// `10 at 5, 20 at 2`.
    fn pieces(row: &str, text: &str) -> Answer<Vec<UtilityPiece>> {
        let wrong = || {
            Problem::invalid_field(format!("party[{row}][pieces]"), "Write `10 at 5, 20 at 2`: ten units are worth 5 each, twenty more 2.")
        };
        let pieces = text.split([',', ';', '\n']).map(str::trim).filter(|piece| !piece.is_empty());
        let read = |piece: &str| {
            let (units, worth) = piece.split_once("at").or_else(|| piece.split_once(['×', 'x', '@'])).ok_or_else(wrong)?;
            let (units, worth) = (units.trim().parse(), worth.trim().parse());
            let (Ok(units), Ok(worth)) = (units, worth) else { return Err(wrong()) };
            Ok(UtilityPiece { units, worth })
        };
        pieces.map(read).collect()
    }

    fn number<T: std::str::FromStr>(field: &str, text: &str) -> Answer<Option<T>> {
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Problem::invalid_field(field, "Write a number.")),
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]

        use super::*;

        fn party(name: &str, pieces: &str, voice: &str) -> PartyFields {
            PartyFields { name: name.to_owned(), pieces: pieces.to_owned(), least: String::new(), voice: voice.to_owned() }
        }

        fn opening(party: BTreeMap<String, PartyFields>) -> Opening {
            Opening {
                title: " GPU hours ".to_owned(),
                pot: "30".to_owned(),
                rounds: "5".to_owned(),
                turn_minutes: String::new(),
                stubbornness: String::new(),
                mediation: "nash".to_owned(),
                party,
            }
        }

        #[test]
        fn rows_without_a_name_are_no_parties_and_voices_are_read() {
            let rows = [party("a", "10 at 5, 20 at 2", ""), party(" ", "", ""), party("b", "30x1", "me"), party("c", "1 @ 1", "key:x")];
            let rows = rows.into_iter().enumerate().map(|(at, row)| (format!("p{at}"), row)).collect();
            let caller = Caller::system();
            let bargain = opening(rows).bargain(&caller).unwrap();
            assert_eq!((bargain.title.as_str(), bargain.pot, bargain.turn_ms), ("GPU hours", 30, 3_600_000));
            let piece = |units, worth| UtilityPiece { units, worth };
            let pieces: Vec<_> = bargain.parties.iter().map(|party| party.pieces.clone()).collect();
            assert_eq!(pieces, [vec![piece(10, 5), piece(20, 2)], vec![piece(30, 1)], vec![piece(1, 1)]]);
            let voices: Vec<_> = bargain.parties.into_iter().map(|party| party.voice).collect();
            let caller_voice = |caller: String| PartyVoice::Caller { caller };
            assert_eq!(
                voices,
                [PartyVoice::Automatic { stubbornness: 2 }, caller_voice(caller.principal.tag()), caller_voice("key:x".to_owned())]
            );
        }

        #[test]
        fn what_cannot_be_read_names_its_field() {
            let problem = opening(BTreeMap::from([("p1".to_owned(), party("a", "many", ""))])).bargain(&Caller::system()).unwrap_err();
            assert_eq!(problem.errors[0].field, "party[p1][pieces]");
            let problem = Opening { pot: "much".to_owned(), ..opening(BTreeMap::new()) }.bargain(&Caller::system()).unwrap_err();
            assert_eq!(problem.errors[0].field, "pot");
            assert_eq!(wanted("gpu much").unwrap_err().errors[0].field, "wanted");
        }

        #[test]
        fn what_is_wanted_counts_once_or_as_it_says() {
            assert_eq!(wanted("gpu 5\nfast\n").unwrap(), BTreeMap::from([("gpu".to_owned(), 5), ("fast".to_owned(), 1)]));
            assert_eq!(words("a, b\nc").len(), 3);
            assert_eq!(millionths(0.25).unwrap(), 250_000);
            assert!(millionths(f64::NAN).is_err());
        }
    }
}
