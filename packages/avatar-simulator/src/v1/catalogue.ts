import type { Avatar } from '@avatar-bridge/heygen-client';

/** The avatars that stream, under names the vendor published. They all show the same face here. */
const interactive: [id: string, pose: string][] = [
  ['Wayne_20240711', 'Wayne'],
  ['Ann_Therapist_public', 'Ann Therapist'],
  ['Ann_Doctor_Standing2_public', 'Ann Doctor Standing'],
  ['Shawn_Therapist_public', 'Shawn Therapist'],
  ['Bryan_FitnessCoach_public', 'Bryan Fitness Coach'],
  ['Dexter_Doctor_Standing2_public', 'Dexter Doctor Standing'],
  ['Elenora_IT_Sitting_public', 'Elenora Tech Expert'],
];
/** Avatars for videos, not for streams. */
const studioOnly = new Set(['Daisy-inskirt-20220818', 'Angela-inblackskirt-20220820']);
/** Avatars of a generation the vendor withdrew. */
const deprecated = new Set(['josh_lite3_20230714', 'Kristin_public_2_20240108_v1']);

export type AvatarStanding = 'interactive' | 'studio-only' | 'deprecated' | 'unknown';

/** What the vendor would make of an avatar id. `default` and the empty string name the first avatar. */
export function avatarStanding(id: string): AvatarStanding {
  if (id === '' || id === 'default' || interactive.some(([known]) => known === id)) return 'interactive';
  if (studioOnly.has(id)) return 'studio-only';
  return deprecated.has(id) ? 'deprecated' : 'unknown';
}

/** The id behind `default`. */
export function resolveAvatar(id: string): string {
  return id === '' || id === 'default' ? interactive[0]![0] : id;
}

/** GET /v1/streaming/avatar.list. */
export function listAvatars(): Avatar[] {
  return interactive.map(([avatar_id, pose_name]) => ({
    avatar_id,
    created_at: 1_720_656_000,
    default_voice: voices[0]!.voice_id,
    is_public: true,
    normal_preview: '',
    pose_name,
    status: 'ACTIVE',
  }));
}

type Voice = {
  voice_id: string;
  language: string;
  gender: string;
  name: string;
  preview_audio: string;
  support_pause: boolean;
  emotion_support: boolean;
  support_interactive_avatar: boolean;
  support_realtime: boolean;
};

const voice = (
  voice_id: string,
  name: string,
  gender: string,
  language: string,
  realtime: boolean,
): Voice => ({
  voice_id,
  language,
  gender,
  name,
  preview_audio: '',
  support_pause: true,
  emotion_support: realtime,
  support_interactive_avatar: realtime,
  support_realtime: realtime,
});

/** GET /v2/voices. Only those that support real time can be given to a stream. */
export const voices: Voice[] = [
  voice('1bd001e7e50f421d891986aad5158bc8', 'Sara', 'female', 'English', true),
  voice('077ab11b14f04ce0b49b5f6e5cc20979', 'Paul', 'male', 'English', true),
  voice('26b2064088674c80b1e5fc5ab1a068ec', 'Marta', 'female', 'Spanish', true),
  voice('7ab1b3b6b0c44b1a8d4a6f5f3f3b1a11', 'Klaus', 'male', 'German', true),
  voice('001cc6d54eae4ca2b5fb16ca8e8eb9bb', 'Studio Narrator', 'male', 'English', false),
];
