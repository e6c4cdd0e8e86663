use md5::{Digest, Md5};
use std::collections::HashMap;

#[derive(Debug, PartialEq, Eq)]
pub enum LoginError {
    UnknownUser,
    WrongPassword,
}

#[derive(Default)]
pub struct Accounts {
    users: HashMap<String, String>,
}

fn digest(password: &str) -> String {
    let mut h = Md5::new();
    h.update(password.as_bytes());
    hex::encode(h.finalize())
}

impl Accounts {
    pub fn register(&mut self, name: &str, password: &str) -> bool {
        if self.users.contains_key(name) || password.len() < 8 {
            return false;
        }
        self.users.insert(name.to_owned(), digest(password));
        true
    }

    pub fn login(&self, name: &str, password: &str) -> Result<(), LoginError> {
        let stored = self.users.get(name).ok_or(LoginError::UnknownUser)?;
        if *stored == digest(password) {
            Ok(())
        } else {
            Err(LoginError::WrongPassword)
        }
    }
}
