import type { Mouth } from '../src/media/face.ts';

/**
 * What a mouth looks like, in picture pixels around its centre: half its width, how far the inner lips part above and
 * below the centre line, how thick the lips are, how high the corners lift, how far the jaw drops, and what shows inside.
 */
type Shape = {
  half: number;
  up: number;
  down: number;
  upper: number;
  lower: number;
  lift: number;
  jaw: number;
  teeth?: number;
  lowerTeeth?: number;
  tongue?: number;
};

const shapes: Record<Mouth, Shape> = {
  rest: { half: 49, up: 0, down: -1, upper: 10, lower: 14, lift: 10, jaw: 0 },
  closed: { half: 43, up: 0, down: 0.5, upper: 7, lower: 9.5, lift: 3, jaw: -1 },
  small: { half: 43, up: 3, down: 6, upper: 10, lower: 13, lift: 4, jaw: 3, teeth: 5 },
  mid: { half: 43, up: 6, down: 15, upper: 10, lower: 13, lift: 3, jaw: 8, teeth: 9, tongue: 7 },
  open: { half: 43, up: 9, down: 29, upper: 10, lower: 13, lift: 1, jaw: 14, teeth: 11, tongue: 13 },
  wide: { half: 55, up: 7, down: 12, upper: 9, lower: 11, lift: 9, jaw: 5, teeth: 12, lowerTeeth: 3 },
  round: { half: 31, up: 9, down: 19, upper: 10, lower: 13, lift: -2, jaw: 11, teeth: 4, tongue: 7 },
  pucker: { half: 25, up: 4, down: 7, upper: 10, lower: 13, lift: -1, jaw: 4 },
  lip: { half: 43, up: 7, down: 2, upper: 9, lower: 8, lift: 2, jaw: 1, teeth: 10 },
  tongue: { half: 44, up: 6, down: 13, upper: 10, lower: 12, lift: 3, jaw: 6, teeth: 7, tongue: 15 },
  teeth: { half: 49, up: 6, down: 8, upper: 9, lower: 11, lift: 6, jaw: 2, teeth: 7.5, lowerTeeth: 6 },
};

/** How far the chin sinks with a mouth. */
export const jawDrop = (mouth: Mouth): number => shapes[mouth].jaw;

export function drawMouth(mouth: Mouth, cx: number, cy: number): string {
  const { half, up, down, upper, lower, lift, teeth = 0, lowerTeeth = 0, tongue = 0 } = shapes[mouth];
  const round = half < 35 ? 0.78 : 0.6;
  const left = `${-half} ${-lift}`;
  const right = `${half} ${-lift}`;
  const bow = (height: number) => -lift * 0.15 - height;
  const innerTop = `C${-half * round} ${bow(up * 1.25) + lift * 0.3} ${-half * 0.3} ${bow(up)} 0 ${bow(up * 0.92)} C${half * 0.3} ${bow(up)} ${half * round} ${bow(up * 1.25) + lift * 0.3} ${right}`;
  const innerBottom = `C${half * round} ${down * 1.25 + lift * 0.25} ${half * 0.35} ${down + lift * 0.3} 0 ${down + lift * 0.3} C${-half * 0.35} ${down + lift * 0.3} ${-half * round} ${down * 1.25 + lift * 0.25} ${left}`;
  const top = up + upper;
  const outerTop = `C${-half * 0.7} ${bow(top * 0.62)} ${-half * 0.4} ${bow(top * 1.06)} ${-half * 0.2} ${bow(top * 1.06)} C${-half * 0.1} ${bow(top * 1.05)} ${-half * 0.05} ${bow(top * 0.86)} 0 ${bow(top * 0.86)} C${half * 0.05} ${bow(top * 0.86)} ${half * 0.1} ${bow(top * 1.05)} ${half * 0.2} ${bow(top * 1.06)} C${half * 0.4} ${bow(top * 1.06)} ${half * 0.7} ${bow(top * 0.62)} ${right}`;
  const bottom = down + lower + lift * 0.3;
  const outerBottom = `C${half * 0.72} ${bottom * 0.78} ${half * 0.42} ${bottom} 0 ${bottom} C${-half * 0.42} ${bottom} ${-half * 0.72} ${bottom * 0.78} ${left}`;
  const opening = `M${left} ${innerTop} ${innerBottom}Z`;
  const open = up + down > 3;
  return `<g transform="translate(${cx} ${cy})">
<ellipse cx="0" cy="${bottom + 7}" rx="${half * 0.5}" ry="5" fill="#b9775a" opacity="0.4" filter="url(#soft4)"/>
<path d="M${left} ${outerTop} ${outerBottom}Z" fill="url(#lowerLip)"/>
<path d="M${left} ${outerTop} ${innerBottom}Z" fill="url(#upperLip)"/>
${open ? inside() : `<path d="M${left} ${innerTop} ${innerBottom}Z" fill="#7d2f31" stroke="#7d2f31" stroke-width="2.4" stroke-linejoin="round"/>`}
<ellipse cx="-3" cy="${(down + bottom) / 2}" rx="${half * 0.34}" ry="${lower * 0.2}" fill="#fff" opacity="0.42" filter="url(#soft2)"/>
<path d="M${-half - 1} ${-lift - 2} q-4 2 -4 5 M${half + 1} ${-lift - 2} q4 2 4 5" stroke="#b06a50" stroke-width="2.6" fill="none" stroke-linecap="round" opacity="0.6"/>
</g>`;

  function inside(): string {
    const clip = `<clipPath id="mouthOpening"><path d="${opening}"/></clipPath>`;
    const teethPath =
      teeth > 0
        ? `<path d="M${-half * 0.86} ${-up - 14} L${half * 0.86} ${-up - 14} L${half * 0.78} ${-up + teeth * 0.55} Q${half * 0.4} ${-up + teeth} 0 ${-up + teeth} Q${-half * 0.4} ${-up + teeth} ${-half * 0.78} ${-up + teeth * 0.55}Z" fill="url(#toothTone)"/>`
        : '';
    const lowerTeethPath =
      lowerTeeth > 0
        ? `<path d="M${-half * 0.7} ${down + 14} L${half * 0.7} ${down + 14} L${half * 0.64} ${down - lowerTeeth * 0.5 + 2} Q0 ${down - lowerTeeth + 3} ${-half * 0.64} ${down - lowerTeeth * 0.5 + 2}Z" fill="#ece4dc"/>`
        : '';
    const tonguePath =
      tongue > 0
        ? `<ellipse cx="0" cy="${down + 5}" rx="${half * 0.62}" ry="${tongue}" fill="#d0696a"/>`
        : '';
    return `${clip}<g clip-path="url(#mouthOpening)"><path d="${opening}" fill="url(#inside)"/>${tonguePath}${teethPath}${lowerTeethPath}</g>`;
  }
}
