// TypeScript made from the OpenAPI description, held against programs that use it: they compile
// under `--strict`, and what they do at run time is what their types say.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import openapiTypescript, { astToString } from 'openapi-typescript'
import { serve } from '../server.js'

const server = await serve()
after(server.stop)

const here = import.meta.dirname
const description = new URL(`${server.api}/openapi.json`)
writeFileSync(join(here, 'schema.d.ts'), astToString(await openapiTypescript(description)))

// What the compiler objects to, one complaint a line. It writes JavaScript all the same.
function compile() {
  const compiler = join(here, '../node_modules/typescript/bin/tsc')
  const options = { cwd: here, encoding: 'utf8' }
  try {
    return execFileSync(process.execPath, [compiler, '--project', '.'], options)
  } catch ({ stdout }) {
    return stdout
  }
}

const objections = compile().split('\n').filter((line) => line !== '')
const { addDeal, connect, refusals, spread, worth } = await import('./built/program.js')
const { creators, pointers, rename, total } = await import('./built/members.js')
const [{ url }] = (await server.ask('openapi.json')).document.servers
const service = connect(new URL(url, server.origin).href, server.token)

for (const program of ['schema.d.ts', 'program.ts', 'members.ts']) {
  test(`${program} is accepted`, () => {
    assert.deepEqual(objections.filter((line) => line.startsWith(program)), [])
  })
}

test('nothing else is objected to', () => {
  assert.deepEqual(objections.filter((line) => !/^(schema\.d|program|members)\.ts/.test(line)), [])
})

test('creates and lists', async () => {
  const one = await addDeal(service, 'typed one', 120001)
  const two = await addDeal(service, 'typed two', 300)
  const small = await addDeal(service, 'typed small', 100)
  assert.equal(await spread(service, one), 60001)
  const found = await worth(service, [two, one, small])
  assert.deepEqual(found, [[one, 120001], [two, 300]])
})

test('is refused what its types do not allow', async () => {
  const [attribute, filter, sort, ...rest] = await refusals(service)
  assert.equal(attribute, 'invalid_attribute: name is required')
  const end = "'colour' is not supported on this endpoint; use one of: id, name, "
  assert.ok(filter.startsWith(`unsupported_filter: Filter ${end}`), filter)
  assert.ok(sort.startsWith(`unsupported_sort: Sort ${end}`), sort)
  assert.deepEqual(rest, [])
})

test('reads members, links and pointers, and sends an id', async () => {
  const id = await addDeal(service, 'typed before', 1)
  assert.equal(await rename(service, id), 'renamed')
  const [count, next] = await total(service)
  assert.ok(count > server.imported.deals)
  assert.match(next, /page%5Bnumber%5D=2/)
  assert.deepEqual(await pointers(service), ['/data/attributes/name'])
  assert.deepEqual(await creators(service), [`people ${server.person}`])
})
