// WarpDrive's JSON:API cache (Ember Data's), in its development build: every document that it
// takes is held against the standard and against a schema made from the service's own OpenAPI
// description. Needs `--conditions=unpkg-dev`.

import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import { recordIdentifierFor, useRecommendedStore } from '@warp-drive/core'
import { setupSignals } from '@warp-drive/core/configure'
import { checkout, withDefaults } from '@warp-drive/core/reactive'
import { JSONAPICache } from '@warp-drive/json-api'
import { walk } from './pages.js'
import { MEDIA_TYPE, serve } from './server.js'

const server = await serve()
after(server.stop)

// Nothing here watches for changes.
setupSignals(() => ({
  createSignal: () => ({}),
  consumeSignal: () => {},
  notifySignal: () => {},
  createMemo: (object, key, read) => read,
  willSyncFlushWatchers: () => false,
}))

const { document: openapi } = await server.ask('openapi.json')

// What a GET of this path answers with: the name of a schema such as `deals_document`.
function answer(path) {
  const { content } = openapi.paths[path].get.responses[200]
  return content[MEDIA_TYPE].schema.$ref.split('/').at(-1)
}

// A to-many relationship shows its members only where they are included.
function relationship(type, name, manyIncluded) {
  const [, target, shape] = answer(`/api/v2/${type}/{id}/${name}`).match(/^(.*?)(?:_or_null)?_(document|page)$/)
  const included = { async: false, inverse: null, linksMode: true }
  if (shape === 'document') return { kind: 'belongsTo', name, type: target, options: included }
  const options = manyIncluded ? included : { async: true, inverse: null }
  return { kind: 'hasMany', name, type: target, options }
}

function resource(type, manyIncluded) {
  const { attributes, relationships } = openapi.components.schemas[type].properties
  const fields = Object.keys(attributes.properties).map((name) => ({ kind: 'field', name }))
  const related = Object.keys(relationships?.properties ?? {})
  fields.push(...related.map((name) => relationship(type, name, manyIncluded)))
  return withDefaults({ type, fields })
}

const types = ['organizations', 'people', 'deals', 'revenue_distributions']
const authenticate = {
  request({ request }, next) {
    const headers = new Headers(request.headers)
    headers.set('X-Auth-Token', server.token)
    headers.set('Accept', MEDIA_TYPE)
    if (request.body) headers.set('Content-Type', MEDIA_TYPE)
    return next({ ...request, headers })
  },
}

// A store that asks through these handlers.
function storeWith(handlers = [authenticate], manyIncluded = false) {
  const schemas = types.map((type) => resource(type, manyIncluded))
  return new (useRecommendedStore({ cache: JSONAPICache, handlers, schemas }))()
}

const printed = mock.method(console, 'log', () => {})
const warned = mock.method(console, 'warn', () => {})

// In this build the cache prints every warning that there might be, followed by whether all is
// well. It warns of links without linkage where the linkage is null, too; where there is really
// none, it throws.
const LINKS_ONLY = 'ds.store.push-link-for-sync-relationship'
const isWarning = ([, fine, { id } = {}]) => fine !== true && id !== LINKS_ONLY

// What it prints of a document is the document, with remarks below the lines that they are about.
// It does not know the link `describedby`, which JSON:API has since 1.1.
function remarks(report) {
  const lines = report.replaceAll('%c', '').split('\n')
  const isRemark = (line, at) => /^\s*(❌|⚠️)/u.test(line) && !/"describedby"/.test(lines[at - 1])
  return lines.filter(isRemark).map((line) => line.replace(/^.*?\/\/ /, ''))
}

// What the cache complains of while something is done.
async function complaintsOf(action) {
  printed.mock.resetCalls()
  warned.mock.resetCalls()
  const result = await action()
  const reports = printed.mock.calls.map((call) => call.arguments[0])
  const warnings = warned.mock.calls.map((call) => call.arguments).filter(isWarning)
  const complaints = [...reports.flatMap(remarks), ...warnings.map(([text]) => text)]
  return { result, complaints }
}

// Asks, and expects no complaint.
async function ask(store, url, options) {
  const asked = { url: new URL(url, `${server.api}/`).href, method: 'GET', ...options }
  const { result, complaints } = await complaintsOf(() => store.request(asked))
  assert.deepEqual(complaints, [])
  return result.content
}

// Writes what becomes of a record, which the cache then knows.
function write(store, method, record, url, data) {
  const op = { POST: 'createRecord', PATCH: 'updateRecord', DELETE: 'deleteRecord' }[method]
  const body = data ? { body: JSON.stringify({ data }) } : {}
  return ask(store, url, { method, op, ...body, records: [recordIdentifierFor(record)] })
}

const WHOLE = 'include=deal.creator,organization,creator'

test('pages to the end without a complaint', async () => {
  const store = storeWith()
  const size = 200
  const page = async (url) => {
    const { data, meta, links } = await ask(store, url)
    return { ids: data.map(({ id }) => id), total: meta.total_count, next: links.next }
  }
  const rows = server.imported.revenue_distributions
  const first = await page(`revenue_distributions?${WHOLE}&page[size]=${size}`)
  await walk(first, page, { rows, size })
})

// One of the service's own documents, spoiled, as if the service had sent it.
for (const [name, spoil, expected] of [
  ['nothing', () => {}, /^$/],
  ['an id', ({ data }) => { data[0].id = 1 }, /Expected a string value for the id property/],
  ['meta', (document) => { document.meta = [] }, /'meta' member MUST be a simple object/],
  ['a link', ({ links }) => { links.next = 1 }, /string, null, or an object with an href/],
  ['a member', (document) => { document.total = 1 }, /Unrecognized top-level member/],
  ['an attribute', ({ data }) => { data[0].attributes.nmae = '' }, /Unrecognized attribute/],
  ['a relationship', ({ data }) => { data[0].relationships.owner = {} },
    /Unrecognized relationship/],
  ['a type', ({ included }) => { included[0].type = 'person' }, /Expected a schema/],
  ['a related link', ({ data }) => { delete data[0].relationships.creator.links },
    /related link is missing/],
  ['linkage', ({ data }) => { delete data[0].relationships.creator.data },
    /relationship data is undefined/],
  ['inclusion', (document) => { document.included = [] }, /related data is not included/],
]) {
  test(`complains where ${name} is spoiled`, async () => {
    await addDistribution('warpdrive spoiled')
    const spoiler = {
      async request(context, next) {
        const { content } = await next(context.request)
        spoil(content)
        return content
      },
    }
    const store = storeWith([spoiler, authenticate])
    const url = `${server.api}/deals?include=creator,organization&sort=-id&page[size]=1`
    const asked = () => store.request({ url, method: 'GET' }).catch(({ message }) => ({ message }))
    const { result, complaints } = await complaintsOf(asked)
    assert.match([...complaints, result.message].join('\n'), expected)
  })
}

async function addDistribution(name) {
  const deal = { type: 'deals', attributes: { name, value: 120001 } }
  const added = await server.ask('deals', { body: { data: deal } })
  const { id } = added.document.data
  const distribution = {
    type: 'revenue_distributions',
    attributes: { start_on: '2026-01-01', end_on: '2026-03-31', amount_percent: '50' },
    relationships: { deal: { data: { type: 'deals', id } } },
  }
  const { document } = await server.ask('revenue_distributions', { body: { data: distribution } })
  return { deal: id, distribution: document.data.id }
}

test('filters, sorts and resolves what is included', async () => {
  const [one, two] = [await addDistribution('warp'), await addDistribution('warp')]
  const query = `filter[deal_id]=${one.deal},${two.deal}&filter[amount][gt]=60000&sort=-id`
  const { data, meta } = await ask(storeWith(), `revenue_distributions?${query}&${WHOLE}`)
  assert.equal(meta.total_count, 2)
  assert.deepEqual(data.map(({ id }) => id), [two.distribution, one.distribution])
  assert.equal(data[1].amount, 60001)
  assert.equal(data[1].deal.id, one.deal)
  assert.equal(data[1].deal.name, 'warp')
  assert.equal(data[1].deal.creator.first_name, 'Ada')
  assert.equal(data[1].organization.name, 'Clients')

  const include = 'include=creator,organization,revenue_distributions'
  const whole = await ask(storeWith([authenticate], true), `deals/${one.deal}?${include}`)
  assert.deepEqual(whole.data.revenue_distributions.map(({ amount }) => amount), [60001])
})

test('creates, updates and deletes', async () => {
  const store = storeWith()
  const attributes = { name: 'warp written', value: 100 }
  const made = store.createRecord('deals', { ...attributes })
  const query = 'include=creator,organization'
  const created = { type: 'deals', attributes }
  const { data } = await write(store, 'POST', made, `deals?${query}`, created)
  assert.match(data.id, /^[1-9][0-9]*$/)
  assert.equal(recordIdentifierFor(data), recordIdentifierFor(made))
  assert.equal(data.currency, 'EUR')
  assert.equal(data.creator.first_name, 'Ada')

  const editable = await checkout(data)
  editable.value = -250
  assert.equal(data.value, 100)
  const updated = { type: 'deals', id: data.id, attributes: { value: editable.value } }
  await write(store, 'PATCH', data, `deals/${data.id}?${query}`, updated)
  assert.deepEqual([data.value, data.value_default], [-250, -250])

  const { id } = data
  store.deleteRecord(data)
  await write(store, 'DELETE', data, `deals/${id}`)
  assert.equal(store.cache.isDeletionCommitted(recordIdentifierFor(data)), true)
  assert.equal((await server.ask(`deals/${id}`)).status, 404)
})

test('reads errors', async () => {
  const store = storeWith()
  const bad = { start_on: '2026-01-02', end_on: '2026-01-01', amount_percent: 'x' }
  const made = store.createRecord('revenue_distributions', bad)
  const data = { type: 'revenue_distributions', attributes: bad }
  const pointers = [
    '/data/attributes/amount_percent',
    '/data/attributes/end_on',
    '/data/relationships/deal',
  ]
  const found = ({ errors }) => errors.map(({ source }) => source.pointer).sort()
  const adding = write(store, 'POST', made, 'revenue_distributions', data)
  await assert.rejects(adding, (error) => {
    assert.equal(error.status, 422)
    assert.deepEqual(found(error.content), pointers)
    return true
  })
  assert.deepEqual(found({ errors: store.cache.getErrors(recordIdentifierFor(made)) }), pointers)

  for (const [url, status, source] of [
    ['deals?filter[colour]=red', 400, { parameter: 'filter[colour]' }],
    ['deals/9223372036854775807', 404, undefined],
  ]) {
    await assert.rejects(ask(storeWith(), url), (error) => {
      assert.equal(error.status, status)
      assert.deepEqual(error.content.errors.map((one) => one.source), [source])
      return true
    })
  }
})
