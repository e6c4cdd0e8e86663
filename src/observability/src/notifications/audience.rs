//! Whom does an event concern? People are named by address, identifier or role, or found by what they may do.

use baton_domain::time::Timestamp;
use baton_domain::user::{Permission, Role};
use baton_storage::UserRecord;
use serde_json::Value;

/// The most people that one event is told to, those with the strongest role first.
const MAXIMUM_TOLD: usize = 1_000;

/// Who has to know.
#[derive(Debug, PartialEq)]
pub(super) enum Audience {
    /// Those who may agree to something: those who are named, or everybody who may; never who asked for it.
    Approvers {
        /// Addresses, identifiers and roles.
        who: Vec<Value>,
        /// Who asked.
        not: Vec<Value>,
    },
    /// Those who are named, or whoever runs the installation if nobody is.
    People(Vec<Value>),
    /// Operators and administrators.
    Operators,
    /// Exactly these, if they are people.
    Persons(Vec<Value>),
}

impl Audience {
    /// Those of the users whom it means. Who may not sign in is told nothing, and neither is who came after it happened.
    pub(super) fn of<'u>(&self, users: &'u [UserRecord], at: Timestamp) -> Vec<&'u UserRecord> {
        let there: Vec<&UserRecord> = users.iter().filter(|user| user.active && user.created_at <= at).collect();
        let with = |fits: &dyn Fn(&UserRecord) -> bool| there.iter().copied().filter(|user| fits(user)).collect::<Vec<_>>();
        let operates = |user: &UserRecord| user.role.allows(Permission::Operate);
        // If all who are named are gone, somebody has to hear of it who can do something about it.
        let named = |people: &[Value]| {
            let found = with(&|user| people.iter().any(|name| names(name, user)));
            match (people.is_empty(), found.is_empty()) {
                (true, _) => with(&operates),
                (false, true) => with(&|user| user.role == Role::Admin),
                (false, false) => found,
            }
        };
        let mut told = match self {
            Self::Approvers { who, not } => {
                let mut told = named(who);
                told.retain(|user| !not.iter().any(|not| is(not, user)));
                told
            }
            Self::People(people) => named(people),
            Self::Operators => with(&operates),
            Self::Persons(persons) => with(&|user| persons.iter().any(|person| is(person, user))),
        };
        if told.len() > MAXIMUM_TOLD {
            tracing::warn!(concerned = told.len(), told = MAXIMUM_TOLD, "an event concerns more people than are told of one");
            told.sort_by_key(|user| (Role::ALL.iter().position(|role| *role == user.role), user.created_at));
            told.truncate(MAXIMUM_TOLD);
        }
        told
    }
}

/// Whether a name means the user, by themselves or by their role.
fn names(name: &Value, user: &UserRecord) -> bool {
    is(name, user) || role(name).is_some_and(|role| includes(user.role, role))
}

/// Whether a principal, an address or an identifier is the user.
fn is(name: &Value, user: &UserRecord) -> bool {
    match name {
        Value::String(text) => {
            let text = text.trim();
            text.eq_ignore_ascii_case(&user.email) || text.strip_prefix("user:").unwrap_or(text) == user.id.to_string()
        }
        // Of a principal the identifier counts: an address may have been another's before.
        Value::Object(fields) => match fields.get("kind").and_then(Value::as_str) {
            Some(kind) if kind != "user" => false,
            _ => {
                ["id", "user_id", "user", "email", "address"].iter().find_map(|field| fields.get(*field)).is_some_and(|name| is(name, user))
            }
        },
        _ => false,
    }
}

fn role(name: &Value) -> Option<Role> {
    match name {
        Value::String(text) => Role::parse(text.strip_prefix("role:").unwrap_or(text)),
        Value::Object(fields) => fields.get("role").and_then(Value::as_str).and_then(Role::parse),
        _ => None,
    }
}

/// Whether who has the first role may do what the second does: each includes the one after it.
fn includes(role: Role, least: Role) -> bool {
    let rank = |wanted: Role| Role::ALL.iter().position(|role| *role == wanted);
    rank(role) <= rank(least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::id::UserId;
    use serde_json::json;
    use uuid::Uuid;

    fn user(number: u128, role: Role, active: bool) -> UserRecord {
        UserRecord {
            id: UserId::new(Uuid::from_u128(number)),
            email: format!("u{number}@example.com"),
            password_hash: String::new(),
            role,
            active,
            created_at: Timestamp::from_millis(number as i64),
            last_login_at: None,
        }
    }

    fn told(audience: &Audience) -> Vec<String> {
        let users =
            [user(1, Role::Admin, true), user(2, Role::Operator, true), user(3, Role::Viewer, true), user(4, Role::Operator, false)];
        audience.of(&users, Timestamp::from_millis(9)).iter().map(|user| user.email[..2].to_owned()).collect()
    }

    fn approvers(who: Value, not: Value) -> Vec<String> {
        told(&Audience::Approvers { who: who.as_array().cloned().unwrap_or_default(), not: vec![not] })
    }

    #[test]
    fn an_approval_is_for_those_who_may_agree_and_never_for_who_asked() {
        let id = |number: u128| Uuid::from_u128(number).to_string();
        assert_eq!(approvers(json!([]), json!("key")), ["u1", "u2"]);
        assert_eq!(approvers(json!([]), json!("U2@example.com")), ["u1"]);
        assert_eq!(approvers(json!([]), json!({"kind": "user", "id": id(1), "email": "u2@example.com"})), ["u2"], "the id counts");
        assert_eq!(approvers(json!([]), json!({"kind": "api_key", "id": id(1), "name": "u1@example.com"})), ["u1", "u2"]);
        assert_eq!(approvers(json!(["u3@example.com", "u4@example.com"]), json!("x")), ["u3"]);
        assert_eq!(approvers(json!([format!("user:{}", id(2)), id(1)]), json!("x")), ["u1", "u2"]);
        assert_eq!(approvers(json!(["role:operator"]), json!("x")), ["u1", "u2"]);
        assert_eq!(approvers(json!(["admin"]), json!("x")), ["u1"]);
        assert_eq!(approvers(json!([{"kind": "role", "role": "viewer"}]), json!("x")), ["u1", "u2", "u3"]);
        assert_eq!(approvers(json!(["gone@example.com", 7]), json!("x")), ["u1"], "an administrator hears of it");
        assert_eq!(approvers(json!(["u2@example.com"]), json!("u2@example.com")), Vec::<String>::new());
    }

    #[test]
    fn people_operators_and_one_person() {
        assert_eq!(told(&Audience::People(vec![json!(Uuid::from_u128(3))])), ["u3"]);
        assert_eq!(told(&Audience::People(Vec::new())), ["u1", "u2"]);
        assert_eq!(told(&Audience::Operators), ["u1", "u2"]);
        assert_eq!(told(&Audience::Persons(vec![json!("u3@example.com")])), ["u3"]);
        assert_eq!(told(&Audience::Persons(vec![json!("u4@example.com")])), Vec::<String>::new(), "who may not sign in");
        assert_eq!(told(&Audience::Persons(vec![json!("nightly-key")])), Vec::<String>::new());
        assert_eq!(told(&Audience::Persons(Vec::new())), Vec::<String>::new());
    }

    #[test]
    fn who_came_later_is_told_nothing_and_no_event_is_told_to_everybody_in_a_large_company() {
        let users: Vec<UserRecord> =
            (1..=1_500).map(|number| user(number, if number % 2 == 0 { Role::Admin } else { Role::Operator }, true)).collect();
        let told = Audience::Operators.of(&users, Timestamp::from_millis(10));
        assert_eq!(told.len(), 10);
        let told = Audience::Operators.of(&users, Timestamp::from_millis(1_500));
        assert_eq!(told.len(), MAXIMUM_TOLD);
        assert_eq!(told.iter().filter(|user| user.role == Role::Admin).count(), 750, "all administrators are among them");
    }
}
