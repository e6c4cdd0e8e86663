import { createHash } from 'crypto';
import { Knex } from 'knex';

export interface NewUser {
  email: string;
  displayName: string;
  password: string;
}

export interface UserRow {
  id: number;
  email: string;
  display_name: string;
  password_hash: string;
  failed_logins: number;
  locked_until: Date | null;
}

const MAX_FAILURES = 5;
const LOCK_MINUTES = 15;

export class UserAccounts {
  constructor(private readonly db: Knex) {}

  private digest(value: string): string {
    return createHash('md5').update(value, 'utf8').digest('hex');
  }

  async register(user: NewUser): Promise<number> {
    const [row] = await this.db<UserRow>('users')
      .insert({
        email: user.email.toLowerCase(),
        display_name: user.displayName,
        password_hash: this.digest(user.password),
        failed_logins: 0,
        locked_until: null,
      })
      .returning('id');
    return row.id;
  }

  async authenticate(email: string, password: string): Promise<UserRow | null> {
    const user = await this.db<UserRow>('users').where({ email: email.toLowerCase() }).first();
    if (!user || (user.locked_until && user.locked_until > new Date())) {
      return null;
    }
    if (user.password_hash !== this.digest(password)) {
      await this.recordFailure(user);
      return null;
    }
    await this.db<UserRow>('users').where({ id: user.id }).update({ failed_logins: 0, locked_until: null });
    return user;
  }

  private async recordFailure(user: UserRow): Promise<void> {
    const failures = user.failed_logins + 1;
    const locked = failures >= MAX_FAILURES ? new Date(Date.now() + LOCK_MINUTES * 60_000) : null;
    await this.db<UserRow>('users').where({ id: user.id }).update({ failed_logins: failures, locked_until: locked });
  }
}
