import type { Page } from 'playwright-core';

declare global {
  interface Window {
    mouthMovedAt: number | undefined;
    /** The loudest that was heard since `from` (epoch ms), as root mean square. */
    loudest: (from?: number) => number;
    streams: () => { kind: string; stream: string }[];
  }
}

/** Notes in the page when the pixels of the mouth first change much. */
export async function watchTheMouth(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const video = document.querySelector('video')!;
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    const mouth = (): Uint8ClampedArray => {
      const { videoWidth: w, videoHeight: h } = video;
      context.drawImage(video, w * 0.43, h * 0.49, w * 0.14, h * 0.1, 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const difference = (a: Uint8ClampedArray, b: Uint8ClampedArray): number =>
      a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
    const nextFrame = (): Promise<void> =>
      new Promise((resolve) => video.requestVideoFrameCallback(() => resolve()));
    // The head moves a little at rest, too: what counts is a change that rest doesn't bring.
    await nextFrame();
    const closed = mouth();
    let atRest = 0;
    for (const until = performance.now() + 3_000; performance.now() < until; await nextFrame())
      atRest = Math.max(atRest, difference(mouth(), closed));
    const onFrame = (): void => {
      if (window.mouthMovedAt === undefined && difference(mouth(), closed) > atRest * 1.3 + 1)
        window.mouthMovedAt = performance.timeOrigin + performance.now();
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  });
}

/** Notes in the page how loud the avatar is, whichever track it speaks by. */
export async function watchTheVoice(page: Page): Promise<void> {
  await page.evaluate(() => {
    const heard: { at: number; rms: number }[] = [];
    window.loudest = (from = 0) =>
      heard.reduce((most, { at, rms }) => (at >= from && rms > most ? rms : most), 0);
    const graph = new AudioContext();
    const analyser = graph.createAnalyser();
    const samples = new Float32Array(analyser.fftSize);
    let connected: MediaStreamTrack | undefined;
    let source: MediaStreamAudioSourceNode | undefined;
    setInterval(() => {
      const played = document.querySelector('audio')?.srcObject;
      const track = played instanceof MediaStream ? played.getAudioTracks()[0] : undefined;
      if (track !== connected) {
        source?.disconnect();
        source = track && graph.createMediaStreamSource(new MediaStream([track]));
        source?.connect(analyser);
        connected = track;
      }
      analyser.getFloatTimeDomainData(samples);
      const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      if (source) heard.push({ at: performance.timeOrigin + performance.now(), rms });
    }, 20);
  });
}

/** `window.streams()`: the kind of each track that the browser is offered, and the stream it belongs to (`a=msid`, RFC 8830). */
export async function watchStreams(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
    window.streams = () =>
      connections
        .flatMap(({ remoteDescription }) => remoteDescription?.sdp.split(/^m=/m) ?? [])
        .map((section) => /^(audio|video) .*^a=msid:(\S+) /ms.exec(section))
        .flatMap((found) => (found === null ? [] : [{ kind: found[1]!, stream: found[2]! }]));
  });
}

/** What Chromium draws in two seconds. */
export async function decodedVideo(
  page: Page,
): Promise<{ framesPerSecond: number; width: number; height: number }> {
  return page.evaluate(async () => {
    const video = document.querySelector('video')!;
    const first = video.getVideoPlaybackQuality().totalVideoFrames;
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const frames = video.getVideoPlaybackQuality().totalVideoFrames - first;
    return {
      framesPerSecond: Math.round((frames * 10_000) / (performance.now() - begun)) / 10,
      width: video.videoWidth,
      height: video.videoHeight,
    };
  });
}
