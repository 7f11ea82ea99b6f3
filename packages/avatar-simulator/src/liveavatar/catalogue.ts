import { sandboxAvatarId, type Avatar, type Voice } from '@avatar-bridge/heygen-client/liveavatar';

const createdAt = '2025-10-01T00:00:00Z';

const voice = (id: string, name: string, gender: string, language: string): Voice => ({
  id,
  name,
  description: `${name}, ${language}`,
  language,
  gender,
  tags: [],
});

export const voices: Voice[] = [
  voice('c2527536-6d1f-4412-a643-53a3497dada9', 'Sara', 'female', 'English'),
  voice('b952f553-f7f3-4e52-8625-86b4c415384f', 'Paul', 'male', 'English'),
  voice('de5574fc-009e-4a01-a881-9919ef8f5a0c', 'Marta', 'female', 'Spanish'),
  voice('4f3b1e99-b580-4f05-9b67-a5f585be0232', 'Klaus', 'male', 'German'),
];

const avatar = (id: string, name: string, more: Partial<Avatar> = {}): Avatar => ({
  id,
  name,
  type: 'VIDEO',
  status: 'ACTIVE',
  preview_url: '',
  is_expired: false,
  is_1080p: false,
  default_voice: { id: voices[0]!.id, name: voices[0]!.name },
  created_at: createdAt,
  ...more,
});

/** They all show the same face. The first is the one of the sandbox. */
export const publicAvatars: Avatar[] = [
  avatar(sandboxAvatarId, 'Wayne'),
  avatar('513fd1b7-7ef9-466d-9af2-344e51eeb833', 'Ann Therapist'),
  avatar('7b888024-f8c9-4205-95e1-78ce01497bda', 'Shawn Therapist'),
  avatar('65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0', 'June HR', { is_1080p: true }),
];
export const ownAvatars: Avatar[] = [avatar('0930fd59-c8ad-434d-ad53-b391a1768720', 'Our host')];

export function findAvatar(id: string): Avatar | undefined {
  return [...publicAvatars, ...ownAvatars].find((one) => one.id === id.toLowerCase());
}

export const languages = [
  { code: 'en', language: 'English' },
  { code: 'es', language: 'Spanish' },
  { code: 'de', language: 'German' },
  { code: 'fr', language: 'French' },
  { code: 'pl', language: 'Polish' },
];
