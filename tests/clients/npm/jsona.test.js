// jsona only reads and writes documents: what it makes of ours, and what we make of its own, with
// fetch between the two.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Jsona from 'jsona'
import { walk } from './pages.js'
import { serve } from './server.js'

const server = await serve()
after(server.stop)

const jsona = new Jsona()

async function read(path) {
  const { status, document } = await server.ask(path)
  assert.equal(status, 200)
  return { models: jsona.deserialize(document), document }
}

async function write(stuff, method = 'POST') {
  const path = method === 'POST' ? stuff.type : `${stuff.type}/${stuff.id}`
  return server.ask(path, { method, body: jsona.serialize({ stuff }) })
}

async function addDistribution(name) {
  const deal = await write({ type: 'deals', name, value: 120001 })
  assert.equal(deal.status, 201)
  const distribution = await write({
    type: 'revenue_distributions',
    start_on: '2026-01-01',
    end_on: '2026-03-31',
    amount_percent: '50',
    deal: jsona.deserialize(deal.document),
    relationshipNames: ['deal'],
  })
  assert.equal(distribution.status, 201)
  return jsona.deserialize(distribution.document)
}

test('pages to the end', async () => {
  const size = 100
  const page = async (url) => {
    const { models, document } = await read(url)
    const { meta, links } = document
    return { ids: models.map(({ id }) => id), total: meta.total_count, next: links.next }
  }
  const rows = server.imported.revenue_distributions
  await walk(await page(`revenue_distributions?page[size]=${size}`), page, { rows, size })
})

test('resolves what is included, the other way as well', async () => {
  const { id, amount, deal } = await addDistribution('jsona included')
  assert.equal(amount, 60001)

  const include = 'deal.creator,deal.revenue_distributions'
  const { models } = await read(`revenue_distributions?filter[id]=${id}&include=${include}`)
  assert.equal(models.length, 1)
  assert.equal(models[0].deal.id, deal.id)
  assert.equal(models[0].deal.name, 'jsona included')
  assert.equal(models[0].deal.creator.first_name, 'Ada')
  assert.equal(models[0].deal.revenue_distributions[0].deal.name, 'jsona included')
  assert.deepEqual(models[0].organization, { type: 'organizations', id: server.organization })

  const second = await addDistribution('jsona included')
  const filter = `filter[id]=${deal.id},${second.deal.id}`
  const sorted = await read(`deals?${filter}&sort=-id&include=revenue_distributions`)
  assert.deepEqual(sorted.models.map((one) => one.id), [second.deal.id, deal.id])
  assert.deepEqual(sorted.models[1].revenue_distributions.map((one) => one.amount), [60001])
})

test('sends a resource back as it was read', async () => {
  const { id } = await addDistribution('jsona changed')
  const { models: whole } = await read(`revenue_distributions/${id}?include=deal`)
  // jsona makes an attribute of the links of a resource, and sends it.
  assert.deepEqual(whole.links, { self: `${server.root}/revenue_distributions/${id}` })
  whole.amount_percent = '25'
  whole.amount = 60001
  const { status, document } = await write(whole, 'PATCH')
  assert.equal(status, 200)
  const changed = jsona.deserialize(document)
  assert.equal(changed.amount, 30000)
  assert.equal(changed.end_on, '2026-03-31')

  const removed = await server.ask(`revenue_distributions/${id}`, { method: 'DELETE' })
  assert.deepEqual([removed.status, removed.document], [204, null])
})

test('is told what is wrong', async () => {
  const bad = { type: 'revenue_distributions', start_on: '2026-01-02', end_on: '2026-01-01' }
  const { status, document } = await write(bad)
  assert.equal(status, 422)
  assert.deepEqual(document.errors.map(({ source }) => source.pointer).sort(), [
    '/data/attributes/amount_percent',
    '/data/attributes/end_on',
    '/data/relationships/deal',
  ])
  assert.equal(jsona.deserialize(document), undefined)

  for (const [path, expected, source] of [
    ['deals/9223372036854775807', 404, undefined],
    ['deals?filter[colour]=red', 400, { parameter: 'filter[colour]' }],
  ]) {
    const { status, document } = await server.ask(path)
    assert.equal(status, expected)
    assert.deepEqual(document.errors.map((error) => error.source), [source])
  }
})
