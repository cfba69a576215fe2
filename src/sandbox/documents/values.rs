//! Whether actions and resources are written as IAM wants them.

/// The partitions of AWS.
const PARTITIONS: [&str; 9] =
    ["*", "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// How the last part of an ARN of IAM begins.
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// How the last part of an ARN of S3 begins where it has a region (Service Authorization Reference, resource types).
const S3_REGIONAL: [&str; 6] =
    ["accesspoint/", "access-grants/", "async-request/", "job/", "storage-lens/", "storage-lens-group/"];

/// What is wrong with an action.
pub fn wrong_action(action: &str) -> Option<String> {
    if action == "*" {
        return None;
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Some("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned());
    };
    if name.contains(':') {
        return Some("Actions/Condition can contain only one colon.".to_owned());
    }
    let is_valid = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    (vendor.is_empty() || !vendor.bytes().all(is_valid)).then(|| format!("Vendor {vendor} is not valid"))
}

/// What is wrong with a resource.
pub fn wrong_resource(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    let mut parts = resource.splitn(6, ':');
    let mut part = || parts.next();
    let (first, Some(partition)) = (part(), part()) else {
        return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    let rest = [part(), part(), part(), part()];
    if !PARTITIONS.contains(&partition) {
        let shown = rest.map(|part| part.unwrap_or("*")).join(":");
        return Some(format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{shown}\"."));
    }
    if first != Some("arn") {
        return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
    }
    if rest.first().copied().flatten().is_none() {
        return Some("Resource vendor must be fully qualified and cannot contain regexes.".to_owned());
    }
    wrong_for_service(resource, rest.map(Option::unwrap_or_default))
}

/// What IAM and S3 allow in their own ARNs.
fn wrong_for_service(resource: &str, [service, region, account, path]: [&str; 4]) -> Option<String> {
    match service {
        "iam" if !region.is_empty() => Some(format!("IAM resource {resource} cannot contain region information.")),
        "iam" if resource.matches(':').count() >= 5 && !is_iam_path(path) => {
            Some(format!("IAM resource path must either be \"*\", root, or start with {}.", IAM_PATHS.join(", ")))
        }
        "s3" if !region.is_empty() && !path.is_empty() && (account.is_empty() || !is_regional(path)) => {
            Some(format!("Resource {resource} can not contain region information."))
        }
        _ => None,
    }
}

/// Buckets have no region (AWS CDK, issue 22445).
fn is_regional(path: &str) -> bool {
    path.starts_with('*') || S3_REGIONAL.iter().any(|start| path.starts_with(start))
}

fn is_iam_path(path: &str) -> bool {
    ["*", "root"].contains(&path) || IAM_PATHS.iter().any(|start| path.starts_with(start))
}

/// Whether parts of an ARN are left out in the way that IAM's older parser cannot bear.
pub fn lacks_parts(resource: &str) -> bool {
    let too_short = resource.matches(':').count() < 5 && resource.contains("::");
    resource != "*" && (too_short || resource.split(':').nth(2).is_some_and(str::is_empty))
}
