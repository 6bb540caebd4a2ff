import { freePort } from '@hub-export/testing';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be closed in the middle of everything, and opened again at the same place. */
export class Door {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    private readonly port: number,
  ) {}

  static async to(url: string): Promise<Door> {
    return new Door(new URL(url), await freePort());
  }

  /** The server's address, through the door. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  async open(): Promise<void> {
    const server = createServer((inner) => this.pass(inner, connect(Number(this.target.port), this.target.hostname)));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
  }

  close(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  private pass(inner: Socket, outer: Socket): void {
    const ways = [
      [inner, outer],
      [outer, inner],
    ] as const;
    for (const [one, other] of ways) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  }
}
