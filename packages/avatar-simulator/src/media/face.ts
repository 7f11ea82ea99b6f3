/** The mouth shapes the face can show, from a resting smile to wide open. */
export const mouths = [
  'rest',
  'closed',
  'small',
  'mid',
  'open',
  'wide',
  'round',
  'pucker',
  'lip',
  'tongue',
  'teeth',
] as const;
export type Mouth = (typeof mouths)[number];

export const eyeStates = ['open', 'half', 'shut'] as const;
export type Eyes = (typeof eyeStates)[number];

/** The head sways between these positions: 0 is one end, `poseCount - 1` the other. */
export const poseCount = 5;

/** Mouths during which the face can blink: there are no pictures of shut eyes with a wide open mouth. */
export const blinkingMouths: readonly Mouth[] = ['rest', 'closed'];

export type FaceState = { pose: number; mouth: Mouth; eyes: Eyes };

/** Every picture there is, in the order of the asset files. */
export const faceStates: readonly FaceState[] = Array.from({ length: poseCount }, (_, pose) =>
  mouths.flatMap((mouth) =>
    eyeStates
      .filter((eyes) => eyes === 'open' || blinkingMouths.includes(mouth))
      .map((eyes): FaceState => ({ pose, mouth, eyes })),
  ),
).flat();
