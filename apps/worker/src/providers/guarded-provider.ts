import type { VendorSession } from '@avatar-bridge/contracts';
import type { VendorSessionRef } from '@avatar-bridge/session-store';
import type {
  AvatarProvider,
  OpenRequest,
  ProviderCapabilities,
  ProviderSession,
} from './avatar-provider.ts';
import type { VendorCircuit } from './vendor-circuit.ts';

/** A provider whose sessions don't all run against a vendor that is out of order. */
export class GuardedProvider implements AvatarProvider {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  readonly #provider: AvatarProvider;
  readonly #circuit: VendorCircuit;

  constructor(provider: AvatarProvider, circuit: VendorCircuit) {
    this.name = provider.name;
    this.capabilities = provider.capabilities;
    this.#provider = provider;
    this.#circuit = circuit;
  }

  async open(request: OpenRequest): Promise<ProviderSession> {
    return guarded(await this.#circuit.run(() => this.#provider.open(request), request), this.#circuit);
  }

  async attach(
    ref: VendorSessionRef,
    request: Omit<OpenRequest, 'recordRef'>,
  ): Promise<ProviderSession | undefined> {
    const session = await this.#circuit.run(() => this.#provider.attach(ref, request), request);
    return session && guarded(session, this.#circuit);
  }

  poolKey(request: Pick<OpenRequest, 'avatar' | 'previous'>): string | undefined {
    return this.#provider.poolKey?.(request);
  }

  reap(ref: VendorSession, signal?: AbortSignal): Promise<{ wasOpen: boolean }> {
    return this.#provider.reap(ref, signal);
  }

  list(signal?: AbortSignal): Promise<VendorSession[]> {
    return this.#provider.list(signal);
  }
}

/** A vendor session that a passing refusal of the key does not end. */
function guarded(session: ProviderSession, circuit: VendorCircuit): ProviderSession {
  const { ref, media, keepAliveMs, durationLimitMs } = session;
  const bear = <T>(call: () => Promise<T>) => circuit.bear(call, { wasLive: true });
  return {
    ref,
    media,
    keepAliveMs,
    ...(durationLimitMs !== undefined && { durationLimitMs }),
    connect: (channel, signal) => session.connect(channel, signal),
    speak: (utterance) => bear(() => session.speak(utterance)),
    interrupt: (signal) => bear(() => session.interrupt(signal)),
    keepAlive: (signal) => session.keepAlive(signal),
    handleRoomData: (payload, from) => session.handleRoomData(payload, from),
    handleVoice: (event) => session.handleVoice?.(event),
    letGo: () => session.letGo?.(),
    close: (reason) => session.close(reason),
  };
}
