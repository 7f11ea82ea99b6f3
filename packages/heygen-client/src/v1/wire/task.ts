import { z } from 'zod';
import { lenient, Text } from '../../core/lenient.ts';

/** About this many characters are taken at once (vendor's staff in a forum). */
export const maxTaskTextLength = 1_000;

/**
 * `repeat` is said as it is; `talk` (`chat` on the reference page, the same) is answered by the vendor's LLM.
 */
export const TaskType = z.enum(['talk', 'repeat', 'chat']);
export type TaskType = z.infer<typeof TaskType>;
/**
 * `sync` (the vendor's default) answers when the text was spoken, or never (forum reports); `async` at once.
 */
export const TaskMode = z.enum(['sync', 'async']);
export type TaskMode = z.infer<typeof TaskMode>;

/** POST /v1/streaming.task. Without a type the text is repeated (vendor's old OpenAPI). */
export const TaskRequest = z.object({
  session_id: Text,
  text: z.string(),
  task_type: TaskType.optional(),
  task_mode: TaskMode.optional(),
});
export type TaskRequest = z.infer<typeof TaskRequest>;

export const TaskResponse = z.looseObject({
  /** What the events of the room call this task. */
  task_id: Text,
  /** Milliseconds of speech; reported unreliable. */
  duration_ms: lenient(z.number()),
});
export type TaskResponse = z.infer<typeof TaskResponse>;
