//! Does any secret reach a log, a debug form or the disk?

use std::io::Write;
use std::sync::Mutex;

use baton_domain::services::MemberService;
use baton_domain::wire::auth::NewApiKey;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_secret_reaches_a_log_a_debug_form_or_the_disk() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::TRACE).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let world = World::empty().await;
    let setup_code = world.auth.setup_code().await.unwrap().unwrap();
    let tokens = world.set_up().await;
    let ada = world.caller(&tokens).await;
    let key = world.auth.create_api_key(&ada, NewApiKey { name: "build server".to_owned(), role: Role::Viewer }).await.unwrap();
    let refresh = tokens.refresh_token.clone().unwrap();
    let wrong = "a wrong password that is secret too";
    let misplaced = "a password typed as the address";
    let forged = format!("{}x", tokens.access_token.0);
    let mut debug = format!("{:?} {tokens:?} {key:?} {:?}", world.auth, world.bearer(&key.secret).await);
    debug += &format!("{:?}", world.login("192.0.2.1", ADA, wrong).await);
    debug += &format!("{:?}", world.login("192.0.2.1", misplaced, wrong).await);
    debug += &format!("{:?}", world.bearer(&secret(&forged)).await);
    debug += &format!("{:?}", world.bearer(&secret(&format!("{}x", key.secret.0))).await);
    let next = world.refresh(&refresh).await.unwrap();
    debug += &format!("{:?}", world.auth);
    world.clock.advance(seconds(60));
    debug += &format!("{:?}", world.refresh(&refresh).await);
    debug += &format!("{:?}", world.auth.access_tokens.read(&tokens.access_token.0));

    let logged = log.0.lock().unwrap().clone();
    assert!(holds(&logged, "refused an access token") && holds(&logged, "a refresh token was used again"), "nothing was logged");
    let mut disk = Vec::new();
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        disk.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    assert!(holds(&disk, "ada@example.com") && holds(&disk, "auth.refresh_reuse"), "nothing is on the disk");

    let key_secret = &key.secret.0[36..];
    let key_text = String::from_utf8_lossy(&KEY).into_owned();
    let next = next.refresh_token.unwrap();
    let secrets = [PASSWORD, wrong, misplaced, &setup_code, &setup_code.replace('-', ""), &refresh.0, &next.0, key_secret, &key_text];
    for (place, bytes) in [("log", logged.as_slice()), ("debug form", debug.as_bytes()), ("disk", disk.as_slice())] {
        for secret in secrets.iter().chain([&tokens.access_token.0.as_str()]) {
            assert!(!holds(bytes, secret), "{secret:?} is in the {place}");
        }
        let signature = tokens.access_token.0.rsplit_once('.').unwrap().1;
        assert!(!holds(bytes, signature), "the signature is in the {place}");
    }
}
