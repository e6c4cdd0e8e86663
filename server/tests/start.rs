//! Does a server that cannot start say why, with a code and what to do, and leave everything as it was?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, unreachable_pub, reason = "tests")]

mod harness;

use std::net::TcpListener;

use harness::{Server, command, data_folder, refused};

#[test]
fn an_occupied_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = data_folder();
    let mut start = std::process::Command::new(harness::binary());
    start.args(["serve", "--listen", &address, "--data"]).arg(folder.path());
    let said = refused(start);
    assert!(said.contains("SERVER-001") && said.contains(&address) && said.contains("--listen"), "{said}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = data_folder();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let said = refused(command(&file.join("data"), &[]));
    assert!(said.contains("SERVER-002") && said.contains("--data"), "{said}");
}

#[test]
fn a_second_server_on_one_data_folder_is_refused_and_the_first_goes_on() {
    let folder = data_folder();
    let first = Server::start(folder.path());
    let said = refused(command(folder.path(), &[]));
    assert!(said.contains("SERVER-003"), "{said}");
    assert!(first.terminate());
    // The lock ends with its holder.
    assert!(Server::start(folder.path()).terminate());
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = data_folder();
    assert!(Server::start(folder.path()).terminate());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::{ConnectOptions, Connection};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("baton.db"));
        let mut database = options.connect().await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
        )
        .execute(&mut database)
        .await
        .unwrap();
        database.close().await.unwrap();
    });
    let said = refused(command(folder.path(), &[]));
    assert!(said.contains("SERVER-004") && said.contains("9999"), "{said}");
}

#[test]
fn a_weak_password_for_the_first_administrator_is_refused() {
    let folder = data_folder();
    let mut start = command(folder.path(), &[]);
    start.env("BATON_ADMIN_PASSWORD", "password");
    let said = refused(start);
    assert!(said.contains("REQUEST-002") && said.contains("password"), "{said}");
}

#[test]
fn a_new_server_prints_a_one_time_code_until_the_first_administrator_exists() {
    let folder = data_folder();
    let bare = || {
        let mut start = command(folder.path(), &[]);
        start.env_remove("BATON_ADMIN_EMAIL").env_remove("BATON_ADMIN_PASSWORD");
        start
    };
    let server = Server::start_with(bare());
    let code = server
        .greeting
        .iter()
        .find_map(|line| line.strip_prefix("One-time code for the first administrator: "))
        .expect("a code")
        .to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = baton_clients::egress::client().unwrap();
        let first_run = |code: &str| {
            let body = serde_json::json!({"code": code, "email": "first@example.test", "password": harness::PASSWORD});
            client.post(format!("{}/api/v1/auth/first-run", server.url)).json(&body).send()
        };
        assert_eq!(first_run("AAAA-AAAA-AAAA").await.unwrap().status(), 403);
        assert!(first_run(&code).await.unwrap().status().is_success());
        assert_eq!(first_run(&code).await.unwrap().status(), 409);
    });
    assert!(server.terminate());
}
