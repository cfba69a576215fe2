//! Rows about policies whose holder can gain rights that the policy does not give.
//!
//! A document is judged alone: it lets its holder escalate when it allows, on any resource and under any condition, all
//! actions of one of the [`WAYS`] to every right, or of those that go through a service. A Deny takes an action away only
//! if it does so always: on every resource and without a condition. What is behind it (which roles there are, who trusts
//! them) is not known here.

use std::collections::BTreeSet;

use super::evidence::{Answer, Holder};
use super::inspection::Inspection;
use super::policies::{judged, named};
use super::report::Judged;
use crate::access::administration::WAYS;
use crate::policy::{Cover, Document, Effect, Statement, pattern};

/// So many actions are named in a finding.
const SHOWN: usize = 8;

/// Sets of actions that together give more rights than they seem to, beside those that lead to every right. No way
/// contains another.
///
/// Collected from what is publicly known of AWS: the methods of Rhino Security Labs ("AWS IAM Privilege Escalation"),
/// of Bishop Fox, and the library pathfinding.cloud of Datadog, as prowler 5.46 names them.
#[rustfmt::skip] // one way a line
const BY_SERVICES: &[&[&str]] = &[
    // Rights in other accounts are written anew.
    &["sso:AttachManagedPolicyToPermissionSet"],
    &["sso:PutInlinePolicyToPermissionSet"],
    // A role is passed to something new that runs the holder's commands.
    &["iam:PassRole", "ec2:RunInstances"],
    &["iam:PassRole", "ec2:RequestSpotInstances"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"],
    &["iam:PassRole", "glue:CreateDevEndpoint"],
    &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"],
    &["iam:PassRole", "glue:CreateJob", "glue:CreateTrigger"],
    &["iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"],
    &["iam:PassRole", "glue:UpdateJob", "glue:CreateTrigger"],
    &["iam:PassRole", "glue:CreateSession", "glue:RunStatement"],
    &["iam:PassRole", "cloudformation:CreateStack"],
    &["iam:PassRole", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
    &["iam:PassRole", "cloudformation:UpdateStackSet"],
    &["iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"],
    &["iam:PassRole", "codestar:CreateProject"],
    &["iam:PassRole", "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration"],
    &["iam:PassRole", "autoscaling:UpdateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration"],
    &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"],
    &["iam:PassRole", "ecs:RunTask"],
    &["iam:PassRole", "ecs:StartTask"],
    &["iam:PassRole", "sagemaker:CreateNotebookInstance"],
    &["iam:PassRole", "sagemaker:CreateTrainingJob"],
    &["iam:PassRole", "sagemaker:CreateProcessingJob"],
    &["iam:PassRole", "apprunner:CreateService"],
    &["iam:PassRole", "braket:CreateJob"],
    &["iam:PassRole", "cognito-identity:SetIdentityPoolRoles"],
    &["iam:PassRole", "elasticmapreduce:RunJobFlow"],
    &["iam:PassRole", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"],
    &["iam:PassRole", "gamelift:CreateBuild", "gamelift:CreateFleet", "gamelift:RequestUploadCredentials"],
    &["iam:PassRole", "imagebuilder:CreateComponent", "imagebuilder:CreateImageRecipe", "imagebuilder:CreateInfrastructureConfiguration", "imagebuilder:CreateImage"],
    &["iam:PassRole", "kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication"],
    &["iam:PassRole", "omics:CreateWorkflow", "omics:StartRun", "s3:GetObject"],
    &["iam:PassRole", "scheduler:CreateSchedule"],
    &["iam:PassRole", "ssm:CreateDocument", "ssm:StartAutomationExecution"],
    &["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"],
    // Something that runs with a role already is told what to do.
    &["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"],
    &["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
    &["ec2-instance-connect:SendSSHPublicKey", "ec2:DescribeInstances"],
    &["lambda:UpdateFunctionCode"],
    &["lambda:UpdateFunctionConfiguration"],
    &["glue:UpdateDevEndpoint"],
    &["cloudformation:UpdateStack"],
    &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
    &["codebuild:StartBuild"],
    &["codebuild:StartBuildBatch"],
    &["codedeploy:CreateDeployment", "codedeploy:RegisterApplicationRevision", "codedeploy:GetDeploymentConfig"],
    &["ecs:ExecuteCommand", "ecs:DescribeTasks"],
    &["sagemaker:CreatePresignedNotebookInstanceUrl"],
    &["sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:StopNotebookInstance", "sagemaker:UpdateNotebookInstance", "sagemaker:StartNotebookInstance"],
    &["ssm:StartSession"],
    &["ssm:SendCommand"],
    &["apprunner:UpdateService"],
    &["batch:SubmitJob"],
    &["states:UpdateStateMachine", "states:StartExecution"],
    &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"],
    &["bedrock-agentcore:InvokeAgentRuntimeCommand"],
    &["bedrock-agentcore:StartBrowserSession", "bedrock-agentcore:ConnectBrowserAutomationStream"],
];

/// The ways that a document opens.
fn ways(document: &Document) -> Vec<&'static [&'static str]> {
    let opens = |way: &&[&str]| way.iter().all(|action| allows(document, action));
    all_ways().filter(opens).collect()
}

fn all_ways() -> impl Iterator<Item = &'static [&'static str]> {
    WAYS.iter().chain(BY_SERVICES).copied()
}

/// Whether the document allows the action on any resource, and does not always deny it.
fn allows(document: &Document, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let speaks = |statement: &&Statement| match &statement.actions {
        Cover::Only(patterns) => patterns.iter().any(|it| pattern::matches(it, &action)),
        Cover::AllBut(patterns) => !patterns.iter().any(|it| pattern::matches(it, &action)),
    };
    let mut denies = document.statements().filter(speaks).filter(|statement| statement.effect == Effect::Deny);
    let mut allows = document.statements().filter(speaks).filter(|statement| statement.effect == Effect::Allow);
    allows.next().is_some() && !denies.any(is_everywhere)
}

/// Without a condition, and on every resource.
fn is_everywhere(statement: &Statement) -> bool {
    let all = |cover: &Cover| matches!(cover, Cover::Only(patterns) if patterns.contains("*"));
    statement.conditions.is_empty() && all(&statement.resources)
}

/// The facts about a document that lets its holder escalate.
fn evidence(document: &Document) -> Option<Vec<String>> {
    let ways = ways(document);
    if ways.is_empty() {
        return None;
    }
    let mut facts: Vec<String> = ways.iter().take(SHOWN).map(|way| way.join(" + ")).collect();
    if ways.len() > SHOWN {
        facts.push(format!("and {} ways more", ways.len() - SHOWN));
    }
    Some(facts)
}

const REMEDY: &str = "take the action out, or narrow it: name the roles that may be passed, the users and policies that \
                      may be changed; or demand a permissions boundary";

/// Customer managed policies that are attached.
pub(super) fn customer(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    let attached = entities.policies.values().filter(|policy| policy.attachments > 0);
    Ok(Judged::each(attached, |policy| {
        judged(policy.name.as_str(), &policy.document, |document| {
            let mut facts = evidence(document)?;
            facts.push(Inspection::attached_to(entities, &policy.arn));
            Some((facts, REMEDY.to_owned()))
        })
    }))
}

/// Inline policies.
pub(super) fn inline(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.inline(), |inline| {
        judged(named(&inline), inline.document, |document| Some((evidence(document)?, REMEDY.to_owned())))
    }))
}

/// AWS managed policies that are attached to groups or users. `AWSBatchServiceRole`, meant for a service, passes any
/// role to an instance of the holder's.
pub(super) fn aws_on_people(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    let on_people = entities.aws.iter().filter_map(|(arn, document)| {
        let people = entities.holders_of(arn).filter(|(holder, _)| *holder != Holder::Role);
        let people: BTreeSet<_> = people.map(|(holder, name)| format!("{} {name}", holder.as_str())).collect();
        (!people.is_empty()).then_some((arn, document, people))
    });
    Ok(Judged::each(on_people, |(arn, document, people)| {
        judged(arn.name().as_str(), document, |document| {
            let mut facts = evidence(document)?;
            facts.push(format!("attached to {}", people.into_iter().collect::<Vec<_>>().join(", ")));
            let remedy = "attach a policy that is meant for people, or guard the group with a deny of these actions";
            Some((facts, remedy.to_owned()))
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    fn of(statements: &str) -> Vec<String> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        ways(&Document::parse(&text).unwrap()).into_iter().map(|way| way.join("+")).collect()
    }

    #[test]
    fn what_lets_its_holder_escalate_is_told_from_what_does_not() {
        let allow = |actions: &str| format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#);
        let deny = |rest: &str| format!(r#"{{"Effect":"Deny","Action":"iam:*","Resource":"*"{rest}}}"#);
        let table = [
            ("a single action", allow(r#""iam:PutUserPolicy""#), vec!["iam:PutUserPolicy"]),
            ("in another case, by a pattern", allow(r#""IAM:putuser*""#), vec!["iam:PutUserPolicy"]),
            ("half of a way", allow(r#""iam:PassRole""#), vec![]),
            ("the other half", allow(r#""ec2:RunInstances""#), vec![]),
            (
                "both halves in two statements",
                allow(r#""iam:PassRole""#) + "," + &allow(r#""ec2:RunInstances""#),
                vec!["iam:PassRole+ec2:RunInstances"],
            ),
            ("denied always", allow(r#""iam:PutUserPolicy""#) + "," + &deny(""), vec![]),
            (
                "denied under a condition only",
                allow(r#""iam:PutUserPolicy""#)
                    + ","
                    + &deny(r#","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#),
                vec!["iam:PutUserPolicy"],
            ),
            (
                "on one resource",
                r#"{"Effect":"Allow","Action":"iam:AddUserToGroup","Resource":"arn:aws:iam::123456789012:group/Admin"}"#.to_owned(),
                vec!["iam:AddUserToGroup"],
            ),
            ("reads", allow(r#"["iam:Get*","iam:List*","s3:*"]"#), vec![]),
        ];
        for (what, statements, expected) in table {
            assert_eq!(of(&statements), expected, "{what}");
        }
    }

    #[test]
    fn all_but_iam_still_opens_the_ways_without_iam() {
        let found = of(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#);
        assert!(found.contains(&"ssm:SendCommand".to_owned()));
        assert!(!found.iter().any(|way| way.contains("iam:")), "{found:?}");
    }

    #[test]
    fn no_way_contains_another() {
        let set = |way: &[&'static str]| way.iter().copied().collect::<BTreeSet<&str>>();
        let contained: Vec<_> = all_ways()
            .filter(|way| all_ways().any(|other| other.len() < way.len() && set(other).is_subset(&set(way))))
            .collect();
        assert!(contained.is_empty(), "{contained:?}");
    }

    #[test]
    fn every_action_of_a_way_is_one_that_aws_lists() {
        let gone = ["codestar:CreateProject"];
        for action in all_ways().flatten().filter(|action| !gone.contains(action)) {
            let found = catalog::actions::matching(action);
            assert_eq!(found.len(), 1, "{action}");
            assert_eq!(found[0].name, *action);
        }
    }
}
