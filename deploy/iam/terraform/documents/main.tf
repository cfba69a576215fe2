# The policies and the trust of the operator's role, as text. The JSON files in ../../policies and ../../trust are the
# only source; here the path, the partition and the options are put in. Without resources, so that it needs no provider.

variable "path" { type = string }
variable "partition" { type = string }
variable "enforce" { type = bool }
variable "prune" { type = bool }
variable "password_policy" { type = bool }
variable "create_users" { type = bool }
variable "attachable_policies" { type = list(string) }
variable "trust" { type = string }
variable "trust_values" { type = map(string) }

locals {
  chosen = {
    observe         = true
    enforce         = var.enforce
    prune           = var.enforce && var.prune
    password-policy = var.enforce && var.password_policy
    create-users    = var.enforce && var.create_users
    attachable      = var.enforce && length(var.attachable_policies) > 0
  }
  texts  = { for name, on in local.chosen : name => file("${path.module}/../../policies/${name}.json") if on }
  placed = { for name, text in local.texts : name => replace(text, "foundation", trim(var.path, "/")) }
  named  = join(", ", [for arn in var.attachable_policies : jsonencode(arn)])
  # The file names one policy as an example.
  limited = { for name, text in local.placed : name => replace(text, "\"arn:aws:iam::aws:policy/ReadOnlyAccess\"", local.named) }
}

output "policies" {
  description = "The policies that are chosen: name => JSON."
  value       = { for name, text in local.limited : name => jsonencode(jsondecode(replace(text, "arn:aws:", "arn:${var.partition}:"))) }
}

output "trust" {
  description = "Who may assume the role, as JSON; null without a role."
  value       = var.trust == "none" ? null : jsonencode(jsondecode(templatefile("${path.module}/../../trust/${var.trust}.json", var.trust_values)))
}
