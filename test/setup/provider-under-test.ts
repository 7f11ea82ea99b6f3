import type { Bridge } from './bridge.ts';

/** A column of the table: a provider, and the engine that carries its avatar to the stage. */
export type ProviderUnderTest = {
  provider: 'heygen' | 'liveavatar-full' | 'liveavatar-lite';
  engine: 'rtp' | 'transcode' | 'direct';
  /** Text or sound: what the vendor is given to say. */
  given: 'text' | 'sound';
  videoEncodings: ('H264' | 'VP8')[];
  /** What differs from the defaults of the worker. */
  workerEnv: Record<string, string>;
};

/** A row of the table. It may end in a figure for its cell. */
export type Case = (bridge: Bridge, subject: ProviderUnderTest) => Promise<string | void>;

export const nameOf = ({ provider, engine }: ProviderUnderTest): string => `${provider} (${engine})`;

export const heygenByRtp: ProviderUnderTest = {
  provider: 'heygen',
  engine: 'rtp',
  given: 'text',
  videoEncodings: ['H264', 'VP8'],
  workerEnv: { BRIDGE_PROVIDERS: 'heygen', BRIDGE_RELAY_ENGINE: 'rtp' },
};

export const heygenByTranscode: ProviderUnderTest = {
  ...heygenByRtp,
  engine: 'transcode',
  workerEnv: { BRIDGE_PROVIDERS: 'heygen', BRIDGE_RELAY_ENGINE: 'transcode' },
};

export const liveAvatarFull: ProviderUnderTest = {
  provider: 'liveavatar-full',
  engine: 'rtp',
  given: 'text',
  videoEncodings: ['H264'],
  workerEnv: { BRIDGE_PROVIDERS: 'liveavatar-full', BRIDGE_RELAY_ENGINE: 'rtp' },
};

export const liveAvatarLite: ProviderUnderTest = {
  provider: 'liveavatar-lite',
  engine: 'direct',
  given: 'sound',
  videoEncodings: ['H264'],
  workerEnv: { BRIDGE_PROVIDERS: 'liveavatar-lite' },
};

/** What `talk` is answered from, for providers that need to be told. */
export const talkative = { avatar: { knowledgeBase: 'You are Ada, an avatar who likes to be of help.' } };
