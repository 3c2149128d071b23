// What the Node programs share: scenarios in order, one line for each thing seen. See ../README.md.
import { readFileSync } from 'node:fs'

const scenarios = []

export function scenario(name, run) {
  scenarios.push([name, run])
}

export async function runAll() {
  for (const [name, run] of scenarios) {
    try {
      await run((...seen) => console.log(`${name}\t${seen.map(text).join(' ').replaceAll('\n', ' ')}`))
    } catch (failure) {
      console.log(`${name}\tBROKEN ${String(failure).replace(/\s+/g, ' ')}`)
      console.error(failure)
    }
  }
}

const text = (value) =>
  typeof value === 'string' ? value : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))

export const env = process.env
export const authority = (file = env.PGSSLROOTCERT) => ({ ca: readFileSync(file), rejectUnauthorized: true })
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

// The error's code, where an error is expected.
export async function state(promise) {
  try {
    await promise
    return 'no error'
  } catch (failure) {
    return failure.code ?? String(failure)
  }
}
