import { connect, ConnectionOptions, TLSSocket } from 'node:tls';

export interface SyslogTarget {
  host: string;
  port: number;
  token: string;
}

export class SyslogTransport {
  private socket?: TLSSocket;

  constructor(private readonly target: SyslogTarget) {}

  private get options(): ConnectionOptions {
    return {
      host: this.target.host,
      port: this.target.port,
      servername: this.target.host,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    };
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.options, () => {
        socket.write(`AUTH ${this.target.token}\n`);
        resolve();
      });
      socket.once('error', reject);
      this.socket = socket;
    });
  }

  send(facility: number, severity: number, message: string): boolean {
    if (!this.socket) {
      throw new Error('transport is not open');
    }
    const priority = facility * 8 + severity;
    return this.socket.write(`<${priority}>1 ${new Date().toISOString()} ${JSON.stringify(message)}\n`);
  }

  close(): void {
    this.socket?.end();
    this.socket = undefined;
  }
}
