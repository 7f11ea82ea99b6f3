import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { selfSignedCertificate } from '../../packages/avatar-simulator/src/certificate.ts';

/** Ends TLS in front of a server on this machine, as a load balancer does. */
export async function tlsFront(url: string): Promise<{ port: number; close(): Promise<void> }> {
  const { port } = new URL(url);
  const server = createServer(await selfSignedCertificate(), (socket) => {
    const behind = connect(Number(port), '127.0.0.1');
    socket.on('error', () => behind.destroy()).pipe(behind);
    behind.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
