variable "name" {
  description = "The name of the role, and how its policies begin. Both lie under /iamatrix/, out of the operator's reach."
  type        = string
  default     = "iamatrix"
}

variable "path" {
  description = "The `path` of operator.yaml. Groups and documents below it are all that the role may change."
  type        = string
  default     = "/foundation/"

  validation {
    condition     = can(regex("^/([A-Za-z0-9._-]+/)+$", var.path)) && !startswith(var.path, "/iamatrix/")
    error_message = "A path begins and ends with a slash, is not / alone, and neither /iamatrix/, where the role's own policies lie, nor below it."
  }
}

variable "enforce" {
  description = "Whether the role may change anything. Without it, it can only observe, whatever operator.yaml says."
  type        = bool
  default     = false
}

variable "prune" {
  description = "With enforce: it may delete groups and documents that left the matrix (`prune: true`)."
  type        = bool
  default     = false
}

variable "password_policy" {
  description = "With enforce: it may set the account's password policy (`passwordPolicy` in the matrix)."
  type        = bool
  default     = false
}

variable "create_users" {
  description = "With enforce: it may create users under the path (`users: { create: true }`)."
  type        = bool
  default     = false
}

variable "attachable_policies" {
  description = "With enforce: ARNs (`*` stands for any text) of the only policies that it may attach, besides those under the path. Empty: any."
  type        = list(string)
  default     = []
}

variable "permissions_boundary" {
  description = "The ARN of a permissions boundary for the role."
  type        = string
  default     = null
}

variable "trust" {
  description = "Who may assume the role: irsa, pod-identity, ec2; or none, for policies without a role."
  type        = string

  validation {
    condition     = contains(["irsa", "pod-identity", "ec2", "none"], var.trust)
    error_message = "It is irsa, pod-identity, ec2 or none."
  }
}

variable "oidc_issuer" {
  description = "For irsa: the cluster's issuer without https://. Its IAM OIDC provider must be there."
  type        = string
  default     = ""

  validation {
    condition     = var.trust != "irsa" || can(regex("^[a-z0-9.-]+(/.+)?$", var.oidc_issuer))
    error_message = "For irsa it must be given, without https://."
  }
}

variable "audience" {
  description = "For irsa: the audience of the service account's token."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "cluster_arn" {
  description = "For pod-identity: the ARN of the EKS cluster."
  type        = string
  default     = ""

  validation {
    condition     = var.trust != "pod-identity" || can(regex("^arn:[a-z-]+:eks:", var.cluster_arn))
    error_message = "For pod-identity it must be given."
  }
}

variable "namespace" {
  description = "For irsa and pod-identity: the namespace of the operator."
  type        = string
  default     = "iamatrix"
}

variable "service_account" {
  description = "For irsa and pod-identity: the service account of the operator."
  type        = string
  default     = "iamatrix"
}
