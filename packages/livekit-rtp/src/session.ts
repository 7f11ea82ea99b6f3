import {
  DisconnectReason as WireReason,
  LeaveRequest_Action,
  RequestResponse_Reason,
  UpdateParticipantMetadata,
  type JoinResponse,
  type LeaveRequest,
  type ParticipantInfo,
  type RequestResponse,
} from '@livekit/protocol';
import { disconnectReasonFrom, errorOfDisconnect } from './disconnect-reason.ts';
import { TerminalError, type LiveKitRtpError } from './errors.ts';
import type { RtpParticipantEvents } from './events.ts';
import { IncomingData } from './incoming-data.ts';
import type { OutgoingChannel } from './outgoing-data.ts';
import { PeerConnections } from './peer-connections.ts';
import type { Publisher } from './publisher.ts';
import type { Loss } from './rejoin.ts';
import { Requests } from './requests.ts';
import { roomEvents, rosterEvent } from './room-events.ts';
import type { Roster, RosterChange } from './roster.ts';
import { SignalConnection, type ServerMessage } from './signal-connection.ts';
import { bindAddressFor, signalUrl } from './signal-url.ts';
import type { SubscribedTrack } from './subscribed-track.ts';
import type { DisconnectReason, RtpParticipantOptions } from './types.ts';

type Told = Exclude<keyof RtpParticipantEvents, 'disconnected' | 'reconnecting' | 'reconnected'>;

export type SessionCallbacks = {
  emit<E extends Told>(event: E, ...args: RtpParticipantEvents[E]): void;
  /** The join response is here, and nothing of it has been told yet. */
  onJoined(): void;
  /** The session is over: connections are closed already, with the tracks that were subscribed. Once, also after close(). */
  onEnd(loss: Loss, subscribed: SubscribedTrack[]): void;
};

export type SessionOptions = RtpParticipantOptions & {
  /** Who was in the room before, told of by an earlier session; kept up to date. */
  roster: Roster;
};

/**
 * ms between the loss of a peer connection and `disconnected`: who is thrown out hears of it twice, by the closed connection and by a leave
 * message with the reason, and the message can be the later one.
 */
const LEAVE_GRACE = 1_000;

type State =
  | { name: 'connecting' }
  | { name: 'joined'; join: JoinResponse }
  | { name: 'ended'; join?: JoinResponse; loss: Loss };

/**
 * One join: a socket, the peer connections, and what the server tells over them.
 *
 * `connecting` (socket is being opened) -> `joined` (join response came; `ready` resolves when media can flow) -> `ended` (by close(), a
 * leave from the server, a lost socket or a failed peer connection). Nothing leads back: a new join is a new Session.
 */
export class Session {
  /** Aborts when the session ends, with the error that calls on it fail with. */
  readonly lifetime = new AbortController();
  readonly #options: SessionOptions;
  readonly #callbacks: SessionCallbacks;
  readonly #signal: SignalConnection;
  readonly #incoming: IncomingData;
  readonly #reached = Promise.withResolvers<void>();
  readonly #joined = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #requests = new Requests();
  #state: State = { name: 'connecting' };
  #peers: PeerConnections | undefined;
  #own: ParticipantInfo | undefined;
  #token: string;
  #losingMedia: NodeJS.Timeout | undefined;
  #released: Promise<unknown> = Promise.resolve();

  constructor(options: SessionOptions, callbacks: SessionCallbacks) {
    this.#options = options;
    this.#callbacks = callbacks;
    this.#token = options.token;
    for (const { promise } of [this.#reached, this.#joined, this.#ready]) promise.catch(() => undefined);
    this.#incoming = new IncomingData(
      {
        onData: (data) => callbacks.emit('data', data),
        onText: (text) => callbacks.emit('textStream', text),
      },
      options.logger,
    );
    this.#signal = new SignalConnection(
      signalUrl(options.url, { autoSubscribe: options.autoSubscribe ?? true }),
      options.token,
      {
        onReached: () => this.#reached.resolve(),
        onMessage: (message) => this.#onMessage(message),
        onLost: (error) => this.#onLost(error),
      },
    );
  }

  /** Resolves when there is a TCP connection; rejects with what prevented it, like the next two. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Resolves when the server has answered with a join response. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** Resolves when media can flow. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The join token, refreshed by the server as long as the session lasts. */
  get token(): string {
    return this.#token;
  }

  get join(): JoinResponse | undefined {
    return this.#state.name === 'connecting' ? undefined : this.#state.join;
  }

  /** How it ended; undefined before. */
  get loss(): Loss | undefined {
    return this.#state.name === 'ended' ? this.#state.loss : undefined;
  }

  /** Resolves when everything that was open when it ended has been let go of. */
  get released(): Promise<unknown> {
    return this.#released;
  }

  get own(): ParticipantInfo | undefined {
    return this.#own;
  }

  /** To call on a joined session. Its connection is made by the first call. */
  get publisher(): Publisher {
    this.lifetime.signal.throwIfAborted();
    return this.#peers!.publisher();
  }

  /** Where data goes out. Throws TerminalError where the server would drop it without a word, for want of `canPublishData`. */
  outgoingChannel({ reliable }: { reliable: boolean }): OutgoingChannel {
    if (this.#own?.permission?.canPublishData === false)
      throw new TerminalError('forbidden', 'sending data is not allowed: canPublishData');
    return reliable ? this.publisher.reliable : this.publisher.lossy;
  }

  /** Resolves when the server has taken the attributes over; rejects when it refuses. */
  async updateAttributes(attributes: Record<string, string>, signal: AbortSignal): Promise<void> {
    const { reason, message } = await this.#requests.ask((requestId) => {
      this.#signal.send({
        case: 'updateMetadata',
        value: new UpdateParticipantMetadata({ requestId, attributes }),
      });
    }, signal);
    if (reason !== RequestResponse_Reason.OK)
      throw new TerminalError(
        'forbidden',
        `the server refused the attributes: reason ${reason} ${message}`.trim(),
      );
  }

  /** Leaves the room and ends the session. Resolves when everything has been let go of. Idempotent. */
  close(reason: DisconnectReason, detail?: string): Promise<unknown> {
    this.#sayLeave();
    this.#end({ reason, detail, error: errorOfDisconnect(reason, detail) });
    return this.#released;
  }

  #end(loss: Loss): void {
    if (this.#state.name === 'ended') return;
    const { error } = loss;
    this.#state = { name: 'ended', join: this.join, loss };
    clearTimeout(this.#losingMedia);
    for (const stage of [this.#reached, this.#joined, this.#ready]) stage.reject(error);
    this.lifetime.abort(error);
    const subscribed = this.#peers?.subscribed ?? [];
    this.#released = Promise.all([this.#peers?.close(error), this.#signal.close()]);
    this.#callbacks.onEnd(loss, subscribed);
  }

  #sayLeave(): void {
    if (this.#state.name === 'joined') this.#signal.leave();
  }

  #onLost(error: LiveKitRtpError): void {
    // A server that is only frozen reads this when it thaws, and does not keep us in the room until its own timeout.
    this.#sayLeave();
    this.#end({
      reason: error instanceof TerminalError ? 'join-failure' : 'signal-lost',
      detail: error.message,
      error,
    });
  }

  #onMessage(message: ServerMessage): void {
    if (this.#state.name === 'connecting') return this.#onFirst(message);
    switch (message.case) {
      case 'offer':
        return this.#peers?.onOffer(message.value);
      case 'answer':
        return this.#peers?.publishing?.onAnswer(message.value);
      case 'trickle':
        return this.#peers?.onTrickle(message.value);
      case 'update':
        return this.#onParticipants(message.value.participants);
      case 'trackPublished':
        return this.#peers?.publishing?.onTrackPublished(message.value);
      case 'trackUnpublished': {
        const track = this.#peers?.publishing?.onTrackUnpublished(message.value.trackSid);
        if (track !== undefined) this.#callbacks.emit('localTrackUnpublished', track);
        return;
      }
      case 'requestResponse':
        return this.#onRequestResponse(message.value);
      case 'mute': {
        const track = this.#peers?.publishing?.track(message.value.sid);
        track?.mutedByServer(message.value.muted);
        if (track !== undefined) this.#callbacks.emit('localTrackMuted', track, message.value.muted);
        return;
      }
      case 'refreshToken':
        if (message.value === this.#token) return;
        this.#token = message.value;
        this.#callbacks.emit('tokenRefreshed', message.value);
        return;
      case 'leave':
        return this.#onLeave(message.value);
      default:
        for (const { name, args } of roomEvents(message, (sid) => this.#identityOf(sid)))
          this.#callbacks.emit(name, ...(args as never));
    }
  }

  #onFirst(message: ServerMessage): void {
    if (message.case === 'leave') return this.#onLeave(message.value);
    if (message.case !== 'join') return void this.close('join-failure', `${message.case} before join`);
    const join = message.value;
    this.#state = { name: 'joined', join };
    this.#own = join.participant;
    this.#signal.startPings(join);
    this.#peers = new PeerConnections({
      join,
      bindAddress: this.#options.bindAddress ?? bindAddressFor(this.#options.url),
      logger: this.#options.logger,
      send: this.#signal.send.bind(this.#signal),
      onIncomingChannel: (channel) => this.#incoming.attach(channel),
      onReady: () => this.#ready.resolve(),
      onLost: (detail) => this.#loseMedia(detail),
      onRefused: (error) => this.#end({ reason: 'media-lost', detail: error.message, error }),
      onSubscribed: (track) => this.#callbacks.emit('trackSubscribed', track),
      onUnsubscribed: (track) => this.#callbacks.emit('trackUnsubscribed', track),
      publisherOf: (trackSid) => {
        const found = this.#options.roster.publisherOf(trackSid);
        return found && { identity: found.participant.identity, track: found.track };
      },
    });
    this.#peers.start();
    this.#callbacks.onJoined();
    this.#joined.resolve();
    this.#tell(this.#options.roster.replace(join.otherParticipants, join.participant?.identity ?? ''));
  }

  /** A peer connection is unusable. The reason may be on its way over the socket: see LEAVE_GRACE. */
  #loseMedia(detail: string): void {
    this.#losingMedia ??= setTimeout(() => void this.close('media-lost', detail), LEAVE_GRACE);
  }

  #onParticipants(infos: readonly ParticipantInfo[]): void {
    const identity = this.#own?.identity ?? '';
    const own = infos.find((info) => info.identity === identity && info.sid === this.#own?.sid);
    if (own !== undefined) this.#own = own;
    this.#tell(this.#options.roster.apply(infos, identity));
  }

  #tell(changes: RosterChange[]): void {
    for (const change of changes) {
      if (change.type === 'participantLeft') this.#incoming.forgetParticipant(change.participant);
      const { name, args } = rosterEvent(change);
      this.#callbacks.emit(name, ...(args as never));
    }
    if (changes.length > 0) this.#peers?.refresh();
  }

  #onRequestResponse(response: RequestResponse): void {
    if (response.requestId === 0) this.#peers?.publishing?.onRefused(response);
    else this.#requests.onResponse(response);
  }

  #onLeave(leave: LeaveRequest): void {
    const told = disconnectReasonFrom(leave.reason);
    const reason = told === 'client' ? 'other' : told;
    const detail = `${WireReason[leave.reason] ?? leave.reason}, ${LeaveRequest_Action[leave.action] ?? leave.action}`;
    const askedBack = leave.action !== LeaveRequest_Action.DISCONNECT;
    this.#end({ reason, detail, error: errorOfDisconnect(reason, detail), askedBack });
  }

  #identityOf(sid: string): string {
    return sid === this.#own?.sid ? this.#own.identity : (this.#options.roster.bySid(sid)?.identity ?? '');
  }
}
