// Files by mail: a photograph, a plan as PDF and a program that calls itself a PDF come with a reply. The reviewer sees what was found before
// she releases; the mother sees pictures of the first two, page by page, and reads why the third is not shown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { sendRaw } from '../lib/mail.mjs'
import { enrol, openConversation, openKiosk, signIn, threadWith, unlock } from '../lib/people.mjs'
import { startWorld } from '../lib/world.mjs'

const SUBJECT = "Ella's school and her next review"
const HANNAH = 'hannah.cole@northvale.example'
const PLACE = 'Taken-at-51.5N-0.1W'

/** CRC-32 as PNG wants it (ISO 3309). */
function crc32(bytes) {
  let c = 0xffffffff
  for (const b of bytes) {
    c ^= b
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  }
  return (c ^ 0xffffffff) >>> 0
}

/** A PNG, sky over grass, with a text chunk that says where it was taken. */
function photo(width, height) {
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(y < height / 2 ? [120, 170, 220] : [90, 150, 80], y * (width * 3 + 1) + 1 + x * 3)
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data])
    const out = Buffer.alloc(body.length + 8)
    out.writeUInt32BE(data.length)
    body.copy(out, 4)
    out.writeUInt32BE(crc32(body), body.length + 4)
    return out
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('tEXt', Buffer.from(`Comment\0${PLACE}`)), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

/** A PDF with one line on each page. */
function pdf(lines) {
  const objects = ['<</Type/Catalog/Pages 2 0 R>>', `<</Type/Pages/Count ${lines.length}/Kids[${lines.map((_, i) => `${4 + 2 * i} 0 R`).join(' ')}]>>`, '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
  for (const [i, line] of lines.entries()) {
    const text = `BT /F1 30 Tf 60 760 Td (${line}) Tj ET`
    objects.push(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + 2 * i} 0 R>>`, `<</Length ${text.length}>>stream\n${text}\nendstream`)
  }
  let out = '%PDF-1.4\n'
  const at = objects.map((o, i) => {
    const here = out.length
    out += `${i + 1} 0 obj\n${o}\nendobj\n`
    return here
  })
  const xref = out.length
  out += `xref\n0 ${at.length + 1}\n0000000000 65535 f \n${at.map((n) => `${String(n).padStart(10, '0')} 00000 n \n`).join('')}trailer<</Size ${at.length + 1}/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`
  return Buffer.from(out, 'latin1')
}

/** A mail with files as an ordinary mail program makes it. */
function mail(to, words, files) {
  const part = (f) => `--b\r\nContent-Type: ${f.type}; name="${f.name}"\r\nContent-Disposition: attachment; filename="${f.name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${f.data.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`
  return `From: Hannah Cole <${HANNAH}>\r\nTo: ${to}\r\nSubject: Re: Kinbridge message\r\nDate: ${new Date().toUTCString().replace('GMT', '+0000')}\r\nMessage-ID: <files-${Date.now()}@northvale.example>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${words}\r\n${files.map(part).join('')}--b--\r\n`
}

test('files of a reply: found out, released, looked at', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  const kiosk = await openKiosk(t, browser, world)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  let conversation, viewer

  await step('the mail is accepted', async () => {
    const data = mail(thread.reply_address, 'Dear Maya, here are Ella and her plan.\r\n\r\nHannah', [
      { name: 'Ella.png', type: 'image/png', data: photo(900, 600) },
      { name: 'Care plan.pdf', type: 'application/pdf', data: pdf(['Care plan', 'What Ella says', 'What comes next']) },
      { name: 'invoice.pdf', type: 'application/pdf', data: Buffer.concat([Buffer.from('MZ\x90\0', 'latin1'), Buffer.alloc(600)]) },
    ])
    const sent = await sendRaw({ server: world.smtp, from: HANNAH, to: thread.reply_address, data })
    assert.equal(sent.code, 0, sent.reply)
  })

  await step('the mother sees nothing of it before it is released', async () => {
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await openConversation(kiosk, SUBJECT)
    conversation = new URL(kiosk.url()).pathname
    assert.equal(await kiosk.getByText('here are Ella and her plan').count(), 0)
  })

  await step('the reviewer sees each file with what was found, and pictures', async () => {
    await rhian.goto('/queue')
    await rhian.getByRole('listitem').filter({ hasText: 'Hannah Cole' }).last().getByRole('link').click()
    await rhian.getByText('here are Ella and her plan').waitFor()
    for (let i = 0; i < 30 && (await rhian.getByText('Not checked yet').count()) > 0; i++) {
      await rhian.waitForTimeout(200)
      await rhian.reload()
    }
    await rhian.getByText('Its name says one kind of file and its content is another').waitFor()
    await rhian.getByText('PDF document').waitFor()
    for (const picture of await rhian.locator('.kb-file img').all()) {
      await picture.scrollIntoViewIfNeeded()
      await picture.evaluate((img) => img.decode())
    }
    assert.equal(await rhian.locator('.kb-file img').count(), 4)
    const download = await rhian.request.get(await rhian.getByRole('link', { name: 'Download it all the same invoice.pdf' }).getAttribute('href'))
    assert.match(download.headers()['content-disposition'], /^attachment/)
    assert.match(download.headers()['content-security-policy'], /sandbox/)
    await checkPage(rhian, 'files-hold')
    const hold = new URL(rhian.url()).pathname
    await rhian.getByRole('link', { name: 'What is read aloud of it Care plan.pdf' }).click()
    await rhian.getByRole('heading', { level: 1, name: 'What is read aloud of a file' }).waitFor()
    await rhian.getByText('What Ella says').waitFor()
    await checkAddress(rhian, 'files-words', new URL(rhian.url()).pathname)
    await rhian.goto(hold)
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    await rhian.getByText('Released. It is on its way').waitFor()
  })

  await step('the open page at the kiosk shows them without a reload', async () => {
    await kiosk.getByText('here are Ella and her plan').waitFor()
    await kiosk.getByText('There are 3 files with this message').waitFor()
    await kiosk.getByText('This file may not be safe').waitFor()
    await kiosk.getByRole('link', { name: 'Look at the 3 pages Care plan.pdf' }).waitFor()
    await kiosk.locator('.kiosk-file img').first().evaluate((img) => img.decode())
    await checkPage(kiosk, 'files-live')
    await checkAddress(kiosk, 'files-conversation', conversation)
  })

  await step('a picture, without what the file said of where it was taken', async () => {
    await kiosk.getByRole('link', { name: 'Look at it Ella.png' }).click()
    await kiosk.getByRole('heading', { name: 'Ella.png' }).waitFor()
    const large = kiosk.getByRole('img', { name: 'Ella.png, page 1' })
    assert.deepEqual(await large.evaluate(async (img) => (await img.decode(), [img.naturalWidth, img.naturalHeight])), [900, 600])
    const body = await (await kiosk.request.get(await large.getAttribute('src'))).body()
    assert.equal(body.includes(PLACE), false)
    await checkPage(kiosk, 'files-picture')
    await kiosk.getByRole('link', { name: 'Back to the message' }).click()
  })

  await step('the pages of the plan, forward and back, by big buttons', async () => {
    await kiosk.getByRole('link', { name: 'Look at the 3 pages' }).click()
    viewer = new URL(kiosk.url()).pathname
    await kiosk.getByText('Page 1 of 3').waitFor()
    await kiosk.getByRole('link', { name: 'Next page' }).click()
    await kiosk.getByText('Page 2 of 3').waitFor()
    await kiosk.getByRole('img', { name: 'Care plan.pdf, page 2' }).evaluate((img) => img.decode())
    for (const link of await kiosk.locator('main .kiosk-gap a').all()) {
      const box = await link.boundingBox()
      assert.ok(box.height >= 88, `${await link.textContent()} is ${box.height} px high`)
    }
    await kiosk.getByRole('button', { name: 'Read to me', exact: true }).click()
    const [sound] = await Promise.all([kiosk.waitForResponse(/\/2\/speech$/), kiosk.getByRole('button', { name: 'Yes, read to me' }).click()])
    assert.match(sound.headers()['content-type'], /^audio\//)
    await kiosk.getByRole('button', { name: 'Stop' }).waitFor()
    await kiosk.getByRole('button', { name: 'Read to me', exact: true }).waitFor() // it has come to its end
    await kiosk.getByRole('link', { name: 'Next page' }).click()
    await kiosk.getByText('Page 3 of 3').waitFor()
    assert.equal(await kiosk.getByRole('link', { name: 'Next page' }).count(), 0)
    await kiosk.getByRole('link', { name: 'Page before' }).click()
    await kiosk.getByText('Page 2 of 3').waitFor()
    await checkAddress(kiosk, 'files-pages', `${viewer}?page=2`)
  })

  await step('who has locked the screen sees no picture', async () => {
    const src = await kiosk.locator('main img').getAttribute('src')
    await kiosk.getByRole('button', { name: 'Lock', exact: true }).click()
    await kiosk.waitForURL(/locked|kiosk\/$/)
    for (const address of [src, `${src}/speech`]) {
      const got = await kiosk.request.get(address)
      assert.doesNotMatch(got.headers()['content-type'] ?? '', /image|audio/)
    }
  })
})
