import type { Page } from 'playwright-core';

declare global {
  interface Window {
    /** The loudness of each 20 ms that was played, with its time in ms since 1970. */
    ear: { at: number; rms: number }[];
  }
}

/** Louder than this is speech: root mean square of samples from -1 to 1. */
const audible = 0.004;

/** Listens to what the page's audio element plays, packet by packet. */
export async function listen(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('audio')?.srcObject instanceof MediaStream);
  await page.evaluate(async () => {
    const source = document.querySelector('audio')!.srcObject as MediaStream;
    const code = `registerProcessor('ear', class extends AudioWorkletProcessor {
      sum = 0; count = 0;
      process([[samples]]) {
        for (const sample of samples ?? []) this.sum += sample * sample;
        this.count += 128;
        if (this.count >= sampleRate / 50) {
          this.port.postMessage(Math.sqrt(this.sum / this.count));
          this.sum = this.count = 0;
        }
        return true;
      }
    })`;
    const graph = new AudioContext();
    await graph.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    const ear = new AudioWorkletNode(graph, 'ear');
    window.ear = [];
    ear.port.addEventListener('message', ({ data }: MessageEvent<number>) =>
      window.ear.push({ at: performance.timeOrigin + performance.now(), rms: data }),
    );
    ear.port.start();
    graph.createMediaStreamSource(source).connect(ear).connect(graph.destination);
  });
}

/** From the first to the last sound that was heard since `from`. */
export async function hearing(
  page: Page,
  from: number,
): Promise<{ heardMs: number; firstAt: number; lastAt: number }> {
  const heard = (await page.evaluate(() => window.ear)).filter(({ at, rms }) => at >= from && rms > audible);
  const [firstAt, lastAt] = [heard[0]?.at ?? Number.NaN, heard.at(-1)?.at ?? Number.NaN];
  return { heardMs: lastAt - firstAt + 20, firstAt, lastAt };
}
