// A program that knows the service by its types only: lists, a create, errors. The compiler must
// accept it, and refuse the lines that say so.

import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './schema.js'

type Media = 'application/vnd.api+json'
type Failure = components['schemas']['error_document']
export type Service = Client<paths, Media>

export function connect(address: string, token: string): Service {
  return createClient<paths, Media>({
    baseUrl: address,
    headers: { 'X-Auth-Token': token, 'Content-Type': 'application/vnd.api+json' },
    querySerializer: { array: { style: 'form', explode: false } },
  })
}

function details({ errors }: Failure): string[] {
  return errors.map(({ code, detail }) => `${code}: ${detail}`)
}

export async function addDeal(service: Service, name: string, value: number): Promise<string> {
  const attributes = { name, value }
  const answer = await service.POST('/api/v2/deals', {
    body: { data: { type: 'deals', attributes } },
  })
  if (answer.error !== undefined) throw new Error(details(answer.error).join())
  const id: string | undefined = answer.data.data?.id
  return id ?? ''
}

export async function spread(service: Service, deal: string): Promise<number | undefined> {
  const { data, error } = await service.POST('/api/v2/revenue_distributions', {
    body: {
      data: {
        type: 'revenue_distributions',
        attributes: { start_on: '2026-01-01', end_on: '2026-03-31', amount_percent: '50' },
        relationships: { deal: { data: { type: 'deals', id: deal } } },
      },
    },
  })
  return error === undefined ? data.data?.attributes.amount : undefined
}

export async function worth(service: Service, ids: string[]): Promise<[string, number?][]> {
  const { data } = await service.GET('/api/v2/deals', {
    params: {
      query: {
        'filter[id]': ids.map(Number),
        'filter[value][gt]': 100,
        sort: ['-value'],
        'fields[deals]': ['name', 'value'],
        'page[size]': 50,
      },
    },
  })
  return (data?.data ?? []).map(({ id, attributes }) => [id, attributes.value])
}

export async function refusals(service: Service): Promise<string[]> {
  const nameless = await service.POST('/api/v2/deals', {
    // @ts-expect-error: a deal has a name.
    body: { data: { type: 'deals', attributes: {} } },
  })
  const filtered = await service.GET('/api/v2/deals', {
    // @ts-expect-error: no such filter.
    params: { query: { 'filter[colour]': 'red' } },
  })
  const unsorted = await service.GET('/api/v2/deals', {
    // @ts-expect-error: no such key.
    params: { query: { sort: ['colour'] } },
  })
  // @ts-expect-error: no such route.
  await service.GET('/api/v2/colours')
  const answers = [nameless, filtered, unsorted]
  return answers.flatMap(({ error }) => (error === undefined ? ['none'] : details(error)))
}
