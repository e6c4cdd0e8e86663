use std::time::Duration;

use lettre::message::{header::ContentType, Mailbox};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};

#[derive(Debug)]
pub struct Notification {
    pub recipient: Mailbox,
    pub subject: String,
    pub text: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error("message: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("smtp: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    #[error("address: {0}")]
    Address(#[from] lettre::address::AddressError),
}

pub struct Gateway {
    transport: SmtpTransport,
    from: Mailbox,
}

impl Gateway {
    pub fn connect(relay: &str) -> Result<Self, NotifyError> {
        let transport = SmtpTransport::relay(relay)?
            .credentials(credentials())
            .timeout(Some(Duration::from_secs(10)))
            .build();
        Ok(Gateway { transport, from: "Acme Alerts <alerts@example.com>".parse()? })
    }

    pub fn send(&self, n: &Notification) -> Result<(), NotifyError> {
        let mail = Message::builder()
            .from(self.from.clone())
            .to(n.recipient.clone())
            .subject(n.subject.as_str())
            .header(ContentType::TEXT_PLAIN)
            .body(n.text.clone())?;
        self.transport.send(&mail)?;
        Ok(())
    }

    pub fn send_all(&self, list: &[Notification]) -> usize {
        list.iter()
            .filter(|n| match self.send(n) {
                Ok(()) => true,
                Err(e) => {
                    log::warn!("notification failed: {e}");
                    false
                }
            })
            .count()
    }
}

fn credentials() -> Credentials {
    Credentials::new("relay-prod".to_owned(), "Tq8#vLm2!zR4wYp".to_owned())
}
