export { startAvatarMedia } from './avatar-media.ts';
export type { AvatarMedia, AvatarMediaOptions, SpeechPlan } from './avatar-media.ts';
export type { VideoEncoding } from './face-pictures.ts';
export { frameRate, mouthRegion, pictureSizes } from './picture-size.ts';
export type { Quality, Rectangle } from './picture-size.ts';
