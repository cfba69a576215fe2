//! Reads over the wire: a whole account, or none. A scripted server plays IAM and breaks off in every way we know.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;

use super::*;
use crate::live::Live;

const ME: &str = "123456789012";

/// What the server says to each `GetAccountAuthorizationDetails`, in turn; the last answer is repeated.
async fn read(pages: &[(u16, String)]) -> (Result<Live, CallError>, u64) {
    let pages = Arc::new(Mutex::new(pages.to_vec()));
    let answer = move |body: String| {
        let pages = Arc::clone(&pages);
        async move {
            let (status, text) = if body.contains("Action=GetAccountAuthorizationDetails") {
                let mut pages = pages.lock().unwrap();
                if pages.len() > 1 { pages.remove(0) } else { pages[0].clone() }
            } else if body.contains("Action=GetAccountPasswordPolicy") {
                error(404, "NoSuchEntity")
            } else {
                (200, result("GetAccountSummary", "<SummaryMap></SummaryMap>"))
            };
            (StatusCode::from_u16(status).unwrap(), text)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(answer))).await });
    let session =
        Session::connect(&Target::Sandbox(endpoint), Calls::default(), tokio::sync::watch::channel(false).1).await;
    session.limit(1_000);
    let identity = Identity { account: ME.into(), arn: format!("arn:aws:iam::{ME}:user/me"), partition: "aws".into() };
    let live = session.reader().snapshot(&identity).await;
    server.abort();
    (live, session.calls().total())
}

fn result(action: &str, inner: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{inner}</{action}Result></{action}Response>"
    )
}

fn error(status: u16, code: &str) -> (u16, String) {
    (
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        ),
    )
}

fn page(inner: &str, more: &str) -> (u16, String) {
    (200, result("GetAccountAuthorizationDetails", &format!("{inner}{more}")))
}

fn user(name: &str, group: &str) -> String {
    format!(
        "<UserDetailList><member><Path>/</Path><UserName>{name}</UserName><Arn>arn:aws:iam::{ME}:user/{name}</Arn>\
         <GroupList><member>{group}</member></GroupList></member></UserDetailList>"
    )
}

fn group(name: &str, account: &str) -> String {
    format!(
        "<GroupDetailList><member><Path>/foundation/</Path><GroupName>{name}</GroupName>\
         <Arn>arn:aws:iam::{account}:group/foundation/{name}</Arn></member></GroupDetailList>"
    )
}

const LAST: &str = "<IsTruncated>false</IsTruncated>";
const MORE: &str = "<IsTruncated>true</IsTruncated><Marker>two</Marker>";

#[tokio::test]
async fn all_pages_make_one_snapshot() {
    let (live, calls) = read(&[page(&user("ann", "Dev"), MORE), page(&group("Dev", ME), LAST)]).await;
    let live = live.unwrap();
    assert_eq!(live.groups[&"Dev".into()].members, ["ann".into()].into());
    assert_eq!((live.password_policy, calls), (None, 4));
}

/// Invariant 4: a read that is not complete is no read.
#[tokio::test]
async fn a_read_that_breaks_off_anywhere_gives_no_snapshot_at_all() {
    let first = || page(&user("ann", "Dev"), MORE);
    let table = [
        ("the second page is refused", vec![first(), error(403, "AccessDenied")], Class::Denied),
        ("the second page never comes", vec![first(), error(503, "ServiceUnavailable")], Class::Unavailable),
        ("the second page is throttled for good", vec![first(), error(400, "SomethingElse")], Class::Other),
        ("the second page is no XML", vec![first(), (200, "<html>".to_owned())], Class::Unavailable),
        (
            "the second page ends in the middle",
            vec![first(), (200, page(&group("Dev", ME), LAST).1[..200].to_owned())],
            Class::Unavailable,
        ),
        (
            "the answer ends behind a whole group, and before the mark that there is more",
            vec![(200, page(&group("Dev", ME), MORE).1.split("<IsTruncated>").next().unwrap().to_owned())],
            Class::Unavailable,
        ),
        (
            "there is more, and no marker",
            vec![page(&group("Dev", ME), "<IsTruncated>true</IsTruncated>")],
            Class::Incomplete,
        ),
        ("the marker leads back to the same page", vec![first(), page("", MORE)], Class::Incomplete),
        ("a member's group is not in the answer", vec![page(&user("ann", "Gone"), LAST)], Class::Incomplete),
        ("the answer is about another account", vec![page(&group("Dev", "999999999999"), LAST)], Class::Incomplete),
        (
            "a group has no name",
            vec![page(&group("Dev", ME).replace("<GroupName>Dev</GroupName>", ""), LAST)],
            Class::Incomplete,
        ),
    ];
    let reads = table.into_iter().map(|(what, pages, class)| async move { (what, read(&pages).await.0, class) });
    for (what, live, class) in futures_util::future::join_all(reads).await {
        let error = live.expect_err(what);
        assert_eq!(error.class, class, "{what}: {error}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_every_attempt_is_counted() {
    let whole = page(&group("Dev", ME), LAST);
    let (live, calls) = read(&[error(400, "Throttling"), error(503, "ServiceUnavailable"), whole]).await;
    assert_eq!(live.unwrap().groups.len(), 1);
    assert_eq!(calls, 5);
}
