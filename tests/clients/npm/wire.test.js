// What no client here happens to send, or not alone: one request each, with fetch.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { MEDIA_TYPE, serve } from './server.js'

const server = await serve()
after(server.stop)

async function addDeal(name, members) {
  const body = { data: { type: 'deals', attributes: { name, value: 100 } }, ...members }
  const { status, document } = await server.ask('deals', { body })
  assert.equal(status, 201)
  return document.data
}

const [first, second] = [await addDeal('wire one'), await addDeal('wire two')]
const deal = `deals/${first.id}`

// fetch would encode some of it.
function verbatim(path) {
  return new Promise((done, fail) => {
    const headers = { 'X-Auth-Token': server.token }
    const { hostname, port } = new URL(server.origin)
    const options = { hostname, port, path: `${server.root}/${path}`, headers }
    const sent = request(options, async (response) => {
      const text = (await response.toArray()).join('')
      done({ status: response.statusCode, document: JSON.parse(text) })
    })
    sent.on('error', fail).end()
  })
}

const ids = (document) => document.data.map(({ id }) => id)
const both = [first.id, second.id]

for (const [name, query] of [
  ['a comma', `filter[id]=${both}`],
  ['an encoded comma', `filter[id]=${both.join('%2C')}`],
  ['encoded brackets', `filter%5Bid%5D=${both}`],
  ['brackets in small letters', `filter%5bid%5d%5beq%5d=${both}`],
  ['half of the brackets encoded', `filter[id%5D=${both}`],
  ['empty brackets', `filter[id][]=${first.id}&filter[id][]=${second.id}`],
  ['empty brackets, encoded', `filter%5Bid%5D%5B%5D=${first.id}&filter%5Bid%5D%5B%5D=${second.id}`],
  ['a group', `filter[$op]=or&filter[0][id]=${first.id}&filter[1][id][eq]=${second.id}`],
  ['an encoded group', `filter%5B%24op%5D=or&filter%5B0%5D%5Bid%5D=${both}`],
  ['a plus for a space', 'filter[name]=wire+one,wire+two'],
  ['the organization', `filter[id]=${both}&X-Organization-Id=${server.organization}`],
]) {
  test(`${name} in the query`, async () => {
    const { status, document } = await verbatim(`deals?${query}&sort=id`)
    assert.equal(status, 200)
    assert.deepEqual(ids(document), both)
    assert.equal(document.meta.total_count, 2)
  })
}

for (const comma of [',', '%2C', '%2c']) {
  const include = `creator${comma}organization`
  test(`include=${include}`, async () => {
    const { status, document } = await verbatim(`${deal}?include=${include}`)
    assert.equal(status, 200)
    const included = document.included.map(({ type, id }) => `${type} ${id}`).sort()
    assert.deepEqual(included, [`organizations ${server.organization}`, `people ${server.person}`])
  })
}

test('a trailing slash on every kind of route', async () => {
  for (const path of ['deals', deal, `${deal}/creator`, `${deal}/relationships/creator`]) {
    const plain = await server.ask(path)
    const slashed = await server.ask(`${path}/`)
    assert.equal(slashed.status, 200, path)
    assert.deepEqual(slashed.document.data, plain.document.data)
  }
})

test('pages on a single resource, but neither sort nor filter', async () => {
  const plain = await server.ask(deal)
  const paged = await server.ask(`${deal}?page[number]=1&page[size]=30`)
  assert.equal(paged.status, 200)
  assert.deepEqual(paged.document.data, plain.document.data)
  for (const query of ['sort=id', 'filter[id]=1']) {
    const { status, document } = await server.ask(`${deal}?${query}`)
    assert.equal(status, 400, query)
    assert.equal(document.errors[0].source.parameter, query.split('=')[0])
  }
})

for (const [name, body] of [
  ['no body', undefined],
  ['an empty body', ''],
  ['an identifier', { data: { type: 'deals', id: '1' } }],
  ['an array', { data: [{ id: '1' }] }],
  ['what is no document', '{'],
]) {
  test(`DELETE with ${name}`, async () => {
    const { id } = await addDeal(`wire deleted with ${name}`)
    const removed = await server.ask(`deals/${id}`, { method: 'DELETE', body })
    assert.deepEqual([removed.status, removed.document], [204, null])
    assert.equal((await server.ask(`deals/${id}`)).status, 404)
  })
}

test('members that mean nothing here', async () => {
  const jsonapi = { version: '1.0' }
  const added = await addDeal('wire meta', { meta: {}, links: {}, included: [], jsonapi, x: 1 })
  assert.equal(added.attributes.name, 'wire meta')

  const identifier = { type: 'people', id: server.person, 'temp-id': 'a', method: 'update' }
  const data = {
    type: 'deals',
    id: added.id,
    'temp-id': 'b',
    meta: {},
    attributes: { value: 5 },
    relationships: { creator: { data: identifier, meta: { included: true } } },
  }
  const body = { data, meta: {} }
  const { status, document } = await server.ask(`deals/${added.id}`, { method: 'PATCH', body })
  assert.equal(status, 200)
  assert.equal(document.data.attributes.value, 5)
})

test('the old bulk extension on one object, not on several', async () => {
  const headers = { 'Content-Type': `${MEDIA_TYPE}; ext=bulk`, Accept: `${MEDIA_TYPE}; ext=bulk` }
  const one = { type: 'deals', attributes: { name: 'wire bulk' } }
  const added = await server.ask('deals', { headers, body: { data: one } })
  assert.equal(added.status, 201)
  assert.equal(added.headers.get('content-type'), MEDIA_TYPE)
  const several = await server.ask('deals', { headers, body: { data: [one, one] } })
  assert.equal(several.status, 400)
  assert.equal(several.document.errors[0].source.pointer, '/data')
})

test('another organization, or two that disagree', async () => {
  const other = String(Number(server.organization) + 1)
  const missing = async (path, headers) => {
    const { status, document } = await server.ask(path, { headers })
    assert.equal(status, 404)
    assert.equal(document.errors[0].code, 'record_not_found')
  }
  await missing(`${deal}?X-Organization-Id=${other}`)
  await missing(deal, { 'X-Organization-Id': other })
  await missing(`${deal}?X-Organization-Id=`)
  await missing(`${deal}?X-Organization-Id=${server.organization}`, { 'X-Organization-Id': other })
})

test('a content type on a request without body', async () => {
  for (const type of ['application/json', MEDIA_TYPE, `${MEDIA_TYPE}; charset=utf-8`]) {
    const { status, document } = await server.ask(deal, { headers: { 'Content-Type': type } })
    assert.equal(status, 200, type)
    assert.equal(document.data.id, first.id)
  }
})

test('a charset, and a media type that is not ours', async () => {
  const body = { data: { type: 'deals', attributes: { name: 'wire type' } } }
  for (const type of [`${MEDIA_TYPE}; charset=utf-8`, 'application/json']) {
    const headers = { 'Content-Type': type }
    const { status, document } = await server.ask('deals', { body, headers })
    assert.equal(status, 415, type)
    assert.equal(document.errors[0].source.header, 'Content-Type')
  }
})
