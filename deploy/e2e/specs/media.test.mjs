// The media helpers, tested on two connections inside one page: they see what arrives, and see when nothing does.
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { launch, openPage } from '../lib/browser.mjs'
import { moves, received, watchMedia } from '../lib/media.mjs'
import { binary, start, tempDir, until } from '../lib/process.mjs'

test('received sound and moving pictures are told from silence and stills', async (t) => {
  const dir = await tempDir(t)
  const readyFile = path.join(dir, 'ready.json')
  const { info } = await start(t, binary('gallery'), ['-ready-file', readyFile], { readyFile, log: path.join(dir, 'log') })
  const page = await openPage(t, await launch(t, { whole: true }), { baseURL: `http://${info.http}` })
  await watchMedia(page)
  await page.goto('/guest/')
  assert.equal((await received(page)).video.packets, 0)
  await page.evaluate(async () => {
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()]
    a.onicecandidate = (e) => b.addIceCandidate(e.candidate)
    b.onicecandidate = (e) => a.addIceCandidate(e.candidate)
    const video = document.createElement('video')
    video.id = 'far'
    video.autoplay = true
    b.ontrack = (e) => (video.srcObject = e.streams[0])
    document.querySelector('main').append(video)
    const still = document.createElement('video')
    still.id = 'still'
    document.querySelector('main').append(still)
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
    for (const track of stream.getTracks()) a.addTrack(track, stream)
    await a.setLocalDescription()
    await b.setRemoteDescription(a.localDescription)
    await b.setLocalDescription()
    await a.setRemoteDescription(b.localDescription)
    window.near = a
    window.tracks = stream.getTracks()
  })
  await until('sound and pictures', async () => {
    const got = await received(page)
    return got.audio.energy > 0 && got.video.frames > 10 && got.states.connected === 2
  })
  await until('the picture to move', () => moves(page, '#far'))
  assert.equal(await moves(page, '#still'), false)
  assert.equal(await moves(page, '#nowhere'), false)
  await page.evaluate(() => window.tracks.forEach((track) => (track.enabled = false)))
  await until('the picture to stop when the camera is off', async () => !(await moves(page, '#far')))
})
