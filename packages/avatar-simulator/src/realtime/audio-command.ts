import { LiteCommand } from '@avatar-bridge/heygen-client/liveavatar';
import { z } from 'zod';

/** What a client said over an audio socket. */
export type AudioCommand =
  | { type: 'speak'; pcm: Int16Array; eventId?: string }
  | { type: 'speak-end'; pcm?: Int16Array; eventId?: string }
  | { type: 'interrupt'; eventId?: string }
  | { type: 'listen'; on: boolean }
  /** Nothing to do but to note that somebody is there. */
  | { type: 'none' }
  | { type: 'invalid'; reason: string; eventId?: string };

const Named = z.looseObject({ type: z.string(), event_id: z.string().optional().catch(undefined) });

/** The alpha names of v1's realtime socket, and what they became. */
const formerNames: Record<string, string> = {
  'agent.audio_buffer_append': 'agent.speak',
  'agent.audio_buffer_commit': 'agent.speak_end',
  'agent.audio_buffer_clear': 'agent.interrupt',
};

/** Never throws: what cannot be read is `invalid`. */
export function readCommand(text: string): AudioCommand {
  const named = Named.safeParse(parse(text)).data;
  if (!named) return { type: 'invalid', reason: 'the message is not a JSON object with a type' };
  const type = formerNames[named.type] ?? named.type;
  const eventId = named.event_id !== undefined && { eventId: named.event_id };
  const { data: command, error } = LiteCommand.safeParse({ ...named, type });
  if (!command) {
    const [issue] = error.issues;
    const reason =
      issue?.path[0] === 'type' ? `there is no command ${type.slice(0, 64)}` : z.prettifyError(error);
    return { type: 'invalid', reason, ...eventId };
  }
  switch (command.type) {
    case 'agent.speak':
    case 'agent.speak_end': {
      const pcm = decodePcm(command.audio ?? '');
      if (!pcm)
        return { type: 'invalid', reason: 'audio must be base64 of whole 16-bit samples', ...eventId };
      if (command.type === 'agent.speak') return { type: 'speak', pcm, ...eventId };
      return { type: 'speak-end', ...(pcm.length > 0 && { pcm }), ...eventId };
    }
    case 'agent.interrupt':
      return { type: 'interrupt', ...eventId };
    case 'agent.start_listening':
    case 'agent.stop_listening':
      return { type: 'listen', on: command.type === 'agent.start_listening' };
    case 'session.keep_alive':
    case 'start':
      return { type: 'none' };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** s16le; undefined when it is not base64, or half a sample is missing. */
function decodePcm(base64: string): Int16Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % 2 !== 0) return undefined;
  const pcm = new Int16Array(bytes.length / 2);
  for (let index = 0; index < pcm.length; index++) pcm[index] = bytes.readInt16LE(index * 2);
  return pcm;
}
