//! Does a server that cannot start say why, with a code and what to do, and leave everything as it was?

use crate::harness;

use std::net::TcpListener;

use crate::harness::{Server, command, data_folder, refused};

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

fn shared_database() -> String {
    baton_testkit::PostgresServer::shared().unwrap().new_database().unwrap()
}

/// The command that starts a server on a folder and a database.
fn on_database(folder: &std::path::Path, url: &str) -> std::process::Command {
    command(folder, &["--database", url, "--database-wait-seconds", "1"])
}

#[test]
fn an_address_that_names_no_database_is_refused_with_its_code_and_without_its_password() {
    let folder = data_folder();
    for url in ["mysql://ada:s3cr3t@db/baton", "postgres://", "sqlite://", "db"] {
        let said = refused(on_database(folder.path(), url));
        assert!(said.contains("SERVER-008") && said.contains("postgres://") && !said.contains("s3cr3t"), "{url}: {said}");
    }
}

#[test]
fn a_database_that_does_not_answer_is_waited_for_and_then_named() {
    let folder = data_folder();
    let said = refused(on_database(folder.path(), "postgres://ada:s3cr3t@127.0.0.1:1/baton"));
    assert!(said.contains("SERVER-009") && said.contains("postgres://127.0.0.1:1/baton") && !said.contains("s3cr3t"), "{said}");
    assert!(said.contains("trying again"), "{said}");
}

#[test]
fn a_certificate_authority_that_cannot_be_read_is_named() {
    let folder = data_folder();
    let url = format!("{}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem", shared_database());
    let said = refused(on_database(folder.path(), &url));
    assert!(said.contains("SERVER-009"), "{said}");
}

#[test]
fn an_authority_for_redis_that_cannot_be_read_or_has_no_use_is_named_without_the_password() {
    let folder = data_folder();
    for (url, named) in [("rediss://:s3cr3t@127.0.0.1:1", "/nowhere/ca.pem"), ("redis://:s3cr3t@127.0.0.1:1", "begins with rediss://")] {
        let said = refused(command(folder.path(), &["--redis", url, "--redis-ca", "/nowhere/ca.pem"]));
        assert!(said.contains("SERVER-006") && said.contains(named) && !said.contains("s3cr3t"), "{url}: {said}");
    }
    // What would switch verification off is no part of an address.
    let said = refused(command(folder.path(), &["--redis", "rediss://127.0.0.1:1/#insecure"]));
    assert!(said.contains("SERVER-006"), "{said}");
}

#[test]
fn a_postgresql_of_a_newer_version_is_left_alone() {
    let folder = data_folder();
    let url = shared_database();
    assert!(Server::start_with(on_database(folder.path(), &url)).terminate());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let mut database = sqlx::PgConnection::connect(&url).await.unwrap();
        let text =
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, '', 0)";
        sqlx::query(text).execute(&mut database).await.unwrap();
    });
    let said = refused(on_database(folder.path(), &url));
    assert!(said.contains("SERVER-004") && said.contains("9999"), "{said}");
}

#[test]
fn a_server_that_would_sign_with_another_key_is_refused_while_the_first_runs() {
    let url = shared_database();
    let folders = [data_folder(), data_folder()];
    let first = Server::start_with(on_database(folders[0].path(), &url));
    let said = refused(on_database(folders[1].path(), &url));
    assert!(said.contains("SERVER-006") && said.contains("BATON_TOKEN_KEY_FILE"), "{said}");
    let mut second = on_database(folders[1].path(), &url);
    second.env("BATON_TOKEN_KEY_FILE", folders[0].path().join("token.key"));
    assert!(Server::start_with(second).terminate());
    assert!(first.terminate());
    // Nobody is left who would not believe it.
    assert!(Server::start_with(on_database(folders[1].path(), &url)).terminate());
}

#[test]
fn a_worker_needs_a_database_that_servers_share() {
    let folder = data_folder();
    for arguments in [vec![], vec!["--database", "sqlite://baton.db"]] {
        let mut start = std::process::Command::new(harness::binary());
        start.args(["worker", "--data"]).arg(folder.path().join("worker")).args(arguments);
        let said = refused(start);
        assert!(said.contains("SERVER-008") && said.contains("postgres://"), "{said}");
    }
}

#[test]
fn migrations_are_listed_and_applied_apart_from_a_start() {
    let folder = data_folder();
    let (file, url) = (format!("sqlite://{}", folder.path().join("apart.db").display()), shared_database());
    for database in [file, url] {
        let run = |action: &str| {
            let output = std::process::Command::new(harness::binary()).args(["migrate", action, "--database", &database]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let before = run("status");
        assert!(before.contains("0001 first") && before.contains("missing: run baton migrate up"), "{before}");
        for action in ["up", "status", "up"] {
            let after = run(action);
            assert!(after.ends_with("up to date\n") && !after.contains("missing"), "{after}");
        }
    }
}
