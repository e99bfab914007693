// Walking a collection to its end, whoever fetches the pages. Knows no client and no server.

import assert from 'node:assert/strict'

// Follows `next` from page to page, each `{ ids, total, next }`, until there is none: every row is
// met once, as many as each page says there are. Returns the ids in the order met.
export async function walk(first, follow, { rows, size }) {
  const ids = []
  let count = 0
  for (let page = first; page; page = page.next ? await follow(page.next) : null) {
    count += 1
    assert.equal(page.total, rows, `page ${count} counts the rows`)
    assert.equal(page.ids.length, Math.min(size, rows - ids.length), `page ${count} is full`)
    ids.push(...page.ids)
  }
  assert.equal(count, Math.ceil(rows / size))
  assert.equal(ids.length, rows)
  assert.equal(new Set(ids).size, rows, 'no id twice')
  return ids
}
