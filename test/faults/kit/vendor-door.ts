import { TcpProxy } from './tcp-proxy.ts';
import { now } from './now.ts';
import { partsIn } from './texts.ts';

/** A text that a worker has sent to the vendor over HTTP. */
export type Submission = { worker: string; at: number; session: number };

/** One worker's way to the vendor, which notes what went over it: the vendor itself cannot tell workers apart. */
export class VendorDoor {
  static async start(
    worker: string,
    vendorUrl: string,
    note: (submission: Submission) => void,
  ): Promise<VendorDoor> {
    const look = (chunk: Buffer): void => {
      if (!chunk.includes('session ')) return;
      const session = partsIn(chunk.toString('latin1'))[0]?.session;
      if (session !== undefined) note({ worker, at: now(), session });
    };
    return new VendorDoor(await TcpProxy.start(vendorUrl, look), vendorUrl);
  }

  readonly proxy: TcpProxy;
  readonly url: string;

  private constructor(proxy: TcpProxy, vendorUrl: string) {
    this.proxy = proxy;
    this.url = proxy.through(vendorUrl);
  }
}
