import { LeaveRequest, SignalRequest, SignalResponse, SimulateScenario } from '@livekit/protocol';
import { SignalProxy } from '../../../test/setup/signal-proxy.ts';
import { cleanup, server } from './support.ts';

/** On the signalling of the shared server until the end of the test. */
export async function startSignalProxy(): Promise<SignalProxy> {
  const proxy = await SignalProxy.start(server.url);
  cleanup(() => proxy.leave());
  return proxy;
}

/** Asks the server, in the participant's name, to act as if something had happened. */
export function simulate(proxy: SignalProxy, scenario: SimulateScenario['scenario']): void {
  const value = new SimulateScenario({ scenario });
  proxy.sendToServer(new SignalRequest({ message: { case: 'simulate', value } }).toBinary());
}

/** Tells the participant, in the server's name, to leave. */
export function tellToLeave(proxy: SignalProxy, leave: Pick<LeaveRequest, 'reason' | 'action'>): void {
  proxy.sendToClient(
    new SignalResponse({ message: { case: 'leave', value: new LeaveRequest(leave) } }).toBinary(),
  );
}
