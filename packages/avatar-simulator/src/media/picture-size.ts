/** The vendor's qualities: 720p at about 2 Mbit/s, 480p at 1, 360p at 0.5 to 1. */
export type Quality = 'low' | 'medium' | 'high';

export const pictureSizes: Record<Quality, { width: number; height: number; bitrate: number }> = {
  high: { width: 1280, height: 720, bitrate: 2_500_000 },
  medium: { width: 854, height: 480, bitrate: 1_500_000 },
  low: { width: 640, height: 360, bitrate: 1_000_000 },
};

export const frameRate = 30;

export type Rectangle = { left: number; top: number; width: number; height: number };

/** Where the mouth is, in pixels of a quality's pictures: whatever the mouth does, it does inside. */
export function mouthRegion(quality: Quality): Rectangle {
  const scale = pictureSizes[quality].height / 720;
  return {
    left: Math.round(570 * scale),
    top: Math.round(350 * scale),
    width: Math.round(140 * scale),
    height: Math.round(90 * scale),
  };
}
