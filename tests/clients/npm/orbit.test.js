// @orbit/jsonapi with @orbit/memory: records checked against a schema, dates as dates, server ids
// as keys beside local ones, relationships read from the cache, atomic operations.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { JSONAPISerializers, JSONAPISource } from '@orbit/jsonapi'
import { MemorySource } from '@orbit/memory'
import { RecordKeyMap, RecordSchema } from '@orbit/records'
import { buildSerializerSettingsFor } from '@orbit/serializers'
import { walk } from './pages.js'
import { MEDIA_TYPE, serve } from './server.js'

const server = await serve()
after(server.stop)

const attributes = (types) =>
  Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]))
const one = (type, inverse) => ({ kind: 'hasOne', type, inverse })
const keys = { remoteId: {} }
const schema = new RecordSchema({
  models: {
    organizations: { keys, attributes: attributes({ name: 'string', currency: 'string' }) },
    people: { keys, attributes: attributes({ first_name: 'string', last_name: 'string' }) },
    deals: {
      keys,
      attributes: attributes({ name: 'string', value: 'number', date: 'date' }),
      relationships: {
        creator: one('people'),
        organization: one('organizations'),
        revenue_distributions: { kind: 'hasMany', type: 'revenue_distributions', inverse: 'deal' },
      },
    },
    revenue_distributions: {
      keys,
      // Strings: orbit would write the first of January as 2026-1-1.
      attributes: attributes({
        start_on: 'string',
        end_on: 'string',
        amount_percent: 'string',
        amount: 'number',
        created_at: 'datetime',
      }),
      relationships: {
        creator: one('people'),
        deal: one('deals', 'revenue_distributions'),
        organization: one('organizations'),
      },
    },
  },
})

const asWritten = { serializationOptions: { inflectors: [] } }
const settingsByType = {
  [JSONAPISerializers.ResourceTypePath]: asWritten,
  [JSONAPISerializers.ResourceFieldPath]: asWritten,
}

// A remote source, and a memory that learns whatever the remote one does. A remote one that failed
// waits until somebody decides what to do, so whoever expects an error takes a fresh pair.
function sources() {
  const keyMap = new RecordKeyMap()
  const memory = new MemorySource({ schema, keyMap })
  const remote = new JSONAPISource({
    schema,
    keyMap,
    host: server.origin,
    namespace: server.root.slice(1),
    defaultFetchSettings: { headers: { 'X-Auth-Token': server.token } },
    serializerSettingsFor: buildSerializerSettingsFor({ settingsByType }),
  })
  remote.on('transform', (transform) => memory.sync(transform))
  return { memory, remote }
}

const shared = sources()
const { memory, remote } = shared
const FIRST_DEAL = 'Østergård Design: design retainer'
const number = (record) => Number(record.keys.remoteId)

async function addDistribution(name, { remote } = shared) {
  const deal = await remote.update((t) => t.addRecord({
    type: 'deals',
    attributes: { name, value: 120001 },
  }))
  const distribution = await remote.update((t) => t.addRecord({
    type: 'revenue_distributions',
    attributes: {
      start_on: '2026-01-01',
      end_on: '2026-03-31',
      amount_percent: '50',
    },
    relationships: { deal: { data: { type: 'deals', id: deal.id } } },
  }))
  return { deal, distribution }
}

test('pages to the end', async () => {
  const size = 50
  const query = async (options) => {
    const all = (q) => q.findRecords('deals')
    const { data, details } = await remote.query(all, { fullResponse: true, ...options })
    const { meta, links } = details[0].document
    return { ids: data.map(number), total: meta.total_count, next: links.next }
  }
  const rows = server.imported.deals
  await walk(await query({ page: { size } }), (url) => query({ url }), { rows, size })
  assert.equal(memory.cache.query((q) => q.findRecords('deals')).length, rows)
})

test('creates, includes, filters and sorts', async () => {
  const { deal, distribution } = await addDistribution('orbit created')
  assert.match(deal.keys.remoteId, /^[1-9][0-9]*$/)
  assert.notEqual(deal.id, deal.keys.remoteId)
  assert.equal(distribution.attributes.amount, 60001)

  const second = await addDistribution('orbit created')
  const fresh = sources()
  const found = await fresh.remote.query(
    (q) => q.findRecords('revenue_distributions').sort('-id'),
    {
      filter: { deal_id: `${number(deal)},${number(second.deal)}`, amount: 60001 },
      include: ['deal.creator'],
    },
  )
  assert.deepEqual(found.map(number), [second.distribution, distribution].map(number))
  assert.equal(found[1].attributes.start_on, '2026-01-01')

  const cached = (relationship, record) =>
    fresh.memory.cache.query((q) => q.findRelatedRecord(record, relationship))
  const parent = cached('deal', found[1])
  assert.equal(parent.attributes.name, 'orbit created')
  assert.equal(number(parent), number(deal))
  const creator = cached('creator', parent)
  assert.equal(creator.attributes.first_name, 'Ada')
  assert.equal(creator.keys.remoteId, server.person)
  const inverse = (q) => q.findRelatedRecords(parent, 'revenue_distributions')
  assert.deepEqual(fresh.memory.cache.query(inverse).map(number), [number(distribution)])
})

test('reads dates and instants', async () => {
  const fields = { revenue_distributions: 'created_at,deal', deals: 'date' }
  const [first] = await remote.query(
    (q) => q.findRecords('revenue_distributions'),
    { page: { size: 1 }, filter: { 'deal.name': FIRST_DEAL }, include: 'deal', fields },
  )
  assert.ok(first.attributes.created_at <= new Date())
  assert.deepEqual(Object.keys(first.attributes), ['created_at'])
  const deal = memory.cache.query((q) => q.findRelatedRecord(first, 'deal'))
  assert.deepEqual(deal.attributes.date, new Date(2025, 11, 21))
})

test('asks for related records', async () => {
  const { deal, distribution } = await addDistribution('orbit related')
  const one = await remote.query((q) => q.findRelatedRecord(distribution, 'deal'))
  assert.equal(number(one), number(deal))
  const many = await remote.query((q) => q.findRelatedRecords(deal, 'revenue_distributions'))
  assert.deepEqual(many.map(number), [number(distribution)])
})

test('updates, moves and deletes', async () => {
  const pair = sources()
  const { memory, remote } = pair
  const { deal, distribution } = await addDistribution('orbit changed', pair)
  const halved = await remote.update((t) =>
    t.replaceAttribute(distribution, 'amount_percent', '25'))
  assert.equal(halved.attributes.amount, 30000)

  const other = await remote.update((t) =>
    t.addRecord({ type: 'deals', attributes: { name: 'orbit target', value: 400 } }))
  await remote.update((t) => t.replaceRelatedRecord(distribution, 'deal', other))
  const moved = await remote.query((q) => q.findRecord(distribution))
  assert.equal(moved.attributes.amount, 100)
  assert.equal(moved.relationships.deal.data.id, other.id)

  await remote.update((t) => t.removeRecord(deal))
  assert.equal(memory.cache.getRecordSync(deal), undefined)
  const options = { raiseNotFoundExceptions: true }
  const missing = remote.query((q) => q.findRecord(deal), options)
  await assert.rejects(missing, { description: /^Record not found/i })
})

test('sends atomic operations', async () => {
  const { deal, distribution } = await addDistribution('orbit atomic')
  const operations = [
    { op: 'removeRecord', record: distribution },
    { op: 'updateRecord', record: { ...deal, attributes: { value: 7 }, relationships: {} } },
  ]
  const { serializerFor } = remote.requestProcessor
  const serializer = serializerFor(JSONAPISerializers.ResourceAtomicOperation)
  const document = { 'atomic:operations': operations.map((one) => serializer.serialize(one)) }
  const response = await fetch(`${server.api}/operations`, {
    method: 'POST',
    headers: {
      'X-Auth-Token': server.token,
      'Content-Type': `${MEDIA_TYPE}; ext="https://jsonapi.org/ext/atomic"`,
    },
    body: JSON.stringify(document),
  })
  assert.equal(response.status, 200)
  const results = (await response.json())['atomic:results']
  const resource = serializerFor(JSONAPISerializers.Resource)
  assert.equal(results.length, 2)
  assert.equal(results[0].data, undefined)
  const changed = resource.deserialize(results[1].data)
  assert.deepEqual([changed.id, changed.attributes.value], [deal.id, 7])
})

test('reads errors', async () => {
  const bad = { start_on: '2026-01-02', end_on: '2026-01-01' }
  const adding = sources().remote.update((t) =>
    t.addRecord({ type: 'revenue_distributions', attributes: bad }))
  await assert.rejects(adding, (error) => {
    assert.equal(error.response.status, 422)
    const pointers = error.data.errors.map(({ source }) => source.pointer).sort()
    assert.deepEqual(pointers, [
      '/data/attributes/amount_percent',
      '/data/attributes/end_on',
      '/data/relationships/deal',
    ])
    return true
  })

  const refused = async (options, title, parameter) => {
    const asking = sources().remote.query((q) => q.findRecords('deals'), options)
    await assert.rejects(asking, ({ response, data }) => {
      assert.equal(response.status, 400)
      assert.deepEqual(data.errors.map((error) => error.title), [title])
      assert.deepEqual(data.errors[0].source, { parameter })
      return true
    })
  }
  await refused({ filter: { colour: 'red' } }, 'Unsupported Filter', 'filter[colour]')
  await refused({ sort: '-colour' }, 'Unsupported Sort', 'sort')
})
