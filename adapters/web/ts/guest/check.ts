// The device check: shows the guest her own picture and how loud she is, tests the way to the server, and then opens the
// stage on the same page with the devices that are open already.
import { words } from '../lib/lang'
import { LevelMeter, listDevices, mediaTrouble, openMedia } from '../room/devices'
import { testNetwork } from './network'

/** Starts the check in its section, or says that this browser cannot take part. */
export function startCheck(section: HTMLElement): void {
  if (!supported()) {
    const sorry = document.querySelector<HTMLElement>('[data-guest-unsupported]')
    if (sorry) sorry.hidden = false
    return
  }
  section.hidden = false
  new Check(section).start()
}

function supported(): boolean {
  return (
    window.isSecureContext &&
    typeof RTCPeerConnection === 'function' &&
    typeof WebSocket === 'function' &&
    typeof (navigator.mediaDevices as MediaDevices | undefined)?.getUserMedia === 'function'
  )
}

const loud = 0.25 // of LevelMeter: a voice at arm's length
const levelEvery = 100 // ms

class Check {
  private stream: MediaStream | null = null
  private meter: LevelMeter | null = null
  private levelTimer = 0
  private heard = false
  private joining = false

  constructor(private readonly section: HTMLElement) {}

  start(): void {
    this.find('allow')?.addEventListener('click', () => void this.open())
    this.find('join')?.addEventListener('click', () => void this.join())
    for (const what of ['camera', 'mic']) {
      this.find(what)?.addEventListener('change', () => void this.open())
    }
    this.say('net', words(this.section, 'net-testing'))
    const ws = document.querySelector<HTMLElement>('[data-room-ws]')?.dataset['roomWs'] ?? ''
    void testNetwork(ws).then((result) => this.say('net', words(this.section, `net-${result}`)))
    void this.openIfAllowed()
  }

  // openIfAllowed spares a guest who comes back the button, where the browser remembers that she allowed it.
  private async openIfAllowed(): Promise<void> {
    try {
      const state = await navigator.permissions.query({ name: 'microphone' as PermissionName })
      if (state.state === 'granted') await this.open()
    } catch {
      // Browsers that cannot say are asked by the button.
    }
  }

  private async open(): Promise<void> {
    const camera = this.select('camera')?.value ?? ''
    const microphone = this.select('mic')?.value ?? ''
    this.closeDevices()
    try {
      this.stream = await openMedia({ ...(camera ? { camera } : {}), ...(microphone ? { microphone } : {}) })
    } catch (error) {
      const trouble = mediaTrouble(error)
      this.say('mic', words(this.section, trouble === 'refused' || trouble === 'busy' ? trouble : 'missing'))
      this.say('camera', '')
      return
    }
    const allow = this.find('allow')
    if (allow) allow.hidden = true
    await this.show(this.stream)
  }

  private async show(stream: MediaStream): Promise<void> {
    const video = this.section.querySelector<HTMLVideoElement>('[data-check-video]')
    if (video) {
      video.srcObject = stream
      video.play().catch(() => undefined) // a muted picture plays by itself everywhere; if not, the result still says
    }
    this.say('camera', words(this.section, stream.getVideoTracks().length > 0 ? 'camera-good' : 'camera-off'))
    this.heard = false
    this.say('mic', words(this.section, 'mic-quiet'))
    this.meter = new LevelMeter(stream)
    this.levelTimer = window.setInterval(() => this.drawLevel(), levelEvery)
    this.reveal('level')
    const devices = await listDevices()
    this.fill('camera', devices.cameras, stream.getVideoTracks()[0])
    this.fill('mic', devices.microphones, stream.getAudioTracks()[0])
  }

  private drawLevel(): void {
    const level = this.meter?.level() ?? 0
    const bar = this.section.querySelector<HTMLMeterElement>('[data-check-level]')
    if (bar) bar.value = level
    if (!this.heard && level > loud) {
      this.heard = true
      this.say('mic', words(this.section, 'mic-good'))
    }
  }

  private fill(what: 'camera' | 'mic', devices: MediaDeviceInfo[], used: MediaStreamTrack | undefined): void {
    const select = this.select(what)
    if (!select || devices.length === 0) return
    select.replaceChildren(
      ...devices.map((d, i) => {
        const name = d.label || words(this.section, `${what}-n`).replace('{n}', String(i + 1))
        const option = new Option(name, d.deviceId)
        option.selected = d.deviceId === used?.getSettings().deviceId
        return option
      }),
    )
    this.reveal(what)
  }

  // join hands the open devices to the stage. Without any the guest still comes in, to see and hear.
  private async join(): Promise<void> {
    if (this.joining) return
    this.joining = true
    window.clearInterval(this.levelTimer)
    this.meter?.close()
    const { startStage } = await import('../room/stage')
    const place = document.querySelector<HTMLElement>('[data-guest-stage]')
    const stage = place?.querySelector<HTMLElement>('[data-room]')
    if (!place || !stage) throw new Error('the page has no stage')
    const video = this.section.querySelector<HTMLVideoElement>('[data-check-video]')
    if (video) video.srcObject = null
    this.section.hidden = true
    place.hidden = false
    const title = stage.querySelector<HTMLElement>('h1')
    if (title) {
      title.tabIndex = -1
      title.focus()
    }
    await startStage(stage, this.stream ? { stream: this.stream } : {})
  }

  private closeDevices(): void {
    window.clearInterval(this.levelTimer)
    this.meter?.close()
    this.meter = null
    for (const track of this.stream?.getTracks() ?? []) track.stop()
    this.stream = null
  }

  private find(name: string): HTMLElement | null {
    return this.section.querySelector<HTMLElement>(`[data-check-${name}]`)
  }

  private select(what: string): HTMLSelectElement | null {
    return this.section.querySelector<HTMLSelectElement>(`select[data-check-${what}]`)
  }

  private reveal(what: string): void {
    const group = this.find(`${what}-group`)
    if (group) group.hidden = false
  }

  private say(what: string, text: string): void {
    const line = this.find(`${what}-result`)
    if (line && line.textContent !== text) line.textContent = text
  }
}
