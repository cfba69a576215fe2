//! The two ways in which EKS hands a role to a pod, with nothing else at hand.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::account::{Account, Backend};
use crate::support::image;
use crate::support::program::Run;

const TOKEN: &str = "the-token-of-the-pod";

#[test]
fn eks_pod_identity_is_asked_with_the_token_of_its_file() {
    let agent = Stub::answering(
        |_| r#"{ "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "x", "Token": "x", "Expiration": "2099-01-01T00:00:00Z" }"#,
    );
    let run = plan(|command, token| {
        let uri = format!("http://{}/v1/credentials", agent.address);
        command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri).env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)
    });
    run.exits(0).says("to add");
    let heard = agent.heard();
    assert!(heard[0].starts_with("GET /v1/credentials ") && heard[0].contains(TOKEN), "{heard:?}");
}

#[test]
fn irsa_turns_the_token_of_its_file_into_the_role() {
    let sts = Stub::answering(|request| if request.contains("AssumeRoleWithWebIdentity") { ASSUMED } else { CALLER });
    let run = plan(|command, token| {
        let role = "arn:aws:iam::123456789012:role/iamatrix";
        let endpoint = format!("http://{}", sts.address);
        command.envs([
            ("AWS_ROLE_ARN", role),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
            ("AWS_ENDPOINT_URL_STS", &endpoint),
        ])
    });
    run.exits(0).says("to add");
    let heard = sts.heard();
    assert!(heard[0].contains(&format!("WebIdentityToken={TOKEN}")), "{heard:?}");
}

#[test]
fn without_either_there_is_an_error_and_no_other_role_is_found() {
    plan(|command, _| command).exits(1).says("credentials");
}

/// `plan` in the container with what `equip` gives it, and the path of a file with the token; no credentials besides.
fn plan(equip: impl for<'c> FnOnce(&'c mut Command, &'static str) -> &'c mut Command) -> Run {
    let account = Account::with_users(Backend::Sandbox);
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("token"), TOKEN).unwrap();
    fs::write(folder.path().join("hosts"), "127.0.0.1 localhost\n").unwrap();
    let (config, token, hosts) = (account.config.path(), folder.path().join("token"), folder.path().join("hosts"));
    let mounts: [(&Path, &str); 3] = [(config, "/config"), (&token, "/var/run/secrets/token"), (&hosts, "/etc/hosts")];
    let mut command = image::command(&mounts, &["plan"]);
    command.envs([("AWS_ENDPOINT_URL", account.wire.endpoint.as_str()), ("AWS_REGION", "us-east-1")]);
    Run::of(equip(&mut command, "/var/run/secrets/token"))
}

const ASSUMED: &str = r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>x</SecretAccessKey>
<SessionToken>x</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>
<Arn>arn:aws:sts::123456789012:assumed-role/iamatrix/session</Arn><AssumedRoleId>AROAEXAMPLE:session</AssumedRoleId>
</AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"#;
const CALLER: &str = r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/iamatrix/session</Arn><UserId>AROAEXAMPLE:session</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"#;

/// Answers every request over HTTP, and keeps what it heard.
struct Stub {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    fn answering(answer: impl Fn(&str) -> &'static str + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let list = Arc::clone(&heard);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = request(&stream);
                let body = answer(&request);
                list.lock().unwrap().push(request);
                let top = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all((top + body).as_bytes()).unwrap();
            }
        });
        Stub { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// A request, whole: its head and its body.
fn request(stream: &TcpStream) -> String {
    let (mut reader, mut text) = (BufReader::new(stream), String::new());
    while !text.ends_with("\r\n\r\n") && reader.read_line(&mut text).unwrap() > 0 {}
    let length =
        text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}
