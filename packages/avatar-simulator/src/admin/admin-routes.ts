import { Hono } from 'hono';
import { z } from 'zod';
import { Fault } from '../faults/fault.ts';
import type { ActiveFault } from '../faults/faults.ts';
import { bounds } from '../limits.ts';
import type { Account } from '../v1/routes/account.ts';
import type { VendorSession } from '../v1/session/vendor-session.ts';
import { switchCatalogue, SwitchPatch } from '../switches.ts';
import { Problem, problemAnswer, readOrder } from './problem.ts';
import { viewSession } from './session-view.ts';

const UserOrder = z.discriminatedUnion('event', [
  z.strictObject({ event: z.enum(['user_start', 'user_stop']) }),
  z.strictObject({
    event: z.literal('user_silence'),
    silenceTimes: z.int().min(0).default(1),
    countDown: z.int().min(0).default(10),
  }),
]);

/** How a test looks into the double and orders it about, below /admin. */
export function adminRoutes(account: Account): Hono {
  const { sessions, requests, faults, switches, tokens, knowledgeBases } = account;
  const routes = new Hono();
  routes.onError((error, c) => {
    if (error instanceof Problem) return problemAnswer(c, error);
    account.logger.error({ err: error }, 'An admin request failed');
    return problemAnswer(c, new Problem(500, 'Internal server error', 'See the log of the simulator'));
  });

  routes.get('/sessions', (c) => c.json({ sessions: sessions.listAll().map(viewSession) }));
  routes.get('/sessions/:id', (c) => c.json(viewSession(known(c.req.param('id')))));
  routes.post('/sessions/:id/user', async (c) => {
    const session = known(c.req.param('id'));
    const order = await readOrder(c, UserOrder);
    if (order.event !== 'user_silence') session.tellSockets({ event_type: order.event });
    else
      session.tellSockets({
        event_type: order.event,
        silence_times: order.silenceTimes,
        count_down: order.countDown,
      });
    return c.body(null, 204);
  });

  routes.get('/requests', (c) => c.json({ requests: requests.list() }));

  routes.get('/faults', (c) => c.json({ faults: faults.list() }));
  routes.post('/faults', async (c) => {
    const active = faults.add(await readOrder(c, Fault));
    if (!active)
      throw new Problem(
        409,
        'Too many faults',
        `There are ${bounds.faults} faults already: delete them first`,
      );
    return c.json({ ...active, sessions: await strike(active) }, 201);
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
    await sessions.closeAll('reset');
    sessions.forgetEnded();
    faults.clear();
    switches.reset();
    requests.clear();
    tokens.clear();
    knowledgeBases.clear();
    return c.body(null, 204);
  });

  const known = (id: string): VendorSession => {
    const session = sessions.find(id);
    if (!session) throw new Problem(404, 'Not found', 'There is no such session');
    return session;
  };

  /** Faults that hit at once. Returns the ids of the sessions that were hit. */
  const strike = async ({ id, fault }: ActiveFault): Promise<string[]> => {
    if (fault.kind !== 'drop-session' && fault.kind !== 'drop-socket' && fault.kind !== 'stall-media')
      return [];
    const hit = sessions
      .listOpen()
      .filter((session) => fault.sessionId === undefined || fault.sessionId === session.id);
    if (fault.kind === 'stall-media') {
      const { cleared } = faults;
      for (const session of hit) session.stall(fault.media, true);
      const resume = (): void => {
        clearTimeout(timer);
        cleared.removeEventListener('abort', resume);
        faults.remove(id);
        for (const session of hit) session.stall(fault.media, false);
      };
      const timer = fault.ms === undefined ? undefined : setTimeout(resume, fault.ms);
      cleared.addEventListener('abort', resume);
    } else {
      faults.remove(id);
      if (fault.kind === 'drop-socket') for (const session of hit) session.dropSockets();
      else await Promise.all(hit.map((session) => session.close('dropped')));
    }
    return hit.map((session) => session.id);
  };

  return routes;
}
