// The server under test: a process on a free port, a database of its own (or a tenant of its own
// in APPORTION_DATABASE_URL) and the agency's year from fixtures/import. Knows no client.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const MEDIA_TYPE = 'application/vnd.api+json'

const HERE = import.meta.dirname
const ROOT = resolve(HERE, '../../..')
const BINARY = resolve(HERE, process.env.APPORTION || join(ROOT, 'target/release/apportion'))
// A program that serves the same database below a prefix, in place of `serve`.
const MOUNTED = process.env.MOUNTED && resolve(HERE, process.env.MOUNTED)
const FIXTURES = ['deals', 'revenue_distributions'].map((name) =>
  join(ROOT, 'fixtures/import', `${name}.csv`))

// The caller's settings, without those that would change what the program does.
function environment(database) {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('APPORTION'))
  const settings = { APPORTION_DATABASE_URL: database, APPORTION_LOG: 'error' }
  return { ...Object.fromEntries(entries), ...settings }
}

// Starts a server. Resolves to its `origin`, the path `root` of the API and the `api` as a whole, a `token` that speaks for a
// `person` of an `organization`, how many rows were `imported` of each type, `ask(path, options)`
// for what no client sends, and `stop`.
export async function serve() {
  const directory = mkdtempSync(join(tmpdir(), 'apportion-clients-'))
  const database = process.env.APPORTION_DATABASE_URL || `sqlite://${directory}/clients.db`
  const env = environment(database)
  const run = (...words) => execFileSync(BINARY, words, { env, encoding: 'utf8' }).trim()

  const create = ['organization', 'create', '--name', 'Clients', '--currency', 'EUR']
  const organization = run(...create)
  const ownToken = run('token', 'create', '--organization', organization)
  const lines = run('import', '--organization', organization, ...FIXTURES).split('\n')
  const counted = lines.map((line) => line.match(/: (\d+) (\w+)$/))
  const imported = Object.fromEntries(counted.map(([, count, type]) => [type, Number(count)]))

  const words = MOUNTED ? [] : ['serve', '--bind', '127.0.0.1:0', '--no-rate-limit']
  const child = spawn(MOUNTED || BINARY, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => child.once('exit', done))
  process.once('exit', () => child.kill())
  const base = await listening(child)
  const { origin, pathname } = new URL(base)
  const root = `${pathname === '/' ? '' : pathname}/api/v2`
  const api = `${origin}${root}`

  const as = (token) => (path, options) => ask(new URL(path, `${api}/`), token, options)

  const attributes = { first_name: 'Ada', last_name: 'Client' }
  const added = await as(ownToken)('people', { body: { data: { type: 'people', attributes } } })
  const person = added.document.data.id
  const token = run('token', 'create', '--organization', organization, '--person', person)
  const stop = async () => {
    child.kill()
    const code = await ended
    rmSync(directory, { recursive: true })
    if (code !== 0) throw new Error(`the server ended with ${code}`)
  }
  return { origin, root, api, token, organization, person, imported, ask: as(token), stop }
}

// The origin that the server prints once it listens.
async function listening(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const found = line.match(/^listening on (http:\S+)$/)
    if (found) return found[1]
  }
  throw new Error('the server ended before it listened')
}

// Asks for a URL as a plain client would: a POST where there is a body and no method. Resolves to
// the status, the headers and the document, null where there is none.
async function ask(url, token, { method, body, headers } = {}) {
  const type = body === undefined ? {} : { 'Content-Type': MEDIA_TYPE }
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { 'X-Auth-Token': token, ...type, ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const document = text === '' ? null : JSON.parse(text)
  return { status: response.status, headers: response.headers, document }
}
