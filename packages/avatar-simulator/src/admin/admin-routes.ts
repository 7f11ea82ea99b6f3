import { LiteMessage } from '@avatar-bridge/heygen-client/liveavatar';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Apis } from '../app.ts';
import { Fault } from '../faults/fault.ts';
import { bounds } from '../limits.ts';
import { FullChannel } from '../liveavatar/session/full-channel.ts';
import { LiteChannel } from '../liveavatar/session/lite-channel.ts';
import { LiveAvatarSession } from '../liveavatar/session/liveavatar-session.ts';
import type { AudioChannel } from '../realtime/audio-channel.ts';
import { switchCatalogue, SwitchPatch } from '../switches.ts';
import type { VendorSession } from '../v1/session/vendor-session.ts';
import { Problem, problemAnswer, readOrder } from './problem.ts';
import { viewSession } from './session-view.ts';
import { strike } from './strike.ts';

const UserOrder = z.discriminatedUnion('event', [
  z.strictObject({ event: z.enum(['user_start', 'user_stop']) }),
  z.strictObject({
    event: z.literal('user_silence'),
    silenceTimes: z.int().min(0).default(1),
    countDown: z.int().min(0).default(10),
  }),
  z.strictObject({ event: z.literal('speech'), text: z.string().trim().min(1).max(bounds.textLength) }),
]);
type UserOrder = z.infer<typeof UserOrder>;

const AccountPatch = z.strictObject({ credits: z.number().min(0).max(1_000_000) });

/** How a test looks into the double and orders it about, below /admin. */
export function adminRoutes({ v1, liveAvatar, requests }: Apis): Hono {
  const { faults, switches, logger } = v1;
  const routes = new Hono();
  routes.onError((error, c) => {
    if (error instanceof Problem) return problemAnswer(c, error);
    logger.error({ err: error }, 'An admin request failed');
    return problemAnswer(c, new Problem(500, 'Internal server error', 'See the log of the simulator'));
  });

  routes.get('/sessions', (c) => {
    const all = [...v1.sessions.listAll(), ...liveAvatar.sessions.listAll()];
    return c.json({ sessions: all.map(viewSession) });
  });
  routes.get('/sessions/:id', (c) => c.json(viewSession(known(c.req.param('id')))));
  routes.post('/sessions/:id/user', async (c) => {
    const session = known(c.req.param('id'));
    orderUser(session, await readOrder(c, UserOrder));
    return c.body(null, 204);
  });

  routes.post('/sessions/:id/message', async (c) => {
    const audio = audioOf(known(c.req.param('id')));
    if (!audio) throw new Problem(409, 'Conflict', 'A FULL session has no audio socket');
    audio.announce(await readOrder(c, LiteMessage));
    return c.body(null, 204);
  });

  routes.get('/account', (c) => c.json({ credits: liveAvatar.credits.left, limits: liveAvatar.limits }));
  routes.patch('/account', async (c) => {
    liveAvatar.credits.set((await readOrder(c, AccountPatch)).credits);
    return c.json({ credits: liveAvatar.credits.left });
  });

  routes.get('/requests', (c) => c.json({ requests: requests.list() }));

  routes.get('/faults', (c) => c.json({ faults: faults.list() }));
  routes.post('/faults', async (c) => {
    const active = faults.add(await readOrder(c, Fault));
    if (!active) {
      const detail = `There are ${bounds.faults} faults already: delete them first`;
      throw new Problem(409, 'Too many faults', detail);
    }
    const open = [...v1.sessions.listOpen(), ...liveAvatar.sessions.listOpen()];
    return c.json({ ...active, sessions: await strike(active, open, faults) }, 201);
  });
  routes.delete('/faults', (c) => {
    faults.clear();
    return c.body(null, 204);
  });

  routes.get('/switches', (c) => c.json({ values: switches.values, catalogue: switchCatalogue }));
  routes.patch('/switches', async (c) => {
    switches.set(await readOrder(c, SwitchPatch));
    return c.json({ values: switches.values });
  });

  routes.post('/reset', async (c) => {
    await Promise.all([v1, liveAvatar].map(({ sessions }) => sessions.closeAll('reset')));
    v1.sessions.forgetEnded();
    liveAvatar.sessions.forgetEnded();
    faults.clear();
    switches.reset();
    requests.clear();
    v1.tokens.clear();
    v1.knowledgeBases.clear();
    liveAvatar.contexts.clear();
    liveAvatar.credits.set(liveAvatar.limits.credits);
    return c.body(null, 204);
  });

  const known = (id: string): VendorSession | LiveAvatarSession => {
    const session = v1.sessions.find(id) ?? liveAvatar.sessions.find(id);
    if (!session) throw new Problem(404, 'Not found', 'There is no such session');
    return session;
  };

  return routes;
}

function audioOf(session: VendorSession | LiveAvatarSession): AudioChannel | undefined {
  if (!(session instanceof LiveAvatarSession)) return session.audio;
  return session.channel instanceof LiteChannel ? session.channel.audio : undefined;
}

/** What the user of a session does. Throws when its API has no such thing. */
function orderUser(session: VendorSession | LiveAvatarSession, order: UserOrder): void {
  if (session instanceof LiveAvatarSession) {
    if (order.event !== 'speech' || !(session.channel instanceof FullChannel))
      throw new Problem(409, 'Conflict', 'Only the event speech, and only of FULL sessions');
    return session.channel.userSays(order.text);
  }
  switch (order.event) {
    case 'speech':
      throw new Problem(409, 'Conflict', 'A v1 session takes no speech: send it as a task');
    case 'user_silence': {
      const { silenceTimes, countDown } = order;
      return session.tellSockets({
        event_type: order.event,
        silence_times: silenceTimes,
        count_down: countDown,
      });
    }
    default:
      return session.tellSockets({ event_type: order.event });
  }
}
