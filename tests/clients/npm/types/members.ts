// What clients read of every document, and send in every update, by its type.

import type { Service } from './program.js'

export async function total(service: Service): Promise<[number | undefined, string | null | undefined]> {
  const { data } = await service.GET('/api/v2/deals', {
    params: { query: { 'page[size]': 10 } },
  })
  if (data === undefined) throw new Error('no answer')
  // A page by cursors counts nothing.
  const count: number | undefined = data.meta.total_count
  const next: string | null | undefined = data.links.next
  return [count, next]
}

export async function pointers(service: Service): Promise<(string | undefined)[]> {
  const { error } = await service.POST('/api/v2/deals', {
    body: { data: { type: 'deals', attributes: { name: '' } } },
  })
  return (error?.errors ?? []).map(({ source }) => source?.pointer)
}

export async function rename(service: Service, id: string): Promise<string | undefined> {
  const { data } = await service.PATCH('/api/v2/deals/{id}', {
    params: { path: { id } },
    body: { data: { type: 'deals', id, attributes: { name: 'renamed' } } },
  })
  return data?.data?.attributes.name
}

export async function creators(service: Service): Promise<(string | undefined)[]> {
  const { data } = await service.GET('/api/v2/deals', {
    params: { query: { include: ['creator'], sort: ['-id'], 'page[size]': 1 } },
  })
  return (data?.included ?? []).map(({ type, id }) => `${type} ${id}`)
}
