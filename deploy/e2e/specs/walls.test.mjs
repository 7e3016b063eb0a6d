// Who sees what, and what does not get in.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { sendMail, sendRaw } from '../lib/mail.mjs'
import { api, choose, enrol, newKioskCode, openConversation, openKiosk, press, signIn, threadWith, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const ELLA = "Ella's school and her next review"
const SECRET = 'Talking to Pact' // the subject of the confidential conversation
const LAWYER = 'Advice from your solicitor'

suite('walls', () => {
  let world, browser, ella, confidential, privileged
  const closing = []
  before(async () => {
    const s = { after: (f) => closing.push(f) }
    world = await startWorld(s)
    browser = await launch(s)
    ella = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
    confidential = threadWith(world, { mother: 'Maya Reed', channel: 'confidential' })
    privileged = threadWith(world, { mother: 'Maya Reed', channel: 'privileged', email: 'owen.tate@harrowlane.example' })
  })
  after(async () => {
    for (const f of closing.reverse()) await f()
  })

  /** The identifier of a child, as the form for choosing one has it. */
  const childOf = async (page, path, name) => {
    await page.goto(`${path}?channel=official`)
    return page.getByLabel(name).getAttribute('value')
  }

  /** The status of an address for whoever is signed in on a page. */
  const status = (page, path) => page.request.get(world.http + path).then((r) => r.status())

  test('her Pact worker sees the confidential conversation and not the privileged one', async (t) => {
    const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
    await rhian.goto(`/cases/${ella.case_id}`)
    await rhian.getByRole('link', { name: SECRET }).waitFor()
    assert.equal(await status(rhian, `/threads/${confidential.id}`), 200)
    assert.equal(await status(rhian, `/threads/${privileged.id}`), 404)
    assert.equal(await rhian.getByRole('link', { name: LAWYER }).count(), 0)
  })

  for (const [who, email, cases] of [
    ['an offender manager of her prison', 'paul.stead@fenbrook.example', true],
    ['an offender manager of another prison', 'asha.lind@larkfield.example', false],
    ['a wing officer', 'kit.marsh@fenbrook.example', false],
    ['public protection', 'sam.thorne@fenbrook.example', null],
    ['an administrator', 'admin@pact.example', false],
    ['another Pact worker', 'dana.okoro@pact.example', false],
  ]) {
    test(`${who} cannot tell that there is a confidential conversation`, async (t) => {
      const page = await signIn(t, browser, world, email)
      const got = await status(page, `/cases/${ella.case_id}`)
      if (cases !== null) assert.equal(got, cases ? 200 : 404, 'the case page')
      const nowhere = ella.id.slice(0, -4) + '0000'
      for (const id of [confidential.id, privileged.id]) assert.equal(await status(page, `/threads/${id}`), 404)
      // A hidden thread answers just as one that does not exist, but for the reference.
      const plain = async (id) => (await (await page.request.get(`${world.http}/threads/${id}`)).text()).replaceAll(id, 'ID').replace(/reference: \w+/, '')
      assert.equal(await plain(confidential.id), await plain(nowhere))
      for (const path of ['/', '/cases', '/queue', '/meetings', '/movements', '/audit', `/cases/${ella.case_id}`, `/cases/${ella.case_id}/audit`, `/threads/${ella.id}`]) {
        const answer = await page.request.get(world.http + path)
        const text = await answer.text()
        for (const word of [SECRET, LAWYER, confidential.id, privileged.id, 'private conversation with me']) assert.ok(!text.includes(word), `${path} (${answer.status()}) tells ${word}`)
      }
      if (cases === false) assert.equal(await status(page, `/threads/${ella.id}`), 404)
    })
  }

  test('a wing officer sees where women are due and nothing of what about', async (t) => {
    const officer = await signIn(t, browser, world, 'kit.marsh@fenbrook.example')
    await officer.goto('/movements')
    await officer.getByRole('row').filter({ hasText: 'Maya Reed' }).first().waitFor()
    const text = await officer.locator('body').innerText()
    for (const word of ['Ella', 'review', 'Hannah', 'Northvale', 'Leanne Ward']) assert.ok(!text.includes(word), `the list tells ${word}`)
    for (const path of ['/queue', '/cases', '/users', '/audit']) assert.notEqual(await status(officer, path), 500)
  })

  test('two women at one kiosk, one after the other: nothing of the first is left', async (t) => {
    const kiosk = await openKiosk(t, browser, world, { expect: [/status of 404/] })
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await openConversation(kiosk, ELLA)
    const hers = kiosk.url()
    const nothing = async (when) => {
      const text = await kiosk.locator('html').evaluate((html) => html.innerHTML + document.title)
      for (const word of ['Ella', 'Hannah', 'Northvale', 'Tom']) assert.ok(!text.includes(word), `${word} is on the page ${when} (${kiosk.url()})`)
    }
    await kiosk.getByRole('button', { name: 'Lock' }).click()
    await kiosk.getByRole('heading', { name: 'The kiosk is locked' }).waitFor()
    await nothing('after the lock')
    for (let i = 1; i <= 4; i++) {
      await kiosk.goBack().catch(() => undefined)
      await kiosk.waitForLoadState()
      await nothing(`after going back ${i} times`)
    }
    await kiosk.goto(hers)
    await nothing('at the address of her conversation')
    await kiosk.reload()
    await nothing('after loading it again')
    await kiosk.getByRole('link', { name: 'Start in English' }).or(kiosk.getByRole('link', { name: 'Start', exact: true })).first().waitFor()
    await unlock(kiosk, world, 'Carys Bevan')
    await nothing('for the woman after her')
    const answer = await kiosk.goto(hers)
    assert.equal(answer.status(), 404)
    await nothing('for the woman after her at the first one’s address')
    const kept = await kiosk.evaluate(async () => {
      const all = [...Object.values(localStorage), ...Object.values(sessionStorage)]
      for (const name of await caches.keys()) for (const r of await (await caches.open(name)).keys()) all.push(r.url, await (await caches.match(r)).clone().text().catch(() => ''))
      return JSON.stringify(all) + JSON.stringify(await indexedDB.databases())
    })
    for (const word of ['Ella', 'Maya', 'Hannah', ella.id]) assert.ok(!kept.includes(word), `the browser keeps ${word}`)
  })

  test('a wrong PIN ten times: calm words, and a pause', async (t) => {
    const kiosk = await openKiosk(t, browser, world, { expect: [/status of (422|429)/] })
    await enrol(kiosk, world, 1)
    await choose(kiosk, 'Joanna Sims')
    let paused = 0
    for (let i = 1; i <= 10; i++) {
      await press(kiosk, '111111')
      const [answer] = await Promise.all([kiosk.waitForResponse((r) => r.request().method() === 'POST'), kiosk.getByRole('button', { name: 'OK' }).click()])
      assert.ok([422, 429].includes(answer.status()), `try ${i} was answered ${answer.status()}`)
      const words = await kiosk.getByRole('alert').innerText()
      assert.match(words, /not the right PIN|Wait a moment/)
      assert.doesNotMatch(words, /error|denied|locked|blocked|attempt|warning/i)
      if (answer.status() === 429) {
        paused++
        assert.match(words, /You can try again in|Wait a moment/)
        break
      }
    }
    assert.ok(paused > 0, 'ten wrong PINs were looked at without a pause')
    // During the pause the right PIN is not looked at, whatever the page says.
    for (let i = 0; i < 10; i++) {
      const answer = await kiosk.request.post(kiosk.url(), { form: { pin: '864209' }, headers: { 'Sec-Fetch-Site': 'same-origin' }, maxRedirects: 0 })
      assert.equal(answer.status(), 429, `during the pause the right PIN was answered ${answer.status()}`)
    }
  })

  test('a wrong enrolment code makes no kiosk', async (t) => {
    const kiosk = await openKiosk(t, browser, world, { expect: [/status of (422|429)/] })
    await kiosk.goto('/kiosk/')
    await press(kiosk, '0000000000')
    await kiosk.getByRole('button', { name: 'OK' }).click()
    await kiosk.getByRole('alert').getByText('This code is not right').waitFor()
    await kiosk.goto('/kiosk/home')
    await kiosk.getByRole('heading', { name: 'Set up this kiosk' }).waitFor()
  })

  test('forged addresses and wrong senders are held and never posted', async (t) => {
    const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
    const messages = async () => (await api(world, 'GET', `/threads/${ella.id}/messages`)).items
    const before = (await messages()).length
    const forged = ella.reply_address.replace(/.@/, (m) => (m[0] === 'x' ? 'y@' : 'x@'))
    const cases = [
      ['a forged address', HANNAH, forged, 'The reply address was never given out by Kinbridge', 'Words with a forged address'],
      ['somebody else', 'leah.quist@southmere.example', ella.reply_address, 'The sender is nobody of this conversation', 'Words of another council'],
      ['a stranger', 'someone@elsewhere.example', ella.reply_address, null, 'Words of a stranger'],
    ]
    for (const [what, from, to, , words] of cases) {
      const got = await sendMail({ server: world.smtp, from, to, subject: 'Hello', body: words })
      assert.equal(got.code, 0, `${what}: ${got.reply}`)
    }
    // A forged From with another envelope: SPF of the envelope's domain passes, and nothing speaks for Northvale.
    const got = await sendRaw({ server: world.smtp, from: 'someone@southmere.example', to: ella.reply_address,
      data: `From: Hannah Cole <${HANNAH}>\r\nTo: ${ella.reply_address}\r\nSubject: Hello\r\nMessage-ID: <f@southmere.example>\r\n\r\nWords with a forged sender\r\n` })
    assert.equal(got.code, 0, got.reply)
    for (const [what, , , reason, words] of [...cases, ['a forged sender', '', '', null, 'Words with a forged sender']]) {
      await until(`${what} in the queue`, async () => {
        await rhian.goto('/queue')
        for (const link of await rhian.getByRole('listitem').getByRole('link').all()) {
          const href = await link.getAttribute('href')
          if (!/^\/queue\/hld/.test(href ?? '')) continue
          const page = await (await rhian.request.get(world.http + href)).text()
          if (page.includes(words)) return !reason || page.includes(reason)
        }
        return false
      })
    }
    const now = await messages()
    assert.equal(now.length, before, `something was posted: ${JSON.stringify(now.map((m) => m.text))}`)
  })

  test('HTML and script in a mail are inert on every page', async (t) => {
    const evil = '<script>window.owned = 1</script><img src=x onerror="window.owned = 2"><b id="bold">Bold words</b>'
    const data = (type, body) => `From: Hannah Cole <${HANNAH}>\r\nTo: ${ella.reply_address}\r\nSubject: ${evil}\r\nMessage-ID: <${type.replace('/', '.')}@northvale.example>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}; charset=utf-8\r\n\r\n${body}\r\n`
    for (const [type, body] of [['text/plain', `In plain text: ${evil}`], ['text/html', `<html><body><p>In HTML: ${evil}</p><a href="javascript:window.owned=3">a link</a><style>body{display:none}</style></body></html>`]]) {
      const got = await sendRaw({ server: world.smtp, from: HANNAH, to: ella.reply_address, data: data(type, body) })
      assert.equal(got.code, 0, got.reply)
    }
    const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
    const inert = async (page) => {
      assert.equal(await page.evaluate(() => window.owned), undefined, `script ran at ${page.url()}`)
      assert.equal(await page.locator('#bold').count(), 0, `HTML was read as HTML at ${page.url()}`)
    }
    for (const words of ['In plain text', 'In HTML']) {
      const holds = await until(`the mail "${words}" to be held`, async () => {
        const list = (await api(world, 'GET', `/threads/${ella.id}/messages`)).items.filter((m) => m.text.includes(words))
        return list.length && list
      })
      await rhian.goto(`/queue/${holds[0].hold_id}`)
      await rhian.getByText(words).waitFor()
      await rhian.getByText('Bold words').waitFor()
      await inert(rhian)
      await rhian.getByRole('button', { name: 'Release', exact: true }).click()
      await rhian.getByText('Released. It is on its way').waitFor()
    }
    await rhian.goto(`/threads/${ella.id}`)
    await rhian.getByText('In plain text').waitFor()
    await inert(rhian)
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world, await newKioskCode(world, 'HMP Fenbrook', 'A wing'))
    await unlock(kiosk, world, 'Maya Reed')
    await openConversation(kiosk, ELLA)
    await kiosk.getByText('In plain text').waitFor()
    await kiosk.getByText('In HTML').waitFor()
    await inert(kiosk)
  })

  test('people are offered by the children chosen, and an edited form opens nothing', async (t) => {
    const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/status of 422/] })
    const path = `/cases/${ella.case_id}/begin`
    await rhian.goto(path)
    await rhian.locator('input[name=channel][value=official]').check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByText('Choose which children it is about').first().waitFor()
    await rhian.getByLabel('Ella Reed').check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByLabel('Hannah Cole').waitFor()
    const text = await rhian.locator('main').innerText()
    for (const word of ['Leah Quist', 'Southmere', 'Tom Reed']) assert.ok(!text.includes(word), `${word} is offered for Ella`)
    await rhian.getByRole('link', { name: 'Change the children' }).click()
    await rhian.getByLabel('Ella Reed').uncheck()
    await rhian.getByLabel('Tom Reed').check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    const leah = await rhian.getByLabel('Leah Quist').getAttribute('value')
    assert.equal(await rhian.getByLabel('Hannah Cole').count(), 0, 'Hannah is offered for Tom')
    // The other authority's worker in the form for Ella.
    await rhian.goto(`${path}?channel=official&child=${await childOf(rhian, path, 'Ella Reed')}&step=people`)
    await rhian.locator('input[name=contact]').first().evaluate((box, value) => (box.value = value), leah)
    await rhian.locator('input[name=contact]').first().check()
    await rhian.getByLabel('Subject').fill('A conversation that must not be')
    await rhian.getByRole('button', { name: 'Begin the conversation' }).click()
    await rhian.getByText('Choose the people from the list.').first().waitFor()
    const refused = await rhian.locator('main').innerText()
    for (const word of ['Leah', 'Southmere']) assert.ok(!refused.includes(word), `the refusal names ${word}`)
    // A meeting: children first, then guests.
    await rhian.goto(`/cases/${ella.case_id}/plan`)
    await rhian.getByLabel('Tom Reed').check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByLabel('Leah Quist').waitFor()
    assert.equal(await rhian.getByLabel('Hannah Cole').count(), 0, 'Hannah is offered as a guest for Tom')
  })

  test('a person is found by those alone whose case she has to do with', async (t) => {
    const look = async (page, words) => {
      await page.goto('/')
      await page.getByRole('link', { name: 'Find a person' }).click()
      await page.getByLabel('Name, number, reference or authority').fill(words)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: /(person|people) found/ }).waitFor()
      return page.locator('main').innerText()
    }
    const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
    assert.match(await look(rhian, 'MÂYA'), /Maya Reed/)
    assert.match(await look(rhian, 'ell'), /Ella Reed/)
    const dana = await signIn(t, browser, world, 'dana.okoro@pact.example')
    assert.match(await look(dana, 'maya'), /0 people found/)
    assert.match(await look(dana, 'leah'), /Leah Quist/)
    const admin = await signIn(t, browser, world, 'admin@pact.example')
    assert.match(await look(admin, 'maya'), /0 people found/)
    await admin.getByRole('link', { name: 'Who looked for whom' }).click()
    await admin.getByRole('row').filter({ hasText: 'Rhian Price' }).filter({ hasText: 'MÂYA' }).waitFor()
    const officer = await signIn(t, browser, world, 'kit.marsh@fenbrook.example')
    assert.equal(await status(officer, '/find'), 404)
  })

  test('before she writes she sees who will read it', async (t) => {
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world, await newKioskCode(world, 'HMP Fenbrook', 'A wing'))
    await unlock(kiosk, world, 'Maya Reed')
    const read = async (id) => {
      await kiosk.goto(`/kiosk/messages/${id}/reply`)
      return kiosk.locator('[data-readers]').innerText()
    }
    const official = await read(ella.id)
    for (const words of ['Hannah Cole', 'Northvale', 'Your Pact worker reads it first.', 'Rhian Price, Pact worker']) assert.ok(official.includes(words), `${words} is not in: ${official}`)
    for (const words of ['Leah', 'Southmere', 'Tom']) assert.ok(!official.includes(words), `${words} is in: ${official}`)
    assert.match(await read(confidential.id), /Nobody who works for the prison can read it/)
    const law = await read(privileged.id)
    assert.match(law, /Nobody reads it before it goes/)
    assert.match(law, /Nobody at the prison reads it. Pact does not read it/)
    assert.doesNotMatch(law, /Rhian/)
    const sam = await signIn(t, browser, world, 'sam.thorne@fenbrook.example')
    await sam.goto(`/review?thread=${ella.id}`)
    await sam.locator('select[name=first]').last().selectOption('nobody')
    const [set] = await Promise.all([sam.waitForResponse((r) => r.request().method() === 'POST'), sam.locator('main form button').last().click()])
    assert.equal(set.status(), 303, 'the setting was not taken')
    assert.match(await read(ella.id), /Nobody reads it before it goes/)
  })

  test('the audit verifies after all that', async () => {
    await auditVerifies(world)
  })
})
