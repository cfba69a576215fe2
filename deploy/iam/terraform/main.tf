# The role that iamatrix runs with. What each policy is for: ../README.md.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

module "documents" {
  source = "./documents"

  path                = var.path
  partition           = data.aws_partition.current.partition
  enforce             = var.enforce
  prune               = var.prune
  password_policy     = var.password_policy
  create_users        = var.create_users
  attachable_policies = var.attachable_policies
  trust               = var.trust
  trust_values = {
    PARTITION       = data.aws_partition.current.partition
    DNS_SUFFIX      = data.aws_partition.current.dns_suffix
    ACCOUNT         = data.aws_caller_identity.current.account_id
    OIDC_ISSUER     = var.oidc_issuer
    AUDIENCE        = var.audience
    CLUSTER_ARN     = var.cluster_arn
    NAMESPACE       = var.namespace
    SERVICE_ACCOUNT = var.service_account
  }
}

locals {
  # Out of reach of a role that may change policies under var.path.
  own_path = "/iamatrix/"
}

resource "aws_iam_policy" "this" {
  for_each = module.documents.policies
  name     = "${var.name}-${each.key}"
  path     = local.own_path
  policy   = each.value
}

resource "aws_iam_role" "this" {
  count                = var.trust == "none" ? 0 : 1
  name                 = var.name
  path                 = local.own_path
  assume_role_policy   = module.documents.trust
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = { for name, policy in aws_iam_policy.this : name => policy.arn if var.trust != "none" }
  role       = aws_iam_role.this[0].name
  policy_arn = each.value
}

resource "aws_iam_instance_profile" "this" {
  count = var.trust == "ec2" ? 1 : 0
  name  = var.name
  path  = local.own_path
  role  = aws_iam_role.this[0].name
}

output "role_arn" {
  description = "The role, for the annotation eks.amazonaws.com/role-arn (IRSA) or a Pod Identity association; null without a role."
  value       = one(aws_iam_role.this[*].arn)
}

output "policy_arns" {
  description = "The policies, by what they are for."
  value       = { for name, policy in aws_iam_policy.this : name => policy.arn }
}
