//! What is no proper request, and too much of it. Meanwhile the loop goes on and the probes answer.

use std::fmt::Write as _;
use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::daemon::Daemon;
use crate::support::http::{Answer, connect};
use crate::support::program::iamatrix;
use crate::support::{Config, eventually, scale, tell};
use crate::{account, ask, with_token};

const TOKEN: &str = "correct horse battery staple";

/// Nothing that was sent made the program stumble.
fn is_well(daemon: &Daemon) {
    for probe in ["/livez", "/readyz"] {
        assert_eq!(daemon.get(probe).status, 200, "{probe}");
    }
    for line in daemon.process.lines() {
        assert!(!line.contains("panicked"), "{line}");
    }
}

fn cycles(daemon: &Daemon) -> u64 {
    daemon.status()["lastCycle"]["number"].as_u64().unwrap()
}

/// The most memory that the process ever had, in kB; nothing where there is no /proc.
fn most_memory(daemon: &Daemon) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim_end_matches("kB").trim().parse().ok()
}

#[test]
fn hundreds_of_slow_connections_keep_neither_the_probes_nor_the_loop_from_their_work() {
    const SLOW: usize = 600;
    let account = account();
    let daemon = with_token(&account, TOKEN);
    eventually("audited", || daemon.get("/metrics").body.contains("\niamatrix_audit_timestamp_seconds ").then_some(()));
    let before = most_memory(&daemon);
    let begin = (cycles(&daemon), Instant::now());
    let address = daemon.address.parse().unwrap();
    let mut slow: Vec<TcpStream> = Vec::new();
    let mut probes = Vec::new();
    let mut probe = || {
        let asked = Instant::now();
        is_well(&daemon);
        probes.push(asked.elapsed());
    };
    for number in 0..SLOW {
        let mut stream = connect(address).unwrap().into_inner();
        let words = match number % 4 {
            0 => "",
            1 => "GET /metrics HTTP/1.1\r\nHost: te",
            // The answer is never read.
            2 => "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n",
            _ => "POST /reconcile HTTP/1.1\r\nHost: test\r\nContent-Length: 900\r\n\r\n{",
        };
        stream.write_all(words.as_bytes()).unwrap();
        slow.push(stream);
        if number % 20 == 0 {
            probe();
        }
    }
    // They drip on for a while, those that are still there.
    for _ in 0..20 {
        slow.retain_mut(|stream| stream.write_all(b"x").is_ok());
        probe();
        std::thread::sleep(Duration::from_millis(100));
    }
    let (ended, seconds) = (cycles(&daemon), begin.1.elapsed().as_secs());
    probes.sort_unstable();
    let middle = probes[probes.len() / 2];
    tell(&format!("{SLOW} slow connections: {} cycles in {seconds} s, two probes in {middle:?}", ended - begin.0));
    assert!(middle < Duration::from_secs(2), "two probes take {middle:?}; the kubelet gives each a second by default");
    assert!(ended - begin.0 >= seconds / 2, "a cycle a second, give or take the machine's load");
    let failed = daemon.metric("iamatrix_cycles_total{outcome=\"failed\"}");
    assert!(failed < 0.5, "{failed} cycles failed");
    if let (Some(before), Some(after)) = (before, most_memory(&daemon)) {
        let ratio = f64::from(after) / f64::from(before);
        tell(&format!("memory: {before} kB at most before, {after} kB after, {ratio:.2} times"));
        assert!(ratio < 1.5, "{before} kB before, {after} kB after");
    }
}

/// The daemon over an account that wants 2,000 users, none of whom is there, in groups with long names. It looks once, and
/// then not for an hour.
fn large(config: &Config) -> Daemon {
    const USERS: usize = 2_000;
    const GROUPS: usize = 20;
    let group = |n: usize| format!("{}-{}", scale::group(n % GROUPS), "x".repeat(90));
    let mut text = String::from("version: 1\ngroups:\n");
    (0..GROUPS).for_each(|n| writeln!(text, "  {}: {{}}", group(n)).unwrap());
    text.push_str("users:\n");
    for n in 0..USERS {
        let groups: Vec<String> = (0..6).map(|k| group(n + k * 3)).collect();
        writeln!(text, "  {}: {{ groups: [{}] }}", scale::user(n), groups.join(", ")).unwrap();
    }
    writeln!(text, "policies: {{ ReadOnlyAccess: [{}] }}", group(0)).unwrap();
    config.write("matrix.yaml", &text);
    config.write("operator.yaml", "account: \"123456789012\"\nmode: observe\ninterval: 1h\nusers: { create: true }\n");
    let mut command = iamatrix();
    command.args(["run", "--sandbox=127.0.0.1:0", "--listen", "127.0.0.1:0", "--log-format", "json", "--config"]);
    let daemon = Daemon::start(command.arg(config.path()));
    daemon.until("looked", |status| status["lastCycle"]["outcome"] == "drift");
    daemon.until_audited();
    daemon
}

#[test]
fn a_large_answer_that_hundreds_ask_for_and_nobody_takes_costs_its_size_once() {
    const READERS: usize = 200;
    let config = Config::example();
    let daemon = large(&config);
    let size = daemon.get("/plan").body.len();
    assert!(size > 5_000_000, "{size} bytes are not more than what the system takes in for a reader");
    let before = scale::memory(daemon.process.id(), "VmRSS");
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut stream = connect(daemon.address.parse().unwrap()).unwrap();
        write!(stream.get_mut(), "GET /plan HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.get_mut().read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        readers.push(stream);
    }
    is_well(&daemon);
    let grown = scale::memory(daemon.process.id(), "VmRSS").saturating_sub(before);
    tell(&format!("{READERS} readers of {size} bytes each: {grown} bytes more memory"));
    assert!(grown < READERS * size / 10, "{grown} bytes more for {READERS} readers of {size} bytes");
}

/// What comes back for these bytes: a status, or none where the connection is closed without a word.
fn status_of(daemon: &Daemon, bytes: &[u8]) -> Option<u16> {
    let mut stream = connect(daemon.address.parse().unwrap()).unwrap();
    // The other side may close in the middle of it.
    let _ = stream.get_mut().write_all(bytes);
    let _ = stream.get_mut().shutdown(std::net::Shutdown::Write);
    Answer::read(&mut stream).ok().flatten().map(|answer| answer.status)
}

#[test]
fn what_is_malformed_or_too_large_is_refused_and_disturbs_nobody() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    let long = "x".repeat(64 * 1024);
    let bearer = format!("Host: test\r\nAuthorization: Bearer {TOKEN}\r\n");
    let table: Vec<(&str, String, &[Option<u16>])> = vec![
        ("nothing", String::new(), &[None]),
        ("no HTTP", "hello?\r\n\r\n".into(), &[Some(400)]),
        ("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".into(), &[Some(400), None]),
        ("HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), &[Some(400), Some(505), None]),
        ("no version", "GET /status\r\n\r\n".into(), &[Some(400), None]),
        ("a version of the future", "GET /status HTTP/7.0\r\n\r\n".into(), &[Some(400), Some(505)]),
        ("no colon", "GET /status HTTP/1.1\r\nHost test\r\n\r\n".into(), &[Some(400)]),
        ("a control character", "GET /status HTTP/1.1\r\nHost: t\u{1}\r\n\r\n".into(), &[Some(400)]),
        ("a folded header", "GET /status HTTP/1.1\r\nHost: t\r\n more\r\n\r\n".into(), &[Some(400)]),
        ("a header that is too long", format!("GET /status HTTP/1.1\r\nX: {long}\r\n\r\n"), &[Some(431), None]),
        ("too many headers", format!("GET /status HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500)), &[Some(431), None]),
        ("a path that is too long", format!("GET /{long} HTTP/1.1\r\n\r\n"), &[Some(414), Some(431), None]),
        (
            "two lengths",
            format!("POST /reconcile HTTP/1.1\r\n{bearer}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            &[Some(400)],
        ),
        ("a negative length", format!("POST /reconcile HTTP/1.1\r\n{bearer}Content-Length: -1\r\n\r\n"), &[Some(400)]),
        (
            "a body that is too large",
            format!("POST /reconcile HTTP/1.1\r\n{bearer}Content-Length: 65536\r\n\r\n{long}"),
            &[Some(413)],
        ),
        (
            "a body without an end in chunks",
            format!("POST /reconcile HTTP/1.1\r\n{bearer}Transfer-Encoding: chunked\r\n\r\nffff\r\n{long}"),
            &[Some(413)],
        ),
        (
            "a body that breaks off",
            format!("POST /reconcile HTTP/1.1\r\n{bearer}Content-Length: 100\r\n\r\nabc"),
            &[Some(413), None],
        ),
        (
            "a chunk that is none",
            format!("POST /reconcile HTTP/1.1\r\n{bearer}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            &[Some(413), Some(400), None],
        ),
        ("a way up", "GET /../../etc/passwd HTTP/1.1\r\nHost: test\r\n\r\n".into(), &[Some(404)]),
        (
            "another's page",
            "GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n".into(),
            &[Some(200), Some(401)],
        ),
        ("a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n".into(), &[Some(404), Some(405)]),
    ];
    for (what, bytes, wanted) in &table {
        let status = status_of(&daemon, bytes.as_bytes());
        assert!(wanted.contains(&status), "{what}: {status:?}");
        is_well(&daemon);
    }
    // Bytes of any kind, always the same ones.
    let mut seed = 7_u64;
    for length in (1..2_000).step_by(97) {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                seed.to_be_bytes()[0]
            })
            .collect();
        let status = status_of(&daemon, &bytes);
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?}");
    }
    is_well(&daemon);
    assert_eq!(
        daemon.log().iter().filter(|line| line["event"] == "asked").count(),
        0,
        "nothing was asked of the engine"
    );
}

#[test]
fn what_is_proper_if_unusual_is_answered_properly() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    let old = ask(&daemon, "GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!((old.status, old.text().as_str(), old.keeps_alive()), (200, "ok\n", false));

    let whole = ask(&daemon, "GET /status HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    let mut stream = connect(daemon.address.parse().unwrap()).unwrap();
    stream.get_mut().write_all(b"HEAD /status HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("\r\n\r\n"), "a head alone: {text}");
    assert_eq!(whole.field("content-type"), Some("application/json"));
    assert!(text.to_ascii_lowercase().contains("\r\ncontent-type: application/json\r\n"), "that of the whole: {text}");

    for method in ["OPTIONS", "DELETE", "PUT", "BREW"] {
        let answer = ask(&daemon, &format!("{method} /reconcile HTTP/1.1\r\nHost: test\r\n\r\n"));
        assert_eq!((answer.status, answer.field("allow")), (405, Some("POST")), "{method}");
    }
    let tea = ask(&daemon, "GET /reconcile HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!((tea.status, tea.field("allow")), (405, Some("POST")));

    let mut pipeline = connect(daemon.address.parse().unwrap()).unwrap();
    let three =
        ["/livez", "/nothing", "/status"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")).concat();
    pipeline.get_mut().write_all(three.as_bytes()).unwrap();
    let statuses: Vec<u16> = (0..3).map(|_| Answer::read(&mut pipeline).unwrap().unwrap().status).collect();
    assert_eq!(statuses, [200, 404, 200], "in the order of the requests");

    let body = "{}";
    let with_body = format!(
        "POST /reconcile HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(ask(&daemon, &with_body).status, 202, "a small body harms nobody");
}

#[test]
fn it_stops_at_once_while_slow_connections_are_open() {
    let account = account();
    let mut daemon = with_token(&account, TOKEN);
    let address = daemon.address.parse().unwrap();
    let slow: Vec<BufReader<TcpStream>> = (0..50).map(|_| connect(address).unwrap()).collect();
    for stream in &slow {
        stream.get_ref().write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    }
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
    eventually("the port is free", || TcpStream::connect(daemon.address.as_str()).is_err().then_some(()));
}
