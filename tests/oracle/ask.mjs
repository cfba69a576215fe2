// Answers cases of tests/oracle.rs: one JSON object a line on standard input, one answer a line on standard output.
// The folder that holds node_modules is the working directory.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(process.cwd() + '/')
const { runSimulation, runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')

const named = (policies) => policies.map((policy, position) => ({ name: `policy${position}`, policy }))

async function answer({ policies, boundary, action, resource, context }) {
  const simulation = {
    request: {
      principal: 'arn:aws:iam::123456789012:user/scott',
      action,
      resource: { resource, accountId: '123456789012' },
      contextVariables: context,
    },
    identityPolicies: named(policies),
    permissionBoundaryPolicies: boundary ? named([boundary]) : undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  if (resource !== '*') return runUnsafeSimulation(simulation, {})
  // Only the validating call knows which actions have no resources.
  const result = await runSimulation(simulation, {})
  return result.resultType === 'error' ? `error: ${JSON.stringify(result.errors)}` : result.overallResult
}

for await (const line of createInterface({ input: process.stdin })) {
  let said
  try {
    said = await answer(JSON.parse(line))
  } catch (error) {
    said = `error: ${error}`
  }
  process.stdout.write(JSON.stringify(said) + '\n')
}
