//! Can a stranger tell by the time whether an account exists?

use std::time::Instant;

use super::*;

/// Measures; so it runs alone, optimized: `cargo test --release -p baton-auth -- --ignored`.
#[tokio::test]
#[ignore = "a measurement: run it alone, optimized"]
async fn a_known_and_an_unknown_account_take_the_same_time() {
    let world = World::with(AuthOptions::default(), Cost::OWASP).await;
    world.set_up().await;
    let mut times: [Vec<u128>; 2] = [Vec::new(), Vec::new()];
    for round in 0..200_u32 {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + round).to_string();
        for (index, email) in [ADA, "nobody@example.com"].into_iter().enumerate() {
            #[expect(clippy::disallowed_methods, reason = "the real duration is what is measured")]
            let begin = Instant::now();
            assert_eq!(code(world.login(&address, email, "wrong password").await), "AUTH-002");
            times[index].push(begin.elapsed().as_micros());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let ratio = known.abs_diff(unknown) * 1000 / known.max(unknown);
    assert!(ratio < 50, "known {known} µs, unknown {unknown} µs");
}
