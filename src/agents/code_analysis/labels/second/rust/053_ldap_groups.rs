use ldap3::{dn_escape, ldap_escape, LdapConn, LdapConnSettings, Scope, SearchEntry};
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("directory: {0}")]
    Ldap(#[from] ldap3::LdapError),
    #[error("setting {0} is missing")]
    Setting(&'static str),
}

pub struct Groups {
    url: String,
    base: String,
    bind_dn: String,
    bind_pw: String,
}

fn var(name: &'static str) -> Result<String, DirectoryError> {
    std::env::var(name).map_err(|_| DirectoryError::Setting(name))
}

fn member_filter(user_dn: &str, kind: Option<&str>) -> String {
    let mut filter = String::from("(&(objectClass=groupOfNames)");
    filter.push_str(&format!("(member={})", ldap_escape(user_dn)));
    if let Some(kind) = kind {
        filter.push_str(&format!("(businessCategory={})", ldap_escape(kind)));
    }
    filter.push(')');
    filter
}

impl Groups {
    pub fn from_env() -> Result<Self, DirectoryError> {
        Ok(Groups {
            url: format!("ldaps://{}", var("LDAP_HOST")?),
            base: var("LDAP_BASE")?,
            bind_dn: var("LDAP_BIND_DN")?,
            bind_pw: var("LDAP_BIND_PASSWORD")?,
        })
    }

    pub fn of_user(&self, uid: &str, kind: Option<&str>) -> Result<BTreeSet<String>, DirectoryError> {
        let settings = LdapConnSettings::new().set_conn_timeout(Duration::from_secs(5));
        let mut conn = LdapConn::with_settings(settings, &self.url)?;
        conn.simple_bind(&self.bind_dn, &self.bind_pw)?.success()?;
        let user_dn = format!("uid={},ou=people,{}", dn_escape(uid), self.base);
        let (entries, _) = conn
            .search(&self.base, Scope::Subtree, &member_filter(&user_dn, kind), vec!["cn"])?
            .success()?;
        conn.unbind()?;
        Ok(entries
            .into_iter()
            .map(SearchEntry::construct)
            .filter_map(|mut e| e.attrs.remove("cn"))
            .flatten()
            .collect())
    }
}

fn main() -> Result<(), DirectoryError> {
    let Some(uid) = std::env::args().nth(1) else {
        eprintln!("usage: groups <uid> [kind]");
        std::process::exit(2);
    };
    let kind = std::env::args().nth(2);
    for group in Groups::from_env()?.of_user(&uid, kind.as_deref())? {
        println!("{group}");
    }
    Ok(())
}
