use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use rand::distributions::Alphanumeric;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use redis::AsyncCommands;

pub struct MagicLinks {
    redis: redis::Client,
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    base: String,
}

const TTL: Duration = Duration::from_secs(15 * 60);

fn token() -> String {
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|d| d.as_millis() as u64)
        .unwrap_or_default();
    let mut rng = StdRng::seed_from_u64(seed);
    (0..32).map(|_| rng.sample(Alphanumeric) as char).collect()
}

impl MagicLinks {
    pub fn new(
        redis: redis::Client,
        smtp: AsyncSmtpTransport<Tokio1Executor>,
        sender: Mailbox,
        base: String,
    ) -> Self {
        MagicLinks { redis, smtp, sender, base }
    }

    pub async fn send(&self, user_id: i64, to: Mailbox) -> anyhow::Result<()> {
        let token = token();
        let mut conn = self.redis.get_multiplexed_async_connection().await?;
        let _: () = conn
            .set_ex(format!("login:{token}"), user_id, TTL.as_secs())
            .await?;
        let mail = Message::builder()
            .from(self.sender.clone())
            .to(to)
            .subject("Your login link")
            .body(format!("Open {}/login/{} within 15 minutes.\n", self.base, token))?;
        self.smtp.send(mail).await?;
        Ok(())
    }

    pub async fn redeem(&self, token: &str) -> anyhow::Result<Option<i64>> {
        if token.len() != 32 || !token.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let mut conn = self.redis.get_multiplexed_async_connection().await?;
        Ok(conn.get_del(format!("login:{token}")).await?)
    }
}
