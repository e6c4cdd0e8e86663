//! Does the chaos proxy do to connections what it says?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use baton_testkit::ChaosProxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Far longer than anything here takes; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// What must not come is waited for this long.
const MOMENT: Duration = Duration::from_millis(150);

/// A server that says back what it hears; it also tells the test what it heard.
async fn echo() -> (SocketAddr, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut chunk = [0; 1024];
                while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                    let _ = tell.send(chunk[..read].to_vec());
                    if stream.write_all(&chunk[..read]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (address, heard)
}

async fn said_back(stream: &mut TcpStream, text: &str) -> std::io::Result<String> {
    stream.write_all(text.as_bytes()).await?;
    heard(stream, text.len()).await
}

async fn heard(stream: &mut TcpStream, bytes: usize) -> std::io::Result<String> {
    let mut answer = vec![0; bytes];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("an answer or an end")?;
    Ok(String::from_utf8(answer).unwrap())
}

async fn silent(stream: &mut TcpStream) -> bool {
    tokio::time::timeout(MOMENT, stream.read_u8()).await.is_err()
}

async fn through() -> (ChaosProxy, TcpStream, mpsc::UnboundedReceiver<Vec<u8>>) {
    let (upstream, heard) = echo().await;
    let proxy = ChaosProxy::start(upstream).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(said_back(&mut stream, "hello").await.unwrap(), "hello");
    (proxy, stream, heard)
}

#[tokio::test]
async fn what_is_said_arrives_whole_and_a_close_is_passed_on() {
    let (proxy, mut stream, _heard) = through().await;
    assert_eq!(proxy.connections(), 1);
    let long = "0123456789".repeat(100_000);
    let (mut reads, mut writes) = stream.split();
    let mut answer = Vec::new();
    let (_, written) = tokio::join!(reads.read_to_end(&mut answer), async {
        writes.write_all(long.as_bytes()).await.unwrap();
        writes.shutdown().await
    });
    written.unwrap();
    assert_eq!(answer.len(), long.len());
}

#[tokio::test]
async fn a_cut_ends_connections_refuses_new_ones_and_heals_on_the_same_port() {
    let (proxy, mut stream, _heard) = through().await;
    proxy.cut();
    assert_eq!(heard(&mut stream, 1).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let refused = async {
        while TcpStream::connect(proxy.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("new connections are refused");
    proxy.resume();
    let healed = async {
        loop {
            if let Ok(mut stream) = TcpStream::connect(proxy.address()).await {
                return said_back(&mut stream, "again").await.unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, healed).await.unwrap(), "again");
}

#[tokio::test]
async fn a_reset_aborts_connections_and_lets_new_ones_through() {
    let (proxy, mut stream, _heard) = through().await;
    proxy.reset();
    assert_eq!(heard(&mut stream, 1).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut next = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(said_back(&mut next, "next").await.unwrap(), "next");
}

#[tokio::test]
async fn a_black_hole_swallows_both_ways_until_it_heals() {
    let (proxy, mut stream, mut at_server) = through().await;
    assert_eq!(at_server.recv().await.unwrap(), b"hello");
    proxy.black_hole();
    stream.write_all(b"anybody?").await.unwrap();
    assert!(silent(&mut stream).await);
    assert!(at_server.try_recv().is_err(), "it got through");
    // A new connection is taken and hears nothing either.
    let mut late = TcpStream::connect(proxy.address()).await.unwrap();
    late.write_all(b"late").await.unwrap();
    assert!(silent(&mut late).await);
    proxy.resume();
    assert_eq!(heard(&mut stream, 8).await.unwrap(), "anybody?");
    assert_eq!(heard(&mut late, 4).await.unwrap(), "late");
}

#[tokio::test]
async fn held_answers_come_late_though_the_request_was_done_at_once() {
    let (proxy, mut stream, mut at_server) = through().await;
    assert_eq!(at_server.recv().await.unwrap(), b"hello");
    proxy.hold_answers();
    stream.write_all(b"do it").await.unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, at_server.recv()).await.unwrap().unwrap(), b"do it");
    assert!(silent(&mut stream).await);
    proxy.resume();
    assert_eq!(heard(&mut stream, 5).await.unwrap(), "do it");
}

#[tokio::test]
async fn a_delay_holds_for_each_way() {
    let (proxy, mut stream, _heard) = through().await;
    let delay = Duration::from_millis(50);
    proxy.delay(delay);
    let began = tokio::time::Instant::now();
    assert_eq!(said_back(&mut stream, "slow").await.unwrap(), "slow");
    assert!(began.elapsed() >= delay * 2);
}

#[tokio::test]
async fn a_proxy_that_is_gone_leaves_no_connection() {
    let (proxy, mut stream, _heard) = through().await;
    drop(proxy);
    assert!(heard(&mut stream, 1).await.is_err());
}
