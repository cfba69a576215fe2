//! How a plan is carried out, on a model of IAM that fails when told to.

use std::sync::Mutex;

use super::*;
use crate::guard::Review;
use crate::live::Live;
use crate::plan::Action;
use crate::testing::review;
use crate::testing::{ALLOW, ByHand as _, GUARD, checked, empty_account, model, plan};

const MATRIX: &str = "
version: 1
groups: { Dev: {}, View: {} }
baseline: [Mfa]
users: { ann: { groups: [Dev] }, bob: { groups: [View] } }
policies: { Own: [Dev], ReadOnlyAccess: [View], Guard: [Dev] }
documents: policies/
";

/// IAM as a model that refuses the actions whose text holds one of `fails`.
struct Model {
    live: Mutex<Live>,
    fails: Vec<&'static str>,
    running: Mutex<Vec<Entity>>,
    most: Mutex<usize>,
}

impl Model {
    fn new(fails: &[&'static str]) -> Self {
        let mut live = empty_account();
        live.user("ann").user("bob");
        Model { live: Mutex::new(live), fails: fails.to_vec(), running: Mutex::default(), most: Mutex::default() }
    }

    fn approved(&self) -> Approved {
        let checked = checked(MATRIX, &[("Mfa", GUARD), ("Guard", GUARD), ("Own", ALLOW)], "");
        let live = self.live.lock().unwrap();
        match review(plan(&checked, &live), &live, checked.operator()) {
            Review::Approved(approved) => approved,
            other => panic!("{other:?}"),
        }
    }

    fn begin(&self, action: &Action) {
        let mut running = self.running.lock().unwrap();
        for entity in action.touches() {
            assert!(!running.contains(&entity), "two calls on {entity:?} at once");
            running.push(entity);
        }
        let mut most = self.most.lock().unwrap();
        *most = (*most).max(running.len());
    }
}

fn failure(class: &'static str, message: &str) -> Failure {
    Failure { class, message: message.to_owned(), request_id: None, attempts: 1 }
}

impl Write for Model {
    async fn execute(&self, step: Step<'_>) -> Result<Receipt, Failure> {
        let action = &step.change().action;
        self.begin(action);
        tokio::task::yield_now().await;
        self.running.lock().unwrap().retain(|entity| !action.touches().contains(entity));
        if self.fails.iter().any(|fails| action.to_string().contains(fails)) {
            return Err(failure("denied", "AccessDenied"));
        }
        model::apply(&mut self.live.lock().unwrap(), action).map_err(|message| failure("other", &message))?;
        Ok(Receipt { request_id: None, attempts: 1 })
    }
}

/// What became of each change, one a line.
async fn story(model: &Model, approved: &Approved) -> (Report, Vec<String>) {
    let (_stop, stopping) = watch::channel(false);
    let report = apply(approved, model, &stopping, |_, _| ()).await;
    let told = approved.plan().changes.iter().zip(&report.outcomes);
    let told =
        told.filter(|(_, outcome)| !matches!(outcome, Outcome::Done(_))).map(|(change, outcome)| match outcome {
            Outcome::Skipped { because } => format!("{}: skipped, {because}", change.action),
            outcome => format!("{}: {}", change.action, outcome.as_str()),
        });
    let told = told.collect();
    (report, told)
}

#[tokio::test]
async fn a_whole_plan_is_carried_out_several_calls_at_a_time_but_one_on_each_entity() {
    let model = Model::new(&[]);
    let approved = model.approved();
    let (report, told) = story(&model, &approved).await;
    assert!(report.is_complete(), "{told:?}");
    assert!(model.approved().plan().changes.is_empty());
    assert!(*model.most.lock().unwrap() > 1);
}

#[tokio::test]
async fn a_failure_stops_only_what_depends_on_it() {
    let model = Model::new(&["attach Guard to Dev"]);
    let (_, told) = story(&model, &model.approved()).await;
    insta::assert_snapshot!(told.join("\n"), @r#"
    attach Guard to Dev: failed
    attach Own to Dev: skipped, "attach Guard to Dev" did not succeed
    add ann to Dev: skipped, "attach Guard to Dev" did not succeed
    "#);
}

#[tokio::test]
async fn without_the_baselines_guard_nothing_is_granted_at_all() {
    let model = Model::new(&["create document Mfa"]);
    let (_, told) = story(&model, &model.approved()).await;
    insta::assert_snapshot!(told.join("\n"), @r#"
    create document Mfa: failed
    attach Mfa to Baseline: skipped, "create document Mfa" did not succeed
    add ann to Baseline: skipped, "attach Mfa to Baseline" did not succeed
    add bob to Baseline: skipped, "attach Mfa to Baseline" did not succeed
    attach Own to Dev: skipped, "attach Mfa to Baseline" did not succeed
    attach ReadOnlyAccess to View: skipped, "attach Mfa to Baseline" did not succeed
    add ann to Dev: skipped, "attach Mfa to Baseline" did not succeed
    add bob to View: skipped, "attach Mfa to Baseline" did not succeed
    "#);
}

#[tokio::test]
async fn told_to_stop_it_finishes_the_calls_under_way_and_begins_no_other() {
    let model = Model::new(&[]);
    let approved = model.approved();
    let (stop, stopping) = watch::channel(false);
    let report = apply(&approved, &model, &stopping, |_, _| _ = stop.send(true)).await;
    assert!(report.count("done") >= 1 && report.count("done") <= PARALLEL, "{report:?}");
    assert_eq!(report.count("done") + report.count("stopped"), report.outcomes.len());
}

#[tokio::test]
async fn every_outcome_is_told_once() {
    let model = Model::new(&["create group View"]);
    let approved = model.approved();
    let (_stop, stopping) = watch::channel(false);
    let told = Mutex::new(Vec::new());
    apply(&approved, &model, &stopping, |step, _| told.lock().unwrap().push(step.position())).await;
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, (0..approved.plan().changes.len()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_step_that_could_only_wait_for_ever_is_told_as_skipped() {
    let model = Model::new(&[]);
    let checked = checked(MATRIX, &[("Mfa", GUARD), ("Guard", GUARD), ("Own", ALLOW)], "");
    let mut plan = plan(&checked, &model.live.lock().unwrap());
    let last = plan.changes.len() - 1;
    plan.changes[0].after = vec![last];
    let live = model.live.lock().unwrap().clone();
    let Review::Approved(approved) = review(plan, &live, checked.operator()) else { panic!() };
    let (report, told) = story(&model, &approved).await;
    assert!(!report.is_complete());
    assert!(told[0].ends_with("skipped, what it depends on comes later in the plan"), "{told:?}");
}
