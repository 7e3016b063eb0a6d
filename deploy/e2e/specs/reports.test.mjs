// Reports: the numbers of all cases on a page, in its files and on the command line are the same; the pilot's world has the margins that were published; every plot says in words what it shows, and
// has its table; prison staff have no such page. A goal of contact is set and reached, and siblings are said to live apart, on a child's page.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { signIn } from '../lib/people.mjs'
import { kinbridge, startWorld } from '../lib/world.mjs'

const OUT = new URL('../out/', import.meta.url).pathname

/** Reads RFC 4180. */
function readCSV(text) {
  const rows = []
  let row = [], cell = '', quoted = false
  text = text.replace(/^\ufeff/, '')
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',') { row.push(cell); cell = '' }
    else if (c === '\n') { rows.push([...row, cell.replace(/\r$/, '')]); row = []; cell = '' }
    else cell += c
  }
  return rows
}

/** The page's tables by caption, as they stand there. */
const tables = (page) => page.locator('.kb-report-part').evaluateAll((parts) => parts.map((p) => ({
  caption: p.querySelector('caption').textContent.trim(),
  href: p.querySelector('.kb-report-csv a').getAttribute('href'),
  rows: [...p.querySelectorAll('tr')].map((r) => [...r.children].map((c) => c.textContent.trim())),
  plot: p.querySelector('svg') && { labelled: p.querySelector('svg').getAttribute('aria-labelledby'), described: p.querySelector('svg').getAttribute('aria-describedby'), title: p.querySelector('title').textContent, says: p.querySelector('desc').textContent },
})))

const rowOf = (list, caption, first) => list.find((t) => t.caption === caption).rows.find((r) => r[0] === first)

test('the numbers of all cases', async (t) => {
  const world = await startWorld(t, { args: ['--scale', 'pilot'] })
  const browser = await launch(t)
  const step = steps(t)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/status of 422/] })
  let list

  await step('the page has the published margins', async () => {
    await rhian.getByRole('navigation').getByRole('link', { name: 'Reports' }).click()
    await rhian.getByRole('heading', { level: 1, name: 'Reports' }).waitFor()
    list = await tables(rhian)
    assert.deepEqual(rowOf(list, 'Caseload by establishment', 'All').slice(1), ['94', '92', '249', '2', '26', '68', '56', '3'])
    assert.deepEqual([1, 7, 8].map((i) => rowOf(list, 'Caseload by establishment', 'HMP Fenbrook')[i]), ['46', '27', '3'])
    assert.deepEqual([1, 7, 8].map((i) => rowOf(list, 'Caseload by establishment', 'HMP Larkfield')[i]), ['48', '32', '3'])
    const workers = 'Allocated social workers in each case of a woman with children of her own'
    assert.deepEqual(['0', '1', '2', '3', 'All cases', 'Social workers in all'].map((n) => rowOf(list, workers, n).at(-1)), ['9', '66', '16', '1', '92', '101'])
    assert.deepEqual(rowOf(list, 'Families with more than one child under 18', 'All').slice(1), ['67', '42', '25', '0', '63%'])
    assert.equal(list.length, 15)
  })

  await step('every table is the same as its file, and the command line says the same', async () => {
    for (const one of list) {
      const got = await rhian.request.get(world.http + one.href)
      assert.equal(got.status(), 200)
      assert.match(got.headers()['content-disposition'], /attachment; filename="[a-z-]+\.csv"/)
      assert.deepEqual(readCSV(await got.text()), one.rows.map((r) => r.map((c) => (c === '–' ? '' : c))), one.caption)
    }
    const all = readCSV(await (await rhian.request.get(world.http + '/reports/csv/all')).text())
    const said = await kinbridge(world, 'report', 'all', '--csv')
    assert.equal(said.code, 0, said.stderr)
    assert.deepEqual(readCSV(said.stdout), all)
    assert.equal(all.length - 1, list.reduce((n, one) => n + (one.rows.length - 1) * (one.rows[0].length - 1), 0))
    assert.ok(all.some((r) => r.join() === 'Caseload by establishment,All,Mothers,94'))
    const shown = await kinbridge(world, 'report', 'caseload')
    assert.match(shown.stdout, /All +94 +92 +249 +2 +26 +68 +56 +3\n/)
    assert.match(shown.stdout, /All +67 +42 +25 +0 +63%\n/)
  })

  await step('every plot says what it shows, below its table', async () => {
    const drawn = list.filter((one) => one.plot)
    assert.ok(drawn.length >= 7, `${drawn.length} plots`)
    for (const one of drawn) {
      assert.ok(one.plot.title && one.plot.says, one.caption)
      assert.equal(await rhian.locator(`[id="${one.plot.labelled}"]`).textContent(), one.plot.title)
      assert.equal(await rhian.locator(`[id="${one.plot.described}"]`).textContent(), one.plot.says)
      await rhian.getByRole('img', { name: one.plot.title, exact: true }).waitFor()
    }
    const means = list.find((one) => one.caption === 'By what means she took part')
    for (const r of means.rows.slice(1, -1)) assert.ok(means.plot.says.includes(`${r[0]}: ${r[1]} meeting`), `${r}: ${means.plot.says}`)
    // Of few days the page is as it is of many, with shorter tables: axe takes long over hundreds of rows.
    const ago = (days) => new Date(Date.now() - days * 86400e3).toISOString().slice(0, 10)
    await checkAddress(rhian, 'staff-reports', `/reports?from=${ago(14)}&until=${ago(1)}`)
    await rhian.goto('/reports')
    await rhian.emulateMedia({ media: 'print' })
    await rhian.pdf({ path: `${OUT}/staff-reports.pdf`, format: 'A4' })
    await rhian.emulateMedia({ media: 'screen' })
  })

  await step('other days are counted, and days that cannot be are said', async () => {
    await rhian.getByLabel('From').fill('2020-01-01')
    await rhian.getByLabel('Until').fill('2020-12-31')
    await rhian.getByRole('button', { name: 'Show these days' }).click()
    await rhian.getByText(/from Wednesday 1 January 2020 to Thursday 31 December 2020/).first().waitFor()
    const then = await tables(rhian)
    assert.equal(rowOf(then, 'Meetings, and how she took part', 'All')[1], '0')
    assert.equal(rowOf(then, 'Caseload by establishment', 'All')[1], '94')
    await rhian.getByLabel('Until').fill('2019-12-31')
    await rhian.getByRole('button', { name: 'Show these days' }).click()
    await rhian.getByRole('alert').getByRole('link', { name: 'The last day is before the first. Check the two days' }).waitFor()
    assert.equal(await rhian.getByLabel('Until').inputValue(), '2019-12-31')
  })

  await step('a goal is set and reached, and siblings are said to live apart', async () => {
    await rhian.goto('/cases')
    await rhian.locator('tbody a').first().click()
    const child = rhian.locator('a[href*="/children/"]').first()
    await child.click()
    await rhian.getByLabel('What contact is worked for').selectOption('Video calls')
    await rhian.getByRole('button', { name: 'Set this goal' }).click()
    await rhian.getByRole('row').filter({ hasText: 'Video calls' }).filter({ hasText: 'Worked for since' }).waitFor()
    await rhian.getByLabel('Which goal').selectOption('Video calls')
    await rhian.getByRole('button', { name: 'Record it' }).click()
    await rhian.getByRole('alert').getByRole('link', { name: 'Say whether the goal was reached or is given up' }).waitFor()
    await rhian.getByLabel('It was reached').check()
    await rhian.getByRole('button', { name: 'Record it' }).click()
    await rhian.getByRole('row').filter({ hasText: 'Video calls' }).filter({ hasText: 'Reached on' }).waitFor()
    await checkPage(rhian, 'staff-child-goals')
    await rhian.getByLabel('How the child is related to her').selectOption('Her stepchild')
    await rhian.getByRole('button', { name: 'Save' }).click()
    await rhian.goto('/reports')
    assert.deepEqual(rowOf(await tables(rhian), 'Caseload by establishment', 'All').slice(3, 5), ['248', '3'])
  })

  await step('prison staff have no such page', async () => {
    const officer = await signIn(t, browser, world, 'kit.marsh@fenbrook.example', { expect: [/status of 404/] })
    assert.equal(await officer.getByRole('link', { name: 'Reports' }).count(), 0)
    for (const address of ['/reports', '/reports/csv/caseload', '/reports/csv/all']) {
      assert.equal((await officer.request.get(world.http + address)).status(), 404, address)
    }
  })
})
