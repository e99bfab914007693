// devour-client: `ext=bulk` on every request, raw brackets, `meta: {}`, trailing slashes, DELETE
// with and without a body, errors read by the last segment of their pointer.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import JsonApi from 'devour-client'
import { walk } from './pages.js'
import { MEDIA_TYPE, serve } from './server.js'

const server = await serve()
after(server.stop)

// A client as its documentation sets it up, for servers that speak the old bulk extension.
function client(options) {
  const devour = new JsonApi({ apiUrl: server.api, logger: false, pluralize: false, ...options })
  devour.headers = {
    'X-Auth-Token': server.token,
    'Content-Type': `${MEDIA_TYPE}; ext=bulk`,
    Accept: `${MEDIA_TYPE}; ext=bulk`,
  }
  const one = (type) => ({ jsonApi: 'hasOne', type })
  const person = { first_name: '', last_name: '', organization: one('organizations') }
  devour.define('people', person, { readOnly: ['organization'] })
  devour.define('organizations', { name: '' })
  devour.define('deals', {
    name: '',
    value: 0,
    distributed_amount: 0,
    creator: one('people'),
    revenue_distributions: { jsonApi: 'hasMany', type: 'revenue_distributions' },
  }, { readOnly: ['revenue_distributions'] })
  devour.define('revenue_distributions', {
    start_on: '',
    end_on: '',
    amount_percent: '',
    amount: 0,
    deal: one('deals'),
    creator: one('people'),
  })
  return devour
}

const plain = client()
const slashed = client({ trailingSlash: { collection: true, resource: true } })
const page = ({ data, meta, links }) =>
  ({ ids: data.map(({ id }) => id), total: meta.total_count, next: links.next })

async function addDistribution(devour, name) {
  const deal = (await devour.create('deals', { name, value: 120001 })).data
  const terms = { start_on: '2026-01-01', end_on: '2026-03-31', amount_percent: '50' }
  const { data } = await devour.create('revenue_distributions', { ...terms, deal })
  return { deal, distribution: data }
}

test('pages to the end', async () => {
  const size = 50
  const first = await plain.findAll('deals', { page: { size } })
  const follow = async (url) => page(await plain.request(url))
  await walk(page(first), follow, { rows: first.meta.total_count, size })
  assert.equal(first.meta.total_count, server.imported.deals)
})

for (const [name, devour] of [['plain', plain], ['slashed', slashed]]) {
  test(`${name}: creates, includes, filters and sorts`, async () => {
    const { deal, distribution } = await addDistribution(devour, `devour ${name}`)
    assert.equal(distribution.amount, 60001)
    assert.equal(distribution.deal.id, deal.id)

    const include = 'deal,deal.creator'
    const { data } = await devour.find('revenue_distributions', distribution.id, { include })
    assert.equal(data.deal.name, `devour ${name}`)
    assert.equal(data.deal.distributed_amount, 60001)
    assert.equal(data.deal.creator.first_name, 'Ada')
    assert.equal(data.creator.id, server.person)

    const second = await addDistribution(devour, `devour ${name}`)
    const filter = { deal_id: [deal.id, second.deal.id], amount: { gt: 60000 } }
    const both = await devour.findAll('revenue_distributions', { filter, sort: '-id' })
    const ids = [second.distribution.id, distribution.id]
    assert.deepEqual(both.data.map(({ id }) => id), ids)
    assert.equal(both.meta.total_count, 2)

    const many = { include: 'revenue_distributions' }
    const found = await devour.find('deals', deal.id, many)
    assert.deepEqual(found.data.revenue_distributions.map(({ amount }) => amount), [60001])
  })

  test(`${name}: updates and deletes`, async () => {
    const { deal, distribution } = await addDistribution(devour, `devour ${name} changed`)
    const changes = { id: distribution.id, amount_percent: '25' }
    const { data } = await devour.update('revenue_distributions', changes)
    assert.equal(data.amount, 30000)
    assert.equal(data.end_on, '2026-03-31')

    await devour.destroy('revenue_distributions', distribution.id)
    const body = { type: 'deals', id: deal.id }
    await devour.destroy('deals', deal.id, body)
    const missing = { title: 'Record Not Found', detail: 'There is no such record' }
    await assert.rejects(devour.find('deals', deal.id), { 0: missing })
  })
}

test('reads and writes relationships', async () => {
  const { deal, distribution } = await addDistribution(plain, 'devour from')
  const other = (await plain.create('deals', { name: 'devour to', value: 400 })).data
  const linkage = () => plain.one('revenue_distributions', distribution.id).relationships('deal')
  assert.equal((await linkage().get()).data.id, deal.id)

  await linkage().patch({ id: other.id })
  assert.equal((await linkage().get()).data.id, other.id)
  const { data } = await plain.find('revenue_distributions', distribution.id)
  assert.equal(data.amount, 200)
})

test('reads errors', async () => {
  const bad = { start_on: '2026-01-02', end_on: '2026-01-01', amount_percent: 'x' }
  await assert.rejects(plain.create('revenue_distributions', bad), (errors) => {
    assert.deepEqual(Object.keys(errors).sort(), ['amount_percent', 'deal', 'end_on'])
    assert.equal(errors.end_on.title, 'Invalid Attribute')
    assert.equal(errors.end_on.detail, 'end_on must not be before start_on')
    return true
  })
  const filtered = plain.findAll('deals', { filter: { colour: 'red' } })
  await assert.rejects(filtered, ({ 0: { title, detail } }) => {
    assert.equal(title, 'Unsupported Filter')
    assert.match(detail, /^Filter 'colour' is not supported on this endpoint; use one of: id, name, /)
    return true
  })

  const taken = await addDistribution(plain, 'devour kept')
  const detail = 'Other records refer to this one; delete or change those first'
  const conflict = { title: 'Conflict', detail }
  await assert.rejects(plain.destroy('deals', taken.deal.id), { 0: conflict })
})
