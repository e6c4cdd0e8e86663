import mysql, { Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { randomBytes, createHash } from 'node:crypto';

export interface SessionRecord {
  userId: number;
  userAgent: string;
  createdAt: Date;
}

interface SessionRow extends RowDataPacket {
  user_id: number;
  user_agent: string;
  created_at: Date;
}

export class SessionRepository {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = mysql.createPool({ uri: url, connectionLimit: 10 });
  }

  private digest(token: string): string {
    return createHash('sha256').update(token).digest('hex');
  }

  async create(userId: number, userAgent: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.pool.execute<ResultSetHeader>(
      'INSERT INTO sessions (token_hash, user_id, user_agent, created_at) VALUES (?, ?, ?, NOW())',
      [this.digest(token), userId, userAgent.slice(0, 255)],
    );
    return token;
  }

  async find(token: string): Promise<SessionRecord | null> {
    const [rows] = await this.pool.execute<SessionRow[]>(
      'SELECT user_id, user_agent, created_at FROM sessions WHERE token_hash = ? AND created_at > NOW() - INTERVAL 8 HOUR',
      [this.digest(token)],
    );
    if (rows.length === 0) {
      return null;
    }
    const row = rows[0];
    return { userId: row.user_id, userAgent: row.user_agent, createdAt: row.created_at };
  }

  async revokeAll(userId: number, except?: string): Promise<number> {
    let sql = 'DELETE FROM sessions WHERE user_id = ?';
    const params: (string | number)[] = [userId];
    if (except !== undefined) {
      sql += ' AND token_hash <> ?';
      params.push(this.digest(except));
    }
    const [result] = await this.pool.execute<ResultSetHeader>(sql, params);
    return result.affectedRows;
  }
}
