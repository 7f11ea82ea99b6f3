import type { Random } from './random.ts';

const ODD_TOKENS = [
  '',
  '0',
  '-1',
  '1',
  '9',
  '127',
  '128',
  '255',
  '65535',
  '65536',
  '4294967296',
  '99999999999999999999',
  '1e9',
  'NaN',
  '0x10',
];
const ODDER_TOKENS = [
  '*',
  '/',
  ':',
  ' ',
  '\0',
  'é',
  '{}',
  '%s',
  '../..',
  'a'.repeat(300),
  'undefined',
  'sha-256',
  'opus/48000/2',
  'H264/90000',
];
const TOKENS = [...ODD_TOKENS, ...ODDER_TOKENS];
const MOST_CHANGES = 5;

/** Makes session descriptions out of real ones: lines taken out, doubled, moved, borrowed from others, words replaced, the end cut off. */
export class SdpMutator {
  readonly #random: Random;
  readonly #corpus: readonly string[][];

  constructor(random: Random, corpus: readonly string[]) {
    this.#random = random;
    this.#corpus = corpus.map((sdp) => sdp.trimEnd().split(/\r?\n/));
  }

  next(): string {
    const random = this.#random;
    const lines = [...random.pick(this.#corpus)];
    for (let changes = random.below(MOST_CHANGES); changes > 0; changes--) this.#change(lines);
    const end = random.oneIn(20) ? '\n' : '\r\n';
    const sdp = lines.join(end) + (random.oneIn(20) ? '' : end);
    return random.oneIn(10) ? sdp.slice(0, random.below(sdp.length + 1)) : sdp;
  }

  #change(lines: string[]): void {
    const random = this.#random;
    const at = random.below(lines.length);
    const line = lines[at] ?? '';
    switch (random.below(7)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 1 + random.below(12));
        break;
      case 2:
        lines.splice(random.below(lines.length + 1), 0, line);
        break;
      case 3:
        lines.splice(random.below(lines.length + 1), 0, ...lines.splice(at, 1));
        break;
      case 4:
        lines.splice(at, random.below(2), random.pick(random.pick(this.#corpus)));
        break;
      default:
        lines[at] = this.#replaceWord(line);
        break;
    }
  }

  #replaceWord(line: string): string {
    const words = line.split(/([ :;=/,|]+)/);
    const at = this.#random.below(words.length);
    words[at] = this.#random.oneIn(3)
      ? this.#random.pick(this.#random.pick(this.#corpus))
      : this.#random.pick(TOKENS);
    return words.join('');
  }
}
