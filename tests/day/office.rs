//! The account, the people who meddle with it, and the two `ConfigMap`s that reach the operator.

use serde_json::{Value, json};

use crate::support::mounts::ConfigMap;
use crate::support::program::{Process, iamatrix};
use crate::support::{Account, Config};

/// Whom the platform team protects, and where the user is by hand.
pub const GLASS: &str = "break-glass";

pub struct Office {
    /// Its configuration is the working copy, as git has it.
    pub account: Account,
    pub matrix: ConfigMap,
    pub settings: ConfigMap,
}

impl Office {
    /// An account with the example's mistakes, and a protected user where no row wants one.
    pub fn open() -> Self {
        let config = Config::example();
        config.edit("operator.yaml", "interval: 60s", "interval: 5s");
        config.edit("operator.yaml", "prune: false", "prune: true");
        config.edit("operator.yaml", "users: { create: false }", "users: { create: true }");
        config.edit("operator.yaml", "protect: { users: []", &format!("protect: {{ users: [{GLASS}]"));
        let mut sandbox = Process::start(
            iamatrix()
                .args(["sandbox", "--listen", "127.0.0.1:0", "--account"])
                .arg(config.file("sandbox-account.yaml")),
        );
        let endpoint = format!("http://{}", sandbox.address_after("http://"));
        let account = Account::at(&endpoint, config, Some(sandbox));
        account.by_hand("create_user", json!({ "UserName": GLASS }));
        account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": GLASS }));
        account.wire.take();
        let mut texts = account.config.texts();
        let settings = ConfigMap::of(&[texts.remove_entry("operator.yaml").unwrap()].into());
        Office { matrix: ConfigMap::of(&texts), settings, account }
    }

    /// Changes the settings as the platform team does: a commit, and the kubelet's swap.
    pub fn set(&self, old: &str, new: &str) {
        self.account.config.edit("operator.yaml", old, new);
        self.settings.swap(&[("operator.yaml".to_owned(), self.account.config.read("operator.yaml"))].into());
    }

    /// Releases the plan of that digest, in git.
    pub fn approve(&self, digest: &str) {
        let without: Vec<String> = self.account.config.read("operator.yaml").lines().map(str::to_owned).collect();
        let without: Vec<&str> = without.iter().map(String::as_str).filter(|it| !it.starts_with("approve:")).collect();
        self.account.config.write("operator.yaml", &(without.join("\n") + "\n"));
        let listen = "listen: 127.0.0.1:8080\n";
        self.set(listen, &format!("{listen}approve: {{ digest: \"{digest}\", until: 2099-12-31 }}\n"));
    }

    pub fn matrix_text(&self) -> String {
        self.account.config.read("matrix.yaml")
    }

    /// A new matrix, as the security team commits it.
    pub fn commit(&self, matrix: &str) {
        self.account.config.write("matrix.yaml", matrix);
        self.publish();
    }

    pub fn drop_group(&self, group: &str) {
        self.account.config.drop_group(group);
        self.publish();
    }

    fn publish(&self) {
        let mut texts = self.account.config.texts();
        texts.remove("operator.yaml");
        self.matrix.swap(&texts);
    }

    /// What the witness, whose matrix knows no protection, finds once everything else is as it should be.
    pub fn is_as_the_matrix_says(&self) {
        let expected = json!([format!("members of Admin: {GLASS} is too many")]);
        assert_eq!(self.account.judged()["differences"], expected);
    }

    pub fn is_member(&self, user: &str, group: &str) -> bool {
        let groups = self.account.by_hand("list_groups_for_user", json!({ "UserName": user }));
        groups["Groups"].as_array().unwrap().iter().any(|found| found["GroupName"] == group)
    }

    pub fn by_hand_into(&self, user: &str, group: &str) {
        self.account.by_hand("add_user_to_group", json!({ "GroupName": group, "UserName": user }));
    }

    /// One of each kind that the console makes easy.
    pub fn make_drift_of_every_kind(&self) {
        let aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
        let ours = |name: &str| self.account.document(name);
        let hand = |operation: &str, parameters: Value| drop(self.account.by_hand(operation, parameters));
        self.by_hand_into("tiger@demoasacode.io", "Admin");
        hand("remove_user_from_group", json!({ "GroupName": "Developer", "UserName": "lamp@demoasacode.io" }));
        hand("remove_user_from_group", json!({ "GroupName": "Baseline", "UserName": "banana@demoasacode.io" }));
        hand("attach_group_policy", json!({ "GroupName": "Admin", "PolicyArn": aws("AmazonS3FullAccess") }));
        hand("detach_group_policy", json!({ "GroupName": "Admin", "PolicyArn": aws("AmazonRoute53FullAccess") }));
        hand("detach_group_policy", json!({ "GroupName": "Developer-2", "PolicyArn": ours("MFAForcePolicy") }));
        let text =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
        hand("put_group_policy", json!({ "GroupName": "Admin", "PolicyName": "Mine", "PolicyDocument": text }));
        let version =
            json!({ "PolicyArn": ours("DenyDataPipelinePolicy"), "PolicyDocument": text, "SetAsDefault": true });
        hand("create_policy_version", version);
        hand("create_group", json!({ "Path": "/foundation/", "GroupName": "Rogue" }));
        self.by_hand_into("tiger@demoasacode.io", "Rogue");
        hand("update_group", json!({ "GroupName": "Viewer", "NewGroupName": "Viewers" }));
        hand("delete_account_password_policy", json!({}));
        self.delete_group("SysAdm-3");
        hand("create_policy", json!({ "Path": "/foundation/", "PolicyName": "Rogue", "PolicyDocument": text }));
        hand("delete_policy", json!({ "PolicyArn": ours("DenyEC2StopAndTerminationMFAPolicy") }));
        self.delete_user("bicycle@demoasacode.io");
    }

    fn delete_user(&self, user: &str) {
        let named = json!({ "UserName": user });
        for group in self.account.by_hand("list_groups_for_user", named.clone())["Groups"].as_array().unwrap() {
            self.account
                .by_hand("remove_user_from_group", json!({ "GroupName": group["GroupName"], "UserName": user }));
        }
        // Whom the operator created has none.
        if self.account.knows("get_login_profile", named.clone()) {
            self.account.by_hand("delete_login_profile", named.clone());
        }
        self.account.by_hand("delete_user", named);
    }

    fn delete_group(&self, group: &str) {
        let named = json!({ "GroupName": group });
        let of = |operation: &str, key: &str| {
            self.account.by_hand(operation, named.clone())[key].as_array().unwrap().clone()
        };
        for policy in of("list_attached_group_policies", "AttachedPolicies") {
            self.account
                .by_hand("detach_group_policy", json!({ "GroupName": group, "PolicyArn": policy["PolicyArn"] }));
        }
        for user in of("get_group", "Users") {
            self.account.by_hand("remove_user_from_group", json!({ "GroupName": group, "UserName": user["UserName"] }));
        }
        self.account.by_hand("delete_group", named.clone());
    }
}
