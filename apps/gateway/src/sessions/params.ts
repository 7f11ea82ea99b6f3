import { z } from '@hono/zod-openapi';
import { MessageId, SessionId } from '@avatar-bridge/contracts';

export const sessionParams = z.object({ id: SessionId });
export const messageParams = z.object({ id: SessionId, messageId: MessageId });
