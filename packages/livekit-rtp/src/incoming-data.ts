import { DataPacket } from '@livekit/protocol';
import type { ReceivedData, ReceivedText } from './events.ts';
import { guarded, type NativeChannel } from './native-peer.ts';
import { TextStreamAssembler } from './text-stream.ts';
import type { Logger } from './types.ts';

export type IncomingDataCallbacks = { onData(data: ReceivedData): void; onText(text: ReceivedText): void };

/** Reads LiveKit's data packets from data channels: user packets and text streams. Other kinds are ignored. */
export class IncomingData {
  readonly #callbacks: IncomingDataCallbacks;
  readonly #logger: Logger | undefined;
  readonly #texts: TextStreamAssembler;
  /** The number of the last reliable packet by participant sid. */
  readonly #sequences = new Map<string, number>();

  constructor(callbacks: IncomingDataCallbacks, logger?: Logger) {
    this.#callbacks = callbacks;
    this.#logger = logger;
    this.#texts = new TextStreamAssembler(logger);
  }

  /** Reads a channel. Channels with other labels than LiveKit's two carry something else. */
  attach(channel: NativeChannel): void {
    const label = channel.getLabel();
    if (label !== '_reliable' && label !== '_lossy') return;
    channel.onMessage(
      guarded((message: string | Buffer | ArrayBuffer) => this.#receive(message, label === '_reliable')),
    );
  }

  forgetParticipant({ identity, sid }: { identity: string; sid: string }): void {
    this.#texts.forgetParticipant(identity);
    this.#sequences.delete(sid);
  }

  #receive(message: string | Buffer | ArrayBuffer, reliable: boolean): void {
    if (typeof message === 'string') return;
    let packet: DataPacket;
    try {
      packet = DataPacket.fromBinary(message instanceof ArrayBuffer ? new Uint8Array(message) : message);
    } catch (error) {
      this.#logger?.warn({ err: error }, 'unreadable data packet');
      return;
    }
    if (reliable && this.#isRepeated(packet)) return;
    const { value } = packet;
    const participantIdentity = packet.participantIdentity || undefined;
    if (value.case === 'user') {
      const { payload, topic } = value.value;
      const sender = participantIdentity ?? (value.value.participantIdentity || undefined);
      this.#callbacks.onData({ payload: bufferOf(payload), topic, participantIdentity: sender, reliable });
    } else if (value.case === 'streamHeader') this.#texts.onHeader(value.value, participantIdentity);
    else if (value.case === 'streamChunk') this.#texts.onChunk(value.value);
    else if (value.case === 'streamTrailer') {
      const text = this.#texts.onTrailer(value.value);
      if (text !== undefined) this.#callbacks.onText(text);
    }
  }

  /** The server can send what came while we joined twice. Senders without numbers say 0. */
  #isRepeated({ participantSid, sequence }: DataPacket): boolean {
    if (sequence === 0 || participantSid === '') return false;
    if (sequence <= (this.#sequences.get(participantSid) ?? 0)) return true;
    this.#sequences.set(participantSid, sequence);
    return false;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
