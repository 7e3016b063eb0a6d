// Cameras and microphones: opening, listing, changing, and showing how loud it is.

export interface Devices {
  microphones: MediaDeviceInfo[]
  cameras: MediaDeviceInfo[]
  speakers: MediaDeviceInfo[]
}

/** What stopped us from opening a device, in words a page can translate. */
export type MediaTrouble = 'refused' | 'missing' | 'busy' | 'unsupported'

/** Says what an error of getUserMedia means. */
export function mediaTrouble(error: unknown): MediaTrouble {
  const name = error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'unsupported'
}

const sound: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const picture: MediaTrackConstraints = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 25, max: 30 } }

/**
 * Opens microphone and camera. When there is no camera, or it is refused, the microphone alone is opened: to be heard
 * matters more than to be seen. It throws only when there is no sound either.
 */
export async function openMedia(choice: { microphone?: string; camera?: string } = {}): Promise<MediaStream> {
  const audio = choice.microphone ? { ...sound, deviceId: { exact: choice.microphone } } : sound
  const video = choice.camera ? { ...picture, deviceId: { exact: choice.camera } } : picture
  try {
    return await navigator.mediaDevices.getUserMedia({ audio, video })
  } catch {
    return await navigator.mediaDevices.getUserMedia({ audio })
  }
}

/** Lists what there is. Names are empty until the person has allowed one device. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices()
  const of = (kind: MediaDeviceKind) => all.filter((d) => d.kind === kind)
  return { microphones: of('audioinput'), cameras: of('videoinput'), speakers: of('audiooutput') }
}

/** Opens one other device of a kind. */
export async function openDevice(kind: 'audio' | 'video', id: string): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia(
    kind === 'audio' ? { audio: { ...sound, deviceId: { exact: id } } } : { video: { ...picture, deviceId: { exact: id } } },
  )
  const track = stream.getTracks()[0]
  if (!track) throw new DOMException('no track', 'NotFoundError')
  return track
}

/** Measures how loud a stream is, from 0 (silence) to 1. */
export class LevelMeter {
  private readonly context = new AudioContext()
  private readonly analyser = this.context.createAnalyser()
  private readonly samples: Float32Array<ArrayBuffer>
  private readonly source: MediaStreamAudioSourceNode

  constructor(stream: MediaStream) {
    this.analyser.fftSize = 1024
    this.samples = new Float32Array(this.analyser.fftSize)
    this.source = this.context.createMediaStreamSource(stream)
    this.source.connect(this.analyser)
    void this.context.resume()
  }

  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const s of this.samples) sum += s * s
    const loudness = 20 * Math.log10(Math.sqrt(sum / this.samples.length) + 1e-6) // dBFS
    return Math.min(1, Math.max(0, (loudness + 60) / 60))
  }

  close(): void {
    this.source.disconnect()
    void this.context.close()
  }
}
