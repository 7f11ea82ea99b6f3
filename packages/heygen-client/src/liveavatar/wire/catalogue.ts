import { z } from 'zod';
import { Flag, given, lenient, lenientArray, Numeric, Text } from '../../core/lenient.ts';
import { page, PageQuery } from './session.ts';
import { Id } from './token.ts';

// Source of this file: the vendor's OpenAPI. Times are ISO 8601.

/** GET /v1/avatars and /v1/avatars/public list these; GET /v1/avatars/{id} answers one. */
export const Avatar = z.looseObject({
  id: Text,
  name: lenient(z.string()),
  /** IMAGE or VIDEO. */
  type: lenient(z.string()),
  /** INIT, DEPLOYING, ACTIVE or FAILED. */
  status: lenient(z.string()),
  preview_url: lenient(z.string()),
  is_expired: lenient(Flag),
  is_1080p: lenient(Flag),
  default_voice: lenient(z.looseObject({ id: Text, name: lenient(z.string()) })),
  created_at: lenient(z.string()),
});
export type Avatar = z.infer<typeof Avatar>;
export const AvatarListResponse = page(Avatar);
export type AvatarListResponse = z.infer<typeof AvatarListResponse>;

/** GET /v1/voices. */
export const VoiceListQuery = PageQuery.extend({
  /** Default: public. */
  voice_type: given(z.enum(['public', 'private'])),
});
export type VoiceListQuery = z.infer<typeof VoiceListQuery>;
/** GET /v1/voices lists these; GET /v1/voices/{id} answers one. */
export const Voice = z.looseObject({
  id: Text,
  name: lenient(z.string()),
  description: lenient(z.string()),
  language: lenient(z.string()),
  gender: lenient(z.string()),
  tags: lenientArray(z.string()),
});
export type Voice = z.infer<typeof Voice>;
export const VoiceListResponse = page(Voice);
export type VoiceListResponse = z.infer<typeof VoiceListResponse>;

/**
 * POST /v1/contexts, and PATCH /v1/contexts/{id}, which replaces all of it. All three texts are required in
 * both.
 */
export const ContextRequest = z.object({
  name: z.string(),
  /** What the vendor's LLM is told. */
  prompt: z.string(),
  /** Spoken as soon as the room connects; `${name}` is filled in from the token's dynamic_variables. */
  opening_text: z.string(),
  links: given(z.array(z.object({ url: z.string(), faq: z.string(), id: given(Id) }))),
});
export type ContextRequest = z.infer<typeof ContextRequest>;
/** The list holds `id` and `name` only; the others the whole. */
export const Context = z.looseObject({
  id: Text,
  name: lenient(z.string()),
  prompt: lenient(z.string()),
  opening_text: lenient(z.string()),
  required_dynamic_variables: lenientArray(z.string()),
});
export type Context = z.infer<typeof Context>;
export const ContextListResponse = page(Context);
export type ContextListResponse = z.infer<typeof ContextListResponse>;

/** GET /v1/languages: `code` is what avatar_persona.language takes. */
export const LanguageListResponse = lenientArray(
  z.looseObject({ code: Text, language: lenient(z.string()) }),
);
export type LanguageListResponse = z.infer<typeof LanguageListResponse>;

/** GET /v1/users/credits: a decimal number as a string. */
export const CreditsResponse = z.looseObject({ credits_left: Numeric });
export type CreditsResponse = z.infer<typeof CreditsResponse>;
