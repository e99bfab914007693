// kitsu: absolute page links followed as they are, `[]` filters, DELETE with a body, 422 by field.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Kitsu from 'kitsu'
import { walk } from './pages.js'
import { serve } from './server.js'

const server = await serve()
after(server.stop)

const kitsu = new Kitsu({
  baseURL: server.api,
  headers: { 'X-Auth-Token': server.token },
  pluralize: false,
  camelCaseTypes: false,
  resourceCase: 'none',
  query: 'modern',
})

const page = ({ data, meta, links }) =>
  ({ ids: data.map(({ id }) => id), total: meta.total_count, next: links.next })

async function addDeal(name, value) {
  const { data } = await kitsu.create('deals', { name, value })
  return data
}

test('pages to the end', async () => {
  const size = 100
  const first = await kitsu.get('revenue_distributions', { params: { page: { size } } })
  const follow = async (url) => page(await kitsu.request({ url }))
  const rows = server.imported.revenue_distributions
  await walk(page(first), follow, { rows, size })
})

test('filters and sorts', async () => {
  const deals = []
  for (const value of [300, 100, 200]) deals.push(await addDeal('kitsu filtered', value))
  const [first, , third] = deals
  const filter = { id: [first.id, third.id] }
  const some = await kitsu.get('deals', { params: { filter, sort: '-value' } })
  assert.deepEqual(some.data.map(({ value }) => value), [300, 200])
  assert.equal(some.meta.total_count, 2)

  const named = { name: { contains: 'SU FILT' }, value: { gt_eq: 200 } }
  const others = await kitsu.get('deals', { params: { filter: named, sort: 'value' } })
  assert.deepEqual(others.data.map(({ id }) => id), [third.id, first.id])
})

test('resolves what is included', async () => {
  const deal = await addDeal('kitsu included', 120001)
  const distribution = await kitsu.create('revenue_distributions', {
    start_on: '2026-01-01',
    end_on: '2026-03-31',
    amount_percent: '50',
    deal: { data: { type: 'deals', id: deal.id } },
  })
  const params = { include: 'deal.creator', filter: { deal_id: deal.id } }
  const { data } = await kitsu.get('revenue_distributions', { params })
  assert.deepEqual(data.map(({ id, amount }) => [id, amount]), [[distribution.data.id, 60001]])
  assert.equal(data[0].deal.data.name, 'kitsu included')
  assert.equal(data[0].deal.data.creator.data.first_name, 'Ada')
  assert.equal(data[0].deal.data.creator.data.id, server.person)
  assert.deepEqual(data[0].organization.data, { type: 'organizations', id: server.organization })

  const related = await kitsu.get(`deals/${deal.id}/revenue_distributions`)
  assert.deepEqual(related.data.map(({ id }) => id), [distribution.data.id])
})

test('creates, updates and deletes', async () => {
  const deal = await addDeal('kitsu written', 100)
  assert.equal(deal.currency, 'EUR')
  assert.equal(deal.creator.data.id, server.person)

  const updated = await kitsu.update('deals', { id: deal.id, value: -250 })
  assert.equal(updated.status, 200)
  assert.equal(updated.data.value, -250)
  assert.equal(updated.data.name, 'kitsu written')

  // kitsu makes an attribute of a relationship that has no linkage, and sends it.
  const whole = updated.data
  const related = `${server.root}/deals/${deal.id}/revenue_distributions`
  assert.equal(whole.revenue_distributions.links.related, related)
  const sentBack = await kitsu.update('deals', { ...whole, probability: 40 })
  assert.equal(sentBack.data.probability, 40)
  assert.equal(sentBack.data.value, -250)

  const removed = await kitsu.remove('deals', deal.id)
  assert.equal(removed.status, 204)
  await assert.rejects(kitsu.get(`deals/${deal.id}`), ({ response }) => response.status === 404)
})

test('reads errors', async () => {
  const bad = { start_on: '2026-01-02', end_on: '2026-01-01', amount_percent: 'x' }
  await assert.rejects(kitsu.create('revenue_distributions', bad), (error) => {
    assert.equal(error.response.status, 422)
    const pointers = error.errors.map(({ source }) => source.pointer).sort()
    assert.deepEqual(pointers, [
      '/data/attributes/amount_percent',
      '/data/attributes/end_on',
      '/data/relationships/deal',
    ])
    assert.ok(error.errors.every(({ status, title, detail }) =>
      status === '422' && title === 'Invalid Attribute' && detail.length > 0))
    return true
  })

  await assert.rejects(kitsu.get('deals/9223372036854775807'), (error) => {
    assert.equal(error.response.status, 404)
    assert.equal(error.errors[0].title, 'Record Not Found')
    return true
  })

  const filtered = kitsu.get('deals', { params: { filter: { colour: 'red' } } })
  await assert.rejects(filtered, (error) => {
    assert.equal(error.response.status, 400)
    const [{ title, detail, source }] = error.errors
    assert.equal(title, 'Unsupported Filter')
    assert.match(detail, /^Filter 'colour' is not supported on this endpoint; use one of: id, name, /)
    assert.deepEqual(source, { parameter: 'filter[colour]' })
    return true
  })
})
