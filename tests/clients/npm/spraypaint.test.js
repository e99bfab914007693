// spraypaint: camel case here and snake case there, Bearer tokens, relationships written with
// `method` in their identifiers and the related resource in `included`.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MiddlewareStack, SpraypaintBase, attr, belongsTo, hasMany } from 'spraypaint'
import { walk } from './pages.js'
import { serve } from './server.js'

const server = await serve()
after(server.stop)

const Base = SpraypaintBase.extend({
  static: {
    baseUrl: server.origin,
    apiNamespace: server.root,
    generateAuthHeader: (token) => `Bearer ${token}`,
  },
})
Base.logger.level = 4

// spraypaint looks for the field of an error in `meta`, as the server that it was made for sends
// it; for any other it is taken from the pointer.
Base.middlewareStack = new MiddlewareStack([], [(response, json) => {
  if (response.status !== 422) return
  for (const error of json.errors) {
    const attribute = error.source.pointer.split('/').at(-1)
    error.meta = { attribute, message: error.detail }
  }
}])
Base.setJWT(server.token)

const Person = Base.extend({
  static: { jsonapiType: 'people' },
  attrs: { firstName: attr(), lastName: attr() },
})
const Deal = Base.extend({
  static: { jsonapiType: 'deals' },
  attrs: {
    name: attr(),
    value: attr(),
    distributedAmount: attr({ persist: false }),
    creator: belongsTo({ type: Person }),
    revenueDistributions: hasMany('revenue_distributions'),
  },
})
const Distribution = Base.extend({
  static: { jsonapiType: 'revenue_distributions' },
  attrs: {
    startOn: attr(),
    endOn: attr(),
    amountPercent: attr(),
    amount: attr({ persist: false }),
    deal: belongsTo({ type: Deal }),
  },
})

async function addDistribution(name) {
  const deal = new Deal({ name, value: 120001 })
  assert.equal(await deal.save(), true)
  const terms = { startOn: '2026-01-01', endOn: '2026-03-31', amountPercent: '50' }
  const distribution = new Distribution({ ...terms, deal })
  assert.equal(await distribution.save({ with: 'deal' }), true)
  return { deal, distribution }
}

test('pages to the end', async () => {
  const size = 100
  const page = async (number) => {
    const { data, meta } = await Distribution.per(size).page(number).all()
    const next = meta.current_page < meta.total_pages ? meta.current_page + 1 : null
    return { ids: data.map(({ id }) => id), total: meta.total_count, next }
  }
  const rows = server.imported.revenue_distributions
  await walk(await page(1), page, { rows, size })
})

test('creates, includes, filters and sorts', async () => {
  const first = await addDistribution('spraypaint created')
  const second = await addDistribution('spraypaint created')
  assert.match(first.distribution.id, /^[1-9][0-9]*$/)
  assert.equal(first.distribution.amount, 60001)

  const ids = [first.deal.id, second.deal.id]
  const { data, meta } = await Distribution
    .where({ dealId: ids, amount: { gtEq: 60001 } })
    .order({ id: 'desc' })
    .includes({ deal: 'creator' })
    .all()
  assert.deepEqual(data.map(({ id }) => id), [second.distribution.id, first.distribution.id])
  assert.equal(meta.total_count, 2)
  assert.deepEqual(data.map(({ deal }) => deal.id), ids.toReversed())
  assert.equal(data[1].deal.name, 'spraypaint created')
  assert.equal(data[1].deal.distributedAmount, 60001)
  assert.equal(data[1].deal.creator.firstName, 'Ada')
  assert.equal(data[1].deal.creator.id, server.person)

  const chosen = await Deal.includes('revenueDistributions')
    .select({ deals: ['name', 'revenue_distributions'] })
    .find(first.deal.id)
  const amounts = chosen.data.revenueDistributions.map(({ amount }) => amount)
  assert.deepEqual([chosen.data.name, chosen.data.value], ['spraypaint created', undefined])
  assert.deepEqual(amounts, [60001])
})

test('updates, moves and deletes', async () => {
  const { deal, distribution } = await addDistribution('spraypaint changed')
  distribution.amountPercent = '25'
  assert.equal(await distribution.save(), true)
  assert.equal(distribution.amount, 30000)
  assert.equal(distribution.endOn, '2026-03-31')

  const other = new Deal({ name: 'spraypaint target', value: 400 })
  await other.save()
  distribution.deal = other
  assert.equal(await distribution.save({ with: 'deal' }), true)
  const moved = await Distribution.includes('deal').find(distribution.id)
  assert.equal(moved.data.deal.id, other.id)
  assert.equal(moved.data.amount, 100)

  assert.equal(await deal.destroy(), true)
  assert.equal(deal.isPersisted, false)
  await assert.rejects(Deal.find(deal.id), { message: 'record not found' })
})

test('reads errors', async () => {
  const terms = { startOn: '2026-01-02', endOn: '2026-01-01', amountPercent: 'x' }
  const bad = new Distribution(terms)
  assert.equal(await bad.save(), false)
  assert.equal(bad.isPersisted, false)
  assert.deepEqual(Object.keys(bad.errors).sort(), ['amountPercent', 'deal', 'endOn'])
  const { title, code, fullMessage } = bad.errors.endOn
  assert.equal(title, 'Invalid Attribute')
  assert.equal(code, 'invalid_attribute')
  assert.equal(fullMessage, 'end_on must not be before start_on')

  const filtered = Deal.where({ colour: 'red' }).all()
  const { response } = await filtered.then(assert.fail, (error) => error)
  assert.equal(response.status, 400)
  const { errors } = await response.json()
  assert.deepEqual(errors.map(({ source }) => source), [{ parameter: 'filter[colour]' }])
})
