//! What the daemon serves and writes down.

use crate::care::{enforcing, watched};
use crate::support::daemon::Daemon;

#[test]
fn every_page_answers_what_it_is_for() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    for probe in ["/livez", "/readyz", "/startupz", "/healthz"] {
        let page = daemon.get(probe);
        assert_eq!((page.status, page.body.as_str()), (200, "ok\n"), "{probe}");
    }
    let status = daemon.status();
    assert_eq!(status["mode"], "enforce");
    assert_eq!(status["account"], "123456789012");
    assert_eq!(status["path"], "/foundation/");
    assert_eq!(status["drift"], 0);
    assert_eq!(status["config"]["inUse"], "newest");
    assert!(!daemon.get("/status").body.contains('@'), "counts, not names");
    assert_eq!(daemon.get("/drift").json()["drift"].as_array().unwrap().len(), 0);
    let plan = daemon.get("/plan").json();
    assert_eq!(
        (plan["lastOutcome"].as_str(), plan["plan"]["changes"].as_array().map(Vec::len)),
        (Some("inSync"), Some(0))
    );
    assert!(daemon.get("/").body.contains("/drift"), "the index names the pages");
    assert_eq!(daemon.get("/nothing").status, 404);
}

#[test]
fn metrics_are_open_metrics_and_name_nobody() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    let page = daemon.get("/metrics");
    assert!(page.head.contains("application/openmetrics-text"), "{}", page.head);
    assert!(page.body.ends_with("# EOF\n"));
    for name in ["demoasacode", "Developer", "MFAForcePolicy", "ReadOnlyAccess"] {
        assert!(!page.body.contains(name), "{name} is no label");
    }
    let added = daemon.metric("iamatrix_changes_total{kind=\"addMember\",outcome=\"done\"}");
    assert!((added - 41.0).abs() < 0.1, "30 memberships and 11 of the baseline, not {added}");
    // What it says of itself is what was heard on the wire.
    let said = daemon.called().iter().find(|(operation, _)| operation == "AddUserToGroup").unwrap().1;
    let heard = account.wire.take().iter().filter(|action| *action == "AddUserToGroup").count();
    assert!((said - f64::from(u32::try_from(heard).unwrap())).abs() < 0.1, "{said} {heard}");
}

#[test]
fn beyond_loopback_names_are_shown_only_to_who_has_the_token() {
    let account = watched();
    account.config.write("token", "open sesame, at once\n");
    let token = format!("listen: 127.0.0.1:8080\ntokenFile: {}\n", account.config.file("token").display());
    account.config.edit("operator.yaml", "listen: 127.0.0.1:8080\n", &token);
    let daemon = Daemon::start(&mut account.command(&["run", "--listen", "0.0.0.0:0", "--log-format", "json"]));
    daemon.until_ready();
    for open in ["/livez", "/readyz", "/status", "/metrics"] {
        assert_eq!(daemon.get(open).status, 200, "{open}");
    }
    for closed in ["/drift", "/plan", "/audit", "/history"] {
        let refused = daemon.get(closed);
        assert_eq!(refused.status, 401, "{closed}");
        assert!(refused.body.contains("tokenFile") && !refused.body.contains('@'), "{}", refused.body);
        assert_eq!(daemon.get_with(closed, "Authorization: Bearer open\r\n").status, 401);
        assert_eq!(daemon.get_with(closed, "Authorization: Bearer open sesame, at once\r\n").status, 200);
    }
}

#[test]
fn beyond_loopback_without_a_token_names_are_shown_to_nobody() {
    let account = watched();
    let daemon = Daemon::start(&mut account.command(&["run", "--listen", "0.0.0.0:0", "--log-format", "json"]));
    daemon.until_ready();
    for closed in ["/drift", "/plan", "/audit", "/history"] {
        assert_eq!(daemon.get_with(closed, "Authorization: Bearer \r\n").status, 401);
    }
}
