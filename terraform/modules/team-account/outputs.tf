output "deploy_roles" {
  description = "By environment: the role that the deploy workflow takes."
  value       = { for environment, role in aws_iam_role.deploy : environment => role.arn }
}

output "state_bucket" {
  description = "Where the team's roots keep their state, below `<environment>/`."
  value       = aws_s3_bucket.state.bucket
}

output "boundary_arn" {
  description = "The boundary of every role that the deploy roles make."
  value       = aws_iam_policy.boundary.arn
}

output "account_parameters" {
  description = "By environment: the SSM parameter that rendered roots read."
  value       = { for environment, parameter in aws_ssm_parameter.account : environment => parameter.name }
}
