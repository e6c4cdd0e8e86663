import { readFileSync } from 'node:fs';
import { connect, ConnectionOptions, TLSSocket } from 'node:tls';

export interface LogTarget {
  host: string;
  port: number;
  token: string;
  caFile?: string;
}

export class LogTransport {
  private socket?: TLSSocket;

  constructor(private readonly target: LogTarget) {}

  private get options(): ConnectionOptions {
    return {
      host: this.target.host,
      port: this.target.port,
      servername: this.target.host,
      minVersion: 'TLSv1.2',
      ca: this.target.caFile ? readFileSync(this.target.caFile) : undefined,
    };
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.options);
      socket.once('secureConnect', () => {
        socket.write(`${JSON.stringify({ auth: this.target.token })}\n`);
        resolve();
      });
      socket.once('error', reject);
      socket.on('close', () => {
        this.socket = undefined;
      });
      this.socket = socket;
    });
  }

  send(severity: number, message: string): boolean {
    if (!this.socket) {
      return false;
    }
    const record = { at: new Date().toISOString(), severity, message };
    return this.socket.write(`${JSON.stringify(record)}\n`);
  }

  close(): void {
    this.socket?.end();
  }
}
